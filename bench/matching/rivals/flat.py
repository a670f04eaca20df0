"""A corpus as the flat, normalised table that person linkage asks for. Standard library and orjson only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_TITLES = ("先生", "女士", "某", "*")
COLUMNS = (
    "unique_id", "name", "id_number", "birth", "phone", "region", "county", "family", "kind", "item", "purpose",
    "opponent", "words", "day",
)  # fmt: skip


def records(corpus: Path) -> list[dict[str, Any]]:
    """One row a submission, its newest version; what is missing is None."""
    newest: dict[str, dict[str, Any]] = {}
    with corpus.open("rb") as file:
        for line in map(orjson.loads, file):
            if line["type"] == "submission":
                known = newest.get(line["submission_id"])
                if known is None or line.get("version", 1) >= known.get("version", 1):
                    newest[line["submission_id"]] = line
    return [_row(line) for line in newest.values()]


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    person, opponent = line.get("person") or {}, line.get("counterparty") or {}
    number, region = _id_number(person.get("id_number")), str(person.get("region") or "")[:6]
    words = f"{line.get('title') or ''} {line.get('text') or ''}"[:400]
    return {
        "unique_id": line["submission_id"],
        "name": _name(person.get("name")),
        "id_number": number,
        "birth": number[6:14] if number else None,
        "phone": _phone(person.get("phone")),
        "region": region if region.isdigit() else None,
        "county": region[:4] if region.isdigit() else None,
        "family": line.get("family"),
        "kind": line.get("kind"),
        "item": line.get("item"),
        "purpose": line.get("purpose"),
        "opponent": (opponent.get("name") or "")[:60] or None,
        "words": words.strip() or None,
        "day": line["received_at"][:10],
    }


def _name(value: Any) -> str | None:
    name = re.sub(r"[\W_]|本人", "", unicodedata.normalize("NFKC", str(value or "")))[:30]
    return None if not name or any(title in str(value) for title in _TITLES) else name


def _id_number(value: Any) -> str | None:
    number = re.sub(r"\W", "", unicodedata.normalize("NFKC", str(value or ""))).upper()
    if len(number) == 15 and number.isdigit():
        body = f"{number[:6]}19{number[6:]}"
        return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]
    return number if len(number) == 18 else None


def _phone(value: Any) -> str | None:
    found = _MOBILE.search(re.sub(r"[\s-]", "", str(value or "")))
    return found.group() if found else None
