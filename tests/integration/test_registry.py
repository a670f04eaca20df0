"""The real registry: registering, refusing in words, ids and records that outlive its restart."""

from __future__ import annotations

import copy
import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from santai.platform.registry import Registry
from schemas.catalog import Compatibility, Schema, Subject, catalog, class_of, subjects
from schemas.check import check
from schemas.codec import Codec
from schemas.errors import Retry, Stop, Unreadable
from schemas.events.inbox import Urged
from schemas.registry import Incompatible, RegistrySchemaIds
from schemas.topics import Topics
from tests.unit.schemas.freeze import example
from tests.unit.schemas.keys import sealer

pytestmark = pytest.mark.integration
NOTE = Urged(event_id="e", submission_id="s", system="12345", at=1, note="请尽快办理")


@pytest.fixture
def topics() -> Topics:
    """A prefix of the test's own, so that no two tests share a subject."""
    return Topics(f"t{uuid.uuid4().hex[:8]}")


@pytest.fixture
def ids(registry: Registry) -> Iterator[RegistrySchemaIds]:
    with RegistrySchemaIds(registry.url) as ids:
        yield ids


def urged(topics: Topics, compatibility: Compatibility = Compatibility.BOTH) -> Subject:
    return Subject(f"{topics.inbox}-cn.santai.Urged", catalog().events["cn.santai.Urged"], compatibility)


def changed(subject: Subject, **field: Any) -> Subject:
    """The subject with a field added."""
    schema: Schema = copy.deepcopy(subject.schema)
    schema["fields"].append(field)
    return replace(subject, schema=schema)


def test_all_subjects_register_once_and_every_event_travels(ids: RegistrySchemaIds, topics: Topics) -> None:
    every = subjects(topics, ["12345", "legal-aid"])
    first = ids.register(every)
    assert [one.subject for one in first] == [one.name for one in every]
    assert all(one.fresh for one in first)
    again = ids.register(every)
    assert not any(one.fresh for one in again)
    assert [one.schema_id for one in again] == [one.schema_id for one in first]
    assert check(every, ids.versions) == []
    codec = Codec(sealer(), ids)
    for subject in every:
        topic, _, name = subject.name.rpartition("-")
        event = example(name)
        assert type(event) is class_of(name.rpartition(".")[2])
        assert codec.decode(codec.encode(topic, event)) == event


def test_our_attributes_come_back_from_the_registry(ids: RegistrySchemaIds, topics: Topics) -> None:
    """`pii` and `logicalType` must survive, or the check could not see them dropped."""
    ids.register([urged(topics)])
    assert ids.versions(urged(topics).name) == [(1, urged(topics).schema)]


def test_an_incompatible_change_is_refused_in_words_and_nothing_is_written(
    ids: RegistrySchemaIds, topics: Topics
) -> None:
    ids.register([urged(topics)])
    broken = changed(urged(topics), name="grade", type="int")
    other = replace(urged(topics), name=f"{topics.events}-cn.santai.Urged")
    with pytest.raises(Incompatible, match="字段 grade 是新增的,却没有默认值") as caught:
        ids.register([other, broken])
    assert [finding.path for finding in caught.value.findings] == ["grade"]
    assert ids.versions(other.name) == []
    assert len(ids.versions(broken.name)) == 1


def test_the_registry_itself_refuses_too(registry: Registry, ids: RegistrySchemaIds, topics: Topics) -> None:
    """Compatibility is set there as well: for those who register without asking us."""
    for compatibility in Compatibility:
        subject = replace(urged(topics, compatibility), name=f"{topics.inbox}.{compatibility.value}-cn.santai.Urged")
        ids.register([subject])
        answer = httpx.get(f"{registry.url}/config/{subject.name}", trust_env=False).json()
        assert answer["compatibilityLevel"] == compatibility.value
        body = {"schema": json.dumps(changed(subject, name="grade", type="int").schema)}
        answer = httpx.post(f"{registry.url}/subjects/{subject.name}/versions", json=body, trust_env=False)
        assert answer.status_code == 409


def test_a_compatible_version_is_added_and_both_are_read(ids: RegistrySchemaIds, topics: Topics) -> None:
    subject = urged(topics)
    codec = Codec(sealer(), ids)
    ids.register([subject])
    before = codec.encode(topics.inbox, NOTE)
    newer = changed(subject, name="grade", type=["null", "int"], default=None)
    (added,) = ids.register([newer])
    assert added.fresh
    assert [number for number, _ in ids.versions(subject.name)] == [1, 2]
    theirs = b"\0" + added.schema_id.to_bytes(4, "big") + before[5:] + b"\x02\x06"
    assert codec.decode(theirs) == NOTE
    assert codec.decode(before) == NOTE


def test_ids_and_records_outlive_a_killed_registry(registry: Registry, topics: Topics) -> None:
    with RegistrySchemaIds(registry.url) as ids:
        ids.register([urged(topics)])
        value = Codec(sealer(), ids).encode(topics.inbox, NOTE)
        registry.kill()
        assert Codec(sealer(), ids).decode(value) == NOTE, "what is known needs no registry"
    registry.start()
    with RegistrySchemaIds(registry.url) as ids:
        assert ids.id_of(urged(topics).name) == int.from_bytes(value[1:5], "big")
        assert Codec(sealer(), ids).decode(value) == NOTE


def test_unregistered_and_unknown(ids: RegistrySchemaIds, topics: Topics) -> None:
    codec = Codec(sealer(), ids)
    with pytest.raises(Stop, match="santai schema register"):
        codec.encode(topics.inbox, NOTE)
    with pytest.raises(Unreadable, match="没有登记"):
        codec.decode(b"\0\x7f\xff\xff\xff\2")


def test_unreachable_is_one_line_naming_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with RegistrySchemaIds(f"http://user:secret@127.0.0.1:{port}/apis/ccompat/v7", timeout_s=2) as ids:
        with pytest.raises(Retry, match=f"127.0.0.1:{port}") as caught:
            ids.schema_of(1)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "localhost", "http://", "ftp://127.0.0.1/x", "http://a:b:c/"])
def test_a_bad_address_stops_at_once(url: str) -> None:
    with pytest.raises(Stop, match="地址不合格"):
        RegistrySchemaIds(url)


def test_something_else_at_the_address(registry: Registry) -> None:
    with RegistrySchemaIds(registry.url.replace("/apis/ccompat/v7", "/ui")) as ids, pytest.raises((Stop, Unreadable)):
        ids.schema_of(1)
