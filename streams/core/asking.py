"""What is asked for, where no source tells the kind of a record: said outright, or as its words read."""

from __future__ import annotations

import re
from collections.abc import Collection

from mappings.lexicon import ASKED, MATTER, lexicon
from mappings.vocabulary import Family

_STAFF = re.compile(
    r"投诉你们|律师|公证[员处]|调解[员室]|鉴定[人员所中]|仲裁[员委]|承办|经办|办案|窗口|工作人员|办事员|接线|办[^,。;]{1,30}人暗示|热线|中心|司法所|法援|援助"
)
"""Of whom a complaint about the handling complains; else it is of the other side."""
_WHO_HANDLES = re.compile("办[^,。;]{0,14}(?:人|单位|者)|公仆|同志|官员|监督")
_COMPLAINED = re.compile(
    r"投诉|举报|控告|不满|差评|追究|要告[^,。;]{0,14}(?:工作人员|经办|承办|窗口)|(?:暗示|索)要好处|反[映应].{0,24}(?:工作人员|经办|承办|办案)"
)
_REOPENED = re.compile(r"回访.{0,8}(?:处理好|处理完|解决|办好|办结).{0,8}(?:实际|可|但|却|其实)")
"""What somebody says who was asked whether it is settled, and it is not."""
_AGAIN = re.compile(
    "(?:重新|再次|另行|再)(?:提交|申请|提出|上报|报|递交|立案)|(?:这次|这回|现已?)[^,。;]{0,6}(?:带齐|补齐|补全|交齐)"
)
"""What was sent back or refused and is handed in once more is an application, whatever it adds."""
_ONLY_ASKED = re.compile(
    "(?:仅|只是?|单纯|纯粹|光|就)(?:是|想)?(?:来)?(?:咨询|问问|了解|打听)(?!法律)[^。;]{0,14}(?:$|[。,;]|暂?不|没有|还没)|不留诉求|不要求登记|暂不(?:办理|申请|立案)"
    "|还没(?:决定|想好)[^。;,]{0,6}(?:办|申请|告)|仅[为是作供]?咨询:|就先(?:问|了解|咨询|打听)一?下"
    "|(?:回头|以后|之后|到时候?|然后)[我俺咱]?再(?:决定|定|考虑)|再(?:决定|考虑|想想)[^,。;]{0,4}(?:要不要|办不办|是否|告不告)"
)
"""Who says that he wants no more than to know."""
_APPENDED = re.compile(
    "(?:来电人|市民|群众|诉求人)?情绪[较很]?激动|(?:请|望|盼|希望|恳请|现来电请)[^,。;!]{0,12}"
    "(?:联系|处理|解决|帮助|回复|回电|跟进|派单|核实|答复)[^,。;!]{0,8}|要求(?:回电|给予书面答复|短信告知|尽快[办处])|已告知等待"
    "|(?:此前|之前|先前|已在)?(?:打过?)?(?:12345|12348|热线)(?:已受理|时给过|登记|转办)?[^。;]{0,14}(?:单号|编号|工单)[^。;]{0,24}"
    "|烦请[^,。;!]{0,8}|加急|(?:麻烦|你?帮我)问[一]?下|(?:您|你|领导|师傅)好|(?:工单内容|话务记录|诉求内容|求助|来电(?:人?诉求)?|咨询)[:：]"
)
"""What clerks append to any record, and what stands in those that urge too: 请尽快处理."""
_QUESTION = re.compile(
    "[?？吗么呢哪啥咋几]|怎[么样]|如何|多少|多久|什么|是否|能不能|可不可以|要不要|算不算|有没有|了解|打听"
)
_WANTED = re.compile("请求|申请办|诉请|要求|要办|请安排|请派|委托|预约")
"""What is not there in a record that only asks how something is: a question; and what is: that something be done."""
_BEFORE_NOW = re.compile(
    "上次|上回|上周|前次|此前|先前|之前|前期|前面|已提交|原[诉申件编工]|[那这]个件|进展|进度|到哪|催|结案|办结|结了|更正"
)
"""What somebody says who has been there before. Who applies at a window says nothing of it; but an appraisal that is
done anew is applied for."""
BUSINESS = frozenset((*map(str, Family), "gov-service", "platform", "zwfw", "window"))
"""Systems where people go to apply: what does not say its kind is an application."""


def asked_for(marks: Collection[str], words: str, *, of_handling: bool, called: bool = True) -> str | None:
    """The kind: of all that the lexicon's words mark the first in the order of `ASKED`; a complaint only of those who
    handle the matter; else what it reads like, if somebody `called` or wrote, or says that he has been there before.
    None: an application, for all that is told. That somebody asks (咨询) makes no consultation: whoever wants a thing
    asks how to get it; a question that tells of no matter does.

    >>> asked_for(("follow-up",), "那件事请催办", of_handling=False)
    'follow-up'
    >>> asked_for((), "合伙没有写协议，散伙的时候怎么分？", of_handling=False)
    'consultation'
    """
    if _AGAIN.search(words):
        return None
    if _ONLY_ASKED.search(words):
        return "consultation"
    kind = _said(marks, words)
    if kind is None and of_handling and _COMPLAINED.search(words) and _STAFF.search(words):
        return "complaint"
    if kind or called:
        return kind or _reads_like(words)
    likely = _reads_like_again(words)
    return None if likely == "complaint" else likely


def reopened(marks: Collection[str], words: str) -> str | None:
    """`reopen`, if that is what is said, whatever kind a source gives: to it all calls are applications."""
    if _AGAIN.search(words):
        return None
    return "reopen" if "reopen" in (_said(marks, words), _reads_like_again(words)) else None


def _said(marks: Collection[str], words: str) -> str | None:
    return "reopen" if _REOPENED.search(words) else next((kind for kind in ASKED if kind in marks), None)


def _reads_like_again(words: str) -> str | None:
    """What it reads like, of somebody who says that he has been there before."""
    return _reads_like(words) if _BEFORE_NOW.search(words) and "鉴定" not in words else None


def _reads_like(words: str) -> str | None:
    likely = lexicon().asks.read(_APPENDED.sub("", words))
    clear = likely is not None and likely.margin >= lexicon().limits["asking_margin"]
    kind = likely.code.partition(".")[2] if likely and clear else MATTER
    if kind == "consultation" and (not _QUESTION.search(words) or _WANTED.search(words)):
        return None
    if kind == "complaint" and not (_STAFF.search(words) or _WHO_HANDLES.search(words)):
        return None
    return None if kind == MATTER else kind
