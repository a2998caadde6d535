from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.working_days import WorkingCalendar
from notifications.ladders import (
    DATED,
    REVIEW,
    Audience,
    Ladder,
    Step,
    Unit,
    default_ladder,
    due_days,
    send_slot,
)

KOREA = WorkingCalendar("KR")
DUE_ON = date(2026, 12, 18)  # a Friday

closures = st.frozensets(st.dates(date(2025, 1, 1), date(2025, 3, 31)), max_size=30)
due_dates = st.dates(date(2025, 1, 10), date(2025, 3, 20))
ladders = st.sampled_from([DATED, REVIEW])
steps = st.sampled_from(DATED.steps + REVIEW.steps)


def told(ladder: Ladder, due_on: date, *, until: date, known_on: date = date.min) -> dict[str, date]:
    """The slot of each step reached by `until`, for a date that stands since `known_on`."""
    return {
        step.code: send_slot(max(day, known_on), breaks_out=step.breaks_out, calendar=KOREA)
        for step, day in ladder.reached(due_on, today=until, calendar=KOREA)
    }


def newest(due_on: date, *, today: date) -> dict[Audience, str]:
    return {
        row.audience: row.step
        for row in due_days(DATED, KOREA, due_dates=[due_on], today=today)
        if row.newest
    }


def test_the_default_ladder_reaches_its_steps_on_these_days() -> None:
    reached = DATED.reached(DUE_ON, today=date(2026, 12, 28), calendar=KOREA)

    assert [(step.code, day) for step, day in reached] == [
        ("before-30", date(2026, 11, 18)),
        ("before-7", date(2026, 12, 11)),
        ("before-1", date(2026, 12, 17)),
        ("after-1", date(2026, 12, 21)),
        ("desk-5", date(2026, 12, 28)),
    ]


def test_the_default_ladder_tells_people_on_these_days() -> None:
    assert told(DATED, DUE_ON, until=date(2026, 12, 28)) == {
        "before-30": date(2026, 11, 23),
        "before-7": date(2026, 12, 14),
        "before-1": date(2026, 12, 17),
        "after-1": date(2026, 12, 21),
        "desk-5": date(2026, 12, 28),
    }


def test_nothing_is_reached_a_day_early() -> None:
    eves = [
        date(2026, 11, 17),
        date(2026, 12, 10),
        date(2026, 12, 16),
        date(2026, 12, 20),
        date(2026, 12, 27),
    ]

    assert [len(DATED.reached(DUE_ON, today=eve, calendar=KOREA)) for eve in eves] == [0, 1, 2, 3, 4]


def test_a_date_moved_into_january_is_told_in_the_first_digest_of_the_year() -> None:
    moved_to = date(2027, 1, 29)

    assert told(DATED, moved_to, until=date(2026, 12, 29), known_on=date(2026, 12, 10)) == {}
    assert told(DATED, moved_to, until=date(2026, 12, 30), known_on=date(2026, 12, 10)) == {
        "before-30": date(2027, 1, 4)
    }


def test_a_date_entered_after_a_digest_waits_and_is_overtaken_by_the_eve() -> None:
    entered_on = date(2026, 12, 15)

    assert newest(DUE_ON, today=entered_on) == {Audience.OWNER: "before-7"}
    assert told(DATED, DUE_ON, until=entered_on, known_on=entered_on)["before-7"] == date(2026, 12, 21)
    assert newest(DUE_ON, today=date(2026, 12, 17)) == {Audience.OWNER: "before-1"}
    assert told(DATED, DUE_ON, until=date(2026, 12, 17), known_on=entered_on)["before-1"] == date(
        2026, 12, 17
    )


def test_the_review_ladder_counts_working_days_after_the_date() -> None:
    reached = REVIEW.reached(DUE_ON, today=date(2026, 12, 31), calendar=KOREA)

    assert [(step.code, day) for step, day in reached] == [
        ("before-14", date(2026, 12, 4)),
        ("after-3", date(2026, 12, 23)),
        ("desk-8", date(2026, 12, 31)),
    ]


def test_a_day_off_moves_a_step_away_from_the_due_date() -> None:
    before, after = DATED.steps[1], DATED.steps[3]

    assert before.day_of(date(2026, 10, 16), KOREA) == date(2026, 10, 8)  # Friday 9 October is Hangul Day
    assert after.day_of(date(2026, 10, 8), KOREA) == date(2026, 10, 12)


def test_the_digest_moves_to_tuesday_when_monday_is_a_holiday() -> None:
    assert send_slot(date(2026, 10, 1), breaks_out=False, calendar=KOREA) == date(2026, 10, 6)
    assert send_slot(date(2026, 10, 6), breaks_out=False, calendar=KOREA) == date(2026, 10, 6)
    assert send_slot(date(2026, 10, 7), breaks_out=False, calendar=KOREA) == date(2026, 10, 12)


def test_the_digest_skips_a_week_without_a_working_day() -> None:
    closed = WorkingCalendar("KR", closed=frozenset(date(2026, 8, 3) + timedelta(days=n) for n in range(5)))

    assert send_slot(date(2026, 7, 29), breaks_out=False, calendar=closed) == date(2026, 8, 10)


def test_what_breaks_out_waits_only_for_a_working_day() -> None:
    assert send_slot(date(2026, 12, 17), breaks_out=True, calendar=KOREA) == date(2026, 12, 17)
    assert send_slot(date(2026, 12, 25), breaks_out=True, calendar=KOREA) == date(2026, 12, 28)


def test_the_desk_s_task_does_not_overtake_what_the_owner_is_told() -> None:
    assert newest(DUE_ON, today=date(2026, 12, 28)) == {Audience.OWNER: "after-1", Audience.DESK: "desk-5"}


def test_of_two_units_the_newest_is_what_is_reached_last() -> None:
    ladder = Ladder((Step(3), Step(2, Unit.WORKING_DAYS)))  # Monday the 21st, Tuesday the 22nd

    rows = due_days(ladder, KOREA, due_dates=[DUE_ON], today=date(2026, 12, 22))

    assert [(row.step, row.newest) for row in rows] == [("after-3", False), ("after-2", True)]


def test_a_date_long_past_still_has_its_newest_steps() -> None:
    assert newest(date(1999, 12, 31), today=DUE_ON) == {Audience.OWNER: "after-1", Audience.DESK: "desk-5"}


def test_each_due_date_is_worked_out_once() -> None:
    rows = list(
        due_days(DATED, KOREA, due_dates=[DUE_ON, date(2026, 12, 21), DUE_ON], today=date(2026, 12, 15))
    )

    assert [(row.due_on.day, row.step, row.newest) for row in rows] == [
        (18, "before-30", False),
        (18, "before-7", True),
        (21, "before-30", False),
        (21, "before-7", True),
    ]


@pytest.mark.parametrize("kind", ["deadline", "occurrence", "milestone", "input", "clearance"])
def test_what_is_dated_climbs_the_dated_ladder(kind: str) -> None:
    assert default_ladder(kind) is DATED


@pytest.mark.parametrize("kind", ["meeting_review", "cycle_review"])
def test_what_is_undated_is_reviewed(kind: str) -> None:
    assert default_ladder(kind) is REVIEW


def test_a_ladder_names_each_step_once() -> None:
    with pytest.raises(ValueError, match="once"):
        Ladder((Step(-7), Step(-7, breaks_out=True)))


@given(ladders, closures, due_dates)
def test_steps_are_reached_in_their_order_on_working_days(
    ladder: Ladder, closed: frozenset[date], due_on: date
) -> None:
    calendar = WorkingCalendar("KR", closed)

    reached = [step.day_of(due_on, calendar) for step in ladder.steps]

    assert reached == sorted(reached)
    assert all(calendar.is_working(day) for day in reached)


@given(steps, closures, closures, due_dates)
def test_a_new_holiday_moves_a_step_only_away_from_the_due_date(
    step: Step, closed: frozenset[date], more: frozenset[date], due_on: date
) -> None:
    old = step.day_of(due_on, WorkingCalendar("KR", closed))
    new = step.day_of(due_on, WorkingCalendar("KR", closed | more))

    assert new <= old < due_on if step.offset < 0 else due_on < old <= new


@given(st.sampled_from(Unit), st.integers(-40, 40), closures, due_dates)
def test_no_date_beyond_the_furthest_has_reached_the_step(
    unit: Unit, offset: int, closed: frozenset[date], today: date
) -> None:
    step, calendar = Step(offset, unit), WorkingCalendar("KR", closed)

    furthest = step.furthest_due_on(today=today, calendar=calendar)

    beyond = [furthest + timedelta(days=n) for n in range(1, 40)]
    assert all(step.day_of(due_on, calendar) > today for due_on in beyond)
    assert offset >= 0 or step.day_of(furthest, calendar) <= today


@given(due_dates, st.booleans(), closures)
def test_nobody_is_told_early_or_on_a_day_off(
    remind_on: date, breaks_out: bool, closed: frozenset[date]
) -> None:
    calendar = WorkingCalendar("KR", closed)

    slot = send_slot(remind_on, breaks_out=breaks_out, calendar=calendar)

    assert slot >= remind_on
    assert calendar.is_working(slot)
    assert breaks_out or slot == calendar.first_of_week(slot)
