"""May a new version of a schema be registered? Said in words, before the registry says 409.

Stricter than the registry, which knows nothing of `pii` and `logicalType`. What is asked:

- partner-facing subjects: new programs read every old record, and every old program reads new records;
- our own: new programs read every old record, and programs of the newest registered version read new records, for
  while we upgrade, workers of both run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from schemas.catalog import Compatibility, Schema, Subject
from schemas.compatible import compare

FetchVersions = Callable[[str], Sequence[tuple[int, Schema]]]  # subject → (version, schema), oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason not to register; all texts are Chinese."""

    subject: str
    version: int  # the registered version the new one does not go with
    path: str  # field, as in person.name; empty for the record itself
    problem: str
    old: str
    new: str
    remedy: str

    def __str__(self) -> str:
        where = f"字段 {self.path} " if self.path else "记录"
        return (
            f"{self.subject}:与第 {self.version} 版不兼容,{where}{self.problem}"
            f"(原:{self.old} → 新:{self.new})。{self.remedy}"
        )


def check(subjects: Iterable[Subject], fetch_versions: FetchVersions) -> list[Finding]:
    """All findings, by subject and version; empty when everything may be registered. `fetch_versions` returns an
    empty sequence for a subject that is not registered yet."""
    return [finding for subject in subjects for finding in check_one(subject, fetch_versions(subject.name))]


def check_one(subject: Subject, versions: Sequence[tuple[int, Schema]]) -> list[Finding]:
    """Findings of one subject against its registered versions."""
    both = subject.compatibility is Compatibility.BOTH
    found = []
    for version, old in versions:
        forward = both or version == versions[-1][0]
        for trouble in compare(old, subject.schema, forward=forward):
            found.append(
                Finding(
                    subject=subject.name,
                    version=version,
                    path=trouble.path,
                    problem=trouble.problem,
                    old=trouble.old,
                    new=trouble.new,
                    remedy=trouble.remedy,
                )
            )
    return found
