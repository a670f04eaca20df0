"""What two submissions are about, and whether it is the same: numbers, the other side, cause, purpose, day, sum.

Cheap observations come first; whether the texts are alike is asked only where the rest leaves it open.
"""

from __future__ import annotations

import re
from datetime import date

from mappings.lexicon import OWN_WORDS, lexicon
from schemas.events.book import Features, Traits
from streams.core import counterparties
from streams.core.blocking import family_of, own_number
from streams.core.cause_evidence import compare_causes
from streams.core.causes import group_of
from streams.core.evidence import CERTAIN, DAY_MS, DECISIVE, NOTHING, STRONG, TOPIC, Evidence
from streams.core.reading import read_as
from streams.core.traits import NUMBER_CHARS_MIN, amounts_agree, bare_number, known, one_sum, overlap
from streams.core.uses import observe_use
from streams.core.wording import tells

_UNCLEAR = frozenset({"purpose_unclear", "thing_other", "incident_other"})
_ANOTHER = frozenset({"thing_other", "estate_conflict", "incident_other"})
_NUMBERED = frozenset({"case_no_equal", "doc_no_equal"})
_USED = frozenset({"place_equal", "purpose_equal", "site_equal"})
_NO_TOPIC = frozenset({None, "counterparty_unsaid", "counterparty_other"})
_SENT_BACK = re.compile("退回|退件|退单|补正|补齐|补全|上次说缺|上次缺|重新提交|再次提交")
_LEAP_YEAR = 2024  # texts tell the month and the day
_SILENT_MAX = 16  # below this a record names a service, and not what it is about


def observe_subject(a: Features, b: Features, e: Evidence) -> None:
    """What: numbers, the other side, cause, purpose, day, sum. Sets how strong it is, and what contradicts."""
    say, family_a, family_b = e.reasons.append, family_of(a), family_of(b)
    ta, tb = read_as(known(a), family_a, family_b), read_as(known(b), family_b, family_a)
    e.days = abs(a.received_at - b.received_at) / DAY_MS
    _quoted(a, b, ta, tb, e)
    same_family = family_a == family_b if family_a and family_b else not _apart(family_a, ta, family_b, tb)
    if (family_a and family_b) or not same_family:
        say("family_equal" if same_family else "family_conflict")
    party = counterparties.compare_parties(a, b, ta, tb, e)
    if party:
        say(party)
    cause = compare_causes(ta, tb, one_party=party in counterparties.AGREE)
    if cause and (same_family or cause != "cause_conflict"):
        say(cause)
    _numbers(a, b, e, same_family=same_family)
    documents = all(t.causes and t.causes[0].startswith("notary") for t in (ta, tb))
    notary = same_family and (documents or "notary" in (family_a, family_b))
    observe_use(a, b, ta, tb, e, notary=notary)
    _times_and_sums(a, b, ta, tb, e)
    if ta.group != tb.group:
        say("group_claim")
        e.contradiction |= "." in "".join((*ta.causes, *tb.causes))
    if _equal(a.item, b.item):
        say("item_equal")
    other_cause = cause == "cause_conflict" and same_family and not e.parent
    e.other_cause = other_cause and any(group_of(c) == group_of(d) for c in ta.causes for d in tb.causes)
    e.contradiction |= other_cause or party == "counterparty_conflict"
    if (party in counterparties.AGREE or cause == "cause_equal") and same_family and _again(a, b):
        say("handed_in_again")
    e.subject = _strength(a, b, ta, tb, e, party, cause, notary=notary)


def _numbers(a: Features, b: Features, e: Evidence, *, same_family: bool) -> None:
    found = {"case_no": _equal(a.case_no, b.case_no), "doc_no": _equal(a.doc_no, b.doc_no) if same_family else None}
    for what, equal in found.items():
        if equal is not None:
            e.reasons.append(f"{what}_{'equal' if equal else 'conflict'}")
            e.contradiction |= not equal


def _times_and_sums(a: Features, b: Features, ta: Traits, tb: Traits, e: Evidence) -> None:
    limits = lexicon().limits
    day = _day(a, b, ta, tb, limits["days_incident_near"])
    if day:
        e.reasons.append(day)
        e.contradiction |= day == "incident_conflict" and not e.quoted
    amount = amounts_agree(ta.amounts, tb.amounts)
    if amount is not None:
        e.reasons.append("amount_equal" if amount else "amount_conflict")
    near = e.days <= limits["days_near"]
    if near or e.days > limits["days_apart_max"]:
        e.reasons.append("time_near" if near else "time_far")


def _apart(family_a: str | None, ta: Traits, family_b: str | None, tb: Traits) -> bool:
    """Whether one is a notarial matter or an appraisal, and the other, naming no family, is about something else."""
    for family, other in ((family_a, tb), (family_b, ta)):
        if family in OWN_WORDS and other.causes and not any(group_of(c) == family for c in other.causes):
            return True
    return False


def _strength(
    a: Features, b: Features, ta: Traits, tb: Traits, e: Evidence, party: str | None, cause: str | None, *, notary: bool
) -> int:
    """How far the subjects are the same, by what was said of them."""
    said, limits = set(e.reasons), lexicon().limits
    numbered = not said.isdisjoint(_NUMBERED) and party != "counterparty_near"
    if numbered or (e.quoted and party != "counterparty_conflict"):
        return DECISIVE
    if e.days > limits["days_notary_max" if notary else "days_apart_max"]:
        return NOTHING
    exact, soon, clear = cause == "cause_equal", e.days <= limits["days_topic"], said.isdisjoint(_UNCLEAR)
    dated = "incident_equal" in said and clear and party != "counterparty_other"
    sum_equal = "amount_equal" in said
    if party in counterparties.AGREE:
        told = exact or sum_equal or _told_of_one(a, b, e, cause, dated=dated or soon)
        return STRONG if told and ((sum_equal and exact) or said.isdisjoint(_ANOTHER)) else TOPIC
    if party == "counterparty_near":
        return TOPIC  # another firm of that sound, or the same
    if party == "counterparty_heard":
        again = e.person == CERTAIN and e.days <= limits["days_record"]
        to_the_yuan = sum_equal and one_sum(ta.amounts, tb.amounts)
        return STRONG if exact and (to_the_yuan or again) else TOPIC
    strong = sum_equal and soon and cause != "cause_conflict"  # the same sum within days
    strong |= exact and (dated or (sum_equal and e.days <= limits["days_near"]))
    strong |= notary and exact and clear and _used_alike(ta, tb, said, soon=soon)
    if strong:
        return STRONG if "estate_conflict" not in said else TOPIC
    return TOPIC if cause not in (None, "cause_conflict") or dated or party not in _NO_TOPIC else NOTHING


def _told_of_one(a: Features, b: Features, e: Evidence, cause: str | None, *, dated: bool) -> bool:
    """Beside one opponent: causes that are alike, one that is vague, a record that tells nothing, or one that says
    that it is handed in again."""
    silent = not (known(a).causes or known(b).causes) and any(
        len(known(f).words or "") < _SILENT_MAX and not tells(f) for f in (a, b)
    )
    if silent and e.days <= lexicon().limits["days_topic"]:
        return True
    if cause is None:
        return "handed_in_again" in e.reasons
    vague = any(not any("." in c for c in known(f).causes) and not tells(f) for f in (a, b))
    return dated and (cause == "cause_alike" or (cause == "cause_group" and vague))


def _used_alike(ta: Traits, tb: Traits, said: set[str], *, soon: bool) -> bool:
    """Whether two documents are for one use or of one thing. Power to sell, after weeks, may be power to sell another
    house."""
    if "site_equal" in said:
        return True
    if not soon and not lexicon().each.isdisjoint((*ta.causes, *tb.causes)):
        return False
    return not said.isdisjoint(_USED) or (soon and "estate_equal" in said)


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


def _day(a: Features, b: Features, ta: Traits, tb: Traits, near_days: int) -> str | None:
    x, y = a.incident_date, b.incident_date
    if x and y:
        if x == y:
            return "incident_equal"
        return None if _days_between(x, y) <= near_days else "incident_conflict"
    if not ta.days or not tb.days:
        return None
    if overlap(ta.days, tb.days):
        return "incident_equal"
    near = any(_days_between(f"{_LEAP_YEAR}-{d}", f"{_LEAP_YEAR}-{c}") <= near_days for d in ta.days for c in tb.days)
    return None if near else "incident_other"


def _days_between(x: str, y: str) -> int:
    try:
        return abs((date.fromisoformat(x) - date.fromisoformat(y)).days)
    except ValueError:
        return 10**6


def _again(a: Features, b: Features) -> bool:
    """Whether the later one says that it is handed in once more, after it was sent back."""
    late = max((a, b), key=lambda f: (f.received_at, f.submission_id))
    return _SENT_BACK.search(known(late).words or "") is not None


def _equal(a: str | None, b: str | None) -> bool | None:
    return None if not a or not b else a == b
