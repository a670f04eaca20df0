"""What is laid down of a telling, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.matching.people import Person

Line = dict[str, Any]


@dataclass(slots=True)
class Agent:
    """Who files on behalf of somebody. `kin`: what the person is to them."""

    person: Person
    role: str
    kin: str


@dataclass(slots=True)
class Told:
    """One line, when it arrives (seconds since the first day), and what is true of it."""

    line: Line
    at: int
    arrives: float
    owner: Person
    matter: int = 0
    case: str = ""
    link: str = ""
    to: tuple[str, ...] = ()

    @property
    def sid(self) -> str:
        """The submission's id."""
        found: str = self.line["submission_id"]
        return found

    @property
    def number(self) -> str:
        """The record's own number, as citizens are told it."""
        found: str = self.line["source_id"]
        return found

    @property
    def reference(self) -> str:
        """system:source_id, as others refer to it."""
        return f"{self.line['system']}:{self.line['source_id']}"


@dataclass(slots=True)
class How:
    """What is laid down of a telling; None or '' leaves it to the system's habits.

    `id_number`: full, none, short, typo, masked, lower, wrong: (someone else's: `id_of`). `name`: exact, title,
    misheard, masked, none, dotted, lossy. `phone`: own, none, masked, written, several; `phone_is` another number.
    `opponent`: named (in words), field, none.
    `sure`: person and subject can be told from the record.
    """

    kind: str | None = "application"
    id_number: str = ""
    id_of: str = ""
    name: str = ""
    phone: str = ""
    phone_is: str = ""
    family: bool | None = None
    opponent: str = ""
    region: bool | None = None
    agent: Agent | None = None
    agent_calls: bool = False  # the agent's phone is the only one
    related: tuple[str, ...] = ()
    parent: str | None = None
    item: str = ""
    words: str = ""  # the phrases to tell it with: urge, progress, …
    add: str = ""  # a sentence more
    quoted: str = ""  # a number within the words
    confidential: bool = False
    anonymous: bool = False
    sure: bool = False
    facts: dict[str, Any] = field(default_factory=dict)  # laid down values of fields, last
