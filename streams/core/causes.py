"""What a matter is about: read out of item, title and text, and compared.

Codes are those of causes.yaml. A code that ends with `?` is concluded from what is told, and no word names it; one with
`.~` is a document or an appraisal as it is called, which no list has.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mappings.lexicon import Lexicon, lexicon
from mappings.tellings import NOTHING_TOLD, Reading

_BEFORE = {
    "notary": re.compile(r"([\u4e00-\u9fff()]{2,12})(?<!不)公[证正](?!处|员)"),
    "forensic": re.compile(r"([\u4e00-\u9fff()]{2,12})(?:司法)?(?:鉴定|评定|评估)"),
}
"""What stands before these words is what a document or an appraisal is called."""
_ASKED = re.compile(r"[要办想做开请份个的用去往给看盖需求赴让立馆说须]")
_QUARREL = "neighbour.quarrel"
"""What is told beside anything else, 因停车口角被打伤, is not what it is about."""
_NAME_CHARS = 10
_NAMES_MAX = 3
CONCLUDED = "?"
"""Ends the code of a cause that nobody names but that what is told amounts to."""
UNLISTED = ".~"
"""Within the code of a document or an appraisal as it is called; its name follows."""
_SIGNS = {
    "notary": re.compile("(?<!不)公[证正](?!处|员)"),
    "forensic": re.compile(
        "鉴定|评定|评残|评级|评估|(?:检测|检验|化验)$|亲子(?!关系|纠纷)|笔迹|验伤|三期|声像|毒物|文检"
    ),
}
"""Where no family is given, the words of item or title that tell of it."""
_SWAPPED = re.compile("公证(遗嘱|委托书|声明书)")
_GIVEN = re.compile("公证事项[:为是]\\s?(?:申请|办理)?([\u4e00-\u9fff]{2,8})(?=[,。;\\s]|$)")
"""How a form names a document; elsewhere the name stands before 公证."""
_ASKING = "[咨资]询|询问|问|申请|委托|要求|请求|需|想|要|去|办|(?<!不给)(?<!不让)做|怎么|咋|如何|能否"
_WANTED = re.compile(
    f"(?:{_ASKING})[^,。;!?]{{0,24}}?((?<!不)公[证正]|(?<!工伤)(?<!劳动能力)鉴定(?!书|意见|结|报告)|评残)(?!过|后|了)"
    "|((?<!不)公[证正]|(?<!工伤)(?<!劳动能力)鉴定|评残)[^。;!?]{0,6}?(?:怎么|咋|如何|能否|需|要|几天|多少|收费|材料|手续|上门)"
)
"""And those of a text: that a document or an appraisal is asked for."""
_TESTED = re.compile(
    "(?:签名|签字|笔迹|字迹|印章|指纹)(?:比对|检验)|检材|(?:伤残|残疾|等级|能力)评定|(?:做|验|测)[^,。;!?]{0,6}(?:DNA|亲生|血缘|亲子)|抽的?血"
    "|评残|血检|血样|血液酒精|酒精检测|评个?几级|做伤情|验伤(?!报告|单)|[算够]轻伤"
)
"""An appraisal that is not called one."""
_PAPER = re.compile("证|记录|文件")
"""What offices abroad ask for: where a text that tells of nothing else names the country, it is to be attested."""
_DISPUTE = re.compile("纠纷|争议|诉讼|起诉|律师|援助|调解|仲裁")


def causes_of(
    family: str | None, item: str, title: str, text: str, whole: str, words: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it is about: the exact causes of item and title, else of the text, else the whole groups that title or text
    name (an item's, there or in the title, is the name of a service, unless it is alike with its causes). And all that
    is mentioned."""
    own = _own_words(family, f"{item} {title}") or (_wanted(title, text, words) if family is None else None)
    if own == "notary":
        text = _GIVEN.sub(r"\1公证", text)
    if item and item in title:
        title = title.replace(item, " ")
    told = f"{item} {title} {text}"
    found = [words.causes[own].find(part) if part else [] for part in (item, title, text)]
    found[0] = [c for c in found[0] if "." in c or c in words.whole]
    if family is None and own is None and not any(found):
        found[0] = words.causes["forensic"].find(item)  # 三期评定: an appraisal that is not called one
    mentions = dict.fromkeys(c for part in found for c in part)
    if own == "forensic":
        mentions |= dict.fromkeys(words.causes[None].find(whole))  # what it is made for
    if own in _BEFORE:
        called = _called(own, item, title, text)
        if own == "notary" or not mentions:
            mentions |= dict.fromkeys(called)
        if own == "notary" and called:  # what it is for has the same words: 结婚
            parts = (_called(own, item), _called(own, "", title), _called(own, "", text))
            found = [
                [c for name in part for c in words.causes[own].find(f"{name.partition(UNLISTED)[2]}公证")]
                for part in parts
            ]
        if not any(found):
            return _weighed(called[:1], mentions, own, family, told, words, titled=False)
    first = [c for part in found[:2] for c in part if "." in c] or [c for c in found[2] if "." in c]
    first = [c for c in first if c != _QUARREL] or first
    named = tuple(dict.fromkeys(first or [c for part in found for c in part]))
    titled = own in _BEFORE and any(found[:2])  # a document is what it is called, whatever is told beside
    return _weighed(named, mentions, own, family, told, words, titled=titled)


def _weighed(
    named: tuple[str, ...],
    mentions: dict[str, None],
    own: str | None,
    family: str | None,
    told: str,
    words: Lexicon,
    *,
    titled: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What words name, against what all that is told reads like. Where that is clearly one of several that are named,
    it is that one, and the rest is mentioned; where it is clearly another, it may be either. Where no cause is named it
    is what is concluded, else what it reads like."""
    exact = [c for c in named if "." in c and UNLISTED not in c]
    if titled and len(exact) == 1:
        return named, tuple(mentions)
    disputed = family is not None or (bool(exact) and _DISPUTE.search(told) is not None)
    likely = _likely(own, told, words, documents=own is not None or not disputed)
    if exact:
        clear = likely is not None and likely.margin >= words.limits["telling_margin_named"]
        if likely is None or not clear or (titled and likely.code not in exact):
            return named, tuple(mentions)
        mentions[likely.code] = None
        if likely.code in exact:
            return (likely.code,), tuple(mentions)
        return tuple(f"{c}{CONCLUDED}" for c in (*named, likely.code)), tuple(mentions)
    concluded = () if own in _BEFORE else _concluded(told, family)
    unlisted = bool(named) and UNLISTED in named[0]
    least = words.limits["telling_margin_unlisted" if unlisted else "telling_margin"]
    if concluded == () and likely and likely.margin >= least:
        concluded = (likely.code,)
    concluded = concluded or ()
    mentions |= dict.fromkeys(concluded)
    return tuple(f"{c}{CONCLUDED}" for c in concluded) or named, tuple(mentions)


def _likely(own: str | None, told: str, words: Lexicon, *, documents: bool) -> Reading | None:
    """What all that is told reads like; None where it reads like a call that tells nothing, or like a document or an
    appraisal, and neither is asked for: of another service, or in a dispute."""
    likely = words.tellings.read(told, own)
    if likely is None or likely.code == NOTHING_TOLD:
        return None
    return likely if documents or group_of(likely.code) not in _SIGNS else None


def _concluded(words: str, family: str | None) -> tuple[str, ...] | None:
    """The cause that most of what is told amounts to, where its name is not said, or several that one matter is told
    under; None where it amounts to two. Documents and appraisals are concluded only where no family says otherwise."""
    table = lexicon()
    found = [concept for _, _, concepts in table.concepts.spans(words) for concept in concepts]
    seen = set(found)
    fits = {
        code: (len(of), sum(map(found.count, of)))
        for code, of in table.told
        if of <= seen and (not family or group_of(code) not in _SIGNS)
    }
    most = max(fits.values(), default=None)
    best = [code for code, weight in fits.items() if weight == most]
    return tuple(best) if all(may_be_one(c, d) for c in best for d in best if c != d) else None


def _called(own: str, item: str, *parts: str) -> tuple[str, ...]:
    """What documents or appraisals are called: the words before 公证 or 鉴定, listed or not; an item as it stands."""
    before = [
        words
        for part in (item, *(_SWAPPED.sub(r"\1公证", part) for part in parts))
        for words in _BEFORE[own].findall(part) or ([item] if part == item else [])
    ]
    named = dict.fromkeys(f"{own}{UNLISTED}{name}" for name in map(_name_in, before) if name)
    return tuple(named)[:_NAMES_MAX]


@lru_cache(maxsize=20_000)
def _name_in(words: str) -> str | None:
    """A name at the end of some words; None where it is none."""
    for start, end, (what, _) in reversed(lexicon().marks.spans(words)):
        if what == "place":
            words = f"{words[:start]}的{words[end:]}"
    name = _ASKED.split(words.rstrip("的"))[-1].strip("()")[-_NAME_CHARS:]
    if len(name) < 2:
        return None
    vague = len(lexicon().documents.sub("", name)) < 2  # 翻译公证, 证照公证: any paper may be translated
    return name if _listed(name) or not (vague or lexicon().boilerplate.search(name)) else None


def _listed(name: str) -> bool:
    """Whether it says what a document or an appraisal is, whatever else it says: 保全证据."""
    return any(lexicon().causes[own].find(name) for own in _SIGNS)


def _own_words(family: str | None, head: str) -> str | None:
    if family is None:
        return next((own for own, sign in _SIGNS.items() if sign.search(head)), None)
    return family if family in _SIGNS else None


def _wanted(title: str, text: str, words: Lexicon) -> str | None:
    """The family whose document or appraisal a text asks for that names no family, or no more than names; none where
    it is told in a dispute or the words of that family find nothing."""
    asked = None if _DISPUTE.search(title) else _WANTED.search(text)
    if asked:
        own = "notary" if (asked[1] or asked[2])[0] == "公" else "forensic"
        return own if words.causes[own].find(text) else None
    if _DISPUTE.search(f"{title} {text}"):
        return None
    if _TESTED.search(text) and words.causes["forensic"].find(text):
        return "forensic"
    called = _BEFORE["notary"].findall(text) or ([text] if _for_abroad(title, text, words) else [])
    return "notary" if any(words.causes["notary"].find(w) for w in called) else None


def _for_abroad(title: str, text: str, words: Lexicon) -> bool:
    """Whether a paper is to be used in a country that the text names, and nothing else is told."""
    if not _PAPER.search(text) or any("." in c for c in words.causes[None].find(f"{title} {text}")):
        return False
    return any(what == "place" for _, _, (what, _) in words.marks.spans(text))


def group_of(code: str) -> str:
    """The field of law that a cause is of."""
    return code.partition(".")[0]


def may_be_one(c: str, d: str) -> bool:
    """Whether one matter is often told under both causes."""
    words, pairs = lexicon(), ((c, d), (group_of(c), d), (c, group_of(d)))
    return group_of(c) == group_of(d) in words.one or not words.alike.isdisjoint(pairs)
