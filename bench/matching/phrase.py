"""Titles and texts: a matter in the words of the style, as the kind of record has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.matching import noise
from bench.matching.draw import Draw
from bench.matching.matters import Matter
from bench.matching.parties import Parties
from bench.matching.systems import System
from bench.matching.telling import How
from bench.matching.words import Common, Words


class _Slots(dict[str, Any]):
    """What phrases have places for, made when a phrase asks for it."""

    def __init__(self, makers: dict[str, Callable[[], Any]]) -> None:
        self._makers = makers

    def __missing__(self, slot: str) -> Any:
        made = self[slot] = self._makers[slot]()
        return made


class Phrases:
    """Fills the style's phrases in."""

    def __init__(self, draw: Draw, words: Words, common: Common, parties: Parties) -> None:
        self._draw, self._words, self._common, self._parties = draw, words, common, parties

    def words(
        self, matter: Matter, habit: System, how: How, name: str | None, named: bool
    ) -> tuple[str | None, str | None]:
        """(title, text); `named`: with the opponent's name."""
        draw = self._draw
        slots = self._slots(matter, name, named, how)
        if how.words:
            own = self._words.register(how.words)
            title = draw.pick(own["title"]) if "title" in own else None
            text = draw.pick(own["text"])
            return (title or draw.pick(self._topics(matter))).format_map(slots), text.format_map(slots) + how.add
        if matter.document:
            title, text = self._notarisation(matter, habit)
        elif matter.exam:
            title, text = draw.pick(self._words.forensic["title"]), draw.pick(self._words.forensic["text"])
        else:
            title, text = self._dispute(matter, habit)
        if habit.register in ("hotline", "line", "web", "window"):
            own = self._words.register(habit.register)
            text = text and f"{draw.pick(own['open'])}{text}{draw.pick(own['close'])}"
            if text and how.agent is not None and draw.random() < 0.8:
                text = draw.pick(self._words.raw["agent"]) + text
            if matter.cause:
                title = draw.pick(own["title"])
        if not (how.add or draw.random() < habit.text):
            text = ""
        if how.sure and not self._tells(matter, habit, title, text):
            text = self._plainly(matter)
        return title.format_map(slots), text.format_map(slots) + how.add or None

    def item(self, matter: Matter, level: str = "child") -> str:
        """The catalogue's word for what is asked; `parent` or `child`."""
        if matter.exam and level == "child":
            return self._draw.pick(self._words.forensic["exams"][matter.exam])  # type: ignore[no-any-return]
        names = self._words.items[matter.family][level]
        return self._draw.pick(names) if names else self.document(matter)

    def document(self, matter: Matter) -> str:
        """The document of a notarisation by one of its names."""
        return self._fixed(matter, "document", self._words.notary["docs"][matter.document], 0.75)

    def purpose(self, matter: Matter, sure: bool) -> str | None:
        """What a notarisation is for."""
        draw = self._draw
        use: str = draw.pick(self._words.notary["uses"][matter.use])
        if not matter.abroad:
            return use if sure or draw.chance(0.8) else None
        if not sure and draw.chance(0.06):
            return None
        pattern: str = draw.pick(self._words.notary["purpose"])
        return pattern.format(country=self._country(matter), use=use)

    def _country(self, matter: Matter) -> str:
        return self._fixed(matter, "country", self._common.countries[matter.abroad], 0.85)

    def _fixed(self, matter: Matter, slot: str, names: list[str], share: float) -> str:
        """Mostly the word that the citizen uses each time."""
        if slot not in matter.fixed or self._draw.random() > share:
            matter.fixed.setdefault(slot, self._draw.pick(names))
            return self._draw.pick(names)
        return matter.fixed[slot]

    def _topics(self, matter: Matter) -> list[str]:
        if matter.document:
            found: list[str] = self._words.notary["docs"][matter.document]
        elif matter.exam:
            found = self._words.forensic["exams"][matter.exam]
        else:
            found = self._of_variant(matter, "topic")
        return found

    def _of_variant(self, matter: Matter, part: str) -> list[str]:
        """Phrases of a cause; some belong to one of the things that can have happened only."""
        found: list[Any] = self._words.causes[matter.cause][part]
        return found[matter.variant % len(found)] if isinstance(found[0], list) else found

    def _dispute(self, matter: Matter, habit: System) -> tuple[str, str]:
        draw = self._draw
        if habit.register in ("desk", "platform"):
            own = self._words.register(habit.register)
            text = draw.pick(own["text"])
            return draw.pick(own["title"]), text if matter.yuan and draw.chance(0.5) else self._fact(matter) + "。"
        fact = self._fact(matter)
        return "", f"{fact}，{draw.pick(self._of_variant(matter, 'wants'))}。" if draw.chance(0.8) else f"{fact}。"

    def _fact(self, matter: Matter) -> str:
        """What happened, in one of the ways to say it."""
        return self._draw.pick(self._of_variant(matter, "facts"))

    def _tells(self, matter: Matter, habit: System, title: str, text: str) -> bool:
        """Whether the record says what it is about: the cause and the opponent, the document and what it is for."""
        told = title + text
        if matter.document:
            if not matter.abroad:
                return "{object}" in told
            return habit.channel != "hotline" or ("{country}" in told and "{use}" in told)
        if matter.exam:
            return "{exam}" in told or "{topic}" in told
        if matter.opponent is not None and "{opp}" not in told:
            return False
        return "{topic}" in told or "{cause}" in told or len(text) > len("{topic}")

    def _plainly(self, matter: Matter) -> str:
        """A text that does."""
        if matter.document:
            own: dict[str, list[str]] = self._words.notary
            wanted = "{country}" if matter.abroad else "{object}"
            ways = [
                p
                for p in own["text" if matter.abroad else "home"]
                if wanted in p and ("{use}" in p or not matter.abroad)
            ]
            return self._draw.pick(ways)
        if matter.exam:
            return "{exam}"
        return self._fact(matter)

    def _notarisation(self, matter: Matter, habit: System) -> tuple[str, str]:
        own = self._words.notary
        text = self._draw.pick(own["text"] if matter.abroad else own["home"])
        return self._draw.pick(own["title"]), text

    def _slots(self, matter: Matter, name: str | None, named: bool, how: How) -> _Slots:
        draw, words = self._draw, self._words
        return _Slots(
            {
                "name": lambda: name or "当事人",
                "topic": lambda: draw.pick(self._topics(matter)),
                "opp": lambda: self._opponent(matter, named),
                "service": lambda: words.services[matter.family],
                "region": lambda: words.regions[matter.person.region][1],
                "when": lambda: noise.spoken_date(draw, matter.began),
                "place": lambda: matter.place,
                "quote": lambda: draw.pick(words.raw["quote"]).format(no=how.quoted) if how.quoted else "",
                "no": lambda: how.quoted,
                "n": lambda: matter.count,
                "amt": lambda: noise.spoken_amount(draw, matter.yuan),
                "mon": lambda: matter.months,
                "job": lambda: matter.job,
                "cause": lambda: self._common.formal[matter.cause] if matter.cause else self.document(matter),
                "doc": lambda: self.document(matter),
                "use": lambda: draw.pick(words.notary["uses"][matter.use]),
                "country": lambda: self._country(matter),
                "object": lambda: matter.estate,
                "exam": lambda: draw.pick(words.forensic["exams"][matter.exam]),
                "client": lambda: matter.client,
                "item": lambda: self.item(matter),
                "kin": lambda: how.agent.kin if how.agent else "",
                "kin_of": lambda: how.agent.role if how.agent else "",
            }
        )

    def _opponent(self, matter: Matter, named: bool) -> str:
        draw, party = self._draw, matter.opponent
        if party is None:
            return ""
        if not named:
            return draw.pick(self._words.generic[party.kind])
        chance = draw.random()
        if chance < 0.45:
            return party.name
        return self._parties.slip(party) if chance > 0.96 else self._parties.short(party)
