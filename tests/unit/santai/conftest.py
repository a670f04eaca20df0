"""A read model in memory's reach: SQLite in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from santai.projector.fold import rows_for
from santai.projector.store import create_schema, open_read_model, write

Feed = Callable[[Iterable[object]], None]


@pytest.fixture
def read_model(tmp_path: Path) -> Iterator[Engine]:
    """An empty read model."""
    engine = open_read_model(f"sqlite:///{tmp_path / 'read.db'}")
    create_schema(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def feed(read_model: Engine) -> Feed:
    """Folds events into it."""

    def fold(events: Iterable[object]) -> None:
        with read_model.begin() as connection:
            write(connection, [change for event in events for change in rows_for(event)], {})

    return fold
