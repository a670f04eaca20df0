"""Announcements: one publication's events, numbered by ticket, and what is remembered as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from schemas.events.book import BookContents, Features, Note
from schemas.events.common import Member, Person
from schemas.events.dossier import Dossier
from schemas.events.ticket import (
    Alert,
    DossierChanged,
    ReviewAsked,
    ReviewDecided,
    SubmissionAttached,
    SubmissionLinked,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketStateChanged,
    TicketTold,
)
from schemas.ids import deterministic_id
from streams.core.clocks import ClockStatus
from streams.core.component import Component, Link, Ticket
from streams.core.dossier import summary as dossier_summary
from streams.core.entries import ATTACHED, Entry
from streams.core.questions import later_first, open_reviews, other_of
from streams.core.snapshot import deadlines_of, summary_of, ticket_state
from streams.core.stages import STAGES, reached_at, stage_label

TicketEvent = (
    TicketOpened | SubmissionAttached | SubmissionLinked | ReviewAsked | ReviewDecided | SubmissionMoved
    | TicketStateChanged | TicketNoted | TicketTold | Alert | DossierChanged
)  # fmt: skip
_E = TypeVar("_E", bound=TicketEvent)
_NO_CLOCK_KINDS = frozenset({"follow-up"})


def member_of(f: Features) -> Member:
    """A submission as the systems know it."""
    return Member(submission_id=f.submission_id, system=f.system, source_key=f.source_key, number=f.number)


class Announcer:
    """One publication. Collects events; nothing outside sees it."""

    def __init__(
        self, book: BookContents, component: Component, dossiers: Mapping[str, Dossier], cause_id: str
    ) -> None:
        self.events: list[TicketEvent | TicketState] = []
        self._book = book
        self._component = component
        self._dossiers = dossiers
        self._cause_id = cause_id
        before = {p.submission_id: p for p in book.published}
        self._entries = {m.submission_id: Entry.of(m.submission_id, before.get(m.submission_id)) for m in book.members}
        self._foreign = tuple(p for p in book.published if p.submission_id not in self._entries)
        self._members = {t.ticket_id: tuple(map(member_of, t.members)) for t in component.tickets}
        self._inside: list[Features] = []

    def _emit(self, event_type: type[_E], ticket_id: str, at: int, subject: str, /, **fields: Any) -> None:
        entry = self._entries[ticket_id]
        entry.seq += 1
        event = event_type(
            event_id=deterministic_id(event_type.__name__, ticket_id, entry.seq, subject),
            ticket_id=ticket_id,
            at=at,
            seq=entry.seq,
            cause_id=self._cause_id,
            members=self._members.get(fields.get("merged_into") or ticket_id, ()),
            **fields,
        )
        self.events.append(event)

    def placements(self, ticket: Ticket) -> None:
        """Opened, attached, moved: where each member is now."""
        for member in ticket.members:
            entry = self._entries[member.submission_id]
            if entry.ticket_id == ticket.ticket_id:
                continue
            before, entry.ticket_id = entry.ticket_id, ticket.ticket_id
            if before:
                self._move(ticket, member, before)
            elif member is ticket.head:
                self._open(ticket)
            else:
                self._attach(ticket, member)
            if member is not ticket.head:
                entry.state = entry.state or ATTACHED
                self._inside.append(member)

    def _open(self, ticket: Ticket) -> None:
        """Whoever asks for confidence (保密) is not named to others: the system that was told may be asked."""
        head = ticket.head
        person = Person() if head.confidential else head.person
        dossier, entry = self._dossiers.get(ticket.ticket_id), self._entries[ticket.ticket_id]
        entry.state, entry.dossier = "RECEIVED", dossier_summary(dossier)
        self._emit(
            TicketOpened, ticket.ticket_id, head.received_at, head.submission_id,
            submission_id=head.submission_id, system=head.system, family=head.family, kind=head.kind,
            received_at=head.received_at, channel=head.channel, person_name=person.name,
            id_number=person.id_number, phone=person.phone, region=head.person.region,
            title=head.title, text=head.text, urgent=head.urgent, dossier=dossier,
        )  # fmt: skip

    def _attach(self, ticket: Ticket, member: Features) -> None:
        via = ticket.via[member.submission_id]
        self._emit(
            SubmissionAttached, ticket.ticket_id, member.received_at, member.submission_id,
            submission_id=member.submission_id, to_submission=via.a if via else ticket.ticket_id,
            score=via.score if via else 0.0, reasons=via.reasons if via else ("ruling",),
        )  # fmt: skip

    def _move(self, ticket: Ticket, member: Features, before: str) -> None:
        sid, at = member.submission_id, max(member.received_at, ticket.head.received_at)
        via = ticket.via[sid]
        reasons = via.reasons if via else ("ruling",) if sid != ticket.ticket_id else ("new_evidence",)
        for under in (before, ticket.ticket_id):
            if under != ticket.ticket_id or self._entries[under].opened:
                self._emit(
                    SubmissionMoved, under, at, sid,
                    submission_id=sid, from_ticket=before, to_ticket=ticket.ticket_id, reasons=reasons,
                )  # fmt: skip
        entry = self._entries[sid]
        if before == sid:  # its own ticket has gone into this one
            self._change(sid, at, "MERGED", member, note=None, merged_into=ticket.ticket_id)
        elif sid == ticket.ticket_id and not entry.opened:
            self._open(ticket)

    def _change(
        self, ticket_id: str, at: int, state: str, by: Features, *, note: Note | None, merged_into: str | None = None
    ) -> None:
        entry = self._entries[ticket_id]
        previous, entry.state = entry.state, state
        self._emit(
            TicketStateChanged, ticket_id, at, note.event_id if note else state,
            state=state, previous=previous, submission_id=note.submission_id if note else by.submission_id,
            system=note.system if note else by.system, merged_into=merged_into, note=note.note if note else None,
            family=by.family,
        )  # fmt: skip

    def notes(self, ticket: Ticket) -> None:
        """State changes, and what happened that is no state. A status that comes late, or that the table does not
        allow at its time, is told as such: nothing moves back."""
        head = self._entries[ticket.ticket_id]
        announced = {n for m in ticket.members for n in self._entries[m.submission_id].notes}
        position = {s.note_id: i for i, s in enumerate(ticket.steps)}
        last = max((position[n] for n in announced if n in position), default=0)
        for note in ticket.notes:
            if note.event_id in announced:
                continue
            self._entries[note.submission_id].notes.append(note.event_id)
            if note.state is not None and note.state == head.state:
                continue  # another member says the same, perhaps of the same moment: no news
            step = position.get(note.event_id)
            if step is not None and step > last and note.state:
                self._change(ticket.ticket_id, ticket.steps[step].at, note.state, ticket.head, note=note)
            else:
                self._noted(ticket, note, "late-status" if step is not None else "barred-status")
        if head.state != ticket.state:  # another order of events than the one published: say where it stands
            self._change(ticket.ticket_id, ticket.steps[-1].at, ticket.state, ticket.head, note=None)

    def _noted(self, ticket: Ticket, note: Note, status: str) -> None:
        self._emit(
            TicketNoted, ticket.ticket_id, note.at, note.event_id,
            what=status if note.state else note.what, submission_id=note.submission_id, system=note.system,
            grade=note.grade, satisfied=note.satisfied, state=note.state, note=note.note, family=ticket.head.family,
        )  # fmt: skip

    def links(self, ticket: Ticket) -> None:
        """Links and reviews, each said once of a member and a ticket, whichever of its members it was found by."""
        mine = {m.submission_id: m for m in ticket.members}
        for link in self._component.links:
            member = mine.get(link.submission_id)
            if member is None:
                continue
            entry = self._entries[link.submission_id]
            target = self._entries[link.to_submission].ticket_id
            said = (label.split(":", 1) for label in entry.links)
            if not any(kind == link.kind and self._entries[to].ticket_id == target for kind, to in said):
                label = f"{link.kind}:{link.to_submission}"
                entry.links.append(label)
                self._link(ticket, member, link, target, label)

    def _link(self, ticket: Ticket, member: Features, link: Link, target: str, label: str) -> None:
        common = {"submission_id": member.submission_id, "to_submission": link.to_submission, "reasons": link.reasons}
        if link.kind == "review":
            self._emit(ReviewAsked, ticket.ticket_id, member.received_at, label, **common)
            return
        self._emit(
            SubmissionLinked, ticket.ticket_id, member.received_at, label,
            to_ticket=target, link_kind=link.kind, **common,
        )  # fmt: skip

    def dossier(self, ticket: Ticket) -> None:
        """What is known of the person's earlier tickets, where it is not what the opening said."""
        dossier, entry = self._dossiers.get(ticket.ticket_id, Dossier()), self._entries[ticket.ticket_id]
        if (said := dossier_summary(dossier)) != entry.dossier:
            entry.dossier = said
            self._emit(DossierChanged, ticket.ticket_id, ticket.head.received_at, said, dossier=dossier)

    def rulings(self) -> None:
        """A clerk's word on a pair, told under the later of the two that is here, and again only when it changes."""
        for ruling in self._book.rulings:
            here = later_first(ruling, self._book.members)
            if not here or any(self._entries[s].ruled(other_of(ruling, s)) is ruling.same for s in here):
                continue
            for s in here:
                self._entries[s].rule(other_of(ruling, s), ruling.same)
            late, early = here[0], other_of(ruling, here[0])
            self._emit(
                ReviewDecided, self._entries[late].ticket_id, ruling.at, f"{late}:{early}:{ruling.at}",
                submission_id=late, to_submission=early, same=ruling.same, by=ruling.by, reason=ruling.reason,
            )  # fmt: skip

    def has_clocks(self, ticket: Ticket) -> bool:
        """A progress or supplement call is linked and has no clock of its own."""
        return not any(x.kind in _NO_CLOCK_KINDS and x.submission_id == ticket.ticket_id for x in self._component.links)

    def clocks(self, ticket: Ticket, statuses: Sequence[ClockStatus]) -> None:
        """Every stage a clock has passed since the last word on it."""
        entry = self._entries[ticket.ticket_id]
        for status in statuses:
            reached = STAGES[: STAGES.index(status.reached) + 1] if status.reached in STAGES else ()
            for stage in reached:
                label = stage_label(status, stage)
                if label in entry.stages:
                    continue
                entry.stages.append(label)
                self._emit(
                    Alert, ticket.ticket_id, reached_at(status, stage), label,
                    clock=status.clock, stage=stage, started_at=status.started_at, due_at=status.due_at,
                    provisional=status.provisional, family=ticket.head.family, system=ticket.head.system,
                )  # fmt: skip

    def told(self, ticket: Ticket) -> None:
        """What became of deliveries about any member's ticket, each said once wherever the member is by then."""
        mine = {m.submission_id for m in ticket.members}
        for t in self._book.tellings:
            label = f"{t.push_id[:13]}:{t.result}"
            if t.submission_id not in mine or any(label in e.told for e in self._entries.values()):
                continue
            self._entries[t.submission_id].told.append(label)
            self._emit(
                TicketTold, ticket.ticket_id, t.at, label,
                system=t.system, push_id=t.push_id, kind=t.kind, state=t.state, result=t.result, reason=t.reason,
            )  # fmt: skip

    def snapshot(self, ticket: Ticket, statuses: Sequence[ClockStatus]) -> None:
        """The ticket as it stands, if anything was said of it or its facts have changed without an event."""
        entry = self._entries[ticket.ticket_id]
        deadlines, reviews = deadlines_of(statuses, entry.stages), open_reviews(ticket, self._component)
        summary = summary_of(ticket.head, deadlines, reviews)
        if not entry.spoken:
            if summary == entry.summary:
                return
            entry.seq += 1  # the number of the summary itself
        entry.summary = summary
        members = self._members[ticket.ticket_id]
        self.events.append(ticket_state(ticket.head, entry, ticket.steps[-1].at, members, deadlines, reviews))

    def snapshots_of_members(self) -> None:
        """Submissions that have just gone into another's ticket."""
        for member in self._inside:
            entry = self._entries[member.submission_id]
            if not entry.spoken:
                entry.seq += 1
            self.events.append(ticket_state(member, entry, member.received_at, (member_of(member),)))

    def book_after(self) -> BookContents:
        """The book with what was published; the texts of announced notes are no longer needed."""
        announced = {n for e in self._entries.values() for n in e.notes}
        notes = tuple(replace(n, note=None) if n.note and n.event_id in announced else n for n in self._book.notes)
        published = (*self._foreign, *(e.frozen() for e in self._entries.values()))
        return replace(
            self._book,
            notes=notes,
            published=tuple(sorted(published, key=lambda p: p.submission_id)),
            tellings=tuple(t for t in self._book.tellings if t.submission_id not in self._entries),
        )
