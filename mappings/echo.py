"""What a system returns of our own writing, known again by the push id and a digest of the fields we wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from mappings.compile import Workbench, is_empty
from mappings.config import EchoConfig
from mappings.expressions import Expression, is_true, names, parse
from mappings.problems import FieldProblem
from mappings.yamlfile import did_you_mean

_SORTED = orjson.OPT_SORT_KEYS


@dataclass(frozen=True, slots=True)
class Echo:
    """A document names one of our pushes; it is an echo only if the ledger knows the push with the same digest."""

    push_id: str
    digest: str


@dataclass(frozen=True)
class Shared:
    """Fields that the system and we both write, together or not at all."""

    fields: frozenset[str]
    when: Expression  # true of a document in which our last writing has said them

    def written(self, document: Any) -> bool:
        """Whether our last writing said them."""
        try:
            return is_true(self.when(document))
        except FieldProblem:
            return False


@dataclass(frozen=True)
class EchoRule:
    """Where a document carries the push id and the fields we wrote."""

    push_id: Expression
    fields: tuple[tuple[str, Expression], ...]  # name in the message we sent, where it comes back
    ours: frozenset[str]  # names in the document that every writing of ours may change
    shared: tuple[Shared, ...] = ()

    def of_document(self, document: Any) -> Echo | None:
        """The echo a document may be; None if it names no push."""
        try:
            push_id = self.push_id(document)
            if is_empty(push_id) or not isinstance(push_id, str):
                return None
            return Echo(push_id.strip(), _digest([(name, read(document)) for name, read in self.fields]))
        except FieldProblem:
            return None

    def of_own_part(self, document: Mapping[str, Any]) -> str:
        """Digests of what is the system's own in a document, and of each group of what both write."""
        groups = [{name: document.get(name) for name in group.fields} for group in self.shared]
        common = self.ours.union(*(group.fields for group in self.shared))
        own = {name: value for name, value in document.items() if name not in common}
        return ":".join(sha256(orjson.dumps(x, default=str, option=_SORTED)).hexdigest() for x in (own, *groups))

    def changed_ours_only(self, before: str, now: str, document: Any) -> bool:
        """Since `of_own_part`, which gives `now`, gave `before`: what our writing has not said is as it was."""
        then, parts = before.split(":"), now.split(":")
        said = [False, *(group.written(document) for group in self.shared)]
        return len(then) == len(parts) and all(s or a == b for s, a, b in zip(said, then, parts, strict=True))

    def of_written(self, flat: Mapping[str, Any]) -> str:
        """The digest of a message we send; keys of the mapping are the body's paths."""
        return _digest([(name, flat.get(name)) for name, _ in self.fields])


def compile_echo(config: EchoConfig, written: set[str], bench: Workbench) -> EchoRule:
    """Compile; `written` are the fields every outbound message has."""
    for name in config.fields:
        if name not in written:
            bench.file.find(("echo", "fields", name), f"outbound.always 中没有“{name}”{did_you_mean(name, written)}")
    paths = [config.push_id, *config.fields.values()]
    push_id = bench.expression(config.push_id, ("echo", "push_id"))
    reads = tuple(
        (name, bench.expression(path, ("echo", "fields", name))) for name, path in sorted(config.fields.items())
    )
    shared = tuple(
        Shared(frozenset(group.fields), bench.expression(group.when, ("echo", "shared", n, "when")))
        for n, group in enumerate(config.shared)
    )
    roots = () if bench.file.findings else (name for path in paths for name in names(parse(path)))
    return EchoRule(push_id, reads, frozenset(roots) | frozenset(config.touched), shared)


def _digest(values: list[tuple[str, Any]]) -> str:
    """Text and XML lose types, and a null may come back as nothing: all are compared as text."""
    parts = [(name, "" if is_empty(value) else str(value).strip()) for name, value in values]
    return sha256("".join(f"{len(name)}:{name}{len(value)}:{value}" for name, value in parts).encode()).hexdigest()
