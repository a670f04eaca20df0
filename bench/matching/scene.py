"""A scene: the few submissions, statuses and decisions that one story leaves behind, with what is true of them."""

from __future__ import annotations

from collections import deque
from typing import Any

from bench.matching.draw import Draw
from bench.matching.matters import Matter, Matters
from bench.matching.parties import Parties
from bench.matching.people import People, Person
from bench.matching.systems import COUNTERS, DAY, HOTLINES, HOUR, OFFICES
from bench.matching.tell import Teller
from bench.matching.telling import Agent, How, Told
from bench.matching.words import load_common, load_words

_ACQUAINTANCES = 4_000
_DAY_ONLY = ("arbitration", "lawyer", "grassroots", "legal-aid")
"""Systems that may know no time of day of a record."""
_UNHURRIED = ("once", "1", "2", "3", "4", "5")
"""Stories in which nothing hangs on the hour."""


class World:
    """Who draws what; people met before can come again."""

    def __init__(self, seed: int | str, style: str) -> None:
        words, common = load_words(style), load_common()
        self.draw = draw = Draw(f"{seed}/{style}")
        self.words = words
        self.people = People(draw, words, common)
        self.parties = Parties(draw, words, common, self.people)
        self.matters = Matters(draw, words, self.people, self.parties, common)
        self.teller = Teller(draw, words, common, self.matters)
        self.known: deque[tuple[Person, set[str]]] = deque(maxlen=_ACQUAINTANCES)
        self._matters = 0

    def new(self) -> int:
        """A number for a matter."""
        self._matters += 1
        return self._matters

    def phrase(self, name: str, **slots: str) -> str:
        """One sentence of a list of the style."""
        return self.draw.pick(self.words.raw[name]).format_map(slots)  # type: ignore[no-any-return]

    def phrase_of(self, name: str, part: str, **slots: str) -> str:
        """One sentence of a part of a list of the style."""
        return self.draw.pick(self.words.register(name)[part]).format_map(slots)

    def agent(self, kind: str, region: str) -> Agent:
        """Somebody who files for others; `kind`: kin, officers or lawyers."""
        role, kin = self.draw.pick(self.words.raw[kind])
        return Agent(self.people.person(region=region), role, kin)

    def office(self, matter: Matter) -> str:
        """A place where one identifies oneself: a counter, or the office of the family."""
        return OFFICES[matter.family] if self.draw.chance(0.45) else self.draw.pick(COUNTERS)

    def hotline(self) -> str:
        """12345 or 12348."""
        return self.draw.pick(HOTLINES)

    def anywhere(self, matter: Matter) -> str:
        """Where people turn to."""
        return self.hotline() if self.draw.chance(0.45) else self.office(matter)


def awake(at: int) -> int:
    """The same second by day; one of the night as early in the next morning, order kept."""
    days, second = divmod(at - 18 * HOUR, DAY)
    night = 14 * HOUR
    return at if second >= night else days * DAY + 32 * HOUR + second // 28


class Scene:
    """Collects one story; `at` (seconds since the first day) is when it begins."""

    def __init__(self, world: World, case: str, at: int) -> None:
        self.world, self.case, self.at = world, case, at
        self.secret = False  # nothing of it may be linked, or shown elsewhere
        self.told: list[Told] = []
        self.notes: list[tuple[float, dict[str, Any]]] = []  # (when it arrives, line)

    def tell(
        self,
        number: int,
        matter: Matter,
        system: str,
        at: int,
        how: How,
        *,
        link: tuple[str, Told] | None = None,
        others: tuple[Told, ...] = (),
    ) -> Told:
        """A submission of the matter with this number. `link`: what it must be linked to; `others` will do too."""
        told = self.world.teller.tell(matter, system, awake(at), how)
        if system in _DAY_ONLY and self.case in _UNHURRIED and self.world.draw.chance(0.4):
            told.line["received_at"] = self.world.teller.moment(told.at // DAY * DAY)
        told.matter, told.case = number, self.case
        if link is not None:
            told.link, told.to = link[0], (link[1].sid, *(other.sid for other in others))
        self.told.append(told)
        return told

    def status(self, told: Told, state: str, at: int) -> None:
        """A state that the record's own system sets; it arrives within the hour, after the record."""
        line = {"type": "status", "submission_id": told.sid, "state": state, "at": self.world.teller.moment(at)}
        wait = 1 + self.world.draw.random() * HOUR
        self.notes.append((max(at, told.arrives) + wait, line))

    def decide(self, a: Told, b: Told, same: bool, at: int) -> None:
        """A clerk's word; nobody decides on what has not arrived."""
        line = {"type": "decision", "a": a.sid, "b": b.sid, "same": same, "at": self.world.teller.moment(at)}
        self.notes.append((max(at, a.arrives, b.arrives) + 1, line))

    def life(self, told: Told, end: str = "CLOSED", *, after: int | None = None) -> int:
        """Its states up to an end; the second when that is reached."""
        draw, at = self.world.draw, told.at
        path = ("ACCEPTED", "ASSIGNED", "SIGNED", "IN_PROGRESS", "RESOLVED")
        last = at + (after if after is not None else draw.between(3 * DAY, 25 * DAY))
        if end in ("CLOSED", "ARCHIVED"):
            for n, state in enumerate(path):
                if draw.chance(0.6):
                    self.status(told, state, at + (last - at) * (n + 1) // 7)
        elif draw.chance(0.4):
            self.status(told, "ACCEPTED", at + (last - at) // 3)
        self.status(told, end, last)
        return last
