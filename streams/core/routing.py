"""route: which system must be told of a ticket event. Stateless; the event names its members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mappings.routing import Routing
from schemas.events.common import Member
from schemas.events.delivery import Delivery
from schemas.events.ticket import (
    Alert,
    SubmissionAttached,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketStateChanged,
)
from schemas.ids import deterministic_id
from streams.core.announce import TicketEvent

DOSSIER = "dossier"
_STAGES = ("near", "yellow", "red")


class Router:
    """Routing rules over the systems that are configured; others are never told."""

    def __init__(self, rules: Routing, systems: Iterable[str]) -> None:
        self._rules = rules
        self._systems = frozenset(systems)

    def route(self, event: TicketEvent) -> list[Delivery]:
        """One delivery for each system and own record that must hear of the event."""
        kind = self._kind(event)
        if kind is None or any(m.system in self._rules.keep_to_themselves for m in event.members):
            return []
        told = [self._delivery(event, kind, system, member) for system, member in self._audience(event)]
        return [*told, *self._dossier(event)]

    def _dossier(self, event: TicketEvent) -> Iterator[Delivery]:
        """Whose own record opened the ticket is not handed it, and gets the person's dossier alone."""
        if isinstance(event, TicketOpened) and event.dossier is not None:
            for member in event.members:
                if member.system in self._systems and _said_it(event, member):
                    yield replace(self._delivery(event, DOSSIER, member.system, member), state=None)

    def _kind(self, event: TicketEvent) -> str | None:
        rule = self._rules.tell.get(type(event).__name__)
        if isinstance(event, TicketNoted):
            return rule.get(event.what) if isinstance(rule, dict) else None
        if isinstance(event, Alert) and _STAGES.index(event.stage) < _STAGES.index(self._rules.warn_from):
            return None
        if _merged(event):
            rule = self._rules.tell.get(SubmissionMoved.__name__)
        elif isinstance(event, SubmissionMoved) and event.ticket_id != event.to_ticket:
            return None
        return rule if isinstance(rule, str) else None

    def _audience(self, event: TicketEvent) -> Iterator[tuple[str, Member | None]]:
        """Of a ticket that went into another, its members hear by their moves; who was handed it knows it by its own
        id, which now leads elsewhere, whether or not a record of theirs is where it leads."""
        told = set()
        for member in () if _merged(event) else _hearers(event):
            told.add(member.system)
            if member.system in self._systems and not _said_it(event, member):
                yield member.system, member
        for system in self._handed(getattr(event, "family", None)):
            if system not in told and system in self._systems and system != getattr(event, "system", None):
                yield system, None

    def _handed(self, family: str | None) -> Iterator[str]:
        """Systems that know the ticket without a record of their own: attaching and moving is nothing to them."""
        if family is None:
            return
        if handler := self._rules.handlers.get(family):
            yield handler
        yield from (e.system for e in self._rules.everyone if family in e.families)

    def _delivery(self, event: TicketEvent, kind: str, system: str, member: Member | None) -> Delivery:
        text: str | None = getattr(event, "note", None)
        opened = event if isinstance(event, TicketOpened) else None
        return Delivery(
            event_id=deterministic_id("push", event.event_id, system, member.submission_id if member else ""),
            ticket_id=event.ticket_id,
            seq=event.seq,
            system=system,
            kind=kind,
            member=member,
            at=event.at,
            state=getattr(event, "state", "RECEIVED" if opened else None),
            by_system=getattr(event, "system", ""),
            family=getattr(event, "family", None),
            other_number=_other_number(event, member),
            grade=getattr(event, "grade", None),
            person_name=opened.person_name if opened else None,
            id_number=opened.id_number if opened else None,
            phone=opened.phone if opened else None,
            region=opened.region if opened else None,
            title=opened.title if opened else None,
            text=opened.text if opened else text,
            dossier=opened.dossier if opened else None,
            due_at=event.due_at if isinstance(event, Alert) else None,
            stage=event.stage if isinstance(event, Alert) else None,
            cause_id=event.event_id,
        )


def _merged(event: TicketEvent) -> bool:
    """The ticket has gone into another; the event's members are that one's."""
    return isinstance(event, TicketStateChanged) and event.state == "MERGED"


def _hearers(event: TicketEvent) -> Iterator[Member]:
    """The records that hear of it. That another has come in is told to that one, and once to each system: else a matter
    told twenty times would make two hundred pushes."""
    newcomer = _newcomer(event)
    told = set()
    for member in event.members:
        if newcomer is None or member.submission_id == newcomer or member.system not in told:
            yield member
            if member.submission_id != newcomer:
                told.add(member.system)


def _newcomer(event: TicketEvent) -> str | None:
    """The submission that has come into the ticket."""
    return event.submission_id if isinstance(event, SubmissionAttached | SubmissionMoved) else None


def _said_it(event: TicketEvent, member: Member) -> bool:
    """A system is not told what its own record has just said."""
    if isinstance(event, TicketOpened | TicketStateChanged | TicketNoted):
        return event.submission_id == member.submission_id
    return False


def _other_number(event: TicketEvent, member: Member | None) -> str | None:
    """The number under which the ticket is known elsewhere: that of the record that has just come in, for all but
    itself; else the earliest that is not the receiver's."""
    others = [m for m in event.members if member is None or m.submission_id != member.submission_id]
    newcomer = _newcomer(event)
    other = next((m for m in others if m.submission_id == newcomer), others[0] if others else None)
    return f"{other.system}:{other.number or other.source_key}" if other else None
