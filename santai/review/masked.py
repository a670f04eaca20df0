"""Personal values as a clerk may see them on a list: enough to tell two people apart, not enough to carry away."""

from __future__ import annotations

_HIDDEN = "*"


def name(value: str | None) -> str | None:
    """The first character only; of a longer one (an organisation) the first two.

    >>> name("王晓"), name("某建筑公司")
    ('王*', '某建***')
    """
    return None if not value else _keep(value, 1 if len(value) <= 4 else 2, 0)


def id_number(value: str | None) -> str | None:
    """Region and check digit: what lies between is the day of birth.

    >>> id_number("230103198505121232")
    '230103***********2'
    """
    return None if not value else _keep(value, 6 if len(value) >= 15 else 1, 1)


def phone(value: str | None) -> str | None:
    """The first three and the last four digits.

    >>> phone("13800138000")
    '138****8000'
    """
    return None if not value else _keep(value, 3, 4 if len(value) >= 11 else 2)


def _keep(value: str, first: int, last: int) -> str:
    hidden = max(1, len(value) - first - last)
    return value[:first] + _HIDDEN * hidden + (value[first + hidden :] if last else "")
