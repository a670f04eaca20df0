"""What the HTTP API says of a ticket: the same answer to every number of its members, nothing personal in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from pydantic import BaseModel, Field
from sqlalchemy import Engine

from connectors.pushes import PushRow
from santai.projector.numbers import NotFound, find
from santai.projector.reading import Entry, TicketFile, reading, ticket_file
from santai.sentences import Narrator, waiting_result
from santai.words import Words, iso

CONFIDENTIAL = frozenset({"12309"})
"""Systems whose records are never shown on another channel: reports and complaints to the procuratorate."""


class Marked(BaseModel):
    """A field that could not be read: left out or replaced as the reason says, the record kept."""

    field: str
    title: str
    reason: str


class Member(BaseModel):
    """One record of the matter, as its system knows it."""

    system: str
    system_title: str
    number: str = Field(description="编号；系统没有给编号时为系统内主键")
    marks: list[Marked] = Field(description="无法识别的字段及原因；不含字段内容")


class Deadline(BaseModel):
    """A clock of the ticket as it stands."""

    clock: str
    title: str
    started_at: str
    due_at: str
    stage: str
    stage_title: str
    provisional: bool = Field(description="期限超出已公布的节假日安排，为暂定")


class Warned(BaseModel):
    """A clock reached a stage (电子预警)."""

    clock: str
    title: str
    stage: str
    stage_title: str
    at: str
    due_at: str


class Step(BaseModel):
    """Something that happened."""

    at: str
    what: str
    system: str | None
    system_title: str


class Telling(BaseModel):
    """What a system was told, and what became of it."""

    at: str | None
    system: str
    kind: str
    state: str | None
    result: str
    what: str


class Waiting(BaseModel):
    """What a system has not been told yet."""

    system: str
    system_title: str
    kind: str
    state: str | None
    since: str
    attempts: int
    result: str = Field(description="planned 待送，sending 发送中，retry 没有送到、稍后重送，unknown 上次结果不明")
    what: str


class Progress(BaseModel):
    """How a matter stands, whichever of its numbers was asked for."""

    ticket_id: str
    state: str | None
    state_title: str
    family: str | None
    family_title: str
    kind: str | None
    received_at: str | None = Field(description="最早一次登记的时间，时限自此起算")
    updated_at: str = Field(description="最近一次有动静的时间，并案不会使它倒退")
    members: list[Member]
    deadlines: list[Deadline]
    alerts: list[Warned]
    progress: list[Step]
    tellings: list[Telling]
    waiting: list[Waiting] = Field(description="还没有告知到的；自 since 起等待")


WaitingOf = Callable[[Collection[str]], Sequence[PushRow]]
"""Ticket ids → pushes about them that are not settled. Raises Retry when the ledger's database is in trouble."""


def progress(
    engine: Engine, number: str, words: Words, waiting_of: WaitingOf, confidential: Collection[str] = CONFIDENTIAL
) -> Progress:
    """How the matter with this number stands. Raises NotFound, Ambiguous, and Retry when a database is in trouble."""
    with reading(engine) as connection:
        asked = find(connection, number, confidential)
        found = ticket_file(connection, asked.ticket_id)
    hidden = frozenset(confidential) - asked.systems
    answer = _answer(found, words, hidden, waiting_of(found.group))
    if found.members and not answer.members:
        raise NotFound("没有查到这个编号")
    return answer


def _answer(found: TicketFile, words: Words, hidden: frozenset[str], waiting: Sequence[PushRow]) -> Progress:
    ticket = found.ticket
    narrator = Narrator(words, found.names)
    return Progress(
        ticket_id=ticket["ticket_id"],
        state=ticket["state"],
        state_title=words.state(ticket["state"]) or "未知",
        family=ticket["family"],
        family_title=words.family(ticket["family"]),
        kind=ticket["kind"],
        received_at=iso(ticket["received_at"]),
        updated_at=str(iso(ticket["at"])),
        members=[
            Member(
                system=m.system,
                system_title=words.system(m.system),
                number=m.shown,
                marks=[
                    Marked(field=f.field, title=words.field(f.field), reason=f.reason)
                    for f in found.flaws.get(m.submission_id, ())
                ],
            )
            for m in found.members
            if m.system not in hidden
        ],
        deadlines=[
            Deadline(
                clock=d["clock"],
                title=words.clock(d["clock"]),
                started_at=str(iso(d["started_at"])),
                due_at=str(iso(d["due_at"])),
                stage=d["stage"],
                stage_title=words.stage(d["stage"]),
                provisional=d["provisional"],
            )
            for d in found.deadlines
        ],
        alerts=[
            Warned(
                clock=a["clock"],
                title=words.clock(a["clock"]),
                stage=a["stage"],
                stage_title=words.stage(a["stage"]),
                at=str(iso(a["at"])),
                due_at=str(iso(a["due_at"])),
            )
            for a in found.alerts
            if a["system"] not in hidden
        ],
        progress=[
            Step(
                at=str(iso(entry.at)),
                what=narrator.tell(entry),
                system=narrator.system_of(entry),
                system_title=narrator.system(entry),
            )
            for entry in _open_to_all(found, hidden)
        ],
        tellings=[
            Telling(
                at=iso(t["at"]),
                system=t["system"],
                kind=t["kind"],
                state=t["state"],
                result=t["result"],
                what=narrator.telling({**t, "reason": ""}),
            )
            for t in found.tellings
            if t["system"] not in hidden
        ],
        waiting=[_waiting(push, narrator, words) for push in waiting if push.system not in hidden],
    )


def _waiting(push: PushRow, narrator: Narrator, words: Words) -> Waiting:
    return Waiting(
        system=push.system,
        system_title=words.system(push.system),
        kind=push.kind,
        state=push.state,
        since=str(iso(push.created_at)),
        attempts=push.attempts,
        result=waiting_result(push),
        what=narrator.waiting(push),
    )


# Links and reviews speak of other people's matters, tellings have a list of their own.
_SHOWN = frozenset({"TicketOpened", "SubmissionAttached", "SubmissionMoved", "TicketStateChanged", "TicketNoted"})


_NAMING = ("to_submission", "to_ticket", "from_ticket", "merged_into")


def _open_to_all(found: TicketFile, hidden: frozenset[str]) -> Iterable[Entry]:
    """Entries to show: none of a hidden system, and none that names what is not (or not any more) this matter."""
    known = {name.submission_id for name in found.members} | found.group
    known -= {name.submission_id for name in found.names.values() if name.system in hidden}
    for entry in found.story:
        named = {entry.ticket_id, *(entry.detail[key] for key in _NAMING if key in entry.detail)}
        if entry.submission_id is not None:
            named.add(entry.submission_id)
        if entry.type in _SHOWN and entry.system not in hidden and named <= known:
            yield entry
