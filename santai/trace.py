"""The whole story of one ticket across systems, for the people who work on it: `santai trace NUMBER`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine

from connectors.ledger import Ledger
from connectors.pushes import PushRow
from santai.projector.numbers import find
from santai.projector.reading import Entry, TicketFile, reading, ticket_file
from santai.sentences import Narrator, waiting_result
from santai.words import Words, clock_time, iso


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: codes for programs, words for people."""

    at: int
    type: str
    system: str | None
    system_title: str
    what: str
    reasons: tuple[str, ...] = ()
    why: str = ""
    tone: str = ""
    """A rich style."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "at": iso(self.at),
            "type": self.type,
            "system": self.system,
            "system_title": self.system_title,
            "what": self.what,
            "reasons": list(self.reasons),
            "why": self.why or None,
        }


@dataclass(frozen=True, slots=True)
class Marked:
    """A field of a record that could not be read."""

    field: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Member:
    """One system's record in the ticket."""

    system: str
    system_title: str
    number: str
    source_key: str
    submission_id: str
    marks: tuple[Marked, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline as it stands."""

    clock: str
    title: str
    due_at: int
    stage: str
    stage_title: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """What a system has not been told yet, and how the last try ended. `since` is in the hub's own time."""

    since: int
    system: str
    system_title: str
    kind: str
    state: str | None
    result: str
    attempts: int
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All that `render` shows. Times are milliseconds since the epoch.

    `story` is in business time: when it happened, as the systems say, and as deadlines count. `tellings` are in the
    hub's own time: when a system was told and had answered. The two clocks need not agree.
    """

    number: str
    ticket_id: str
    state: str | None
    state_title: str
    family: str | None
    family_title: str
    received_at: int | None
    updated_at: int
    members: tuple[Member, ...]
    clocks: tuple[Clock, ...]
    story: tuple[Line, ...]
    tellings: tuple[Line, ...]
    waiting: tuple[Waits, ...] = ()
    earlier: int = 0
    """Earlier tickets of the person: the dossier has them."""

    def as_json(self) -> dict[str, Any]:
        """The same for programs: codes as in the answers over HTTP, titles beside them, times in ISO 8601."""
        return {
            "number": self.number,
            "ticket_id": self.ticket_id,
            "state": self.state,
            "state_title": self.state_title,
            "family": self.family,
            "family_title": self.family_title,
            "received_at": iso(self.received_at),
            "updated_at": iso(self.updated_at),
            "dossier": self.earlier,
            "members": [asdict(m) for m in self.members],
            "deadlines": [{**asdict(c), "due_at": iso(c.due_at)} for c in self.clocks],
            "story": [line.as_json() for line in self.story],
            "tellings": [line.as_json() for line in self.tellings],
            "waiting": [{**asdict(w), "since": iso(w.since)} for w in self.waiting],
        }


def trace(engine: Engine, number: str, words: Words | None = None, ledger: Ledger | None = None) -> Trace:
    """The story behind a number; what still waits is the ledger's to say. Raises NotFound, Ambiguous, and Retry when
    a database is in trouble."""
    words = words or Words.load()
    with reading(engine) as connection:
        found = ticket_file(connection, find(connection, number).ticket_id)
    waiting = ledger.waiting(words.systems, found.group) if ledger is not None else ()
    return _trace(number, found, words, waiting)


def _trace(number: str, found: TicketFile, words: Words, waiting: Sequence[PushRow]) -> Trace:
    ticket, narrator = found.ticket, Narrator(words, found.names)
    lines = [(entry.at, entry.seq, _line(entry, narrator)) for entry in found.story]
    lines += [(alert["at"], alert["seq"], _warning(alert, narrator)) for alert in found.alerts]
    told = [line for _at, _seq, line in sorted(lines, key=lambda item: item[:2])]
    return Trace(
        number=number,
        ticket_id=ticket["ticket_id"],
        state=ticket["state"],
        state_title=words.state(ticket["state"]),
        family=ticket["family"],
        family_title=words.family(ticket["family"]),
        received_at=ticket["received_at"],
        updated_at=ticket["at"],
        members=tuple(
            Member(
                m.system, words.system(m.system), m.shown, m.source_key, m.submission_id,
                tuple(Marked(f.field, words.field(f.field), f.reason) for f in found.flaws.get(m.submission_id, ())),
            )
            for m in found.members
        ),
        clocks=tuple(
            Clock(
                d["clock"], words.clock(d["clock"]), d["due_at"], d["stage"], words.stage(d["stage"]),
                bool(d["provisional"]),
            )
            for d in found.deadlines
        ),
        story=tuple(line for line in told if line.type != _TELLING),
        tellings=tuple(line for line in told if line.type == _TELLING),
        waiting=tuple(
            Waits(
                w.created_at, w.system, words.system(w.system), w.kind, w.state, waiting_result(w), w.attempts,
                w.reason, narrator.waiting(w, w.reason),
            )
            for w in waiting
        ),
        earlier=found.earlier,
    )  # fmt: skip


def _line(entry: Entry, narrator: Narrator) -> Line:
    tone = "red" if entry.detail.get("result") == "refused" else _TONES.get(entry.type, "")
    return Line(
        entry.at,
        entry.type,
        narrator.system_of(entry),
        narrator.system(entry),
        narrator.tell(entry),
        tuple(map(str, entry.detail.get("reasons", ()))),
        narrator.why(entry),
        tone,
    )


def _warning(alert: Mapping[str, Any], narrator: Narrator) -> Line:
    return Line(alert["at"], "Alert", None, "时限", narrator.alert(alert), tone=_STAGES.get(alert["stage"], ""))


_TELLING = "TicketTold"
_WAITING = {"planned": "", "sending": "", "retry": "yellow", "unknown": "red"}
_STAGES = {"near": "cyan", "yellow": "yellow", "red": "red"}
_TONES = {"TicketStateChanged": "bold", "SubmissionAttached": "green", "SubmissionMoved": "green"}


def render(told: Trace, console: Console) -> None:
    """Print the story: who is in it, how it stands, what happened and who was told, each in order of its own time."""
    console.print(f"[bold]编号 {escape(told.number)}[/bold]  →  办件 {told.ticket_id}")
    received = clock_time(told.received_at) if told.received_at is not None else "未知"
    facts = [f"状态 [bold]{told.state_title or '未知'}[/bold]", f"最早登记 {received}"]
    console.print("  ".join([*facts, *([f"类别 {told.family_title}"] if told.family else [])]))
    console.print(
        _table(("来源系统", "编号", "系统内主键"), [(m.system_title, m.number, m.source_key) for m in told.members])
    )
    if told.earlier:
        console.print(f"档案 此人此前另有 {told.earlier} 件，见 GET /tickets/{{编号}}/dossier", highlight=False)
    flaws = [(m.system_title, m.number, f.title, f.reason) for m in told.members for f in m.marks]
    if flaws:
        console.print(_table(("标记", "编号", "字段", "原因"), flaws))
    if told.clocks:
        rows = [
            (c.title, c.stage_title, clock_time(c.due_at) + ("（暂定）" if c.provisional else "")) for c in told.clocks
        ]
        console.print(_table(("时限", "进度", "期限"), rows))
    console.print("[bold]经过[/bold]（业务时间：各系统所记的发生时间，时限按此计算）")
    _print_lines(told.story, ("业务时间", "系统", "经过"), console)
    if told.tellings:
        console.print("[bold]告知[/bold]（枢纽时间：本枢纽推送并得到答复的时间，与业务时间不是同一个钟）")
        _print_lines(told.tellings, ("枢纽时间", "系统", "结果"), console)
    if told.waiting:
        console.print("[bold]尚未告知[/bold]（枢纽时间：自何时起等待）")
        lines = [
            Line(w.since, "Waiting", w.system, w.system_title, w.what, tone=_WAITING[w.result]) for w in told.waiting
        ]
        _print_lines(lines, ("枢纽时间", "系统", "情形"), console)


def _print_lines(lines: Sequence[Line], titles: Sequence[str], console: Console) -> None:
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for line in lines:
        why = f"\n  [dim]依据：{escape(line.why)}[/dim]" if line.why else ""
        what = f"[{line.tone}]{escape(line.what)}[/{line.tone}]" if line.tone else escape(line.what)
        table.add_row(clock_time(line.at), escape(line.system_title), what + why)
    console.print(table)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
