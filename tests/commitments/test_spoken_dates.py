from datetime import date

import pytest

from commitments.spoken_dates import (
    long_date,
    month_alone,
    month_of,
    official_date,
    past_date,
    short_date,
    year_of,
)

MONDAY = date(2026, 12, 14)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Mon 14 Dec 2026"),
        ("ko", "2026년 12월 14일(월)"),
        ("ja", "2026年12月14日(月)"),
        ("ko-kr", "2026년 12월 14일(월)"),
        ("fr", "Mon 14 Dec 2026"),
    ],
)
def test_a_date_is_written_as_its_language_does(language: str, written: str) -> None:
    assert long_date(MONDAY, language) == written


@pytest.mark.parametrize(
    ("language", "written"), [("en", "Mon 14 Dec"), ("ko", "12.14.(월)"), ("ja", "12月14日(月)")]
)
def test_a_short_date_leaves_the_year_out(language: str, written: str) -> None:
    assert short_date(MONDAY, language) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "Mon 14 Dec 2026"), ("ko", "2026.12.14.(월)"), ("ja", "2026年12月14日(月)")],
)
def test_an_official_date_is_written_as_in_a_letter(language: str, written: str) -> None:
    assert official_date(MONDAY, language) == written


@pytest.mark.parametrize(
    ("language", "this_year", "a_year_later"),
    [
        ("en", "14 Dec", "14 Dec 2026"),
        ("ko", "12.14.", "2026.12.14."),
        ("ja", "12月14日", "2026年12月14日"),
    ],
)
def test_a_past_date_has_a_year_if_it_was_another(language: str, this_year: str, a_year_later: str) -> None:
    assert past_date(MONDAY, language, today=date(2026, 12, 31)) == this_year
    assert past_date(MONDAY, language, today=date(2027, 1, 1)) == a_year_later


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("December 2026", "Dec", "2026")),
        ("ko", ("2026년 12월", "12월", "2026년")),
        ("ja", ("2026年12月", "12月", "2026年")),
        ("fr", ("December 2026", "Dec", "2026")),
    ],
)
def test_a_month_and_a_year_are_written_as_in_each_language(
    language: str, written: tuple[str, str, str]
) -> None:
    said = month_of(MONDAY, language), month_alone(MONDAY, language), year_of(MONDAY, language)

    assert said == written
