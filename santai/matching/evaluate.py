"""Runs the core over a whole file in memory and writes what became of each submission."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import orjson

from mappings.lexicon import lexicon
from santai.matching.lines import Line, Reader
from santai.words import Words
from schemas.errors import Stop
from schemas.events.book import Features, Note
from streams.core.corpus import Corpus, Placement

_WRITE_LINES = 1_000


@dataclass(slots=True)
class Evaluated:
    """What a run came to."""

    corpus: Corpus
    placements: list[Placement]
    lines_bad: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    bad_at: tuple[int, ...] = ()  # line numbers of the first that cannot be read

    def complaint(self) -> str | None:
        """Which lines were left out, in one sentence; None when all were read."""
        if not self.lines_bad:
            return None
        more = "等" if self.lines_bad > len(self.bad_at) else ""
        return f"第 {'、'.join(map(str, self.bad_at))} 行{more}不能识别,已略过,共 {self.lines_bad} 行"

    def summary(self) -> dict[str, object]:
        """For people and programs; how fast it was is no part of the outcome."""
        rate = len(self.placements) / self.seconds if self.seconds else 0.0
        return {
            "submissions": len(self.placements), **self.counts, "lines_bad": self.lines_bad,
            "seconds": round(self.seconds, 3), "submissions_per_second": round(rate),
        }  # fmt: skip


def feed(corpus: Corpus, lines: Iterable[Line]) -> None:
    """Hand over in order of arrival."""
    for line in lines:
        if isinstance(line, Features):
            corpus.submission(line)
        elif isinstance(line, Note):
            corpus.note(line)
        else:
            corpus.ruling(line)


def evaluate(path: Path) -> Evaluated:
    """Match a whole file. Stop if it cannot be read or no line of it can; else such a line is counted and left out.

    The collector of cycles rests meanwhile: there are none, and it would walk millions of records again and again.
    """
    reader, corpus = Reader(), Corpus()
    lexicon()  # read once for a process, whatever the size of the file
    collecting = gc.isenabled()
    gc.disable()
    began = time.perf_counter()
    try:
        with _opened(path) as file:
            feed(corpus, reader.read(file))
        if reader.bad and not len(corpus):
            raise Stop(f"{path}: 没有一行能识别,应为每行一个 JSON 的诉求文件(首个不能识别的是第 {reader.bad_at[0]} 行)")
        placements = list(corpus.placements())
    finally:
        if collecting:
            gc.enable()
    counts = dict.fromkeys(("NEW", "SAME", "LINK", "REVIEW"), 0)
    for p in placements:
        counts[p.relation] += 1
    seconds = time.perf_counter() - began
    return Evaluated(corpus, placements, reader.bad, seconds, counts, tuple(reader.bad_at))


def as_lines(placements: Iterable[Placement], words: Words) -> Iterator[bytes]:
    """One JSON line for each submission, some thousands at a time. Reasons are in words."""
    said: dict[str, str] = {}
    pieces: list[bytes] = []
    for p in placements:
        for r in p.reasons:
            if r not in said:
                said[r] = words.reason(r)
        line = {
            "submission_id": p.submission_id, "ticket_id": p.ticket_id, "relation": p.relation, "to": p.to,
            "link_kind": p.link_kind, "reasons": [said[r] for r in p.reasons],
        }  # fmt: skip
        pieces.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if len(pieces) >= _WRITE_LINES:
            yield b"".join(pieces)
            pieces.clear()
    yield b"".join(pieces)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file; Stop if it cannot be opened, or breaks off while it is read."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Stop(f"{path}: 无法读取({type(error).__name__}),请检查文件是否存在、是否有权读取") from None
