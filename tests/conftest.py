"""Fixtures of all rooms. Every server is started by the first test that asks for it, so unit tests start nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings

from santai.platform.kafka import Kafka
from santai.platform.process import free_port as _free_port
from santai.platform.registry import Registry
from santai.platform.up import LocalPlatform

# print_blob: a failing example is printed so that it can be replayed from the output alone.
settings.register_profile("santai", print_blob=True, deadline=None)
settings.load_profile("santai")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The broker and the registry, shared by the session. Whoever kills a part starts it again."""
    with LocalPlatform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture
def kafka(platform: LocalPlatform) -> Kafka:
    """The running broker: ``.bootstrap``, ``.kill()``, ``.stop()``, ``.start()``, ``.suspend()``, ``.resume()``."""
    platform.kafka.start()
    return platform.kafka


@pytest.fixture
def registry(platform: LocalPlatform) -> Registry:
    """The running schema registry: ``.url`` and the same verbs as the broker."""
    platform.registry.start()
    return platform.registry


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix (and a base for group ids) no other test has."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on."""
    return _free_port()
