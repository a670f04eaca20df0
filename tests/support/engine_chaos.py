"""Random faults on workers of the engine and on their broker, from a seed."""

from __future__ import annotations

import random
import shutil
import signal
import time
from dataclasses import dataclass, field

from santai.platform.kafka import Kafka
from tests.support.engine import Rig

WORKERS = ("a", "b")
GUEST = "c"
ENDS_S = 120


@dataclass(frozen=True)
class Schedule:
    """What is done to the workers, and how hard they work meanwhile. Times in seconds."""

    seed: int
    seconds: float = 40
    rate: int = 1200
    backlog: int = 400
    faults: tuple[str, ...] = ("kill", "term", "stop")
    """kill, term: a worker ends so. stop: it is frozen for longer than its session. wipe: killed, its stores deleted.
    guest: a third worker joins, or leaves if it is there. broker: killed and started again."""
    gap: tuple[float, float] = (2.0, 5.0)
    away: tuple[float, float] = (0.2, 3.0)
    """How long a killed or stopped-for-good worker, or the broker, stays away."""
    frozen: tuple[float, float] = (8.0, 10.0)
    mutant: str | None = None


@dataclass
class Chaos:
    """One run of a schedule."""

    rig: Rig
    kafka: Kafka
    plan: Schedule
    done: list[str] = field(default_factory=list)
    """What was done, in order."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.plan.seed)
        self._back: dict[str, float] = {}
        self._ending: set[str] = set()
        """Told to end, and perhaps still at it."""

    def run(self) -> list[str]:
        """Backlog, workers one after the other, faults while events come; then all are let run. What was done."""
        self._send(self.plan.backlog, "b")
        self.rig.producer.flush()
        self.rig.start("a", self.plan.mutant)
        time.sleep(self._random.uniform(2, 5))
        self.rig.start("b", self.plan.mutant)
        began = time.monotonic()
        next_fault = began + 4
        sent = 0
        while (now := time.monotonic()) < began + self.plan.seconds:
            due = int((now - began) * self.plan.rate) - sent
            self._send(due, f"e{sent}-")
            sent += due
            if now > next_fault:
                self._fault(now)
                next_fault = time.monotonic() + self._random.uniform(*self.plan.gap)
            for worker in [worker for worker, at in self._back.items() if now > at]:
                del self._back[worker]
                self._bring_back(worker)
            time.sleep(0.02)
        self.rig.producer.flush()
        for worker in WORKERS:
            self._bring_back(worker)
        for worker, process in self.rig.workers.items():
            if worker in self._ending:
                process.process.wait(ENDS_S)
            elif process.running:  # told to end while Python still loads, it would end by the signal
                process.wait_ready()
        return self.done

    def _send(self, count: int, tag: str) -> None:
        for i in range(count):
            self.rig.send(b"k%d" % self._random.randrange(3000), f"{tag}{i}".encode())
        self.rig.producer.poll(0)

    def _fault(self, now: float) -> None:
        fault, worker = self._random.choice(self.plan.faults), self._random.choice(WORKERS)
        if fault == "broker":
            self.kafka.kill()
            time.sleep(self._random.uniform(*self.plan.away))
            self.kafka.start()
            self.done.append(fault)
        elif fault == "guest":
            self._guest()
        elif worker not in self._back and self.rig.workers[worker].running:
            self._hit(worker, fault, now)

    def _guest(self) -> None:
        guest = self.rig.workers.get(GUEST)
        if guest is not None and guest.running and GUEST not in self._ending:
            guest.wait_ready()
            guest.signal(signal.SIGTERM)
            self._ending.add(GUEST)
            self.done.append("guest leaves")
        elif guest is None or not guest.running:
            self._ending.discard(GUEST)
            self.rig.start(GUEST, self.plan.mutant)
            self.done.append("guest joins")

    def _hit(self, worker: str, fault: str, now: float) -> None:
        process = self.rig.workers[worker]
        self.done.append(f"{fault} {worker}")
        if fault == "stop":
            process.signal(signal.SIGSTOP)
            self._back[worker] = now + self._random.uniform(*self.plan.frozen)
            return
        if fault == "term":
            process.signal(signal.SIGTERM)
            self._ending.add(worker)
        else:
            process.kill()
        if fault == "wipe":
            shutil.rmtree(self.rig.folder / "data" / worker, ignore_errors=True)
        self._back[worker] = now + self._random.uniform(*self.plan.away)

    def _bring_back(self, worker: str) -> None:
        process = self.rig.workers[worker]
        if worker in self._ending:
            self._ending.discard(worker)
            process.process.wait(ENDS_S)
        if process.running:
            process.signal(signal.SIGCONT)
        else:
            self.rig.start(worker, self.plan.mutant)
