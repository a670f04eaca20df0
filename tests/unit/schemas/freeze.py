"""The golden corpus: one record of every type and schema version, as its program wrote it, readable for ever.

    python -m tests.unit.schemas.freeze            a new version of every type whose schema has changed
    python -m tests.unit.schemas.freeze --replace  the newest version again; only while nothing has been released,
                                                   and CHANGELOG says that there is no upgrade between checkouts

An inner record whose schema changes needs `"version"` one higher and the old file in `avro/inner/history/`.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schemas.catalog import Schema, catalog, class_of, parsed
from schemas.codec import Codec, LocalSchemaIds
from tests.unit.schemas.keys import sealer

FOLDER = Path(__file__).parents[2] / "golden" / "events"
PLACE = b"golden"  # what stored inner records are tied to here
_WORDS = {
    "name": "王小明",
    "person_name": "王小明",
    "id_number": "370100199001010011",
    "phone": "13800000000",
    "system": "12345",
    "title": "咨询公证",
    "text": "委托公证需要哪些材料?",
    "note": "请尽快办理",
}


def newest(name: str) -> int:
    """Number of the newest frozen version of a record type, 0 when there is none."""
    found = [re.fullmatch(rf"{name}\.v(\d+)\.json", path.name) for path in FOLDER.iterdir()]
    return max((int(match[1]) for match in found if match), default=0)


def load(path: Path) -> tuple[Schema, dict[str, Any], bytes]:
    """The writer's schema, the record in plain JSON and its bytes."""
    frozen = json.loads(path.read_bytes())
    return frozen["schema"], frozen["record"], path.with_suffix(".bin").read_bytes()


def meaning(schema: Any) -> Any:
    """A schema without its explanations."""
    if isinstance(schema, dict):
        return {key: meaning(value) for key, value in schema.items() if key != "doc"}
    return [meaning(item) for item in schema] if isinstance(schema, list) else schema


def encoded(record: Any) -> bytes:
    """Bytes as frozen: an event's with schema id 1, an inner record as tables keep it."""
    codec = Codec(sealer(), LocalSchemaIds())
    if f"cn.santai.{type(record).__name__}" in catalog().events:
        return codec.encode("golden", record)
    return codec.encode_inner(record, PLACE)


def plain(record: Any) -> Any:
    """A record as JSON shows it; bytes in base64."""
    return json.loads(json.dumps(asdict(record), default=lambda value: base64.b64encode(value).decode()))


def example(name: str) -> Any:
    """A record with every field filled, the same at every call."""
    return _record(parsed(catalog().current(name)), {})


def main(arguments: list[str]) -> None:
    """Write what is missing, and say what."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, schema in {**catalog().events, **catalog().inner}.items():
        short = name.rpartition(".")[2]
        number = newest(short)
        record = example(name)
        if number:
            frozen, _, data = load(FOLDER / f"{short}.v{number}.json")
            if meaning(frozen) == meaning(schema) and data == encoded(record):  # a box inside may have a newer schema
                continue
        number = max(1, number if "--replace" in arguments else number + 1)
        path = FOLDER / f"{short}.v{number}.json"
        text = json.dumps({"record": plain(record), "schema": schema}, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        path.with_suffix(".bin").write_bytes(encoded(record))
        print(path.name)


def _record(schema: Any, named: dict[str, Any]) -> Any:
    named[schema["name"]] = schema
    parts = {field["name"]: _field(field, named) for field in schema["fields"]}
    return class_of(schema["name"].rpartition(".")[2])(**parts)


def _field(field: Any, named: dict[str, Any]) -> Any:
    name, boxed = field["name"], field.get("plain")
    if boxed == "bytes":
        return '{"gdbh":"SD20260001","sqrxm":"王小明"}'.encode()
    if boxed is not None:
        return example(boxed)
    return _value(field["type"], name, named, sealed="pii" in field)


def _value(kind: Any, name: str, named: dict[str, Any], sealed: bool = False) -> Any:
    if isinstance(kind, list):
        kind = kind[1]
    if isinstance(kind, dict) and kind["type"] in ("record", "array"):
        if kind["type"] == "array":
            return (_value(kind["items"], name, named), _value(kind["items"], name, named))
        if not sealed:
            return _record(kind, named)
        named[kind["name"]] = kind
        kind = "string"
    kind = kind["type"] if isinstance(kind, dict) else kind
    if sealed or kind == "string":
        return _WORDS.get(name, f"{name}-1")
    if kind in named:
        return _record(named[kind], named)
    return {"boolean": True, "int": 3, "long": 1_767_225_600_000, "double": 12.5}[kind]


if __name__ == "__main__":
    main(sys.argv[1:])
