"""What two submissions are about, and whether it is the same: numbers, the other side, cause, purpose, day, sum.

Cheap observations come first; whether the texts are alike is asked only where the rest leaves it open.
"""

from __future__ import annotations

import re
from datetime import date

from rapidfuzz.fuzz import ratio

from mappings.lexicon import OWN_WORDS, lexicon
from schemas.events.book import Features, Traits
from schemas.events.common import Counterparty
from streams.core import firms, names, offices, parties
from streams.core.blocking import family_of, own_number
from streams.core.causes import compare_causes, group_of
from streams.core.estates import observe_estate
from streams.core.evidence import CERTAIN, DAY_MS, DECISIVE, LIKELY, NOTHING, STRONG, TOPIC, Evidence
from streams.core.opponents import one_named, others_named
from streams.core.reading import read_as
from streams.core.traits import (
    NUMBER_CHARS_MIN,
    amounts_agree,
    bare_number,
    known,
    one_sum,
    purpose_alone,
    sites_agree,
)
from streams.core.wording import tells

PARTY_AGREES = frozenset({"counterparty_equal", "counterparty_mentioned", "counterparty_short", "counterparty_told"})
_UNCLEAR = frozenset({"purpose_unclear", "thing_other"})
_OF_SEVERAL = {
    "notary.": "paper", "injury.product": "goods", "consumer.": "goods", "contract.sale": "goods", "house.sale": "home",
}  # fmt: skip
_SENT_BACK = re.compile("退回|退件|退单|补正|补齐|补全|上次说缺|上次缺|重新提交|再次提交")
_UNNAMED = frozenset({None, "counterparty_unsaid"})
_SILENT_MAX = 16  # below this a record names a service, and not what it is about
_TELLS_MIN = 30  # characters of title and text


def observe_subject(a: Features, b: Features, e: Evidence) -> None:
    """What: numbers, the other side, cause, purpose, day, sum. Sets how strong it is, and what contradicts."""
    say, limits = e.reasons.append, lexicon().limits
    family_a, family_b = family_of(a), family_of(b)
    ta, tb = read_as(known(a), family_a, family_b), read_as(known(b), family_b, family_a)
    e.days = abs(a.received_at - b.received_at) / DAY_MS
    _quoted(a, b, ta, tb, e)
    same_family = family_a == family_b if family_a and family_b else not _apart(family_a, ta, family_b, tb)
    if (family_a and family_b) or not same_family:
        say("family_equal" if same_family else "family_conflict")
    party = _party(a, b, ta, tb)
    if party == "counterparty_near" and "hotline" in (a.channel, b.channel) and _heard(ta.party, tb.party):
        party = "counterparty_heard"  # a name that was told over the phone
    if party in _UNNAMED and e.person >= LIKELY and others_named(a, b):
        party = "counterparty_other"
    elif party in _UNNAMED and e.person == CERTAIN and one_named(a, b):
        party = "counterparty_told"
    if party:
        say(party)
    cause = compare_causes(ta, tb, one_party=party in PARTY_AGREES)
    if cause and (same_family or cause != "cause_conflict"):
        say(cause)
    numbers = [_equal(a.case_no, b.case_no), _equal(a.doc_no, b.doc_no) if same_family else None]
    for what, equal in zip(("case_no", "doc_no"), numbers, strict=True):
        if equal is not None:
            say(f"{what}_{'equal' if equal else 'conflict'}")
    documents = all(t.causes and t.causes[0].startswith("notary") for t in (ta, tb))
    notary = same_family and (documents or "notary" in (family_a, family_b))
    used = _used(a, b, ta, tb) if notary else []
    if cause == "cause_equal" and _overlap(_things(ta), _things(tb)) is False:
        used.append("thing_other")
    e.reasons.extend(used)
    if estate := observe_estate(ta, tb, (a.purpose, b.purpose)):
        say(estate)
    if estate == "estate_equal" and e.days <= limits["days_topic"]:
        if "purpose_unclear" in used:  # of one thing for one person, whatever words tell it
            e.reasons.remove("purpose_unclear")
            used.remove("purpose_unclear")
        used.append(estate)
    day = _day(a, b, ta, tb, limits["days_incident_near"])
    if day:
        say(day)
    amount = amounts_agree(ta.amounts, tb.amounts)
    if amount is not None:
        say("amount_equal" if amount else "amount_conflict")
    site = sites_agree(ta.sites, tb.sites) if notary else None
    if site and "purpose_unclear" in e.reasons:
        e.reasons.remove("purpose_unclear")  # of one house, whatever words it is for
        used.remove("purpose_unclear")
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
    e.other_cause = other_cause and any(group_of(c) == group_of(d) for c in ta.causes for d in tb.causes)
    against = (
        party == "counterparty_conflict",
        False in numbers,
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
    silent = not (ta.causes or tb.causes) and any(
        len(known(f).words or "") < _SILENT_MAX and not tells(f) for f in (a, b)
    )
    vague = cause == "cause_group" and any(not any("." in c for c in known(f).causes) and not tells(f) for f in (a, b))
    if (party in PARTY_AGREES or cause == "cause_equal") and same_family and _again(a, b):
        say("handed_in_again")
    e.subject = _strength(
        e, True in numbers, party, cause, day, amount, used, notary, silent, vague, site,
        to_the_yuan=amount is True and one_sum(ta.amounts, tb.amounts),
        each=notary and not lexicon().each.isdisjoint((*ta.causes, *tb.causes)),
    )  # fmt: skip
    if estate == "estate_conflict" and e.subject == STRONG:
        e.subject = TOPIC


def _apart(family_a: str | None, ta: Traits, family_b: str | None, tb: Traits) -> bool:
    """Whether one is a notarial matter or an appraisal, and the other, naming no family, is about something else."""
    for family, other in ((family_a, tb), (family_b, ta)):
        if family in OWN_WORDS and other.causes and not any(group_of(c) == family for c in other.causes):
            return True
    return False


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
    vague: bool,
    site: bool | None,
    *,
    to_the_yuan: bool,
    each: bool,
) -> int:
    limits = lexicon().limits
    if (numbered and party != "counterparty_near") or (e.quoted and party != "counterparty_conflict"):
        return DECISIVE
    exact = cause == "cause_equal"
    dated = day == "incident_equal" and _UNCLEAR.isdisjoint(used) and party != "counterparty_other"
    if e.days > limits["days_notary_max" if notary else "days_apart_max"]:
        return NOTHING
    soon = e.days <= limits["days_topic"]
    if party in PARTY_AGREES:
        told = "thing_other" not in used and (
            exact
            or amount is True
            or (silent and soon)
            or (cause is None and "handed_in_again" in e.reasons)
            or (cause == "cause_alike" and (dated or soon))
            or (cause == "cause_group" and vague and (dated or soon))
        )
        return STRONG if told else TOPIC
    if party == "counterparty_near":
        return TOPIC  # another firm of that sound, or the same
    if party == "counterparty_heard":
        again = e.person == CERTAIN and e.days <= limits["days_record"]
        return STRONG if exact and (to_the_yuan or again) else TOPIC
    if amount is True and soon and cause != "cause_conflict":
        return STRONG  # the same sum within days
    if exact and (dated or (amount is True and e.days <= limits["days_near"])):
        return STRONG
    if each and e.days > limits["days_topic"] and not site:
        return TOPIC  # power to sell, after weeks, may be power to sell another house
    if notary and exact and _UNCLEAR.isdisjoint(used) and (site or any(u.endswith("equal") for u in used)):
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
    p, q = ta.party, tb.party
    if p and q:
        found = parties.relation(p, q, ta.firm or tb.firm)
        if found == parties.SHORT and x and y:
            found = parties.short_or_another(x.name or "", y.name or "")
        if found in (parties.NEAR, parties.THIN) and _same_phone(x, y):
            return "counterparty_equal"
        if found != parties.THIN:
            return f"counterparty_{found}"
        p, q = (None if names.thin(n) or offices.bare(n) else n for n in (p, q))  # 老王, 村里: as good as not named
    if _same_phone(x, y):
        return "counterparty_equal"
    if p or q:
        said = parties.mentioned(p, tb.words or "") if p else None
        if q:
            said = parties.mentioned(q, ta.words or "") or said
        if said:
            return "counterparty_mentioned" if said == parties.EQUAL else "counterparty_near"
    mine = (p, *ta.parties) if p else ta.parties
    yours = (q, *tb.parties) if q else tb.parties
    if any(firms.cut_alike(m, n) or _misheard(m, n) for m in mine for n in yours):
        return "counterparty_told"
    if _names_it(mine, tb) or _names_it(yours, ta):
        return "counterparty_told"
    if mine and yours:
        alike = any(_firms_alike(m, n) for m in mine for n in yours)
        if not alike and any(firms.perhaps_one(m, n) for m in mine for n in yours):
            return None
        return "counterparty_near" if alike else "counterparty_other"
    unsaid = (p and _has_text(tb)) or (q and _has_text(ta))
    return "counterparty_unsaid" if unsaid else None


def _heard(p: str | None, q: str | None) -> bool:
    return not (p and q) or parties.heard_alike(p, q)


def _firms_alike(p: str, q: str) -> bool:
    return all(map(parties.is_organisation, (p, q))) and parties.relation(p, q, True) != parties.CONFLICT


def _misheard(p: str, q: str) -> bool:
    """Whether two people's names are one: what is told of a person may be misheard."""
    return not any(map(parties.is_organisation, (p, q))) and parties.relation(p, q) == parties.EQUAL


def _names_it(told: tuple[str, ...], t: Traits) -> bool:
    """Whether a text names, as people shorten it, the firm that the other one names in full."""
    words = t.words or ""
    return any(parties.is_organisation(p) and parties.mentioned(p, words) == parties.EQUAL for p in told)


def _has_text(t: Traits) -> bool:
    """Whether it tells enough for the other side to be named, had it been known."""
    return len(t.words or "") >= _TELLS_MIN


def _same_phone(x: Counterparty | None, y: Counterparty | None) -> bool:
    return x is not None and y is not None and bool(x.phone) and x.phone == y.phone


def _used(a: Features, b: Features, ta: Traits, tb: Traits) -> list[str]:
    """Where and for what a document is to be used: another place or purpose is another document."""
    found = []
    place = _overlap(ta.places, tb.places)
    if place is not None:
        found.append("place_equal" if place else "place_conflict")
    purpose = True if a.purpose and a.purpose == b.purpose else _overlap(ta.purposes, tb.purposes)
    if purpose is None and a.purpose and b.purpose:
        x, y = purpose_alone(a.purpose), purpose_alone(b.purpose)
        alike = (x in y or y in x or ratio(x, y) >= lexicon().limits["text_similar_percent"]) if x and y else None
        if alike is False:
            found.append("purpose_unclear")  # one of them is said in words nobody listed
        else:
            purpose = alike
    elif purpose is None and (_unknown_use(a, ta, tb) or _unknown_use(b, tb, ta)):
        found.append("purpose_unclear")
    if purpose is not None:
        found.append("purpose_equal" if purpose else "purpose_conflict")
    return found


def _things(t: Traits) -> tuple[str, ...]:
    """What one cause has several of: papers, goods, what a seller of homes owes."""
    kinds = {kind for cause, kind in _OF_SEVERAL.items() if any(c.startswith(cause) for c in t.causes)}
    return tuple(what for what in lexicon().things.find(t.words or "") if what.partition(".")[0] in kinds)


def _unknown_use(f: Features, t: Traits, other: Traits) -> bool:
    """Whether one names a use in words nobody listed, and the other one tells of another, and not of that."""
    if not f.purpose or t.purposes or not other.purposes:
        return False
    use = purpose_alone(f.purpose)
    return bool(use) and use not in (other.words or "")


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


def _again(a: Features, b: Features) -> bool:
    """Whether the later one says that it is handed in once more, after it was sent back."""
    late = max((a, b), key=lambda f: (f.received_at, f.submission_id))
    return _SENT_BACK.search(known(late).words or "") is not None


def _equal(a: str | None, b: str | None) -> bool | None:
    return None if not a or not b else a == b


def _overlap(a: tuple[object, ...], b: tuple[object, ...]) -> bool | None:
    return None if not a or not b else any(x in b for x in a)
