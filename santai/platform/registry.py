"""Apicurio Registry with its Confluent-compatible API, schemas kept in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import httpx

from santai.platform import jars
from santai.platform.server import Server


class Registry(Server):
    """The schema registry. ``url`` is the Confluent API's base."""

    name: ClassVar[str] = "registry"

    @property
    def url(self) -> str:
        """Base URL for Confluent clients."""
        return f"http://127.0.0.1:{self.port()}/apis/ccompat/v7"

    def prepare(self) -> None:
        """Fetch the program."""
        jars.folder("registry")

    def argv(self) -> Sequence[str]:
        """The registry's command line. Its own default store is memory, which forgets all ids on restart."""
        (runner,) = jars.folder("registry").glob("*-runner.jar")
        # WRITE_DELAY=0: an id once given out must survive a kill; by default H2 writes half a second later.
        store = f"jdbc:h2:file:{self.folder / 'schemas'};WRITE_DELAY=0"
        return [
            jars.java(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Dquarkus.http.host=127.0.0.1",
            f"-Dquarkus.http.port={self.port()}",
            f"-Dquarkus.datasource.jdbc.url={store}",
            "-Dquarkus.banner.enabled=false",
            "-Dquarkus.console.color=false",
            "-Dquarkus.log.level=WARN",
            "-jar",
            str(runner),
        ]

    def healthy(self) -> bool:
        """Whether the Confluent API answers."""
        try:
            return httpx.get(f"{self.url}/subjects", timeout=5.0, trust_env=False).is_success
        except httpx.HTTPError:
            return False
