"""Firms as a text names them: what stands before a name is not always cut off, and of the name itself people say a
part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from mappings.lexicon import lexicon
from streams.core import names, offices, parties
from streams.core.parties import CORE_MIN, SHORT_CHARS

_LEGAL = r"(?:[（(]集团[)）]|集团)?(?:股份有限公司|有限责任公司|有限公司|股份公司|公司)|集团|合作社|商行|超市|酒店"
_FORM = re.compile(f"{_LEGAL}|医院|厂")
_INSTITUTES = "幼儿园|小学|中学|学校|学院|养老院|敬老院|旅行社"
_TOLD_FORM = re.compile(f"{_LEGAL}|(医院|厂(?![家里商房长区方子])|{_INSTITUTES}|旗舰店|专营店|专卖店|经营部|门市部)")
"""As `_FORM`, and what keeps the word for what it is in its name."""
_RUN_MAX = 24
_RUN = re.compile(rf"(?:[\u4e00-\u9fff]|[(（][\u4e00-\u9fff]{{1,6}}[)）]){{2,{_RUN_MAX}}}\Z")
"""What a form may be the end of; a bracket that is open before it begins a firm's name: 拖欠工资（宏达公司）."""
_FIRM = re.compile(rf"[\u4e00-\u9fff()（）]{{2,{_RUN_MAX}}}?(?:{_FORM.pattern})")
_BEFORE_A_NAME = re.compile(
    r"(?:纠纷|争议|一案|仲裁|赔偿)(?:[(（][^)）]*[)）])?|小区物业|小区|诉求人?|来[电访信]人?|离职后?|入职后?|辞职后?|反[映应]|投诉|举报|咨询|对象|涉及|商家|厂家|业主|以后|之后|入股|合伙|尾款|工地|公司|请求|确认|单位|认为|持有|"
    r"在|与|被|向|给|由|对|跟|到|系|从|于|我|称|是|的|要求|因|经|为|市民|诉|遭|让|叫|告|欠|找|说|讲|问|一下|他|她|要退"
)
_AGAINST = re.compile(r"诉|与|和")
_AROUND = re.compile(r"(?:之间|有关|关于|发生|存在|产生|的|因|一案)+$")
_PARTIES_MAX = 2
_TAIL_MIN = 5  # characters at the end of a firm's name; all but one, for many end with the same trade
_KIND = re.compile(f"(?:医院|{_INSTITUTES}|厂|店|社|行|中心)$")
_COUNTED = "年月日号元块万千时点人名个余多"
_IN_NO_NAME = re.compile(
    "[的了我你他她您请求从不没给让这那哪什说买卖欠替催咗吗呢吧]|未(?!来)|真得|只有|就是|结清|收取|支取|支付(?!宝)|补[交缴]|缴纳|违反|承担"
    "|承包|垫资|[几两三四五六七八九]成|(?:[干做住送]|[之以工]后|[之以]前)$"
)
"""What no firm is called by."""
_TOLD_MIN = 3  # characters of a long name that are words, from which it is a sentence
_GARBAGE = 1  # a character before a name is what is left of a sentence, or makes it another name


def told(head: str, text: str) -> tuple[str, ...]:
    """Other sides that a title (甲与乙…纠纷, 甲诉乙…) and a text (…公司) name, as cores."""
    found: dict[str, None] = {}
    side = _against(head)
    if side and not _IN_NO_NAME.search(side):
        found[side] = None
    for run, form in _runs(text, _TOLD_FORM):
        counted = text[: run.start()][-1:].isdecimal()  # 6月金盛公司
        tail = _from_its_place(_BEFORE_A_NAME.split(run[0].lstrip(_COUNTED) if counted else run[0])[-1])
        firm = parties.core(tail + (form[1] or "公司")) if len(tail) >= CORE_MIN else None
        if firm and not _IN_NO_NAME.search(firm) and (offices.parted(firm) or is_a_name(parties.brand(firm)[0])):
            found[firm] = None
        if len(found) >= _PARTIES_MAX:
            break
    return tuple(found)


def _runs(text: str, forms: re.Pattern[str]) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """What stands before each form, none of it twice."""
    done = 0
    for form in forms.finditer(text):
        run = _RUN.search(text, max(done, form.start() - _RUN_MAX), form.start())
        if run:
            done = form.end()
            yield run, form


def _from_its_place(name: str) -> str:
    """The name from the city in it on: what a text has before that is no part of it."""
    city = _city().search(name, 1, len(name) - SHORT_CHARS + 1) if len(name) > SHORT_CHARS else None
    return name[city.start() :] if city else name


@cache
def _city() -> re.Pattern[str]:
    return re.compile("|".join(lexicon().cities))


def nameless(text: str, *known: str | None) -> str:
    """The text without the names of people and firms: what a firm is called is not what the matter is about."""
    for name in known:
        if name and len(name) >= CORE_MIN:
            text = text.replace(name, "某")
            for length in range(len(name) - 1, SHORT_CHARS - 1, -1):  # as people shorten it
                if name[:length] in text:
                    text = text.replace(name[:length], "某")
                    break
            own = parties.brand(name)[0]
            if own != name and len(own) >= CORE_MIN and own in text:
                text = _shortened(own).sub("某", text)
    for run, form in reversed(tuple(_runs(text, _FORM))):
        start = run.end() - len(_BEFORE_A_NAME.split(run[0])[-1])
        text = f"{text[:start]}某{text[form.end() :]}"
    return _local_firm().sub("某", text)


@cache
def _local_firm() -> re.Pattern[str]:
    """A firm without its legal form, as its city and its trade show: 潍坊旺源物业服务."""
    cities, trades = "|".join(lexicon().cities), lexicon().trades.pattern
    return re.compile(f"(?:{cities})市?[^\\W\\d_区县镇乡街路市村]{{2,4}}?(?:{trades})+(?!合同|费|纠纷)")


@lru_cache(maxsize=10_000)
def _shortened(own: str) -> re.Pattern[str]:
    """A firm's own part with what people say of its trade. Not what a cause begins with: …物业服务合同纠纷."""
    return re.compile(f"{re.escape(own)}(?:(?:{lexicon().trades.pattern})(?!合同|费|纠纷))?")


def _against(head: str) -> str | None:
    sign = _AGAINST.search(head)
    if sign is None:
        return None
    firm = _FIRM.match(head, sign.end())
    if firm:
        return parties.core(firm[0])
    ends = [start for start, _, _ in lexicon().causes[None].spans(head) if start > sign.end() + 1]
    name = _AROUND.sub("", head[sign.end() : ends[0]]) if ends else ""
    return parties.core(name) if CORE_MIN <= len(name) <= 30 else None


def cut_alike(a: str, b: str) -> bool:
    """Whether two names cut out of texts are one as far as they go, compared from their ends."""
    if a == b:
        return True
    short, full = (a, b) if len(a) < len(b) else (b, a)
    if len(short) > SHORT_CHARS and short in full:
        return True
    (mine, trade), (yours, whole) = parties.brand(short), parties.brand(full)
    if _one_own_part(mine, yours, _GARBAGE if trade and whole else 0):
        return not (trade and whole) or parties.abbreviates(trade, whole) or parties.abbreviates(whole, trade)
    n = 0
    while n < min(len(a), len(b)) and a[-1 - n] == b[-1 - n]:
        n += 1
    return n >= max(_TAIL_MIN, len(short) - 1) or (n == len(short) >= SHORT_CHARS)


def perhaps_one(a: str, b: str) -> bool:
    """Whether two firms' own parts end alike: too little to take them for one, enough not to take them for two."""
    (own_a, trade_a), (own_b, trade_b) = parties.brand(a), parties.brand(b)
    if trade_a and trade_b and not parties.abbreviates(*sorted((trade_a, trade_b), key=len)):
        return False
    p, q = (_KIND.sub("", own)[-CORE_MIN:] for own in (own_a, own_b))
    return len(p) == CORE_MIN and names.sound(p) == names.sound(q) is not None


def is_a_name(own: str) -> bool:
    """Whether a firm may be called that: no sentence, and not all words that tell what happened."""
    if len(own) < CORE_MIN or _IN_NO_NAME.search(own):
        return False
    words = lexicon()
    found = (words.causes[None].spans(own), words.concepts.spans(own))
    limit = len(own) if len(own) <= SHORT_CHARS else _TOLD_MIN
    return all(sum(end - start for start, end, _ in spans) < limit for spans in found)


def _one_own_part(p: str, q: str, garbage: int) -> bool:
    """Whether two firms' own parts are one but for a place, or the rest of a sentence, before one of them."""
    short, full = (p, q) if len(p) < len(q) else (q, p)
    before = len(full) - len(short)
    return len(short) >= CORE_MIN and full.endswith(short) and (before != _GARBAGE or bool(garbage))
