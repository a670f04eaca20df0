"""A matter as one system's record tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.matching import noise
from bench.matching.draw import Draw
from bench.matching.matters import FIRST_DAY, Matter
from bench.matching.parties import Parties
from bench.matching.people import Person
from bench.matching.phrase import Phrases
from bench.matching.systems import DAY, SYSTEMS, Numbers, System
from bench.matching.words import Common, Words

_ZERO = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day)
_LATE = 0.02
"""Of the records of offices: they come days after the rest."""

Line = dict[str, Any]


@dataclass(slots=True)
class Agent:
    """Who files on behalf of somebody. `kin`: what the person is to them."""

    person: Person
    role: str
    kin: str


@dataclass(slots=True)
class Told:
    """One line, when it arrives (seconds since the first day), and what is true of it."""

    line: Line
    at: int
    arrives: float
    matter: int = 0
    case: str = ""
    link: str = ""
    to: tuple[str, ...] = ()

    @property
    def sid(self) -> str:
        """The submission's id."""
        found: str = self.line["submission_id"]
        return found

    @property
    def number(self) -> str:
        """The record's own number, as citizens are told it."""
        found: str = self.line["source_id"]
        return found

    @property
    def reference(self) -> str:
        """system:source_id, as others refer to it."""
        return f"{self.line['system']}:{self.line['source_id']}"


@dataclass(slots=True)
class How:
    """What is laid down of a telling; None or '' leaves it to the system's habits.

    `id_number`: full, none, short, typo, masked, lower, wrong: (someone else's: `id_of`). `name`: exact, title,
    misheard, masked, none, dotted, lossy. `phone`: own, none, masked, written, several; `phone_is` another number.
    `opponent`: named (in words), field, none.
    `sure`: person and subject can be told from the record.
    """

    kind: str | None = "application"
    id_number: str = ""
    id_of: str = ""
    name: str = ""
    phone: str = ""
    phone_is: str = ""
    family: bool | None = None
    opponent: str = ""
    region: bool | None = None
    agent: Agent | None = None
    agent_calls: bool = False  # the agent's phone is the only one
    related: tuple[str, ...] = ()
    parent: str | None = None
    item: str = ""
    words: str = ""  # the phrases to tell it with: urge, progress, …
    add: str = ""  # a sentence more
    quoted: str = ""  # a number within the words
    confidential: bool = False
    anonymous: bool = False
    sure: bool = False
    facts: dict[str, Any] = field(default_factory=dict)  # laid down values of fields, last


class Teller:
    """Makes records."""

    def __init__(self, draw: Draw, words: Words, common: Common, parties: Parties) -> None:
        self.common = common
        self._draw, self._parties = draw, parties
        self._numbers = Numbers(draw)
        self.phrases = Phrases(draw, words, common, parties)
        self._words = words
        self._days: dict[int, str] = {}

    def tell(self, matter: Matter, system: str, at: int, how: How) -> Told:
        """The record that `system` makes of the matter at second `at`."""
        draw, habit = self._draw, SYSTEMS[system]
        day = self.day(at)
        person = self._person(matter, habit, how)
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
            "agent": self._agent(habit, how),
            "family": matter.family if self._has(how.family, habit.family) else None,
            "item": how.item or (self.phrases.item(matter) if draw.chance(habit.item) else None),
            "purpose": self.phrases.purpose(matter, how.sure)
            if matter.document and habit.channel != "hotline"
            else None,
            "counterparty": self._counterparty(matter, habit) if field_ else None,
            "case_no": (matter.case_no if draw.chance(0.8) else None) or None,
            "doc_no": None,
            "incident_date": noise.written_date(draw, matter.began) if draw.chance(0.12) else None,
            "title": title,
            "text": text,
            "related_numbers": list(how.related),
            "parent_no": how.parent,
            "confidential": how.confidential,
            "anonymous": how.anonymous,
        }
        line.update(how.facts)
        return Told(line, at, at + self._delay(habit))

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

    def _has(self, laid_down: bool | None, share: float) -> bool:
        return self._draw.random() < share if laid_down is None else laid_down

    def _names_opponent(self, how: How) -> bool:
        if how.opponent:
            return how.opponent in ("named", "field")
        return how.sure or self._draw.random() < 0.9

    def _person(self, matter: Matter, habit: System, how: How) -> Line:
        if how.anonymous:
            return {
                "type": "natural",
                "name": None,
                "id_number": None,
                "phone": None,
                "region": self._region(matter, habit, how),
            }
        draw, who = self._draw, matter.person
        number = self._id_number(who, habit, how)
        phone = self._phone(who, habit, how, bool(number))
        mode = how.name or draw.weighted(habit.names)
        if (
            mode in ("none", "title", "masked")
            and not how.name
            and (not (number or phone) or (how.sure and mode == "none"))
        ):
            mode = "exact"
        return {
            "type": "natural",
            "name": self.name(who, mode, habit),
            "id_number": number,
            "phone": phone,
            "region": self._region(matter, habit, how),
        }

    def name(self, who: Person, mode: str, habit: System) -> str | None:
        """A name as `mode` has it in a record of the system."""
        draw, name = self._draw, who.name
        if mode == "none":
            return None
        if mode == "title":
            surname = name[:2] if name[:2] in self.common.surnames else name[:1]
            return surname + ("先生" if who.male else "女士")
        if mode == "masked":
            return noise.masked_name(draw, name)
        if mode == "misheard":
            name = noise.misheard(draw, name, self.common)
        if "·" in name and (mode == "dotted" or draw.chance(0.4)):
            name = noise.dotted(draw, name, self.common)
        if habit.gbk or mode == "lossy":
            name = noise.lossy(name)
        if draw.random() < 0.01:
            name = draw.pick((f" {name}", f"{name} ", f"{name[0]} {name[1:]}", f"{name}（本人）"))
        return name

    def _id_number(self, who: Person, habit: System, how: How) -> str | None:
        draw, number = self._draw, how.id_of or who.id_number
        mode = how.id_number or ("full" if draw.random() < habit.id_number else "none")
        if mode == "full" and not how.id_number:
            chance = draw.random()
            mode = "typo" if chance < 0.012 else "short" if chance < 0.018 else "masked" if chance < 0.022 else "full"
        if mode == "none":
            return None
        if mode == "typo":
            return noise.mistyped_id(draw, number)
        if mode == "short" and number[6:8] == "19":
            return noise.short_id(number)
        if mode == "masked":
            return noise.masked_id(number)
        if mode == "lower" or (number[-1] == "X" and draw.random() < 0.2):
            return number.lower()
        return number

    def _phone(self, who: Person, habit: System, how: How, has_id: bool) -> str | None:
        draw, phone = self._draw, how.phone_is or who.phone
        if how.agent_calls:
            return None
        mode = how.phone or ("own" if draw.random() < habit.phone or (how.sure and not has_id) else "none")
        if mode == "own" and not how.phone:
            chance = draw.random()
            mode = "own" if chance > 0.06 else "written" if chance > 0.02 else "several" if chance > 0.008 else "masked"
            if mode == "masked" and how.sure and not has_id:
                mode = "own"
        if mode == "none":
            return None
        if mode == "masked":
            return noise.masked_phone(phone)
        if mode == "written":
            return noise.written_phone(draw, phone)
        if mode == "several":
            other = noise.landline(draw)
            return draw.pick((f"{phone},{other}", f"{other}/{phone}", f"{phone}、{other}", f"{phone}；{other}(家)"))
        return phone

    def _region(self, matter: Matter, habit: System, how: How) -> str | None:
        draw, code = self._draw, matter.person.region
        if not self._has(how.region, habit.region):
            return None
        chance = draw.random()
        if habit.channel == "platform":
            return code + "000000"
        if chance < 0.06:
            return code[:4] + "00"
        if chance < 0.1:
            return "".join(self._words.regions[code]) if chance < 0.08 else self._words.regions[code][1]
        return code

    def _agent(self, habit: System, how: How) -> Line | None:
        if how.agent is None:
            return None
        draw, who = self._draw, how.agent.person
        return {
            "name": self.name(who, "exact", habit) if draw.chance(0.9) else self.name(who, "title", habit),
            "id_number": who.id_number if draw.random() < habit.id_number * 0.6 else None,
            "phone": who.phone,
            "role": how.agent.role if draw.chance(0.9) else None,
        }

    def _counterparty(self, matter: Matter, habit: System) -> Line:
        draw, party = self._draw, matter.opponent
        if party is None:
            raise ValueError("no opponent")
        chance = draw.random()
        exact = habit.channel != "hotline" and chance > 0.12
        name = party.name if exact else self._parties.slip(party) if chance < 0.03 else self._parties.short(party)
        who = party.person
        number = who.id_number if who is not None else party.code
        return {
            "name": noise.lossy(name) if habit.gbk else name,
            "id_number": number if number and draw.random() < 0.25 * habit.id_number else None,
            "phone": who.phone if who is not None and draw.chance(0.35) else None,
        }

    def _delay(self, habit: System) -> float:
        draw, chance = self._draw, self._draw.random()
        wait = 1 + draw.random() * habit.delay
        if chance < _LATE and habit.delay >= 3600:
            wait += draw.random() * 6 * DAY
        return wait
