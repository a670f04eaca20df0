"""Evidence: what two submissions have in common, and what speaks against their being one matter. Pure; codes only.

Cheap observations come first; whether the texts are alike is asked only where the rest leaves it open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import partial_ratio, ratio

from mappings.lexicon import Lexicon, lexicon
from schemas.events.book import Features, Traits
from schemas.events.common import Counterparty
from streams.core import names, parties
from streams.core.blocking import family_of, own_number, own_phone
from streams.core.traits import NUMBER_CHARS_MIN, amounts_agree, bare_number, known, purpose_alone, sites_agree

DAY_MS = 86_400_000
NOBODY, NAMESAKE, LIKELY, CERTAIN = 0, 1, 2, 3
"""How far the persons are the same: nothing says so; somebody of that name; probably; positively."""
NOTHING, TOPIC, STRONG, DECISIVE = 0, 1, 2, 3
"""How far the subjects are: nothing says so; the same kind of thing; the same thing; by its number."""

_TELLS_MIN = 30  # characters of title and text
_NEAR_ID_MAX = 2  # strokes between a mistyped ID number and the right one; a transposition is one
PARTY_AGREES = frozenset({"counterparty_equal", "counterparty_mentioned", "counterparty_short", "counterparty_told"})
_AGREE = frozenset({names.EQUAL, names.SOUND, names.MASKED})


@dataclass(slots=True)
class Evidence:
    """What speaks for and against two submissions being one matter."""

    reasons: list[str] = field(default_factory=list)
    person: int = NOBODY
    subject: int = NOTHING
    contradiction: bool = False  # cannot be one matter, whatever else agrees
    other_person: bool = False  # the contradiction is that they are two people
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
        e.person = NAMESAKE if name == names.CONFLICT else CERTAIN
    elif agree and (ids == "id_near" or (phone and phone_counts)):
        e.person = CERTAIN if ids != "id_unclear" else LIKELY
    elif phone and phone_counts and not shared and name in (None, names.THIN) and ids is None:
        e.person = LIKELY
    elif agree:
        near = not phone and bool(phone_a and phone_b) and _phone_near(phone_a, phone_b)
        if near:
            say("phone_near")
        agents = not phone and _agent_phone(a, b)
        if agents:
            say("agent_phone")
        e.person = LIKELY if phone or near or agents else NAMESAKE
    elif phone and phone_counts:
        e.person = NAMESAKE  # one phone, and a name that may be a brother's


def _ids(a: Features, b: Features) -> str | None:
    x, y = _own_id(a), _own_id(b)
    if x and y:
        return "id_equal" if x == y else "id_conflict"
    x, y = x or a.person.id_typed, y or b.person.id_typed
    if not x or not y:
        return None
    if x == y:
        return "id_near"  # mistyped the same way twice
    if OSA.distance(x, y, score_cutoff=_NEAR_ID_MAX) <= _NEAR_ID_MAX:
        return "id_near"
    same_birth = x[6:14] == y[6:14]
    return "id_unclear" if same_birth or len(x) != len(y) else "birth_conflict"


def _own_id(f: Features) -> str | None:
    """The person's own; that of the agent who typed his is nobody's."""
    number = f.person.id_number
    if number and f.agent and f.agent.id_number == number and f.agent.name != f.person.name:
        return None
    return number


def _names(a: Features, b: Features) -> str | None:
    x, y = a.person.name, b.person.name
    if not x or not y:
        return None
    if x == y or a.person.type != "legal" != b.person.type:
        return names.relation(x, y)
    p, q = parties.core(x), parties.core(y)
    return parties.relation(p, q) if p and q else None


def _phone_near(x: str | None, y: str | None) -> bool:
    return x is not None and y is not None and OSA.distance(x, y, score_cutoff=1) == 1


def _agent_phone(a: Features, b: Features) -> bool:
    """A phone in common that is an agent's on either side."""
    mine = {a.person.phone, a.agent.phone if a.agent else None}
    return any(p and p in mine for p in (b.person.phone, b.agent.phone if b.agent else None))


def observe_subject(a: Features, b: Features, e: Evidence) -> None:
    """What: numbers, the other side, cause, purpose, day, sum. Sets how strong it is, and what contradicts."""
    ta, tb, say, limits = known(a), known(b), e.reasons.append, lexicon().limits
    e.days = abs(a.received_at - b.received_at) / DAY_MS
    _quoted(a, b, ta, tb, e)
    family_a, family_b = family_of(a), family_of(b)
    same_family = not family_a or not family_b or family_a == family_b
    if family_a and family_b:
        say("family_equal" if same_family else "family_conflict")
    party = _party(a, b, ta, tb)
    if party == "counterparty_near" and "hotline" in (a.channel, b.channel):
        party = "counterparty_heard"  # a name that was told over the phone
    if party:
        say(party)
    cause = _cause(ta, tb)
    if cause and (same_family or cause != "cause_conflict"):
        say(cause)
    numbers = [_equal(a.case_no, b.case_no), _equal(a.doc_no, b.doc_no) if same_family else None]
    for what, equal in zip(("case_no", "doc_no"), numbers, strict=True):
        if equal is not None:
            say(f"{what}_{'equal' if equal else 'conflict'}")
    notary = same_family and "notary" in (family_a, family_b)
    used = _used(a, b, ta, tb) if notary else []
    e.reasons.extend(used)
    day = _day(a, b, ta, tb, limits["days_incident_near"])
    if day:
        say(day)
    amount = amounts_agree(ta.amounts, tb.amounts)
    if amount is not None:
        say("amount_equal" if amount else "amount_conflict")
    site = sites_agree(ta.sites, tb.sites) if notary else None
    if site is not None:
        say("site_equal" if site else "site_conflict")
    if ta.group != tb.group:
        say("group_claim")
    if _equal(a.item, b.item):
        say("item_equal")
    near = e.days <= limits["days_near"]
    if near or e.days > limits["days_apart_max"]:
        say("time_near" if near else "time_far")
    other_cause = cause == "cause_conflict" and same_family and not e.parent
    e.other_cause = other_cause and any(_group(c) == _group(d) for c in ta.causes for d in tb.causes)
    against = (
        party == "counterparty_conflict",
        False in numbers,
        other_cause and not e.other_cause,
        ta.group != tb.group and "." in "".join((*ta.causes, *tb.causes)),
        notary and site is False,
    )
    if (
        other_cause
        or any(against)
        or any(u.endswith("conflict") for u in used)
        or (day == "incident_conflict" and not e.quoted)
    ):
        e.contradiction = True
    silent = not ta.causes and not tb.causes  # neither says what it is about
    e.subject = _strength(e, True in numbers, party, cause, day, amount, used, notary, silent)


def _strength(
    e: Evidence,
    numbered: bool,
    party: str | None,
    cause: str | None,
    day: str | None,
    amount: bool | None,
    used: list[str],
    notary: bool,
    silent: bool,
) -> int:
    limits = lexicon().limits
    if numbered or (e.quoted and party != "counterparty_conflict"):
        return DECISIVE
    exact = cause == "cause_equal"
    dated = day == "incident_equal"
    if e.days > limits["days_notary_max" if notary else "days_apart_max"]:
        return NOTHING
    soon = e.days <= limits["days_topic"]
    if party in PARTY_AGREES:
        told = (
            exact
            or amount is True
            or (silent and soon)
            or (cause in ("cause_alike", "cause_group") and (dated or soon))
        )
        return STRONG if told else TOPIC
    if party == "counterparty_near":
        return TOPIC  # another firm of that sound, or the same
    if party == "counterparty_heard" and exact and (dated or amount is True or soon):
        return STRONG
    if exact and (dated or (amount is True and e.days <= limits["days_near"])):
        return STRONG
    if notary and exact and any(u.endswith("equal") for u in used):
        return STRONG
    topic = cause not in (None, "cause_conflict") or dated
    return TOPIC if topic or party not in (None, "counterparty_unsaid", "counterparty_other") else NOTHING


def _quoted(a: Features, b: Features, ta: Traits, tb: Traits, e: Evidence) -> None:
    mine, yours = own_number(a), own_number(b)
    e.parent = mine == b.parent_no or yours == a.parent_no
    if e.parent or mine in b.related_numbers or yours in a.related_numbers:
        e.quoted = True
        e.reasons.append("related_number")
    elif (tb.numbers and _bare(a) in tb.numbers) or (ta.numbers and _bare(b) in ta.numbers):
        e.quoted = True
        e.reasons.append("number_in_text")


def _bare(f: Features) -> str | None:
    number = bare_number(f.number or f.source_key)
    return number if len(number) >= NUMBER_CHARS_MIN else None


def _party(a: Features, b: Features, ta: Traits, tb: Traits) -> str | None:
    x, y = a.counterparty, b.counterparty
    if x and y and x.id_number and y.id_number:
        return "counterparty_equal" if x.id_number == y.id_number else "counterparty_conflict"
    if ta.party and tb.party:
        found = parties.relation(ta.party, tb.party, ta.firm or tb.firm)
        if found == parties.SHORT and x and y:
            found = parties.short_or_another(x.name or "", y.name or "")
        if found in (parties.NEAR, parties.THIN) and _same_phone(x, y):
            return "counterparty_equal"
        return None if found == parties.THIN else f"counterparty_{found}"
    if _same_phone(x, y):
        return "counterparty_equal"
    if ta.party or tb.party:
        said = parties.mentioned(ta.party, tb.words or "") if ta.party else None
        if tb.party:
            said = parties.mentioned(tb.party, ta.words or "")
        if said:
            return "counterparty_mentioned" if said == parties.EQUAL else "counterparty_near"
    mine = (ta.party, *ta.parties) if ta.party else ta.parties
    yours = (tb.party, *tb.parties) if tb.party else tb.parties
    if any(parties.tails_agree(p, q) for p in mine for q in yours):
        return "counterparty_told"
    if mine and yours:
        return "counterparty_other"
    unsaid = (ta.party and _has_text(tb)) or (tb.party and _has_text(ta))
    return "counterparty_unsaid" if unsaid else None


def _has_text(t: Traits) -> bool:
    """Whether it tells enough for the other side to be named, had it been known."""
    return len(t.words or "") >= _TELLS_MIN


def _same_phone(x: Counterparty | None, y: Counterparty | None) -> bool:
    return bool(x and y and x.phone) and x is not None and y is not None and x.phone == y.phone


def _cause(ta: Traits, tb: Traits) -> str | None:
    """Equal where both are first of all about one thing; alike where one mentions the other's."""
    x, y = ta.causes, tb.causes
    if not x or not y:
        return None
    common = [c for c in x if c in y]
    if any("." in c for c in common):
        return "cause_equal"
    if common:
        return "cause_group"
    documents = _group(x[0]) == "notary" == _group(y[0])  # whatever else is mentioned, each is its own document
    if not documents and (any(c in tb.mentions for c in x) or any(c in ta.mentions for c in y)):
        return "cause_alike"
    words = lexicon()
    if any((c, d) in words.alike or _group(c) == _group(d) in words.one for c in x for d in y):
        return "cause_alike"
    vague = any(("." not in c or "." not in d) and _group(c) == _group(d) for c in x for d in y)
    return "cause_group" if vague else "cause_conflict"


def _group(code: str) -> str:
    return code.partition(".")[0]


def _used(a: Features, b: Features, ta: Traits, tb: Traits) -> list[str]:
    """Where and for what a document is to be used: another place or purpose is another document."""
    found = []
    place = _overlap(ta.places, tb.places)
    if place is not None:
        found.append("place_equal" if place else "place_conflict")
    purpose = True if a.purpose and a.purpose == b.purpose else _overlap(ta.purposes, tb.purposes)
    if purpose is None and a.purpose and b.purpose:
        x, y = purpose_alone(a.purpose), purpose_alone(b.purpose)
        purpose = partial_ratio(x, y) >= lexicon().limits["text_similar_percent"] if x and y else None
    if purpose is not None:
        found.append("purpose_equal" if purpose else "purpose_conflict")
    return found


def _day(a: Features, b: Features, ta: Traits, tb: Traits, near_days: int) -> str | None:
    x, y = a.incident_date, b.incident_date
    if x and y:
        if x == y:
            return "incident_equal"
        return None if _days_between(x, y) <= near_days else "incident_conflict"
    return "incident_equal" if _overlap(ta.days, tb.days) else None


def _days_between(x: str, y: str) -> int:
    try:
        return abs((date.fromisoformat(x) - date.fromisoformat(y)).days)
    except ValueError:
        return 10**6


def _equal(a: str | None, b: str | None) -> bool | None:
    return None if not a or not b else a == b


def _overlap(a: tuple[object, ...], b: tuple[object, ...]) -> bool | None:
    return None if not a or not b else any(x in b for x in a)


def observe_texts(a: Features, b: Features, e: Evidence) -> bool:
    """Whether the texts are alike; adds the reason."""
    x, y, limits = known(a).words, known(b).words, lexicon().limits
    if not x or not y:
        return False
    alike = ratio(x, y, score_cutoff=limits["text_similar_percent"])
    if alike >= limits["text_close_percent"]:
        e.reasons.append("text_close")
    elif alike > 0:
        e.reasons.append("text_similar")
    return alike > 0
