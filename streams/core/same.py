"""When two submissions are one matter, and when somebody must look at them. Pure.

Each rule asks for positive evidence of the person and of the subject: how sure the person is decides how much the
subject must tell.
"""

from __future__ import annotations

import re

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core.agreement import (
    GIVEN_TWICE,
    NAMED_IN_TEXT,
    SAME_TOPIC,
    doubts,
    in_the_same_words,
    of_one_content,
    of_one_document,
    party_agrees,
    perhaps_two_causes,
)
from streams.core.asking import BUSINESS
from streams.core.blocking import family_of
from streams.core.causes import group_of
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
)
from streams.core.likely import called_again, filed_again, likely_same, named_again, named_by_both, of_the_same_two
from streams.core.traits import known
from streams.core.wording import observe_texts, shared_words, tells

SAME, LINK, REVIEW = "SAME", "LINK", "REVIEW"
Relation = tuple[str | None, str | None]
NONE: Relation = (None, None)
_SOMEBODY_ELSES = re.compile(
    "参[照考看]|情况(?:一样|相同|类似)|同样情况"
    "|(?:邻居|工友|同事|朋友|老乡|亲戚|别人|人家|[他她]|也[有报打反])[^,。;]{0,10}(?:工单|单号|编号|[的个]号|号[是码])"
)
"""Whose number is quoted that is not one's own."""


def same(early: Features, late: Features, e: Evidence) -> Relation:
    """What two submissions are that neither follow one another nor go to different services."""
    if e.contradiction:
        incident = e.person == CERTAIN and "incident_equal" in e.reasons and "counterparty_conflict" not in e.reasons
        if incident and "cause_conflict" in e.reasons:
            return LINK, "incident"
        return (REVIEW, None) if _perhaps_one_cause(early, late, e) else NONE
    if "name_conflict" in e.reasons:
        return (REVIEW, None) if e.subject >= STRONG else NONE
    near = e.days <= lexicon().limits["days_review_max"]
    if "counterparty_other" in e.reasons and NOTHING < e.subject < DECISIVE:
        return (REVIEW, None) if e.person >= LIKELY and near else NONE
    if e.person == CERTAIN:
        if e.subject == STRONG and _two_of_one_employer(e):
            return REVIEW, None
        if e.subject >= STRONG or (e.subject == TOPIC and _soon_again(early, late, e)) or _one_record(early, late, e):
            return SAME, None
        if e.subject == NOTHING and in_the_same_words(early, late, e):
            return SAME, None
        if e.subject <= TOPIC and e.days <= lexicon().limits["days_near"] and observe_texts(early, late, e):
            if "text_close" in e.reasons and not doubts(e) and of_one_document(early, late, e):
                return SAME, None  # word for word: handed in twice
            return REVIEW, None
        return (REVIEW, None) if _open(e, near) else NONE
    if e.person == LIKELY:
        soon = e.days <= lexicon().limits["days_topic"]
        if e.subject == DECISIVE or likely_same(e) or (soon and called_again(early, late, e)):
            return SAME, None
        if soon and (filed_again(e) or named_again(e)):
            return SAME, None
        asked = e.subject == STRONG or (e.subject == TOPIC and near and (soon or observe_texts(early, late, e)))
        return (REVIEW, None) if asked else NONE
    return _stranger(early, late, e, near)


def _perhaps_one_cause(early: Features, late: Features, e: Evidence) -> bool:
    """Two causes against one opponent within days: told differently, or two matters. Of one group; or else with the
    same sum, or so many of the same words, or an opponent that only a text names."""
    limits = lexicon().limits
    if e.days > limits["days_topic"] or e.person < LIKELY or "cause_conflict" not in e.reasons:
        return False
    against = {r for r in e.reasons if r.endswith("_conflict")} - {"cause_conflict", "amount_conflict"}
    if against or "group_claim" in e.reasons or not party_agrees(e):
        return False
    if e.other_cause or "amount_equal" in e.reasons or GIVEN_TWICE.isdisjoint(e.reasons):
        return True
    return shared_words(early, late) >= limits["words_shared_min"]


def _two_of_one_employer(e: Evidence) -> bool:
    """By name and phone alone, and the sums differ: two of that name may share an employer and who calls for them."""
    return "amount_conflict" in e.reasons and {"id_equal", "id_near"}.isdisjoint(e.reasons)


def _stranger(early: Features, late: Features, e: Evidence, near: bool) -> Relation:
    """Somebody of that name, or nobody known: what a person may look at."""
    if e.person == NAMESAKE and e.quoted and e.subject == DECISIVE and named_by_both(early, late):
        told = "cause_equal" in e.reasons or party_agrees(e)
        if e.other_phone and (
            "name_equal" not in e.reasons or not told or _SOMEBODY_ELSES.search(known(late).words or "")
        ):
            return REVIEW, None  # a namesake may quote a number
        if "name_equal" in e.reasons or ("name_sound" in e.reasons and told):
            return SAME, None
    if e.person == NAMESAKE and of_the_same_two(early, late, e):
        return SAME, None
    if e.person == NAMESAKE and e.subject >= STRONG:
        return REVIEW, None
    if e.person == NOBODY:
        return (REVIEW, None) if e.quoted and e.subject == DECISIVE and near else NONE
    if not near or e.subject < TOPIC:
        return NONE
    if "region_equal" not in e.reasons and "phone_equal" not in e.reasons:
        return NONE
    soon = "cause_equal" in e.reasons and e.days <= lexicon().limits["days_topic"]
    return (REVIEW, None) if soon or observe_texts(early, late, e) else NONE


def _soon_again(early: Features, late: Features, e: Evidence) -> bool:
    """The same person with the same topic within days. Later it takes the same words."""
    limits, reasons = lexicon().limits, e.reasons
    if SAME_TOPIC.isdisjoint(reasons):
        if perhaps_two_causes(e):
            return False
        named = e.days <= limits["days_record"] and not NAMED_IN_TEXT.isdisjoint(reasons)
        return (named and "cause_mentioned" not in reasons) or in_the_same_words(early, late, e)
    if doubts(e) or not of_one_content(early, late, e):
        return False
    if "cause_equal" not in reasons and not _of_one_field(early, late, e):
        return in_the_same_words(early, late, e)
    again = limits["days_incident_max" if _appraisals(early, late) else "days_topic"]
    if e.days <= again:
        return True
    if e.days > limits["days_near"] or "cause_equal" not in reasons:
        return False
    if "handed_in_again" in reasons:
        return True
    return observe_texts(early, late, e) and shared_words(early, late) >= limits["words_shared_min"]


def _of_one_field(early: Features, late: Features, e: Evidence) -> bool:
    """Against one opponent, or of one field of law, or one filed under the other's name: a crash and an injury at work
    may be two misfortunes."""
    mine, yours = known(early).causes, known(late).causes
    filed = lexicon().filed
    return party_agrees(e) or any(group_of(c) == group_of(d) or (c, d) in filed for c in mine for d in yours)


def _appraisals(early: Features, late: Features) -> bool:
    """One appraisal is asked for once; asked for again, it is a second one of the same thing."""
    return family_of(early) == "forensic" == family_of(late)


def _one_record(early: Features, late: Features, e: Evidence) -> bool:
    """A business system's record that says no more than who asks for which service, soon before or after another of
    that person and service: the platform's item and the office's case (事项 and 办理项)."""
    if e.subject != NOTHING or e.days > lexicon().limits["days_record"] or "family_equal" not in e.reasons:
        return False
    if doubts(e):
        return False
    if family_of(late) == "notary":
        return False  # there is no matter apart from the document
    poor = [f for f in (early, late) if not known(f).mentions and not known(f).party and not tells(f)]
    return any(f.system in BUSINESS or f.channel == "terminal" for f in poor)


def _open(e: Evidence, near: bool) -> bool:
    """Whether it is worth a person's time: nothing that looks like a second need, and soon enough."""
    if e.subject == TOPIC:
        return near and "amount_conflict" not in e.reasons
    return e.days <= lexicon().limits["days_topic"]
