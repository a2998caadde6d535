"""Which days are worked, and when a wall clock shows a given hour. Pure: no clock, no database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext_lazy as _

EARLIEST_ON, LATEST_ON = date(1900, 1, 1), date(2100, 12, 31)
ONE_DAY = timedelta(days=1)

# The Japanese table keeps 31 December to 3 January apart, as days on which banks are closed. That
# 29 and 30 December are days off for ministries too is in no table: enter them as closed days.
CATEGORIES = {"JP": ("public", "bank"), "JPN": ("public", "bank")}


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

    def __post_init__(self) -> None:
        if self.weekend >= frozenset(range(7)):
            raise ValueError(_("A weekend of seven days leaves no day to work. Leave out at least one."))
        _public_holidays(self.country, 2000)

    def is_working(self, day: date) -> bool:
        if require_in_range(day) in self.open:
            return True
        return not (
            day.weekday() in self.weekend
            or day in self.closed
            or day in _public_holidays(self.country, day.year)
        )

    def on_or_after(self, day: date) -> date:
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def on_or_before(self, day: date) -> date:
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def add(self, day: date, n: int) -> date:
        """The `n`th working day after `day`; before it, if negative. 0 is `day`, worked or not."""
        step, settle = (ONE_DAY, self.on_or_after) if n > 0 else (-ONE_DAY, self.on_or_before)
        for _nth in range(abs(n)):
            day = settle(day + step)
        return require_in_range(day)

    def first_of_week(self, day: date) -> date | None:
        """The first working day from Monday to Sunday of the week of `day`; None if there is none."""
        monday = require_in_range(day) - day.weekday() * ONE_DAY
        week = (monday + i * ONE_DAY for i in range(7))
        return next(
            (each for each in week if EARLIEST_ON <= each <= LATEST_ON and self.is_working(each)), None
        )


@lru_cache(maxsize=4096)
def _public_holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    categories = CATEGORIES.get(country)
    try:
        # Not told a language, the library would follow the machine's own locale.
        return frozenset(
            holidays.country_holidays(country, years=year, categories=categories, language="en_US")
        )
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
