"""Topic names, in one place. Partners rely on them; a setting changes the prefix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of the road's topics under one prefix."""

    prefix: str = "santai"

    def intake(self, system: str) -> str:
        """Raw changes of one system: the first truth."""
        return f"{self.prefix}.intake.{system}.v1"

    def deliveries(self, system: str) -> str:
        """What one system must be told."""
        return f"{self.prefix}.deliveries.{system}.v1"

    @property
    def inbox(self) -> str:
        """Canonical events and protocol messages, keyed by submission id."""
        return f"{self.prefix}.ticket.inbox.v1"

    @property
    def claims(self) -> str:
        """One claim for each blocking key of a submission, keyed by blocking key."""
        return f"{self.prefix}.match.claims.v1"

    @property
    def events(self) -> str:
        """Ticket events, keyed by ticket id: the second truth."""
        return f"{self.prefix}.ticket.events.v1"

    @property
    def state(self) -> str:
        """The ticket as it stands, compacted, keyed by ticket id."""
        return f"{self.prefix}.ticket.state.v1"

    @property
    def alerts(self) -> str:
        """电子预警, keyed by ticket id."""
        return f"{self.prefix}.alerts.v1"

    @property
    def dlq(self) -> str:
        """Anything that could not be handled, byte for byte."""
        return f"{self.prefix}.dlq.v1"

    @property
    def audit(self) -> str:
        """Who looked at or changed what."""
        return f"{self.prefix}.audit.v1"
