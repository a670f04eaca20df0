"""The engine leans on the inside of pinned libraries: an upgrade must be noticed."""

from __future__ import annotations

from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams.engine import overrides


def test_installed_sources_are_those_the_engine_was_written_against() -> None:
    assert overrides.changed() == []


def test_a_changed_source_is_noticed() -> None:
    [told] = overrides.changed([(GroupCoordinator, "request_rejoin", "0" * 12)])
    assert told.startswith("aiokafka.consumer.group_coordinator.GroupCoordinator.request_rejoin: ")


def test_every_overridden_method_is_listed() -> None:
    assert overrides.overridden() - {name for _, name, _ in overrides.LEANED_ON} == set()
