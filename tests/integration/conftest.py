"""The hub that tests of the road share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from santai.platform.mariadb import MariaDb
from santai.platform.up import LocalPlatform
from tests.conftest import SEED_OPTION
from tests.support.road import Road


@pytest.fixture(scope="session")
def running_road(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    platform: LocalPlatform,
    mariadb_server: MariaDb,
) -> Iterator[Road]:
    """All processes of the hub and the four systems, under a prefix of their own. Time stands still unless ticked."""
    seed = int(request.config.getoption(SEED_OPTION))
    platform.start()
    mariadb_server.start()
    with Road(tmp_path_factory.mktemp("road"), f"road{uuid.uuid4().hex[:8]}", seed, platform, mariadb_server) as road:
        yield road


@pytest.fixture
def road(running_road: Road, platform: LocalPlatform, mariadb_server: MariaDb) -> Road:
    """The running hub, and what it stands on, whatever tests between have done to it."""
    platform.start()
    mariadb_server.start()
    running_road.stage.start_hub()
    return running_road
