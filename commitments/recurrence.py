"""Months that come round again, without drifting away from the 31st. Pure: no clock, no database."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from commitments.working_days import ONE_DAY, require_in_range


def add_months(day: date, n: int, *, anchor_day: int | None = None) -> date:
    """The same day of the month `n` months on; the month's last day where it has no such day.

    `anchor_day` is the day of the month that a series began on: 28 February, reached from the 31st,
    goes on to 31 March.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    if not 1900 <= year <= 2100:
        raise ValueError(
            _("The year %(year)s is outside the calendar. Stay between 1900 and 2100.") % {"year": year}
        )
    return date(year, month + 1, min(anchor_day or day.day, monthrange(year, month + 1)[1]))


def occurrence(first_on: date, every_months: int, n: int) -> date:
    """The `n`th occurrence after the first, which is number 0."""
    return add_months(first_on, require_positive(every_months) * n)


def next_after(first_on: date, every_months: int, after: date) -> date:
    """The first occurrence later than `after`; the first of all, if that is still to come."""
    months = (after.year - first_on.year) * 12 + after.month - first_on.month
    n = max(0, months // require_positive(every_months))
    due_on = occurrence(first_on, every_months, n)
    return due_on if due_on > after else occurrence(first_on, every_months, n + 1)


def require_positive(every_months: int) -> int:
    if every_months < 1:
        raise ValueError(_("A series needs at least one month between its dates."))
    return every_months


class Counting(StrEnum):
    """The two readings of "annually", of which the officer's choice is stored."""

    CALENDAR_PERIOD = "calendar_period"  # one in each calendar year (half-year, quarter, month)
    SINCE_LAST = "since_last"  # at most twelve months after the last one


@dataclass(frozen=True)
class Cadence:
    every_months: int
    counting: Counting = Counting.CALENDAR_PERIOD

    def __post_init__(self) -> None:
        require_positive(self.every_months)

    def window_after(self, last_on: date) -> tuple[date, date]:
        """First and last day on which the occurrence that follows the one of `last_on` is due.

        Every five or eighteen months is no division of the calendar year: there the count always
        starts from the last occurrence.
        """
        if self.counting is Counting.SINCE_LAST or not self.divides_the_calendar:
            return require_in_range(last_on) + ONE_DAY, add_months(last_on, self.every_months)
        length = min(self.every_months, 12)
        start = last_on.replace(month=(last_on.month - 1) // length * length + 1, day=1)
        start = add_months(start, self.every_months)
        return start, add_months(start, length - 1, anchor_day=31)

    @property
    def divides_the_calendar(self) -> bool:
        return 12 % self.every_months == 0 or self.every_months % 12 == 0
