"""`santai match`: any line is read or left out, the outcome does not depend on the order, quality is counted."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from santai.cli import app
from santai.matching.evaluate import evaluate, feed
from santai.matching.lines import Reader
from santai.matching.quality import judge
from santai.words import Words
from schemas.errors import Stop
from schemas.events.book import Features
from streams.core.corpus import Corpus
from tests.unit.core.lines import called, decision, status, told

WORDS = Words.load()
FILE = [
    told("a"), called("b", 1), told("c", 2, name="李梅", phone="13911112222", id_number=None), status("a", 3, "CLOSED"),
    called("d", 4), decision("a", "c", False), called("e", 5, kind="follow-up"), called("f", 1.5, name="王先生"),
]  # fmt: skip


def write(folder: Path, lines: list[Any], name: str = "file.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def read(line: object) -> Features:
    found = Reader().line(orjson.dumps(line))
    assert isinstance(found, Features)
    return found


def test_one_json_line_for_each_submission(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["match", "evaluate", str(write(tmp_path, FILE)), "--json"])
    assert ran.exit_code == 0, ran.output
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["submission_id"] for line in lines] == ["a", "b", "c", "d", "e", "f"]
    assert all(
        list(x) == ["submission_id", "ticket_id", "relation", "to", "link_kind", "reasons"] for x in lines
    )  # fmt: skip
    by_id = {x["submission_id"]: x for x in lines}
    assert (by_id["b"]["relation"], by_id["b"]["ticket_id"], by_id["b"]["to"]) == ("SAME", "a", "a")
    assert "联系电话相同" in by_id["b"]["reasons"]
    assert (by_id["d"]["relation"], by_id["d"]["link_kind"]) == ("LINK", "reopen")


def test_quality_names_every_wrong_merge(tmp_path: Path) -> None:
    truth = write(tmp_path, [{"submission_id": s, "matter": m} for s, m in zip("abcdef", "xyzxvx", strict=True)], "t")
    file = write(tmp_path, FILE)
    ran = CliRunner().invoke(app, ["match", "evaluate", str(file), "--json", "--truth", str(truth)])
    quality = json.loads(ran.stdout.splitlines()[-1])
    assert quality["type"] == "quality"
    assert {(w["a"], w["b"]) for w in quality["wrong"]} == {("a", "b"), ("b", "f")}
    assert all(w["reasons"] for w in quality["wrong"])
    assert quality["merged"] == 3
    assert quality["precision"] == round(1 / 3, 6)
    assert quality["recall"] == round(1 / 3, 6)  # of a-d, a-f, d-f
    assert "12345+web" in quality["recall_by_systems"]


def test_links_are_judged_where_the_truth_names_them(tmp_path: Path) -> None:
    run = evaluate(write(tmp_path, FILE))
    truth = {s: {"submission_id": s, "matter": s} for s in "abcdef"}
    truth["d"] |= {"link_to": "b", "link_kind": "reopen"}
    truth["c"] |= {"link_to": "a", "link_kind": "incident"}
    assert judge(run, truth, WORDS)["links"] == {"incident": 0.0, "reopen": 1.0, "all": 0.5}
    truth["c"] |= {"link_to": "b"}
    truth["d"] |= {"link_to": "c", "link_kind": "incident"}  # c follows b: b is of the chain
    assert judge(run, truth, WORDS)["links"] == {"incident": 0.5, "all": 0.5}
    truth["c"] |= {"link_to": "a"}
    assert judge(run, truth, WORDS)["links"]["all"] == 0.0


def test_explain_tells_the_evidence_of_a_pair(tmp_path: Path) -> None:
    file = str(write(tmp_path, FILE))
    ran = CliRunner().invoke(app, ["match", "explain", "a", "b", "--file", file, "--json"])
    found = json.loads(ran.stdout)
    assert found["relation"] == "SAME"
    assert {"code": "phone_equal", "reason": "联系电话相同", "weight": 9.0} in found["evidence"]
    assert found["placements"]["b"]["ticket_id"] == "a"
    assert "联系电话相同" in CliRunner().invoke(app, ["match", "explain", "a", "b", "--file", file]).stdout


def test_what_is_no_line_is_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    good = orjson.dumps(told("a"))
    path.write_bytes(b"\n".join([b"{", b"[]", b"null", b"\xff\xfe", b'{"type":"submission"}', b"", good, b"{}" * 9]))
    run = evaluate(path)
    assert [p.submission_id for p in run.placements] == ["a"]
    assert run.lines_bad == 6
    ran = CliRunner().invoke(app, ["match", "evaluate", str(path), "--json"])
    assert ran.exit_code == 0
    assert ran.stderr == f"{path}: 第 1、2、3、4、5、8 行不能识别,已略过,共 6 行\n"
    assert len(ran.stdout.splitlines()) == 1


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_what_cannot_be_read_stops_with_one_line(tmp_path: Path, more: list[str]) -> None:
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_bytes(b"\x1f\x8b\x08\x00\nPK\n")
    for path in (tmp_path / "absent.jsonl", tmp_path, nothing):
        ran = CliRunner().invoke(app, ["match", "evaluate", str(path), *more])
        assert isinstance(ran.exception, Stop)
        assert "\n" not in str(ran.exception)
        assert str(path) in str(ran.exception)
        assert ran.stdout == ""


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"name": "王晓明230103199003071233"}, ("王晓明", "230103199003071233", None)),
        ({"name": "13800138000"}, (None, None, "13800138000")),
        ({"name": "王晓明", "phone": "13800138000、13911112222"}, ("王晓明", None, "13800138000")),
        ({"name": "张*", "phone": "138****5678", "id_number": "2301**********1234"}, ("张*", None, None)),
        ({"name": "Jean-Luc Müller", "id_number": 7}, ("Jean-Luc Müller", None, None)),
        ({"name": ["x"], "phone": {"y": 1}, "region": 9.5}, (None, None, None)),
    ],
)
def test_what_stands_in_the_wrong_field(person: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    p = read({"type": "submission", "submission_id": "a", "person": person}).person
    assert (p.name, p.id_number or p.id_typed, p.phone) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
    | st.sampled_from(["王*", "某", "·", "?", "138****5678", "甲诉乙离婚纠纷", "1" * 18, "2026年3月5日", "12345:GD1"]),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=5,
)  # fmt: skip
FIELDS = sorted({*told("a"), "agent", "item", "purpose", "case_no", "doc_no", "incident_date", "related_numbers",
                 "parent_no", "confidential", "anonymous", "state", "at", "a", "b", "same"})  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12), max_size=6), st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_no_line_ever_breaks_it(changes: list[dict[str, Any]], seed: int) -> None:
    kinds = random.Random(seed).choices(["submission", "status", "decision"], (8, 1, 1), k=len(changes))
    lines = [
        told(str(n)) | change | {"type": kind} for n, (change, kind) in enumerate(zip(changes, kinds, strict=True))
    ]
    reader, corpus = Reader(), Corpus()
    feed(
        corpus,
        reader.read(orjson.dumps(line, option=orjson.OPT_PASSTHROUGH_DATACLASS) for line in lines if _fits(line)),
    )
    placements = list(corpus.placements())
    assert len(placements) == len(corpus)
    assert {p.ticket_id for p in placements} <= {p.submission_id for p in placements}


def _fits(line: object) -> bool:
    try:
        orjson.dumps(line)
    except orjson.JSONEncodeError:
        return False  # no file can hold it: an integer beyond 64 bits, half a surrogate
    return True


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_arrival_does_not_matter(r: random.Random) -> None:
    lines = [*FILE, told("g", 1, phone="13911112222", name="李梅", id_number=None), called("h", 0.5, counterparty=None)]
    expected = _tickets(lines)
    r.shuffle(lines)
    assert _tickets([*lines, *lines[:3]]) == expected


def test_a_newer_version_counts() -> None:
    late = told("b", 1, id_number=None, phone=None, counterparty=None, text="公司不给工资。")
    assert _tickets([told("a"), late])["b"] == "b"
    assert _tickets([told("a"), late, told("b", 1, version=2)])["b"] == "a"
    assert _tickets([told("a"), told("b", 1, version=3), late])["b"] == "a"


def _tickets(lines: list[Any]) -> dict[str, str]:
    corpus = Corpus()
    feed(corpus, Reader().read(orjson.dumps(line) for line in lines))
    return {p.submission_id: p.ticket_id for p in corpus.placements()}
