"""What a matter truly is: whose, in which family, about what, with whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bench.matching.draw import Draw, Weighted
from bench.matching.parties import Parties, Party
from bench.matching.people import People, Person
from bench.matching.words import Common, Words

FIRST_DAY = date(2025, 6, 2)

# Cause: the kind of opponent, who serves it and how often, the amount in yuan.
_AID, _LAW, _ARB, _MED, _GRA = "legal-aid", "lawyer", "arbitration", "mediation", "grassroots"
_LABOUR: dict[str, float] = {_AID: 5, _ARB: 2, _MED: 1, _LAW: 1, _GRA: 1}
_CIVIL: dict[str, float] = {_AID: 3, _MED: 4, _LAW: 2, _GRA: 1.5}
CAUSES: dict[str, tuple[str, dict[str, float], tuple[int, int]]] = {
    "wages": ("firm", _LABOUR, (3_000, 90_000)),
    "overtime": ("firm", _LABOUR, (2_000, 60_000)),
    "injury": ("firm", _LABOUR, (8_000, 300_000)),
    "dismissal": ("firm", _LABOUR, (5_000, 80_000)),
    "insurance": ("firm", {_AID: 3, _LAW: 1, _GRA: 1}, (5_000, 60_000)),
    "traffic": ("person", _CIVIL, (3_000, 250_000)),
    "loan": ("person", _CIVIL, (5_000, 500_000)),
    "divorce": ("person", _CIVIL, (20_000, 400_000)),
    "custody": ("person", _CIVIL, (3_000, 40_000)),
    "elder": ("person", _CIVIL, (2_000, 20_000)),
    "inherit": ("person", _CIVIL, (30_000, 600_000)),
    "neighbour": ("person", {_MED: 8, _AID: 1, _GRA: 1}, (500, 30_000)),
    "property": ("firm", {_MED: 5, _AID: 1, _LAW: 1}, (500, 20_000)),
    "rent": ("person", {_MED: 4, _AID: 1, _LAW: 2, _ARB: 1}, (1_000, 60_000)),
    "consumer": ("firm", {_MED: 4, _AID: 1, _LAW: 1}, (300, 30_000)),
    "land": ("person", {_MED: 5, _AID: 2, _GRA: 2}, (2_000, 60_000)),
    "medical": ("body", {_MED: 4, _AID: 2, _LAW: 2}, (10_000, 400_000)),
    "house": ("firm", {_LAW: 2, _AID: 2, _MED: 1, _ARB: 1}, (20_000, 600_000)),
    "assault": ("person", {_AID: 3, _MED: 3, _LAW: 1}, (1_000, 60_000)),
    "goods": ("firm", {_ARB: 5, _LAW: 3}, (10_000, 900_000)),
    "defence": ("none", {_AID: 6, _LAW: 2}, (0, 0)),
}
APART = (
    ("wages", "injury"),
    ("dismissal", "injury"),
    ("wages", "consumer"),
    ("loan", "assault"),
    ("divorce", "loan"),
    ("neighbour", "loan"),
)
"""Causes that are two matters though person and opponent are the same."""

_DISPUTES = (_AID, _LAW, _ARB, _MED, _GRA)
_ABROAD = ("degree", "birth", "kin", "police", "marriage", "licence")
_USES_ABROAD = ("study", "work", "family", "settle", "wed")
_HOME = {"entrust": ("sale", "bank"), "heir": ("estate",), "will": ("estate",), "gift": ("sale",)}
_EXAMS = ("disability", "period", "care", "mental", "medical", "writing", "blood")


@dataclass(slots=True)
class Matter:
    """One matter. Dates are ISO; `abroad` is a country's code or ''."""

    person: Person
    family: str
    cause: str  # of CAUSES; '' for notarisations
    began: str  # when it happened
    opponent: Party | None = None
    yuan: int = 0
    months: int = 3
    count: int = 5
    variant: int = 0  # which of the things that can have happened
    job: str = ""
    place: str = ""
    document: str = ""
    use: str = ""
    abroad: str = ""
    estate: str = ""
    exam: str = ""
    client: str = ""  # the court or police that has something examined
    case_no: str = ""
    fixed: dict[str, str] = field(default_factory=dict)  # words chosen once for all tellings


class Matters:
    """Draws matters."""

    def __init__(self, draw: Draw, words: Words, people: People, parties: Parties, common: Common) -> None:
        self._draw, self._words, self.people, self.parties, self._common = draw, words, people, parties, common
        self._documents = draw.between(100, 9_000)
        families = {
            "legal-aid": 30.0,
            "mediation": 20,
            "notary": 22,
            "lawyer": 9,
            "arbitration": 8,
            "forensic": 7,
            "grassroots": 4,
        }
        self._families = Weighted(families)
        self._causes = {
            f: Weighted({c: served[f] for c, (_, served, _) in CAUSES.items() if f in served}) for f in _DISPUTES
        }

    def matter(
        self,
        at: int,
        *,
        family: str = "",
        cause: str = "",
        person: Person | None = None,
        company: bool = False,
        not_in: Collection[str] = (),
    ) -> Matter:
        """A new matter of a new person, unless told otherwise; it began some weeks before second `at`.

        `company`: a firm may be the one who asks. `not_in`: families it is not of.
        """
        draw = self._draw
        family = family or (self._family_of(cause) if cause else draw.weighted(self._families))
        while family in not_in:
            family = draw.weighted(self._families)
        someone, person = person, person or self.people.person()
        began = self._day(at, draw.between(3, 240))
        if family == "notary":
            return self._notarisation(person, began)
        if family == "forensic":
            return self._examination(person, began)
        cause = cause or draw.weighted(self._causes[family])
        if company and cause == "goods" and someone is None:
            person = self._company(person)
        return self.about(person, family, cause, began)

    def about(self, person: Person, family: str, cause: str, began: str, opponent: Party | None = None) -> Matter:
        """A dispute."""
        draw, (kind, _, (low, high)) = self._draw, CAUSES[cause]
        if opponent is None and kind != "none":
            opponent = self.parties.of_kind(kind, person.region)
        yuan = draw.between(low, high) if high else 0
        yuan -= yuan % (100 if yuan > 2000 and draw.chance(0.8) else 1)
        matter = Matter(
            person, family, cause, began, opponent, yuan, draw.between(2, 18), draw.between(2, 30), draw.below(12),
            draw.pick(self._words.jobs), draw.pick(self._words.places),
        )  # fmt: skip
        if draw.chance(0.6 if cause == "defence" else 0.05):
            matter.case_no = self.case_no(person, began)
        return matter

    def _company(self, contact: Person) -> Person:
        """A firm that asks, with the phone of whom it sends."""
        firm = self.parties.firm(self._words.regions[contact.region][0])
        return replace(contact, name=firm.name, id_number=firm.code, legal=True)

    def doc_no(self, matter: Matter) -> str:
        """The number of the document that the matter ends with; '' where there is none. Brackets differ by telling."""
        if "doc_no" not in matter.fixed:
            year, district = matter.began[:4], self._words.regions[matter.person.region][1][:1]
            self._documents += self._draw.between(1, 9)
            place = f"{self._words.raw['province']}{district}"
            matter.fixed["doc_no"] = {
                "notary": f"（{year}）{place}证内民字第{self._documents}号",
                "forensic": f"{place}司鉴所[{year}]临鉴字第{self._documents}号",
            }.get(matter.family, "")
        number = matter.fixed["doc_no"]
        brackets = self._draw.pick(("（）", "()", "〔〕", "[]"))
        return number.translate(str.maketrans("（）[]", brackets * 2)) if self._draw.chance(0.4) else number

    def case_no(self, person: Person, began: str) -> str:
        """A court's number for a case."""
        kind = self._draw.pick(("民初", "民终", "刑初", "执"))
        court = f"{self._words.raw['province']}{person.region[2:4]}{self._draw.between(1, 99):02}"
        return f"（{began[:4]}）{court}{kind}{self._draw.between(1, 9999)}号"

    def _notarisation(self, person: Person, began: str) -> Matter:
        draw = self._draw
        if draw.chance(0.6):
            abroad = draw.pick(("US", "CA", "AU", "JP", "KR", "RU", "UK", "FR", "SG", "DE", "NZ", "TH", "HK", "TW"))
            return Matter(
                person, "notary", "", began, document=draw.pick(_ABROAD), use=draw.pick(_USES_ABROAD), abroad=abroad
            )
        document = draw.pick(tuple(_HOME))
        use = draw.pick(_HOME[document])
        return Matter(person, "notary", "", began, document=document, use=use, estate=self.estate(person, use))

    def estate(self, person: Person, use: str) -> str:
        """What it is about: a home, told by its address; at a bank, what lies there."""
        if use == "bank":
            return self._draw.pick(self._common.banks)
        return f"{self._words.regions[person.region][1]}{self._draw.pick(self._words.estates)}"

    def _examination(self, person: Person, began: str) -> Matter:
        draw = self._draw
        exam = draw.pick(_EXAMS)
        cause = {"medical": "medical", "writing": "loan", "blood": "custody", "mental": "defence"}.get(
            exam
        ) or draw.pick(("traffic", "injury", "assault"))
        matter = self.about(person, "forensic", cause, began)
        matter.exam = exam
        matter.client = f"{self._words.regions[person.region][1]}{draw.pick(self._common.courts)}"
        matter.case_no = self.case_no(person, began) if draw.chance(0.5) else ""
        return matter

    def _family_of(self, cause: str) -> str:
        return self._draw.weighted(Weighted(CAUSES[cause][1]))

    def _day(self, at: int, days_before: int) -> str:
        return (FIRST_DAY + timedelta(days=at // 86_400 - days_before)).isoformat()
