"""A matter as one system's record tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.matching import noise
from bench.matching.draw import Draw
from bench.matching.matters import FIRST_DAY, Matter, Matters
from bench.matching.phrase import Phrases
from bench.matching.systems import DAY, SYSTEMS, Numbers, System
from bench.matching.telling import How, Line, Told
from bench.matching.who import Who
from bench.matching.words import Common, Words

_ZERO = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day)
_LATE = 0.02
"""Of the records of offices: they come days after the rest."""


class Teller:
    """Makes records."""

    def __init__(self, draw: Draw, words: Words, common: Common, matters: Matters) -> None:
        self.common = common
        self._draw, self._matters = draw, matters
        self._who = Who(draw, words, common, matters.parties)
        self._numbers = Numbers(draw, words.raw["numbers"])
        self.phrases = Phrases(draw, words, common, matters.parties)
        self._days: dict[int, str] = {}

    def tell(self, matter: Matter, system: str, at: int, how: How) -> Told:
        """The record that `system` makes of the matter at second `at`."""
        draw, habit = self._draw, SYSTEMS[system]
        day = self.day(at)
        person = self._who.person(matter, habit, how)
        named = self._names_opponent(how)
        field_ = (
            matter.opponent is not None
            and how.opponent != "none"
            and (how.opponent == "field" or draw.chance(habit.opponent))
        )
        title, text = self.phrases.words(matter, habit, how, person["name"], named)
        line: Line = {
            "type": "submission",
            "submission_id": draw.uid(),
            "version": 1,
            "system": system,
            "channel": habit.channel,
            "source_id": self._numbers.number(system, day.replace("-", ""), matter.person.region),
            "received_at": self.moment(at),
            "kind": how.kind if how.sure or draw.chance(habit.kind) else None,
            "person": person,
            "agent": self._who.agent(habit, how),
            "family": matter.family if self._who.has(how.family, habit.family) else None,
            "item": how.item or (self.phrases.item(matter) if draw.chance(habit.item) else None),
            "purpose": self.phrases.purpose(matter, how.sure)
            if matter.document and habit.channel != "hotline"
            else None,
            "counterparty": self._who.counterparty(matter, habit) if field_ else None,
            "case_no": (matter.case_no if draw.chance(0.8) else None) or None,
            "doc_no": self._doc_no(matter, habit),
            "incident_date": noise.written_date(draw, matter.began) if draw.chance(0.12) else None,
            "title": title,
            "text": text,
            "related_numbers": list(how.related),
            "parent_no": how.parent,
            "confidential": how.confidential,
            "anonymous": how.anonymous,
        }
        line.update(how.facts)
        return Told(line, at, at + self._delay(habit), matter.person)

    def day(self, at: int) -> str:
        """The ISO date of a second."""
        number = at // DAY
        if number not in self._days:
            self._days[number] = (_ZERO + timedelta(days=number)).date().isoformat()
        return self._days[number]

    def moment(self, at: int) -> str:
        """RFC 3339, Shanghai."""
        seconds = at % DAY
        return f"{self.day(at)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}+08:00"

    def _names_opponent(self, how: How) -> bool:
        if how.opponent:
            return how.opponent in ("named", "field")
        return how.sure or self._draw.random() < 0.9

    def _doc_no(self, matter: Matter, habit: System) -> str | None:
        if matter.family not in ("notary", "forensic") or self._draw.random() > (
            0.5 if habit.register == "desk" else 0.06
        ):
            return None
        return self._matters.doc_no(matter)

    def _delay(self, habit: System) -> float:
        draw, chance = self._draw, self._draw.random()
        wait = 1 + draw.random() * habit.delay
        if chance < _LATE and habit.delay >= 3600:
            wait += draw.random() * 6 * DAY
        return wait
