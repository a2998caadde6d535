"""Plans reminders: rows, not tasks. A due date that has reached a step earns each post it is for one row.

Pure Python works out which dates have reached which step (ladders.py) into the small table due_day; follow-ups are
joined to it by equality (joining.py). It may run any number of times: the key of a reminder decides what is new.
Between full passes only two things can bring something new: a day has begun, or something was changed; the mark says
which days and changes have been seen. Where there is neither, nothing is looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q

from commitments.locking import exclusively
from commitments.models import Assignment, Calendar, Change, FollowUp, Post
from commitments.working_days import ONE_DAY, WorkingCalendar
from notifications import joining
from notifications.asking_again import ask_again
from notifications.inheritance import LadderBook, forum_id_of
from notifications.joining import DueDay
from notifications.ladder_edits import follow_the_ladders
from notifications.ladders import Audience, Ladder, dates_reaching, due_days
from notifications.models import Delivery, PlanningMark, Reminder
from notifications.recipients import Directory, MessagesOfTheWeek

# Planning and bundling take rows of the same messages: one after the other they cannot wait for each other.
ONE_AT_A_TIME = "reminders"
# Whatever path a row was written on: once a day everything is worked out from the rows alone.
FULL_PASS_EVERY = timedelta(hours=20)
MOST_CHANGES = 5_000  # or follow-ups that they concern: beyond that the full pass costs no more

# A change of one of these columns may alter what any follow-up earns; no columns: any change of the row.
RULES: dict[str, set[str]] = {
    "commitments.calendar": {"parent_id", "country", "zone"},
    "commitments.holiday": set(),
    "commitments.organisation": {"calendar_id"},
    "commitments.post": {"organisation_id", "superior_id"},
    "commitments.forum": {"parent_id", "desk_id", "dormant"},
    "notifications.reminderladder": set(),
    "notifications.ladderstep": set(),
}
# These alter what their own follow-ups earn. What is named neither here nor above alters nothing.
OF_FOLLOW_UPS: dict[str, set[str]] = {
    "commitments.followup": set(),
    "commitments.assignment": set(),
    "commitments.commitment": {"forum_id", "working_group_id", "workflow"},
    "commitments.meeting": {"forum_id", "state"},
    "commitments.progressreport": {"state"},
    "commitments.request": {"state"},
}
ANSWERS = {"commitments.progressreport", "commitments.request"}
WATCHED = RULES | OF_FOLLOW_UPS

# What is on its way, or may have arrived, is not overtaken any more. What came back stays with its message.
SUPERSEDE = """
    UPDATE notifications_reminder SET state = 'superseded', delivery_id = CASE WHEN EXISTS (
        SELECT 1 FROM notifications_delivery v WHERE v.id = delivery_id AND v.state = 'failed')
        THEN delivery_id END
    WHERE id IN ({overtaken})
      AND NOT EXISTS (SELECT 1 FROM notifications_delivery v WHERE v.id = notifications_reminder.delivery_id
                      AND v.state IN ('sending', 'uncertain', 'sent'))
"""
# Of two steps for the same, one of them new, the earlier; of the same day the one that was planned before.
IS_LATER = "(n.remind_on, n.ordinal, n.id) > (o.remind_on, o.ordinal, o.id)"
OVERTAKEN = f"""
    SELECT CASE WHEN {IS_LATER} THEN o.id ELSE n.id END
    FROM notifications_reminder n CROSS JOIN notifications_reminder o
    WHERE {{which}} AND o.follow_up_id = n.follow_up_id AND o.post_id = n.post_id AND o.due_on = n.due_on
      AND o.audience = n.audience AND o.id <> n.id
      AND CASE WHEN {IS_LATER} THEN o.state ELSE n.state END = 'planned'
      AND CASE WHEN {IS_LATER} THEN n.state ELSE o.state END IN ('planned', 'told', 'missed')
"""


@dataclass(frozen=True)
class Plan:
    """How many reminders one run planned, how many were overtaken by them, how many came too late to be of use."""

    planned: int = 0
    superseded: int = 0
    missed: int = 0


@dataclass(frozen=True)
class LocalDay:
    """What day it is by a working calendar that is in use."""

    calendar: Calendar
    today: date

    @property
    def key(self) -> int:
        return self.calendar.pk

    @cached_property
    def working(self) -> WorkingCalendar:
        return self.calendar.working_days()


@dataclass
class Since:
    """What has been planned for already; an empty one means: nothing, work out everything."""

    days: dict[int, date] = field(default_factory=dict)  # by calendar
    touched: set[int] = field(default_factory=set)  # follow-ups
    change_number: int = 0
    full: bool = True

    def begun(self, local_days: Iterable[LocalDay]) -> list[LocalDay]:
        """The days that have not been planned for."""
        return [day for day in local_days if day.key not in self.days or self.days[day.key] < day.today]


def plan_reminders(*, now: datetime, since_mark: bool = False) -> Plan:
    """`since_mark`: only what a new day or a change has brought since the last run, which this one then becomes."""
    last = Change.objects.last_number() if since_mark else 0
    with exclusively(ONE_AT_A_TIME):
        local_days = _local_days(now)
        since = _since(local_days, last, now) if since_mark else Since()
        plan = _plan(local_days, since, now=now)
        if since_mark:
            _set_mark(local_days, since, now=now)
    return plan


def _local_days(now: datetime) -> list[LocalDay]:
    used = Calendar.objects.filter(Exists(Post.objects.filter(organisation__calendar=OuterRef("pk"))))
    return [LocalDay(calendar, now.astimezone(ZoneInfo(calendar.zone)).date()) for calendar in used]


def _plan(local_days: list[LocalDay], since: Since, *, now: datetime) -> Plan:
    begun = since.begun(local_days)
    if not begun and not since.touched:
        return Plan(missed=_mark_missed(now))
    book = LadderBook()
    book.write_rules()
    before = Reminder.objects.aggregate(last=Max("pk"))["last"] or 0
    steps = Steps(book)
    added = joining.insert(steps.reached(begun, since), now=now)
    if since.touched:
        added += joining.insert(steps.reached_by(since.touched, local_days), since.touched, now=now)
    added += ask_again(None if since.full else since.touched, now=now)
    if since.full or since.touched:
        follow_the_ladders(None if since.full else since.touched)
    planned = _planned_after(before) if added else 0
    overtaken = _supersede(since, before) if added or since.full or since.touched else 0
    return Plan(
        planned=_planned_after(before) if overtaken else planned,
        superseded=added - planned + overtaken,
        missed=_mark_missed(now),
    )


def _planned_after(before: int) -> int:
    """Counted by key: there are far more that are planned than new ones."""
    is_planned = Q(state=Reminder.State.PLANNED)
    return Reminder.objects.filter(pk__gt=before).aggregate(n=Count("pk", filter=is_planned))["n"]


def _supersede(since: Since, before: int) -> int:
    """By those planned after the key `before`, or of what was touched. Until the transaction ends no worker sends what
    is being overtaken."""
    touched = ", ".join(map(str, since.touched or {0}))
    which = "TRUE" if since.full else f"(n.id > {before} OR n.follow_up_id IN ({touched}))"
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN.format(which=which))
        overtaken = {pk for (pk,) in cursor.fetchall()}
    if not overtaken:
        return 0
    held = Delivery.objects.open().filter(reminders__in=overtaken).order_by("pk").select_for_update()
    list(held.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(SUPERSEDE.format(overtaken=", ".join(map(str, overtaken))))
        return cursor.rowcount


def _mark_missed(now: datetime) -> int:
    """What was to come before a date that has passed, and was held by nothing but our own failing."""
    told = [audience for audience in Audience if audience is not Audience.DESK]
    passed = Reminder.objects.planned().filter(audience__in=told, use_until__lt=now.date() + ONE_DAY)
    standing = passed.filter(delivery=None, follow_up__closed_at=None, due_on=F("follow_up__due_on"))
    if not standing.exists():
        return 0
    to_tell = Reminder.objects.to_tell(now).filter(pk__in=standing, use_until__lt=F("day_of_post"))
    late = list(to_tell.select_related("follow_up__commitment", "follow_up__meeting"))
    if not late:
        return 0
    is_ours = OurFailing(late, now=now)
    missed = [reminder.pk for reminder in late if is_ours(reminder)]
    return Reminder.objects.planned().filter(pk__in=missed).update(state=Reminder.State.MISSED)


class OurFailing:
    """That something was not told: it was held by nobody, and whoever is told had room for it in their week."""

    def __init__(self, late: Iterable[Reminder], *, now: datetime) -> None:
        self.directory = Directory({reminder.post_id for reminder in late}, now=now)
        self.week = MessagesOfTheWeek(now)

    def __call__(self, reminder: Reminder) -> bool:
        if reminder.is_held(reminder.day_of_post):  # type: ignore[attr-defined]  # annotated
            return False
        who = self.directory.recipient(reminder.post_id, forum_id_of(reminder.follow_up))
        assert reminder.use_until is not None
        return who is None or not self.week.is_full(who, reminder.use_until)


class Steps:
    """Which due dates have reached which steps, for each ladder and working calendar."""

    def __init__(self, book: LadderBook) -> None:
        # Ladders that say the same are counted once.
        self.keys_of: dict[Ladder, list[int]] = defaultdict(list)
        for key in book.ladder_keys():
            self.keys_of[book.ladders[key]].append(key)
        self.of_commitments = book.of_commitments()

    def reached(self, begun: Iterable[LocalDay], since: Since) -> Iterator[DueDay]:
        """On the days that have begun; of a calendar that has not been planned for, ever."""
        for local in begun:
            planned_on = since.days.get(local.key)
            yield from self._rows(local, self._dates(local, planned_on), since=planned_on)

    def reached_by(self, follow_ups: set[int], local_days: Iterable[LocalDay]) -> Iterator[DueDay]:
        standing = FollowUp.objects.filter(pk__in=follow_ups, closed_at=None).order_by()
        dates = set(standing.values_list("due_on", flat=True).distinct())
        for local in local_days:
            yield from self._rows(local, lambda _ladder: dates)

    def _dates(self, local: LocalDay, planned_on: date | None) -> Callable[[Ladder], Iterable[date]]:
        if planned_on is None:
            return lambda _ladder: self.open_dates
        return lambda ladder: dates_reaching(ladder, local.working, since=planned_on, today=local.today)

    @cached_property
    def open_dates(self) -> set[date]:
        standing = FollowUp.objects.filter(closed_at=None).order_by()
        return set(standing.values_list("due_on", flat=True).distinct())

    @cached_property
    def own_dates(self) -> dict[int, set[date]]:
        """By ladder of a single commitment: the dates that this has. Others need not be joined to it."""
        standing = FollowUp.objects.filter(commitment__in=self.of_commitments, closed_at=None).order_by()
        found: dict[int, set[date]] = {key: set() for keys in self.of_commitments.values() for key in keys}
        for commitment_id, due_on in standing.values_list("commitment", "due_on"):
            for key in self.of_commitments[commitment_id]:
                found[key].add(due_on)
        return found

    def _rows(
        self,
        local: LocalDay,
        dates_of: Callable[[Ladder], Iterable[date]],
        *,
        since: date | None = None,
    ) -> Iterator[DueDay]:
        for ladder, keys in self.keys_of.items():
            furthest = ladder.furthest_due_on(today=local.today, calendar=local.working)
            dates = [due_on for due_on in self._wanted(dates_of(ladder), keys) if due_on <= furthest]
            for row in due_days(ladder, local.working, due_dates=dates, today=local.today, since=since):
                for key in keys:
                    if key not in self.own_dates or row.due_on in self.own_dates[key]:
                        yield row._asdict() | {"ladder": key, "calendar_id": local.key, "today": local.today}

    def _wanted(self, dates: Iterable[date], keys: Iterable[int]) -> Iterable[date]:
        if any(key not in self.own_dates for key in keys):
            return dates
        return set().union(*(self.own_dates[key] for key in keys)).intersection(dates)


def _since(local_days: list[LocalDay], last: int, now: datetime) -> Since:
    """What the last run has seen; everything anew if that is long ago, or if a rule has changed."""
    marks = {mark.calendar_id: mark for mark in PlanningMark.objects.all()}
    if set(marks) != {local.key for local in local_days} or not marks:
        return Since(change_number=last)
    if any(_is_long_ago(marks[local.key], local.today, now) for local in local_days):
        return Since(change_number=last)
    changes = _changes(min(mark.change_number for mark in marks.values()), last)
    changed = [change for change in changes if _alters(change)]
    if len(changes) > MOST_CHANGES or any(model in RULES for model, *_rest in changed):
        return Since(change_number=last)
    since = Since(days={pk: mark.planned_on for pk, mark in marks.items()}, change_number=last, full=False)
    since.touched = _follow_ups_of(changed) | _handed_over(since, local_days)
    return since if len(since.touched) <= MOST_CHANGES else Since(change_number=last)


def _is_long_ago(mark: PlanningMark, today: date, now: datetime) -> bool:
    """Or still to come: the clock has been set back."""
    is_recent = mark.full_at <= now < mark.full_at + FULL_PASS_EVERY
    return not is_recent or today < mark.planned_on


Row = dict[str, Any] | None
Changed = tuple[str, int, Row, Row]  # model, key, before, after


def _changes(after: int, last: int) -> list[Changed]:
    """In the order of their commits; one more than MOST_CHANGES stands for however many there are."""
    numbered = Change.objects.filter(position__number__gt=after, position__number__lte=last)
    watched = numbered.filter(model__in=WATCHED).order_by("position__number")
    return list(watched.values_list("model", "object_id", "before", "after")[: MOST_CHANGES + 1])


def _alters(changed: Changed) -> bool:
    """Where only some columns count, nothing hangs yet on what was entered, nor any more on what was deleted."""
    model, _object_id, before, after = changed
    columns = WATCHED[model]
    if not columns:
        return True
    return before is not None and after is not None and any(before.get(n) != after.get(n) for n in columns)


def _follow_ups_of(changed: Iterable[Changed]) -> set[int]:
    of: dict[str, set[int]] = defaultdict(set)
    for model, object_id, before, after in changed:
        if model == "commitments.assignment":
            of["commitments.commitment"] |= {row["commitment_id"] for row in (before, after) if row}
        elif model in ANSWERS:
            of["commitments.followup"] |= {
                pk for row in (before, after) if row and (pk := row["follow_up_id"])
            }
        else:
            of[model].add(object_id)
    hanging = Q(commitment__in=of["commitments.commitment"]) | Q(meeting__in=of["commitments.meeting"])
    return of["commitments.followup"] | _open_of(hanging)


def _handed_over(since: Since, local_days: list[LocalDay]) -> set[int]:
    """Responsibilities begin and end on days that were laid down before, without anybody changing a row."""
    begun = since.begun(local_days)
    if not begun:
        return set()
    first, today = min(since.days[local.key] for local in begun), max(local.today for local in begun)
    begins, ended = Q(from_on__gt=first, from_on__lte=today), Q(until_on__gte=first, until_on__lt=today)
    return _open_of(Q(commitment__in=Assignment.objects.filter(begins | ended).values("commitment")))


def _open_of(which: Q) -> set[int]:
    return set(FollowUp.objects.filter(which, closed_at=None).values_list("pk", flat=True))


def _set_mark(local_days: list[LocalDay], since: Since, *, now: datetime) -> None:
    standing = {mark.calendar_id: mark for mark in PlanningMark.objects.all()}
    for local in local_days:
        mark = standing.pop(local.key, None)
        if mark is None or since.full:
            mark = PlanningMark(calendar_id=local.key, full_at=now)
        if (mark.planned_on, mark.change_number) != (local.today, since.change_number):
            mark.planned_on, mark.change_number = local.today, since.change_number
            mark.save()
    PlanningMark.objects.filter(pk__in=standing).delete()
