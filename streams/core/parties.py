"""The other side: what of a counterparty's name tells one from another."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mappings.lexicon import lexicon
from streams.core import names

_NOISE = re.compile(r"[\s()（）\[\]【】〔〕“”\"'‘’、,，.。:：;；/\\-]+")
_PLACE = re.compile(r"^[\u4e00-\u9fff]{2,4}?(?:自治区|自治州|省|市|盟|州)(?=[\u4e00-\u9fff]{3})")
_COUNTY = re.compile(r"^[\u4e00-\u9fff]{1,3}?[县区旗](?=[\u4e00-\u9fff]{3})(?!.?[小社])")
_ORGANISATION = re.compile(
    r"公司|厂|店|局|院|所|部|会|社|队|行|校|园|中心|集团|政府|委|处|站|场|馆|超市|酒店|物业|工作室|银行|保险|学|村|厅|室|楼|庄"
)
_PERSON_MAX = 4
_SHORT = 4  # 字号 and trade: how people call a firm
_CORE_MIN = 2

EQUAL, NEAR, THIN, CONFLICT = "equal", "near", "thin", "conflict"


@lru_cache(maxsize=50_000)
def core(name: str | None) -> str | None:
    """The part of a name that is the party's own: no legal form, no province or city in front, no punctuation.
    None when it names nobody in particular (房东, 公司).

    >>> core("哈尔滨市宏达建筑工程有限公司"), core("宏达建筑工程公司"), core("房东")
    ('宏达建筑工程', '宏达建筑工程', None)
    """
    if not name:
        return None
    words = lexicon()
    bare = _NOISE.sub("", unicodedata.normalize("NFKC", name[:100])).lower()
    if not bare or bare in words.generic:
        return None
    for form in words.forms:
        if bare.endswith(form) and len(bare) - len(form) >= _CORE_MIN:
            bare = bare[: -len(form)]
            break
    if is_organisation(name):
        bare = _without_place(bare)
    return None if bare in words.generic or len(bare) < _CORE_MIN else bare


def _without_place(bare: str) -> str:
    for province in lexicon().provinces:
        if bare.startswith(province) and len(bare) - len(province) >= _CORE_MIN:
            bare = bare[len(province) :].lstrip("省市")
            break
    shorter = _PLACE.sub("", bare)
    return _COUNTY.sub("", shorter) if shorter != bare else bare


@lru_cache(maxsize=50_000)
def is_organisation(name: str) -> bool:
    """Whether it sounds like an organisation."""
    return len(name) > _PERSON_MAX or (len(name) > 2 and bool(_ORGANISATION.search(name)))


@lru_cache(maxsize=100_000)
def relation(a: str, b: str) -> str:
    """How alike two cores are: EQUAL; NEAR (might be either); THIN (cannot be read); CONFLICT."""
    if a == b:
        return THIN if names.thin(a) else EQUAL
    if len(a) <= _PERSON_MAX and len(b) <= _PERSON_MAX:
        found = names.relation(a, b)
        return EQUAL if found in (names.SOUND, names.MASKED) else found
    if a in b or b in a:
        return NEAR
    if names.sound(a) == names.sound(b) is not None:
        return NEAR  # another firm, or the same as somebody heard it
    return _masked(a, b)


def _masked(a: str, b: str) -> str:
    found = names.relation(a, b)
    return {names.MASKED: NEAR, names.THIN: THIN}.get(found, CONFLICT)


def mentioned(party: str, words: str) -> str | None:
    """EQUAL if the text names the party, NEAR if it may."""
    if party in words:
        return EQUAL
    return NEAR if len(party) > _SHORT and party[:_SHORT] in words else None
