"""Normalise: the same raw change always gives the same events, and they say where they come from."""

from __future__ import annotations

import orjson
import pytest

from mappings.systems import FOLDER, load_systems
from schemas.errors import Unmappable
from schemas.events.inbox import StatusChanged, Submission
from schemas.events.intake import RawChange
from schemas.ids import deterministic_id, digest, submission_id
from streams.core.normalise import normalise

LEGAL_AID = load_systems(FOLDER, None)["legal-aid"]


def _raw(body: bytes) -> RawChange:
    return RawChange(
        event_id=deterministic_id("raw", "legal-aid", "77", digest(body)),
        system="legal-aid",
        source_key="77",
        captured_at=1_772_700_000_000,
        content_type="application/json",
        body=body,
    )


def _row(**changed: object) -> bytes:
    return orjson.dumps({"id": 77, "task_key": "承办", "update_date": "2026-03-05 10:00:00", "name": "王晓"} | changed)


def test_one_row_says_who_asks_and_how_far_it_is() -> None:
    raw = _raw(_row())
    submission, status = normalise(raw, LEGAL_AID).events
    sid = submission_id("legal-aid", "77")
    assert isinstance(submission, Submission)
    assert isinstance(status, StatusChanged)
    assert (submission.submission_id, status.submission_id) == (sid, sid)
    assert submission.event_id == deterministic_id("submission", sid, submission.version)
    assert (submission.cause_id, status.cause_id) == (raw.event_id, raw.event_id)
    assert submission.mapping == "legal-aid@1"
    assert status.state == "IN_PROGRESS"


def test_redelivery_changes_nothing_and_a_new_version_has_new_ids() -> None:
    first, again = normalise(_raw(_row()), LEGAL_AID), normalise(_raw(_row()), LEGAL_AID)
    later = normalise(_raw(_row(update_date="2026-03-05 10:00:01")), LEGAL_AID)
    assert first == again
    assert {event.event_id for event in first.events}.isdisjoint(event.event_id for event in later.events)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"id": 77}'])
def test_what_does_not_map_is_for_the_dead_letters(body: bytes) -> None:
    with pytest.raises(Unmappable):
        normalise(_raw(body), LEGAL_AID)
