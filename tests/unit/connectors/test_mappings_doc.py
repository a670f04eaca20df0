"""docs/mappings.md names every key of `source` and `sink` with its default, and its example can be connected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from connectors.signature import HotlineSection, StandardSection
from connectors.soap_settings import SoapSinkSettings, SoapSourceSettings
from connectors.sql_settings import MYSQL_OLDEST_TRANSACTION, SqlSinkSettings, SqlSourceSettings
from connectors.webhook_config import Codes, WebhookSinkConfig, WebhookSource, sink_config, source_config
from mappings.systems import load_systems

TEXT = (Path(__file__).parents[3] / "docs" / "mappings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| (source|sink|both) \|(.*?) \|", re.MULTILINE)
# Defaults that the table says in words.
SAID: dict[str, object] = {
    "all": (),
    "all five": SoapSinkSettings.model_fields["operations"].default,
    "MariaDB's and MySQL's": MYSQL_OLDEST_TRANSACTION,
}

Keys = dict[str, Any]


def _keys(prefix: str, *models: type[BaseModel]) -> Keys:
    """Key → default of models; a key that is a section of its own is left out."""
    return {
        prefix + name: field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
        for model in models
        for name, field in model.model_fields.items()
        if name not in ("signature", "codes")
    }


_SIGNATURE = _keys("signature.", HotlineSection, StandardSection)
SECTIONS: dict[tuple[str, str], Keys] = {
    ("webhook", "source"): _keys("", WebhookSource) | _SIGNATURE,
    ("webhook", "sink"): _keys("", WebhookSinkConfig) | _keys("codes.", Codes) | _SIGNATURE,
    ("sql", "source"): _keys("", SqlSourceSettings),
    ("sql", "sink"): _keys("", SqlSinkSettings),
    ("soap", "source"): _keys("", SoapSourceSettings),
    ("soap", "sink"): _keys("", SoapSinkSettings),
}


def _rows(kind: str, section: str) -> dict[str, str]:
    """Key → what the table says of its default."""
    part = re.split(r"^##+ ", TEXT.partition(f"\n### {kind}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return {key: default.strip() for key, where, default in ROW.findall(part) if where in (section, "both")}


@pytest.mark.parametrize(("kind", "section"), SECTIONS)
def test_the_table_has_the_keys_the_section_has(kind: str, section: str) -> None:
    assert _rows(kind, section).keys() == SECTIONS[kind, section].keys()


@pytest.mark.parametrize(
    ("kind", "section", "key"), [(kind, section, key) for (kind, section), keys in SECTIONS.items() for key in keys]
)
def test_the_table_has_the_default_the_key_has(kind: str, section: str, key: str) -> None:
    said, default = _rows(kind, section)[key], SECTIONS[kind, section][key]
    if default is PydanticUndefined:
        assert said == ""
    elif said in SAID:
        assert default == SAID[said]
    else:
        value = yaml.safe_load(said.strip("`"))
        assert (type(default)(value) if isinstance(value, list) else value) == default


def test_the_example_can_be_connected(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", TEXT.partition("<!-- example: toy -->")[2], re.DOTALL)
    assert found
    (tmp_path / "codes").symlink_to(Path(__file__).parents[3] / "mappings" / "codes")
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "toy.yaml").write_text(found[1], encoding="utf-8")
    toy = load_systems(tmp_path / "systems", {"TOY_SECRET": "0123456789abcdef"})["toy"]
    assert source_config("toy", toy.source).signature.keys() == (b"0123456789abcdef",)
    told = {entry["operation"] for entry in yaml.safe_load(found[1])["outbound"]["tell"]}
    assert sink_config("toy", toy.sink).paths.keys() == told
