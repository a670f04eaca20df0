"""What the platform's codes mean for a push."""

from __future__ import annotations

import pytest

from connectors.api import Told
from connectors.soap_codes import judge, printable
from connectors.soap_settings import SoapConnection
from connectors.soap_xml import Outcome

SUCCESS: frozenset[str] = SoapConnection.model_fields["success"].default


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("0", "", Told.DONE),
        ("1", "", Told.DONE),
        ("200/1", "", Told.DONE),
        ("200/0", "", Told.UNKNOWN),
        ("200", "", Told.UNKNOWN),
        ("3001", "", Told.DONE),
        ("9999", "该件已存在该条服务信息，请勿重复", Told.DONE),
        ("1001", "", Told.RETRY),
        ("1002", "", Told.RETRY),
        ("2001", "", Told.REFUSED),
        ("2002", "", Told.REFUSED),
        ("2003", "", Told.REFUSED),
        ("3003", "", Told.REFUSED),
        ("9999", "系统异常", Told.RETRY),
        ("4711", "", Told.UNKNOWN),
        ("", "", Told.UNKNOWN),
    ],
)
def test_every_code_has_its_meaning(code: str, text: str, told: Told) -> None:
    assert judge(Outcome(code, text), SUCCESS).told is told


def test_the_partner_s_words_do_not_get_into_the_reason() -> None:
    outcome = Outcome("13800000000王晓<script>", "王晓 13800000000")
    reason = judge(outcome, SUCCESS).reason
    assert "王晓" not in reason
    assert "13800000000" not in reason
    assert printable("王") == "空"
