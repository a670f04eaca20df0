"""Compiles the demo platform once for each version of its sources, outside the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = sorted((HERE / "java").rglob("*.java"))
POM = HERE / "pom.xml"


class BuildFailed(RuntimeError):
    """Java, Maven or the jars are missing, or the sources do not compile; the message says how to go on."""


def class_path() -> str:
    """The class path of the compiled server, built at first use. Processes and checkouts may ask at once."""
    folder = _cache() / _version()
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(folder.name + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                _build(folder)
    return os.pathsep.join((str(folder / "classes"), f"{folder / 'lib'}/*"))


def tool(name: str) -> str:
    """Path of a program. Raises BuildFailed when it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise BuildFailed(
            f"缺少 {name}：请安装 JDK 17 与 Maven（Debian: apt-get install openjdk-17-jdk-headless maven）"
        )
    return found


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "santai" / "gov-service"


def _version() -> str:
    together = hashlib.sha256()
    for path in (POM, *SOURCES):
        together.update(path.name.encode() + b"\0" + path.read_bytes())
    return together.hexdigest()[:16]


def _build(folder: Path) -> None:
    """Into a draft beside the folder, then renamed: what exists is complete."""
    print("首次使用，正在取得并编译政务服务平台演示程序 …", file=sys.stderr, flush=True)
    draft = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
    try:
        pom = shutil.copyfile(POM, draft / "pom.xml")  # Maven must write nothing into the checkout
        _run(
            tool("mvn"),
            "-q",
            "-B",
            "-f",
            str(pom),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={draft / 'lib'}",
        )
        sources = map(str, SOURCES)
        _run(tool("javac"), "-encoding", "UTF-8", "-cp", f"{draft / 'lib'}/*", "-d", str(draft / "classes"), *sources)
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = " / ".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise BuildFailed(f"{Path(command[0]).name} 失败：{tail}")
