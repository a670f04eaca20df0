"""One dead letter and kinds of trouble, as they are shown: headers, size and digest, never the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from confluent_kafka import Message
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from santai.words import clock_time
from schemas.errors import without_place

ERRORS = "__connect.errors."
ATTEMPT = "x-santai-attempt"
FINGERPRINT = "x-santai-fingerprint"
MAPPING = "x-santai-mapping"
_OFFSETS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Dead:
    """One dead letter, without its body. Times in ms."""

    offset: int
    at: int
    topic: str
    from_partition: int
    from_offset: int
    stage: str
    error: str
    reason: str
    mapping: str
    attempt: int
    fingerprint: str
    key: str
    """Masked."""
    bytes: int
    digest: str
    """First 16 hexadecimal digits of the body's SHA-256, to tell equal bodies."""
    redriven: bool = False

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Trouble:
    """All dead letters with one fingerprint."""

    fingerprint: str
    topic: str
    stage: str
    error: str
    reason: str
    offsets: tuple[int, ...]
    open: tuple[int, ...]
    """Those that were not sent back."""
    first_at: int
    last_at: int

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    """The record's headers as bytes."""
    return [
        (name, value if isinstance(value, bytes) else (value or "").encode()) for name, value in message.headers() or ()
    ]


def dead_of(message: Message, marks: Mapping[int, bool]) -> Dead:
    """What the headers say. `marks`: offset → was sent back."""
    # The last header of a name counts: an earlier one may have come with the record.
    said = {name: value.decode("utf-8", "replace") for name, value in headers_of(message)}
    body, offset = message.value() or b"", message.offset() or 0
    return Dead(
        offset=offset,
        at=message.timestamp()[1],
        topic=said.get(f"{ERRORS}topic", ""),
        from_partition=_number(said.get(f"{ERRORS}partition")),
        from_offset=_number(said.get(f"{ERRORS}offset")),
        stage=said.get(f"{ERRORS}stage", ""),
        error=said.get(f"{ERRORS}exception.class.name", ""),
        reason=said.get(f"{ERRORS}exception.message", ""),
        mapping=said.get(MAPPING, ""),
        attempt=max(1, _number(said.get(ATTEMPT))),
        fingerprint=said.get(FINGERPRINT, ""),
        key=_masked(message.key()),
        bytes=len(body),
        digest=sha256(body).hexdigest()[:16],
        redriven=marks.get(offset, False),
    )


def _number(text: str | None) -> int:
    digits = (text or "").removeprefix("-")
    return int(text or "") if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1


def _masked(key: bytes | str | None) -> str:
    """Enough to recognise a key by, not to read it: a record that broke may hold anything anywhere."""
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else key or ""
    return f"{text[:4]}…{text[-2:]}（{len(text)} 字）" if len(text) > 8 else "*" * len(text)


def told_once(dead: Iterable[Dead]) -> Iterable[Dead]:
    """Each record once, at the first place where it lies: a worker that dies after its dead letters are written and
    before its position is, leaves its successor to write them again. Sent back is it when any of them was."""
    found: dict[tuple[str, int, int, str], Dead] = {}
    for one in dead:
        known = one.from_offset >= 0
        place = (one.topic, one.from_partition, one.from_offset, one.digest) if known else ("", 0, one.offset, "")
        first = found.setdefault(place, one)
        if one.redriven:
            found[place] = replace(first, redriven=True)
    return found.values()


def grouped(dead: Iterable[Dead]) -> list[Trouble]:
    """Dead letters by fingerprint, those with most that are still open first."""
    groups: dict[str, list[Dead]] = {}
    for one in dead:
        groups.setdefault(one.fingerprint, []).append(one)
    troubles = [
        Trouble(
            fingerprint=fingerprint,
            topic=found[-1].topic,
            stage=found[-1].stage,
            error=found[-1].error,
            reason=without_place(found[-1].reason),
            offsets=tuple(one.offset for one in found),
            open=tuple(one.offset for one in found if not one.redriven),
            first_at=min(one.at for one in found),
            last_at=max(one.at for one in found),
        )
        for fingerprint, found in groups.items()
    ]
    return sorted(troubles, key=lambda trouble: (-len(trouble.open), -trouble.last_at, trouble.fingerprint))


def render_ls(troubles: Iterable[Trouble], console: Console) -> None:
    """A table of what is wrong."""
    table = Table("待处理", "共计", "来源主题", "环节", "原因", "最近一次", "待处理的位置", box=None, pad_edge=False)
    for t in troubles:
        counts = (str(len(t.open)), str(len(t.offsets)))
        where = " ".join(map(str, t.open[:_OFFSETS_SHOWN])) + (" …" if len(t.open) > _OFFSETS_SHOWN else "")
        table.add_row(*counts, escape(t.topic), escape(t.stage), escape(t.reason), clock_time(t.last_at), where)
    console.print(table if table.row_count else "死信队列是空的。")


def render_dead(dead: Dead, console: Console) -> None:
    """One dead letter, without its body."""
    origin = "未曾写入" if dead.from_offset < 0 else f"分区 {dead.from_partition}，位置 {dead.from_offset}"
    rows = {
        "位置": str(dead.offset),
        "时间": clock_time(dead.at),
        "来源": f"{dead.topic}（{origin}）",
        "环节": dead.stage,
        "错误": dead.error,
        "原因": dead.reason,
        "映射": dead.mapping or "—",
        "第几次": str(dead.attempt),
        "指纹": dead.fingerprint,
        "键": dead.key or "—",
        "内容": f"{dead.bytes} 字节（不显示），摘要 {dead.digest}",
        "已送回": "是" if dead.redriven else "否",
    }
    table = Table(show_header=False, box=None, pad_edge=False)
    for title, text in rows.items():
        table.add_row(title, escape(text))
    console.print(table)
