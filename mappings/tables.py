"""Code tables: a system's codes and the words of our vocabulary, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from mappings import transforms
from mappings.problems import FieldProblem
from mappings.validation import reason_of
from mappings.vocabulary import Channel, DeliveryKind, Family, PersonType, RequestKind, State
from mappings.yamlfile import YamlFile, did_you_mean

Canonical = str | int | bool

# What a table may translate to. `word` is anything.
TARGETS: dict[str, frozenset[Canonical] | None] = {
    "state": frozenset(map(str, State)),
    "kind": frozenset(map(str, RequestKind)),
    "family": frozenset(map(str, Family)),
    "channel": frozenset(map(str, Channel)),
    "person_type": frozenset(map(str, PersonType)),
    "delivery_kind": frozenset(map(str, DeliveryKind)),
    "grade": frozenset((1, 2, 3, 4, 5)),
    "flag": frozenset((True, False)),
    "transform": frozenset(transforms.PLAIN) - transforms.OUTBOUND,
    "word": None,
}


class TableFile(BaseModel):
    """A file of `mappings/codes/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    target: str
    codes: dict[str, StrictBool | StrictInt | StrictStr | None]
    out: dict[str, StrictStr] = Field(default_factory=dict)


@dataclass(frozen=True)
class CodeTable:
    """Codes to canonical values (None: known, but it says nothing) and back."""

    name: str
    target: str
    codes: dict[str, Canonical | None]
    out: dict[str, str]

    def read(self, code: object) -> Canonical | None:
        """The canonical value. FieldProblem (unknown_code) if the table does not know the code."""
        if isinstance(code, bool):
            code = "true" if code else "false"
        try:
            return self.codes[str(code).strip()]
        except KeyError:
            raise FieldProblem("unknown_code", "代码不在代码表中") from None

    def write(self, value: object) -> str | None:
        """The system's own code for a canonical value; None if it has none."""
        return self.out.get(str(value))

    def unwritable(self) -> list[str]:
        """Canonical values that have no code."""
        return sorted(str(value) for value in TARGETS[self.target] or () if str(value) not in self.out)


def load_tables(folder: Path) -> tuple[dict[str, CodeTable], list[str]]:
    """All tables of a folder by file name, and what is wrong with them."""
    tables: dict[str, CodeTable] = {}
    findings: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        file = YamlFile.read(path)
        if not file.findings:
            table = _build(file)
            if table is not None:
                tables[table.name] = table
        findings += file.findings
    return tables, findings


def _build(file: YamlFile) -> CodeTable | None:
    try:
        model = TableFile.model_validate(file.data)
    except ValidationError as error:
        note_errors(file, error, TableFile)
        return None
    if model.target not in TARGETS:
        file.find(("target",), f"未知的目标“{model.target}”{did_you_mean(model.target, TARGETS)}")
        return None
    known = TARGETS[model.target]
    out: dict[str, str] = {}
    for code, value in model.codes.items():
        if value is None:
            continue
        # the type counts: True == 1, and the flag table must not pass for a grade
        if known is not None and not any(value == word and type(value) is type(word) for word in known):
            file.find(("codes", code), f"未知的值“{value}”{did_you_mean(str(value), map(str, known))}")
        out.setdefault(str(value), code)
    for written in model.out:
        if known is not None and written not in map(str, known):
            file.find(("out", written), f"未知的值“{written}”{did_you_mean(written, map(str, known))}")
    return CodeTable(file.path.stem, model.target, dict(model.codes), out | model.out)


def note_errors(file: YamlFile, error: ValidationError, model: type[BaseModel]) -> None:
    """Say pydantic's findings in Chinese, with the file's line and the nearest known key or word."""
    for problem in error.errors(include_url=False, include_input=True):
        where = tuple(step for step in problem["loc"] if not _is_tag(step))
        reason = reason_of(problem)
        if problem["type"] == "extra_forbidden" and where:
            reason = f"未知的键“{where[-1]}”{did_you_mean(str(where[-1]), _keys(model, where[:-1]))}"
        elif problem["type"] in ("enum", "literal_error"):
            words = [word.strip("' ") for word in str(problem["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
            reason = f"未知的值“{problem['input']}”{did_you_mean(str(problem['input']), words)}"
        file.find(where, reason)


def _is_tag(step: str | int) -> bool:
    """Pydantic puts names of union members into locations; they are no keys of the file."""
    return isinstance(step, str) and (step in ("str", "Spec", "AsTable") or "[" in step)


def _keys(model: type[BaseModel], where: tuple[Any, ...]) -> list[str]:
    """The keys allowed where an unknown one was found."""
    here: type[BaseModel] | None = model
    nested = getattr(model, "NESTED", {})
    for step in where:
        if not isinstance(step, int) and str(step) in nested:
            here = nested[str(step)]
    fields = (here or model).model_fields
    return [info.alias or name for name, info in fields.items()]
