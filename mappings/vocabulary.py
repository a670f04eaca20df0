"""The words the whole road uses: states, kinds, families, channels. Values are what events and deliveries carry."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """States of a ticket, in the order a plain matter goes through them; then the branches."""

    RECEIVED = "RECEIVED"  # 已登记
    SUPPLEMENT = "SUPPLEMENT"  # 补正
    ACCEPTED = "ACCEPTED"  # 已受理
    ASSIGNED = "ASSIGNED"  # 已派单
    SIGNED = "SIGNED"  # 已签收
    IN_PROGRESS = "IN_PROGRESS"  # 办理中
    SUSPENDED = "SUSPENDED"  # 中止，暂停计时
    RESOLVED = "RESOLVED"  # 已办理，待回访
    CALLBACK = "CALLBACK"  # 回访中
    CLOSED = "CLOSED"  # 办结
    ARCHIVED = "ARCHIVED"  # 归档
    REJECTED = "REJECTED"  # 不予受理
    RETURNED = "RETURNED"  # 退单
    TRANSFERRED = "TRANSFERRED"  # 转办
    WITHDRAWN = "WITHDRAWN"  # 撤回
    TERMINATED = "TERMINATED"  # 终止
    MERGED = "MERGED"  # 并入另一件
    REOPENED = "REOPENED"  # 重办


class RequestKind(StrEnum):
    """What the citizen wants of a submission."""

    APPLICATION = "application"  # 申请、求助
    CONSULTATION = "consultation"  # 咨询
    FOLLOW_UP = "follow-up"  # 催办、追问
    PROGRESS = "progress"  # 查进度
    SUPPLEMENT = "supplement"  # 补充材料
    COMPLAINT = "complaint"  # 投诉、举报


class Family(StrEnum):
    """Service families of public legal services."""

    LAWYER = "lawyer"  # 律师
    NOTARY = "notary"  # 公证
    LEGAL_AID = "legal-aid"  # 法律援助
    FORENSIC = "forensic"  # 司法鉴定
    MEDIATION = "mediation"  # 人民调解
    ARBITRATION = "arbitration"  # 仲裁
    GRASSROOTS = "grassroots"  # 基层法律服务


class Channel(StrEnum):
    """The way a submission came in."""

    WINDOW = "window"  # 窗口
    HOTLINE = "hotline"  # 热线
    WEB = "web"  # 网站、手机
    PLATFORM = "platform"  # 政务服务平台
    TERMINAL = "terminal"  # 自助终端
    OTHER = "other"


class PersonType(StrEnum):
    """Who asks: a natural person, or an organisation."""

    NATURAL = "natural"
    LEGAL = "legal"


class DeliveryKind(StrEnum):
    """What a system is told."""

    OPEN = "open"  # a ticket was opened
    ATTACH = "attach"  # another submission is the same matter
    LINK = "link"  # another ticket is related
    STATE = "state"  # the ticket moved
    URGE = "urge"  # 催办
    COMPLAINT = "complaint"  # 投诉
    CALL_BACK = "call-back"  # 回访
    RATING = "rating"  # 评价
    SUPPLEMENT = "supplement"  # 补充
    WARNING = "warning"  # 预警
    MOVE = "move"  # a submission changed tickets
    DOSSIER = "dossier"  # 当事人法律服务档案, to whose own record opened the ticket
