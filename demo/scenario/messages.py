"""What each system sends or writes for a telling, in its own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.scenario.plan import Matter, Telling

_CATEGORY = {"legal-aid": "法律援助", "notary": "公证", "mediation": "人民调解", "arbitration": "劳动仲裁"}
_HOTLINE_STATE = {
    "ACCEPTED": "已受理", "IN_PROGRESS": "办理中", "RESOLVED": "已答复", "CLOSED": "办结", "REJECTED": "不予受理",
}  # fmt: skip
_TASK = {"ACCEPTED": "给予", "ASSIGNED": "指派", "IN_PROGRESS": "承办", "CLOSED": "结案", "REJECTED": "不予"}
_OPERATION = {"ACCEPTED": "23", "SUSPENDED": "40", "CLOSED": "60", "REJECTED": "24", "IN_PROGRESS": "41"}
_GRADE = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意"}


def local(at: datetime) -> str:
    """yyyy-MM-dd HH:mm:ss, local."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def hotline_ticket(m: Matter, t: Telling) -> dict[str, Any]:
    """12345: 工单登记."""
    return {
        "lx": "gd", "gdbh": t.number, "djsj": local(t.received_at), "sqrxm": m.person.name, "lxdh": m.person.phone,
        "zjhm": m.person.id_number if t.knows_id else "", "sqly": "电话", "sqlx": "求助", "sflb": _CATEGORY[m.family],
        "sqbt": m.title, "sqnr": m.text, "qhdm": m.person.region, "bjdrxm": m.firm,
        "sfbm": "是" if t.confidential else "否", "glgdbh": t.quotes or "",
    }  # fmt: skip


def hotline_note(t: Telling, kind: str, n: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """12345: 催办, 评价 and the like on a 工单."""
    ids = {"gdbh": t.number, "djsj": local(t.received_at), "czbh": f"{t.number}-{kind}-{n}"}
    return {"lx": kind, **ids, "czsj": local(at), **fields}


def web_case(m: Matter, t: Telling) -> dict[str, Any]:
    """Web platform: a message of a citizen."""
    return {
        "event": "created",
        "case": {
            "no": t.number, "createdAt": t.received_at.isoformat(), "category": _CATEGORY[m.family], "type": "求助",
            "title": m.title, "content": m.text, "region": m.person.region, "secret": t.confidential,
        },
        "applicant": {"kind": "个人", "name": m.person.name, "idNo": m.person.id_number, "mobile": m.person.phone},
        "respondent": {"name": m.firm},
        "related": [t.quotes] if t.quotes else [],
    }  # fmt: skip


def web_note(t: Telling, event: str, n: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """Web platform: something happened to a case."""
    ids = {"case": {"no": t.number}, "eventId": f"{t.number}-{event}-{n}"}
    return {"event": event, **ids, "occurredAt": at.isoformat(), **fields}


def legal_aid_row(m: Matter, t: Telling) -> dict[str, Any]:
    """A row of oa_legal_aid."""
    n = int(t.number.split("〕")[1].rstrip("号"))
    return {
        "proc_ins_id": f"P{n:06}", "year": 2026, "year_no": n, "name": m.person.name, "id_card": m.person.id_number,
        "phone": m.person.phone, "case_title": m.title, "case_type": "民事", "case_reason": "请求支付劳动报酬",
        "legal_aid_type": 1, "source": "窗口", "sldate": t.received_at.replace(tzinfo=None), "opponent_name": m.firm,
        "hotline_no": t.quotes.split(":", 1)[1] if t.quotes else None, "region": m.person.region, "task_key": "待审",
    }  # fmt: skip


def gov_case(m: Matter, t: Telling) -> dict[str, str]:
    """A case of the government-service platform."""
    return {
        "project_no": t.number, "data_ver": "1", "data_state": "1", "applyer_type": "1", "applyer_name": m.person.name,
        "applyer_page_type": "111", "applyer_page_code": m.person.id_number, "contact_mobile": m.person.phone,
        "region": m.person.region, "apply_date": local(t.received_at), "item_family": _CATEGORY[m.family],
        "counterparty_name": m.firm, "title": m.title, "content": m.text,
        "related_no": t.quotes.split(":", 1)[1] if t.quotes else "",
    }  # fmt: skip


def state_word(system: str, state: str) -> str:
    """A state in a system's own words."""
    return {"12345": _HOTLINE_STATE, "legal-aid": _TASK, "gov-service": _OPERATION}.get(system, {}).get(state, state)


def grade_word(grade: int) -> str:
    """A grade in words."""
    return _GRADE[grade]
