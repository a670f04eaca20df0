"""People and their opponents as a system's records have them: spoilt, masked, missing."""

from __future__ import annotations

from bench.matching import noise
from bench.matching.draw import Draw
from bench.matching.matters import Matter
from bench.matching.parties import Parties
from bench.matching.people import Person
from bench.matching.systems import System
from bench.matching.telling import How, Line
from bench.matching.words import Common, Words


class Who:
    """Fills in who it is about."""

    def __init__(self, draw: Draw, words: Words, common: Common, parties: Parties) -> None:
        self._draw, self._words, self._common, self._parties = draw, words, common, parties

    def has(self, laid_down: bool | None, share: float) -> bool:
        """Whether a field is filled in: as laid down, or in this share of records."""
        return self._draw.random() < share if laid_down is None else laid_down

    def person(self, matter: Matter, habit: System, how: How) -> Line:
        """The field `person`."""
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
            "type": "legal" if who.legal else "natural",
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
        if who.legal:
            return noise.lossy(name) if habit.gbk else name
        if mode == "title":
            surname = name[:2] if name[:2] in self._common.surnames else name[:1]
            return surname + ("先生" if who.male else "女士")
        if mode == "masked":
            return noise.masked_name(draw, name)
        if mode == "misheard":
            name = noise.misheard(draw, name, self._common)
        if "·" in name and (mode == "dotted" or draw.chance(0.4)):
            name = noise.dotted(draw, name, self._common)
        if habit.gbk or mode == "lossy":
            name = noise.lossy(name)
        if draw.random() < 0.01:
            name = draw.pick((f" {name}", f"{name} ", f"{name[0]} {name[1:]}", f"{name}（本人）"))
        return name

    def _id_number(self, who: Person, habit: System, how: How) -> str | None:
        draw, number = self._draw, how.id_of or who.id_number
        mode = how.id_number or ("full" if draw.random() < habit.id_number else "none")
        if who.legal:
            return None if mode == "none" else number.lower() if mode == "lower" else number
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
            other = noise.landline(draw) if draw.chance(0.6) else self._parties.people.phone()
            return draw.pick((f"{phone},{other}", f"{other}/{phone}", f"{phone}、{other}", f"{phone}；{other}(家)"))
        return phone

    def _region(self, matter: Matter, habit: System, how: How) -> str | None:
        draw, code = self._draw, matter.person.region
        if not self.has(how.region, habit.region):
            return None
        chance = draw.random()
        if habit.channel == "platform":
            return code + "000000"
        if chance < 0.06:
            return code[:4] + "00"
        if chance < 0.1:
            return "".join(self._words.regions[code]) if chance < 0.08 else self._words.regions[code][1]
        return code

    def agent(self, habit: System, how: How) -> Line | None:
        """The field `agent`."""
        if how.agent is None:
            return None
        draw, who = self._draw, how.agent.person
        return {
            "name": self.name(who, "exact", habit) if draw.chance(0.9) else self.name(who, "title", habit),
            "id_number": who.id_number if draw.random() < habit.id_number * 0.6 else None,
            "phone": who.phone,
            "role": how.agent.role if draw.chance(0.9) else None,
        }

    def counterparty(self, matter: Matter, habit: System) -> Line:
        """The field `counterparty`; ValueError when there is none."""
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
            "phone": (who.phone if who is not None else party.phone or None) if draw.chance(0.3) else None,
        }
