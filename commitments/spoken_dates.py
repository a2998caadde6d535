"""Dates as each language writes them, with the day of the week. Pure: the same on every machine and locale."""

from datetime import date

DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ko": ("월", "화", "수", "목", "금", "토", "일"),
    "ja": ("月", "火", "水", "木", "金", "土", "日"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

FULL_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _supported(language: str) -> str:
    return language[:2] if language[:2] in DAYS else "en"


def long_date(day: date, language: str) -> str:
    """Mon 14 Dec 2026 · 2026년 12월 14일(월) · 2026年12月14日(月)."""
    code = _supported(language)
    weekday = DAYS[code][day.weekday()]
    if code == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일({weekday})"
    if code == "ja":
        return f"{day.year}年{day.month}月{day.day}日({weekday})"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]} {day.year}"


def official_date(day: date, language: str) -> str:
    """As letters of offices write it: 2026.12.14.(월), and in the other languages as above."""
    return (
        f"{day.year}.{short_date(day, language)}"
        if _supported(language) == "ko"
        else long_date(day, language)
    )


def past_date(day: date, language: str, *, today: date) -> str:
    """What is over needs no day of the week, and a year only if it was another: 12 Jun 2025 · 6.12. · 6月12日."""
    code, is_this_year = _supported(language), day.year == today.year
    if code == "ko":
        return f"{day.month}.{day.day}." if is_this_year else f"{day.year}.{day.month}.{day.day}."
    if code == "ja":
        return f"{day.month}月{day.day}日" if is_this_year else f"{day.year}年{day.month}月{day.day}日"
    said = f"{day.day} {MONTHS[day.month - 1]}"
    return said if is_this_year else f"{said} {day.year}"


def short_date(day: date, language: str) -> str:
    """For subjects and running text, where the year is plain: Mon 14 Dec · 12.14.(월) · 12月14日(月)."""
    code = _supported(language)
    weekday = DAYS[code][day.weekday()]
    if code == "ko":
        return f"{day.month}.{day.day}.({weekday})"
    if code == "ja":
        return f"{day.month}月{day.day}日({weekday})"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]}"


def month_of(day: date, language: str) -> str:
    """The month with its year: December 2026 · 2026년 12월 · 2026年12月."""
    code = _supported(language)
    if code == "en":
        return f"{FULL_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}년 {day.month}월" if code == "ko" else f"{day.year}年{day.month}月"


def month_alone(day: date, language: str) -> str:
    """Where the year is plain: Dec · 12월 · 12月."""
    code = _supported(language)
    return MONTHS[day.month - 1] if code == "en" else f"{day.month}{'월' if code == 'ko' else '月'}"


def year_of(day: date, language: str) -> str:
    """2026 · 2026년 · 2026年."""
    return str(day.year) + {"ko": "년", "ja": "年"}.get(_supported(language), "")
