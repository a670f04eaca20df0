"""What a system of kind soap says in its `source` and `sink` sections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Seconds = Annotated[float, Field(gt=0, le=3600)]
Operation = Literal["pushCase", "pushProcess", "pushResult", "pushSpecial", "pushEvaluate"]


class SoapConnection(BaseModel):
    """How the platform is reached; the same for reading and writing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = Field(pattern=r"^https?://")
    wsdl: str = Field(default="gov-service.wsdl", pattern=r"^[A-Za-z0-9_.-]+\.wsdl$")  # a file of mappings/wsdl
    app_key: str = Field(min_length=1)
    secret: SecretStr
    connect_timeout_seconds: Seconds = 5
    read_timeout_seconds: Seconds = 20
    total_timeout_seconds: Seconds = 60  # a partner that drips bytes never trips the read timeout
    response_bytes_max: int = Field(default=8 << 20, ge=1 << 10, le=64 << 20)
    token_valid_seconds: Seconds = 1800
    token_refresh_seconds: Seconds = 120  # so long before its end a token is not used any more
    success: frozenset[str] = frozenset({"0", "0/0", "1", "1/1", "200/1"})  # outer, or outer/inner code


class SoapSourceSettings(SoapConnection):
    """A platform that is asked for its cases."""

    page_size: int = Field(default=100, ge=1, le=500)
    interval_seconds: Seconds = 5


class SoapSinkSettings(SoapConnection):
    """A platform that is told."""

    operations: frozenset[Operation] = frozenset(
        {"pushCase", "pushProcess", "pushResult", "pushSpecial", "pushEvaluate"}
    )
