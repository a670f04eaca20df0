"""Whose estate it is, what of it, who is given it and what is to be done: two wills of one person, two inheritances or
two powers of attorney differ in no more than that."""

from __future__ import annotations

import re
from functools import lru_cache

from mappings.lexicon import lexicon
from schemas.events.book import Traits

_INHERITED, _ATTESTED = "family.inheritance", "notary."
_GONE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,3}于(?=[\d去]))?(?:\d{2,4}[年.-][\d年月日.-]{0,8})?\s{0,2}(?:的|去世|过世|病故|病逝|离世|走了|走后|没了|不在|死|留|名下|遗|生前|身故|亡故|那[套个份栋间]|存|银行)"
)
_DECEASED = re.compile("被继承人[^,。;]{1,14}")
_GIVEN = re.compile(
    "(?:^|给|归|与|予|由|传|只把|我把|受赠人[系为是]?|受益人[系为是]?)(?:我|俺|咱|他|她)?的?(?:大|小|二|三|长|次|独|亲)?"
    "(儿子|女儿|闺女|姑娘|孙子|孙女|外孙女|外孙|老伴|妻子|丈夫|弟弟|哥哥|姐姐|妹妹|侄子|侄儿|侄女|外甥女|外甥|保姆)"
)
_DONE = {
    "sell": re.compile("(?<!买)卖|出售|售房|售屋|变卖|过户"),
    "buy": re.compile("(?<!卖)买(?!卖)|购房|购买"),
    "let": re.compile("出租|租赁|收租|收房租"),
    "mortgage": re.compile("抵押|贷款"),
}
_ALSO_CALLED = {"闺女": "女儿", "姑娘": "女儿", "侄儿": "侄子"}
_SAYS_LITTLE = frozenset({"house", *_DONE})
"""One may have several houses, and sell them all."""
_WITH_CONTENT = frozenset({"notary.will", "notary.gift", "notary.inheritance", "notary.renounce"})
_POWER = "notary.power"

Told = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]


def observe_estate(a: Traits, b: Traits, purposes: tuple[str | None, str | None]) -> str | None:
    """`estate_conflict` where both tell whose estate it is, what of it, who is given it or what is done with it, and
    nothing of that is the same; `estate_equal` where all of that agrees which both tell of a document that is about
    an estate."""
    if not all(any(c.startswith((_INHERITED, _ATTESTED)) for c in t.causes) for t in (a, b)):
        return None
    power = all(_POWER in t.causes for t in (a, b))
    told = [_told(f"{purpose or ''} {t.words or ''}", power) for t, purpose in zip((a, b), purposes, strict=True)]
    both = [(x, y) for x, y in zip(*told, strict=True) if x and y]
    if any(x.isdisjoint(y) for x, y in both):
        return "estate_conflict"
    content = _WITH_CONTENT | lexicon().each
    same = frozenset[str]().union(*(x & y for x, y in both)) - _SAYS_LITTLE
    return "estate_equal" if same and all(content.intersection(t.causes) for t in (a, b)) else None


@lru_cache(maxsize=20_000)
def _told(words: str, power: bool) -> Told:
    """Who has died, what is left or given, to whom; of a power of attorney, what is to be done."""
    table = lexicon()
    gone = [who for _, end, who in table.kin.spans(words) if _GONE.match(words, end)]
    gone += (who for named in _DECEASED.findall(words) for who in table.kin.find(named))
    given = (_called(who) for who in _GIVEN.findall(words))
    done = (what for what, said in _DONE.items() if power and said.search(words))
    things = table.estates.find(words)
    return frozenset(gone), frozenset(things), frozenset(() if power else given), frozenset(done)


def _called(who: str) -> str:
    return _ALSO_CALLED.get(who, who)
