"""Random faults on two workers of the engine, from a seed."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass

from tests.support.engine import Rig

WORKERS = ("a", "b")


@dataclass(frozen=True)
class Schedule:
    """What is done to the workers, and how hard they work meanwhile. Times in seconds."""

    seed: int
    seconds: float = 40
    rate: int = 1200
    backlog: int = 400
    faults: tuple[str, ...] = ("kill", "term", "stop")
    gap: tuple[float, float] = (2.0, 5.0)
    away: tuple[float, float] = (0.2, 3.0)
    """How long a killed or stopped-for-good worker stays away."""
    frozen: tuple[float, float] = (8.0, 10.0)
    """How long a SIGSTOPped one does: longer than the session."""
    mutant: str | None = None


def run(rig: Rig, plan: Schedule) -> list[str]:
    """Backlog, workers one after the other, faults while events come; then all are let run until everything is
    committed. What was done, in order."""
    rng = random.Random(plan.seed)
    done: list[str] = []
    _send(rig, rng, plan.backlog, "b")
    rig.producer.flush()
    rig.start("a", plan.mutant)
    time.sleep(rng.uniform(2, 5))
    rig.start("b", plan.mutant)
    began = time.monotonic()
    next_fault = began + 4
    back: dict[str, float] = {}
    sent = 0
    while (now := time.monotonic()) < began + plan.seconds:
        due = int((now - began) * plan.rate) - sent
        _send(rig, rng, due, f"e{sent}-")
        sent += due
        if now > next_fault:
            next_fault = now + rng.uniform(*plan.gap)
            _fault(rig, rng, plan, back, done, now)
        for worker, at in list(back.items()):
            if now > at:
                del back[worker]
                _bring_back(rig, worker, plan)
        time.sleep(0.02)
    rig.producer.flush()
    for worker in WORKERS:
        _bring_back(rig, worker, plan)
    return done


def _send(rig: Rig, rng: random.Random, count: int, tag: str) -> None:
    for i in range(count):
        rig.send(b"k%d" % rng.randrange(3000), f"{tag}{i}".encode())
    rig.producer.poll(0)


def _fault(rig: Rig, rng: random.Random, plan: Schedule, back: dict[str, float], done: list[str], now: float) -> None:
    worker, fault = rng.choice(WORKERS), rng.choice(plan.faults)
    process = rig.workers[worker]
    if worker in back or not process.running:
        return
    done.append(f"{fault} {worker}")
    if fault == "stop":
        process.signal(signal.SIGSTOP)
        back[worker] = now + rng.uniform(*plan.frozen)
        return
    process.signal(signal.SIGKILL if fault == "kill" else signal.SIGTERM)
    back[worker] = now + rng.uniform(*plan.away)


def _bring_back(rig: Rig, worker: str, plan: Schedule) -> None:
    process = rig.workers[worker]
    if process.running:
        process.signal(signal.SIGCONT)
        return
    rig.start(worker, plan.mutant)
