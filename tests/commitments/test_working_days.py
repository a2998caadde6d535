import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.working_days import WorkingCalendar, days_after, moment

KOREA = WorkingCalendar("KR")
WEEKENDS_ONLY = WorkingCalendar()

days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
closures = st.frozensets(days, max_size=40)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    """Closed days cluster, so that they meet weekends and each other."""
    start = draw(days)
    near = st.frozensets(st.integers(0, 30).map(lambda n: start + timedelta(days=n)), max_size=20)
    weekend = draw(st.frozensets(st.integers(0, 6), max_size=6))
    return WorkingCalendar(draw(st.sampled_from(["", "KR", "US", "JP"])), draw(near), draw(near), weekend)


@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("KR", date(2026, 2, 17)),  # Lunar New Year
        ("KOR", date(2026, 3, 2)),  # in place of Independence Movement Day
        ("KR", date(2027, 7, 19)),  # in place of Constitution Day
        ("US", date(2026, 7, 3)),  # Independence Day, observed
        ("JP", date(2026, 1, 2)),  # banks and ministries are closed
        ("JPN", date(2026, 12, 31)),
        ("JP", date(2026, 9, 22)),  # between two holidays
    ],
)
def test_public_holidays_are_not_worked(country: str, day: date) -> None:
    assert not WorkingCalendar(country).is_working(day)


def test_a_closure_and_a_working_saturday_override_the_tables() -> None:
    calendar = WorkingCalendar(
        "JP", closed=frozenset({date(2026, 12, 30)}), open=frozenset({date(2026, 12, 5)})
    )

    assert not calendar.is_working(date(2026, 12, 30))
    assert calendar.is_working(date(2026, 12, 5))


def test_working_days_are_counted_around_christmas() -> None:
    assert KOREA.add(date(2026, 12, 18), 5) == date(2026, 12, 28)
    assert KOREA.add(date(2026, 12, 28), -5) == date(2026, 12, 18)
    assert KOREA.add(date(2026, 12, 25), 0) == date(2026, 12, 25)


def test_a_meeting_is_planned_backwards_in_calendar_days_and_in_working_days() -> None:
    meeting = date(2025, 4, 9)

    assert [days_after(meeting, -n) for n in (33, 15, 14, 13)] == [
        date(2025, 3, 7),
        date(2025, 3, 25),
        date(2025, 3, 26),
        date(2025, 3, 27),
    ]
    assert [WEEKENDS_ONLY.add(meeting, -n) for n in (10, 5)] == [date(2025, 3, 26), date(2025, 4, 2)]


def test_the_first_working_day_of_a_week_moves_when_its_monday_is_a_holiday() -> None:
    assert KOREA.first_of_week(date(2026, 12, 18)) == date(2026, 12, 14)
    assert KOREA.first_of_week(date(2026, 10, 5)) == date(2026, 10, 6)


def test_a_week_may_be_closed_throughout() -> None:
    monday = date(2026, 8, 3)
    calendar = WorkingCalendar("KR", closed=frozenset(monday + timedelta(days=n) for n in range(5)))

    assert calendar.first_of_week(date(2026, 8, 6)) is None


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2101, 1, 1), date.min, date.max])
def test_a_date_outside_the_calendar_is_refused_with_the_range(day: date) -> None:
    for ask in (KOREA.is_working, KOREA.on_or_after, KOREA.first_of_week, lambda day: KOREA.add(day, 0)):
        with pytest.raises(ValueError, match="between 1900 and 2100"):
            ask(day)


def test_counting_stops_at_the_end_of_the_calendar() -> None:
    with pytest.raises(ValueError, match="between 1900 and 2100"):
        KOREA.add(date(2100, 12, 30), 10**9)
    with pytest.raises(ValueError, match="200 years"):
        days_after(date(2026, 1, 1), 10**12)


def test_an_unknown_country_and_a_week_without_work_are_refused() -> None:
    with pytest.raises(ValueError, match="Atlantis"):
        WorkingCalendar("Atlantis")
    with pytest.raises(ValueError, match="leaves no day to work"):
        WorkingCalendar(weekend=frozenset(range(7)))


@given(calendars(), days)
def test_the_nearest_working_days_enclose_any_day(calendar: WorkingCalendar, day: date) -> None:
    before, after = calendar.on_or_before(day), calendar.on_or_after(day)

    assert before <= day <= after
    assert calendar.is_working(before)
    assert calendar.is_working(after)


@given(calendars(), days, st.integers(1, 60))
def test_adding_working_days_passes_exactly_that_many(calendar: WorkingCalendar, day: date, n: int) -> None:
    end = calendar.add(day, n)

    passed = [day + timedelta(days=i) for i in range(1, (end - day).days + 1)]
    assert sum(calendar.is_working(each) for each in passed) == n
    assert calendar.is_working(end)


@given(calendars(), days, st.integers(1, 60))
def test_going_back_returns_to_the_working_day_one_started_from(
    calendar: WorkingCalendar, day: date, n: int
) -> None:
    start = calendar.on_or_before(day)

    assert calendar.add(calendar.add(start, n), -n) == start


@given(closures, closures, days, st.integers(1, 60))
def test_a_new_holiday_never_makes_a_later_day_earlier(
    closed: frozenset[date], more: frozenset[date], day: date, n: int
) -> None:
    old, new = WorkingCalendar("KR", closed), WorkingCalendar("KR", closed | more)

    assert new.add(day, n) >= old.add(day, n)
    assert new.on_or_after(day) >= old.on_or_after(day)
    assert new.on_or_before(day) <= old.on_or_before(day)


def test_summer_time_moves_the_instant_and_not_the_clock() -> None:
    assert moment(date(2026, 1, 5), time(8, 30), "Asia/Seoul") == datetime(2026, 1, 4, 23, 30, tzinfo=UTC)
    assert moment(date(2026, 1, 5), time(8, 30), "America/New_York") == datetime(
        2026, 1, 5, 13, 30, tzinfo=UTC
    )
    assert moment(date(2026, 7, 6), time(8, 30), "America/New_York") == datetime(
        2026, 7, 6, 12, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 3, 8), time(2, 30), "America/New_York", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        (date(2025, 10, 5), time(2, 15), "Australia/Lord_Howe", datetime(2025, 10, 4, 15, 30, tzinfo=UTC)),
        (date(2011, 12, 30), time(8, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_that_the_clock_leaps_over_is_the_first_instant_after(
    day: date, at: time, zone: str, expected: datetime
) -> None:
    assert moment(day, at, zone) == expected


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    assert moment(date(2026, 11, 1), time(1, 30), "America/New_York") == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


@given(days, st.times(), st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_in_every_zone_the_moment_is_the_first_at_which_the_clock_has_come_so_far(
    day: date, at: time, zone: str
) -> None:
    wanted = datetime.combine(day, at.replace(second=0, microsecond=0))

    instant = moment(day, at, zone)

    shown = [
        (instant + timedelta(seconds=n)).astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
        for n in (-1, 0)
    ]
    assert shown[0] < wanted <= shown[1]


@pytest.mark.parametrize("zone", ["", "Asia", "Mars/Base", "../etc/passwd", "/etc/passwd", "Asia/Seoul\0"])
def test_an_unknown_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        moment(date(2026, 1, 5), time(8, 30), zone)
