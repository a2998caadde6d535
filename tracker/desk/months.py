"""A month of the desk: its days off, meetings and dates, as one reads them on a wall."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.urls import reverse

from commitments.models import Calendar, Commitment, FollowUp, Forum, Meeting, Party, User
from commitments.models.commitments import CommitmentQuerySet
from commitments.trees import descendants
from commitments.working_days import ONE_DAY, WorkingCalendar
from tracker.desk import date_states
from tracker.desk.date_states import State

IN_A_CELL = 3
IN_THE_LIST = 20  # of one day; what is beyond is counted
UNDATED = 12
# Where the week begins on calendars that hang on the wall, from Monday, 0.
FIRST_WEEKDAY = {"ko": 6, "ja": 6}


@dataclass(frozen=True)
class Scope:
    """Whose month: of one body and those below it, of what concerns oneself, or of all one may see."""

    user: User
    today: date
    forum: Forum | None = None
    mine: bool = False

    @cached_property
    def commitments(self) -> CommitmentQuerySet:
        rows = Commitment.objects.visible_to(self.user)
        if self.forum is not None:
            rows = rows.within(self.forum)
        return rows.concerning(self.user, self.today) if self.mine else rows

    @cached_property
    def bodies(self) -> list[int]:
        """Whose meetings are shown, by key."""
        rows = Forum.objects.visible_to(self.user)
        if self.forum is not None:
            rows = rows.filter(pk__in=descendants(Forum, {self.forum.pk}))
        if self.mine:
            theirs = self.commitments.order_by()
            rows = rows.filter(Q(pk__in=theirs.values("forum")) | Q(pk__in=theirs.values("working_group")))
        return list(rows.values_list("pk", flat=True))

    def meetings(self) -> QuerySet[Meeting]:
        shown = Meeting.objects.visible_to(self.user).exclude(state=Meeting.State.CANCELLED)
        return shown.filter(forum__in=self.bodies).select_related("forum")

    def follow_ups(self) -> QuerySet[FollowUp]:
        """Open, or answered; those of drafts are nobody's business yet."""
        rows = FollowUp.objects.visible_to(self.user).filter(outcome__in=date_states.SHOWN_OUTCOMES)
        rows = rows.exclude(commitment__workflow=Commitment.Workflow.DRAFT)
        rows = rows.exclude(meeting__state=Meeting.State.CANCELLED)
        if self.forum is None and not self.mine:
            return rows
        theirs = Q(commitment__in=self.commitments.order_by().values("pk"))
        return rows.filter(theirs | Q(meeting__forum__in=self.bodies))


@dataclass(frozen=True)
class Entry:
    """One line of a day."""

    state: State
    title: str
    reference: str
    address: str
    kind: str = ""
    is_ours: bool = False  # by our reading, not as declared
    below: str = ""


@dataclass
class Day:
    on: date
    in_month: bool
    is_today: bool = False
    is_day_of_rest: bool = False
    holidays: list[tuple[str, str]] = field(default_factory=list)  # whose, and its name
    entries: list[Entry] = field(default_factory=list)
    count: int = 0

    @property
    def first(self) -> list[Entry]:
        """What there is room for on the wall; one more instead of “1 more”."""
        return self.entries if self.count <= IN_A_CELL + 1 else self.entries[:IN_A_CELL]

    @property
    def left(self) -> int:
        return self.count - len(self.first)

    @property
    def unlisted(self) -> int:
        return self.count - len(self.entries)


class Month:
    """`first_on`: the first of it. Asks the same number of questions however much falls into it."""

    def __init__(self, scope: Scope, first_on: date, language: str) -> None:
        self.scope, self.first_on, self.language = scope, first_on, language[:2]
        self.last_on = first_on.replace(day=calendar.monthrange(first_on.year, first_on.month)[1])
        weekday = FIRST_WEEKDAY.get(self.language, 0)
        self.frame = calendar.Calendar(weekday)
        self.weekdays = [n % 7 for n in range(weekday, weekday + 7)]
        self.days = {day.on: day for day in self._empty()}
        self._put_holidays()
        self._put_meetings()
        self._put_dates()
        self.weeks = self._weeks()

    @property
    def listed(self) -> list[Day]:
        return [day for day in self.days.values() if day.count]

    @property
    def is_empty(self) -> bool:
        return not any(day.count for day in self.days.values())

    def undated(self) -> list[Meeting]:
        """Expected, without a day: on no calendar sheet, and yet to be thought of."""
        rows = self.scope.meetings().filter(state=Meeting.State.EXPECTED, starts_on=None)
        return list(
            rows.order_by(F("window_end_on").asc(nulls_last=True), "forum__code", "ordinal")[:UNDATED]
        )

    def _empty(self) -> Iterator[Day]:
        weekend = WorkingCalendar().weekend
        for on in self.frame.itermonthdates(self.first_on.year, self.first_on.month):
            here = on.month == self.first_on.month
            yield Day(on, here, on == self.scope.today, on.weekday() in weekend)

    def _weeks(self) -> list[list[Day]]:
        days = list(self.days.values())
        return [days[n : n + 7] for n in range(0, len(days), 7)]

    # -- what is in it

    def _put_holidays(self) -> None:
        """Of the countries that sit in these bodies, in the reader's language; a name shared is said once."""
        calendars = _calendars(self.scope.bodies)
        for day in (day for day in self.days.values() if day.in_month):
            named: dict[str, list[str]] = defaultdict(list)
            for code, working in calendars:
                if not working.is_working(day.on) and (name := working.name_of(day.on, self.language)):
                    named[name].append(code)
            day.holidays = [("·".join(codes), name) for name, codes in named.items()]

    def _put_meetings(self) -> None:
        ends = Coalesce("ends_on", "starts_on")
        rows = self.scope.meetings().annotate(last_on=ends)
        rows = rows.filter(starts_on__lte=self.last_on, last_on__gte=self.first_on)
        for meeting in rows.order_by("starts_on", "forum__code", "ordinal"):
            assert meeting.starts_on is not None  # as it was asked
            entry = _of_meeting(meeting)
            for on in _days(max(meeting.starts_on, self.first_on), min(meeting.last_on, self.last_on)):
                self.days[on].entries.append(entry)
                self.days[on].count += 1

    def _put_dates(self) -> None:
        rows = self.scope.follow_ups().filter(due_on__range=(self.first_on, self.last_on)).order_by()
        for on, count in rows.values_list("due_on").annotate(count=Count("pk")):
            self.days[on].count += count
        place = Window(
            RowNumber(), partition_by=F("due_on"), order_by=[F("closed_at").asc(nulls_first=True), "pk"]
        )
        listed = rows.annotate(place=place).filter(place__lte=IN_THE_LIST).order_by("due_on", "place")
        for follow_up in listed.select_related("commitment", "meeting__forum"):
            self.days[follow_up.due_on].entries.append(_of_date(follow_up, self.scope.today))


def _calendars(bodies: Collection[int]) -> list[tuple[str, WorkingCalendar]]:
    """Of each country once, under the codes of its parties."""
    parties = Party.objects.filter(forums__in=bodies).distinct().order_by("code")
    codes: dict[Calendar, list[str]] = defaultdict(list)
    for party in parties.select_related("calendar__parent"):
        codes[party.calendar].append(party.code)
    return [("·".join(named), found.working_days()) for found, named in codes.items()]


def _days(first: date, last: date) -> Iterable[date]:
    return (first + n * ONE_DAY for n in range((last - first).days + 1))


def _of_meeting(meeting: Meeting) -> Entry:
    return Entry(
        state=date_states.of_meeting(meeting),
        title=str(meeting),
        reference="",
        address=reverse("admin:meeting", args=[meeting.pk]),
        kind=str(meeting._meta.verbose_name),
        below=" · ".join(part for part in (meeting.forum.name, meeting.place) if part),
    )


def _of_date(follow_up: FollowUp, today: date) -> Entry:
    commitment, meeting = follow_up.commitment, follow_up.meeting
    known: dict[str, Any] = {
        "state": date_states.of_date(follow_up, today),
        "kind": follow_up.get_kind_display(),
        "is_ours": follow_up.basis == FollowUp.Basis.INTERPRETED,
    }
    if commitment is None:
        assert meeting is not None  # commitments_followup_of_one_thing
        address = reverse("admin:meeting", args=[meeting.pk])
        return Entry(title=str(meeting), reference="", address=address, **known)
    address = reverse("admin:commitment", args=[commitment.reference])
    return Entry(title=commitment.title, reference=commitment.reference, address=address, **known)
