"""Days as spreadsheets of three countries write them. Pure; what may be read in two ways is not read."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

WEEKDAY = r"(?:\s*\([월화수목금토일月火水木金土日]\))?"
NUMBERS = re.compile(
    rf"(\d{{4}})\s*[-./年년]\s*(\d{{1,2}})\s*[-./月월]\s*(\d{{1,2}})\s*[.日일]?{WEEKDAY}(?:[T ]\d{{1,2}}:\d{{2}}.*)?",
    re.ASCII,
)
# The first year of each era that a register of our time may meet.
ERAS = {"令和": 2019, "R": 2019, "平成": 1989, "H": 1989, "昭和": 1926, "S": 1926}
ERA = re.compile(
    rf"(令和|平成|昭和|[RHS])\s*(元|\d{{1,2}})\s*[-./年]\s*(\d{{1,2}})\s*[-./月]\s*(\d{{1,2}})\s*[.日]?{WEEKDAY}"
)
MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
DAY_FIRST = re.compile(r"(\d{1,2})\.? ([A-Za-z]{3,9})\.?,? (\d{4})", re.ASCII)
MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII)
EIGHT_DIGITS = re.compile(r"(19|20)\d{6}", re.ASCII)
SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
# Excel counts days since then, and believes that 1900 was a leap year; old Macintosh books begin in 1904.
SINCE_1900, SINCE_1904 = date(1899, 12, 30), date(1904, 1, 1)


def day_written(cell: str, *, since: date = SINCE_1900) -> date | None:
    """2026.12.14. · 2026년 12월 14일(월) · 令和8年12月14日 · 14 Dec 2026 · 20261214 · Excel's number of the day."""
    said = unicodedata.normalize("NFKC", cell).strip()
    try:
        return _of_parts(said) or _of_digits(said, since)
    except (ValueError, OverflowError):
        return None


def _of_parts(said: str) -> date | None:
    if found := NUMBERS.fullmatch(said):
        return date(*(int(part) for part in found.groups()))
    if found := ERA.fullmatch(said):
        year = ERAS[found[1]] + (1 if found[2] == "元" else int(found[2])) - 1
        return date(year, int(found[3]), int(found[4]))
    if found := DAY_FIRST.fullmatch(said):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    if found := MONTH_FIRST.fullmatch(said):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    return None


def _month(name: str) -> int:
    return MONTHS.get(name[:3].lower(), 0)


def _of_digits(said: str, since: date) -> date | None:
    if EIGHT_DIGITS.fullmatch(said):
        return date(int(said[:4]), int(said[4:6]), int(said[6:]))
    if SERIAL.fullmatch(said):
        return since + timedelta(days=int(float(said)))
    return None
