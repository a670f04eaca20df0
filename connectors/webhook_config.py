"""The `source:` and `sink:` sections of a system of kind webhook."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.section import read_section
from connectors.signature import SignatureSection

Code = int | str


class WebhookSource(BaseModel):
    """How the system signs what it sends to `POST /intake/{system}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signature: SignatureSection


class Codes(BaseModel):
    """What the `code` in an answer means; a code in neither list is a refusal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done: tuple[Code, ...] = (0, "duplicate")
    retry: tuple[Code, ...] = ()


class WebhookSinkConfig(BaseModel):
    """Where and how the system is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: HttpUrl
    paths: Annotated[dict[str, Annotated[str, Field(pattern=r"^/")]], Field(min_length=1)]  # operation → path
    signature: SignatureSection
    codes: Codes = Codes()
    connect_timeout_s: float = Field(3.0, gt=0, le=10)
    timeout_s: float = Field(10.0, gt=0, le=20)  # for the request, and for the answer; a lease must outlast both


def source_config(system: str, section: dict[str, Any] | None) -> WebhookSource:
    """The checked `source:` section. Raises Stop naming the system and the field."""
    return read_section(WebhookSource, system, "source", section)


def sink_config(system: str, section: dict[str, Any] | None) -> WebhookSinkConfig:
    """The checked `sink:` section. Raises Stop naming the system and the field."""
    return read_section(WebhookSinkConfig, system, "sink", section)
