"""What has to arrive, worked out by this module's own small calendar and ladder: it imports nothing of the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
HOLIDAYS = {date(2026, 12, 25), date(2027, 1, 1)}
DAY = timedelta(days=1)
# The default ladder: days from the date, and whether it waits for the first working day of the week.
OWNER_STEPS = [(-30, True), (-7, True), (-1, False), (1, False)]
# The moments at which the faults strike: a Monday with its weekly message, the Thursday after it.
WAVES = [datetime.combine(day, time(9), SEOUL) for day in (date(2026, 12, 14), date(2026, 12, 17))]


def is_worked(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def moved(day: date, step: timedelta) -> date:
    while not is_worked(day):
        day += step
    return day


@dataclass(frozen=True)
class Item:
    reference: str
    address: str
    due_on: date

    def told_on(self, day: date) -> date | None:
        """The day on which its newest step of `day` is told, if that has come."""
        reached = [
            (moved(self.due_on + n * DAY, -DAY if n < 0 else DAY), weekly) for n, weekly in OWNER_STEPS
        ]
        come = [(on, weekly) for on, weekly in reached if on <= day]
        if not come:
            return None
        on, weekly = come[-1]
        while weekly and on != moved(on - on.weekday() * DAY, DAY):
            on = moved(on + DAY, DAY)
        return on if on <= day else None

    def is_late_on(self, day: date) -> bool:
        """Told on `day`, but it should have been on an earlier one."""
        on = self.told_on(day)
        return on is not None and on < day

    def step_on(self, day: date) -> int:
        """Which of its steps is the newest on `day`; −1: none yet."""
        days = [moved(self.due_on + n * DAY, -DAY if n < 0 else DAY) for n, _weekly in OWNER_STEPS]
        return sum(on <= day for on in days) - 1


def items(people: int, *, first: int = 1, seed: int = 1) -> Iterator[Item]:
    """One to three items a person, some due soon, some overdue, some far off; the same for the same seed."""
    random, numbers = Random(seed), count(first)
    for person in range(people):
        for _n in range(random.choice([1, 1, 1, 2, 3])):
            due_on = (
                date(2026, 12, 18)
                if random.random() < 0.4
                else date(2026, 12, 1) + random.randrange(90) * DAY
            )
            yield Item(f"F-2026-{next(numbers):05d}", f"lead{person}@ministry.example", due_on)


def expected(known: Iterable[Item], wave: int, *, after_outage: bool = False) -> dict[str, set[str]]:
    """Per address the references that its one message of this wave names; what an earlier wave told is not repeated.

    `after_outage`: nothing ran in the earlier waves."""
    day = WAVES[wave].date()
    told: dict[str, set[str]] = {}
    for item in known:
        if item.told_on(day) is None:
            continue
        ran = [] if after_outage else WAVES[:wave]
        earlier = [w.date() for w in ran if item.told_on(w.date()) is not None]
        if not any(item.step_on(before) == item.step_on(day) for before in earlier):
            told.setdefault(item.address, set()).add(item.reference)
    return told
