"""From the ledger to the systems: one lane a system, one thread and a bounded pool each; receipts go back to tickets.

A lane asks the ledger for due heads of tickets, writes down that they go out, sends, writes down what became of it, and
only then tells the tickets. Dead between any two of these steps, the next one to look does the rest: a push that had
begun goes out again under the same push id, a receipt that was owed is written again under the same event id.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from connectors.api import Result, Sink, Told
from connectors.ledger import Ledger
from connectors.publish import Outgoing, Publisher
from connectors.pushes import SETTLED, Mark, PushRow, Status
from mappings.message import Message
from mappings.systems import System
from schemas.codec import Codec
from schemas.errors import Retry, Unmappable, Unreadable
from schemas.events.inbox import Receipt
from schemas.headers import headers
from schemas.ids import deterministic_id
from schemas.topics import Topics

log = logging.getLogger(__name__)

OnResult = Callable[[str, str], None]

_IDLE_S_MAX = 1.0  # another worker's plans and ended leases are noticed after this at the latest
_OWED_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How hard one system is pushed. The lease must outlast any `send`."""

    concurrency: int = 4
    lease_ms: int = 60_000
    backoff_ms: int = 500
    backoff_ms_max: int = 60_000

    def next_try(self, attempts: int, now: int) -> int:
        """Exponential, bounded, with jitter, so that a partner coming back is not met by all at once."""
        full = min(self.backoff_ms_max, self.backoff_ms * 2 ** min(attempts, 20))
        return now + int(full * random.uniform(0.5, 1.0))


class Lane:
    """Tells one system what the ledger holds for it. `run` is for one thread; `wake` for any.

    `on_result(system, result)`: done, refused, retry, unknown (a try ended so), or skipped (not to be told).
    """

    def __init__(
        self,
        system: System,
        sink: Sink,
        ledger: Ledger,
        codec: Codec,
        publisher: Publisher,
        topics: Topics,
        *,
        worker_id: str,
        pace: Pace,
        on_result: OnResult,
        stopping: threading.Event,
    ) -> None:
        self._system = system
        self._sink = sink
        self._ledger = ledger
        self._codec = codec
        self._publisher = publisher
        self._topics = topics
        self._owner = worker_id
        self._pace = pace
        self._on_result = on_result
        self._stopping = stopping
        self._woken = threading.Event()
        self._in_flight = 0
        self._finished: queue.SimpleQueue[tuple[PushRow, Result | None]] = queue.SimpleQueue()
        self._marks: list[Mark] = []
        self._owed: list[PushRow] = []
        self._sweep_at = 0

    def wake(self) -> None:
        """There may be work."""
        self._woken.set()

    def run(self) -> None:
        """Work until `stopping` is set, then wait for what is under way and write down what became of it."""
        pause_s = 0.1
        with ThreadPoolExecutor(self._pace.concurrency, thread_name_prefix=f"send-{self._system.name}") as pool:
            while not self._stopping.is_set():
                self._woken.clear()
                try:
                    busy = self._turn(pool)
                    wait_s = 0.0 if busy else self._idle_s()
                    pause_s = 0.1
                except Retry as trouble:
                    log.warning("lane_in_trouble", extra={"system": self._system.name, "error": str(trouble)})
                    wait_s, pause_s = pause_s, min(pause_s * 2, 10.0)
                if wait_s:
                    self._woken.wait(wait_s)
        self._last_words()

    def _turn(self, pool: ThreadPoolExecutor) -> bool:
        """One round; whether anything was done, so that another look is worth while."""
        ended = self._settle()
        begun = self._begin(pool)  # before the receipts: systems are told while the broker is away
        self._tell_tickets()
        self._sweep()
        return ended or begun

    def _settle(self) -> bool:
        """Write down the ends of tries; whether there were any."""
        now = _now()
        while True:
            try:
                row, result = self._finished.get_nowait()
            except queue.Empty:
                break
            self._in_flight -= 1
            if result is not None:
                self._marks.append(self._judge(row, result, now))
        if not self._marks:
            return False
        # On Retry the marks are kept and written in the next round.
        marked = self._ledger.mark(self._marks, owner=self._owner, now=now)
        if len(marked) < len(self._marks):
            log.warning("leases_lost", extra={"system": self._system.name, "number": len(self._marks) - len(marked)})
        self._marks = []
        self._owed += [row for row in marked if row.status in SETTLED and not row.receipted]
        return True

    def _judge(self, row: PushRow, result: Result, now: int) -> Mark:
        self._on_result(self._system.name, result.told.value)
        statuses = {
            Told.DONE: Status.DONE,
            Told.REFUSED: Status.REFUSED,
            Told.RETRY: Status.PLANNED,
            Told.UNKNOWN: Status.UNKNOWN,
        }
        status = statuses[result.told]
        again = 0 if status in SETTLED else self._pace.next_try(row.attempts, now)
        return Mark(push_id=row.push_id, status=status, reason=result.reason, next_try_at=again)

    def _begin(self, pool: ThreadPoolExecutor) -> bool:
        """Take due pushes, as many as there are free hands, and send them."""
        free = self._pace.concurrency - self._in_flight
        if free <= 0:
            return False
        now = _now()
        rows = self._ledger.lease(self._system.name, self._owner, limit=free, now=now, until=now + self._pace.lease_ms)
        to_send: dict[str, tuple[PushRow, Message]] = {}
        for row in rows:
            message = self._render(row, now)
            if message is not None:
                to_send[row.push_id] = (row, message)
        mine = self._ledger.sending(
            {push_id: message.echo_digest for push_id, (_, message) in to_send.items()}, owner=self._owner, now=_now()
        )
        for push_id in mine:
            self._in_flight += 1
            pool.submit(self._send, *to_send[push_id])
        return bool(rows)

    def _render(self, row: PushRow, now: int) -> Message | None:
        """The message; None when there is nothing to send, with a mark that says what becomes of the push."""
        held: Result | None = None
        message: Message | None = None
        try:
            message = self._system.map_outbound(self._codec.decode(row.payload))
        except Unmappable as error:
            held = Result(Told.REFUSED, f"无法生成对方报文：{error.reason}")
        except (Unreadable, Retry):
            # It was readable when it was planned: a key or the registry is missing here, not in the record.
            held = Result(Told.RETRY, "投递记录暂时无法读取：请检查密钥与注册中心")
        except Exception as bug:  # noqa: BLE001 - a mapping's fault must hold one ticket, not the whole lane
            log.error("render_failed", extra={"push_id": row.push_id, "error": type(bug).__name__})
            held = Result(Told.RETRY, "生成对方报文的程序出错，已保留待修复")
        if held is not None:
            self._marks.append(self._judge(row, held, now))
            return None
        if message is None:
            self._on_result(self._system.name, "skipped")
            self._marks.append(Mark(push_id=row.push_id, status=Status.DONE, reason="不需告知", silent=True))
        return message

    def _send(self, row: PushRow, message: Message) -> None:
        """In a pool thread."""
        result: Result | None = None
        try:
            # Stopped for long between lease and here (a suspended process): another worker may have it by now.
            if _now() < row.lease_until:
                result = self._sink.send(message, row.push_id)
        except Retry as trouble:
            log.warning("send_retry", extra={"push_id": row.push_id, "error": str(trouble)})
            result = Result(Told.RETRY, "暂时无法告知对方系统")
        except Exception as bug:  # noqa: BLE001 - a sink's fault must hold one ticket, not the whole lane
            # The type only: a message may quote what was sent.
            log.error("send_failed", extra={"push_id": row.push_id, "error": type(bug).__name__})
            result = Result(Told.UNKNOWN, "发送程序出错，结果不明")
        finally:
            self._finished.put((row, result))
            self.wake()

    def _tell_tickets(self) -> None:
        """Write the receipts that are owed. On Retry they are kept for the next round."""
        if not self._owed:
            return
        records = []
        for row in self._owed:
            receipt = _receipt(row)
            value = self._codec.encode(self._topics.inbox, receipt)
            source = headers(receipt, f"/santai/connectors/{row.system}")
            records.append(Outgoing(self._topics.inbox, row.ticket_id.encode(), value, source))
        try:
            self._publisher.publish(records)
            self._ledger.receipted([row.push_id for row in self._owed])
        except Retry:
            del self._owed[_OWED_MAX:]  # a long outage: the sweep finds the rest in the ledger
            raise
        self._owed = []

    def _sweep(self) -> None:
        """Receipts that a dead worker, or we after a long outage, still owe. Younger ones are in a worker's hands."""
        now = _now()
        if now < self._sweep_at:
            return
        before = now if self._sweep_at == 0 else now - self._pace.lease_ms
        found = self._ledger.unreceipted(self._system.name, before=before, limit=_OWED_MAX)
        self._owed += found
        self._tell_tickets()
        self._sweep_at = now + (self._pace.lease_ms if len(found) < _OWED_MAX else 1)

    def _idle_s(self) -> float:
        due = self._ledger.next_due(self._system.name, now=_now())
        return _IDLE_S_MAX if due is None else min(_IDLE_S_MAX, max(0.0, (due - _now()) / 1000))

    def _last_words(self) -> None:
        """The pool is empty: one try to write down how the last ones ended; what fails, the next start finds."""
        try:
            self._settle()
            self._tell_tickets()
        except Retry as trouble:
            log.warning("lane_ended_in_trouble", extra={"system": self._system.name, "error": str(trouble)})


def _receipt(row: PushRow) -> Receipt:
    """Made of the ledger's row alone: written again, it has the same bytes."""
    return Receipt(
        event_id=deterministic_id("receipt", row.push_id, row.status),
        submission_id=row.ticket_id,
        system=row.system,
        push_id=row.push_id,
        kind=row.kind,
        state=row.state,
        result=row.status,
        at=row.updated_at,
        attempts=row.attempts,
        reason=row.reason,
    )


def _now() -> int:
    return int(time.time() * 1000)
