"""A labelled corpus: submissions in order of arrival, statuses and decisions between them, and what is true of each.

Beside `NAME.jsonl` (what a matcher reads) are written
- `NAME.truth.jsonl`: `{"submission_id","matter"}`. Two submissions of one matter belong in one ticket.
- `NAME.links.jsonl`: `{"submission_id","link_kind","to","or"}`: a link to `to`, or to any of `or`, is expected.
- `NAME.cases.jsonl`: `{"submission_id","case","scene","secret"}`: the story it comes from; nothing of
  a secret scene may be linked or put to review.

Same seed, style, mixture and size: same bytes. Memory is bounded by what is under way, not by the size.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.matching import distinct, hostile, links, others, same
from bench.matching.draw import Draw, Weighted
from bench.matching.scene import Scene, World
from bench.matching.systems import DAY, HOUR
from bench.matching.telling import Told

Story = Callable[[World, Scene], None]

STORIES: Mapping[str, tuple[Story, str]] = {
    "once": (others.once, "none"),
    "court": (others.asks_the_court, "none"),
    "1": (same.web_then_hotline, "same"),
    "2": (same.name_or_id_spoilt, "same"),
    "3": (same.written_otherwise, "same"),
    "4": (same.parent_and_child, "same"),
    "5": (same.on_behalf, "same"),
    "6": (same.refiled, "same"),
    "7": (same.transferred, "same"),
    "late": (same.late, "same"),
    "decided": (same.decided, "decided"),
    "8": (links.pressing, "link"),
    "9": (links.reopened, "link"),
    "10": (links.about_the_handling, "link"),
    "11": (links.one_incident, "link"),
    "12": (links.both_sides_apply, "link"),
    "13": (links.examined_again, "link"),
    "14": (distinct.second_notarisation, "distinct"),
    "15 household": (distinct.one_household, "distinct"),
    "15 group": (distinct.wage_claims_of_a_group, "distinct"),
    "16": (distinct.many_clients, "distinct"),
    "17": (distinct.namesakes, "distinct"),
    "18": (distinct.two_quarrels, "distinct"),
    "19": (distinct.anew, "distinct"),
    "20": (others.opposing_parties, "distinct"),
    "21 recycled": (others.recycled_phone, "distinct"),
    "21 anonymous": (others.without_a_name, "distinct"),
    "21 confidential": (others.in_confidence, "distinct"),
    "21 12309": (others.to_the_prosecutor, "distinct"),
    "22": (others.one_number_many_names, "distinct"),
    "23 twins": (others.twins, "distinct"),
    "23 quoted": (others.quotes_another, "distinct"),
    "review phone": (others.phone_and_words, "review"),
    "review name": (others.name_and_county, "review"),
    "hostile": (hostile.anything, "hostile"),
}
"""Each case of what is a duplicate: its story, and what must become of it."""

_USUAL = {
    "once": 34.0, "court": 0.5, "1": 15, "2": 3, "3": 2, "4": 5, "5": 4, "6": 3, "7": 4, "late": 0.7, "decided": 0.3,
    "8": 5, "9": 2, "10": 1.5, "11": 2, "12": 1, "13": 0.7, "14": 2, "15 household": 2, "15 group": 0.4, "16": 0.5,
    "17": 2, "18": 2, "19": 2, "20": 0.7, "21 recycled": 0.8, "21 anonymous": 0.5, "21 confidential": 0.7,
    "21 12309": 0.5, "22": 0.4, "23 twins": 0.7, "23 quoted": 0.7, "review phone": 1, "review name": 0.8,
}  # fmt: skip


def _times(**factors: float) -> dict[str, float]:
    """The usual mixture with the outcomes' shares multiplied."""
    return {case: share * factors.get(STORIES[case][1], 1.0) for case, share in _USUAL.items()}


MIXTURES: Mapping[str, Mapping[str, float]] = {
    "usual": _USUAL,
    "same": _times(same=3.0),
    "traps": _times(distinct=4.0, review=2.0),
    "links": _times(link=4.0),
    "calm": _times(none=6.0),
    "even": dict.fromkeys([case for case in STORIES if case != "hostile"], 1.0),
    "hostile": {"hostile": 1.0},
    "rough": {**_USUAL, "hostile": 15.0},
}
"""Shares of the stories."""

PARTS = ("truth", "links", "cases")
_AGAIN = 0.004
_CORRECTED = 0.004


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a corpus is. `size` counts submissions, `days` is over how long their stories begin."""

    seed: int = 1
    style: str = "clerk"
    mixture: str = "usual"
    size: int = 10_000
    days: int = 365
    shuffled: int = 0  # by how many seconds more each line may be late, the rest unchanged

    @property
    def name(self) -> str:
        """For files and tables."""
        name = f"{self.mixture}-{self.style}-{self.seed}-{self.size}"
        return f"{name}-shuffled" if self.shuffled else name


@dataclass(frozen=True, slots=True)
class Labels:
    """What is true of one submission."""

    submission_id: str
    matter: int
    case: str
    scene: int
    secret: bool
    link: str
    to: tuple[str, ...]

    def files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(which file, line)"""
        sid = self.submission_id
        yield "truth", {"submission_id": sid, "matter": f"m{self.matter}"}
        if self.link:
            first, *others = self.to
            yield "links", {"submission_id": sid, "link_kind": self.link, "to": first, "or": others}
        yield "cases", {"submission_id": sid, "case": self.case, "scene": self.scene, "secret": self.secret}


def stream(recipe: Recipe) -> Iterator[tuple[bytes, Labels | None]]:
    """Lines in order of arrival; a submission's first version comes with its labels."""
    world, jitter = World(recipe.seed, recipe.style), Draw(recipe.seed)
    stories, draw = Weighted(MIXTURES[recipe.mixture]), world.draw
    waiting: list[tuple[float, int, bytes, Labels | None]] = []
    drawn = order = scenes = 0
    while drawn < recipe.size:
        day = drawn * recipe.days // recipe.size * DAY
        while waiting and waiting[0][0] < day:
            yield heapq.heappop(waiting)[2:]
        case = draw.weighted(stories)
        scene = Scene(world, case, day + 8 * HOUR + int((draw.random() + draw.random()) * 6 * HOUR))
        STORIES[case][0](world, scene)
        drawn, scenes = drawn + len(scene.told), scenes + 1
        for arrives, line, labels in _lines(scene, scenes):
            arrives += jitter.random() * recipe.shuffled
            heapq.heappush(waiting, (arrives, order, orjson.dumps(line), labels))
            order += 1
    while waiting:
        yield heapq.heappop(waiting)[2:]


def write(recipe: Recipe, folder: Path) -> Path:
    """The corpus and its truth as files in the folder; the corpus's path. Files of before are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recipe.name}.jsonl"
    with ExitStack() as stack:
        corpus = stack.enter_context(path.open("wb"))
        beside = {part: stack.enter_context(side_file(path, part).open("wb")) for part in PARTS}
        for line, labels in stream(recipe):
            corpus.write(line + b"\n")
            for part, told in labels.files() if labels is not None else ():
                beside[part].write(orjson.dumps(told) + b"\n")
    return path


def side_file(corpus: Path, part: str) -> Path:
    """Where a part of the truth of a corpus lies; `part` is one of PARTS."""
    return corpus.with_suffix(f".{part}.jsonl")


def _lines(scene: Scene, number: int) -> Iterator[tuple[float, dict[str, Any], Labels | None]]:
    """All lines of a scene with the times of their arrival."""
    for told in scene.told:
        labels = Labels(told.sid, told.matter, told.case, number, scene.secret, told.link, told.to)
        yield told.arrives, told.line, labels
        chance = scene.world.draw.random()
        if chance < _AGAIN:
            yield told.arrives + scene.world.draw.between(1, 2 * DAY), told.line, None
        elif chance < _AGAIN + _CORRECTED:
            yield told.arrives + scene.world.draw.between(60, 3 * DAY), _corrected(told, scene), None
    for arrives, line in scene.notes:
        yield arrives, line, None


def _corrected(told: Told, scene: Scene) -> dict[str, Any]:
    """The next version of a record: the ID number found out, or a word more."""
    if scene.case in ("once", "1") and not told.owner.legal:
        person = told.line["person"]
        number = person["id_number"] or (told.owner.id_number if person["name"] else None)
        return {**told.line, "version": 2, "person": {**person, "id_number": number}}
    return {**told.line, "version": 2, "text": f"{told.line.get('text') or ''}（更正）"}
