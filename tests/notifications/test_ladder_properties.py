"""What holds of every ladder that somebody may lay down, with whatever days off, not only of the default ones."""

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from commitments.working_days import WorkingCalendar, days_after
from notifications.ladders import MOST_REPEATS, Audience, Ladder, Step, Unit, due_days, send_slot, told_days

closures = st.frozensets(st.dates(date(2025, 1, 1), date(2025, 6, 30)), max_size=40)
due_dates = st.dates(date(2025, 2, 10), date(2025, 5, 20))
countries = st.sampled_from(["", "KR", "US", "JP"])
units = st.sampled_from(Unit)
audiences = st.sampled_from([each for each in Audience if each is not Audience.POST])


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    return WorkingCalendar(
        draw(countries), closed=draw(closures), open=draw(st.frozensets(due_dates, max_size=5))
    )


@st.composite
def steps(draw: st.DrawFn, unit: Unit | None = None) -> Step:
    offset = draw(st.integers(-60, 60))
    times = draw(st.integers(0, MOST_REPEATS)) if offset >= 0 else 0
    return Step(
        offset,
        unit or draw(units),
        draw(audiences),
        breaks_out=draw(st.booleans()),
        repeat_times=times,
        repeat_every=draw(st.integers(1, 30)) if times else 0,
    )


@st.composite
def ladders(draw: st.DrawFn, unit: Unit | None = None) -> Ladder:
    chosen = draw(st.lists(steps(unit), min_size=1, max_size=6, unique_by=lambda s: (s.offset, s.who)))
    try:
        return Ladder(tuple(chosen))
    except ValueError:  # two that count to the same day in different units, or after zero days
        assume(False)
        raise


def with_closed(calendar: WorkingCalendar, more: frozenset[date]) -> WorkingCalendar:
    return WorkingCalendar(
        calendar.country, closed=calendar.closed | (more - calendar.open), open=calendar.open
    )


@given(steps(), calendars(), closures, due_dates)
def test_a_new_holiday_makes_no_later_step_or_escalation_earlier_and_no_earlier_step_later(
    step: Step, calendar: WorkingCalendar, more: frozenset[date], due_on: date
) -> None:
    for each in step.repeated():
        old, new = each.day_of(due_on, calendar), each.day_of(due_on, with_closed(calendar, more))
        assert new <= old if each.offset < 0 else new >= old


@given(calendars(), closures, due_dates, st.integers(0, 60))
def test_a_new_holiday_never_shortens_the_chance_of_whoever_is_below(
    calendar: WorkingCalendar, more: frozenset[date], told_on: date, grace_days: int
) -> None:
    assert with_closed(calendar, more).add(told_on, grace_days) >= calendar.add(told_on, grace_days)


@given(steps(Unit.CALENDAR_DAYS), calendars(), due_dates)
def test_a_step_before_comes_on_a_working_day_at_the_latest_on_its_raw_day_and_one_after_at_the_earliest(
    step: Step, calendar: WorkingCalendar, due_on: date
) -> None:
    day, raw = step.day_of(due_on, calendar), days_after(due_on, step.offset)

    assert calendar.is_working(day)
    assert day <= raw if step.offset < 0 else day >= raw


@given(steps(), calendars(), due_dates)
def test_the_way_to_a_step_ends_on_its_day_and_passes_no_other_working_day_than_it_counts(
    step: Step, calendar: WorkingCalendar, due_on: date
) -> None:
    way = list(step.way(due_on, calendar))

    counted = abs(step.offset) if step.unit is Unit.WORKING_DAYS else 1
    assert [passed.day for passed in way[-1:]] in ([], [step.day_of(due_on, calendar)])
    assert sum(calendar.is_working(passed.day) for passed in way) == counted
    assert [passed.nth for passed in way] == sorted(passed.nth for passed in way)


@given(st.data(), units, calendars(), due_dates)
def test_steps_that_count_alike_are_reached_in_their_order(
    data: st.DataObject, unit: Unit, calendar: WorkingCalendar, due_on: date
) -> None:
    ladder = data.draw(ladders(unit))

    reached = [step.day_of(due_on, calendar) for step in ladder.steps]

    assert reached == sorted(reached)


@given(ladders(), calendars(), due_dates, st.integers(-70, 500))
def test_each_audience_has_one_newest_step_and_it_is_the_last_one_reached(
    ladder: Ladder, calendar: WorkingCalendar, due_on: date, away: int
) -> None:
    rows = list(due_days(ladder, calendar, due_dates=[due_on], today=due_on + timedelta(days=away)))

    for who in {(row.audience, row.post_id) for row in rows}:
        of_audience = [row for row in rows if (row.audience, row.post_id) == who]
        assert [row.newest for row in of_audience] == [False] * (len(of_audience) - 1) + [True]


@given(steps(), calendars(), due_dates)
def test_a_step_that_repeats_ends_and_each_time_is_a_step_of_its_own_on_a_later_day(
    step: Step, calendar: WorkingCalendar, due_on: date
) -> None:
    ladder = Ladder((step,))

    raw = [each.offset for each in ladder.steps]
    assert len(raw) == step.repeat_times + 1 <= MOST_REPEATS + 1
    assert raw == [step.offset + n * step.repeat_every for n in range(len(raw))]
    assert len({each.code for each in ladder.steps}) == len(raw)
    reached = [each.day_of(due_on, calendar) for each in ladder.steps]
    assert reached == sorted(reached)


@given(st.integers(0, 40), st.integers(1, 10), st.integers(1, MOST_REPEATS), calendars(), due_dates)
def test_repeats_in_working_days_never_fall_together(
    offset: int, every: int, times: int, calendar: WorkingCalendar, due_on: date
) -> None:
    step = Step(offset, Unit.WORKING_DAYS, repeat_every=every, repeat_times=times)

    reached = [each.day_of(due_on, calendar) for each in step.repeated()]

    assert len(set(reached)) == times + 1


@given(ladders(), calendars(), due_dates, due_dates)
def test_nobody_is_told_before_the_step_or_before_the_date_was_known(
    ladder: Ladder, calendar: WorkingCalendar, due_on: date, known_on: date
) -> None:
    for step, told_on in told_days(ladder, due_on, known_on=known_on, calendar=calendar):
        assert told_on >= max(step.day_of(due_on, calendar), known_on)
        assert step.audience is Audience.DESK or calendar.is_working(told_on)


@given(due_dates, calendars(), closures)
def test_a_new_holiday_tells_later_what_breaks_out(
    remind_on: date, calendar: WorkingCalendar, more: frozenset[date]
) -> None:
    """The weekly message is another matter: if its Monday becomes a holiday, Tuesday's message tells what is
    reached on Tuesday, which would have waited for the next Monday."""
    old = send_slot(remind_on, breaks_out=True, calendar=calendar)

    assert send_slot(remind_on, breaks_out=True, calendar=with_closed(calendar, more)) >= old
