"""What a matter is about: read out of item, title and text, and compared.

Codes are those of causes.yaml. A code that ends with `?` is concluded from what is told, and no word names it; one with
`.~` is a document or an appraisal as it is called, which no list has.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mappings.lexicon import Lexicon, lexicon
from schemas.events.book import Traits
from streams.core.names import pairs_of

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
    if item and item in title:
        title = title.replace(item, " ")
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
            return called[:1], tuple(mentions)
    elif not any("." in c for part in found for c in part):
        concluded = _concluded(f"{title} {text}", family)
        mentions |= dict.fromkeys(concluded)
        found[2] = [f"{c}{CONCLUDED}" for c in concluded] or found[2]
    first = [c for part in found[:2] for c in part if "." in c] or [c for c in found[2] if "." in c]
    first = [c for c in first if c != _QUARREL] or first
    return tuple(dict.fromkeys(first or [c for part in found for c in part])), tuple(mentions)


def _concluded(words: str, family: str | None) -> list[str]:
    """The cause that most of what is told amounts to, where its name is not said, or several that one matter is told
    under; none where that is not clear. Documents and appraisals are concluded only where no family says otherwise."""
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
    return best if all(_may_be_one(c, d) for c in best for d in best if c != d) else []


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


def compare_causes(ta: Traits, tb: Traits, *, one_party: bool) -> str | None:
    """Equal where both are first of all about one thing; alike where one mentions the other's."""
    unsure = any(c.endswith(CONCLUDED) for c in (*ta.causes, *tb.causes))
    x, y = ([c.removesuffix(CONCLUDED) for c in t.causes] for t in (ta, tb))
    if not x or not y:
        return None
    if UNLISTED in x[0] or UNLISTED in y[0]:
        return "cause_equal" if _called_alike(ta, tb) else None
    common = [c for c in x if c in y]
    words = lexicon()
    if any("." in c for c in common):
        return "cause_mentioned" if _aside(x, y, common, one_party) else "cause_equal"
    if common:
        return "cause_alike" if words.whole.issuperset(common) else "cause_group"
    documents = group_of(x[0]) == "notary" == group_of(y[0])  # whatever else is mentioned, each is its own document
    if any((c, d) in words.alike or group_of(c) == group_of(d) in words.one for c in x for d in y):
        return "cause_alike"
    if any(("." not in c or "." not in d) and group_of(c) == group_of(d) for c in x for d in y):
        return "cause_group"
    unsure |= not all(any("." in c for c in z) for z in (x, y))  # 劳动争议, 邻里家庭纠纷: the name of a service
    mentioned = any("." in c and c in tb.mentions for c in x) or any("." in c and c in ta.mentions for c in y)
    return "cause_mentioned" if (mentioned or unsure) and not documents else "cause_conflict"


def _aside(x: list[str], y: list[str], common: list[str], one_party: bool) -> bool:
    """Whether what both name may be no more than a remark of one: who tells of a second matter against somebody tells
    of the first. Without an opponent in common it is one only where something else is told first."""
    if not one_party:
        return x[0] not in common and y[0] not in common
    more = [c for c in (*x, *y) if c not in common and "." in c]
    if x[0] == y[0] and not any(group_of(c) == group_of(x[0]) for c in more):
        return False  # what each tells first; the rest is of another field, and no second claim
    return any(not any(_may_be_one(c, d) for d in common) for c in more)


def _may_be_one(c: str, d: str) -> bool:
    """Whether one matter is often told under both causes."""
    words, pairs = lexicon(), ((c, d), (group_of(c), d), (c, group_of(d)))
    return group_of(c) == group_of(d) in words.one or not words.alike.isdisjoint(pairs)


def _called_alike(ta: Traits, tb: Traits) -> bool:
    """Whether two records call a document or an appraisal by names that share more than what any such name has."""
    mine, yours = _name_parts(ta.mentions), _name_parts(tb.mentions)
    return any(p & yours.get(group, p & pairs_of(tb.words or "")) for group, p in mine.items()) or any(
        q & pairs_of(ta.words or "") for group, q in yours.items() if group not in mine
    )


@lru_cache(maxsize=20_000)
def _name_parts(codes: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """By family, the pairs of characters of all names."""
    found: dict[str, frozenset[str]] = {}
    for code in codes:
        group, listed, name = code.partition(UNLISTED)
        if listed:
            bare = lexicon().documents.sub(" ", name)
            found[group] = found.get(group, frozenset()) | pairs_of(bare)
    return found


def group_of(code: str) -> str:
    """The field of law that a cause is of."""
    return code.partition(".")[0]
