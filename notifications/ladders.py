"""Who is told how long before and after a date. Pure: no clock, no database.

Two days must not be confused. `remind_on` is the day on which a step is *reached*: it decides what
is planned. `send_slot` is the day on which the person is *told*: for most steps that of the next
weekly digest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from math import floor
from typing import NamedTuple

from commitments.working_days import ONE_DAY, Passed, WorkingCalendar, days_after, end_of, require_in_range

DIGEST_HOUR = time(8, 30)  # on the recipient's wall clock, unless they prefer another
ONE_WEEK = timedelta(weeks=1)
MOST_REPEATS = 12
FIRST_ORDINAL = 3_000  # no step lies so many half days before its date


class Unit(StrEnum):
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"


class Audience(StrEnum):
    """For whom a step is; those named like a role go to the posts that have it (audiences.py)."""

    OWNER = "owner"
    DESK = "desk"
    SUPERIOR = "superior"
    WORKING_GROUP_LEAD = "working_group_lead"
    SUPPORTING = "supporting"
    COUNTERPART = "counterpart"
    POST = "post"


# Who hears only after whoever is below them had one chance to answer.
ABOVE = frozenset({Audience.SUPERIOR, Audience.WORKING_GROUP_LEAD, Audience.COUNTERPART, Audience.POST})

AGAIN = "again"  # begins the code of a step that no ladder has: what was given back (asking_again.py)
DESK_PATIENCE = 3  # working days after an owner was told, before their silence is a task for the desk


class Family(StrEnum):
    """Dates that share a ladder: those that were laid down, and those on which we look."""

    DATED = "dated"
    REVIEW = "review"


REVIEW_KINDS = ("meeting_review", "cycle_review")


def family_of(kind: str) -> Family:
    return Family.REVIEW if kind in REVIEW_KINDS else Family.DATED


@dataclass(frozen=True)
class Step:
    """`offset` counts from the due date, negative before it; the nth of a step that repeats is a step of its own."""

    offset: int
    unit: Unit = Unit.CALENDAR_DAYS
    audience: Audience = Audience.OWNER
    breaks_out: bool = False  # told on its own day, without waiting for the weekly digest
    post_id: int | None = None  # for Audience.POST
    repeat_every: int = 0  # in the same unit
    repeat_times: int = 0
    grace_days: int = 3  # working days that whoever is below has after being told; only for those ABOVE
    nth: int = 1

    @property
    def who(self) -> tuple[Audience, int | None]:
        """Steps of the same overtake each other; the desk's task does not overtake what the owner is told."""
        return self.audience, self.post_id

    @property
    def code(self) -> str:
        """What is stored with each reminder: it survives edits of the ladder, repeats included."""
        first = self.offset - (self.nth - 1) * self.repeat_every
        when = f"{'before' if first < 0 else 'after'}-{abs(first)}"
        if self.audience is Audience.DESK:
            when = when.replace("after", "desk").replace("before", "desk-before")
        elif self.audience is not Audience.OWNER:
            who = (
                f"post-{self.post_id}" if self.audience is Audience.POST else self.audience.replace("_", "-")
            )
            when = f"{who}-{when}"
        return when if self.nth == 1 else f"{when}.{self.nth}"

    def repeated(self) -> Iterator["Step"]:
        for n in range(self.repeat_times + 1):
            yield replace(self, offset=self.offset + n * self.repeat_every, nth=n + 1)

    def day_of(self, due_on: date, calendar: WorkingCalendar) -> date:
        """The working day on which it is reached: a day off moves it away from the due date."""
        return end_of(self.way(due_on, calendar), due_on)

    def way(self, due_on: date, calendar: WorkingCalendar) -> Iterator[Passed]:
        """The days that were counted and skipped until it is reached, that one last; calendar days in one leap."""
        if self.unit is Unit.WORKING_DAYS:
            return calendar.passing(require_in_range(due_on), self.offset)
        return calendar.settling(days_after(due_on, self.offset), backwards=self.offset < 0)

    def furthest_due_on(self, *, today: date, calendar: WorkingCalendar) -> date:
        """No due date after this one has reached the step."""
        if self.unit is Unit.WORKING_DAYS:
            return calendar.add(today, (self.offset > 0) - self.offset)
        last = today if self.offset >= 0 else days_after(calendar.add(today, 1), -1)
        return days_after(last, -self.offset)

    def dates_reaching(self, calendar: WorkingCalendar, since: date, today: date) -> Iterator[date]:
        """Due dates that reach it after `since`, until today; backwards, for no earlier one does so later."""
        due_on = self.furthest_due_on(today=today, calendar=calendar)
        while (day := self.day_of(due_on, calendar)) > since:
            if day <= today:
                yield due_on
            due_on -= ONE_DAY

    @property
    def ordinal(self) -> int:
        """Of two that are reached on the same day the later one; the same in every ladder, so that edits keep it.
        Even for calendar days, odd for working days: five of these and a week are two steps, of which one is newer."""
        return FIRST_ORDINAL + 2 * floor(self.about_days) + (self.unit is Unit.WORKING_DAYS)

    @property
    def about_days(self) -> float:
        """Calendar days from the due date, roughly: for putting steps in order."""
        return self.offset * (1.4 if self.unit is Unit.WORKING_DAYS else 1)


class DueDayRow(NamedTuple):
    """Follow-ups due on `due_on` have reached a step: the planner joins them to this row by equality."""

    due_on: date
    step: str
    unit: Unit
    ordinal: int
    remind_on: date
    newest: bool  # of its audience: the desk's task does not overtake what the owner is told
    audience: Audience
    post_id: int | None
    breaks_out: bool
    grace_days: int
    use_until: date | None

    @property
    def who(self) -> tuple[Audience, int | None]:
        return self.audience, self.post_id


@dataclass(frozen=True)
class Ladder:
    """Steps in the order in which they are mostly reached, repeats unrolled; a repeat that falls on another step of
    the same audience says nothing that this does not say."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        unrolled = (
            [each for step in self.steps for each in step.repeated()] if self._repeats() else self.steps
        )
        codes = [step.code for step in unrolled]
        if len(codes) != len(set(codes)):
            raise ValueError(f"A ladder names each step once. These are not different: {', '.join(codes)}.")
        first_last = sorted(unrolled, key=lambda step: -step.nth)
        each = {(step.who, step.ordinal): step for step in first_last}.values()
        object.__setattr__(self, "steps", tuple(sorted(each, key=lambda step: step.ordinal)))

    def _repeats(self) -> bool:
        return any(step.nth == 1 and step.repeat_times for step in self.steps)

    def grace_days(self, step: Step) -> int:
        """Working days that whoever is below has after being told; none where nobody below is asked."""
        if step.audience is Audience.DESK:
            return DESK_PATIENCE if any(each.audience is Audience.OWNER for each in self.steps) else 0
        return step.grace_days if step.audience in ABOVE else 0

    def reached(self, due_on: date, *, today: date, calendar: WorkingCalendar) -> list[tuple[Step, date]]:
        """The steps whose day has come, each with that day, earliest first."""
        return [(step, day) for step, day in self.days(due_on, calendar) if day <= today]

    def days(self, due_on: date, calendar: WorkingCalendar) -> list[tuple[Step, date]]:
        """Each step with its day, earliest first: days off may turn round two that count in different units."""
        days = ((step, step.day_of(due_on, calendar)) for step in self.steps)
        return sorted(days, key=lambda row: (row[1], row[0].ordinal))

    def furthest_due_on(self, *, today: date, calendar: WorkingCalendar) -> date:
        """No due date after this one has reached any step; there is no such limit into the past."""
        furthest = (step.furthest_due_on(today=today, calendar=calendar) for step in self.steps)
        return max(furthest, default=today)

    def use_until(self, step: Step, due_on: date) -> date | None:
        """The day after which it is beyond use: what was to come before the date, if a later step says it anew."""
        later = (s for s in self.steps if s.who == step.who and s.offset >= 0)
        return due_on if step.offset < 0 and any(later) else None


DATED = Ladder(
    (
        Step(-30),
        Step(-7),
        Step(-1, breaks_out=True),
        Step(1, breaks_out=True),
        Step(5, Unit.WORKING_DAYS, Audience.DESK),
    )
)
REVIEW = Ladder(
    (Step(-14), Step(3, Unit.WORKING_DAYS), Step(8, Unit.WORKING_DAYS, Audience.DESK)),
)
DEFAULTS = {Family.DATED: DATED, Family.REVIEW: REVIEW}
# A dormant forum: nobody is chased, the desk looks once. Its reviews come once a year.
DORMANT = Ladder((Step(0, audience=Audience.DESK),))


def default_ladder(kind: str) -> Ladder:
    """What holds for a kind of follow-up where nobody has laid down another."""
    return DEFAULTS[family_of(kind)]


def due_days(
    ladder: Ladder,
    calendar: WorkingCalendar,
    *,
    due_dates: Iterable[date],
    today: date,
    since: date | None = None,
) -> Iterator[DueDayRow]:
    """Every step that these due dates have reached, after the day `since` if given; per due date earliest first.

    The caller passes the distinct dates of its open follow-ups up to `ladder.furthest_due_on`. So one
    that is years overdue still has its newest step, and no date is worked out that nobody has.
    """
    for due_on in sorted(set(due_dates)):
        reached = ladder.reached(due_on, today=today, calendar=calendar)
        newest = {step.who: step for step, _day in reached}
        for step, day in reached:
            if since is None or day > since:
                yield DueDayRow(
                    due_on=due_on,
                    step=step.code,
                    unit=step.unit,
                    ordinal=step.ordinal,
                    remind_on=day,
                    newest=newest[step.who] is step,
                    audience=step.audience,
                    post_id=step.post_id,
                    breaks_out=step.breaks_out,
                    grace_days=ladder.grace_days(step),
                    use_until=ladder.use_until(step, due_on),
                )


def dates_reaching(ladder: Ladder, calendar: WorkingCalendar, *, since: date, today: date) -> list[date]:
    """Every due date that reaches some step after `since`, until today; found by counting, without a database."""
    return sorted({day for step in ladder.steps for day in step.dates_reaching(calendar, since, today)})


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
    for who in dict.fromkeys(step.who for step in ladder.steps):
        steps = [(step, day) for step, day in ladder.days(due_on, calendar) if step.who == who]
        for (step, day), following in zip(steps, [*steps[1:], None], strict=True):
            reached = max(day, known_on)
            is_task = step.audience is Audience.DESK
            slot = send_slot(reached, breaks_out=step.breaks_out, calendar=calendar)
            told_on = reached if is_task else slot
            if following is None or following[1] > told_on:
                found.append((step, told_on))
    return sorted(found, key=lambda row: row[1])
