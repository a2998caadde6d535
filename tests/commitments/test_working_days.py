import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

import holidays
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from commitments.models import Calendar, Holiday
from commitments.working_days import EARLIEST_ON, LATEST_ON, WORKED, Why, WorkingCalendar, days_after, moment
from tests.factories import make_calendar

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
        ("US", date(2025, 1, 9)),  # the departments were closed by order of the President
        ("JP", date(2026, 1, 2)),  # banks and ministries are closed
        ("JPN", date(2026, 12, 31)),
        ("JP", date(2026, 9, 22)),  # between two holidays
    ],
)
def test_public_holidays_are_not_worked(country: str, day: date) -> None:
    assert not WorkingCalendar(country).is_working(day)


def test_the_american_table_has_the_eleven_holidays_of_the_federal_government() -> None:
    """5 U.S.C. 6103: no day of a state, such as Patriots' Day or Cesar Chavez Day, is among them."""
    working = WorkingCalendar("US")
    weekdays = (date(2027, 1, 1) + timedelta(days=n) for n in range(365))

    off = [day for day in weekdays if day.weekday() < 5 and not working.is_working(day)]

    assert [(day.month, day.day) for day in off] == [
        *[(1, 1), (1, 18), (2, 15), (5, 31), (6, 18), (7, 5)],
        *[(9, 6), (10, 11), (11, 11), (11, 25), (12, 24), (12, 31)],  # the last is New Year's Day of 2028
    ]


@pytest.mark.filterwarnings("ignore:Requested Holidays are available only")  # India before 2001
def test_any_country_has_a_calendar() -> None:
    for country in holidays.list_supported_countries(include_aliases=False):
        assert WorkingCalendar(country).on_or_after(date(2026, 1, 1)) <= date(2026, 1, 20), country


@pytest.mark.parametrize(
    ("country", "day", "language", "name"),
    [
        ("KR", date(2026, 12, 25), "en", "Christmas Day"),
        ("KR", date(2026, 12, 25), "ko", "기독탄신일"),
        ("KR", date(2026, 12, 25), "ja", "Christmas Day"),  # the library has no Japanese for Korea
        ("JP", date(2026, 9, 22), "ja", "国民の休日"),
        ("JP", date(2026, 9, 22), "ja-jp", "国民の休日"),
        ("US", date(2026, 7, 3), "ko", "Independence Day (observed)"),
        ("US", date(2026, 7, 8), "en", ""),
    ],
)
def test_a_holiday_is_called_by_its_name_in_the_reader_s_language_where_the_library_has_it(
    country: str, day: date, language: str, name: str
) -> None:
    assert WorkingCalendar(country).name_of(day, language) == name


def test_each_day_passed_says_why_it_was_counted_or_skipped() -> None:
    calendar = WorkingCalendar(
        "KR",
        closed=frozenset({date(2026, 12, 28)}),
        open=frozenset({date(2026, 12, 26)}),
        names={date(2026, 12, 28): "Moving house", date(2026, 12, 26): "Working Saturday"},
    )

    passed = list(calendar.passing(date(2026, 12, 23), 3))

    assert [(day.day, why, nth, calendar.name_of(day)) for day, why, nth in passed] == [
        (24, Why.WORKED, 1, ""),
        (25, Why.HOLIDAY, 1, "Christmas Day"),
        (26, Why.OPEN, 2, "Working Saturday"),
        (27, Why.WEEKEND, 2, ""),
        (28, Why.CLOSED, 2, "Moving house"),
        (29, Why.WORKED, 3, ""),
    ]


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


@given(calendars(), days, st.integers(-60, 60))
def test_what_is_explained_is_what_was_counted(calendar: WorkingCalendar, day: date, n: int) -> None:
    passed = list(calendar.passing(day, n))

    assert [one.day for one in passed][-1:] == ([calendar.add(day, n)] if n else [])
    assert all((one.why in WORKED) == calendar.is_working(one.day) for one in passed)
    assert sum(one.why in WORKED for one in passed) == abs(n)
    assert all(abs((later.day - one.day).days) == 1 for one, later in pairwise(passed))


@given(closures, closures, days, st.integers(1, 60))
def test_a_new_holiday_never_makes_a_later_day_earlier(
    closed: frozenset[date], more: frozenset[date], day: date, n: int
) -> None:
    old, new = WorkingCalendar("KR", closed), WorkingCalendar("KR", closed | more)

    assert new.add(day, n) >= old.add(day, n)
    assert new.on_or_after(day) >= old.on_or_after(day)
    assert new.on_or_before(day) <= old.on_or_before(day)
    assert new.add(day, -n) <= old.add(day, -n)


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


# -- one moment a day, whatever the clocks of a country did


@cache
def distinct_zones() -> list[str]:
    """Of names for the same clock, one: a third of them are aliases."""
    files = resources.files("tzdata") / "zoneinfo"
    by_content = {}
    for name in sorted(zoneinfo.available_timezones()):
        found = files.joinpath(*name.split("/"))
        by_content.setdefault(found.read_bytes() if found.is_file() else name.encode(), name)
    return sorted(by_content.values())


def days_of_change(zone: str, first: int = 1987, last: int = 2040) -> Iterator[date]:
    """The days around which the offset changed, found by halving each fortnight."""
    tz = zoneinfo.ZoneInfo(zone)

    def offset(day: date) -> timedelta | None:
        return datetime(day.year, day.month, day.day, 12, tzinfo=tz).utcoffset()

    before = date(first, 1, 1)
    while before.year < last:
        after = before + timedelta(days=14)
        if offset(before) != offset(after):
            low, high = before, after
            while (high - low).days > 1:
                middle = low + (high - low) // 2
                low, high = (low, middle) if offset(middle) != offset(low) else (middle, high)
            yield high
        before = after


def test_there_is_one_moment_a_local_day_in_order_around_every_change_of_every_clock() -> None:
    """Gaps, folds and leaps over the date line of half a century, at the hours that people may choose."""
    for zone in distinct_zones():
        tz = zoneinfo.ZoneInfo(zone)
        for changed_on in days_of_change(zone):
            days_around = [changed_on + timedelta(days=n) for n in (-1, 0, 1, 2)]
            for at in (time(5), time(8, 30), time(20)):
                moments = [moment(day, at, zone) for day in days_around]
                assert moments == sorted(set(moments)), (zone, changed_on, at)
                shown = [each.astimezone(tz) for each in moments]
                late = [now.date() - day for now, day in zip(shown, days_around, strict=True)]
                assert all(timedelta(0) <= each <= timedelta(days=1) for each in late), (zone, changed_on)


@given(
    st.dates(EARLIEST_ON, LATEST_ON - timedelta(days=1)),
    st.times(),
    st.times(),
    st.sampled_from(sorted(zoneinfo.available_timezones())),
)
def test_a_later_hour_or_day_is_never_an_earlier_moment(day: date, one: time, other: time, zone: str) -> None:
    earlier, later = sorted([one, other])

    tomorrow = day + timedelta(days=1)
    assert moment(day, earlier, zone) <= moment(day, later, zone) <= moment(tomorrow, earlier, zone)


def test_samoa_leapt_over_the_date_line_and_nobody_lost_or_doubled_a_day() -> None:
    """There was no 30 December 2011: what was to come then comes in the first instant of the 31st."""
    moments = [moment(date(2011, 12, day), time(8, 30), "Pacific/Apia") for day in (29, 30, 31)]

    assert moments == [
        datetime(2011, 12, 29, 18, 30, tzinfo=UTC),
        datetime(2011, 12, 30, 10, 0, tzinfo=UTC),
        datetime(2011, 12, 30, 18, 30, tzinfo=UTC),
    ]


def test_seoul_had_summer_time_in_1988_and_half_past_eight_stayed_half_past_eight() -> None:
    summer, winter = (moment(date(1988, month, 12), time(8, 30), "Asia/Seoul") for month in (7, 12))

    assert (summer.hour, summer.minute, winter.hour, winter.minute) == (22, 30, 23, 30)


# -- the calendar of one ministry


@pytest.fixture
def korea(db: None) -> Calendar:
    return make_calendar("KR")


@pytest.fixture
def ministry(korea: Calendar) -> Calendar:
    return make_calendar("MOTIE", parent=korea, country="", zone="Asia/Seoul")


def test_a_closure_of_one_ministry_is_a_day_off_there_and_nowhere_else(
    korea: Calendar, ministry: Calendar
) -> None:
    closed = date(2026, 12, 28)
    Holiday.objects.create(calendar=ministry, day=closed, name="Moving house")

    assert ministry.working_days().why(closed) == Why.CLOSED
    assert korea.working_days().is_working(closed)


def test_a_ministry_follows_the_table_and_the_exceptional_days_of_its_country(
    korea: Calendar, ministry: Calendar
) -> None:
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 28), name="Temporary holiday")

    days_there = ministry.working_days()

    assert days_there.why(date(2026, 12, 25)) == Why.HOLIDAY
    assert days_there.why(date(2026, 12, 28)) == Why.CLOSED
    assert days_there.name_of(date(2026, 12, 28)) == "Temporary holiday"


def test_of_two_words_about_a_day_the_ministry_s_own_counts(korea: Calendar, ministry: Calendar) -> None:
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 28), name="Temporary holiday")
    Holiday.objects.create(calendar=ministry, day=date(2026, 12, 28), name="Budget", working=True)

    assert ministry.working_days().why(date(2026, 12, 28)) == Why.OPEN


def test_a_calendar_that_follows_none_is_read_in_one_query(
    korea: Calendar, django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    with django_assert_num_queries(1):
        korea.working_days()


def test_a_calendar_cannot_follow_itself(korea: Calendar, ministry: Calendar) -> None:
    korea.parent = ministry

    with pytest.raises(ValidationError, match="above itself"):
        korea.full_clean()
