"""JMESPath expressions, compiled once. Plain paths, comparisons with a word, and, or, not take a fast path with the
same meaning (a property test holds them together); the rest is left to the library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from mappings.problems import FieldProblem

Expression = Callable[[Any], Any]
Node = dict[str, Any]


class BadExpression(ValueError):
    """The text is not JMESPath."""


def compile_expression(source: str) -> Expression:
    """A function of the document. Raises BadExpression here, FieldProblem (bad_value) when it cannot be computed."""
    parsed = _parse(source)
    fast = _fast(parsed.parsed)
    if fast is not None:
        return fast
    search = parsed.search

    def slow(document: Any) -> Any:
        try:
            return search(document)
        except JMESPathError:
            raise FieldProblem("bad_value", "取值表达式无法计算") from None

    return slow


def parse(source: str) -> Node:
    """The syntax tree, for lint."""
    tree: Node = _parse(source).parsed
    return tree


def names(tree: Node) -> Iterator[str]:
    """Names read from the document itself, not from what is inside it."""
    if tree["type"] == "field":
        yield tree["value"]
    elif tree["type"] in ("subexpression", "index_expression", "projection", "pipe", "filter_projection"):
        yield from names(tree["children"][0])
    else:
        for child in tree["children"]:
            yield from names(child)


def comparisons(tree: Node) -> Iterator[tuple[str, str]]:
    """Comparisons of a name with a literal word, as (name, word)."""
    if tree["type"] == "comparator":
        left, right = tree["children"]
        if left["type"] == "literal":
            left, right = right, left
        if left["type"] == "field" and right["type"] == "literal" and isinstance(right["value"], str):
            yield left["value"], right["value"]
    for child in tree["children"]:
        if isinstance(child, dict):
            yield from comparisons(child)


def is_true(value: Any) -> bool:
    """JMESPath's truth: '', [], {}, false and null are false, 0 is true."""
    return not (value is None or value is False or value == "" or value == [] or value == {})


def _parse(source: str) -> Any:
    try:
        return jmespath.compile(source)
    except JMESPathError as error:
        raise BadExpression(str(error).splitlines()[0]) from None


def _fast(node: Node) -> Expression | None:
    build = _BUILDERS.get(node["type"])
    return build(node) if build else None


def _field(node: Node) -> Expression:
    key = node["value"]
    return lambda document: document.get(key) if isinstance(document, dict) else None


def _path(node: Node) -> Expression | None:
    if any(child["type"] != "field" for child in node["children"]):
        return None
    keys = tuple(child["value"] for child in node["children"])

    def read(document: Any) -> Any:
        for key in keys:
            if not isinstance(document, dict):
                return None
            document = document.get(key)
        return document

    return read


def _to_string(node: Node) -> Expression | None:
    if node["value"] != "to_string" or len(node["children"]) != 1:
        return None
    read = _fast(node["children"][0])
    if read is None:
        return None

    def written(document: Any) -> str:
        value = read(document)
        if isinstance(value, str):
            return value
        if type(value) is int:  # what flag columns hold; building an encoder costs 3 µs
            return str(value)
        return json.dumps(value, separators=(",", ":"), default=str)

    return written


def _literal(node: Node) -> Expression | None:
    value = node["value"]
    return (lambda _: value) if isinstance(value, str) else None


def _compare(node: Node) -> Expression | None:
    left, right = node["children"]
    if node["value"] not in ("eq", "ne") or right["type"] != "literal" or not isinstance(right["value"], str):
        return None
    read = _fast(left)
    if read is None:
        return None
    word = right["value"]
    if node["value"] == "eq":
        return lambda document: read(document) == word
    return lambda document: read(document) != word


def _or(node: Node) -> Expression | None:
    first, second = (_fast(child) for child in node["children"])
    if first is None or second is None:
        return None
    return lambda document: value if is_true(value := first(document)) else second(document)


def _and(node: Node) -> Expression | None:
    first, second = (_fast(child) for child in node["children"])
    if first is None or second is None:
        return None
    return lambda document: second(document) if is_true(value := first(document)) else value


def _not(node: Node) -> Expression | None:
    read = _fast(node["children"][0])
    return None if read is None else lambda document: not is_true(read(document))


_BUILDERS: dict[str, Callable[[Node], Expression | None]] = {
    "field": _field,
    "subexpression": _path,
    "literal": _literal,
    "comparator": _compare,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "function_expression": _to_string,
}
