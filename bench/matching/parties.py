"""The other side: firms with names as near to each other as real ones, hospitals, people."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.matching import noise
from bench.matching.draw import Draw
from bench.matching.people import People, Person
from bench.matching.words import Common, Words


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a matter is with. `kind`: firm, person or body."""

    kind: str
    name: str
    brand: str = ""
    trade: str = ""  # the short form
    city: str = ""
    person: Person | None = None
    code: str = ""  # unified social credit code
    phone: str = ""  # of its office


_KNOWN, _KNOWN_MAX = 0.05, 12
"""The share of firms that many have to do with, and how many such there are in a city."""
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Parties:
    """Draws them."""

    def __init__(self, draw: Draw, words: Words, common: Common, people: People) -> None:
        self._draw, self._words, self._common, self.people = draw, words, common, people
        self._known: dict[str, list[Party]] = {}
        self._trades = list(common.trades)
        self._number = draw.below(10**6)

    def of_kind(self, kind: str, region: str) -> Party:
        """A firm, a person or a public body of the region."""
        if kind == "person":
            return self.of_person(self.people.person(region=region))
        city, district = self._words.regions[region]
        if kind == "body":
            return Party("body", f"{self._draw.pick((city, district))}{self._draw.pick(self._common.hospitals)}")
        return self.firm(city)

    def of_person(self, person: Person) -> Party:
        """Somebody as an opponent."""
        return Party("person", person.name, person=person)

    def firm(self, city: str) -> Party:
        """A firm of the city; other firms bear the same brand in other trades and towns."""
        draw, known = self._draw, self._known.setdefault(city, [])
        if known and draw.chance(_KNOWN):
            return draw.pick(known)
        brand = draw.pick(self._words.brands)
        if draw.chance(0.7):
            brand += draw.pick(self._words.brands)[draw.below(2)]
        trade = draw.pick(self._trades)
        suffix = draw.pick(self._common.suffixes)
        name = f"{city}{draw.pick(('', '', '市'))}{brand}{trade}{suffix}"
        phone = noise.landline(draw) if draw.chance(0.6) else self.people.phone()
        firm = Party("firm", name, brand, self._common.trades[trade], city, None, self._credit_code(), phone)
        if len(known) < _KNOWN_MAX:
            known.append(firm)
        return firm

    def near(self, firm: Party) -> Party:
        """Another firm with a name that is almost the same: homophone brand, other trade, other town, a branch."""
        draw = self._draw
        how = draw.below(4)
        code = self._credit_code()
        if how == 0:
            places = [n for n, c in enumerate(firm.brand) if c in self._common.firm_homophones]
            if places:
                at = draw.pick(places)
                other = draw.pick(self._common.firm_homophones[firm.brand[at]])
                brand = firm.brand[:at] + other + firm.brand[at + 1 :]
                return replace(firm, name=firm.name.replace(firm.brand, brand), brand=brand, code=code)
        if how == 1:
            number = draw.pick("二三四五六")
            return replace(firm, name=f"{firm.name}第{number}分公司", code=code)
        full = next(t for t in self._trades if self._common.trades[t] == firm.trade)
        other = draw.pick([t for t in self._trades if t != full and self._common.trades[t] != firm.trade])
        return replace(firm, name=firm.name.replace(full, other), trade=self._common.trades[other], code=code)

    def short(self, party: Party) -> str:
        """What people call it, still telling which it is."""
        draw = self._draw
        if party.kind == "firm":
            return draw.pick(
                (
                    party.brand + party.trade,
                    f"{party.brand}{party.trade}公司",
                    f"{party.city}{party.brand}{party.trade}",
                    party.name.replace("有限公司", "公司").replace("有限责任公司", "公司"),
                    party.name.replace("有限公司", "").replace("有限责任公司", ""),
                )
            )
        return party.name

    def slip(self, party: Party) -> str:
        """Its name with one character as another that sounds alike."""
        draw = self._draw
        table = self._common.firm_homophones if party.kind == "firm" else self._common.homophones
        name = party.name
        start = name.find(party.brand) if party.brand else 1
        places = [n for n in range(start, start + max(2, len(party.brand))) if n < len(name) and name[n] in table]
        if not places:
            return name
        at = draw.pick(places)
        return name[:at] + draw.pick(table[name[at]]) + name[at + 1 :]

    def _credit_code(self) -> str:
        self._number += 1
        body = f"91230100MA{self._number % 10**7:07}"
        total = sum(pow(3, n, 31) * _CREDIT.index(c) for n, c in enumerate(body))
        return body + _CREDIT[-total % 31]
