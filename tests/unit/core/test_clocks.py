"""Clocks: the shipped ones by example, the mechanism by properties."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.clockbook import ClockTable, load_calendar, load_clocks
from mappings.vocabulary import State
from streams.core.clocks import ClockBook, ClockStatus, TicketFacts, next_wake
from streams.core.states import TRANSITIONS

CHINA = timezone(timedelta(hours=8))
BOOK = ClockBook.load()
MINUTE, DAY = 60_000, 86_400_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


def facts(system: str, *moves: tuple[str, str], **more: Any) -> TicketFacts:
    history = tuple((ms(at), state) for at, state in moves)
    given = {"channel": "other", "family": None, "kind": None, "urgent": False} | more
    return TicketFacts(system=system, received_at=history[0][0], history=history, **given)


def status(clock: str, facts: TicketFacts, now: str) -> ClockStatus:
    (found,) = [status for status in BOOK.evaluate(facts, ms(now)) if status.clock == clock]
    return found


# --- the web message: 300 minutes, wall clock ---

MESSAGE = facts("web", ("2026-09-30 22:00", "RECEIVED"))


@pytest.mark.parametrize(
    ("now", "stage", "next_at"),
    [
        ("2026-09-30 22:00", "running", "2026-10-01 02:00"),
        ("2026-10-01 01:59", "running", "2026-10-01 02:00"),
        ("2026-10-01 02:00", "near", "2026-10-01 03:00"),
        ("2026-10-01 03:00", "yellow", "2026-10-01 05:30"),
        ("2026-10-01 05:30", "red", None),
        ("2027-10-01 05:30", "red", None),
    ],
)
def test_web_message_by_time(now: str, stage: str, next_at: str | None) -> None:
    found = status("web-message", MESSAGE, now)
    assert (found.stage, found.next_at) == (stage, ms(next_at) if next_at else None)
    assert found.due_at == ms("2026-10-01 03:00")
    assert found.late == (stage in ("yellow", "red"))


def test_web_message_is_met_by_an_answer_and_by_nothing_less() -> None:
    moves = [("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 09:10", "ACCEPTED"), ("2026-03-02 09:20", "TRANSFERRED")]
    assert status("web-message", facts("web", *moves), "2026-03-02 13:30").stage == "near"
    answered = facts("web", *moves, ("2026-03-02 13:59", "RESOLVED"))
    assert status("web-message", answered, "2026-03-05 09:00")[5:] == (
        *("met", False, None),
        *(False, False, "near"),
    )


def test_what_is_answered_late_is_met_but_late() -> None:
    at_the_deadline = facts("web", ("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 14:00", "REJECTED"))
    found = status("web-message", at_the_deadline, "2026-03-02 14:00")
    assert (found.stage, found.late, found.next_at, found.reached) == ("met", True, None, "yellow")


def test_a_withdrawn_message_is_stopped() -> None:
    gone = facts("web", ("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 10:00", "WITHDRAWN"))
    assert status("web-message", gone, "2026-03-09 09:00").stage == "stopped"


def test_other_systems_have_no_web_message_clock() -> None:
    assert BOOK.evaluate(facts("gov-service", ("2026-03-02 09:00", "RECEIVED")), ms("2026-03-02 09:00")) == ()


# --- the hotline's transfer: one working day ---


@pytest.mark.parametrize("system", ["12345", "12348"])
def test_hotline_transfer_over_the_holiday(system: str) -> None:
    call = facts(system, ("2026-09-30 10:00", "RECEIVED"))
    found = status("hotline-transfer", call, "2026-10-07 12:00")
    assert (found.stage, found.next_at) == ("running", ms("2026-10-08 00:00"))
    assert found.due_at == ms("2026-10-09 00:00")
    assert found.red_at == ms("2026-10-10 00:00")
    assert status("hotline-transfer", call, "2026-10-08 00:00").stage == "near"
    assert status("hotline-transfer", call, "2026-10-09 00:00").stage == "yellow"
    assert status("hotline-transfer", call, "2026-10-10 00:00").stage == "red"


@pytest.mark.parametrize("state", ["ACCEPTED", "ASSIGNED", "SIGNED", "TRANSFERRED", "RESOLVED", "REJECTED"])
def test_hotline_transfer_is_met(state: str) -> None:
    call = facts("12345", ("2026-09-30 10:00", "RECEIVED"), ("2026-09-30 11:00", state))
    assert status("hotline-transfer", call, "2026-10-20 12:00").stage == "met"


# --- others of the table ---


def test_handover_runs_in_office_hours_and_anew_after_a_return() -> None:
    moves = [("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 17:00", "ASSIGNED")]
    assert status("handover-signed", facts("12345", *moves), "2026-03-02 17:00").due_at == ms("2026-03-03 11:30")
    moves += [("2026-03-03 09:00", "RETURNED"), ("2026-03-03 10:00", "ASSIGNED")]
    again = status("handover-signed", facts("12345", *moves), "2026-03-03 10:00")
    assert (again.started_at, again.due_at, again.stage) == (ms("2026-03-03 10:00"), ms("2026-03-03 15:30"), "running")


def test_notary_time_stands_still_while_material_is_awaited() -> None:
    moves = [("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 10:00", "ACCEPTED")]
    plain = status("notary-certificate", facts("x", *moves, family="notary", kind="application"), "2026-03-03 09:00")
    assert plain.due_at == ms("2026-03-24 00:00")
    moves += [("2026-03-04 09:00", "SUSPENDED")]
    paused = facts("x", *moves, family="notary", kind="application")
    found = status("notary-certificate", paused, "2026-06-01 09:00")
    assert (found.stage, found.paused, found.next_at) == ("running", True, None)
    # From Thursday 5 to Friday 13 March: seven working days, the day of resuming among them.
    resumed = facts("x", *moves, ("2026-03-13 15:00", "IN_PROGRESS"), family="notary", kind="application")
    found = status("notary-certificate", resumed, "2026-03-13 15:00")
    assert (found.due_at, found.paused) == (ms("2026-04-02 00:00"), False)


def test_a_clock_that_was_overdue_stays_so_through_a_pause() -> None:
    moves = [("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 10:00", "ACCEPTED"), ("2026-03-25 09:00", "SUSPENDED")]
    overdue = facts("x", *moves, family="notary", kind="application")
    assert status("notary-certificate", overdue, "2026-05-25 09:00").stage == "yellow"
    resumed = facts("x", *moves, ("2026-05-25 09:00", "IN_PROGRESS"), family="notary", kind="application")
    found = status("notary-certificate", resumed, "2026-05-25 09:00")
    assert (found.stage, found.due_at) == ("yellow", ms("2026-03-24 00:00"))
    assert found.red_at > ms("2026-05-25 09:00")  # the pause does not count towards the red card


def test_material_that_came_in_ends_the_pause() -> None:
    moves = [("2026-03-02 09:00", "RECEIVED"), ("2026-03-03 09:00", "SUPPLEMENT"), ("2026-03-05 09:00", "SUPPLEMENTED")]
    review = facts("legal-aid", *moves, family="legal-aid", kind="application")
    found = status("legal-aid-review", review, "2026-03-05 09:00")
    assert (found.paused, found.due_at) == (False, ms("2026-03-12 00:00"))


def test_mediation_has_a_month_from_acceptance() -> None:
    moves = [("2026-01-29 09:00", "RECEIVED"), ("2026-01-30 09:00", "ACCEPTED")]
    found = status("mediation", facts("x", *moves, family="mediation", kind="application"), "2026-01-30 09:00")
    assert found.due_at == ms("2026-03-01 00:00")  # 28 February, a Saturday that is worked
    assert found.due_at < found.red_at


def test_a_clock_that_has_not_started_is_not_there() -> None:
    waiting = facts("x", ("2026-01-29 09:00", "RECEIVED"), family="mediation", kind="application")
    assert BOOK.evaluate(waiting, ms("2026-02-10 09:00")) == ()


def test_a_deadline_beyond_the_calendar_is_provisional() -> None:
    call = facts("12348", ("2026-12-30 09:00", "RECEIVED"))
    assert {found.clock: found.provisional for found in BOOK.evaluate(call, ms("2026-12-30 09:00"))} == {
        "hotline-transfer": True,
        "hotline-feedback": True,
    }


def test_urgent_calls_have_a_clock_of_their_own() -> None:
    call = facts("12348", ("2026-03-02 09:00", "RECEIVED"), urgent=True)
    assert status("hotline-urgent", call, "2026-03-02 10:00").stage == "yellow"


def test_facts_ahead_of_the_tick_count() -> None:
    answered = facts("web", ("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 10:00", "CLOSED"))
    found = BOOK.evaluate(answered, 0)
    assert [status.stage for status in found] == ["met"]


def test_what_happened_after_the_deadline_shows_that_it_has_passed() -> None:
    accepted = facts("web", ("2026-03-02 09:00", "RECEIVED"), ("2026-03-02 14:30", "ACCEPTED"))
    found = status("web-message", accepted, "2026-03-02 09:00")
    assert (found.stage, found.next_at) == ("yellow", ms("2026-03-02 16:30"))


def test_next_wake_is_the_earliest() -> None:
    call = facts("12348", ("2026-03-02 09:00", "RECEIVED"), urgent=True)
    assert next_wake(BOOK.evaluate(call, ms("2026-03-02 09:00"))) == ms("2026-03-02 09:48")
    assert next_wake(()) is None


def test_vocabulary_and_transitions_name_the_same_states() -> None:
    assert set(TRANSITIONS) == set(State)


# --- properties of the mechanism, over clocks of every unit ---

LIMITS: list[tuple[dict[str, int], list[dict[str, float]]]] = [
    ({"minutes": 300}, [{"minutes": 240}]),
    ({"minutes": 7}, []),
    ({"working_minutes": 240}, []),
    ({"workdays": 1}, [{"workdays_left": 1}]),
    ({"workdays": 1}, []),
    ({"workdays": 15}, []),
    ({"days": 1}, []),
    ({"days": 3}, [{"fraction": 0.5}]),
    ({"days": 7}, [{"workdays_left": 3}]),
    ({"months": 1}, []),
]
TABLE = ClockTable.model_validate(
    {
        "office_hours": ["08:30-12:00", "13:30-18:00"],
        "clocks": [
            {
                "name": f"c{index}",
                "title": "试验",
                "severity": "normal",
                "starts": "receipt",
                "met": ["CLOSED"],
                "void": ["WITHDRAWN"],
                "pauses": ["SUSPENDED"],
                "limit": limit,
                "near": near,
                "source": "试验",
            }
            for index, (limit, near) in enumerate(LIMITS)
        ],
    }
)
CLOCKS = ClockBook(TABLE, load_calendar())
RANK = {stage: rank for rank, stage in enumerate(("running", "near", "yellow", "red", "met", "stopped"))}

starts = st.integers(ms("2026-01-01 00:00"), ms("2026-12-01 00:00"))
steps = st.lists(
    st.tuples(st.integers(0, 9 * DAY), st.sampled_from(["SUSPENDED", "IN_PROGRESS", "CLOSED", "WITHDRAWN"])), max_size=7
)


def walked(start: int, steps: list[tuple[int, str]]) -> TicketFacts:
    history = [(start, "RECEIVED")]
    for wait, state in steps:
        history.append((history[-1][0] + wait, state))
    return TicketFacts("x", "other", None, None, start, False, tuple(history))


@given(starts, steps, st.integers(-DAY, 60 * DAY), st.integers(0, 60 * DAY))
def test_stages_only_rise_with_time(start: int, steps: list[tuple[int, str]], at: int, more: int) -> None:
    facts = walked(start, steps)
    for before, after in zip(
        CLOCKS.evaluate(facts, start + at), CLOCKS.evaluate(facts, start + at + more), strict=True
    ):
        assert RANK[before.stage] <= RANK[after.stage]
        assert before[1:5] == after[1:5]  # the moments do not depend on when one looks


@given(starts, steps, st.integers(0, 60 * DAY))
def test_next_at_is_exact(start: int, steps: list[tuple[int, str]], at: int) -> None:
    facts = walked(start, steps)
    for index, found in enumerate(CLOCKS.evaluate(facts, start + at)):
        if found.next_at is None:
            assert found.paused or found.stage in ("red", "met", "stopped")
            assert CLOCKS.evaluate(facts, start + 10_000 * DAY)[index].stage == found.stage
        else:
            assert found.next_at > start + at
            assert CLOCKS.evaluate(facts, found.next_at - 1)[index].stage == found.stage
            assert RANK[CLOCKS.evaluate(facts, found.next_at)[index].stage] > RANK[found.stage]


@given(starts, steps)
def test_moments_come_in_order(start: int, steps: list[tuple[int, str]]) -> None:
    for found in CLOCKS.evaluate(walked(start, steps), start):
        assert found.started_at <= found.near_at <= found.due_at < found.red_at


@given(starts, steps)
def test_pausing_never_shortens(start: int, steps: list[tuple[int, str]]) -> None:
    facts = walked(start, steps)
    without = facts._replace(history=tuple(move for move in facts.history if move[1] != "SUSPENDED"))
    for paused, plain in zip(CLOCKS.evaluate(facts, start), CLOCKS.evaluate(without, start), strict=True):
        assert paused.near_at >= plain.near_at
        assert paused.due_at >= plain.due_at
        assert paused.red_at >= plain.red_at


@given(starts, steps)
def test_what_was_reached_is_never_taken_back(start: int, steps: list[tuple[int, str]]) -> None:
    """As the history grows, the stage at each move is at least what it was before the move."""
    facts = walked(start, steps)
    for known in range(2, len(facts.history) + 1):
        moved_at = facts.history[known - 1][0]
        before = CLOCKS.evaluate(facts._replace(history=facts.history[: known - 1]), moved_at)
        after = CLOCKS.evaluate(facts._replace(history=facts.history[:known]), moved_at)
        for earlier, later in zip(before, after, strict=True):
            assert RANK[later.stage] >= RANK[earlier.stage]
            assert later.late >= earlier.late


@given(starts, st.integers(1, 299), st.integers(0, 30 * DAY))
def test_paused_minutes_are_given_back_to_the_millisecond(start: int, after: int, pause: int) -> None:
    facts = walked(start, [(after * MINUTE, "SUSPENDED"), (pause, "IN_PROGRESS")])
    found = CLOCKS.evaluate(facts, start)[0]
    assert found.due_at == start + 300 * MINUTE + pause


def test_one_pausing_state_after_another_is_one_pause() -> None:
    facts = walked(ms("2026-03-02 09:00"), [(MINUTE, "SUSPENDED"), (DAY, "SUSPENDED"), (DAY, "IN_PROGRESS")])
    assert CLOCKS.evaluate(facts, 0)[0].due_at == ms("2026-03-04 14:00")


def test_a_source_whose_clock_is_behind_makes_no_negative_pause() -> None:
    facts = walked(ms("2026-03-02 09:00"), [(60 * MINUTE, "SUSPENDED"), (-30 * MINUTE, "IN_PROGRESS")])
    assert CLOCKS.evaluate(facts, 0)[0].due_at == ms("2026-03-02 14:00")


def test_a_pause_overnight_gives_back_office_hours_only() -> None:
    facts = walked(ms("2026-03-02 16:00"), [(60 * MINUTE, "SUSPENDED"), (17 * 60 * MINUTE, "IN_PROGRESS")])
    # 17:00 to 10:00: an hour in the evening, an hour and a half in the morning; three of four hours are left.
    assert CLOCKS.evaluate(facts, 0)[2].due_at == ms("2026-03-03 14:30")


def test_the_shipped_table_says_where_every_clock_comes_from() -> None:
    for clock in load_clocks().clocks:
        assert clock.title
        assert clock.source
