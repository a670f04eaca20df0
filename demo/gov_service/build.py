"""Compiles the demo platform once for each version of its sources, outside the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = sorted((HERE / "java").rglob("*.java"))
POM = HERE / "pom.xml"


class BuildFailed(RuntimeError):
    """Java, Maven or the jars are missing, or the sources do not compile; the message says how to go on."""


def class_path() -> str:
    """The class path of the compiled server, built at first use. Processes and checkouts may ask at once."""
    library = _filled(f"lib-{_version(POM)}", _fetch)
    classes = _filled(f"classes-{_version(POM, *SOURCES)}", lambda draft: _compile(library, draft))
    return os.pathsep.join((str(classes), f"{library}/*"))


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


def _version(*paths: Path) -> str:
    together = hashlib.sha256()
    for path in paths:
        together.update(path.name.encode() + b"\0" + path.read_bytes())
    return together.hexdigest()[:16]


def _filled(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache. It is filled as a draft beside it and then renamed: what exists is complete."""
    folder = _cache() / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        draft = Path(tempfile.mkdtemp(prefix=name + ".", dir=folder.parent))
        try:
            fill(draft)
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return folder


def _fetch(draft: Path) -> None:
    print("首次使用，正在取得政务服务平台演示程序所需的文件 …", file=sys.stderr, flush=True)
    pom = shutil.copyfile(POM, draft / "pom.xml")  # Maven must write nothing into the checkout
    _run(tool("mvn"), "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={draft}")


def _compile(library: Path, draft: Path) -> None:
    _run(tool("javac"), "-encoding", "UTF-8", "-cp", f"{library}/*", "-d", str(draft), *map(str, SOURCES))


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = " / ".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise BuildFailed(f"{Path(command[0]).name} 失败：{tail}")
