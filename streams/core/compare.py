"""Comparing two submissions: the relation that the evidence amounts to. Pure; reasons are codes.

SAME needs positive evidence of the person and of the subject, and nothing that contradicts: a wrong merge costs
somebody a statutory right, a missed one only a repetition. A ratio of texts never decides.
"""

from __future__ import annotations

from dataclasses import replace

from mappings.lexicon import lexicon
from mappings.vocabulary import Family
from schemas.events.book import Features, Traits
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
)
from streams.core.subject import PARTY_AGREES, observe_subject, observe_texts, shared_words, tells
from streams.core.traits import known

SAME, LINK, REVIEW = "SAME", "LINK", "REVIEW"
Relation = tuple[str | None, str | None]
_NONE: Relation = (None, None)
_TOPIC = frozenset({"cause_equal", "cause_alike"})
_DOUBTS = frozenset({
    "counterparty_unsaid", "counterparty_other", "counterparty_near", "amount_conflict", "site_conflict",
    "purpose_unclear",
})  # fmt: skip
_UNCLEAR = frozenset({"counterparty_near", "purpose_unclear"})
_NAMED = frozenset({"name_equal", "name_sound", "name_masked"})
_NAMED_IN_TEXT = frozenset({"counterparty_mentioned", "counterparty_told"})
_LONG_MAX = 2**63 - 1

FOLLOW_UP_KINDS = {
    "reopen": "follow-up",
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
    if e.contradiction or "family_conflict" in e.reasons:
        return True
    return not e.quoted and not _UNCLEAR.isdisjoint(e.reasons)


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
    said = known(f).asks
    kind = said if said == "reopen" else f.kind or said
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
    if e.quoted and e.person < LIKELY and "name_thin" in e.reasons and not _TOPIC.isdisjoint(e.reasons):
        e.person = LIKELY  # of that surname, about that topic, with that number
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
    return parties.relation(p, q) == parties.EQUAL if p and q else False


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
    return (LINK, "child") if e.parent and _party_agrees(e) else _NONE


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
        if "counterparty_conflict" in e.reasons or (e.contradiction and "incident_equal" not in e.reasons):
            return _NONE
        told = e.subject >= STRONG or not {"incident_equal", "case_no_equal"}.isdisjoint(e.reasons)
        near = e.days <= lexicon().limits["days_incident_max"] and (e.subject == TOPIC or _serves(before, after))
        return (LINK, "incident") if told or (near and e.person == CERTAIN) else _NONE
    if {asks(early), asks(late)} == {"consultation", "application"} and not e.contradiction:
        return (LINK, "incident") if e.subject >= TOPIC else _NONE
    return None


def _serves(a: Traits, b: Traits) -> bool:
    """Whether one is an appraisal of the kind that is made for what the other is about."""
    table = lexicon().serves
    pairs = [(x, y) for x in a.causes for y in b.causes]
    pairs += [(y, x) for x, y in pairs]
    return any((x, y) in table or (x, y.partition(".")[0]) in table for x, y in pairs)


def _same(early: Features, late: Features, e: Evidence) -> Relation:
    if e.contradiction:
        incident = e.person == CERTAIN and "incident_equal" in e.reasons and "counterparty_conflict" not in e.reasons
        if incident and "cause_conflict" in e.reasons:
            return LINK, "incident"
        return (REVIEW, None) if _perhaps_one_cause(e) else _NONE
    if "name_conflict" in e.reasons:
        return (REVIEW, None) if e.subject >= STRONG else _NONE
    near = e.days <= lexicon().limits["days_review_max"]
    if e.person == CERTAIN:
        if e.subject >= STRONG or (e.subject == TOPIC and _soon_again(early, late, e)) or _one_record(early, late, e):
            return SAME, None
        if e.subject == NOTHING and "family_equal" in e.reasons and _in_the_same_words(early, late, e):
            return SAME, None
        if e.subject <= TOPIC and e.days <= lexicon().limits["days_record"] and observe_texts(early, late, e):
            if "text_close" in e.reasons and not _doubts(e) and _of_one_document(early, late, e):
                return SAME, None  # word for word: handed in twice
            return REVIEW, None
        return (REVIEW, None) if _open(e, near) else _NONE
    if e.person == LIKELY:
        soon = e.days <= lexicon().limits["days_topic"]
        if e.subject == DECISIVE or _likely_same(e) or (soon and _called_again(early, late, e)):
            return SAME, None
        if soon and _filed_again(e):
            return SAME, None
        asked = e.subject == STRONG or (e.subject == TOPIC and near and (soon or observe_texts(early, late, e)))
        return (REVIEW, None) if asked else _NONE
    return _stranger(early, late, e, near)


def _perhaps_one_cause(e: Evidence) -> bool:
    """Two causes of one group against one opponent within days: told differently, or two matters."""
    if not e.other_cause or e.days > lexicon().limits["days_topic"] or e.person < LIKELY:
        return False
    against = {r for r in e.reasons if r.endswith("_conflict")} - {"cause_conflict", "amount_conflict"}
    return not against and _party_agrees(e)


def _likely_same(e: Evidence) -> bool:
    """Probably the person, and the subject told twice over. A phone and a topic alone are for somebody to look at."""
    if e.subject != STRONG or (_TOPIC.isdisjoint(e.reasons) and "amount_equal" not in e.reasons):
        return False
    if _party_agrees(e):
        return True
    named = not _NAMED.isdisjoint(e.reasons) and "counterparty_other" not in e.reasons
    return named and ("amount_equal" in e.reasons or {"agent_phone", "incident_equal"} <= set(e.reasons))


def _called_again(early: Features, late: Features, e: Evidence) -> bool:
    """From one person's phone within days, with a surname at most: the same sum, or of that surname and so much told
    twice that it is no relative's matter of the same kind."""
    reasons = set(e.reasons)
    if "phone_equal" not in reasons or "counterparty_near" in reasons:
        return False
    if "amount_equal" in reasons and ("name_thin" in reasons or "cause_equal" in reasons):
        return True
    if "name_thin" not in reasons:
        return False
    if _party_agrees(e) or {"counterparty_heard", "cause_equal"} <= reasons:
        return shared_words(early, late) >= lexicon().limits["words_shared_few"]
    return _in_the_same_words(early, late, e)


def _filed_again(e: Evidence) -> bool:
    """One agent, one name, one topic within days: nobody acts for two namesakes in one thing."""
    told = {"agent_phone", "name_equal", "cause_equal"} <= set(e.reasons)
    return told and not _doubts(e)


def _stranger(early: Features, late: Features, e: Evidence, near: bool) -> Relation:
    """Somebody of that name, or nobody known: what a person may look at."""
    if e.person == NAMESAKE and e.subject == DECISIVE and _named_by_both(early, late):
        told = "cause_equal" in e.reasons or _party_agrees(e)
        if e.other_phone:
            return REVIEW, None  # a namesake may quote a number, or be a party to the case
        if "name_equal" in e.reasons or ("name_sound" in e.reasons and told):
            return SAME, None
    if e.person == NAMESAKE and e.subject >= STRONG:
        return REVIEW, None
    if e.person == NOBODY:
        return (REVIEW, None) if e.quoted and e.subject == DECISIVE and near else _NONE
    if not near or e.subject < TOPIC:
        return _NONE
    if "region_equal" not in e.reasons and "phone_equal" not in e.reasons:
        return _NONE
    soon = "cause_equal" in e.reasons and e.days <= lexicon().limits["days_topic"]
    return (REVIEW, None) if soon or observe_texts(early, late, e) else _NONE


def _named_by_both(early: Features, late: Features) -> bool:
    return not names.thin(early.person.name or "") and not names.thin(late.person.name or "")


def _party_agrees(e: Evidence) -> bool:
    return not PARTY_AGREES.isdisjoint(e.reasons)


def _soon_again(early: Features, late: Features, e: Evidence) -> bool:
    """The same person with the same topic within days. Later it takes the same words."""
    limits, reasons = lexicon().limits, e.reasons
    if _TOPIC.isdisjoint(reasons):
        named = e.days <= limits["days_record"] and not _NAMED_IN_TEXT.isdisjoint(reasons)
        return named or _in_the_same_words(early, late, e)
    if _doubts(e):
        return False
    if "cause_equal" not in reasons and "counterparty_unsaid" in reasons:
        return _in_the_same_words(early, late, e)
    if e.days <= limits["days_topic"]:
        return True
    if e.days > limits["days_near"] or "cause_equal" not in reasons:
        return False
    return observe_texts(early, late, e)


def _in_the_same_words(early: Features, late: Features, e: Evidence) -> bool:
    """Within days of each other the same person tells something in words of which many are the same, names and what
    anybody writes left out. It takes more of them beside one opponent, against whom there may be two matters."""
    limits = lexicon().limits
    if e.days > limits["days_topic"] or _doubts(e) or "counterparty_heard" in e.reasons:
        return False
    if not _of_one_document(early, late, e):
        return False
    least = limits["words_shared_party_min" if "counterparty_equal" in e.reasons else "words_shared_min"]
    if shared_words(early, late) < least:
        return False
    e.reasons.append("words_shared")
    return True


def _doubts(e: Evidence) -> bool:
    """Something that agrees less than it should. A call in which the other side is not named is none."""
    return not _DOUBTS.isdisjoint(r for r in e.reasons if r != "counterparty_unsaid")


def _of_one_document(early: Features, late: Features, e: Evidence) -> bool:
    """Requests for documents are written alike; what differs is the document, and what it is for."""
    if "notary" not in (family_of(early), family_of(late)):
        return True
    return {"item_equal", "purpose_equal"} <= set(e.reasons)


def _one_record(early: Features, late: Features, e: Evidence) -> bool:
    """A business system's record that says no more than who asks for which service, soon before or after another of
    that person and service: the platform's item and the office's case (事项 and 办理项)."""
    if e.subject != NOTHING or e.days > lexicon().limits["days_record"] or "family_equal" not in e.reasons:
        return False
    if family_of(late) == "notary":
        return False  # there is no matter apart from the document
    poor = [f for f in (early, late) if not known(f).mentions and not known(f).party and not tells(f)]
    return any(f.system in _BUSINESS or f.channel == "terminal" for f in poor)


def _open(e: Evidence, near: bool) -> bool:
    """Whether it is worth a person's time: nothing that looks like a second need, and soon enough."""
    if e.subject == TOPIC:
        return near and "amount_conflict" not in e.reasons
    return e.days <= lexicon().limits["days_topic"]
