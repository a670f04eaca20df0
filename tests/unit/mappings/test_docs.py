"""docs/mappings.md shows a mapping that works and leaves out no field, transform, mark or word."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from mappings import transforms
from mappings.config import Spec
from mappings.systems import FOLDER, load_systems
from mappings.tables import TARGETS
from mappings.targets import NOTES, SUBMISSION
from mappings.vocabulary import Channel, DeliveryKind, Family, PersonType, RequestKind
from schemas.events.common import Mark, Member
from schemas.events.delivery import Delivery

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")


def test_the_example_does_what_the_text_says(tmp_path: Path) -> None:
    example, message = re.findall(r"```(?:yaml|json)\n(.*?)```", TEXT.partition("<!-- example: toy -->")[2], re.DOTALL)[
        :2
    ]
    shutil.copytree(FOLDER.parent / "codes", tmp_path / "codes")
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "toy.yaml").write_text(example, encoding="utf-8")
    toy = load_systems(tmp_path / "systems", {"TOY_SECRET": "s"})["toy"]

    (event,) = toy.map_inbound(json.loads(message), "", "").events
    assert event.person.name == "阿卜杜·热合曼"
    assert event.person.phone == "13800138000"
    assert event.related_numbers == ("12345:GD20260301007",)
    assert event.marks == (Mark(field="person.id_number", problem="bad_checksum", reason="身份证号码校验位不符"),)

    member = Member(submission_id="s", system="toy", source_key="A7@2026-03-05")
    told = toy.map_outbound(
        Delivery(event_id="p", ticket_id="t", seq=1, system="toy", kind="urge", member=member, at=0, by_system="web")
    )
    assert told is not None
    assert (told.operation, told.body["no"], told.body["reply"]) == ("reply", "A7", {"text": "已由web办理。"})


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *SUBMISSION,
            *NOTES,
            *(name for kind in NOTES.values() for name in kind.fields),
            *transforms.PLAIN,
            *transforms.WITH_SYSTEM,
            *TARGETS,
            *(field.name for field in fields(Delivery) if field.name not in ("seq", "system")),
            *(info.alias or name for name, info in Spec.model_fields.items()),
            *(word for words in (Channel, DeliveryKind, Family, PersonType, RequestKind) for word in words),
            *(
                problem
                for path in (ROOT / "mappings").glob("*.py")
                for problem in re.findall(r'(?:FieldProblem\(|problem=)"(\w+)"', path.read_text(encoding="utf-8"))
            ),
        }
    ),
)
def test_every_word_is_explained(word: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", TEXT)


def test_the_readme_has_every_setting_of_a_system() -> None:
    used = {
        (path.stem, name)
        for path in FOLDER.glob("*.yaml")
        for name in re.findall(r"\$\{(\w+)", path.read_text(encoding="utf-8"))
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w-]+) \| (.*)$", readme, re.MULTILINE)
    told = {(system, name) for system, row in rows for name in re.findall(r"`(SANTAI_\w+)`", row)}
    assert told == used
