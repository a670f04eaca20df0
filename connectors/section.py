"""Checks the `source` or `sink` section of a system's YAML against its connector kind's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mappings.validation import reason_of
from schemas.errors import Stop

Model = TypeVar("Model", bound=BaseModel)


def read_section(model: type[Model], system: str, name: str, section: Mapping[str, Any] | None) -> Model:
    """The section as its model. Raises Stop in one line naming file and setting; values are not quoted (secrets)."""
    try:
        return model.model_validate(dict(section or {}))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join((name, *map(str, first["loc"])))
        remedy = "请改正文件，或此处所引用的环境变量"
        raise Stop(f"mappings/systems/{system}.yaml: {where}：{reason_of(first)}；{remedy}") from None
