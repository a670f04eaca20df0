"""Parts of the local platform that need no server: shared folders, ports, processes told apart."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

import pytest

from santai.platform.cache import cache_root, filled
from santai.platform.kafka import cluster_id
from santai.platform.process import Identity, Process, free_port, port_answers, port_is_free
from santai.platform.server import State


def test_a_folder_is_filled_once_however_many_ask(tmp_path: Path) -> None:
    fills = []
    together = threading.Barrier(8)

    def fill(draft: Path) -> None:
        fills.append(draft)
        (draft / "program").write_text("whole")

    def ask() -> None:
        together.wait()
        assert (filled(tmp_path / "part", fill) / "program").read_text() == "whole"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part", "part.lock"]


def test_a_fill_that_fails_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    def fail(draft: Path) -> None:
        (draft / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        filled(tmp_path / "part", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["part.lock"]
    assert filled(tmp_path / "part", lambda draft: (draft / "whole").touch()).joinpath("whole").exists()


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "santai"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_root() == tmp_path / "home" / ".cache" / "santai"


def test_ports_are_free_and_not_handed_out_twice() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    with socket.create_server(("127.0.0.1", ports[0])):
        assert not port_is_free(ports[0])
        assert port_answers(ports[0])
    assert port_is_free(ports[0])
    assert not port_answers(ports[0])


def test_a_process_that_ended_is_not_found(tmp_path: Path) -> None:
    child = Process.spawn([sys.executable, "-c", "print('done')"], tmp_path / "log")
    assert child.wait(20.0)
    assert not child.alive
    assert Process.find(child.identity) is None
    assert (tmp_path / "log").read_text() == "done\n"


def test_a_later_process_of_the_same_pid_is_another(tmp_path: Path) -> None:
    child = Process.spawn(["sleep", "60"], tmp_path / "log")
    try:
        found = Process.find(child.identity)
        assert found is not None
        assert found.alive
        assert Process.find(Identity(child.identity.pid, child.identity.born_s - 60)) is None
    finally:
        child.stop(10.0)
    assert not child.alive


def test_a_suspended_process_can_still_be_stopped(tmp_path: Path) -> None:
    child = Process.spawn(["sleep", "60"], tmp_path / "log")
    child.suspend()
    child.stop(10.0)
    assert not child.alive


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 60; done"
    child = Process.spawn(["sh", "-c", script], tmp_path / "log")
    while not (tmp_path / "log").read_text():
        assert child.alive
    child.stop(0.2)
    assert not child.alive


def test_the_state_keeps_what_others_wrote(tmp_path: Path) -> None:
    names = [f"server{number}" for number in range(20)]
    threads = [threading.Thread(target=State(tmp_path).write, args=(name, {"port": 1})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(State(tmp_path).read()) == sorted(names)


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    drawn = {cluster_id() for _ in range(2_000)}  # one in 64 would begin with a dash
    assert len(drawn) == 2_000
    assert not [one for one in drawn if one.startswith("-")]
    assert {len(one) for one in drawn} == {22}
