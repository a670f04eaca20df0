"""MariaDB on the loopback, for legacy systems to live in."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from santai.platform import jars
from santai.platform.database import Database
from schemas.errors import Stop

# docker-compose.yml sets the same (tests/contract/test_compose.py).
SERVER_OPTIONS = ("--skip-name-resolve", "--character-set-server=utf8mb4", "--default-time-zone=+08:00")


class MariaDb(Database):
    """The MariaDB server; utf8mb4, local time of the domain (+08:00) as a province's servers have it."""

    name: ClassVar[str] = "mariadb"

    def url(self, database: str = "") -> str:
        """SQLAlchemy URL (PyMySQL)."""
        return f"mysql+pymysql://root:{self.password()}@127.0.0.1:{self.port()}/{database}?charset=utf8mb4"

    def create_statement(self, database: str) -> str:
        """SQL that makes an empty database."""
        return f"CREATE DATABASE `{database}`"

    def prepare(self) -> None:
        """Fill the data folder once, and set the password at every start."""
        self._write_init()
        if self.data.is_dir():
            return
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        done = subprocess.run(
            [
                *("/bin/sh", str(_home() / "scripts" / "mariadb-install-db"), "--no-defaults"),
                *(f"--basedir={_home()}", f"--datadir={draft}", f"--user={getpass.getuser()}"),
                *("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Stop(f"MariaDB 无法初始化 {draft}:{done.stdout[-500:]}{done.stderr[-500:]}")
        draft.rename(self.data)

    def argv(self) -> Sequence[str]:
        """The server's command line."""
        return [
            str(_home() / "bin" / "mariadbd"),
            "--no-defaults",
            f"--basedir={_home()}",
            f"--datadir={self.data}",
            f"--user={getpass.getuser()}",  # as root it only runs when told so
            f"--init-file={self._init}",
            "--bind-address=127.0.0.1",
            f"--port={self.port()}",
            "--socket=mariadb.sock",  # in the data folder; an absolute path may exceed the 107 bytes of a socket name
            *SERVER_OPTIONS,
            "--skip-ssl",  # loopback; else it makes a new 4096-bit key at every start, for seconds
            "--innodb-buffer-pool-size=64M",
            "--performance-schema=OFF",
        ]

    @property
    def _init(self) -> Path:
        return self.folder / "init.sql"

    def _write_init(self) -> None:
        self._init.touch(mode=0o600)
        self._init.write_text(
            f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{self.password()}';\n"
            "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
            f"ALTER USER root@localhost IDENTIFIED BY '{self.password()}';\n"
        )


def _home() -> Path:
    """The unpacked distribution. Archives of this kind do not keep the execute permission: it is given back."""
    (program,) = jars.folder("mariadb").glob("**/bin/mariadbd")
    for file in program.parent.iterdir():
        if not os.access(file, os.X_OK):
            file.chmod(0o755)
    return program.parent.parent
