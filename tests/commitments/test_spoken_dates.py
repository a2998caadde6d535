from datetime import date

import pytest

from commitments.spoken_dates import long_date, short_date

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
