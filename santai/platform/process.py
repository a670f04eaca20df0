"""Child processes of the platform: started, found again, watched, stopped by pid and by nothing else."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from schemas.errors import Stop

# Below the kernel's range for outgoing connections, so that no client socket takes a port between choice and bind.
_PORTS = range(20_000, 32_000)
_handed_out: set[int] = set()
_dice = random.SystemRandom()


def free_port() -> int:
    """A loopback TCP port nobody listens on, never handed out twice by this process."""
    for port in _dice.sample(_PORTS, k=1_000):
        if port not in _handed_out and port_is_free(port):
            _handed_out.add(port)
            return port
    raise Stop("本机 20000 到 32000 之间没有空闲端口:请停掉不用的服务")


def port_is_free(port: int) -> bool:
    """Whether a server could bind the loopback port now."""
    with socket.socket() as probe:
        # As servers do: connections of an earlier server that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_answers(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process told apart from a later one of the same pid: pid and start time (seconds since the epoch)."""

    pid: int
    born_s: float


class Process:
    """One running (or ended) process, a child of ours or one found again by its identity."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.identity = Identity(process.pid, process.create_time())

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str],
        log: Path,
        *,
        keep: bool = False,
        env: Mapping[str, str] | None = None,
        privileges: Sequence[str] = (),
    ) -> Process:
        """Start the command in a session of its own, output appended to the log.

        Unless ``keep`` is set the kernel kills it when the *thread* that spawns it ends, so a crash of ours leaves
        no orphan: spawn from a thread that lives on. ``privileges`` are further options of setpriv, such as a user.
        """
        options = [*privileges, *(() if keep else ("--pdeathsig", "KILL"))]
        command = list(argv)
        if options:
            setpriv = shutil.which("setpriv")
            if setpriv is None:
                raise Stop("找不到 setpriv:请安装 util-linux")
            command = [setpriv, *options, "--", *command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = psutil.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        return cls(child)

    @classmethod
    def find(cls, identity: Identity) -> Process | None:
        """The process of this identity if it still runs."""
        try:
            found = cls(psutil.Process(identity.pid))
        except psutil.NoSuchProcess:
            return None
        return found if found.identity == identity and found.alive else None

    @property
    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        try:
            return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end. False when it still runs after the time."""
        try:
            self._process.wait(timeout_s)
        except psutil.TimeoutExpired:
            return False
        return True

    def stop(self, timeout_s: float, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, wait, then kill it. Returns once it is gone."""
        self._signal(number)
        self._signal(signal.SIGCONT)
        if not self.wait(timeout_s):
            self.kill()

    def kill(self) -> None:
        """End it and what it started at once. Returns once all are gone."""
        try:
            children = self._process.children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        self._signal(signal.SIGKILL)
        for child in children:
            Process(child)._signal(signal.SIGKILL)
        psutil.wait_procs([self._process, *children], timeout=10.0)

    def suspend(self) -> None:
        """Stop it from running without ending it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended process run on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        # psutil refuses when the pid has been given to another process meanwhile.
        try:
            self._process.send_signal(number)
        except psutil.NoSuchProcess:
            return
