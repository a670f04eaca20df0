"""A record that names no family, read in the words of the other one's: what is attested and what is appraised is told
in everyday words, which elsewhere mean other things."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from mappings.lexicon import OWN_WORDS, lexicon
from schemas.events.book import Traits
from streams.core.causes import group_of

_SIGNS = {
    "notary": re.compile("公[证正]|立遗嘱|写遗嘱|订遗嘱|放弃继承|放弃.{0,8}份额|委托书|声明书"),
    "forensic": re.compile("鉴定|签定|评定|评残|定残|伤残等级|检验|检测|复检|化验"),
}
_DEED = re.compile("遗嘱|赠[与予送]|委托|授权")
"""What is attested, where nothing is said of a quarrel about it."""
_QUARREL = re.compile("纠纷|争|不认|不分|不给|独吞|独占|霸占|无效|假|法律援助|法援|调解|起诉|诉讼|仲裁|律师|鉴定")
_CLAIMS = re.compile("法律援助|法援|调解|起诉|诉讼|仲裁|律师")


def read_as(t: Traits, family: str | None, other: str | None) -> Traits:
    """The traits as they are if the record is of the other's family, of which its text has signs, or of no other; else
    unchanged."""
    if family is not None or other is None or other not in OWN_WORDS or any(group_of(c) == other for c in t.causes):
        return t
    if other == "forensic" and t.causes and _CLAIMS.search(t.words or ""):
        return t  # who claims damages asks for an appraisal on the way
    causes = _causes(t.words or "", other, not t.causes)
    return replace(t, causes=causes, mentions=tuple(dict.fromkeys((*causes, *t.mentions)))) if causes else t


@lru_cache(maxsize=20_000)
def _causes(words: str, family: str, unknown: bool) -> tuple[str, ...]:
    plain = unknown or (family == "notary" and _DEED.search(words))
    told = _SIGNS[family].search(words) or (plain and not _QUARREL.search(words))
    return tuple(lexicon().causes[family].find(words)) if told else ()
