"""Comparing two submissions: the relation that the evidence amounts to. Pure; reasons are codes.

SAME needs positive evidence of the person and of the subject, and nothing that contradicts: a wrong merge costs
somebody a statutory right, a missed one only a repetition. A ratio of texts never decides.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mappings.lexicon import lexicon
from schemas.events.book import Features, Traits
from schemas.events.common import Pair
from streams.core import names, parties
from streams.core.agreement import in_the_same_words, party_agrees, perhaps_two_causes
from streams.core.asking import BUSINESS
from streams.core.blocking import family_of, keeps_to_itself
from streams.core.causes import CONCLUDED
from streams.core.evidence import CERTAIN, LIKELY, NAMESAKE, NOTHING, STRONG, TOPIC, Evidence, observe_person
from streams.core.same import LINK, NONE, REVIEW, SAME, Relation, same
from streams.core.subject import observe_subject
from streams.core.traits import known

_COURTS = "12368"
_ANOTHER = re.compile(
    "(?:另外|另)一(?:回事|码事|件|起|次|笔|份)|第[二三]件|(?:不是|并非|不属于?)同?一(?:件|份|回事|起|笔|码事)"
    "|(?:不要|别|勿)[和跟与同][^,。;]{0,16}(?:混|搞错)|[和跟与同](?:前|上|之前)[^,。;]{0,12}(?:无关|不同|没关系|不相干)"
)
"""What somebody says who has told of one matter before, and tells of a second one."""
_UNCLEAR = frozenset({"counterparty_near", "purpose_unclear", "thing_other"})
_LONG_MAX = 2**63 - 1

FOLLOW_UP_KINDS = {
    "reopen": "follow-up",
    "follow-up": "follow-up",
    "progress": "follow-up",
    "supplement": "follow-up",
    "complaint": "complaint",
}


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
    return not e.quoted and (not _UNCLEAR.isdisjoint(e.reasons) or perhaps_two_causes(e))


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
    """What is wanted: as the source says, else as the words say; a business system takes applications, and whoever
    calls the courts asks how his case is."""
    said = known(f).asks
    kind = said if said == "reopen" else f.kind or said
    if kind is None and f.system == _COURTS:
        return "progress"
    return "application" if kind is None and f.system in BUSINESS else kind


def _relate(early: Features, late: Features, e: Evidence, phone_counts: bool, shared: bool) -> Relation:
    if _opposed(early, late):
        return _opponents(early, late, e)
    observe_person(early, late, e, phone_counts=phone_counts, shared=shared)
    if e.other_person:
        if late.parent_no or early.parent_no:
            return _group(early, late, e)
        return NONE
    observe_subject(early, late, e)
    told = "cause_equal" in e.reasons or party_agrees(e)
    alone = not e.other_phone and "phone_weightless" not in e.reasons
    if told and e.quoted and e.person < LIKELY and "name_thin" in e.reasons and alone:
        e.person = LIKELY  # of that surname, about that topic, with that number
    if early.anonymous or late.anonymous:
        return (REVIEW, None) if e.person >= LIKELY and e.quoted and not e.contradiction else NONE
    found = _follows(early, late, e) or _other_service(early, late, e) or same(early, late, e)
    return (REVIEW, None) if found[0] == SAME and _perhaps_another(early, late, e) else found


def _perhaps_another(early: Features, late: Features, e: Evidence) -> bool:
    """Whether who tells the same says that it is another one; or only asked before, and asks again or applies."""
    if not e.quoted and _ANOTHER.search(known(late).words or ""):
        e.reasons.append("said_another")
        return True
    return asks(early) == "consultation" and asks(late) is None


def _opposed(a: Features, b: Features) -> bool:
    """Each is the other's counterparty, one of them at least in a field."""
    x, y = _against(a), _against(b)
    if not (x or y) or not a.person.name or not b.person.name or a.person.name == b.person.name:
        return False
    return _is_or_is_told(b.person.name, x, a) and _is_or_is_told(a.person.name, y, b)


def _against(f: Features) -> str | None:
    return f.counterparty.name if f.counterparty else None


def _is_or_is_told(person: str, party: str | None, f: Features) -> bool:
    """Whether a person is the one whom a field names, or, where it is empty, the text."""
    return _is(person, party) if party else not names.thin(person) and person in (known(f).words or "")


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
    return (LINK, "opponent") if "mediation" in families and families <= {"mediation", None} else NONE


def _group(early: Features, late: Features, e: Evidence) -> Relation:
    """Several people's claims under one number: a parent with children, each its own ticket."""
    observe_subject(early, late, e)
    e.contradiction = e.other_person = True
    return (LINK, "child") if e.parent and party_agrees(e) else NONE


def _follows(early: Features, late: Features, e: Evidence) -> Relation | None:
    """Calls about a matter that is there already. None: it is no such call."""
    kind, before = FOLLOW_UP_KINDS.get(asks(late) or ""), FOLLOW_UP_KINDS.get(asks(early) or "")
    if before == "follow-up" or (before == "complaint" and known(early).handling):
        return NONE  # what follows a call follows its matter
    if kind is None or (kind == before and not known(late).handling):
        return None  # two grievances (投诉) against the other side are no complaint about us
    if e.contradiction and not _only_told_otherwise(e):
        return NONE
    tied = e.person >= LIKELY or (e.person == NAMESAKE and (e.subject >= STRONG or "region_equal" in e.reasons))
    if not tied and not (e.quoted and "name_conflict" not in e.reasons):
        return NONE
    if e.subject == NOTHING and e.days > lexicon().limits["days_apart_max"]:
        return NONE
    return LINK, kind


def _only_told_otherwise(e: Evidence) -> bool:
    """Whether nothing contradicts but what a call mentions: who adds a receipt to a claim for wages tells of a loan."""
    against = {r for r in e.reasons if r.endswith("_conflict")}
    return e.person >= NAMESAKE and against <= {"cause_conflict", "amount_conflict"} and "group_claim" not in e.reasons


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
        transferred = e.quoted and "forensic" not in (family_of(early), family_of(late)) and not e.contradiction
        if transferred and e.person == CERTAIN:
            return None
        if "counterparty_conflict" in e.reasons or (e.contradiction and "incident_equal" not in e.reasons):
            return NONE
        told = e.subject >= STRONG or not {"incident_equal", "case_no_equal"}.isdisjoint(e.reasons)
        near = e.days <= lexicon().limits["days_incident_max"] and (e.subject == TOPIC or _serves(before, after))
        return (LINK, "incident") if told or (near and e.person == CERTAIN) else NONE
    if {asks(early), asks(late)} == {"consultation", "application"} and not e.contradiction:
        told = e.subject >= TOPIC or (e.person == CERTAIN and in_the_same_words(early, late, e))
        return (LINK, "incident") if told else NONE
    return None


def _serves(a: Traits, b: Traits) -> bool:
    """Whether one is an appraisal of the kind that is made for what the other is about."""
    table = lexicon().serves
    pairs = [(x.removesuffix(CONCLUDED), y.removesuffix(CONCLUDED)) for x in a.causes for y in b.causes]
    pairs += [(y, x) for x, y in pairs]
    return any((x, y) in table or (x, y.partition(".")[0]) in table for x, y in pairs)
