"""Why a step comes on the day on which it comes: day by day, as it was counted; beside it what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commitments.models import FollowUp, Post
from commitments.spoken_dates import long_date
from commitments.working_days import ONE_DAY, WORKED, Passed, Why, WorkingCalendar, end_of
from notifications import proof
from notifications.ahead import Answering
from notifications.inheritance import LadderBook, forum_id_of
from notifications.ladders import Audience, Step, Unit, send_slot
from notifications.models import Preference
from notifications.proof import Line
from notifications.reasons import Reason
from notifications.recipients import Directory, Recipient
from notifications.step_words import in_words


@dataclass(frozen=True)
class Day:
    """One day of the calendar on the way, counted or skipped."""

    day: date
    why: Why
    nth: int  # working days until then
    name: str = ""

    @property
    def is_skipped(self) -> bool:
        return self.why not in WORKED

    @property
    def reason(self) -> str:
        """Why it was skipped, or worked although it looks like a day off; empty for any working day."""
        if self.why is Why.WEEKEND:
            return _("weekend")
        if self.why is Why.HOLIDAY:
            return self.name or _("public holiday")
        if self.why is Why.CLOSED:
            return _("closed: %(name)s") % {"name": self.name}
        return _("worked by exception: %(name)s") % {"name": self.name} if self.why is Why.OPEN else ""


@dataclass(frozen=True)
class Explained:
    """One step for one post. Without a way: it stands in the books, though the date, the ladder or the post that
    earned it no longer counts."""

    step: str
    words: str
    due_on: date
    post: Post
    calendar: str
    way: list[
        Day
    ]  # from the date, or from the day so many calendar days away, to the day on which it is reached
    in_working_days: bool
    reached_on: date
    how: str
    told_way: list[Day]  # the days of that week, or after it was reached, until somebody can be told
    told_on: date
    hour: time | None  # of a message; a task for the desk comes with the day
    zone: ZoneInfo
    recipient: Recipient | None
    line: Line | None
    became: str


def explain(follow_up: FollowUp, now: datetime) -> list[Explained]:
    """Every step of the ladder that counts, for each post it is for, in the order of their days; and what else is in
    the books. In the active language; of what the caller may see."""
    rows = Explaining(follow_up, now).steps()
    return sorted(
        rows, key=lambda row: (row.due_on != follow_up.due_on, row.reached_on, row.step, row.post.pk)
    )


class Explaining:
    """All that is asked for one follow-up, read beforehand."""

    def __init__(self, follow_up: FollowUp, now: datetime) -> None:
        self.follow_up, self.language = follow_up, get_language() or "en"
        lines = proof.of([follow_up], now=now)[follow_up.pk]
        self.lines = {(line.due_on, line.step, line.post.pk): line for line in lines}
        book = LadderBook()
        self.ladder = book.of_follow_up(follow_up).ladder
        today = now.date().toordinal()
        answering = Answering(
            [follow_up], [book.of_follow_up(follow_up)], book=book, days=range(today, today + 1)
        )
        self.pairs = [(who, post_id) for _place, who, post_id in answering.pairs]
        self.directory = Directory(
            {pk for _who, pk in self.pairs} | {line.post.pk for line in lines}, now=now
        )

    def steps(self) -> Iterator[Explained]:
        counted = [
            self._of_step(step, self.directory.posts[post_id])
            for who, post_id in self.pairs
            for step in self.ladder.steps
            if step.who == who
        ]
        explained = {(row.due_on, row.step, row.post.pk) for row in counted}
        yield from counted
        for key, line in self.lines.items():
            if key not in explained:
                yield self._of_line(line)

    def _of_step(self, step: Step, post: Post) -> Explained:
        calendar, due_on = self.directory.calendar(post), self.follow_up.due_on
        way = list(step.way(due_on, calendar))
        return self._explained(
            (due_on, step.code, step.unit),
            post,
            way=self._days(way, calendar),
            reached_on=end_of(way, due_on),
            is_task=step.audience is Audience.DESK,
            breaks_out=step.breaks_out,
        )

    def _of_line(self, line: Line) -> Explained:
        return self._explained(
            (line.due_on, line.step, line.unit),
            self.directory.posts[line.post.pk],
            way=[],
            reached_on=line.on,
            is_task=line.is_task,
            breaks_out=True,
        )

    def _explained(
        self,
        named: tuple[date, str, str],
        post: Post,
        *,
        way: list[Day],
        reached_on: date,
        is_task: bool,
        breaks_out: bool,
    ) -> Explained:
        due_on, code, unit = named
        line = self.lines.get((due_on, code, post.pk))
        recipient = self.directory.recipient(post.pk, forum_id_of(self.follow_up))
        zone = recipient.zone if recipient else post.organisation.clock
        reached = max(reached_on, self.follow_up.dated_at.astimezone(zone).date())
        at_once = breaks_out or (recipient is not None and _is_daily(recipient))
        slot, told_way = self._slot(post, recipient, reached, at_once=at_once)
        return Explained(
            step=code,
            words=in_words(code, unit),
            due_on=due_on,
            post=post,
            calendar=str(post.organisation.calendar),
            way=way,
            in_working_days=unit == Unit.WORKING_DAYS,
            reached_on=reached_on,
            how=_how(is_task=is_task, at_once=at_once),
            told_way=[] if is_task or not way else told_way,
            told_on=line.on if line and line.at else reached if is_task else slot,
            hour=None if is_task or recipient is None else recipient.preference.hour,
            zone=zone,
            recipient=recipient,
            line=line,
            became=self._became(line, zone),
        )

    def _slot(
        self, post: Post, recipient: Recipient | None, reached: date, *, at_once: bool
    ) -> tuple[date, list[Day]]:
        """The day on which they are told, and the days that were looked at; by their own working days."""
        directory = self.directory
        calendar = directory.working_days(recipient) if recipient else directory.calendar(post)
        slot = send_slot(reached, breaks_out=at_once, calendar=calendar)
        first = reached if at_once else slot - slot.weekday() * ONE_DAY
        return slot, self._days(calendar.settling(first), calendar)

    def _days(self, way: Iterable[Passed], calendar: WorkingCalendar) -> list[Day]:
        return [Day(*passed, name=calendar.name_of(passed.day, self.language)) for passed in way]

    def _became(self, line: Line | None, zone: ZoneInfo) -> str:
        """Sent, waits, skipped …: with whom, when and why, as far as that is known."""
        if line is None:
            return _("to come") if self.follow_up.is_open else str(Reason.CLOSED.label)
        at = ""
        if line.at is not None:
            local = line.at.astimezone(zone)
            at = f"{long_date(local.date(), self.language)} {local:%H:%M}"
        late = _("late") if line.late else ""
        person = str(line.person) if line.person else ""
        return " · ".join(filter(None, [str(line.kind.label), late, person, at, line.why]))


def _is_daily(recipient: Recipient) -> bool:
    return recipient.preference.rhythm == Preference.Rhythm.DAILY


def _how(*, is_task: bool, at_once: bool) -> str:
    if is_task:
        return _("a task on the desk")
    return _("does not wait for the weekly message") if at_once else _("with the weekly message")
