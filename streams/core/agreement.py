"""How far two tellings agree, as the rules of one matter ask: by what was observed, and by their words. Pure."""

from __future__ import annotations

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core import counterparties
from streams.core.blocking import family_of
from streams.core.evidence import Evidence
from streams.core.traits import known
from streams.core.wording import shared_words, tells

SAME_TOPIC = frozenset({"cause_equal", "cause_alike"})
GIVEN_TWICE = frozenset({"counterparty_equal", "counterparty_short"})
"""The other side, in a field of each."""
NAMED_IN_TEXT = frozenset({"counterparty_mentioned", "counterparty_told"})
_DOUBTS = frozenset({
    "counterparty_unsaid", "counterparty_other", "counterparty_near", "counterparty_heard", "amount_conflict",
    "site_conflict", "estate_conflict", "purpose_unclear", "thing_other", "incident_other",
})  # fmt: skip
_CONTENT = frozenset({
    "purpose_equal", "estate_equal", "site_equal", "amount_equal", "counterparty_equal", "counterparty_told",
})  # fmt: skip


def party_agrees(e: Evidence) -> bool:
    return not counterparties.AGREE.isdisjoint(e.reasons)


def perhaps_two_causes(e: Evidence) -> bool:
    """Against one opponent, one cause of which only one side tells for certain, and no sum to say that it is one. Who
    files twice gives the opponent twice; who tells the same again may name him in passing."""
    twice = not GIVEN_TWICE.isdisjoint(e.reasons)
    return "cause_mentioned" in e.reasons and twice and "amount_equal" not in e.reasons


def doubts(e: Evidence) -> bool:
    """Something that agrees less than it should. A call in which the other side is not named is none."""
    return not _DOUBTS.isdisjoint(r for r in e.reasons if r != "counterparty_unsaid")


def in_the_same_words(early: Features, late: Features, e: Evidence) -> bool:
    """Within days of each other the same person tells something in words of which many are the same, names and what
    anybody writes left out. It takes more of them beside one opponent, against whom there may be two matters."""
    limits = lexicon().limits
    if e.days > limits["days_topic"] or doubts(e):
        return False
    if not of_one_document(early, late, e):
        return False
    unsure = not {"counterparty_equal", "family_conflict", "cause_mentioned"}.isdisjoint(e.reasons)
    least = limits["words_shared_party_min" if unsure else "words_shared_min"]
    if shared_words(early, late) < least:
        return False
    e.reasons.append("words_shared")
    return True


def of_one_content(early: Features, late: Features, e: Evidence) -> bool:
    """What is said of the kind alone does not do where each has a content of its own: whom one gives power to do what,
    what one declares."""
    each = lexicon().each
    if not all(c in each for f in (early, late) for c in known(f).causes):
        return True
    if not _CONTENT.isdisjoint(e.reasons):
        return True
    alike = shared_words(early, late) >= lexicon().limits["words_shared_min"]
    return alike or not all(tells(f, 0) for f in (early, late))


def of_one_document(early: Features, late: Features, e: Evidence) -> bool:
    """Requests for documents are written alike; what differs is the document, and what it is for."""
    if "notary" not in (family_of(early), family_of(late)):
        return True
    return {"item_equal", "purpose_equal"} <= set(e.reasons)
