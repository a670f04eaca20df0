"""How values are spoilt on their way into a record: misheard, mistyped, masked, lost in an encoding, rewritten."""

from __future__ import annotations

from bench.matching.draw import Draw
from bench.matching.words import Common

_CHECK_DIGITS = "0123456789X"


def misheard(draw: Draw, name: str, common: Common) -> str:
    """One character of a name as another that sounds alike; the name itself when no character has one."""
    places = [n for n in range(len(name)) if name[n] in (common.surname_homophones if n == 0 else common.homophones)]
    if not places:
        return name
    at = places[-1] if draw.chance(0.85) else draw.pick(places)
    alike = (common.surname_homophones if at == 0 else common.homophones)[name[at]]
    return name[:at] + draw.pick(alike) + name[at + 1 :]


def lossy(name: str) -> str:
    """What a GBK column keeps of a name: a question mark for what it cannot hold."""
    return name.encode("gbk", "replace").decode("gbk")


def dotted(draw: Draw, name: str, common: Common) -> str:
    """The dot between the parts of a name as another keyboard writes it, or left out."""
    return name.replace("·", draw.pick(common.dots))


def masked_name(draw: Draw, name: str) -> str:
    """张*, 张**, 张某, 张某某."""
    return name[:1] + draw.pick(("*", "*" * (len(name) - 1), "某", "某某"))


def mistyped_id(draw: Draw, number: str) -> str:
    """One digit wrong or two neighbours swapped, so that the checksum fails."""
    at = draw.between(6, 16)
    if draw.chance(0.35) and number[at] != number[at - 1]:
        return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :]
    digit = str((int(number[at]) + draw.between(1, 9)) % 10)
    return number[:at] + digit + number[at + 1 :]


def short_id(number: str) -> str:
    """The 15-digit number of someone born in the 20th century: no century, no check."""
    return number[:6] + number[8:17]


def masked_id(number: str) -> str:
    """What a window sees of it: 230102********1234."""
    return number[:6] + "*" * 8 + number[-4:]


def masked_phone(phone: str) -> str:
    """138****5678."""
    return phone[:3] + "****" + phone[-4:]


def written_phone(draw: Draw, phone: str) -> str:
    """The same number as people write it."""
    return draw.pick(
        (
            f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
            f"+86 {phone}",
            f"{phone[:3]} {phone[3:7]} {phone[7:]}",
            f"86{phone}",
            f"{phone}(本人)",
            f"手机：{phone}",
        )
    )


def landline(draw: Draw) -> str:
    """A number of an office or a home."""
    return f"0451-8{draw.below(10**7):07}"


def written_date(draw: Draw, day: str) -> str:
    """An ISO date as other systems write it."""
    year, month, number = day.split("-")
    return draw.pick(
        (
            day,
            f"{year}{month}{number}",
            f"{year}年{int(month)}月{int(number)}日",
            f"{year}/{int(month)}/{int(number)}",
            f"{year}.{month}.{number}",
        )
    )


def spoken_date(draw: Draw, day: str) -> str:
    """An ISO date as told in a sentence."""
    year, month, number = day.split("-")
    way = draw.below(5)
    if way == 0:
        return f"{year}年{int(month)}月{int(number)}日"
    if way == 1:
        return f"{year}年{int(month)}月"
    if way == 2:
        return f"{int(month)}月{int(number)}日"
    if way == 3:
        return f"{int(month)}{'月初' if number < '11' else '月中旬' if number < '21' else '月末'}"
    return f"{year}.{int(month)}.{int(number)}"


_DIGITS = "零一二三四五六七八九"


def spoken_amount(draw: Draw, yuan: int) -> str:
    """Yuan, exactly or about, as told in a sentence."""
    way = draw.below(5)
    if yuan < 10_000:
        about = f"{_DIGITS[yuan // 1000]}千多" if yuan >= 1000 else f"{yuan}元"
        return f"{yuan}块钱" if way == 0 else about if way == 1 else f"￥{yuan}" if way == 2 else f"{yuan}元"
    wan, rest = divmod(yuan, 10_000)
    if way == 0:
        return f"{yuan / 10_000:.2f}万元"
    if way == 1:
        return f"{wan}万{_DIGITS[rest // 1000]}千元" if rest >= 1000 else f"{wan}万元"
    if way == 2:
        return f"{wan}万多元" if rest else f"{wan}万元"
    return f"{yuan:,}元" if way == 3 else f"{yuan}元"
