"""The labelled corpus: repeatable, in the input's format, true to itself, and its traps are traps."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bench.matching.corpus import MIXTURES, PARTS, STORIES, Labels, Recipe, side_file, stream, write
from bench.matching.matters import CAUSES
from bench.matching.people import with_check
from bench.matching.words import load_words, styles
from mappings.identity import resident_id
from mappings.problems import FieldProblem
from mappings.vocabulary import Family, RequestKind, State

FIELDS = {
    "type", "submission_id", "version", "system", "channel", "source_id", "received_at", "kind", "person", "agent",
    "family", "item", "purpose", "counterparty", "case_no", "doc_no", "incident_date", "title", "text",
    "related_numbers", "parent_no", "confidential", "anonymous",
}  # fmt: skip


class Read:
    """A corpus in memory."""

    def __init__(self, recipe: Recipe) -> None:
        drawn = list(stream(recipe))
        self.lines: list[dict[str, Any]] = [json.loads(line) for line, _ in drawn]
        self.labels: dict[str, Labels] = {x.submission_id: x for _, x in drawn if x is not None}
        self.first = {x.submission_id: line for line, (_, x) in zip(self.lines, drawn, strict=True) if x is not None}
        self.scenes: dict[int, list[Labels]] = defaultdict(list)
        for found in self.labels.values():
            self.scenes[found.scene].append(found)

    def scenes_of(self, outcome: str) -> Iterator[list[Labels]]:
        """Those that must end so."""
        return (scene for scene in self.scenes.values() if STORIES.get(scene[0].case, ("", ""))[1] == outcome)


@pytest.fixture(scope="module", params=styles())
def even(request: pytest.FixtureRequest) -> Read:
    """Every case, in each style."""
    return Read(Recipe(seed=11, style=request.param, mixture="even", size=3_000))


def test_same_recipe_same_bytes(tmp_path: Path) -> None:
    recipe = Recipe(seed=3, size=400)
    one, two = write(recipe, tmp_path / "one"), write(recipe, tmp_path / "two")
    other = write(Recipe(seed=4, size=400), tmp_path / "other")
    for part in PARTS:
        assert side_file(one, part).read_bytes() == side_file(two, part).read_bytes()
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()


def test_lines_are_in_the_inputs_format(even: Read) -> None:
    for line in even.lines:
        if line["type"] == "submission":
            assert set(line) == FIELDS
            assert set(line["person"]) == {"type", "name", "id_number", "phone", "region"}
            assert line["family"] is None or Family(line["family"])
            assert line["kind"] is None or RequestKind(line["kind"])
        elif line["type"] == "status":
            assert State(line["state"])
        else:
            assert line["type"] == "decision"


def test_what_is_told_of_a_submission_comes_after_it_or_before_by_version_only(even: Read) -> None:
    seen = set()
    for line in even.lines:
        if line["type"] == "submission":
            assert line["version"] == 2 or line == even.first[line["submission_id"]]
            seen.add(line["submission_id"])
        else:
            assert {line[key] for key in ("submission_id", "a", "b") if key in line} <= seen
    assert seen == set(even.labels)


def test_links_point_to_another_matter_told_before(even: Read) -> None:
    linked = [x for x in even.labels.values() if x.link]
    assert linked
    for found in linked:
        for to in found.to:
            assert even.labels[to].matter != found.matter
            assert even.first[to]["received_at"] <= even.first[found.submission_id]["received_at"]


def test_a_matter_never_leaves_its_scene(even: Read) -> None:
    homes = defaultdict(set)
    for found in even.labels.values():
        homes[found.matter].add(found.scene)
    assert all(len(scenes) == 1 for scenes in homes.values())


def test_same_scenes_are_one_matter_and_distinct_ones_several(even: Read) -> None:
    for scene in even.scenes_of("same"):
        assert len({x.matter for x in scene}) == 1
        assert len(scene) > 1
    for scene in even.scenes_of("distinct"):
        assert len({x.matter for x in scene}) > 1
    assert {x.case for x in even.labels.values()} - {"second need"} == set(MIXTURES["even"])


def test_traps_are_alike(even: Read) -> None:
    """What must be kept apart shares something that would tempt: a name, a number, a phone, an opponent, the words."""
    for scene in even.scenes_of("distinct"):
        if scene[0].case in ("21 anonymous", "23 quoted", "21 12309"):
            continue
        shared = Counter(
            value
            for found in scene
            for value in {even.first[found.submission_id]["person"][key] for key in ("name", "id_number", "phone")}
            | {(even.first[found.submission_id]["counterparty"] or {}).get("name"), found.case, *_agent(even, found)}
            if value
        )
        assert max(shared.values()) > 1


def _agent(even: Read, found: Labels) -> set[str]:
    agent = even.first[found.submission_id]["agent"]
    return {agent["phone"]} if agent else set()


def test_most_id_numbers_are_well_formed(even: Read) -> None:
    numbers = [x["person"]["id_number"] for x in even.first.values() if x["person"]["id_number"]]
    wrong = sum(1 for number in numbers if not _well_formed(number))
    assert 0 < wrong < 0.1 * len(numbers)


def _well_formed(number: str) -> bool:
    try:
        return resident_id(number) is not None
    except FieldProblem:
        return False


def test_checksum_is_that_of_the_standard() -> None:
    assert resident_id(with_check("11010519491231002")) == "11010519491231002X"


def test_shares_are_those_of_the_mixture() -> None:
    read = Read(Recipe(seed=5, size=6_000))
    total = sum(MIXTURES["usual"].values())
    found = Counter("once" if s[0].case == "second need" else s[0].case for s in read.scenes.values())
    for case in ("once", "1", "4", "8"):
        assert found[case] / len(read.scenes) == pytest.approx(MIXTURES["usual"][case] / total, rel=0.2)


def test_some_arrive_long_after_they_were_received() -> None:
    read = Read(Recipe(seed=6, size=2_000))
    received = [line["received_at"] for line in read.lines if line["type"] == "submission" and line["version"] == 1]
    assert received != sorted(received)


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_ones_are_matters_of_their_own(seed: int) -> None:
    read = Read(Recipe(seed=seed, mixture="hostile", size=2_000))
    assert len({x.matter for x in read.labels.values()}) == len(read.labels)
    assert all(line["submission_id"] and line["received_at"] for line in read.lines if line["type"] == "submission")


def test_no_two_styles_share_a_phrase() -> None:
    phrases = {style: set(_phrases(load_words(style).raw)) for style in styles()}
    for one, other in combinations(styles(), 2):
        assert not phrases[one] & phrases[other]


@pytest.mark.parametrize("style", styles())
def test_what_happened_names_the_opponent(style: str) -> None:
    for cause, (kind, _, _) in CAUSES.items():
        for ways in load_words(style).causes[cause]["facts"]:
            assert kind == "none" or all("{opp}" in way for way in ways)


def test_shuffled_arrivals_change_nothing_else() -> None:
    plain, mixed = (Read(Recipe(seed=8, size=500, shuffled=s)) for s in (0, 3600))
    assert plain.first == mixed.first
    assert [x["type"] for x in plain.lines] != [x["type"] for x in mixed.lines]


def _phrases(value: Any) -> Iterator[str]:
    """All that is more than a term."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _phrases(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _phrases(inner)
    elif isinstance(value, str) and ("{" in value or len(value) > 4):
        yield value
