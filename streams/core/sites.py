"""Where the thing is that a document is about: two houses of one person are two documents. Pure."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?:(?<![社小校景厂园库])区|[县旗]|市(?!民))([\u4e00-\u9fff]{2,8}[\u4e00-\u9fffA-Za-z\d-]{1,14})"
)
"""As it is written: after a city, district or county; 小区 and 社区 are none."""
_NO_ADDRESS = re.compile(r"法院|公安|派出所|检察|公司|工地|附近|医院|管理|司法|政府|调解|仲裁|监管|人民")
_ADDRESS_ENDS = re.compile(r"[的办因为提申]|登记|房产|房屋|赠与|遗嘱|继承|委托|公证|立遗|过户|声明")
_ADDRESS_CHARS = 12
_BUILDING = re.compile(r"([\u4e00-\u9fff]{2,5})(\d{1,3})(?:栋|幢|座|号楼)", re.ASCII)
_NUMBER_OF_HOUSE = re.compile(r"([\u4e00-\u9fff]{2,4}(?:[镇乡路村巷]|街道?))(\d{1,4})号", re.ASCII)
_ESTATE = re.compile(
    "[\u4e00-\u9fff]{2}(?:花园|家园|嘉园|小区|名邸|府邸|水岸|豪庭|华庭|雅苑|佳苑|名苑|公寓|新村|新城|山庄|大厦|华府|世纪城|名都|名城|雅居|半岛)"
)
"""Homes are called by their estate, which ends like this."""
_BEFORE_NAME = re.compile(
    "^.*(?:办理|出售|变卖|转让|卖掉|购买|委托|出租|名下|位于|坐落|房屋|房产|不动产|标的|[于在为将把就理售卖有了的是即系买租给])"
)
"""What may stand before an estate's name and is no part of it."""
_HOUSE = re.compile(
    "(?:^|[^\u4e00-\u9fff]|办理|出售|出租|变卖|转让|卖掉|[在把将卖买售租区县旗镇乡])([\u4e00-\u9fff]{2,4}?)(?:的)?(?:房屋|房子|房产|住房)"
)
_NO_HOUSE = re.compile(
    "[我你他她俺咱其这那哪某的名下上家自己本人老小大新旧有无共婚前后父母爸妈子女夫妻儿孙兄弟姐妹祖遗留一两二三几套处栋间"
    "委托办理出售买卖转让过户赠与继承放弃处置代为想要把将给抵押拆迁安置回建单位公有及款存]"
)
"""What stands before a house and is no name of a place: 名下房产, 父亲的房子, 拆迁房屋."""
_LIVES = re.compile("(?:地址:|住址|家住|现住|住在)[^,。;]*")
"""Where somebody lives is not what the document is about."""
_BANK = re.compile(
    r"(?:中国|工商|农业|建设|交通|邮储|邮政储蓄|招商|民生|光大|中信|浦发|兴业|华夏|平安|农商|农村商业)银行|信用社"
)
_NUMBER = re.compile(r"\d+", re.ASCII)
_SITES_MAX = 4
_ALIKE = 3  # characters at either end of two names of one place
_BEGIN = 2  # and of two addresses with one number


def sites_in(text: str) -> tuple[str, ...]:
    """Addresses as they are written after a city, district or county; else the houses of a named place; buildings by
    their estate and number; the bank of an account.

    >>> sites_in("委托出售和顺苑28栋1301房屋")
    ('和顺苑28',)
    """
    text = _LIVES.sub("", text)
    found = (_ADDRESS_ENDS.split(site)[0] for site in _ADDRESS.findall(text))
    sites = [s[:_ADDRESS_CHARS] for s in found if len(s) >= 4 and not _NO_ADDRESS.search(s)]
    numbered = (*_BUILDING.findall(text), *(_NUMBER_OF_HOUSE.findall(text) if not sites else ()))
    buildings = [f"{_BEFORE_NAME.sub('', name)}{number}" for name, number in numbered]
    if not sites and not buildings:
        sites = [place for place in _HOUSE.findall(text) if not _NO_HOUSE.search(place)]
    estates = [] if buildings else [_BEFORE_NAME.sub("", name) for name in _ESTATE.findall(text)]
    return tuple(dict.fromkeys((*sites, *buildings, *estates, *_BANK.findall(text))))[:_SITES_MAX]


def sites_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool | None:
    """Whether two places are one: their names begin or end alike, and so do their numbers. None when a side names
    none.

    >>> sites_agree(("湘江豪庭22",), ("湘江豪庭",)), sites_agree(("阳光花园3",), ("滨江花园3",))
    (True, False)
    """
    if not a or not b:
        return None
    return any(_one_place(x, y) for x in a for y in b)


def _one_place(x: str, y: str) -> bool:
    name, number = _parted(x)
    other, its = _parted(y)
    if number == its and name[:_BEGIN] == other[:_BEGIN]:
        return True
    if number and its and number != its:
        return False
    return name[:_ALIKE] == other[:_ALIKE] or name[-_ALIKE:] == other[-_ALIKE:]


def _parted(site: str) -> tuple[str, str]:
    found = _NUMBER.search(site)
    return (site[: found.start()], found[0]) if found else (site, "")
