"""Turns what the YAML says into functions, and says what is wrong with it. Both directions use these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings import transforms
from mappings.config import AsTable, Spec
from mappings.expressions import BadExpression, Expression, compile_expression, names, parse
from mappings.problems import FieldProblem
from mappings.tables import CodeTable
from mappings.yamlfile import Where, YamlFile, did_you_mean

Origin = Callable[[Any], Any]
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Workbench:
    """What is at hand while one system is compiled. Findings go to the file."""

    file: YamlFile
    system: str
    tables: Mapping[str, CodeTable]

    def expression(self, source: str, where: Where, known: Iterable[str] | None = None) -> Expression:
        """A compiled expression. `known`: the names that can be read, if that is known."""
        try:
            tree = parse(source)
        except BadExpression as error:
            self.file.find(where, f"表达式有误（JMESPath：{error}）")
            return _nothing
        if known is not None:
            words = set(known)
            for name in names(tree):
                if name not in words:
                    self.file.find(where, f"没有名为“{name}”的来源字段{did_you_mean(name, words)}")
        return compile_expression(source)

    def table(self, name: str, where: Where, target: str | None = None) -> CodeTable | None:
        """A code table, which must translate to the target."""
        table = self.tables.get(name)
        if table is None:
            self.file.find(where, f"没有代码表“{name}”{did_you_mean(name, self.tables)}")
        elif target is not None and table.target != target:
            self.file.find(where, f"代码表“{name}”对应 {table.target}，此处需要 {target}")
            return None
        return table

    def transform(self, name: str, where: Where) -> transforms.Transform:
        """A named transform."""
        try:
            return transforms.find(name, self.system)
        except KeyError:
            known = [*transforms.PLAIN, *transforms.WITH_SYSTEM]
            self.file.find(where, f"没有名为“{name}”的转换{did_you_mean(name.partition('(')[0], known)}")
            return _nothing

    def origin(self, spec: Spec, where: Where, known: Iterable[str] | None = None) -> Origin:
        """What yields the raw value of a field: a path, a constant, or a text with slots; `when` may withhold it."""
        read: Origin
        if spec.from_ is not None:
            read = self.expression(spec.from_, (*where, "from"), known)
        elif spec.text is not None:
            read = self._filled(spec.text, (*where, "text"), known)
        else:
            constant = spec.value
            read = lambda _: constant  # noqa: E731 - one of three ways to read
        if spec.when is None:
            return read
        holds = self.expression(spec.when, (*where, "when"), known)
        return lambda document: read(document) if holds(document) else None

    def chosen(self, choice: AsTable, where: Where) -> Callable[[Any], transforms.Transform | None]:
        """A transform by another field of the document; None: that field is empty."""
        key = self.expression(choice.from_, (*where, "from"))
        table = self.table(choice.code, (*where, "code"), "transform")

        def choose(document: Any) -> transforms.Transform | None:
            raw = key(document)
            if table is None or raw in (None, ""):
                return None
            word = table.read(raw)
            return None if word is None else transforms.PLAIN[str(word)]

        return choose

    def _filled(self, text: str, where: Where, known: Iterable[str] | None) -> Origin:
        """The text with its {slots} filled; nothing when one of them is empty."""
        parts = _SLOT.split(text)
        reads = [self.expression(source, where, known) for source in parts[1::2]]
        literals = parts[::2]

        def fill(document: Any) -> str | None:
            made = literals[0]
            for read, literal in zip(reads, literals[1:], strict=True):
                value = read(document)
                if is_empty(value):
                    return None
                if not isinstance(value, str | int):
                    raise FieldProblem("bad_shape", "应为单个值")
                made += str(value) + literal
            return made

        return fill


def alternatives(spec: Spec) -> list[Spec]:
    """The spec and what stands in for it when it yields nothing, flat."""
    if spec.or_ is None:
        return [spec]
    others = spec.or_ if isinstance(spec.or_, list) else [spec.or_]
    inherited = {"as_": spec.as_, "code": spec.code}
    made = [spec.model_copy(update={"or_": None, "default": None})]
    for other in others:
        if isinstance(other, str):
            made.append(Spec(**{"from": other}).model_copy(update=inherited))
        else:
            made += alternatives(other)
    if spec.default is not None:
        made[-1] = made[-1].model_copy(update={"default": spec.default})
    return made


def as_spec(written: str | Spec) -> Spec:
    """A bare word in the YAML is a path."""
    return Spec(**{"from": written}) if isinstance(written, str) else written


def is_empty(value: Any) -> bool:
    """Nothing was written: no value, or blanks only. Zero and false are values."""
    return (
        value is None
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, list | dict) and not value)
    )


def _nothing(_: Any) -> Any:
    """Stands in for what does not compile; such a system is never used."""
    return None
