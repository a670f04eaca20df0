"""The whole story of one ticket across systems, for the people who work on it: `santai trace NUMBER`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine

from santai.projector.reading import Dossier, dossier, find, reading
from santai.sentences import Narrator
from santai.words import Words, clock_time, iso


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: int
    system: str
    what: str
    why: str = ""
    tone: str = ""
    """A rich style."""


@dataclass(frozen=True, slots=True)
class Member:
    """One system's record in the ticket."""

    system: str
    number: str
    source_key: str
    submission_id: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline as it stands."""

    name: str
    due_at: int
    stage: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """All that `render` shows. Times are milliseconds since the epoch."""

    number: str
    ticket_id: str
    state: str
    state_title: str
    family: str
    received_at: int | None
    members: tuple[Member, ...]
    clocks: tuple[Clock, ...]
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """The same for programs, times in ISO 8601."""
        return {
            "number": self.number,
            "ticket_id": self.ticket_id,
            "state": self.state or None,
            "state_title": self.state_title,
            "family": self.family or None,
            "received_at": iso(self.received_at),
            "members": [
                {"system": m.system, "number": m.number, "source_key": m.source_key, "submission_id": m.submission_id}
                for m in self.members
            ],
            "deadlines": [
                {"clock": c.name, "due_at": iso(c.due_at), "stage": c.stage, "provisional": c.provisional}
                for c in self.clocks
            ],
            "story": [{"at": iso(x.at), "system": x.system, "what": x.what, "why": x.why or None} for x in self.lines],
        }


def trace(engine: Engine, number: str, words: Words | None = None) -> Trace:
    """The story behind a number. Raises NotFound, Ambiguous, and Retry when the database is in trouble."""
    words = words or Words.load()
    with reading(engine) as connection:
        found = dossier(connection, find(connection, number).ticket_id)
    return _trace(number, found, words)


def _trace(number: str, found: Dossier, words: Words) -> Trace:
    ticket = found.ticket
    return Trace(
        number=number,
        ticket_id=ticket["ticket_id"],
        state=ticket["state"] or "",
        state_title=words.state(ticket["state"]),
        family=words.family(ticket["family"]),
        received_at=ticket["received_at"],
        members=tuple(Member(words.system(m.system), m.shown, m.source_key, m.submission_id) for m in found.members),
        clocks=tuple(
            Clock(words.clock(d["clock"]), d["due_at"], words.stage(d["stage"]), bool(d["provisional"]))
            for d in found.deadlines
        ),
        lines=_lines(found, words),
    )


def _lines(found: Dossier, words: Words) -> tuple[Line, ...]:
    narrator = Narrator(words, found.names)
    dated: list[tuple[int, int, Line]] = []
    for entry in found.story:
        tone = "red" if entry.detail.get("result") == "refused" else _TONES.get(entry.type, "")
        line = Line(entry.at, narrator.system(entry), narrator.tell(entry), narrator.why(entry), tone)
        dated.append((entry.at, entry.seq, line))
    for alert in found.alerts:
        line = Line(alert["at"], "时限", narrator.alert(alert), "", _STAGES.get(alert["stage"], ""))
        dated.append((alert["at"], alert["seq"], line))
    return tuple(line for _at, _seq, line in sorted(dated, key=lambda item: item[:2]))


_STAGES = {"near": "cyan", "yellow": "yellow", "red": "red"}
_TONES = {"TicketStateChanged": "bold", "SubmissionAttached": "green", "SubmissionMoved": "green"}


def render(told: Trace, console: Console) -> None:
    """Print the story: who is in it, how it stands, and what happened in order of time (local)."""
    console.print(f"[bold]编号 {escape(told.number)}[/bold]  →  办件 {told.ticket_id}")
    received = clock_time(told.received_at) if told.received_at is not None else "未知"
    facts = [f"状态 [bold]{told.state_title or '未知'}[/bold]", f"最早登记 {received}"]
    console.print("  ".join([*facts, *([f"类别 {told.family}"] if told.family else [])]))
    console.print(
        _table(("来源系统", "编号", "系统内主键"), [(m.system, m.number, m.source_key) for m in told.members])
    )
    if told.clocks:
        rows = [(c.name, c.stage, clock_time(c.due_at) + ("（暂定）" if c.provisional else "")) for c in told.clocks]
        console.print(_table(("时限", "进度", "期限"), rows))
    story = Table("时间", "系统", "经过", box=None, pad_edge=False, header_style="bold")
    for line in told.lines:
        why = f"\n  [dim]依据：{escape(line.why)}[/dim]" if line.why else ""
        what = f"[{line.tone}]{escape(line.what)}[/{line.tone}]" if line.tone else escape(line.what)
        story.add_row(clock_time(line.at), escape(line.system), what + why)
    console.print(story)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
