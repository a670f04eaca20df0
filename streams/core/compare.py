"""Comparing two submissions: evidence for and against, and the relation it amounts to. Pure; reasons are codes.

SAME needs positive evidence of the person and of the subject, and nothing that contradicts: a wrong merge costs
somebody a statutory right, a missed one only a repetition.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import token_set_ratio

from schemas.events.book import Features
from schemas.events.common import Counterparty, Pair
from streams.core.blocking import keeps_to_itself, own_number

SAME, LINK, REVIEW = "SAME", "LINK", "REVIEW"

DAY_MS = 86_400_000
WINDOW_MS = 180 * DAY_MS  # lives that are further apart do not overlap by themselves
_LONG_MAX = 2**63 - 1
TEXT_SIMILAR_PERCENT = 60.0
TEXT_COMPARED_CHARS = 500
"""Who tells the same matter twice says so at the beginning; a text of any length must not cost seconds or megabytes."""
FOLLOW_UP_KINDS = {
    "follow-up": "follow-up",
    "progress": "follow-up",
    "supplement": "follow-up",
    "complaint": "complaint",
}

WEIGHTS = {
    "id_equal": 18.0, "phone_equal": 9.0, "name_equal": 7.0, "name_near": 4.0, "related_number": 14.0,
    "case_no_equal": 16.0, "doc_no_equal": 12.0, "counterparty_equal": 9.0, "incident_equal": 6.0, "item_equal": 2.0,
    "family_equal": 2.0, "text_similar": 3.0, "time_near": 1.0, "id_conflict": -30.0, "name_conflict": -8.0,
    "counterparty_conflict": -16.0, "incident_conflict": -6.0, "purpose_conflict": -16.0, "doc_no_conflict": -12.0,
    "case_no_conflict": -16.0, "family_conflict": -8.0, "phone_weightless": 0.0, "opposing_parties": -40.0,
    "time_far": -6.0,
}  # fmt: skip
"""log2 odds, roughly: how much likelier the observation is for one matter than for two."""


@dataclass(slots=True)
class Evidence:
    """What speaks for and against two submissions being one matter."""

    reasons: list[str] = field(default_factory=list)
    person: bool = False  # positively the same person
    person_weak: bool = False  # something points to the same person, not enough alone
    subject: bool = False  # positively the same subject
    contradiction: bool = False  # cannot be one matter, whatever else agrees

    def add(self, code: str) -> None:
        """Note one observation."""
        self.reasons.append(code)

    @property
    def score(self) -> float:
        """Sum of the weights of what was observed."""
        return sum(WEIGHTS[r] for r in self.reasons)


@lru_cache(maxsize=8_192)
def _names(a: str, b: str) -> str:
    """equal, masked (equal as far as both can be read), near (one character apart), conflict."""
    if a == b:
        return "equal"
    if "*" in a or "*" in b or "?" in a or "?" in b:
        return "masked" if len(a) == len(b) and _masked_equal(a, b) else "conflict"
    return "near" if min(len(a), len(b)) >= 2 and Levenshtein.distance(a, b, score_cutoff=1) == 1 else "conflict"


def _masked_equal(a: str, b: str) -> bool:
    wild = "*?"
    return all(x == y or x in wild or y in wild for x, y in zip(a, b, strict=True))


def _person(a: Features, b: Features, e: Evidence, phone_counts: bool) -> None:
    pa, pb = a.person, b.person
    ids = _equal(pa.id_number, pb.id_number)
    phones = _equal(pa.phone, pb.phone)
    names = _names(pa.name, pb.name) if pa.name and pb.name else None
    if ids is True:
        e.add("id_equal")
    elif ids is False:
        e.add("id_conflict")
        e.contradiction = True
    if phones is True:
        e.add("phone_equal" if phone_counts else "phone_weightless")
    if names:
        e.add("name_near" if names == "masked" else f"name_{names}")
    phone = phones is True and phone_counts
    # One ID number under unrelated names is a cadre typing his own: never SAME. One phone and one character of the
    # name apart may be a typing slip, or two siblings: only an ID number tells.
    e.person = (ids is True and names != "conflict") or (phone and names in ("equal", "masked"))
    e.person_weak = ids is True or phone
    if names == "conflict" and not (ids is True and phone):
        e.contradiction = True


def _equal(a: str | None, b: str | None) -> bool | None:
    return None if not a or not b else a == b


def _party(a: Counterparty | None, b: Counterparty | None) -> bool | None:
    if a is None or b is None:
        return None
    by_id = _equal(a.id_number, b.id_number)
    if by_id is not None:
        return by_id
    return None if not a.name or not b.name else _names(a.name, b.name) == "equal"


def _purpose(a: Features, b: Features) -> bool | None:
    """Systems word purposes each in their own way; only in notarial matters (公证) does another purpose, or another
    place of use, make another matter."""
    return _equal(a.purpose, b.purpose) if a.family == b.family == "notary" else None


def _subject(a: Features, b: Features, e: Evidence) -> None:
    quoted = own_number(a) in (*b.related_numbers, b.parent_no) or own_number(b) in (*a.related_numbers, a.parent_no)
    if quoted:
        e.add("related_number")
    checks = (
        ("case_no", _equal(a.case_no, b.case_no)), ("doc_no", _equal(a.doc_no, b.doc_no)),
        ("purpose", _purpose(a, b)), ("counterparty", _party(a.counterparty, b.counterparty)),
        ("incident", _equal(a.incident_date, b.incident_date)), ("family", _equal(a.family, b.family)),
    )  # fmt: skip
    found = dict(checks)
    for name, equal in checks:
        if equal is True and name != "purpose":
            e.add(f"{name}_equal")
        elif equal is False:
            e.add(f"{name}_conflict")
    if _equal(a.item, b.item):
        e.add("item_equal")
    far = abs(a.received_at - b.received_at) > WINDOW_MS
    e.add("time_far" if far else "time_near")
    if any(found[n] is False for n in ("case_no", "doc_no", "purpose", "counterparty")):
        e.contradiction = True
    e.subject = (
        found["case_no"] is True
        or (found["doc_no"] is True and found["purpose"] is not False)
        or (found["counterparty"] is True and found["incident"] is not False and not far)
        or (quoted and found["counterparty"] is not False)
    )


def _texts_similar(a: str | None, b: str | None) -> bool:
    if not a or not b:
        return False
    a, b = a[:TEXT_COMPARED_CHARS], b[:TEXT_COMPARED_CHARS]
    return token_set_ratio(a, b, score_cutoff=TEXT_SIMILAR_PERCENT) >= TEXT_SIMILAR_PERCENT


def compared(f: Features) -> Features:
    """What a block has to see of a submission: the beginning of the text, and nothing that is not compared."""
    return replace(f, title=None, agent=None, text=f.text[:TEXT_COMPARED_CHARS] if f.text else None)


def observe(a: Features, b: Features, *, phone_counts: bool = True, texts: bool = True) -> Evidence:
    """All evidence of a pair, that of the texts only if asked for; symmetric."""
    e = Evidence()
    _person(a, b, e, phone_counts)
    _subject(a, b, e)
    if texts and _texts_similar(a.text, b.text):
        e.add("text_similar")
    if _opposed(a, b):
        e.add("opposing_parties")
        e.contradiction = True
    return e


def _opposed(a: Features, b: Features) -> bool:
    return bool(
        a.counterparty and b.counterparty and a.person.name and b.person.name
        and a.counterparty.name == b.person.name and b.counterparty.name == a.person.name
    )  # fmt: skip


def contradicts(a: Features, b: Features) -> bool:
    """Whether the two can never be in one ticket, whoever brought them together, judged without the block that did.

    Stricter than a comparison: unrelated names under one ID number are for a person to look at.
    """
    if keeps_to_itself(a) or keeps_to_itself(b):
        return True
    e = observe(a, b, texts=False)  # what they say alike contradicts nothing
    return e.contradiction or "name_conflict" in e.reasons


def compare(a: Features, b: Features, *, phone_counts: bool = True) -> Pair | None:
    """The relation of two submissions with its reasons, strongest first, or None when nothing ties them together.

    `a` and `b` may come in either order; the pair names the earlier by (received at, id) first.
    """
    if keeps_to_itself(a) or keeps_to_itself(b):
        return None
    early, late = (a, b) if order(a) < order(b) else (b, a)
    e = observe(early, late, phone_counts=phone_counts)
    relation, link = _relation(early, late, e)
    if relation is None:
        return None
    return Pair(
        a=early.submission_id, b=late.submission_id, a_received_at=early.received_at, b_received_at=late.received_at,
        relation=relation, link_kind=link, score=e.score,
        reasons=tuple(sorted(e.reasons, key=lambda r: -abs(WEIGHTS[r]))), version=pair_version(early, late),
    )  # fmt: skip


def pair_version(a: Features, b: Features) -> int:
    """Rises with either submission's version, so it tells for which versions of both a pair was found."""
    return min(a.version + b.version, _LONG_MAX)


def order(f: Features) -> tuple[int, str]:
    """The legal order of submissions: earliest receipt first."""
    return f.received_at, f.submission_id


def _relation(early: Features, late: Features, e: Evidence) -> tuple[str | None, str | None]:
    if "opposing_parties" in e.reasons:
        # Mediation: one dispute with two applicants. Elsewhere a conflict of interest that nobody may be told of.
        return (LINK, "opponent") if early.family == late.family == "mediation" else (None, None)
    follow = FOLLOW_UP_KINDS.get(late.kind or "")
    if e.contradiction:
        incident = e.person and "counterparty_conflict" not in e.reasons and "incident_equal" in e.reasons
        return (LINK, "incident") if incident else (None, None)
    if "family_conflict" in e.reasons:
        return (LINK, "incident") if e.person and e.subject else (None, None)
    if follow and (e.person or e.person_weak) and (e.subject or "related_number" in e.reasons):
        return LINK, follow
    if {early.kind, late.kind} == {"consultation", "application"} and e.person and e.subject:
        return LINK, "incident"
    if e.person and e.subject:
        return (REVIEW if early.anonymous or late.anonymous else SAME), None
    if (e.person or e.person_weak) and (e.subject or "text_similar" in e.reasons):
        return REVIEW, None
    return None, None
