"""Planning goes on from its mark: what a day or a change brings, the very next tick plans as a full pass would."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commitments.models import Assignment, Calendar, Commitment, FollowUp, Forum, Holiday, Meeting, Post
from commitments.working_days import ONE_DAY
from notifications import planning, reminding
from notifications.inheritance import Place
from notifications.ladders import Step
from notifications.laying_down import go_back, lay_down
from notifications.models import PlanningMark, Reminder
from tests.factories import (
    at,
    make_assignment,
    make_calendar,
    make_commitment,
    make_follow_up,
    make_organisation,
    make_post,
)
from tests.notifications.planning_registers import (
    DEEDS,
    LADDERS,
    TODAY,
    ZONES,
    Register,
    Row,
    left_to_a_full_pass,
    reminders,
    tick,
)
from tests.threads import refused, together

pytestmark = pytest.mark.django_db
NOW = at(TODAY, 20)  # in Kiritimati it is tomorrow, in Honolulu today has just begun
NOTHING: tuple[set[Row], set[Row]] = set(), set()
MARKS = PlanningMark.objects.order_by("calendar_id")


@pytest.fixture
def register() -> Register:
    """With its own ladders for a group and another forum, something closed, a draft, a meeting that was called off,
    and a day off today; all of it planned for."""
    register = Register(NOW)
    sea = make_calendar("SEA", country="KR")
    Holiday.objects.create(calendar=sea, day=TODAY + ONE_DAY, name="Decided")
    lay_down("dated", Place(forum=register.forums[1]), LADDERS[2])
    lay_down("dated", Place(forum=register.forums[2]), LADDERS[1])
    make_follow_up(register.day(3), commitment=register.commitments[0]).close("done", now=NOW)
    register.change_the_state(3, 1)
    register.ask_for_input(0, 6)
    register.cancel_or_call_a_meeting(0, 0)
    Holiday.objects.create(calendar=register.calendars[0], day=TODAY, name="Decided")
    tick(NOW)
    return register


@pytest.fixture
def without_a_daily_full_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "FULL_PASS_EVERY", timedelta(days=10_000))


def brought(now: datetime) -> set[Row]:
    """By the next tick, after which a full pass finds nothing to do."""
    before = reminders()
    tick(now)
    assert left_to_a_full_pass(now) == NOTHING
    return reminders() - before


def steps(rows: set[Row]) -> set[str]:
    return {step for _follow_up, _state, step, *_rest in rows}


def hears_of(post: Post, commitment: Commitment) -> bool:
    return Reminder.objects.filter(post=post, follow_up__commitment=commitment).exists()


def full_passes() -> set[datetime]:
    return set(MARKS.values_list("full_at", flat=True))


# What somebody changes

OF_FOLLOW_UPS: dict[str, Callable[[Register], object]] = {
    "a date is entered": lambda r: r.enter_a_date(0, 3),
    "many dates are entered at once": lambda r: r.enter_many(0, 3),
    "a date is moved": lambda r: r.move(4, 3),
    "many dates are moved at once": lambda r: r.move_many(0, 2),
    "dates are moved by one update": lambda r: FollowUp.objects.filter(closed_at=None).update(
        due_on=r.day(4)
    ),
    "a closed date is opened again": lambda r: r.reopen(0, 0),
    "a date is given to a certain post": lambda r: r.give_a_date_to(1, 3),
    "a date becomes one of another kind": lambda r: r.turn_into_another_kind(0, 1),
    "a date becomes that of one party": lambda r: r.say_whose_it_is(0, 5),
    "a draft is made active": lambda r: r.change_the_state(3, 0),
    "a commitment goes to another forum": lambda r: r.carry_to_another_forum(0, 2),
    "a commitment goes to a group": lambda r: r.give_to_a_group(0, 1),
    "a lead takes over today": lambda r: r.hand_over(0, 2),
    "the lead's part has ended": lambda r: r.let_all_parts_end(0, 0),
    "the lead is withdrawn": lambda r: r.withdraw_a_part(0, 0),
    "a post supports it": lambda r: r.give_a_part(1, 0),
    "a meeting takes place after all": lambda r: r.cancel_or_call_a_meeting(0, 1),
    "a meeting goes to another forum": lambda r: r.carry_a_meeting_to_another_forum(1, 2),
}
RULES: dict[str, Callable[[Register], object]] = {
    "a day off is added": lambda r: Holiday.objects.create(
        calendar=r.calendars[0], day=TODAY + ONE_DAY, name="Decided"
    ),
    "a day off is taken back": lambda r: Holiday.objects.all().delete(),
    "a day off is worked": lambda r: Holiday.objects.update(working=True),
    "a calendar has another zone": lambda r: r.set_the_zone(0, 2),
    "a calendar is that of another country": lambda r: Calendar.objects.filter(code="KR").update(
        country="SR"
    ),
    "a calendar follows another": lambda r: Calendar.objects.filter(code="KR").update(
        parent=Calendar.objects.get(code="SEA")
    ),
    "an organisation has another calendar": lambda r: r.give_an_organisation_another_calendar(0, 2),
    "a post goes to another body": lambda r: r.carry_a_post_to_another_body(0, 1),
    "a post has another superior": lambda r: r.set_a_superior(2, 1),
    "a forum has another desk": lambda r: r.set_a_desk(3, 0),
    "a forum goes below another": lambda r: r.set_a_parent(0, 1),
    "a forum falls asleep": lambda r: r.put_to_sleep_or_wake(0, 1),
}


@pytest.mark.parametrize("change", OF_FOLLOW_UPS.values(), ids=OF_FOLLOW_UPS)
def test_what_concerns_certain_dates_is_planned_by_the_next_tick_without_a_full_pass(
    change: Callable[[Register], object], register: Register
) -> None:
    change(register)

    later = NOW + timedelta(minutes=1)
    assert brought(later)
    assert full_passes() == {NOW}


@pytest.mark.parametrize("change", RULES.values(), ids=RULES)
def test_what_may_concern_any_date_is_planned_by_the_next_tick(
    change: Callable[[Register], object], register: Register
) -> None:
    change(register)

    assert brought(NOW)


def test_other_words_and_people_cost_no_full_pass(register: Register) -> None:
    Forum.objects.update(note="It meets in spring.")
    Post.objects.update(name_en="Director", alternate=None)
    Commitment.objects.update(outlook_note="All is well.", marking="restricted")

    assert brought(NOW + timedelta(minutes=1)) == set()
    assert full_passes() == {NOW}


LEVELS: dict[str, Callable[[Register], Place]] = {
    "register": lambda r: Place(),
    "forum": lambda r: Place(forum=r.forums[0]),
    "commitment": lambda r: Place(commitment=r.commitments[0]),
}


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_a_ladder_counts_from_the_next_tick_on_until_it_is_taken_back(
    level: Callable[[Register], Place], register: Register
) -> None:
    place = level(register)

    lay_down("dated", place, [Step(-9)])
    assert "before-9" in steps(brought(NOW))
    lay_down("dated", place, [Step(-9), Step(-8)])
    assert "before-8" in steps(brought(NOW))
    go_back("dated", place)
    assert "before-30" in steps(brought(NOW))


def test_a_forum_that_wakes_is_planned_for_by_the_next_tick(register: Register) -> None:
    Forum.objects.update(dormant=True)
    tick(NOW)

    Forum.objects.update(dormant=False)

    assert brought(NOW)


def test_for_a_meeting_that_is_called_off_nothing_is_planned(register: Register) -> None:
    Meeting.objects.update(state="cancelled")
    register.ask_for_input(2, 1)

    assert brought(NOW) == set()


def test_what_the_step_of_the_former_forum_had_overtaken_comes_back(
    register: Register, without_a_daily_full_pass: None
) -> None:
    lay_down("dated", Place(forum=register.forums[2]), [Step(-30)])
    moving = make_commitment(forum=register.forums[0], lead=register.posts[0])
    make_follow_up(register.day(8), commitment=moving)
    tick(NOW)
    tick(NOW + ONE_DAY)  # a week before has overtaken thirty days before

    Commitment.objects.filter(pk=moving.pk).update(forum=register.forums[2])

    found = brought(NOW + ONE_DAY)
    assert {(state, step) for _f, state, step, *_rest in found} == {("planned", "before-30")}


def test_after_many_changes_that_alter_nothing_the_one_that_does_is_not_overlooked(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_CHANGES", 3)
    Commitment.objects.update(outlook_note="All is well.")
    register.enter_a_date(0, 3)

    assert brought(NOW)


def test_where_very_many_dates_are_concerned_everything_is_planned_anew(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_CHANGES", 3)
    for commitment in register.commitments[:2]:
        Commitment.objects.filter(pk=commitment.pk).update(forum=register.forums[2])

    later = NOW + timedelta(minutes=1)
    assert brought(later)
    assert full_passes() == {later}


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_committed_after_a_later_one_is_not_missed() -> None:
    register = Register(NOW)
    tick(NOW)
    written, ticked = threading.Event(), threading.Event()

    def enter_slowly() -> None:
        with transaction.atomic():
            register.enter_a_date(0, 3)
            written.set()
            ticked.wait(timeout=10)

    def enter_and_tick() -> int:
        written.wait(timeout=10)
        register.enter_a_date(1, 3)
        found = len(brought(NOW))
        ticked.set()
        return found

    assert together(enter_slowly, enter_and_tick)[1]

    assert brought(NOW)


# Days that pass


def test_a_day_begins_for_each_post_at_its_own_midnight(without_a_daily_full_pass: None) -> None:
    due_on = TODAY + timedelta(days=7)
    names = {}
    for n, zone in enumerate(ZONES):
        calendar = make_calendar(f"Z{n}", country="", zone=zone)
        post = make_post(organisation=make_organisation(calendar=calendar))
        make_follow_up(due_on, lead=post)
        names[post.pk] = zone
    tick(NOW - 2 * ONE_DAY)
    midnights = {at(TODAY, 0, zone=ZoneInfo(zone)): zone for zone in ZONES}

    for midnight in sorted(midnights):
        assert brought(midnight - timedelta(minutes=1)) == set()
        assert {names[post] for _f, _s, _step, post, *_rest in brought(midnight)} == {midnights[midnight]}


@pytest.mark.parametrize("days", [1, 5, 40])
def test_after_an_outage_the_next_tick_plans_what_came_meanwhile(days: int, register: Register) -> None:
    assert brought(NOW + days * ONE_DAY)


@pytest.mark.parametrize("days", [1, 5, 40])
def test_going_on_from_the_mark_finds_as_much_as_beginning_anew(
    days: int, register: Register, without_a_daily_full_pass: None
) -> None:
    assert brought(NOW + days * ONE_DAY)
    assert full_passes() == {NOW}


@pytest.mark.parametrize("steps", LADDERS)
def test_day_after_day_nothing_is_left_to_a_full_pass(
    steps: tuple[Step, ...], without_a_daily_full_pass: None
) -> None:
    """Whatever order the days off bring into steps that count in different units or repeat."""
    register = Register(NOW)
    lay_down("dated", Place(), steps)
    for days in range(20):
        register.enter_a_date(0, days)

    for days in range(14):
        brought(NOW + days * ONE_DAY)


def test_what_was_handed_over_for_a_later_day_reaches_the_new_lead_on_that_day(
    register: Register, without_a_daily_full_pass: None
) -> None:
    new, commitment = register.posts[0], register.commitments[1]
    register.hand_over(1, 10)  # to that post, the day after tomorrow

    for days, hears in ((0, False), (1, False), (2, True)):
        brought(NOW + days * ONE_DAY)
        assert hears_of(new, commitment) == hears


def test_a_part_that_begins_on_a_later_day_is_asked_from_that_day_on(
    register: Register, without_a_daily_full_pass: None
) -> None:
    new, commitment = register.posts[0], register.commitments[1]
    make_assignment(commitment, new, role="supporting", from_on=register.day(2))

    for days, hears in ((0, False), (1, False), (2, True)):
        brought(NOW + days * ONE_DAY)
        assert hears_of(new, commitment) == hears


def test_where_the_lead_ends_on_a_later_day_the_desk_is_asked_from_the_next_day_on(
    register: Register, without_a_daily_full_pass: None
) -> None:
    commitment = register.commitments[0]
    Assignment.objects.filter(commitment=commitment).update(until_on=TODAY + ONE_DAY)
    of_commitment = Reminder.objects.filter(follow_up__commitment=commitment, post=register.posts[1])
    brought(NOW)
    assert not of_commitment.filter(audience="owner").exists()

    brought(NOW + 2 * ONE_DAY)

    assert of_commitment.filter(audience="owner").exists()


def test_a_clock_that_was_set_back_loses_no_day(register: Register, without_a_daily_full_pass: None) -> None:
    tick(NOW + 9 * ONE_DAY)
    brought(NOW)
    register.enter_a_date(0, 9)
    brought(NOW)

    found = [brought(NOW + days * ONE_DAY) for days in (1, 2, 3)]

    assert any("before-7" in row for row in found[1])


def test_a_clock_that_was_set_back_within_the_day_loses_nothing(register: Register) -> None:
    register.enter_a_date(0, 3)

    assert brought(NOW - timedelta(hours=3))


# The full pass, and runs beside the tick


def test_what_was_written_past_the_history_is_found_after_twenty_hours(register: Register) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE commitments_followup SET due_on = %s WHERE closed_at IS NULL", [TODAY])
    almost = NOW + timedelta(hours=19, minutes=59)
    due_today = Reminder.objects.filter(due_on=TODAY)

    tick(almost)
    assert not due_today.filter(step="before-1").exists()
    tick(NOW + timedelta(hours=20))
    assert due_today.filter(step="before-1").exists()


@pytest.mark.parametrize("days", [-30, 0, 30])
def test_reminding_by_hand_as_of_another_day_leaves_the_mark_and_hides_nothing_from_it(
    days: int, register: Register, without_a_daily_full_pass: None
) -> None:
    marks = list(MARKS.values())
    register.enter_a_date(0, 9)

    for deed in (lambda now: reminding.rehearse(now=now), lambda now: reminding.remind(clock=lambda: now)):
        deed(NOW + days * ONE_DAY)
        assert list(MARKS.values()) == marks
    for later in range(4):
        brought(NOW + later * ONE_DAY)


def test_a_rehearsal_plans_nothing(register: Register) -> None:
    before = reminders()
    register.enter_a_date(0, 3)

    assert reminding.rehearse(now=NOW).planned
    assert reminders() == before


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_plan_each_reminder_once() -> None:
    register = Register(NOW)
    tick(NOW)
    register.enter_many(0, 3)

    plans = together(lambda: tick(NOW), lambda: tick(NOW))

    assert refused(plans) == []
    assert sorted(bool(plan.planned) for plan in plans) == [False, True]
    assert left_to_a_full_pass(NOW) == NOTHING


@pytest.fixture
def queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as context:
        yield context


def idle_tick(queries: CaptureQueriesContext) -> list[str]:
    first = len(queries)
    tick(NOW)
    return [query["sql"] for query in queries.captured_queries[first:]]


def test_a_tick_to_which_nothing_is_new_asks_little_and_writes_nothing(
    register: Register, queries: CaptureQueriesContext
) -> None:
    numbers = set()
    for _more in range(2):
        for n in range(20):
            register.enter_a_date(n, n)
        tick(NOW)
        asked = idle_tick(queries)
        numbers.add(len(asked))

    assert len(numbers) == 1
    assert len(asked) <= 13  # PostgreSQL asks for its lock besides
    assert [sql for sql in asked if sql.startswith(("INSERT", "UPDATE", "DELETE", "CREATE"))] == []


# Whatever comes, in whatever order

Change = tuple[Callable[[Register, int, int], None], int, int, int]
CHANGES = st.tuples(
    st.sampled_from(DEEDS),
    st.integers(0, 11),
    st.integers(-12, 45),
    st.sampled_from([0, 0, 5, 11, 24, 24, 48, 120]),  # hours since the last
)
OWN_LADDERS = st.tuples(*[st.sampled_from(LADDERS)] * 3)


@settings(
    max_examples=200 if os.environ.get("FULL") else 8,
    derandomize=not os.environ.get("FULL"),
    suppress_health_check=list(HealthCheck),
)
@given(OWN_LADDERS, st.lists(CHANGES, min_size=12, max_size=12))
def test_after_any_dozen_of_changes_and_days_nothing_is_left_to_a_full_pass(
    without_a_daily_full_pass: None, ladders: tuple[tuple[Step, ...], ...], changes: list[Change]
) -> None:
    with transaction.atomic():
        register = Register(NOW)
        for forum, steps_of_forum in zip(register.forums, ladders, strict=True):
            lay_down("dated", Place(forum=forum), steps_of_forum)
        for n in range(6):
            register.enter_a_date(n, n)
        tick(NOW)
        for change, n, days, hours in changes:
            register.now += timedelta(hours=hours)
            change(register, n, days)
            tick(register.now)
            assert left_to_a_full_pass(register.now) == NOTHING, change.__name__
        transaction.set_rollback(True)
