"""Whole generated corpora through the matching core: the order of arrival, and records nobody would wish for."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from bench.matching.corpus import Recipe, stream
from santai.matching.evaluate import feed
from santai.matching.lines import Reader
from streams.core.corpus import Corpus, Placement


def placed(lines: Iterable[bytes]) -> dict[str, Placement]:
    """What becomes of each submission."""
    corpus = Corpus()
    feed(corpus, Reader().read(lines))
    return {p.submission_id: p for p in corpus.placements()}


def lines_of(recipe: Recipe) -> list[bytes]:
    return [line for line, _ in stream(recipe)]


@pytest.mark.parametrize(("style", "mixture"), [("clerk", "usual"), ("thumb", "traps"), ("caller", "rough")])
def test_arrivals_shuffled_within_an_hour_or_altogether_end_in_the_same_tickets(style: str, mixture: str) -> None:
    plain = lines_of(Recipe(seed=17, style=style, mixture=mixture, size=1_000))
    expected = placed(plain)
    assert any(p.relation == "SAME" for p in expected.values())
    assert placed(lines_of(Recipe(seed=17, style=style, mixture=mixture, size=1_000, shuffled=3_600))) == expected
    anyhow = random.Random(17).sample(plain, len(plain))
    assert placed([*anyhow, *anyhow[:200]]) == expected


@pytest.mark.parametrize(("style", "seed"), [("clerk", 701), ("caller", 701), ("office", 3)])
def test_no_broken_record_is_merged(style: str, seed: int) -> None:
    found = placed(lines_of(Recipe(seed=seed, style=style, mixture="hostile", size=3_000)))
    assert len(found) >= 3_000
    assert not [p for p in found.values() if p.relation == "SAME"]
