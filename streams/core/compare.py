"""Comparing two submissions: the relation that the evidence amounts to. Pure; reasons are codes.

SAME needs positive evidence of the person and of the subject, and nothing that contradicts: a wrong merge costs
somebody a statutory right, a missed one only a repetition. A ratio of texts never decides.
"""

from __future__ import annotations

from dataclasses import replace

from mappings.lexicon import lexicon
from mappings.vocabulary import Family
from schemas.events.book import Features
from schemas.events.common import Pair
from streams.core import names, parties
from streams.core.blocking import family_of, keeps_to_itself
from streams.core.evidence import (
    CERTAIN,
    DECISIVE,
    LIKELY,
    NAMESAKE,
    NOBODY,
    NOTHING,
    STRONG,
    TOPIC,
    Evidence,
    observe_person,
    observe_subject,
    observe_texts,
)
from streams.core.traits import known

SAME, LINK, REVIEW = "SAME", "LINK", "REVIEW"
Relation = tuple[str | None, str | None]
_NONE: Relation = (None, None)
_LONG_MAX = 2**63 - 1

FOLLOW_UP_KINDS = {
    "follow-up": "follow-up",
    "progress": "follow-up",
    "supplement": "follow-up",
    "complaint": "complaint",
}
_BUSINESS = frozenset((*map(str, Family), "gov-service", "window"))
"""Where people go to apply: what does not say its kind is an application."""


def compared(f: Features) -> Features:
    """What a block has to see of a submission: nothing that is not compared, and of the texts what was read in them."""
    return replace(f, title=None, text=None, traits=known(f))


def contradicts(a: Features, b: Features) -> bool:
    """Whether the two can never be in one ticket, whoever brought them together, judged without the block that did.

    Stricter than a comparison: unrelated names under one ID number are for a person to look at.
    """
    if keeps_to_itself(a) or keeps_to_itself(b):
        return True
    e = Evidence()
    observe_person(a, b, e, phone_counts=True, shared=False)
    if e.contradiction or "name_conflict" in e.reasons or _opposed(a, b):
        return True
    observe_subject(a, b, e)
    return e.contradiction


def compare(a: Features, b: Features, *, phone_counts: bool = True, shared: bool = False) -> Pair | None:
    """The relation of two submissions with its reasons, strongest first, or None when nothing ties them together.

    `a` and `b` may come in either order; the pair names the earlier by (received at, id) first. `phone_counts`: the
    phone they share is not behind many people; `shared`: several people use it, a household.
    """
    if keeps_to_itself(a) or keeps_to_itself(b):
        return None
    early, late = (a, b) if order(a) < order(b) else (b, a)
    e = Evidence()
    relation, link = _relate(early, late, e, phone_counts, shared)
    if relation is None:
        return None
    words = lexicon()
    return Pair(
        a=early.submission_id, b=late.submission_id, a_received_at=early.received_at, b_received_at=late.received_at,
        relation=relation, link_kind=link, score=e.score(words),
        reasons=tuple(sorted(e.reasons, key=lambda r: -abs(words.weights[r]))), version=pair_version(early, late),
    )  # fmt: skip


def pair_version(a: Features, b: Features) -> int:
    """Rises with either submission's version, so it tells for which versions of both a pair was found."""
    return min(a.version + b.version, _LONG_MAX)


def order(f: Features) -> tuple[int, str]:
    """The legal order of submissions: earliest receipt first."""
    return f.received_at, f.submission_id


def asks(f: Features) -> str | None:
    """What is wanted: as the source says, else as the words say; a business system takes applications."""
    kind = f.kind or known(f).asks
    return "application" if kind is None and f.system in _BUSINESS else kind


def _relate(early: Features, late: Features, e: Evidence, phone_counts: bool, shared: bool) -> Relation:
    if _opposed(early, late):
        return _opponents(early, late, e)
    observe_person(early, late, e, phone_counts=phone_counts, shared=shared)
    if e.other_person:
        if late.parent_no or early.parent_no:
            return _group(early, late, e)
        return _NONE
    observe_subject(early, late, e)
    if early.anonymous or late.anonymous:
        return (REVIEW, None) if e.person >= LIKELY and e.quoted and not e.contradiction else _NONE
    return _follows(early, late, e) or _other_service(early, late, e) or _same(early, late, e)


def _opposed(a: Features, b: Features) -> bool:
    """Each is the other's counterparty."""
    x, y = a.counterparty, b.counterparty
    if x is None or y is None or not x.name or not y.name or not a.person.name or not b.person.name:
        return False
    return _is(a.person.name, y.name) and _is(b.person.name, x.name)


def _is(person: str, party: str) -> bool:
    if person == party:
        return True
    p, q = parties.core(person), parties.core(party)
    return bool(p and q) and p is not None and q is not None and parties.relation(p, q) == parties.EQUAL


def _opponents(early: Features, late: Features, e: Evidence) -> Relation:
    """Mediation: one dispute with two applicants. Elsewhere a conflict of interest that nobody may be told of."""
    e.reasons.append("opposing_parties")
    e.contradiction = e.other_person = True
    families = {family_of(early), family_of(late)}
    return (LINK, "opponent") if "mediation" in families and families <= {"mediation", None} else _NONE


def _group(early: Features, late: Features, e: Evidence) -> Relation:
    """Several people's claims under one number: a parent with children, each its own ticket."""
    observe_subject(early, late, e)
    e.contradiction = e.other_person = True
    told = "counterparty_equal" in e.reasons or "counterparty_mentioned" in e.reasons
    return (LINK, "child") if e.parent and told else _NONE


def _follows(early: Features, late: Features, e: Evidence) -> Relation | None:
    """Calls about a matter that is there already. None: it is no such call."""
    kind, before = FOLLOW_UP_KINDS.get(asks(late) or ""), FOLLOW_UP_KINDS.get(asks(early) or "")
    if before == "follow-up" or (before == "complaint" and known(early).handling):
        return _NONE  # what follows a call follows its matter
    if kind is None or (kind == before and not known(late).handling):
        return None  # two grievances (投诉) against the other side are no complaint about us
    if e.contradiction:
        return _NONE
    tied = e.person >= LIKELY or (e.person == NAMESAKE and (e.subject >= STRONG or "region_equal" in e.reasons))
    if not tied and not (e.quoted and "name_conflict" not in e.reasons):
        return _NONE
    if e.subject == NOTHING and e.days > lexicon().limits["days_apart_max"]:
        return _NONE
    return LINK, kind


def _other_service(early: Features, late: Features, e: Evidence) -> Relation | None:
    """One incident, several services: consultation, legal aid, appraisal; a second appraisal. None: it is not that."""
    if e.person < LIKELY and not (e.person == NAMESAKE and e.subject >= STRONG):
        return None
    before, after = known(early), known(late)
    if after.stage and after.stage != before.stage:
        related = e.quoted or "case_no_equal" in e.reasons or e.subject >= TOPIC
        if related and "counterparty_conflict" not in e.reasons:
            return LINK, "child"
    if "family_conflict" in e.reasons:
        if e.contradiction and "incident_equal" not in e.reasons:
            return _NONE
        told = e.subject >= STRONG or "incident_equal" in e.reasons or "case_no_equal" in e.reasons
        return (LINK, "incident") if told and "counterparty_conflict" not in e.reasons else _NONE
    if {asks(early), asks(late)} == {"consultation", "application"} and not e.contradiction:
        return (LINK, "incident") if e.subject >= TOPIC else _NONE
    return None


def _same(early: Features, late: Features, e: Evidence) -> Relation:
    if e.contradiction:
        incident = e.person == CERTAIN and "incident_equal" in e.reasons and "counterparty_conflict" not in e.reasons
        return (LINK, "incident") if incident and "cause_conflict" in e.reasons else _NONE
    if "name_conflict" in e.reasons:
        return (REVIEW, None) if e.subject >= STRONG else _NONE
    near = e.days <= lexicon().limits["days_review_max"]
    if e.person == CERTAIN:
        if e.subject >= STRONG or (e.subject == TOPIC and _told_alike(early, late, e)):
            return SAME, None
        return (REVIEW, None) if e.subject == TOPIC and near and _open(e) else _NONE
    if e.person == LIKELY:
        both = "cause_equal" in e.reasons and _party_agrees(e)
        if e.subject == DECISIVE or (e.subject == STRONG and both):
            return SAME, None
        asked = e.subject == STRONG or (e.subject == TOPIC and near and observe_texts(early, late, e))
        return (REVIEW, None) if asked else _NONE
    return _stranger(early, late, e, near)


def _stranger(early: Features, late: Features, e: Evidence, near: bool) -> Relation:
    """Somebody of that name, or nobody known: what a person may look at."""
    if e.person == NAMESAKE and "name_equal" in e.reasons and e.subject == DECISIVE and _named_by_both(early, late):
        return SAME, None
    if e.person == NAMESAKE and e.subject >= STRONG:
        return REVIEW, None
    if e.person == NOBODY:
        return (REVIEW, None) if e.quoted and e.subject == DECISIVE and near else _NONE
    if not near or e.subject < TOPIC:
        return _NONE
    known_place = "region_equal" in e.reasons or "phone_equal" in e.reasons
    return (REVIEW, None) if known_place and observe_texts(early, late, e) else _NONE


def _named_by_both(early: Features, late: Features) -> bool:
    return not names.thin(early.person.name or "") and not names.thin(late.person.name or "")


def _party_agrees(e: Evidence) -> bool:
    return "counterparty_equal" in e.reasons or "counterparty_mentioned" in e.reasons


def _told_alike(early: Features, late: Features, e: Evidence) -> bool:
    """The same kind of thing, soon after, in the same words, and no sum to tell them apart."""
    if e.days > lexicon().limits["days_near"] or "amount_conflict" in e.reasons:
        return False
    return "cause_equal" in e.reasons and observe_texts(early, late, e)


def _open(e: Evidence) -> bool:
    """Whether it is worth a person's time: the same kind of thing, and nothing that looks like a second need."""
    return "cause_equal" in e.reasons and "amount_conflict" not in e.reasons
