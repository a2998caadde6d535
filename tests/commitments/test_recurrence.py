from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.recurrence import Cadence, Counting, add_months, next_after, occurrence

days = st.dates(date(1950, 1, 1), date(2050, 12, 31))
cadences = st.integers(1, 60)


def test_a_monthly_series_from_the_31st_does_not_drift() -> None:
    series = [occurrence(date(2027, 1, 31), 1, n) for n in range(5)]

    assert series == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
        date(2027, 5, 31),
    ]


def test_a_leap_year_keeps_29_february() -> None:
    assert occurrence(date(2028, 1, 31), 1, 1) == date(2028, 2, 29)
    assert [occurrence(date(2024, 2, 29), 12, n) for n in (1, 4)] == [date(2025, 2, 28), date(2028, 2, 29)]


def test_the_anchor_day_brings_a_shortened_date_back() -> None:
    assert add_months(date(2027, 2, 28), 1) == date(2027, 3, 28)
    assert add_months(date(2027, 2, 28), 1, anchor_day=31) == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (date(2027, 1, 30), date(2027, 1, 31)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2027, 3, 31)),
        (date(2027, 3, 30), date(2027, 3, 31)),
        (date(2020, 1, 1), date(2027, 1, 31)),
    ],
)
def test_the_next_date_is_later_than_the_day_asked_about(after: date, expected: date) -> None:
    assert next_after(date(2027, 1, 31), 1, after) == expected


@given(days, cadences, days)
def test_the_next_date_is_the_first_of_the_series_after_the_day(first: date, every: int, after: date) -> None:
    n = next(n for n in range(2000) if occurrence(first, every, n) > after)

    assert next_after(first, every, after) == occurrence(first, every, n)


@given(days, st.integers(-240, 240))
def test_adding_months_keeps_the_day_or_ends_with_the_month(day: date, n: int) -> None:
    moved = add_months(day, n)

    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    assert (moved.year - day.year) * 12 + moved.month - day.month == n


def test_annually_is_read_in_two_ways() -> None:
    first_meeting = date(2024, 6, 26)

    assert Cadence(12).window_after(first_meeting) == (date(2025, 1, 1), date(2025, 12, 31))
    assert Cadence(12, Counting.SINCE_LAST).window_after(first_meeting) == (
        date(2024, 6, 27),
        date(2025, 6, 26),
    )


@pytest.mark.parametrize(
    ("every_months", "last_on", "window"),
    [
        (6, date(2025, 2, 10), (date(2025, 7, 1), date(2025, 12, 31))),
        (3, date(2025, 12, 31), (date(2026, 1, 1), date(2026, 3, 31))),
        (1, date(2028, 1, 31), (date(2028, 2, 1), date(2028, 2, 29))),
        (24, date(2024, 6, 26), (date(2026, 1, 1), date(2026, 12, 31))),
        (18, date(2024, 8, 31), (date(2024, 9, 1), date(2026, 2, 28))),
    ],
)
def test_the_window_of_the_next_occurrence(
    every_months: int, last_on: date, window: tuple[date, date]
) -> None:
    assert Cadence(every_months).window_after(last_on) == window


@given(days, cadences, st.sampled_from(Counting))
def test_a_window_lies_after_the_last_occurrence_and_never_ends_before_it_starts(
    last_on: date, every: int, counting: Counting
) -> None:
    start, end = Cadence(every, counting).window_after(last_on)

    assert last_on < start <= end


@pytest.mark.parametrize("every_months", [0, -12])
def test_a_series_without_an_interval_is_refused(every_months: int) -> None:
    with pytest.raises(ValueError, match="at least one month"):
        Cadence(every_months)


def test_a_year_outside_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="between 1900 and 2100"):
        add_months(date(2099, 1, 1), 24)
