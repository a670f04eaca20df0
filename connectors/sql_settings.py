"""What a system of kind sql says in its `source` and `sink` sections."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,63}$")]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]

# The server writes trx_started in its own system zone, whatever the session's zone is. Transactions that cannot write
# do not hold the position back.
MYSQL_OLDEST_TRANSACTION = (
    "SELECT TIMESTAMPDIFF(MICROSECOND, MIN(trx_started), CONVERT_TZ(NOW(6), @@session.time_zone, 'SYSTEM')) / 1000000"
    " FROM information_schema.innodb_trx WHERE trx_is_read_only = 0 AND trx_autocommit_non_locking = 0"
)


class SqlConnection(BaseModel):
    """How the database is reached; the same for reading and writing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr  # SQLAlchemy's form; holds the password
    time_zone: str = Field(default="+08:00", pattern=r"^[+-]\d\d:\d\d$")  # the zone of the table's local times
    connect_timeout_seconds: int = Field(default=5, ge=1, le=60)
    read_timeout_seconds: int = Field(default=30, ge=1, le=600)


class SqlSourceSettings(SqlConnection):
    """A table that is polled."""

    table: Name
    key: Name  # unique, never changed
    cursor: Name  # when the row was last changed: a date and time, indexed
    columns: tuple[Name, ...] = ()  # what a document holds; none: all the table has at start
    page_size: int = Field(default=200, ge=1, le=2000)
    interval_seconds: Seconds = 2
    overlap_seconds: float = Field(default=30, ge=0, le=86_400)
    margin_seconds: float = Field(default=5, ge=0, le=3600)
    sweep_seconds: Seconds = 86_400  # how often the whole table is compared
    now: str = "SELECT NOW(6)"
    # Age in seconds of the oldest open transaction, NULL when none is open. Empty: the engine does not tell; then the
    # overlap must be longer than the longest transaction.
    oldest_transaction: str = MYSQL_OLDEST_TRANSACTION


class SqlSinkSettings(SqlConnection):
    """An inbox table that is written."""

    table: Name
    key: Name = "push_id"  # its primary key
    operations: frozenset[str] = frozenset({"insert"})
