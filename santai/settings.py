"""Settings: environment variables SANTAI_*, read once, here only. What is missing is said in one clear line."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from mappings.systems import FOLDER as SYSTEMS_FOLDER
from mappings.validation import reason_of
from observability.outage import LIBRDKAFKA
from santai.platform.up import LocalPlatform
from santai.trouble import os_reason
from schemas.errors import Stop
from schemas.sealing import INDEX_KEY_BYTES, KEY_BYTES, Sealer
from schemas.topics import Topics

KEYS_FILE = "keys.json"


class Settings(BaseSettings):
    """All settings. Without broker and registry the local platform of the data folder is used."""

    model_config = SettingsConfigDict(env_prefix="SANTAI_", extra="ignore", frozen=True)

    data_dir: Path = Path(".santai")
    broker: str | None = None
    registry: str | None = None
    client: dict[str, str] = {}  # security.protocol, sasl.* …, as librdkafka spells them
    prefix: str = Field("santai", pattern=r"^[A-Za-z0-9._-]{1,100}$")  # as Kafka allows in names of topics
    partitions: int = Field(4, ge=1, le=1000)
    replication: int = Field(1, ge=1, le=9)
    systems: Annotated[tuple[str, ...], NoDecode] = ()  # names of the systems to join; none: all that have a file
    systems_dir: Path = SYSTEMS_FOLDER
    worker_id: str = Field("1", pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$")  # part of file names and members
    seal_keys: dict[str, str] = {}  # key id → 64 bytes in hexadecimal
    seal_key: str = ""  # id of the key that closes
    index_key: str = ""  # 32 bytes in hexadecimal
    read_model: str | None = None  # SQLAlchemy URL
    ledger: str | None = None  # SQLAlchemy URL
    host: str = "127.0.0.1"
    clerk_secret: str = Field("", repr=False)  # who signs with it reads and decides; none: that door is closed
    clerk_secret_old: str = Field("", repr=False)  # accepted too, while the secret changes
    port: int = Field(8600, ge=1, le=65535)  # of the HTTP API
    metrics_port: int = Field(0, ge=0, le=65535)  # where the others serve /metrics and /healthz; 0: any free port
    tick_seconds: float = Field(5.0, ge=0)  # how often time is sent as a record; 0: somebody else does
    session_timeout_seconds: float = Field(10.0, ge=1)
    stall_seconds: float = Field(10.0, gt=0)  # without progress for so long while records wait: unhealthy
    log_json: bool = False
    log_level: str = "WARNING"

    @field_validator("systems", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(x.strip() for x in value.split(",") if x.strip()) if isinstance(value, str) else value

    @property
    def topics(self) -> Topics:
        """Topic names under the prefix."""
        return Topics(self.prefix)

    @property
    def read_model_url(self) -> str:
        """Where the read model is; SQLite in the data folder by default."""
        return self.read_model or f"sqlite:///{self.data_dir.resolve() / 'read-model.db'}"

    @property
    def ledger_url(self) -> str:
        """Where the ledger and the connectors' positions are; SQLite in the data folder by default."""
        return self.ledger or f"sqlite:///{self.data_dir.resolve() / 'ledger.db'}"

    def make_data_dir(self) -> None:
        """Make the data folder. Stop when it cannot be made or written to."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.data_dir):
                pass
        except OSError as e:
            raise Stop(f"数据目录 {self.data_dir} 不可用（{os_reason(e)}）：请检查 SANTAI_DATA_DIR") from None

    @property
    def platform_dir(self) -> Path:
        """The local platform's folder."""
        return self.data_dir / "platform"

    def bootstrap(self) -> str:
        """host:port of the broker. Stop when none is set and no local one runs."""
        return self.broker or self._local("SANTAI_BROKER").bootstrap

    def registry_url(self) -> str:
        """The registry's Confluent API. Stop when none is set and no local one runs."""
        return self.registry or self._local("SANTAI_REGISTRY").registry_url

    def _local(self, setting: str) -> LocalPlatform:
        platform = LocalPlatform(self.platform_dir) if self.platform_dir.exists() else None
        if platform is None or platform.kafka.pid is None or platform.registry.pid is None:
            raise Stop(f"未设置 {setting},本地平台也没有启动:请先执行 santai up,或设置 {setting}")
        return platform

    def clients(self, **extra: Any) -> dict[str, Any]:
        """librdkafka settings every client shares."""
        _check_client(frozenset(self.client.items()))
        calm = {"reconnect.backoff.ms": 250, "reconnect.backoff.max.ms": 5000}
        return {"bootstrap.servers": self.bootstrap(), "logger": LIBRDKAFKA, **calm, **self.client, **extra}

    def sealer(self) -> Sealer:
        """Keys from the settings, or else from the data folder's own file, which is made when it is not there.

        Stop when the settings hold some keys but none that seal: the file's would be used in their place, unnoticed.
        """
        if self.seal_keys:
            return _sealer(self.seal_keys, self.seal_key or next(iter(self.seal_keys)), self.index_key)
        alone = [n for n, v in (("SANTAI_SEAL_KEY", self.seal_key), ("SANTAI_INDEX_KEY", self.index_key)) if v]
        if alone:
            raise Stop(f"只设了 {'、'.join(alone)}，没有 SANTAI_SEAL_KEYS：请一并设置，或都不设（用数据目录中的密钥）")
        kept = _kept_keys(self.data_dir / KEYS_FILE)
        return _sealer(kept["seal_keys"], kept["seal_key"], kept["index_key"])


def _sealer(keys: Mapping[str, str], current: str, index_key: str) -> Sealer:
    try:
        return Sealer({k: bytes.fromhex(v) for k, v in keys.items()}, current, bytes.fromhex(index_key))
    except ValueError:
        raise Stop("SANTAI_SEAL_KEYS 和 SANTAI_INDEX_KEY 须为十六进制") from None
    except Stop as e:
        raise Stop(f"SANTAI_SEAL_KEYS、SANTAI_SEAL_KEY 或 SANTAI_INDEX_KEY 不合格:{e}") from None


def _kept_keys(path: Path) -> dict[str, Any]:
    """The local keys; only the owner may read the file. Whoever loses it loses what was sealed."""
    try:
        _make_keys(path)
        kept: dict[str, Any] = json.loads(path.read_text())
    except OSError as e:
        raise Stop(f"无法读写 {path}({os_reason(e)});请检查 SANTAI_DATA_DIR") from None
    except ValueError:
        raise Stop(f"密钥文件 {path} 已损坏:请从备份恢复,否则已封存的内容无法打开") from None
    return kept


def _make_keys(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = {
        "seal_keys": {"local": secrets.token_hex(KEY_BYTES)},
        "seal_key": "local",
        "index_key": secrets.token_hex(INDEX_KEY_BYTES),
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(fresh, indent=2) + "\n")
    try:
        os.link(draft, path)  # whoever comes first makes the keys; the others read them
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def load_settings(**given: Any) -> Settings:
    """From the environment; what is given wins. Stop, naming the variable, when a value is wrong."""
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})
    except SettingsError as e:
        field = _FIELD.search(str(e))
        name = f"SANTAI_{field[1].upper()}" if field else "SANTAI_ 开头的设置有一项"
        raise Stop(f"设置 {name} 不是合格的 JSON") from None
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        variable, *inside = first["loc"]
        where = "".join(f" 的 {x}" for x in inside)
        raise Stop(f"设置 SANTAI_{str(variable).upper()}{where} 不合格：{reason_of(first)}") from None


_FIELD = re.compile(r'for field "(\w+)"')
_PROPERTY = re.compile(r'onfiguration property:? "([^"]+)"')


@cache
def _check_client(options: frozenset[tuple[str, str]]) -> None:
    """Stop, naming the option, when librdkafka does not take it. Connects to nothing."""
    try:
        AdminClient({**dict(options), "log_level": 0})
    except KafkaException as e:
        said = e.args[0].str()
        option = _PROPERTY.search(said)
        if option is None:
            reason = f"{said.partition(': ')[2] or e.args[0].name()}；请核对各选项是否配套、文件是否存在"
        else:
            fault = "没有这个选项" if said.startswith("No such") else "没有这种取值"
            reason = f"{option[1]}：{fault}"
        raise Stop(f"设置 SANTAI_CLIENT 不合格：{reason}") from None
    except (TypeError, ValueError):  # callbacks and the like, which only a program can give
        raise Stop("设置 SANTAI_CLIENT 不合格：有不能用文字设置的选项") from None
