"""What the two SQL servers have in common: a password made once, URLs, databases by name."""

from __future__ import annotations

import re
import secrets
from abc import abstractmethod
from pathlib import Path

import sqlalchemy
from sqlalchemy.exc import OperationalError

from santai.platform.server import Server
from schemas.errors import Stop


class Database(Server):
    """An SQL server with one administrator, reachable by SQLAlchemy URLs."""

    @abstractmethod
    def url(self, database: str = "") -> str:
        """SQLAlchemy URL of the database, or of the server's own when none is named."""

    @abstractmethod
    def create_statement(self, database: str) -> str:
        """SQL that makes an empty database."""

    def create_database(self, name: str) -> str:
        """Make an empty database (a name of letters, digits, underscores) and return its URL."""
        if not re.fullmatch(r"\w{1,60}", name, re.ASCII):
            raise Stop(f"{name!r} 不能作库名:只用字母、数字和下划线")
        engine = sqlalchemy.create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(self.create_statement(name))
        return self.url(name)

    def healthy(self) -> bool:
        """Whether it answers a query."""
        engine = sqlalchemy.create_engine(
            self.url(), poolclass=sqlalchemy.NullPool, connect_args={"connect_timeout": 3}
        )
        try:
            with engine.connect() as connection:
                return connection.exec_driver_sql("SELECT 1").scalar() == 1
        except OperationalError:
            return False

    @property
    def data(self) -> Path:
        """The server's own data folder."""
        return self.folder / "data"

    def password(self) -> str:
        """The administrator's password, made with the data and readable by its owner alone."""
        path = self.folder / "password"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(18))
        return path.read_text()
