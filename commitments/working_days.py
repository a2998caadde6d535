"""Which days are worked, and when a wall clock shows a given hour. Pure: no clock, no database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext_lazy as _

EARLIEST_ON, LATEST_ON = date(1900, 1, 1), date(2100, 12, 31)
# Of what reminders are counted from: every step before and after it still lies within the calendar.
FIRST_DUE_ON, LAST_DUE_ON = date(1902, 1, 1), date(2098, 12, 31)
ONE_DAY = timedelta(days=1)

# The Japanese table keeps 31 December to 3 January apart, as days on which banks are closed. That
# 29 and 30 December are days off for ministries too is in no table: enter them as closed days.
# The American public holidays are those of the federal government (5 U.S.C. 6103); apart from them the table
# keeps the days on which the President closed the departments by order, some of them for half a day.
CATEGORIES = {
    "JP": ("public", "bank"),
    "JPN": ("public", "bank"),
    "US": ("public", "government"),
    "USA": ("public", "government"),
}
# How the library calls the languages of the register. Where it has no names in one of them it takes English.
LIBRARY_LANGUAGES = {"en": "en_US", "ko": "ko", "ja": "ja"}


class Why(StrEnum):
    """Why a day is worked or not."""

    WORKED = "worked"
    OPEN = "open"  # worked by exception
    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # of the country's table
    CLOSED = "closed"  # by exception


WORKED = (Why.WORKED, Why.OPEN)


class Passed(NamedTuple):
    """A day on the way to another, counted or skipped."""

    day: date
    why: Why
    nth: int  # working days until then, this one included


def require_in_range(day: date) -> date:
    if not EARLIEST_ON <= day <= LATEST_ON:
        raise ValueError(
            _("%(day)s is outside the calendar. Give a date between 1900 and 2100.")
            % {"day": day.isoformat()}
        )
    return day


def days_after(day: date, days: int) -> date:
    """The calendar day `days` later; negative is earlier. Never outside 1900 to 2100."""
    if abs(days) > (LATEST_ON - EARLIEST_ON).days:
        raise ValueError(_("%(days)s days is too long. Give at most 200 years.") % {"days": days})
    return require_in_range(require_in_range(day) + timedelta(days=days))


@dataclass(frozen=True)
class WorkingCalendar:
    """A country's public holidays, with the days that were decided at short notice.

    `country` is an ISO 3166 code of two or three letters, or empty for weekends only. A day that is
    both `closed` and `open` is worked. `weekend` counts from Monday, 0. The countries' tables begin
    about 1949 and end in 2099 or 2100; outside them only the weekends are known.
    """

    country: str = ""
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    # What the closed and open days are called; says nothing about which days are worked.
    names: Mapping[date, str] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[date, Why] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.weekend >= frozenset(range(7)):
            raise ValueError(_("A weekend of seven days leaves no day to work. Leave out at least one."))
        _public_holidays(self.country, 2000)

    def why(self, day: date) -> Why:
        """Planning asks about the same days over and over, so each is looked up once."""
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._look_up(day)
        return found

    def _look_up(self, day: date) -> Why:
        if require_in_range(day) in self.open:
            return Why.OPEN
        if day.weekday() in self.weekend:
            return Why.WEEKEND
        if day in self.closed:
            return Why.CLOSED
        return Why.HOLIDAY if day in _public_holidays(self.country, day.year) else Why.WORKED

    def is_working(self, day: date) -> bool:
        return self.why(day) in WORKED

    def name_of(self, day: date, language: str = "en") -> str:
        """What the exception or the public holiday is called; a day that nobody named has no name."""
        return self.names.get(day) or _named_holidays(self.country, day.year, language[:2]).get(day, "")

    def passing(self, day: date, n: int) -> Iterator[Passed]:
        """Every day on the way from `day` to its `n`th working day (backwards, if negative), that one last.

        All counting of working days goes this way, so that what is explained is what was counted."""
        step, nth = ONE_DAY if n > 0 else -ONE_DAY, 0
        while nth < abs(n):
            day += step
            why = self.why(day)
            nth += why in WORKED
            yield Passed(day, why, nth)

    def settling(self, day: date, *, backwards: bool = False) -> Iterator[Passed]:
        """`day` and those after it (or before it) until one is worked, that one last."""
        n = -1 if backwards else 1
        return self.passing(require_in_range(day) - n * ONE_DAY, n)

    def on_or_after(self, day: date) -> date:
        return end_of(self.settling(day), day)

    def on_or_before(self, day: date) -> date:
        return end_of(self.settling(day, backwards=True), day)

    def add(self, day: date, n: int) -> date:
        """The `n`th working day after `day`; before it, if negative. 0 is `day`, worked or not."""
        return end_of(self.passing(require_in_range(day), n), day)

    def first_of_week(self, day: date) -> date | None:
        """The first working day from Monday to Sunday of the week of `day`; None if there is none."""
        monday = require_in_range(day) - day.weekday() * ONE_DAY
        week = (monday + i * ONE_DAY for i in range(7))
        return next(
            (each for each in week if EARLIEST_ON <= each <= LATEST_ON and self.is_working(each)), None
        )


def end_of(way: Iterable[Passed], start: date) -> date:
    """Where a way leads; `start`, if it has no step."""
    for passed in way:
        start = passed.day
    return start


@lru_cache(maxsize=4096)
def _public_holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(_named_holidays(country, year, "en"))


@lru_cache(maxsize=4096)
def _named_holidays(country: str, year: int, language: str) -> dict[date, str]:
    if not country:
        return {}
    categories = CATEGORIES.get(country)
    # Not told a language, the library would follow the machine's own locale.
    spoken = LIBRARY_LANGUAGES.get(language, "en_US")
    try:
        return dict(holidays.country_holidays(country, years=year, categories=categories, language=spoken))
    except NotImplementedError:
        raise ValueError(
            _("“%(country)s” is no country with a table of holidays. Example: KR.") % {"country": country}
        ) from None


def moment(day: date, at: time, zone: str) -> datetime:
    """The instant, in UTC, at which a clock in `zone` shows `at` on `day`.

    An hour that the clock leaps over (summer time begins, or the date line moved) becomes the first
    instant after the leap; of an hour that it shows twice, the first. Seconds and below are dropped.
    """
    tz = _zone(zone)
    wall = datetime.combine(require_in_range(day), at.replace(second=0, microsecond=0, tzinfo=None, fold=0))
    first, second = (wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    if _shown(first, tz) == wall:
        return first
    before, after = second, first  # in a gap the two offsets cross over, and the leap lies between
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _shown(middle, tz) < wall else (before, middle)
    return after


def _shown(instant: datetime, tz: ZoneInfo) -> datetime:
    return instant.astimezone(tz).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(_("“%(zone)s” is no time zone. Example: Asia/Seoul.") % {"zone": name}) from None
