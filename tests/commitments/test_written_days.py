"""Days as spreadsheets write them."""

from datetime import date

import pytest

from commitments.importing.written_days import SINCE_1904, day_written

DAY = date(2026, 12, 14)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-12-14",
        "2026.12.14.",
        "2026. 12. 14.(월)",
        "2026/12/14",
        "2026년 12월 14일",
        "2026년 12월 14일(월)",
        "2026年12月14日",
        "２０２６年１２月１４日（月）",
        "令和8年12月14日",
        "R8.12.14",
        "2026-12-14 00:00:00",
        "14 Dec 2026",
        "14. December 2026",
        "Dec 14, 2026",
        "20261214",
        "46370",
        "46370.5",
    ],
)
def test_a_day_is_understood(cell: str) -> None:
    assert day_written(cell) == DAY


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("昭和64年1月7日", date(1989, 1, 7)),
    ],
)
def test_the_eras_of_japan_are_counted_from_their_first_year(cell: str, day: date) -> None:
    assert day_written(cell) == day


@pytest.mark.parametrize(
    "cell", ["", "12/14/2026", "26.12.14", "2026-13-40", "14 Foo 2026", "soon", "9" * 400, "2026"]
)
def test_what_may_be_read_in_two_ways_is_not_read(cell: str) -> None:
    assert day_written(cell) is None


def test_a_book_that_begins_in_1904_counts_from_there() -> None:
    assert day_written("44908", since=SINCE_1904) == DAY
