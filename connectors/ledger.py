"""The ledger of pushes: what each system must be told, was told, or may have been told.

A push goes out only from here, so the same delivery read twice is sent once. Order is kept per (ticket, system): only
the lowest unsettled (seq, push id) of a ticket may go out. Workers share the table by leases: a row is one worker's
until `lease_until`; what a dead worker had begun may have arrived, so it counts as unknown and is sent again under the
same id.

Times are milliseconds since the epoch, the worker's wall clock; workers' clocks may differ by less than the lease.
All functions raise Retry when the database is in trouble.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Engine, and_, bindparam, case, exists, false, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors.pushes import SETTLED, Mark, Plan, PushRow, Status, new_row, push_row
from connectors.store import pushes, reading, writing

_columns = [column for column in pushes.c if column.name != "settled"]
_open = pushes.c.settled == false()


class Ledger:
    """Reads and writes the table; shared by threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def plan(self, plans: Sequence[Plan], *, now: int) -> int:
        """Insert what is not there yet, in one transaction; returns how many were new."""
        if not plans:
            return 0
        fresh = {plan.push_id: plan for plan in plans}
        rows = [new_row(plan, now) for plan in fresh.values()]
        postgresql = self._engine.dialect.name == "postgresql"
        with writing(self._engine) as connection:
            known: set[str] = set()
            for some in _chunks(list(fresh), 500):
                known.update(connection.scalars(select(pushes.c.push_id).where(pushes.c.push_id.in_(some))))
            rows = [row for row in rows if row["push_id"] not in known]
            if rows:
                # Another worker may plan the same after a rebalance: the unique id decides, without an error.
                statement: Any = postgresql_insert(pushes) if postgresql else sqlite_insert(pushes)
                connection.execute(statement.on_conflict_do_nothing(index_elements=["push_id"]), rows)
        return len(rows)

    def lease(self, system: str, owner: str, *, limit: int, now: int, until: int) -> list[PushRow]:
        """Up to `limit` due pushes of the system, heads of their tickets, now this owner's until `until`.

        A row that a dead worker left sending comes back as unknown.
        """
        free = and_(_open, pushes.c.system == system, pushes.c.next_try_at <= now, pushes.c.lease_until <= now)
        other = pushes.alias("other")
        earlier = exists().where(
            other.c.settled == false(),
            other.c.system == pushes.c.system,
            other.c.ticket_id == pushes.c.ticket_id,
            or_(
                other.c.seq < pushes.c.seq,
                and_(other.c.seq == pushes.c.seq, other.c.push_id < pushes.c.push_id),
            ),
        )
        heads = select(pushes.c.push_id).where(free, ~earlier).order_by(pushes.c.next_try_at).limit(limit)
        if self._engine.dialect.name == "postgresql":
            heads = heads.with_for_update(skip_locked=True, of=pushes)
        picked = heads.cte("picked")  # a plain subquery PostgreSQL may run again and again, past the limit
        left = pushes.c.status == Status.SENDING
        take = (
            update(pushes)
            # `free` is asked again of the row as it is when written: two workers may have picked the same.
            .where(free, pushes.c.push_id.in_(select(picked.c.push_id)))
            .values(
                lease_owner=owner,
                lease_until=until,
                status=case((left, Status.UNKNOWN.value), else_=pushes.c.status),
                unknowns=case((left, pushes.c.unknowns + 1), else_=pushes.c.unknowns),
            )
            .returning(*_columns)
        )
        with writing(self._engine) as connection:
            rows = [push_row(row) for row in connection.execute(take)]
        return sorted(rows, key=lambda row: (row.next_try_at, row.seq, row.push_id))

    def sending(self, echoes: dict[str, str | None], *, owner: str, now: int) -> set[str]:
        """Say, before it is done, that these pushes go out now, with the digest their echo would have.

        Returns those that are still this owner's; only they may be sent.
        """
        if not echoes:
            return set()
        mine = and_(_open, pushes.c.lease_owner == owner, pushes.c.lease_until > now)
        begin = (
            update(pushes)
            .where(pushes.c.push_id == bindparam("id_"), mine)
            .values(
                status=Status.SENDING.value,
                attempts=pushes.c.attempts + 1,
                echo_digest=bindparam("echo_"),
                updated_at=now,
            )
        )
        with writing(self._engine) as connection:
            connection.execute(begin, [{"id_": push_id, "echo_": echo} for push_id, echo in echoes.items()])
            held = select(pushes.c.push_id).where(pushes.c.push_id.in_(list(echoes)), mine)
            return set(connection.scalars(held))

    def mark(self, marks: Sequence[Mark], *, owner: str, now: int) -> list[PushRow]:
        """Write down what became of tries and give the leases back, in one transaction.

        Returns the rows that were still this owner's to mark; the others are in another worker's hands by now.
        """
        marked: list[PushRow] = []
        with writing(self._engine) as connection:
            for mark in marks:
                settled = mark.status in SETTLED
                values: dict[str, Any] = {
                    "status": mark.status.value,
                    "settled": settled,
                    "reason": mark.reason,
                    "receipted": mark.silent,
                    "lease_owner": None,
                    "lease_until": 0,
                    "updated_at": now,
                }
                if mark.status is Status.UNKNOWN:
                    values["unknowns"] = pushes.c.unknowns + 1
                mine = and_(pushes.c.push_id == mark.push_id, _open, pushes.c.lease_owner == owner)
                row = connection.execute(update(pushes).where(mine).values(values).returning(*_columns)).first()
                if row is None:
                    continue
                marked.append(push_row(row))
                if not settled:
                    # Those behind it wait as long: else each look for work would go through all of them.
                    connection.execute(
                        update(pushes)
                        .where(_open, pushes.c.system == row.system, pushes.c.ticket_id == row.ticket_id)
                        .where(pushes.c.next_try_at < mark.next_try_at)
                        .values(next_try_at=mark.next_try_at)
                    )
        return marked

    def release(self, owner: str, *, now: int) -> int:
        """Give back what this owner still holds, at its start or end; what it had begun to send counts as unknown."""
        left = pushes.c.status == Status.SENDING
        with writing(self._engine) as connection:
            return connection.execute(
                update(pushes)
                .where(_open, pushes.c.lease_owner == owner)
                .values(
                    lease_owner=None,
                    lease_until=0,
                    updated_at=now,
                    status=case((left, Status.UNKNOWN.value), else_=pushes.c.status),
                    unknowns=case((left, pushes.c.unknowns + 1), else_=pushes.c.unknowns),
                )
            ).rowcount

    def pushed(self, push_id: str) -> PushRow | None:
        """The push, if the ledger knows it."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_columns).where(pushes.c.push_id == push_id)).first()
        return push_row(row) if row is not None else None

    def is_echo(self, push_id: str, digest: str | None) -> bool:
        """Whether a system gives back what we wrote: the push is known and its content is unchanged."""
        row = self.pushed(push_id)
        return row is not None and row.echo_digest is not None and row.echo_digest == digest

    def next_due(self, system: str, *, now: int) -> int | None:
        """When the next try comes after now, or None."""
        with reading(self._engine) as connection:
            found: int | None = connection.scalar(
                select(func.min(pushes.c.next_try_at)).where(
                    _open, pushes.c.system == system, pushes.c.next_try_at > now
                )
            )
        return found

    def unreceipted(self, system: str, *, before: int, limit: int) -> list[PushRow]:
        """Settled up to the time `before`, but tickets may not have been told yet; oldest first."""
        owing = and_(
            pushes.c.settled != false(), pushes.c.receipted == false(), pushes.c.system == system,
            pushes.c.updated_at <= before,
        )  # fmt: skip
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_columns).where(owing).order_by(pushes.c.updated_at).limit(limit))
            return [push_row(row) for row in rows]

    def receipted(self, push_ids: Iterable[str]) -> None:
        """The receipts of these are durable on Kafka."""
        with writing(self._engine) as connection:
            for some in _chunks(list(push_ids), 500):
                connection.execute(update(pushes).where(pushes.c.push_id.in_(some)).values(receipted=true()))

    def waiting(self, systems: Collection[str], tickets: Collection[str]) -> list[PushRow]:
        """What these systems have not been told of these tickets yet, oldest first."""
        about = and_(_open, pushes.c.system.in_(sorted(systems)), pushes.c.ticket_id.in_(sorted(tickets)))
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_columns).where(about).order_by(pushes.c.created_at, pushes.c.push_id))
            return [push_row(row) for row in rows]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many pushes by (system, status)."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(pushes.c.system, pushes.c.status, func.count()).group_by(pushes.c.system, pushes.c.status)
            )
            return {(system, status): number for system, status, number in rows}


def _chunks(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[at : at + size] for at in range(0, len(items), size))
