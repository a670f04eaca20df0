"""What the platform's answer codes mean for a push."""

from __future__ import annotations

from connectors.api import Result, Told
from connectors.soap_xml import DUPLICATE_TEXT, Outcome

SIGN_REFUSED = "1001"
TOKEN_EXPIRED = "1002"  # noqa: S105, a code, not a secret

_DUPLICATE = "3001"
_REFUSED = {
    "2001": "对方不能识别报文",
    "2002": "对方称缺必填项",
    "2003": "对方称代码不在字典内",
    "3003": "对方称办件状态不允许此操作",
}
_TRANSIENT = {SIGN_REFUSED: "对方称签名不符", TOKEN_EXPIRED: "对方称令牌过期", "9999": "对方系统异常"}


def judge(outcome: Outcome, success: frozenset[str]) -> Result:
    """What a partner's outcome means for one push. "已存在" in words counts, whatever the code."""
    if DUPLICATE_TEXT in outcome.text or outcome.code == _DUPLICATE:
        return Result(Told.DONE, "对方已有此件")
    if outcome.code in success:
        return Result(Told.DONE)
    if outcome.code in _REFUSED:
        return Result(Told.REFUSED, f"{_REFUSED[outcome.code]}（代码{outcome.code}）")
    if outcome.code in _TRANSIENT:
        return Result(Told.RETRY, f"{_TRANSIENT[outcome.code]}（代码{outcome.code}）")
    return Result(Told.UNKNOWN, f"对方返回未知代码（{printable(outcome.code)}）")


def printable(code: str) -> str:
    """A partner's code, fit for a reason: short and without anything that could be a person's."""
    kept = "".join(c for c in code[:6] if c.isascii() and (c.isalnum() or c in "/-_"))
    return kept or "空"
