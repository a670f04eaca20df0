"""Settings that make no sense are told in one Chinese line that names the variable, never by a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from santai.settings import load_settings
from schemas.errors import Stop

ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests; the data folder is this test's own."""
    monkeypatch.setenv("SANTAI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SANTAI_BROKER", "127.0.0.1:1")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SANTAI_PORT", "99999", "不能大于 65535"),
        ("SANTAI_PORT", "http", "应为整数"),
        ("SANTAI_TICK_SECONDS", "-1", "不能小于 0"),
        ("SANTAI_TICK_SECONDS", "often", "应为数字"),
        ("SANTAI_STALL_SECONDS", "0", "应大于 0"),
        ("SANTAI_PARTITIONS", "0", "不能小于 1"),
        ("SANTAI_PREFIX", "a b", "写法不合要求"),
        ("SANTAI_WORKER_ID", "../x", "写法不合要求"),
        ("SANTAI_LOG_JSON", "perhaps", "应为 true 或 false"),
        ("SANTAI_CLIENT", "security.protocol=ssl", "不是合格的 JSON"),
        ("SANTAI_CLIENT", "[]", "应为键值"),
        ("SANTAI_CLIENT", '{"socket.timeout.ms": 1000}', "的 socket.timeout.ms 不合格：应为文字"),
        ("SANTAI_SEAL_KEYS", "x", "不是合格的 JSON"),
    ],
)
def test_a_senseless_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Stop, match=name) as stopped:
        load_settings()
    said = str(stopped.value)
    assert words in said
    assert "\n" not in said
    assert not ENGLISH.search(said), said


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({"no.such.option": "geheim"}, "no.such.option：没有这个选项"),
        ({"security.protocol": "geheim"}, "security.protocol：没有这种取值"),
        ({"socket.timeout.ms": "geheim"}, "socket.timeout.ms：没有这种取值"),
        ({"socket.timeout.ms": "1"}, "socket.timeout.ms：没有这种取值"),
        ({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.password": "geheim"}, "是否配套"),
        ({"security.protocol": "SSL", "ssl.ca.location": "/none"}, "ssl.ca.location"),
        ({"error_cb": "geheim"}, "不能用文字设置"),
    ],
)
def test_an_option_that_the_kafka_client_does_not_take(
    monkeypatch: pytest.MonkeyPatch, client: dict[str, str], words: str
) -> None:
    monkeypatch.setenv("SANTAI_CLIENT", json.dumps(client))
    settings = load_settings()
    with pytest.raises(Stop, match="设置 SANTAI_CLIENT 不合格") as stopped:
        settings.clients()
    said = str(stopped.value)
    assert words in said
    assert "\n" not in said
    assert "geheim" not in said


def test_options_that_fit_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANTAI_CLIENT", '{"socket.timeout.ms": "5000"}')
    found = load_settings().clients(acks="all")
    assert (found["socket.timeout.ms"], found["acks"], found["bootstrap.servers"]) == ("5000", "all", "127.0.0.1:1")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SANTAI_INDEX_KEY": "00" * 32}, ["SANTAI_INDEX_KEY"]),
        ({"SANTAI_SEAL_KEY": "k"}, ["SANTAI_SEAL_KEY"]),
        ({"SANTAI_SEAL_KEYS": "{}", "SANTAI_SEAL_KEY": "k", "SANTAI_INDEX_KEY": "00" * 32},
         ["SANTAI_SEAL_KEY、SANTAI_INDEX_KEY"]),
    ],
)  # fmt: skip
def test_a_key_that_would_be_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], named: list[str]
) -> None:
    """Without the keys that seal, the data folder's own file counts: whoever set another key believes it in use."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Stop, match="SANTAI_SEAL_KEYS") as stopped:
        load_settings().sealer()
    said = str(stopped.value)
    assert all(name in said for name in named)
    assert "\n" not in said
    assert "00" * 32 not in said
    assert not ENGLISH.search(said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("worker", ["", ".", "..", "a/b", "../x", "工"])
def test_a_worker_id_that_can_be_no_file_name(monkeypatch: pytest.MonkeyPatch, worker: str) -> None:
    monkeypatch.setenv("SANTAI_WORKER_ID", worker)
    with pytest.raises(Stop, match="SANTAI_WORKER_ID"):
        load_settings()


@pytest.mark.parametrize("folder", ["/proc/x", "/dev/null/x"])
def test_a_data_folder_that_cannot_be(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("SANTAI_DATA_DIR", folder)
    with pytest.raises(Stop, match="SANTAI_DATA_DIR") as stopped:
        load_settings().make_data_dir()
    assert folder in str(stopped.value)
    assert not ENGLISH.search(str(stopped.value))
