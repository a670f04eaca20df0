"""Java programs of the platform, fetched by the pinned POM beside this file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from santai.platform.cache import cache_root, filled
from schemas.errors import Stop

POM = Path(__file__).with_name("pom.xml")

Part = Literal["kafka", "registry", "soap", "mariadb"]
_UNPACKED: frozenset[Part] = frozenset({"registry", "mariadb"})


def java() -> str:
    """Path of the Java launcher. Stop when there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise Stop("找不到 Java:请安装 JDK 17(Debian:apt-get install openjdk-17-jdk-headless)")
    return found


def folder(part: Part) -> Path:
    """Folder with the part's jars (registry and mariadb: the unpacked distribution). See fetched."""
    return fetched(POM, part, unpack=part in _UNPACKED)


def fetched(pom: Path, profile: str, *, unpack: bool = False) -> Path:
    """Folder with what the POM's profile depends on at run time, as jars or unpacked; fetched on first use.

    Several processes and checkouts may ask at once. Stop when Maven cannot be run or does not get them.
    """
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:16]
    goal = "unpack-dependencies" if unpack else "copy-dependencies"
    return filled(cache_root() / version / profile, lambda draft: _fetch(pom, profile, goal, draft))


def classpath(part: Part) -> str:
    """Class path of all jars of the part."""
    return f"{folder(part)}/*"


def _fetch(source: Path, profile: str, goal: str, into: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Stop("找不到 Maven:请安装(Debian:apt-get install maven)")
    print(f"首次使用，正在取得 {profile} 的程序文件 …", file=sys.stderr, flush=True)
    # The POM is copied: Maven must not look for anything in, or write anything to, the checkout.
    pom = into.with_name(into.name + ".pom")
    shutil.copyfile(source, pom)
    try:
        done = subprocess.run(
            [
                *(maven, "-q", "-B", "-f", str(pom), "-P", profile),
                *(f"dependency:{goal}", f"-DoutputDirectory={into}", "-DincludeScope=runtime"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        pom.unlink(missing_ok=True)
    if done.returncode != 0:
        tail = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise Stop(f"Maven 未能取得 {profile}({source.name}):{' / '.join(tail)}")
