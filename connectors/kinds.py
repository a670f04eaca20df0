"""From a system's YAML to its source and sink, for the kinds that are asked and told by us. One place to add a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.api import PullSource, Sink
from connectors.section import read_section
from connectors.soap import SoapSink, SoapSource
from connectors.soap_settings import SoapSinkSettings, SoapSourceSettings
from connectors.sql import SqlSource
from connectors.sql_settings import SqlSinkSettings, SqlSourceSettings
from connectors.sql_sink import SqlSink
from connectors.webhook_sink import WebhookSink
from schemas.errors import Stop


@dataclass(frozen=True, slots=True)
class Pull:
    """A source that is asked, and how often."""

    source: PullSource
    interval_seconds: float


def open_source(
    system: str,
    kind: str,
    section: Mapping[str, Any] | None,
    on_transaction_age: Callable[[float], None] = lambda _seconds: None,
) -> Pull | None:
    """The pull source of a system; None: it is not asked, it comes by itself. Connects to nothing yet.

    Raises Stop in one line when the section is wrong.
    """
    if section is None or kind == "webhook":
        return None
    if kind == "sql":
        sql = read_section(SqlSourceSettings, system, "source", section)
        return Pull(SqlSource(system, sql, on_transaction_age), sql.interval_seconds)
    if kind == "soap":
        soap = read_section(SoapSourceSettings, system, "source", section)
        return Pull(SoapSource(system, soap), soap.interval_seconds)
    raise Stop(f"mappings/systems/{system}.yaml: kind：没有 {kind} 这种连接器")


def open_sink(system: str, kind: str, section: Mapping[str, Any] | None) -> Sink | None:
    """The sink of a system; None: it is not told. Connects to nothing yet. Raises Stop when the section is wrong."""
    if section is None:
        return None
    if kind == "sql":
        return SqlSink(system, read_section(SqlSinkSettings, system, "sink", section))
    if kind == "soap":
        return SoapSink(system, read_section(SoapSinkSettings, system, "sink", section))
    if kind == "webhook":
        return WebhookSink(system, dict(section))
    raise Stop(f"mappings/systems/{system}.yaml: kind：没有 {kind} 这种连接器")
