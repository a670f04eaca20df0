"""The words of a style, from `words/*.yaml`; no two styles share a phrase: tune on one, judge on another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "words"

Register = dict[str, list[str]]
"""Lists of phrases by their place in a record: open, close, title, text, …"""


@dataclass(frozen=True, slots=True)
class Common:
    """What the world shares whoever writes of it."""

    surnames: dict[str, float]
    common_names: list[str]
    male: list[str]
    female: list[str]
    rare: list[str]
    minority: list[str]
    dots: list[str]
    homophones: dict[str, str]  # a character to all others that sound like it
    surname_homophones: dict[str, str]
    firm_homophones: dict[str, str]
    trades: dict[str, str]  # to the short form
    suffixes: list[str]
    banks: list[str]
    hospitals: list[str]
    formal: dict[str, str]
    countries: dict[str, list[str]]
    courts: list[str]


@dataclass(frozen=True, slots=True)
class Words:
    """One style. `raw` holds the phrases as the file does."""

    name: str
    raw: dict[str, Any]
    brands: list[str]
    regions: dict[str, list[str]]
    places: list[str]
    estates: list[str]
    jobs: list[str]
    causes: dict[str, dict[str, Any]]  # lists of phrases; lists of lists go by what happened
    notary: dict[str, Any]
    forensic: dict[str, Any]
    services: dict[str, str]
    items: dict[str, Register]
    generic: Register

    def register(self, name: str) -> Register:
        """The phrases of one kind of record."""
        found: Register = self.raw[name]
        return found


def styles() -> list[str]:
    """The names of all styles."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml") if path.stem != "common")


@cache
def load_words(style: str) -> Words:
    """The words of a style; ValueError when there is none of that name."""
    if style not in styles():
        raise ValueError(f"no style {style!r}; there are: {', '.join(styles())}")
    raw = yaml.safe_load((_FOLDER / f"{style}.yaml").read_text())
    raw["regions"] = {str(code): names for code, names in raw["regions"].items()}
    fields = {name: raw[name] for name in Words.__slots__ if name not in ("name", "raw")}
    return Words(style, raw, **fields)


@cache
def load_common() -> Common:
    """What all styles share."""
    raw = yaml.safe_load((_FOLDER / "common.yaml").read_text())
    raw["homophones"] = _alike(raw["homophones"])
    raw["surname_homophones"] = _alike(raw["surname_homophones"])
    raw["firm_homophones"] = _alike(raw.pop("homophone_firm"))
    return Common(**raw)


def _alike(groups: list[str]) -> dict[str, str]:
    """By character, the others that sound alike."""
    found: dict[str, str] = {}
    for group in groups:
        for character in group:
            found.setdefault(character, group.replace(character, ""))
    return found
