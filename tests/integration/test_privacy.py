"""Planted values, told in all four systems: nothing the hub keeps or says may hold them in the clear."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from demo.scenario import messages
from demo.scenario.people import Citizen
from demo.scenario.plan import Matter
from tests.support.road import SYSTEMS, Road, as_json

pytestmark = pytest.mark.integration

PHONE, NAME = "13987654321", "欧阳不可外泄"
ID_NUMBER = "230102198807154329"
TITLE, STORY, FIRM = "植入标题青鸾火凤", "植入正文碧海潮生按玉箫，被拖欠工资三个月", "植入对方云梦泽有限公司"
SECRETS = (PHONE, NAME, ID_NUMBER, TITLE, STORY, FIRM)


def spellings(secret: str) -> Iterator[bytes]:
    """The ways a value may lie somewhere in the clear."""
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        yield secret.encode(encoding)
    escaped = secret.encode("unicode_escape")
    if escaped != secret.encode():
        yield escaped  # as in JSON and Python
        yield "".join(f"%{byte:02X}" for byte in secret.encode()).encode()  # as in an address


NEEDLES = {needle: secret for secret in SECRETS for needle in spellings(secret)}


def leaks(place: str, content: bytes) -> list[str]:
    """Which planted values a place holds; never the place's content itself."""
    return [f"{place}: 植入值 {SECRETS.index(s) + 1}" for n, s in NEEDLES.items() if n in content]


def leaks_in(folder: Path, pattern: str = "**/*") -> tuple[int, list[str]]:
    """How many bytes lie below the folder, and what they leak; as bytes, whatever the format."""
    size, found = 0, []
    for path in sorted(folder.glob(pattern)):
        if path.is_file():
            content = path.read_bytes()
            size += len(content)
            found += leaks(str(path.relative_to(folder)), content)
    return size, found


@dataclass(frozen=True)
class Planted:
    """What was told."""

    matter: Matter
    row: int
    ticket: dict[str, object]


@pytest.fixture(scope="module")
def planted(running_road: Road) -> Planted:
    """The planted matter in all four systems, corrected, urged, rated, moved to its end; and bad messages with it."""
    road = running_road
    matter = road.matter("12345", "web", "legal-aid", "gov-service")
    matter.person = Citizen(NAME, ID_NUMBER, PHONE, "230102")
    matter.title, matter.text, matter.firm = TITLE, STORY, FIRM
    hotline, web, window, case = matter.tellings
    assert road.send("12345", messages.hotline_ticket(matter, hotline)).status == 202
    road.awaited(f"12345:{hotline.number}")
    assert road.send("web", messages.web_case(matter, web)).status == 202
    row = road.stage.clerk.file(messages.legal_aid_row(matter, window))
    road.stage.gov.add_cases([messages.gov_case(matter, case)])
    road.awaited(f"gov-service:{case.number}", lambda a: len(a["members"]) == 4)
    at = hotline.received_at
    road.send("12345", messages.hotline_note(hotline, "cb", "1", at, czsm=STORY))
    road.send("web", messages.web_note(web, "supplemented", "1", at, note=f"{NAME} {PHONE}"))
    road.stage.clerk.move(row, "结案")
    ticket = road.settled(f"12345:{hotline.number}", "CLOSED", ("12345", "web", "gov-service"))
    bad = {**messages.hotline_ticket(matter, hotline), "djsj": f"{NAME}说是昨天", "gdbh": f"{PHONE}"}
    assert road.send("12345", bad).status == 422
    assert road.client("12345", "wrong-secret-of-some-length").send(bad).status == 401
    marked = road.matter("12345")
    marked.tellings[0] = replace(marked.tellings[0], knows_id=True)
    fields = {**messages.hotline_ticket(marked, marked.tellings[0]), "zjhm": ID_NUMBER[:-1] + "0", "sfsj": STORY}
    assert road.send("12345", {**fields, "sqlx": NAME, "sflb": TITLE}).status == 202
    road.awaited(f"12345:{marked.tellings[0].number}")
    road.raw("web", "planted-broken", f"<a>{NAME}{ID_NUMBER}</b>".encode(), "application/xml")
    wanted = road.topics.intake("web")
    until_dead = [m for (t, _, _), m in road.dead().items() if t == wanted]
    assert until_dead
    return Planted(matter, row, ticket)


def test_the_search_finds_what_lies_in_the_clear(road: Road, planted: Planted, tmp_path: Path) -> None:
    """The partners' own systems hold it, so the search is able to find: MariaDB, and the journals of the platforms."""
    with create_engine(road.stage.environment["SANTAI_LEGAL_AID_URL"]).connect() as connection:
        rows = connection.execute(text("SELECT * FROM oa_legal_aid WHERE id = :id"), {"id": planted.row}).all()
    assert len(leaks("oa_legal_aid", str(rows).encode())) >= 4
    assert leaks_in(road.stage.folder, "gov-service.jsonl")[1]
    for encoding in ("utf-8", "gb18030"):
        (tmp_path / encoding).write_bytes(b"\0" + NAME.encode(encoding) + b"\0")
    assert len(leaks_in(tmp_path)[1]) == 2
    assert leaks("escaped", b'{"a": "' + NAME.encode("unicode_escape") + b'"}')


def test_kafka_segments(road: Road, planted: Planted) -> None:
    segments = road.platform.kafka.folder / "logs"
    size, found = 0, []
    for folder in sorted(segments.glob(f"{road.topics.prefix}*")):
        more, leaked = leaks_in(folder)
        size, found = size + more, found + leaked
    assert size > 50_000, "nothing was looked at"
    assert found == []


def test_keys_and_headers_and_values_uncompressed(road: Road, planted: Planted) -> None:
    """Segments of the streams are compressed: so every record is looked at as it is read."""
    topics = road.topics
    names = [topics.inbox, topics.claims, topics.events, topics.state, topics.alerts, topics.dlq]
    names += [make(system) for make in (topics.intake, topics.deliveries) for system in SYSTEMS]
    prefix = road.topics.prefix
    names += [f"{prefix}-streams-{table}-changelog" for table in ("tickets", "match")]
    looked, found = 0, []
    for name in names:
        for m in road.records(name):
            looked += 1
            parts = [m.key() or b"", m.value() or b"", *(v or b"" for _, v in m.headers() or ())]
            content = b"\n".join(p if isinstance(p, bytes) else str(p).encode() for p in parts)
            found += leaks(f"{name}/{m.partition()}/{m.offset()}", content)
    assert looked > 50
    assert found == []


def test_rocksdb(road: Road, planted: Planted) -> None:
    size, found = leaks_in(road.stage.folder / "state")
    assert size > 10_000, "no store was looked at"
    assert found == []


def test_ledger_and_read_model(road: Road, planted: Planted) -> None:
    for name in ("ledger.db", "read-model.db"):
        # Pages, and what the pages do not hold yet.
        size, found = leaks_in(road.stage.folder, f"{name}*")
        assert size > 4096
        assert found == []
        with sqlite3.connect(f"file:{road.stage.folder / name}?mode=ro", uri=True) as connection:
            dump = "\n".join(connection.iterdump()).encode()
        assert len(dump) > 1000
        assert leaks(name, dump) == []


def test_logs_and_metrics(road: Road, planted: Planted) -> None:
    _, found = leaks_in(road.stage.folder / "log")
    assert found == []
    for process in road.stage.hub:
        page = road.metrics(process)
        assert "santai_" in page
        assert leaks(process, page.encode()) == []
        assert leaks(process, road.stage.ask(process, "/healthz").content) == []


def test_what_people_are_shown(road: Road, planted: Planted) -> None:
    for telling in planted.matter.tellings:
        number = f"{telling.system}:{telling.number}"
        answer = road.get(number)
        assert answer.status_code == 200
        assert leaks(number, answer.content) == []
    number = f"12345:{planted.matter.tellings[0].number}"
    for arguments in (("trace", number), ("trace", number, "--json"), ("dlq", "ls"), ("dlq", "ls", "--json")):
        done = road.santai(*arguments)
        assert done.stdout
        assert leaks(" ".join(arguments), (done.stdout + done.stderr).encode()) == []
    offsets = [o for kind in as_json(road.santai("dlq", "ls", "--json").stdout) for o in kind["offsets"]]
    for offset in offsets[-3:]:
        done = road.santai("dlq", "show", str(offset))
        assert done.returncode == 0
        assert leaks(f"dlq show {offset}", (done.stdout + done.stderr).encode()) == []
