"""What was published of one member, while a publication works on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from schemas.events.book import Published

_RULED = {True: "ruled-same", False: "ruled-different"}
ATTACHED = "ATTACHED"  # in another's ticket, and never had one of its own


@dataclass(slots=True)
class Entry:
    """A working copy of what was published of one member."""

    was: Published | None
    submission_id: str
    ticket_id: str = ""
    state: str = ""
    seq: int = 0
    links: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    summary: str = ""
    dossier: str = ""

    @classmethod
    def of(cls, submission_id: str, was: Published | None) -> Entry:
        if was is None:
            return cls(None, submission_id)
        return cls(
            was, submission_id, was.ticket_id, was.state, was.seq,
            list(was.links), list(was.notes), list(was.stages), list(was.told), was.summary, was.dossier,
        )  # fmt: skip

    @property
    def opened(self) -> bool:
        """Whether a ticket of this member's own was ever opened."""
        return self.state not in ("", ATTACHED)

    @property
    def spoken(self) -> bool:
        """Whether this publication says anything under the member's own number."""
        return self.seq != (self.was.seq if self.was else 0)

    def ruled(self, other: str) -> bool | None:
        """What was told of a clerk's word on this member and the other; None: nothing yet."""
        label = next((x for x in self.links if x.startswith("ruled-") and x.endswith(f":{other}")), None)
        return None if label is None else label.startswith(_RULED[True])

    def rule(self, other: str, same: bool) -> None:
        """A clerk's word on this member and the other is told now."""
        self.links = [x for x in self.links if x not in (f"{word}:{other}" for word in _RULED.values())]
        self.links.append(f"{_RULED[same]}:{other}")

    def frozen(self) -> Published:
        """As it is kept: one revision up if anything changed."""
        now = Published(
            submission_id=self.submission_id,
            revision=self.was.revision if self.was else 0,
            ticket_id=self.ticket_id,
            state=self.state,
            seq=self.seq,
            links=tuple(self.links),
            notes=tuple(self.notes),
            stages=tuple(self.stages),
            told=tuple(self.told),
            summary=self.summary,
            dossier=self.dossier,
        )
        return now if now == self.was else replace(now, revision=now.revision + 1)
