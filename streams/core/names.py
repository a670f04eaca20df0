"""Names: how they sound, and how alike two of them are as people write, hear and lose them."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

from mappings.lexicon import lexicon
from schemas.events.common import Person

EQUAL, SOUND, MASKED, THIN, NEAR, CONFLICT = "equal", "sound", "masked", "thin", "near", "conflict"
"""The same; heard the same; the same as far as can be read; no more than a surname; one character apart; another."""

_WILD = "*?〓□■○×某_"
_LOST = "?"
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_DOTS = str.maketrans(dict.fromkeys("．.・•‧∙⋅･", "·"))
"""What is typed for the dot between the parts of a name."""
_RUNS = re.compile(r"[*?〓□■○×某_]+")
_NOTE = re.compile(r"[(（\[【].{0,20}?[)）\]】]")  # 王静（本人）
_AND_OTHERS = re.compile(r"(?<=..)等(?:[\d一二三四五六七八九十几多]{0,4}人)?$")
_DIALECT = (("lv", "lu"), ("nv", "nu"), ("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_FAMILIAR = "老小阿"
"""What stands before a surname among people who know each other; no surnames themselves."""
_READABLE_MIN = 2  # readable characters below which a masked name says no more than a surname
_TITLES = dict.fromkeys(("女士", "小姐", "阿姨", "大姐", "大妈", "大娘", "太太"), "woman") | dict.fromkeys(
    ("先生", "大爷", "大叔", "大哥", "大伯"), "man"
)
_WHOLE_MAX = 4  # characters of a name before a title
_ID_CHARS, _SEX_AT = 18, 16
_NEAR_MIN = 3  # of two characters one apart, half the name is another


@lru_cache(maxsize=30_000)
def _syllable(character: str) -> str:
    return lazy_pinyin(character)[0]


@lru_cache(maxsize=50_000)
def sound(name: str | None) -> str | None:
    """Pinyin without tones, nothing between the syllables of a name but a blank; None where a part cannot be read.

    >>> sound("王晓"), sound("王小"), sound("王*")
    ('wang xiao', 'wang xiao', None)
    """
    if not name or thin(name) or _RUNS.search(name):
        return None
    return " ".join(map(_syllable, plain(name)[:20])).lower()


@lru_cache(maxsize=50_000)
def plain(name: str) -> str:
    """The name with a title of address (女士, 师傅) as something that cannot be read, without dots and blanks."""
    bare = _NOTE.sub("", name).translate(_DOTS).replace("·", "").replace(" ", "") or name
    bare = _AND_OTHERS.sub("", bare)
    if len(bare) == len("老王") and bare[0] in _FAMILIAR:
        return bare[1] + "*"
    words = lexicon()
    for title in words.titles if bare.endswith(words.titles) else ():
        rest = bare.removesuffix(title)
        if rest != bare and 1 <= len(rest) <= _WHOLE_MAX:
            return rest if len(rest) > len("欧阳") and _surnamed(rest) else rest + "*" if len(rest) <= 2 else bare
    return bare


def _surnamed(name: str) -> bool:
    return name[0] in lexicon().surnames or name[:2] in lexicon().surnames


def one_sex(a: Person, b: Person) -> bool | None:
    """Whether two people are of one sex, as far as ID numbers (GB 11643: the 17th digit) or titles (女士, 先生) tell;
    None when one of them does not."""
    x, y = _sex(a), _sex(b)
    return None if x is None or y is None else x == y


def _sex(person: Person) -> str | None:
    number = person.id_number or ""
    if len(number) == _ID_CHARS and number[_SEX_AT].isdecimal():
        return "man" if int(number[_SEX_AT]) % 2 else "woman"
    return next((sex for title, sex in _TITLES.items() if title in (person.name or "")), None)


def is_nobodys(name: str) -> bool:
    """Whether it is what is typed where no name is known."""
    return name in lexicon().nobody


def thin(name: str) -> bool:
    """Whether no more than a surname can be read."""
    bare = plain(name)
    return is_nobodys(name) or len(bare) < _READABLE_MIN or len(_RUNS.sub("", bare)) < _READABLE_MIN


@lru_cache(maxsize=50_000)
def relation(a: str, b: str) -> str:
    """How alike two names of natural persons are; symmetric."""
    a, b = a.translate(_DOTS), b.translate(_DOTS)
    if a == b:
        return THIN if thin(a) else EQUAL
    p, q = plain(a), plain(b)
    if p == q:
        return THIN if thin(a) else EQUAL
    if not p or not q:
        return CONFLICT
    if _RUNS.search(p) or _RUNS.search(q):
        return _readable(p, q)
    if "·" in a or "·" in b:
        first, second = a.split("·")[0], b.split("·")[0]
        if (first == b or second == a) and min(len(a), len(b)) >= _READABLE_MIN:
            return MASKED  # only the given name was written
    if len(p) == len(q) and sound(p) == sound(q) is not None:
        return SOUND
    if len(p) == len(q) and _roughly(p) == _roughly(q) != "":
        return NEAR
    if p[0] == q[0] and min(len(p), len(q)) >= _NEAR_MIN and OSA.distance(p, q, score_cutoff=1) == 1:
        return NEAR  # of another surname it is somebody else
    return NEAR if left_out(p, q) else CONFLICT


def left_out(a: str, b: str) -> bool:
    """Whether one is the other with a character of the given name left out: 周燕 for 周海燕."""
    p, q = sorted((plain(a), plain(b)), key=len)
    rest = iter(q)
    return len(p) + 1 == len(q) == _NEAR_MIN and p[0] == q[0] and all(c in rest for c in p)


def apart(a: str, b: str) -> int:
    """In how many characters two names of one length differ."""
    return sum(x != y for x, y in zip(plain(a), plain(b), strict=False))


def misheard(a: str, b: str) -> bool:
    """Whether a surname was heard as another that sounds like it: 程 for 陈, which no relatives' names are."""
    p, q = plain(a), plain(b)
    return p[:1] != q[:1] and _roughly(p) == _roughly(q) != ""


@lru_cache(maxsize=50_000)
def _roughly(name: str) -> str:
    return blurred(sound(name) or "")


@lru_cache(maxsize=50_000)
def blurred(heard: str) -> str:
    """A sound as somebody from elsewhere hears it: zh and z, n and ng are one."""
    for a, b in _DIALECT:
        heard = heard.replace(a, b)
    return heard


def _readable(p: str, q: str) -> str:
    """Masked names: position by position, or by pattern where a run stands for more or fewer characters."""
    if len(p) == len(q):
        seen = 0
        for x, y in zip(p, q, strict=True):
            if x in _WILD or y in _WILD:
                continue
            if x != y:
                return CONFLICT
            seen += 1
        return MASKED if seen >= _READABLE_MIN else THIN if seen else CONFLICT
    if _RUNS.search(p) and _RUNS.search(q):
        return THIN if p[0] == q[0] and p[0] not in _WILD else CONFLICT
    masked, full = (p, q) if _RUNS.search(p) else (q, p)
    if len(masked) < len(full) and set(_RUNS.findall(masked)) == {_LOST}:
        return NEAR if p[0] == q[0] else CONFLICT  # what an encoding loses is one character for one
    parts = [re.escape(part) for part in _RUNS.split(masked[:40])]
    if not re.fullmatch(".{0,8}?".join(parts), full[:40]):
        return CONFLICT
    return MASKED if sum(len(part) for part in _RUNS.split(masked)) >= _READABLE_MIN else THIN


def pairs_of(text: str) -> frozenset[str]:
    """All pairs of neighbouring characters.

    >>> sorted(pairs_of("养老金, 钱"))
    ['养老', '老金']
    """
    return frozenset(run[i : i + 2] for run in _HAN.findall(text) for i in range(len(run) - 1))
