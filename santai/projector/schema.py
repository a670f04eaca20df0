"""Tables of the read model, and how rows of one key are merged.

Every table is a join-semilattice: rows of one key merge by "the greater order wins" (or "the first stands" where an
event can say a thing only one way). So events may come in any order, and any number of times, and end in the same rows.
Times are milliseconds since the epoch, UTC. No column holds personal data in the clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

BEFORE_ALL = -1
"""Order of what no event has said yet."""

TICKETS = Table(
    "tickets",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="highest seq seen"),
    Column("at", BigInteger, nullable=False, comment="latest time of anything that happened"),
    Column("state", Text),
    Column("merged_into", Text, comment="for MERGED"),
    Column("state_order", BigInteger, nullable=False),
    Column("family", Text),
    Column("kind", Text),
    Column("received_at", BigInteger, comment="earliest receipt"),
    Column("facts_order", BigInteger, nullable=False),
    Column("opened_at", BigInteger),
    Column("channel", Text),
    Column("urgent", Boolean),
    Column("opened", LargeBinary, comment="the TicketOpened record as it came: personal fields under seal"),
    Column("opened_order", BigInteger, nullable=False),
    Column("members_seq", BigInteger, nullable=False, comment="memberships of this seq are the current ones"),
    Column("members_at", BigInteger, nullable=False),
    Column("deadlines_seq", BigInteger, nullable=False, comment="deadlines of this seq are the current ones"),
)

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("submission_id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("number", Text, nullable=False, comment="empty: the system gave none"),
    Column("named_at", BigInteger, nullable=False),
    Column("ticket_id", Text, comment="the ticket that holds it now; follow merged_into to the root"),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("submission_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="current if it is the ticket's members_seq"),
    Column("position", Integer, comment="0 is the earliest member"),
)

STORY = Table(
    "story",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column("submission_id", Text),
    Column("at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("system", Text),
    Column("detail", Text, nullable=False, comment="JSON, nothing personal"),
)

ALERTS = Table(
    "alerts",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("ticket_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("clock", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("family", Text),
    Column("system", Text, nullable=False),
)

DEADLINES = Table(
    "deadlines",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="current if it is the ticket's deadlines_seq"),
    Column("started_at", BigInteger),
    Column("due_at", BigInteger),
    Column("stage", Text),
    Column("provisional", Boolean),
)

TELLINGS = Table(
    "tellings",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("push_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger),
    Column("system", Text),
    Column("kind", Text),
    Column("state", Text),
    Column("result", Text),
    Column("reason", Text),
)

MARKS = Table(
    "marks",
    METADATA,
    Column("submission_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("marks", Text, comment="JSON: fields that could not be read and why; no values"),
)

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("submission_id", Text, primary_key=True),
    Column("to_submission", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="open if it is the ticket's deadlines_seq: of its last summary"),
    Column("at", BigInteger, comment="since when"),
    Column("reasons", Text, comment="JSON: reason codes"),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("a", Text, primary_key=True, comment="of the two submission ids the smaller"),
    Column("b", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("same", Boolean),
    Column("by", Text, comment="account"),
    Column("reason", Text, comment="nothing personal: looked at before it was taken"),
)

PRIVACY = Table(
    "privacy",
    METADATA,
    Column("ticket_id", Text, primary_key=True, comment="also that of a submission that is in another ticket"),
    Column("seq", BigInteger, nullable=False),
    Column("confidential", Boolean),
)

DOSSIERS = Table(
    "dossiers",
    METADATA,
    Column("ticket_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("tickets", Integer, comment="how many earlier tickets of the person there are"),
    Column("told", LargeBinary, comment="the record as it came, the dossier in it under seal"),
)

OFFSETS = Table(
    "offsets",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)

REDRIVEN = Table(
    "redriven",
    METADATA,
    Column("topic", Text, primary_key=True, comment="the DLQ's name"),
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("to_topic", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("done", Boolean, nullable=False, comment="false: begun; the process may have died before Kafka had it"),
)

# A number may be as long as its system likes; PostgreSQL's hash index has no limit where its B-tree does.
Index("submissions_number", SUBMISSIONS.c.number, postgresql_using="hash")
Index("submissions_source_key", SUBMISSIONS.c.source_key, postgresql_using="hash")
Index("submissions_ticket", SUBMISSIONS.c.ticket_id)
Index("memberships_submission", MEMBERSHIPS.c.submission_id)
Index("tickets_merged_into", TICKETS.c.merged_into)
Index("story_ticket", STORY.c.ticket_id)
Index("story_submission", STORY.c.submission_id)
Index("reviews_to", REVIEWS.c.to_submission)
Index("alerts_ticket", ALERTS.c.ticket_id)


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are said together: the row whose `order` is greater gives them all."""

    order: tuple[str, ...]
    carried: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the group."""
        return self.order + self.carried


@dataclass(frozen=True, slots=True)
class Rule:
    """How rows of one key become one row. Columns in no group never change: the first row's stand."""

    table: Table
    groups: tuple[Group, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns."""
        return tuple(column.name for column in self.table.primary_key)

    def blank(self) -> dict[str, Any]:
        """A row that any other row outdoes."""
        row: dict[str, Any] = {column.name: None for column in self.table.columns}
        for group in self.groups:
            for name in group.order:
                row[name] = "" if isinstance(self.table.c[name].type, Text) else BEFORE_ALL
        return row

    def merge(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        """The one row that two full rows of one key make; the SQL of store.py does the same."""
        row = dict(old)
        for group in self.groups:
            if tuple(new[name] for name in group.order) > tuple(old[name] for name in group.order):
                row.update((name, new[name]) for name in group.columns)
        return row


RULES: Mapping[str, Rule] = {
    rule.table.name: rule
    for rule in (
        Rule(
            TICKETS,
            (
                Group(("seq",)),
                Group(("at",)),  # not that of the highest seq: an event may carry an earlier time than the one before
                Group(("state_order",), ("state", "merged_into")),
                Group(("facts_order",), ("family", "kind", "received_at")),
                Group(("opened_order",), ("opened_at", "channel", "urgent", "opened")),
                Group(("members_seq", "members_at")),
                Group(("deadlines_seq",)),
            ),
        ),
        Rule(SUBMISSIONS, (Group(("named_at", "number")),)),
        Rule(MEMBERSHIPS, (Group(("seq",), ("position",)),)),
        Rule(STORY),
        Rule(ALERTS),
        Rule(DEADLINES, (Group(("seq",), ("started_at", "due_at", "stage", "provisional")),)),
        Rule(REVIEWS, (Group(("seq",), ("at", "reasons")),)),
        Rule(DECISIONS, (Group(("at", "event_id"), ("same", "by", "reason")),)),
        Rule(PRIVACY, (Group(("seq",), ("confidential",)),)),
        Rule(DOSSIERS, (Group(("seq",), ("tickets", "told")),)),
        Rule(MARKS, (Group(("version",), ("marks",)),)),
        Rule(TELLINGS, (Group(("seq",), ("at", "system", "kind", "state", "result", "reason")),)),
    )
}
"""Folded tables, in the order in which they are written."""
