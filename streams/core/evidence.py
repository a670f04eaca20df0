"""Evidence: what two submissions have in common, and what speaks against their being one matter; and who asks.

Pure; reasons are codes. What they are about is looked at in `subject`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA

from mappings.lexicon import Lexicon
from schemas.events.book import Features
from streams.core import names, parties
from streams.core.blocking import is_nobodys, own_phone

DAY_MS = 86_400_000
NOBODY, NAMESAKE, LIKELY, CERTAIN = 0, 1, 2, 3
"""How far the persons are the same: nothing says so; somebody of that name; probably; positively."""
NOTHING, TOPIC, STRONG, DECISIVE = 0, 1, 2, 3
"""How far the subjects are: nothing says so; the same kind of thing; the same thing; by its number."""

_FIRM_NAME_MIN = 8
_NEAR_ID_MAX = 2  # strokes between a mistyped ID number and the right one; a transposition is one
_DIVISIONS = re.compile("(?:00)+$")  # of a province or a city, no counties
_AGREE = frozenset({names.EQUAL, names.SOUND, names.MASKED, parties.SHORT})


@dataclass(slots=True)
class Evidence:
    """What speaks for and against two submissions being one matter."""

    reasons: list[str] = field(default_factory=list)
    person: int = NOBODY
    subject: int = NOTHING
    contradiction: bool = False  # cannot be one matter, whatever else agrees
    other_person: bool = False  # the contradiction is that they are two people
    other_phone: bool = False  # both left a phone of their own, and not the same
    quoted: bool = False  # one names the other's number
    other_cause: bool = False  # they are about two causes of one group
    parent: bool = False  # as that of which it is a part
    days: float = 0.0

    def score(self, weights: Lexicon) -> float:
        """Sum of the weights of what was observed."""
        table = weights.weights
        return sum([table[r] for r in self.reasons])


def observe_person(a: Features, b: Features, e: Evidence, *, phone_counts: bool, shared: bool) -> None:
    """Who: ID numbers, names, phones, agents, in this order of weight."""
    pa, pb, say = a.person, b.person, e.reasons.append
    ids = _ids(a, b)
    if ids:
        say(ids)
    name = _names(a, b)
    if name:
        say(f"name_{name}")
    phone_a, phone_b = own_phone(a), own_phone(b)
    phone = bool(phone_a) and phone_a == phone_b
    e.other_phone = bool(phone_a and phone_b) and not phone
    if phone:
        say("phone_equal" if phone_counts else "phone_weightless")
    if ids in ("id_conflict", "birth_conflict") or (name == names.CONFLICT and not (ids == "id_equal" and phone)):
        e.contradiction = e.other_person = True
        return
    region = bool(pa.region) and pa.region == pb.region
    if region:
        say("region_equal")
    agree = name in _AGREE
    if ids == "id_equal":
        # One ID number under unrelated names is a cadre typing his own: never more than a question.
        near = name == names.NEAR
        unsure = name == names.CONFLICT or (near and not phone and not names.left_out(pa.name or "", pb.name or ""))
        e.person = NAMESAKE if unsure else LIKELY if near else CERTAIN
    elif name == names.SOUND and phone and not ids and names.apart(pa.name or "", pb.name or "") > 1:
        e.person = NAMESAKE  # one character may be misheard; two are a brother's or a sister's
    elif agree and (ids == "id_near" or (phone and phone_counts)):
        e.person = CERTAIN if ids != "id_unclear" else LIKELY
    elif name == names.EQUAL and pa.type == pb.type == "legal" and len(pa.name or "") >= _FIRM_NAME_MIN:
        e.person = CERTAIN  # a firm's whole name is given once in a place
    elif phone and phone_counts and not shared and name in (None, names.THIN) and ids is None:
        e.person = LIKELY
    elif agree:
        near = not phone and bool(phone_a and phone_b) and phone_near(phone_a, phone_b)
        if near:
            say("phone_near")
        agents = not phone and _agent_phone(a, b)
        if agents:
            say("agent_phone" if phone_counts else "phone_weightless")
        e.person = LIKELY if near or (agents and phone_counts) else NAMESAKE
    elif phone and phone_counts:
        # A name one character apart may be a brother's; one that is said alike, of another surname, is misheard.
        heard = not shared and name == names.NEAR and names.misheard(pa.name or "", pb.name or "")
        firm = "legal" in (pa.type, pb.type) and name == names.NEAR  # called by a part of its name
        e.person = LIKELY if heard or firm else NAMESAKE


def of_two_counties(a: str | None, b: str | None) -> bool:
    """Whether both say where they live, in one way, and it is not one place: 410100 (a city) may be 410122."""
    if not a or not b or a.isdecimal() != b.isdecimal():
        return False
    if not a.isdecimal():
        short, full = sorted((a, b), key=len)
        return short not in full
    short, full = sorted((_DIVISIONS.sub("", a), _DIVISIONS.sub("", b)), key=len)
    return not full.startswith(short)


def _ids(a: Features, b: Features) -> str | None:
    x, y = _own_id(a), _own_id(b)
    if x and y:
        return "id_equal" if x == y else "id_conflict"
    x, y = x or a.person.id_typed, y or b.person.id_typed
    if not x or not y:
        return None
    if x == y:
        return "id_near" if _plausible(x) else None  # mistyped the same way twice; or typed for none
    if OSA.distance(x, y, score_cutoff=_NEAR_ID_MAX) <= _NEAR_ID_MAX:
        return "id_near"
    same_birth = x[6:14] == y[6:14]
    return "id_unclear" if same_birth or len(x) != len(y) else "birth_conflict"


def _plausible(number: str) -> bool:
    """Whether a number with a fault is somebody's: it begins with a region, and a birth date stands in its place."""
    return number[0] in "12345678" and "1900" <= number[6:10] < "2100" and "01" <= number[10:12] <= "12"


def _own_id(f: Features) -> str | None:
    """The person's own; that of the agent who typed his is nobody's, nor are digits in a row that pass some check."""
    number = f.person.id_number
    if number and number.isdecimal() and f.person.type == "natural" and not _plausible(number):
        return None
    if number and f.agent and f.agent.id_number == number and f.agent.name != f.person.name:
        return None
    return number


def _names(a: Features, b: Features) -> str | None:
    x, y = a.person.name, b.person.name
    if not x or not y or names.is_nobodys(x) or names.is_nobodys(y):
        return None
    if x == y or a.person.type != "legal" != b.person.type:
        return names.relation(x, y)
    p, q = parties.core(x), parties.core(y)
    return parties.relation(p, q) if p and q else None


def phone_near(x: str | None, y: str | None) -> bool:
    """Whether two phones are one, or a stroke apart."""
    return x is not None and y is not None and OSA.distance(x, y, score_cutoff=1) <= 1


def _agent_phone(a: Features, b: Features) -> bool:
    """A phone in common that is an agent's on either side."""
    mine = {a.person.phone, a.agent.phone if a.agent else None}
    return any(p and p in mine and not is_nobodys(p) for p in (b.person.phone, b.agent.phone if b.agent else None))
