"""Every golden case holds, and every line of every mapping is held by some case: take it away, and one fails."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappings.cases import Case, expected, load_cases, outcome
from mappings.systems import FOLDER, build_system, load_systems
from mappings.tables import load_tables
from mappings.yamlfile import YamlFile

GOLDEN = Path(__file__).parents[2] / "golden" / "mappings"
SYSTEMS = load_systems(FOLDER, None)
CASES = {name: load_cases(GOLDEN / name) for name in SYSTEMS}
TABLES, _ = load_tables(FOLDER.parent / "codes")


@pytest.mark.parametrize(
    ("system", "case"),
    [pytest.param(name, case, id=f"{name}/{path.stem}/{case.name}") for name in CASES for path, case in CASES[name]],
)
def test_case(system: str, case: Case) -> None:
    assert outcome(SYSTEMS[system], case) == expected(case)


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_names_of_cases_are_unique(system: str) -> None:
    names = [(path, case.name) for path, case in CASES[system]]
    assert len(names) == len(set(names))


def _mutants(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mapping with one thing less or wrong."""
    for path in _lines(data):
        mutant = copy.deepcopy(data)
        *way, last = path
        place: Any = mutant
        for step in way:
            place = place[step]
        if path[0] == "inbound" and way[-1] == "fields":
            place[last] = "no_such_field"
        else:
            del place[last]
        yield ".".join(map(str, path)), mutant


def _lines(data: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    for index, rule in enumerate(data["inbound"]):
        yield "inbound", index
        if "when" in rule:
            yield "inbound", index, "when"
        for name, spec in rule["fields"].items():
            yield "inbound", index, "fields", name
            yield from _options(("inbound", index, "fields", name), spec)
    for name in data["echo"]["fields"]:
        yield "echo", "fields", name
    if "when" in data["outbound"]:
        yield "outbound", "when"
    for name, spec in data["outbound"]["always"].items():
        yield "outbound", "always", name
        yield from _options(("outbound", "always", name), spec)
    for index, tell in enumerate(data["outbound"]["tell"]):
        yield "outbound", "tell", index
        if "states" in tell:
            yield "outbound", "tell", index, "states"
        for name, spec in tell.get("body", {}).items():
            yield "outbound", "tell", index, "body", name
            yield from _options(("outbound", "tell", index, "body", name), spec)


def _options(path: tuple[str | int, ...], spec: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(spec, dict):
        for option in ("or", "default", "when", "as", "code"):
            if option in spec:
                yield (*path, option)
        if isinstance(spec.get("or"), list):
            for index in range(len(spec["or"])):
                yield (*path, "or", index)


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_line_is_held_by_a_case(system: str) -> None:
    original = YamlFile.read(FOLDER / f"{system}.yaml")
    unheld = []
    for line, data in _mutants(original.data):
        file = YamlFile(original.path, data, original.tree)
        mutant = build_system(file, TABLES, None)
        if file.findings or mutant is None:
            continue  # lint holds it
        if all(outcome(mutant, case) == expected(case) for _, case in CASES[system]):
            unheld.append(line)
    assert not unheld
