"""What the platform's servers have in common: ports that stay, a log, readiness, and a place in ``state.json``."""

from __future__ import annotations

import json
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from santai.platform.lock import locked
from santai.platform.process import Identity, Process, free_port, port_is_free
from schemas.errors import Stop

_POLL_S = 0.05


class State:
    """``state.json`` of one data folder: for each server its pid, start time and ports."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "state.json"

    def read(self) -> dict[str, dict[str, Any]]:
        """All entries, by server name."""
        try:
            entries: dict[str, dict[str, Any]] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return entries

    def write(self, name: str, entry: dict[str, Any]) -> None:
        """Replace one server's entry; a reader never sees half a file."""
        with locked(self._path.with_name("state.lock")):
            entries = self.read() | {name: entry}
            draft = self._path.with_name("state.json.new")
            draft.write_text(json.dumps(entries, indent=2) + "\n")
            draft.replace(self._path)


class Server(ABC):
    """One server on the loopback, its data in ``data_dir/<name>``. Ports and data outlive stop, kill and restart."""

    name: ClassVar[str]
    ready_s_max: ClassVar[float] = 90.0
    stop_s_max: ClassVar[float] = 20.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    privileges: Sequence[str] = ()

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.resolve() / self.name
        self._state = State(data_dir.resolve())
        self._process: Process | None = None

    @abstractmethod
    def prepare(self) -> None:
        """What must be there before the first start: programs, formatted data. Safe to repeat."""

    @abstractmethod
    def argv(self) -> Sequence[str]:
        """The command. Called for every start, after ``prepare``."""

    @abstractmethod
    def healthy(self) -> bool:
        """Whether it does its work now. Returns within seconds, also when it hangs."""

    def env(self) -> Mapping[str, str]:
        """Further environment variables of the process."""
        return {}

    @property
    def log(self) -> Path:
        """Output of the process, appended over restarts."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._found()
        return process.identity.pid if process else None

    def port(self, role: str = "port") -> int:
        """The port of this role: chosen once for a data folder, kept until someone else holds it while we are down."""
        entry = self._entry()
        if role not in entry:
            entry[role] = free_port()
            self._state.write(self.name, entry)
        return int(entry[role])

    def start(self, *, keep: bool = False) -> None:
        """Start it, unless it runs, and wait until it is healthy. Stop when it ends or is not healthy in time."""
        self.begin(keep=keep)
        self.await_healthy()

    def begin(self, *, keep: bool = False) -> bool:
        """Start the process without waiting. False when it already runs. ``keep`` lets it outlive this process."""
        if self._found() is not None:
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        self._replace_lost_ports()
        self.prepare()
        self._process = Process.spawn(self.argv(), self.log, keep=keep, env=self.env(), privileges=self.privileges)
        identity = self._process.identity
        self._state.write(self.name, self._entry() | {"pid": identity.pid, "born_s": identity.born_s})
        return True

    def await_healthy(self) -> None:
        """Wait until it is healthy. Stop, with the end of its log, when it ends or is not healthy in time."""
        deadline = time.monotonic() + self.ready_s_max
        while not self.healthy():
            process = self._found()
            if process is None:
                raise Stop(f"{self.name} 启动时退出,日志 {self.log}:{self._last_words()}")
            if time.monotonic() > deadline:
                raise Stop(f"{self.name} 在 {self.ready_s_max:.0f} 秒内没有就绪,日志 {self.log}:{self._last_words()}")
            process.wait(_POLL_S)

    def stop(self) -> None:
        """End it cleanly; killed when it takes too long. Nothing happens when it does not run."""
        if (process := self._found()) is not None:
            process.stop(self.stop_s_max, self.stop_signal)
        self._process = None

    def kill(self) -> None:
        """kill -9, as a crash would."""
        if (process := self._found()) is not None:
            process.kill()
        self._process = None

    def suspend(self) -> None:
        """Freeze it (SIGSTOP): connections stay open, nothing answers."""
        if (process := self._found()) is not None:
            process.suspend()

    def resume(self) -> None:
        """Let a frozen server run on (SIGCONT)."""
        if (process := self._found()) is not None:
            process.resume()

    def _entry(self) -> dict[str, Any]:
        return dict(self._state.read().get(self.name, {}))

    def _found(self) -> Process | None:
        """The running process: our child, or the one another process started on the same data folder."""
        if self._process is not None and self._process.alive:
            return self._process
        entry = self._entry()
        self._process = Process.find(Identity(entry["pid"], entry["born_s"])) if "pid" in entry else None
        return self._process

    def _replace_lost_ports(self) -> None:
        entry = self._entry()
        lost = [role for role in entry if role.endswith("port") and not port_is_free(entry[role])]
        if lost:
            self._state.write(self.name, {key: value for key, value in entry.items() if key not in lost})

    def _last_words(self) -> str:
        size_bytes_max = 2_000
        with self.log.open("rb") as file:
            file.seek(-min(size_bytes_max, file.seek(0, os.SEEK_END)), os.SEEK_END)
            text = file.read().decode(errors="replace")
        return " / ".join(text.strip().splitlines()[-5:])
