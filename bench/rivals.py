"""What the engine and matching are measured against, made ready outside the checkout at first use."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from santai.platform import jars
from santai.platform.cache import cache_root, filled
from schemas.errors import Stop

HERE = Path(__file__).parent
LOCK = HERE / "requirements-engine.lock"
MATCHING_LOCK = HERE / "requirements-matching.lock"
STREAMS = HERE / "engines" / "kafka_streams"
POM = STREAMS / "pom.xml"
SOURCE = STREAMS / "Dedup.java"
_PROFILE = "kafka-streams"


def python(lock: Path = LOCK) -> str:
    """Python with what the file locks: Quix Streams, Bytewax and matplotlib, or Splink and recordlinkage.

    Stop when it cannot be installed.
    """
    version = _digest(lock.read_bytes(), sys.version.encode())
    folder = cache_root() / lock.stem.replace("requirements", "bench") / version
    return str(filled(folder, lambda draft: _install(lock, draft)) / "bin" / "python")


def class_path() -> str:
    """Class path of the compiled Kafka Streams program. Stop when it cannot be had."""
    library = jars.fetched(POM, _PROFILE)
    version = _digest(POM.read_bytes(), SOURCE.read_bytes())
    classes = filled(cache_root() / "bench-engine" / f"java-{version}", lambda draft: _compile(library, draft))
    return f"{classes}:{library}/*"


def locked(lock: Path) -> dict[str, str]:
    """Each package's version as the file pins it."""
    return dict(re.findall(r"^([a-z][\w-]*)==(\S+)", lock.read_text(), re.MULTILINE))


def versions() -> dict[str, str]:
    """As pinned."""
    pinned = locked(LOCK)
    streams = re.search(r"<kafka\.version>(.*?)<", POM.read_text())
    return {
        "quixstreams": pinned["quixstreams"],
        "bytewax": pinned["bytewax"],
        "kafka-streams": streams.group(1) if streams else "",
    }


def _install(lock: Path, draft: Path) -> None:
    print(f"首次使用,正在装入用来对照的 Python 程序({lock.name})…", file=sys.stderr, flush=True)
    _run("Python 环境", sys.executable, "-m", "venv", str(draft))
    pip = [str(draft / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _run(f"{lock.name} 中的程序", *pip, "--require-hashes", "-r", str(lock))


def _compile(library: Path, draft: Path) -> None:
    javac = shutil.which("javac", path=str(Path(jars.java()).parent)) or shutil.which("javac")
    if javac is None:
        raise Stop("找不到 javac:请安装 JDK 17(Debian:apt-get install openjdk-17-jdk-headless)")
    _run("Kafka Streams 程序", javac, "-encoding", "UTF-8", "-cp", f"{library}/*", "-d", str(draft), str(SOURCE))


def _run(what: str, *command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = " / ".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise Stop(f"{what} 没有备好:{tail}")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
