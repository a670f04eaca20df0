"""The load: what the hotline and the web platform of a province send in a day, as raw changes. Seeded.

The same matter told to both, an earlier number quoted, messages sent twice, and what follows a submission: states,
urges, ratings. Shares are those of the demo's day; the words are the demo's own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demo.scenario import messages
from demo.scenario.people import Citizen, Registry
from demo.scenario.plan import DAY, ENDINGS, Matter, Telling
from mappings.body import parse_body
from mappings.systems import System
from schemas.events.intake import RawChange
from schemas.ids import deterministic_id, digest

SYSTEMS = ("12345", "web")
SPREAD_S = 10 * 3600
"""Over how long matters begin; what follows comes up to three hours later."""
CHANGES_MAX = 60_000
"""The invented province has people for no more."""

_TOLD_TWICE = 0.4
_QUOTED = 0.4
_URGED = 0.12
_RATED = 0.4  # of what was closed
_SENT_AGAIN = 0.02
_FAMILIES = (("legal-aid", 6), ("notary", 2), ("mediation", 1), ("arbitration", 1))
_TITLE = "请求依法处理"
_TEXT = "与{firm}之间的事项：已交涉{n}次未果，涉及{m}元，请求依法处理并告知进展。"
_CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, in order of time, and what must come of it."""

    changes: tuple[tuple[str, bytes], ...]  # (system, body)
    submissions: int
    matters: int


class Province:
    """Draws loads; numbers and people of one province never come twice.

    `follow_up`: states, urges and ratings too; else submissions only.
    """

    def __init__(self, seed: int, *, follow_up: bool = True) -> None:
        self._random = random.Random(seed)
        self._people = Registry(random.Random(seed + 1))
        self._follow_up = follow_up
        self._numbers = dict.fromkeys(SYSTEMS, 0)
        self._ids: set[str] = set()
        self._drawn = 0

    def load(self, changes: int) -> Load:
        """Exactly so many changes. ValueError when there are too few people for them."""
        self._drawn += changes
        if changes < 1 or self._drawn > CHANGES_MAX:
            raise ValueError(f"1 to {CHANGES_MAX} changes in all")
        timed: list[tuple[datetime, int, str, bytes]] = []
        submissions = matters = 0
        while len(timed) < changes:
            matter = self._matter()
            for at, told, system, body in self._story(matter):
                if len(timed) < changes:
                    timed.append((at, len(timed), system, body))
                    submissions += told
            matters += 1
        timed.sort()
        return Load(tuple((system, body) for _, _, system, body in timed), submissions, matters)

    def _matter(self) -> Matter:
        r, firm = self._random, self._people.firm()
        systems = r.sample(SYSTEMS, 2 if r.random() < _TOLD_TWICE else 1)
        at = DAY + timedelta(seconds=r.randrange(SPREAD_S))
        tellings: list[Telling] = []
        for system in systems:
            quotes = f"{tellings[0].system}:{tellings[0].number}" if tellings and r.random() < _QUOTED else None
            tellings.append(Telling(system, self._number(system), at, system == "web" or r.random() < 0.2, quotes))
            at += timedelta(seconds=r.randrange(600, 2400))
        family = r.choices([name for name, _ in _FAMILIES], [weight for _, weight in _FAMILIES])[0]
        text = _TEXT.format(firm=firm, n=r.randrange(2, 9), m=r.randrange(3, 90) * 1000)
        matter = Matter(self._citizen(), family, firm, _TITLE, text, tellings)
        matter.states = r.choice(ENDINGS[tellings[0].system])
        matter.urged = r.random() < _URGED
        if matter.final_state == "CLOSED" and r.random() < _RATED:
            matter.rated = r.choices((5, 4, 3, 2), (6, 3, 1, 1))[0]
        return matter

    def _story(self, m: Matter) -> Iterator[tuple[datetime, bool, str, bytes]]:
        """(when, whether it is a new submission, system, body): the tellings first."""
        for t in m.tellings:
            told = messages.hotline_ticket(m, t) if t.system == "12345" else messages.web_case(m, t)
            body = _body(told)
            yield t.received_at, True, t.system, body
            if self._random.random() < _SENT_AGAIN:
                yield t.received_at + timedelta(seconds=30), False, t.system, body
        if self._follow_up:
            for at, note in _notes(m):
                yield at, False, m.tellings[0].system, _body(note)

    def _number(self, system: str) -> str:
        n = self._numbers[system] = self._numbers[system] + 1
        return f"GD20260302{n:05}" if system == "12345" else f"WEB-2026-{n:06}"

    def _citizen(self) -> Citizen:
        while (citizen := self._people.citizen()).id_number in self._ids:
            pass
        self._ids.add(citizen.id_number)
        return citizen


def raw_changes(load: Load, systems: dict[str, System]) -> Iterable[RawChange]:
    """As the webhook would hand them to Kafka."""
    for n, (name, body) in enumerate(load.changes):
        key = systems[name].source_key(parse_body(_CONTENT_TYPE, body))
        yield RawChange(
            event_id=deterministic_id("raw", name, key, digest(body)),
            system=name,
            source_key=key,
            captured_at=int(DAY.timestamp() * 1000) + n,
            content_type=_CONTENT_TYPE,
            body=body,
        )


def _notes(m: Matter) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """What follows, all told by the system that was told first."""
    t = m.tellings[0]
    hotline = t.system == "12345"
    begin = t.received_at + timedelta(hours=2)
    for n, state in enumerate(m.states):
        at = begin + timedelta(minutes=15 * n)
        word = messages.state_word(t.system, state)
        yield (
            at,
            messages.hotline_note(t, "zt", state, at, zt=word)
            if hotline
            else messages.web_note(t, "state", state, at, state=word),
        )
    if m.urged:
        at, why = begin + timedelta(minutes=5), "请尽快办理"
        yield (
            at,
            messages.hotline_note(t, "cb", "1", at, czsm=why)
            if hotline
            else messages.web_note(t, "urged", "1", at, note=why),
        )
    if m.rated:
        at, grade = begin + timedelta(hours=1), messages.grade_word(m.rated)
        yield (
            at,
            messages.hotline_note(t, "pj", "1", at, pjdj=grade)
            if hotline
            else messages.web_note(t, "rated", "1", at, grade=grade),
        )


def _body(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()
