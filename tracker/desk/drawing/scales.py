"""Where a value stands within a frame, and which values are written beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import ceil

from commitments.working_days import ONE_DAY

WHOLE = 100.0  # per cent


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`, drawn from `start` to `end`. What lies outside is drawn on the edge."""

    low: float
    high: float
    start: float = 0.0
    end: float = WHOLE

    def at(self, value: float) -> float:
        if self.high <= self.low:
            return self.start
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def whole_steps(highest: int, most: int = 4) -> list[int]:
    """Round numbers from 0 to `highest` or just above it: 0, 5, 10, 15 for 13; at most so many steps."""
    wanted = max(1, ceil(highest / most))
    power = 1
    while power * 10 < wanted:
        power *= 10
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= wanted)
    return [n * step for n in range(max(1, ceil(highest / step)) + 1)]


@dataclass(frozen=True)
class Tick:
    at: float
    day: date
    months: int  # until the next one: how exactly it is to be written


# Months between the marks of an axis of days, the finest first.
RHYTHMS = (1, 3, 6, 12, 24, 60, 120, 600)


@dataclass(frozen=True)
class DateScale:
    """From one day to another, both included; a day stands in the middle of its own room."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def at(self, day: date) -> float:
        return Scale(0, self.days).at((day - self.first).days + 0.5)

    def ticks(self, most: int = 10) -> list[Tick]:
        """First days of months, quarters, half-years or years, whichever are few enough."""
        for months in RHYTHMS:
            found = list(self._firsts(months, most))
            if len(found) <= most:
                break
        return [Tick(self.at(day), day, months) for day in found]

    def _firsts(self, months: int, most: int) -> Iterator[date]:
        """Stops when there are too many: a long time is not counted month by month."""
        number, count = _month_number(self.first), 0
        number += -number % months
        while count <= most and (day := _first_of(number)) is not None and day <= self.last:
            if day >= self.first:
                yield day
                count += 1
            number += months


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of(number: int) -> date | None:
    year, month = divmod(number, 12)
    return date(year, month + 1, 1) if 1 <= year <= 9999 else None


def around(days: list[date], *, today: date, least: int = 180) -> DateScale:
    """A scale that shows all of `days` and today, with some air on both sides and never a very short time."""
    first, last = min([*days, today]), max([*days, today])
    air = max((last - first).days // 30, 14, (least - (last - first).days) // 2)
    return DateScale(_shifted(first, -air), _shifted(last, air))


def _shifted(day: date, days: int) -> date:
    """Within the years that a date can have."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), (date.max - ONE_DAY).toordinal()))
