"""Invented people and firms; ID numbers are well-formed (GB 11643) and belong to nobody."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志远春梅海燕晓东雪松文博雨桐子涵"
_REGIONS = ("230102", "230103", "230104", "230108", "230110", "230111", "230202", "230302")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_TOWNS = ("哈南", "松北", "龙江", "安远", "北林", "宝清", "富裕", "海伦")
_TRADES = ("建筑工程", "物业服务", "家政服务", "食品加工", "物流运输", "装饰装修", "劳务派遣", "机械制造")


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who needs help."""

    name: str
    id_number: str
    phone: str
    region: str


class Registry:
    """Draws people and firms; nobody is drawn twice."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance
        self._used: set[str] = set()
        self._people = 0
        self._firms = 0

    def citizen(self, *, phone: str | None = None) -> Citizen:
        """A new person; with a phone given, one of a household that shares it."""
        self._people += 1
        region = self._random.choice(_REGIONS)
        name = self._fresh(lambda: self._random.choice(_FAMILY) + "".join(self._random.sample(_GIVEN, 2)))
        birth = (
            f"19{self._random.randrange(55, 99)}{self._random.randrange(1, 13):02}{self._random.randrange(1, 28):02}"
        )
        body = f"{region}{birth}{self._people % 1000:03}"
        check = _CHECK[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
        return Citizen(name, body + check, phone or f"139{self._random.randrange(1000):03}{self._people:05}", region)

    def firm(self) -> str:
        """A new firm."""
        self._firms += 1
        town, trade = self._random.choice(_TOWNS), self._random.choice(_TRADES)
        return f"{town}{_ordinal(self._firms)}{trade}有限公司"

    def _fresh(self, draw: Callable[[], str]) -> str:
        while (name := draw()) in self._used:
            pass
        self._used.add(name)
        return name


def _ordinal(n: int) -> str:
    """A number as firms bear it, in Chinese numerals; no two alike."""
    return "".join("零一二三四五六七八九"[int(d)] for d in str(n))
