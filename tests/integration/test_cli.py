"""The command line as people meet it: what is wrong is said in one Chinese line, and by the exit code."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, inspect

from schemas.catalog import catalog
from schemas.topics import Topics
from tests.support.road import Road, as_json, santai

pytestmark = pytest.mark.integration

RUN = (("run", "api"), ("run", "connectors"), ("run", "projector"), ("run", "streams"))
SCHEMA = (("schema", "check"), ("schema", "register"))
DLQ = (("dlq", "ls"), ("dlq", "show", "0"), ("dlq", "redrive", "0"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOWHERE = "127.0.0.1:1"
Command = tuple[str, ...]


def beside(road: Road) -> dict[str, str]:
    """The road's settings for processes beside its own: of another worker, as one worker id has one process."""
    return {**road.stage.environment, "SANTAI_WORKER_ID": "beside"}


@pytest.fixture(scope="module")
def at_once() -> Iterator[ThreadPoolExecutor]:
    """Most of the time of a command is spent waiting for what does not answer."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def one_clear_line(done: CompletedProcess[str], *words: str) -> None:
    """Exit 2, nothing on stdout, one Chinese line on stderr that names what is wrong."""
    said = done.stderr.strip().splitlines()
    assert done.returncode == 2, f"{done.args[3:]}: {done.returncode} {done.stdout} {done.stderr}"
    assert len(said) == 1, f"{done.args[3:]}: {done.stderr}"
    assert said[0].startswith("santai: ")
    assert CHINESE.search(said[0])
    for word in words:
        assert word in said[0], f"{done.args[3:]}: {said[0]}"
    assert done.stdout.strip() == ""


def expect_each(pool: ThreadPoolExecutor, commands: tuple[Command, ...], env: Mapping[str, str], *words: str) -> None:
    """Every one of the commands ends with one clear line that has the words."""
    for done in pool.map(lambda command: santai(*command, env=env), commands):
        one_clear_line(done, *words)


def test_nothing_set(at_once: ThreadPoolExecutor, tmp_path: Path) -> None:
    env = {"SANTAI_DATA_DIR": str(tmp_path / "none")}
    expect_each(at_once, (("run", "projector"), ("run", "streams"), *DLQ), env, "SANTAI_BROKER", "santai up")
    expect_each(at_once, SCHEMA, env, "SANTAI_REGISTRY", "santai up")


def test_no_secret(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {k: v for k, v in beside(road).items() if k not in ("SANTAI_WEB_SECRET", "SANTAI_12345_URL")}
    words = ("SANTAI_WEB_SECRET", "web.yaml", "SANTAI_12345_URL", "README")
    expect_each(at_once, (("run", "api"), ("run", "connectors")), env, *words)


def test_a_secret_that_is_too_short(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_WEB_SECRET": "geheim"}
    for done in at_once.map(lambda c: santai(*c, env=env), (("run", "api"), ("run", "connectors"))):
        one_clear_line(done, "web.yaml", "secrets", "每个至少 16 字节")
        assert "geheim" not in done.stderr


def test_broker_out_of_reach(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_BROKER": NOWHERE}
    expect_each(at_once, RUN, env, NOWHERE)
    expect_each(at_once, DLQ, env, "Kafka")


def test_registry_out_of_reach(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_REGISTRY": f"http://{NOWHERE}/apis/ccompat/v7"}
    expect_each(at_once, (*SCHEMA, ("run", "api"), ("run", "connectors"), ("run", "streams")), env, "注册中心", NOWHERE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"SANTAI_SEAL_KEYS": '{"k": "not hexadecimal"}', "SANTAI_INDEX_KEY": "00" * 32},
        {"SANTAI_SEAL_KEYS": '{"k": "abcd"}', "SANTAI_INDEX_KEY": "00" * 32},
        {"SANTAI_SEAL_KEYS": json.dumps({"k": "ab" * 64}), "SANTAI_INDEX_KEY": secrets.token_hex(32)},
        {"SANTAI_SEAL_KEYS": json.dumps({"k": secrets.token_hex(64)}), "SANTAI_INDEX_KEY": "00"},
        {"SANTAI_SEAL_KEYS": json.dumps({"k": secrets.token_hex(64)}), "SANTAI_SEAL_KEY": "no"},
        {"SANTAI_SEAL_KEYS": "not JSON", "SANTAI_INDEX_KEY": "00" * 32},
    ],
    ids=("no-hex", "short", "weak", "short-index", "unknown-key", "no-json"),
)
def test_a_wrong_key(at_once: ThreadPoolExecutor, road: Road, wrong: dict[str, str]) -> None:
    expect_each(at_once, RUN, {**beside(road), **wrong}, "SANTAI_")


def test_a_data_folder_that_cannot_be_used(at_once: ThreadPoolExecutor, road: Road, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    env = {**beside(road), "SANTAI_DATA_DIR": str(tmp_path / "file" / "data")}
    expect_each(at_once, RUN, env, "SANTAI_DATA_DIR")
    (tmp_path / "keys.json").write_text('{"seal_keys": {"loc')
    expect_each(at_once, RUN, {**beside(road), "SANTAI_DATA_DIR": str(tmp_path)}, "keys.json")


def test_keys_are_never_shown(road: Road) -> None:
    key = "5ec2e7" * 21
    wrong = {"SANTAI_SEAL_KEYS": json.dumps({"k": key}), "SANTAI_INDEX_KEY": key}
    assert key not in santai("run", "projector", env={**beside(road), **wrong}).stderr


def test_an_unknown_log_level(at_once: ThreadPoolExecutor, road: Road) -> None:
    expect_each(at_once, RUN, {**beside(road), "SANTAI_LOG_LEVEL": "CHATTY"}, "SANTAI_LOG_LEVEL", "CHATTY")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS", "many"),
        ("PARTITIONS", "0"),
        ("PORT", "99999"),
        ("TICK_SECONDS", "-1"),
        ("WORKER_ID", "../x"),
        ("CLIENT", '{"security.protocol": "nonsense"}'),
        ("CLIENT", '{"no.such.option": "x"}'),
        ("DATA_DIR", "/proc/x"),
    ],
)
def test_a_senseless_number(at_once: ThreadPoolExecutor, road: Road, name: str, value: str) -> None:
    expect_each(at_once, RUN, {**beside(road), f"SANTAI_{name}": value}, f"SANTAI_{name}")


def test_other_partitions_than_the_topics_have(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_PARTITIONS": "7"}
    expect_each(at_once, (("run", "api"), ("run", "connectors"), ("run", "streams")), env, "SANTAI_PARTITIONS", "7")


def test_a_port_that_is_taken(road: Road) -> None:
    port = road.stage.environment["SANTAI_PORT"]
    one_clear_line(santai("run", "api", env=road.stage.environment), port)
    for name in ("connectors", "projector", "streams"):
        # Same data folder, other worker: only the port of /metrics is in the way.
        env = {**beside(road), "SANTAI_METRICS_PORT": port}
        one_clear_line(santai("run", name, env=env), port)


def test_a_second_process_of_one_worker(road: Road) -> None:
    running = {**road.stage.environment, "SANTAI_WORKER_ID": "1"}
    for kind in ("streams", "connectors"):
        one_clear_line(santai("run", kind, env=running), kind, "SANTAI_WORKER_ID")


def test_a_read_model_out_of_reach(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_READ_MODEL": f"postgresql+psycopg://nobody:geheim@{NOWHERE}/none"}
    asking = (("trace", "GD1"), ("dlq", "ls"), ("run", "api"), ("run", "projector"))
    for done in at_once.map(lambda c: santai(*c, env=env), asking):
        one_clear_line(done, "读模型")
        assert "geheim" not in done.stderr


def test_a_ledger_out_of_reach(at_once: ThreadPoolExecutor, road: Road) -> None:
    env = {**beside(road), "SANTAI_LEDGER": f"postgresql+psycopg://nobody:geheim@{NOWHERE}/none"}
    for done in at_once.map(lambda c: santai(*c, env=env), (("run", "api"), ("run", "connectors"))):
        one_clear_line(done, "推送台账")
        assert "geheim" not in done.stderr


def test_no_folder_for_data(tmp_path: Path) -> None:
    one_clear_line(santai("up", env={"SANTAI_DATA_DIR": "/proc/x"}), "SANTAI_DATA_DIR", "/proc/x")


def test_no_cases(tmp_path: Path) -> None:
    one_clear_line(santai("mapping", "test", "/nonexist", env={}), "/nonexist")
    one_clear_line(santai("mapping", "test", str(tmp_path), env={}), str(tmp_path))


def test_trace_of_an_unknown_number_is_a_finding(road: Road) -> None:
    done = road.santai("trace", "GD00000000000")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "编号" in done.stderr


def test_dlq_tells_of_dead_letters_by_kind(road: Road) -> None:
    """The road's first records are unreadable: findings, so exit 1; each can be shown, its bytes cannot."""
    done = road.santai("dlq", "ls", "--json")
    assert done.returncode == 1, done.stderr
    kinds = as_json(done.stdout)
    decode = next(k for k in kinds if k["stage"] == "decode" and k["topic"] == road.topics.intake("web"))
    assert len(decode["offsets"]) >= 4
    shown = road.santai("dlq", "show", str(decode["offsets"][0]), "--json")
    assert shown.returncode == 0, shown.stderr
    dead = as_json(shown.stdout)
    assert (dead["topic"], dead["from_offset"]) == (road.topics.intake("web"), 0)
    assert "nobody can read" not in shown.stdout
    missing = road.santai("dlq", "show", "999999")
    one_clear_line(missing, "999999")
    refused = road.santai("dlq", "redrive", "999999")
    assert refused.returncode == 1


@pytest.fixture
def fresh(road: Road) -> dict[str, str]:
    """Settings under a prefix of the test's own."""
    return {**beside(road), "SANTAI_PREFIX": f"s{uuid.uuid4().hex[:10]}"}


def test_schemas_are_registered_once(fresh: dict[str, str]) -> None:
    first, second = (as_json(santai("schema", "register", "--json", env=fresh).stdout) for _ in range(2))
    assert len(first["fresh"]) == first["subjects"] > 10
    assert second == {"subjects": first["subjects"], "fresh": []}
    checked = santai("schema", "check", env=fresh)
    assert (checked.returncode, checked.stdout.strip()) == (0, "全部兼容")


def test_an_incompatible_schema_is_refused_in_words(fresh: dict[str, str], road: Road) -> None:
    """As if the registered version were another: a field of another type, and one that we no longer have."""
    subject = f"{Topics(fresh['SANTAI_PREFIX']).state}-cn.santai.TicketState"
    other: dict[str, Any] = deepcopy(catalog().current("cn.santai.TicketState"))
    seq = next(field for field in other["fields"] if field["name"] == "seq")
    seq["type"] = "string"
    seq.pop("default", None)
    answer = httpx.post(
        f"{road.platform.registry_url}/subjects/{subject}/versions", json={"schema": json.dumps(other)}, timeout=20
    )
    answer.raise_for_status()
    checked = santai("schema", "check", env=fresh)
    assert checked.returncode == 1, checked.stderr
    assert "seq" in checked.stdout
    assert "不兼容" in checked.stdout
    assert "TicketState" in checked.stdout
    assert checked.stderr.strip() == ""
    listed = as_json(santai("schema", "check", "--json", env=fresh).stdout)
    assert any("seq" in line for line in listed)
    refused = santai("schema", "register", env=fresh)
    assert refused.returncode == 1
    assert "seq" in refused.stdout
    one_clear_line(santai("run", "streams", env=fresh), "seq", "不兼容")


def test_up_twice_finds_what_runs_and_down_leaves_nothing(tmp_path: Path) -> None:
    env = {"SANTAI_DATA_DIR": str(tmp_path / "data")}
    try:
        done = [santai("up", "--json", env=env, timeout_s=200) for _ in range(2)]
        assert [d.returncode for d in done] == [0, 0], done
        first, second = (as_json(d.stdout) for d in done)
        assert first == second
        state = json.loads((tmp_path / "data" / "platform" / "state.json").read_text())
        assert santai("schema", "check", env=env).returncode == 0
        assert santai("dlq", "ls", env=env).returncode == 0
    finally:
        down = santai("down", "--json", env=env)
    assert down.returncode == 0, down.stderr
    assert sorted(as_json(down.stdout)["stopped"]) == ["broker", "registry"]
    assert not [pid for pid in (entry["pid"] for entry in state.values()) if psutil.pid_exists(pid)]
    again = santai("dlq", "ls", env=env)
    one_clear_line(again, "santai up")


def test_what_a_kept_demo_prints_is_where_things_are(road: Road) -> None:
    places = road.stage.addresses()
    assert httpx.get(places["接口"], trust_env=False).is_success
    assert httpx.get(places["热线与法律服务网"] + "/healthz", trust_env=False).is_success
    for name, table in (("法律援助数据库", "oa_legal_aid"), ("读模型", "tickets"), ("推送台账", "pushes")):
        engine = create_engine(places[name])
        assert table in inspect(engine).get_table_names(), name
        engine.dispose()


def test_help_is_quick_and_chinese(tmp_path: Path) -> None:
    done = santai("--help", env={"SANTAI_DATA_DIR": str(tmp_path)})
    assert done.returncode == 0
    assert "公共法律服务" in done.stdout
    usage = santai("trace", env={"SANTAI_DATA_DIR": str(tmp_path)})
    assert usage.returncode == 2
