"""What was once written is read for ever: see `freeze.py` for how the corpus grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.catalog import Subject, catalog, class_of, subjects, version
from schemas.check import check_one
from schemas.codec import Codec, LocalSchemaIds
from schemas.topics import Topics
from tests.unit.schemas.freeze import FOLDER, PLACE, encoded, example, load, meaning, newest, plain
from tests.unit.schemas.keys import sealer

EVERYTHING = {**catalog().events, **catalog().inner}
FROZEN = sorted(FOLDER.glob("*.json"))
HINT = "freeze the new version: python -m tests.unit.schemas.freeze"


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_every_version_ever_written_is_read(path: Path) -> None:
    schema, record, data = load(path)
    ids = LocalSchemaIds()
    codec = Codec(sealer("k2"), ids)
    if schema["namespace"] == "cn.santai":
        assert ids.add(schema) == int.from_bytes(data[1:5], "big")
        read = codec.decode(data)
    else:
        read = codec.decode_inner(class_of(schema["name"]), data, PLACE)
    _holds(plain(read), record, schema["name"])


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_todays_version_is_frozen_and_written_byte_for_byte(name: str) -> None:
    short = name.rpartition(".")[2]
    number = newest(short)
    assert number, HINT
    schema, _, data = load(FOLDER / f"{short}.v{number}.json")
    assert meaning(schema) == meaning(EVERYTHING[name]), HINT
    assert encoded(example(name)) == data


@pytest.mark.parametrize("name", sorted(catalog().inner))
def test_every_earlier_inner_version_has_its_file(name: str) -> None:
    schema = catalog().inner[name]
    assert newest(schema["name"]) == version(schema), "an inner schema that changes needs the next version"
    for number in range(1, version(schema)):
        frozen, _, _ = load(FOLDER / f"{schema['name']}.v{number}.json")
        assert meaning(catalog().history[name, number]) == meaning(frozen)


def test_todays_events_go_with_every_frozen_version() -> None:
    for subject in subjects(Topics(), ["12345"]):
        short = subject.schema["name"]
        versions = [(n, load(FOLDER / f"{short}.v{n}.json")[0]) for n in range(1, newest(short) + 1)]
        assert check_one(Subject(subject.name, subject.schema, subject.compatibility), versions) == []


def _holds(read: Any, frozen: Any, where: str) -> None:
    """All that was frozen is there, field by field; fields that came later may stand beside it."""
    if isinstance(frozen, dict):
        for key, value in frozen.items():
            assert key in read, where
            _holds(read[key], value, f"{where}.{key}")
    elif isinstance(frozen, list):
        assert len(read) == len(frozen), where
        for k, (ours, theirs) in enumerate(zip(read, frozen, strict=True)):
            _holds(ours, theirs, f"{where}[{k}]")
    else:
        assert read == frozen, where
