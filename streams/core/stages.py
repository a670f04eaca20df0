"""The stages of a clock as they are told: which of them, when each was reached, and what partners read."""

from __future__ import annotations

from collections.abc import Sequence

from streams.core.clocks import ClockStatus

STAGES = ("near", "yellow", "red")


def reached_at(status: ClockStatus, stage: str) -> int:
    return {"near": status.near_at, "yellow": status.due_at, "red": status.red_at}[stage]


def stage_label(status: ClockStatus, stage: str) -> str:
    """By the moment the stage is reached: a pause moves only what is still to come."""
    return f"{status.clock}:{stage}:{reached_at(status, stage)}"


def shown(status: ClockStatus, announced: Sequence[str]) -> str:
    """The stage as partners read it: never less than was announced, though the book's new holder lags in time."""
    if status.stage in ("met", "stopped"):
        return status.stage
    said = [stage for stage in STAGES if stage_label(status, stage) in announced]
    return said[-1] if said else status.stage
