"""Two processes of one kind both say where they are; what a crashed one left behind misleads nobody."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from santai.services.whereabouts import announced, whereabouts

OTHER = """
import sys
from pathlib import Path
from santai.services.whereabouts import announced
with announced(Path(sys.argv[1]), "api", "http://127.0.0.1:2"):
    print("there", flush=True)
    sys.stdin.read()
"""


def test_two_of_one_name(tmp_path: Path) -> None:
    with announced(tmp_path, "api", "http://127.0.0.1:1"):
        command = [sys.executable, "-c", OTHER, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"there\n"
            found = {(w.name, w.url): w.pid for w in whereabouts(tmp_path)}
            assert found == {("api", "http://127.0.0.1:1"): os.getpid(), ("api", "http://127.0.0.1:2"): other.pid}
            other.kill()
            other.wait()
        assert [w.url for w in whereabouts(tmp_path)] == ["http://127.0.0.1:1"]
        assert len(list((tmp_path / "run").iterdir())) == 2, "nobody has cleared up yet"
        with announced(tmp_path, "projector", "http://127.0.0.1:3"):
            assert [w.name for w in whereabouts(tmp_path)] == ["api", "projector"]
            assert len(list((tmp_path / "run").iterdir())) == 2
    assert list((tmp_path / "run").iterdir()) == []
    assert whereabouts(tmp_path) == []


def test_an_id_that_another_process_has_by_now(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    stale = {
        "name": "api",
        "url": "http://127.0.0.1:4",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "born_s": 1.0,
    }
    (tmp_path / "run" / "api-old.json").write_text(json.dumps(stale))
    assert whereabouts(tmp_path) == []
    (tmp_path / "run" / "api-far.json").write_text(json.dumps({**stale, "host": "another-machine"}))
    (tmp_path / "run" / "half.json").write_text('{"name": "a')
    assert [w.host for w in whereabouts(tmp_path)] == ["another-machine"]
