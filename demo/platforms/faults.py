"""How a platform misbehaves when told to, for the next so many calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

Mode = Literal["status", "code", "hang", "lost"]


class Fault(BaseModel):
    """`status`: answers so and does nothing; `code`: a fault inside a 200; `hang`: does nothing and never answers;
    `lost`: does it, then breaks off the answer. With `match` only calls whose body holds that text are met."""

    system: Literal["12345", "web"]
    mode: Mode
    times: int = Field(1, ge=1)
    status: int = Field(500, ge=300, le=599)
    code: int | str = "busy"
    match: str = ""


@dataclass(slots=True)
class Moods:
    """The faults still to be acted out, first told first."""

    waiting: list[Fault]

    def next(self, system: str, body: str) -> Fault | None:
        """The fault of this call, if any; used up by asking."""
        for at, fault in enumerate(self.waiting):
            if fault.system == system and fault.match in body:
                fault.times -= 1
                if fault.times == 0:
                    del self.waiting[at]
                return fault
        return None
