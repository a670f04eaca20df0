"""When it seems to be the same person who tells the same: by a phone and a surname, an agent, two names. Pure."""

from __future__ import annotations

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core import names, offices
from streams.core.agreement import NAMED_IN_TEXT, SAME_TOPIC, doubts, of_one_content, party_agrees
from streams.core.evidence import STRONG, Evidence, of_two_counties
from streams.core.opponents import one_named
from streams.core.traits import known, one_sum
from streams.core.wording import shared_words

_NAMED = frozenset({"name_equal", "name_sound", "name_masked", "name_short"})
_NAMED_WHOLE = frozenset({"counterparty_equal", "counterparty_mentioned"})
_USED_ALIKE = frozenset({"site_equal", "place_equal", "purpose_equal", "estate_equal", "incident_equal"})
_OF_MANY = frozenset({"phone_weightless", "agent_phone", "case_no_equal"})
"""Whoever calls for the workers of a firm, and a case of many."""


def likely_same(e: Evidence) -> bool:
    """Probably the person, and the subject told twice over. A phone and a topic alone are for somebody to look at."""
    if (
        e.subject != STRONG
        or "amount_conflict" in e.reasons
        or (SAME_TOPIC.isdisjoint(e.reasons) and "amount_equal" not in e.reasons)
    ):
        return False
    if party_agrees(e):
        return True
    named = not _NAMED.isdisjoint(e.reasons) and "counterparty_other" not in e.reasons
    return named and ("amount_equal" in e.reasons or {"agent_phone", "incident_equal"} <= set(e.reasons))


def called_again(early: Features, late: Features, e: Evidence) -> bool:
    """From one person's phone within days, with a surname at most, or a name that is misheard: the same sum; or of that
    surname the same thing, and nothing says that it is another one."""
    reasons = set(e.reasons)
    if "phone_equal" not in reasons or "counterparty_near" in reasons:
        return False
    thin = "name_thin" in reasons
    if "amount_equal" in reasons and (
        thin or ("cause_equal" in reasons and one_sum(known(early).amounts, known(late).amounts))
    ):
        return True
    against = doubts(e) or any(r.endswith("_conflict") for r in reasons)
    if "name_near" in reasons and "id_equal" not in reasons:
        return "cause_equal" in reasons and not against
    if not thin:
        return False
    if party_agrees(e) or {"counterparty_heard", "cause_equal"} <= reasons:
        return shared_words(early, late) >= lexicon().limits["words_shared_few"]
    if against or SAME_TOPIC.isdisjoint(reasons):
        return False
    # A relative of that surname tells the same kind of thing in the same words, but of somebody else.
    alike = names.one_sex(early.person, late.person) is True or not _USED_ALIKE.isdisjoint(reasons)
    if alike and "counterparty_unsaid" not in reasons and of_one_content(early, late, e):
        return True
    return one_named(early, late)


def named_again(e: Evidence) -> bool:
    """From one person's phone within days somebody of that surname, or of none, tells of the same opponent, and
    nothing says that it is something else."""
    told = {"phone_equal"} <= set(e.reasons) and not NAMED_IN_TEXT.isdisjoint(e.reasons)
    return told and not doubts(e) and not any(r.endswith("_conflict") for r in e.reasons)


def filed_again(e: Evidence) -> bool:
    """One agent, one name, one topic within days: nobody acts for two namesakes in one thing."""
    told = {"agent_phone", "name_equal", "cause_equal"} <= set(e.reasons)
    return told and not doubts(e)


def of_the_same_two(early: Features, late: Features, e: Evidence) -> bool:
    """Two whole names, of who asks and of the other side, and one cause, within days, where nothing but a phone or a
    number is missing: a namesake has not the same opponent, unless it is the village's committee or an office."""
    reasons = set(e.reasons)
    named = {"name_equal", "cause_equal"} <= reasons and not reasons.isdisjoint(_NAMED_WHOLE)
    if not named or e.days > lexicon().limits["days_topic"] or not named_by_both(early, late):
        return False
    if e.other_phone or doubts(e) or any(r.endswith("_conflict") for r in reasons):
        return False
    told = [t.party for t in map(known, (early, late)) if t.party]
    if any(offices.parted(party) for party in told):
        return False
    firm = known(early).firm or known(late).firm
    if firm and not reasons.isdisjoint(_OF_MANY):
        return False
    return not of_two_counties(early.person.region, late.person.region)


def named_by_both(early: Features, late: Features) -> bool:
    return not names.thin(early.person.name or "") and not names.thin(late.person.name or "")
