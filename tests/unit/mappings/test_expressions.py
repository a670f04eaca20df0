"""The fast path means what JMESPath means."""

from __future__ import annotations

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from mappings.expressions import BadExpression, comparisons, compile_expression, is_true, names, parse
from mappings.problems import FieldProblem

_names = st.sampled_from(["a", "b", "c"])
_leaves = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["", "x", "1", "true"]) | st.just(1.5)
_documents = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=3), max_leaves=12
)
_paths = st.lists(_names, min_size=1, max_size=3).map(".".join)
_words = st.sampled_from(["x", "1", "true", ""])
_expressions = st.recursive(
    _paths
    | st.builds("{} {} '{}'".format, _paths, st.sampled_from(["==", "!="]), _words)
    | st.builds("to_string({}) == '{}'".format, _paths, _words)
    | st.builds("contains(['x', '1'], {})".format, _paths),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner) | st.builds("!({})".format, inner)
    ),
    max_leaves=4,
)


@given(_expressions, _documents)
def test_fast_and_library_agree(source: str, document: object) -> None:
    try:
        theirs = jmespath.search(source, document)
    except JMESPathError:
        with pytest.raises(FieldProblem):
            compile_expression(source)(document)
        return
    ours = compile_expression(source)(document)
    assert (ours, type(ours)) == (theirs, type(theirs))


@given(_documents)
def test_truth_is_jmespaths(document: object) -> None:
    assert is_true(document) == (not jmespath.search("!@", document))


def test_names_are_those_of_the_document_itself() -> None:
    assert set(names(parse("a.b || c[0].d == 'x' && to_string(e) && f[?g == 'x'].h"))) == {"a", "c", "e", "f"}


def test_comparisons_with_words() -> None:
    assert set(comparisons(parse("state == 'A' || 'B' != kind && a.state == 'C' && n == `1`"))) == {
        ("state", "A"),
        ("kind", "B"),
    }


def test_what_cannot_be_computed_is_a_problem_of_the_field() -> None:
    with pytest.raises(FieldProblem):
        compile_expression("starts_with(a, 'x')")({"a": 1})


@pytest.mark.parametrize("source", ["a ==", "", "a b", "f(", "a.[", "'x"])
def test_bad_expressions(source: str) -> None:
    with pytest.raises(BadExpression):
        compile_expression(source)
