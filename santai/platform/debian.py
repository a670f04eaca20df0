"""Programs from Debian's packages, unpacked into the cache: nothing is installed, no service is started."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from santai.platform.cache import cache_root, filled
from schemas.errors import Stop


def unpacked(package: str) -> Path:
    """Folder with the package's files as under ``/``, fetched on first use. Needs no root.

    Stop, in one line with the remedy, when this is no Debian or the package cannot be had.
    """
    return filled(cache_root() / "debian" / package, lambda draft: _fetch(package, draft))


def promtool() -> Path:
    """Path of Prometheus's rule checker: the installed one, else Debian's."""
    installed = shutil.which("promtool")
    return Path(installed) if installed else unpacked("prometheus") / "usr" / "bin" / "promtool"


def _fetch(package: str, into: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Stop(f"本机没有 apt-get:请自行安装 {package},放在 PATH 上")
    work = into.with_name(into.name + ".apt")
    work.mkdir()
    try:
        archive = _download(package, work)
        _run(["dpkg-deb", "-x", str(archive), str(into)], work)
    except subprocess.CalledProcessError as error:
        last_line = str(error.stdout).strip().rpartition("\n")[2]
        raise Stop(f"取不到 Debian 的 {package}({last_line});可自行执行 apt-get install {package}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(package: str, work: Path) -> Path:
    """The package's archive. Package lists of our own when the machine's are missing or too old."""
    try:
        _run(["apt-get", "-q", "download", package], work)
    except subprocess.CalledProcessError:
        lists = work / "lists"
        (lists / "partial").mkdir(parents=True)
        (work / "partial").mkdir()
        own = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}", "-o", f"Dir::Cache::Archives={work}"]
        own += ["-o", "APT::Sandbox::User="]
        _run(["apt-get", "-q", *own, "update"], work)
        _run(["apt-get", "-q", *own, "download", package], work)
    (archive,) = work.glob("*.deb")
    return archive


def _run(argv: Sequence[str], folder: Path) -> None:
    subprocess.run(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
