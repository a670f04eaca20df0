"""When two submissions are one matter, and when somebody must look at them. Pure.

Each rule asks for positive evidence of the person and of the subject: how sure the person is decides how much the
subject must tell.
"""

from __future__ import annotations

import re

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core import counterparties, names
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
    of_two_counties,
)
from streams.core.opponents import one_named
from streams.core.traits import known, one_sum
from streams.core.wording import observe_texts, shared_words, tells

SAME, LINK, REVIEW = "SAME", "LINK", "REVIEW"
Relation = tuple[str | None, str | None]
NONE: Relation = (None, None)
_SAME_TOPIC = frozenset({"cause_equal", "cause_alike"})
_DOUBTS = frozenset({
    "counterparty_unsaid", "counterparty_other", "counterparty_near", "counterparty_heard", "amount_conflict",
    "site_conflict", "estate_conflict", "purpose_unclear", "thing_other",
})  # fmt: skip
_NAMED = frozenset({"name_equal", "name_sound", "name_masked", "name_short"})
_NAMED_IN_TEXT = frozenset({"counterparty_mentioned", "counterparty_told"})
_NAMED_WHOLE = frozenset({"counterparty_equal", "counterparty_mentioned"})
_GIVEN_TWICE = frozenset({"counterparty_equal", "counterparty_short"})
_CONTENT = frozenset({
    "purpose_equal", "estate_equal", "site_equal", "amount_equal", "counterparty_equal", "counterparty_told",
})  # fmt: skip
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
            if "text_close" in e.reasons and not _doubts(e) and _of_one_document(early, late, e):
                return SAME, None  # word for word: handed in twice
            return REVIEW, None
        return (REVIEW, None) if _open(e, near) else NONE
    if e.person == LIKELY:
        soon = e.days <= lexicon().limits["days_topic"]
        if e.subject == DECISIVE or _likely_same(e) or (soon and _called_again(early, late, e)):
            return SAME, None
        if soon and (_filed_again(e) or _named_again(e)):
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
    if e.other_cause or "amount_equal" in e.reasons or _GIVEN_TWICE.isdisjoint(e.reasons):
        return True
    return shared_words(early, late) >= limits["words_shared_min"]


def _two_of_one_employer(e: Evidence) -> bool:
    """By name and phone alone, and the sums differ: two of that name may share an employer and who calls for them."""
    return "amount_conflict" in e.reasons and {"id_equal", "id_near"}.isdisjoint(e.reasons)


def _likely_same(e: Evidence) -> bool:
    """Probably the person, and the subject told twice over. A phone and a topic alone are for somebody to look at."""
    if (
        e.subject != STRONG
        or "amount_conflict" in e.reasons
        or (_SAME_TOPIC.isdisjoint(e.reasons) and "amount_equal" not in e.reasons)
    ):
        return False
    if party_agrees(e):
        return True
    named = not _NAMED.isdisjoint(e.reasons) and "counterparty_other" not in e.reasons
    return named and ("amount_equal" in e.reasons or {"agent_phone", "incident_equal"} <= set(e.reasons))


def _called_again(early: Features, late: Features, e: Evidence) -> bool:
    """From one person's phone within days, with a surname at most: the same sum, or of that surname and so much told
    twice that it is no relative's matter of the same kind."""
    reasons = set(e.reasons)
    if "phone_equal" not in reasons or "counterparty_near" in reasons:
        return False
    if "amount_equal" in reasons and (
        "name_thin" in reasons or ("cause_equal" in reasons and one_sum(known(early).amounts, known(late).amounts))
    ):
        return True
    if "name_thin" not in reasons:
        return False
    if "cause_equal" in reasons and ("site_equal" in reasons or {"place_equal", "purpose_equal"} <= reasons):
        return e.days <= lexicon().limits["days_record"] and not _doubts(e)  # one document for one use
    if party_agrees(e) or {"counterparty_heard", "cause_equal"} <= reasons:
        return shared_words(early, late) >= lexicon().limits["words_shared_few"]
    # A relative of that surname tells the same kind of thing in the same words, but of somebody else.
    return not _SAME_TOPIC.isdisjoint(reasons) and not _doubts(e) and one_named(early, late)


def _named_again(e: Evidence) -> bool:
    """From one person's phone within days somebody of that surname, or of none, tells of the same opponent, and
    nothing says that it is something else."""
    told = {"phone_equal"} <= set(e.reasons) and not _NAMED_IN_TEXT.isdisjoint(e.reasons)
    return told and not _doubts(e) and not any(r.endswith("_conflict") for r in e.reasons)


def _filed_again(e: Evidence) -> bool:
    """One agent, one name, one topic within days: nobody acts for two namesakes in one thing."""
    told = {"agent_phone", "name_equal", "cause_equal"} <= set(e.reasons)
    return told and not _doubts(e)


def _stranger(early: Features, late: Features, e: Evidence, near: bool) -> Relation:
    """Somebody of that name, or nobody known: what a person may look at."""
    if e.person == NAMESAKE and e.quoted and e.subject == DECISIVE and _named_by_both(early, late):
        told = "cause_equal" in e.reasons or party_agrees(e)
        if e.other_phone and (
            "name_equal" not in e.reasons or not told or _SOMEBODY_ELSES.search(known(late).words or "")
        ):
            return REVIEW, None  # a namesake may quote a number
        if "name_equal" in e.reasons or ("name_sound" in e.reasons and told):
            return SAME, None
    if e.person == NAMESAKE and _of_the_same_two(early, late, e):
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


def _of_the_same_two(early: Features, late: Features, e: Evidence) -> bool:
    """Two whole names, of who asks and of the other side, and one cause, within days, where nothing but a phone or a
    number is missing: a namesake has not the same opponent, unless it is a firm, which many have."""
    reasons = set(e.reasons)
    named = {"name_equal", "cause_equal"} <= reasons and not reasons.isdisjoint(_NAMED_WHOLE)
    if not named or e.other_phone or e.days > lexicon().limits["days_topic"] or not _named_by_both(early, late):
        return False
    if _doubts(e) or any(r.endswith("_conflict") for r in reasons):
        return False
    firm = known(early).firm or known(late).firm
    return not firm and not of_two_counties(early.person.region, late.person.region)


def _named_by_both(early: Features, late: Features) -> bool:
    return not names.thin(early.person.name or "") and not names.thin(late.person.name or "")


def party_agrees(e: Evidence) -> bool:
    return not counterparties.AGREE.isdisjoint(e.reasons)


def perhaps_two_causes(e: Evidence) -> bool:
    """Against one opponent, one cause of which only one side tells for certain, and no sum to say that it is one. Who
    files twice gives the opponent twice; who tells the same again may name him in passing."""
    twice = not _GIVEN_TWICE.isdisjoint(e.reasons)
    return "cause_mentioned" in e.reasons and twice and "amount_equal" not in e.reasons


def _soon_again(early: Features, late: Features, e: Evidence) -> bool:
    """The same person with the same topic within days. Later it takes the same words."""
    limits, reasons = lexicon().limits, e.reasons
    if _SAME_TOPIC.isdisjoint(reasons):
        if perhaps_two_causes(e):
            return False
        named = e.days <= limits["days_record"] and not _NAMED_IN_TEXT.isdisjoint(reasons)
        return (named and "cause_mentioned" not in reasons) or in_the_same_words(early, late, e)
    if _doubts(e) or not _of_one_content(early, late, e):
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


def _of_one_content(early: Features, late: Features, e: Evidence) -> bool:
    """What is said of the kind alone does not do where each has a content of its own: whom one gives power to do what,
    what one declares."""
    each = lexicon().each
    if not all(c in each for f in (early, late) for c in known(f).causes):
        return True
    if not _CONTENT.isdisjoint(e.reasons):
        return True
    alike = shared_words(early, late) >= lexicon().limits["words_shared_min"]
    return alike or not all(tells(f, 0) for f in (early, late))


def _of_one_field(early: Features, late: Features, e: Evidence) -> bool:
    """Against one opponent, or of one field of law, or one filed under the other's name: a crash and an injury at work
    may be two misfortunes."""
    mine, yours = known(early).causes, known(late).causes
    filed = lexicon().filed
    return party_agrees(e) or any(group_of(c) == group_of(d) or (c, d) in filed for c in mine for d in yours)


def _appraisals(early: Features, late: Features) -> bool:
    """One appraisal is asked for once; asked for again, it is a second one of the same thing."""
    return family_of(early) == "forensic" == family_of(late)


def in_the_same_words(early: Features, late: Features, e: Evidence) -> bool:
    """Within days of each other the same person tells something in words of which many are the same, names and what
    anybody writes left out. It takes more of them beside one opponent, against whom there may be two matters."""
    limits = lexicon().limits
    if e.days > limits["days_topic"] or _doubts(e):
        return False
    if not _of_one_document(early, late, e):
        return False
    unsure = not {"counterparty_equal", "family_conflict", "cause_mentioned"}.isdisjoint(e.reasons)
    least = limits["words_shared_party_min" if unsure else "words_shared_min"]
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
    if _doubts(e):
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
