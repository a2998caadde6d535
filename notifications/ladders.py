"""Who is told how long before and after a date. Pure: no clock, no database.

Two days must not be confused. `remind_on` is the day on which a step is *reached*: it decides what
is planned. `send_slot` is the day on which the person is *told*: for most steps that of the next
weekly digest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from commitments.working_days import WorkingCalendar, days_after

DIGEST_HOUR = time(8, 30)  # on the recipient's wall clock
ONE_WEEK = timedelta(weeks=1)


class Unit(StrEnum):
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"


class Audience(StrEnum):
    OWNER = "owner"
    DESK = "desk"


@dataclass(frozen=True)
class Step:
    """`offset` counts from the due date, negative before it. `code` is stored with each reminder."""

    code: str
    offset: int
    unit: Unit = Unit.CALENDAR_DAYS
    audience: Audience = Audience.OWNER
    breaks_out: bool = False  # told on its own day, without waiting for the weekly digest

    def day_of(self, due_on: date, calendar: WorkingCalendar) -> date:
        """The working day on which it is reached: a day off moves it away from the due date."""
        if self.unit is Unit.WORKING_DAYS:
            return calendar.add(due_on, self.offset)
        day = days_after(due_on, self.offset)
        return calendar.on_or_before(day) if self.offset < 0 else calendar.on_or_after(day)

    def furthest_due_on(self, *, today: date, calendar: WorkingCalendar) -> date:
        """No due date after this one has reached the step."""
        if self.offset >= 0:
            return today
        if self.unit is Unit.WORKING_DAYS:
            return calendar.add(today, -self.offset)
        return days_after(calendar.add(today, 1), -self.offset - 1)


class DueDayRow(NamedTuple):
    """Follow-ups due on `due_on` have reached a step: the planner joins them to this row by equality."""

    due_on: date
    step: str
    remind_on: date
    newest: bool  # of its audience: the desk's task does not overtake what the owner is told
    audience: Audience
    breaks_out: bool


@dataclass(frozen=True)
class Ladder:
    """Steps in the order in which they are reached."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        codes = [step.code for step in self.steps]
        if len(codes) != len(set(codes)):
            raise ValueError(f"A ladder names each step once. These are not different: {', '.join(codes)}.")

    def reached(self, due_on: date, *, today: date, calendar: WorkingCalendar) -> list[tuple[Step, date]]:
        """The steps whose day has come, each with that day, earliest first."""
        days = ((step, step.day_of(due_on, calendar)) for step in self.steps)
        return [(step, day) for step, day in days if day <= today]

    def furthest_due_on(self, *, today: date, calendar: WorkingCalendar) -> date:
        """No due date after this one has reached any step; there is no such limit into the past."""
        furthest = (step.furthest_due_on(today=today, calendar=calendar) for step in self.steps)
        return max(furthest, default=today)


DATED = Ladder(
    (
        Step("before-30", -30),
        Step("before-7", -7),
        Step("before-1", -1, breaks_out=True),
        Step("after-1", 1, breaks_out=True),
        Step("desk-5", 5, Unit.WORKING_DAYS, Audience.DESK),
    )
)
REVIEW = Ladder(
    (
        Step("before-14", -14),
        Step("after-3", 3, Unit.WORKING_DAYS),
        Step("desk-8", 8, Unit.WORKING_DAYS, Audience.DESK),
    )
)
LADDERS = {
    "deadline": DATED,
    "occurrence": DATED,
    "milestone": DATED,
    "input": DATED,
    "clearance": DATED,
    "meeting_review": REVIEW,
    "cycle_review": REVIEW,
}


def ladder_for(kind: str) -> Ladder:
    """The default ladder of a kind of follow-up."""
    return LADDERS[kind]


def due_days(
    ladder: Ladder, calendar: WorkingCalendar, *, due_dates: Iterable[date], today: date
) -> Iterator[DueDayRow]:
    """Every step that these due dates have reached, per due date earliest first.

    The caller passes the distinct dates of its open follow-ups up to `ladder.furthest_due_on`. So one
    that is years overdue still has its newest step, and no date is worked out that nobody has.
    """
    for due_on in sorted(set(due_dates)):
        reached = ladder.reached(due_on, today=today, calendar=calendar)
        newest = {step.audience: step for step, _day in reached}
        for step, day in reached:
            yield DueDayRow(
                due_on, step.code, day, newest[step.audience] is step, step.audience, step.breaks_out
            )


def send_slot(remind_on: date, *, breaks_out: bool, calendar: WorkingCalendar) -> date:
    """The recipient's local day on which to tell them: never before `remind_on`, never on a day off.

    A slot in the past means at once, late. A date entered or moved after a step's day is not late:
    pass the day on which it became known, if that is later.
    """
    if breaks_out:
        return calendar.on_or_after(remind_on)
    week = remind_on
    while (first := calendar.first_of_week(week)) is None or first < remind_on:
        week += ONE_WEEK
    return first


def told_days(
    ladder: Ladder, due_on: date, *, known_on: date, calendar: WorkingCalendar
) -> list[tuple[Step, date]]:
    """The steps that will be told, with the recipient's day, in order; `known_on`: since when this date stands.

    A step is left out where the next one of its audience is reached before it would be told."""
    found = []
    for audience in Audience:
        steps = [(s, s.day_of(due_on, calendar)) for s in ladder.steps if s.audience is audience]
        for (step, day), following in zip(steps, [*steps[1:], None], strict=True):
            reached = max(day, known_on)
            wait = audience is Audience.OWNER
            told_on = send_slot(reached, breaks_out=step.breaks_out, calendar=calendar) if wait else reached
            if following is None or following[1] > told_on:
                found.append((step, told_on))
    return sorted(found, key=lambda row: row[1])
