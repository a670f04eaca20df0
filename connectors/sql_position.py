"""How far a polled table has been read, so that a late commit is never skipped. Pure: times are passed in.

A row's timestamp is set before its transaction commits, so rows become visible out of order. What is certain: a
transaction that began at S writes no timestamp older than those which were already visible before S. So each finished
round notes (when, newest timestamp seen), and the position goes no further than the newest timestamp seen before the
oldest transaction that was still open when the round began. Comparing with what was *seen* and not with the clock
keeps this right when the rows' clock is not the server's.

The margin covers clocks that disagree, and whole-second timestamps; the overlap covers engines that do not show their
open transactions; the sweep by key covers what no clock can promise: timestamps supplied by a client, or none at all.

Times are naive datetimes, local to the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

Key = int | str

SAMPLES_MAX = 64
_FLOOR = datetime(1000, 1, 1)  # older timestamps are no times (zero dates)


@dataclass(frozen=True, slots=True)
class Window:
    """What the settings say of time."""

    overlap: timedelta
    margin: timedelta
    sweep_every: timedelta


@dataclass(frozen=True, slots=True)
class Round:
    """One walk from `since` to the newest row, page by page."""

    oldest: datetime  # when the oldest transaction open at its beginning had begun
    after: tuple[datetime, Key] | None = None
    top: datetime | None = None  # newest timestamp seen


@dataclass(frozen=True, slots=True)
class Position:
    """Where a table stands. `since` None: from the first row."""

    since: datetime | None = None
    samples: tuple[tuple[datetime, datetime], ...] = ()  # (when a round ended, newest timestamp seen), oldest first
    round: Round | None = None
    sweep_after: Key | None = None
    sweep_begun: datetime | None = None  # a sweep is under way
    swept: datetime | None = None  # when the last finished sweep began
    sweep_next: bool = False  # the next page is the sweep's


def begin_round(position: Position, now: datetime, oldest_age: timedelta | None) -> Position:
    """`oldest_age`: of the oldest transaction open at `now`, before any row of the round is read."""
    return replace(position, round=Round(oldest=now - (oldest_age or timedelta())))


def page_read(position: Position, last: tuple[datetime, Key] | None, now: datetime, window: Window) -> Position:
    """A page of the round was read at `now`; `last` is its last row, or None when the round is at its end."""
    walk = position.round
    if walk is None:
        raise ValueError("a page belongs to a round: call begin_round before")
    if last is not None:
        # A timestamp from the future says nothing of when it was written.
        top = max(walk.top or _FLOOR, min(last[0], now))
        return replace(position, round=replace(walk, after=last, top=top))
    return _end_round(position, walk, now, window)


def sweep_read(position: Position, last: Key | None) -> Position:
    """A page of the sweep was read; None: it is at its end."""
    if last is not None:
        return replace(position, sweep_after=last, sweep_next=False)
    return replace(position, sweep_after=None, sweep_begun=None, swept=position.sweep_begun, sweep_next=False)


def _end_round(position: Position, walk: Round, now: datetime, window: Window) -> Position:
    safe = [sample for sample in position.samples if sample[0] <= walk.oldest - window.margin]
    since = position.since
    if safe:
        bound = safe[-1][1] - window.margin - window.overlap
        since = bound if since is None else max(since, bound)
    samples = (*safe[-1:], *(sample for sample in position.samples if sample not in safe))
    newest = max([top for _, top in position.samples] + ([walk.top] if walk.top else []), default=None)
    if newest is not None:
        samples = _thinned((*samples, (now, newest)), window.margin)
    begun = position.sweep_begun
    if begun is None and (position.swept is None or now - position.swept >= window.sweep_every):
        begun = now
    return replace(position, since=since, samples=samples, round=None, sweep_begun=begun, sweep_next=begun is not None)


def _thinned(
    samples: tuple[tuple[datetime, datetime], ...], margin: timedelta
) -> tuple[tuple[datetime, datetime], ...]:
    """Fewer samples are safe, only later: drop those that follow closely, then every other one."""
    step = margin / 8
    kept = [samples[0]]
    for sample, following in pairwise((*samples[1:], samples[-1])):
        if sample is following or sample[0] - kept[-1][0] >= step:
            kept.append(sample)
    if len(kept) > SAMPLES_MAX:
        kept = [*kept[:-1:2], kept[-1]]
    return tuple(kept)


_plain = TypeAdapter(Position)


def to_json(position: Position) -> dict[str, Any]:
    """As plain data."""
    data: dict[str, Any] = _plain.dump_python(position, mode="json")
    return data


def from_json(data: dict[str, Any] | None) -> Position:
    """Back from plain data; None: nothing read yet."""
    return _plain.validate_python(data or {})
