"""Who answers what they are asked: of the dates about which a post was told, how many it answered, and in time.

A post is *asked* about a date when a message told it of the date that stands. It has *answered* when it reported,
or asked something of the desk, or the date was closed as reported or done; what the desk gave back, and a draft, are
no answers. What was withdrawn or replaced without an answer is not counted: nobody had to answer it any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateField,
    DateTimeField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least, NullIf, TruncDate

from commitments.models import Calendar, FollowUp, ProgressReport, Request
from commitments.recurrence import add_months
from commitments.working_days import LATEST_ON
from notifications.ladders import Audience
from notifications.models import Reminder
from notifications.models.reminders import ReminderQuerySet

LOOKED_BACK = 12  # months


@dataclass(frozen=True)
class Responses:
    """Of one post, or of several together."""

    in_time: int
    late: int
    silent: int  # the date has passed without an answer
    pending: int  # it has not, and there is none yet

    @property
    def asked(self) -> int:
        return self.in_time + self.late + self.silent + self.pending

    @property
    def rate(self) -> int | None:
        """Answered in time, of what has been answered or fallen due; in whole per cent, None where there is nothing."""
        due = self.in_time + self.late + self.silent
        return None if due == 0 else round(100 * self.in_time / due)

    def __add__(self, other: Responses) -> Responses:
        return Responses(
            self.in_time + other.in_time,
            self.late + other.late,
            self.silent + other.silent,
            self.pending + other.pending,
        )


NONE_YET = Responses(0, 0, 0, 0)


def asked(rows: ReminderQuerySet, today: date) -> QuerySet[Reminder]:
    """Reminders told of dates of the last twelve months and to come, each with `answered_on`."""
    told = rows.filter(
        state=Reminder.State.TOLD,
        delivery__isnull=False,
        audience=Audience.OWNER,
        due_on=F("follow_up__due_on"),
        due_on__gte=add_months(today, -LOOKED_BACK),
        follow_up__commitment__isnull=False,
    )
    moments = {"asked_desk_at": _first_request(), "closed_well_at": _closed_well_at()}
    fell_away = Q(follow_up__outcome__in=[FollowUp.Outcome.SUPERSEDED, FollowUp.Outcome.WITHDRAWN])
    return told.annotate(**moments).annotate(answered_on=_answered_on()).exclude(fell_away, answered_on=None)


def by_post(rows: ReminderQuerySet, today: date) -> dict[int, Responses]:
    """By key of the post; in one query, and one for the clocks. A date is counted once, however often it was told."""
    in_time, answered = Q(answered_on__lte=F("due_on")), Q(answered_on__isnull=False)
    parts = {
        "in_time": in_time,
        "late": answered & ~in_time,
        "silent": ~answered & Q(due_on__lt=today),
        "pending": ~answered & Q(due_on__gte=today),
    }
    counts = {name: Count("follow_up", filter=condition, distinct=True) for name, condition in parts.items()}
    found = asked(rows, today).order_by().values_list("post").annotate(**counts)
    return {post: Responses(*numbers) for post, *numbers in found}


def _answered_on() -> NullIf:
    """The earliest of them, where none counts as after all time: SQLite's least of two would be none if one is."""
    never = Value(LATEST_ON, DateField())
    zones = list(Calendar.objects.order_by().values_list("zone", flat=True).distinct())
    days = [_first_report(), *(_day_at_post(name, zones) for name in ("asked_desk_at", "closed_well_at"))]
    return NullIf(Least(*(Coalesce(day, never, output_field=DateField()) for day in days)), never)


def _of_post() -> Q:
    """Said for the post, or for nobody in particular."""
    return Q(post=OuterRef("post")) | Q(post=None)


def _first_report() -> Subquery:
    counts = [ProgressReport.State.SUBMITTED, ProgressReport.State.CLEARED]
    said = ProgressReport.objects.filter(_of_post(), follow_up=OuterRef("follow_up"), state__in=counts)
    return Subquery(said.order_by("reported_on").values("reported_on")[:1])


def _first_request() -> Subquery:
    """For the date that stands: an extension that was granted has moved it, and it is asked about anew."""
    counts = [Request.State.PROPOSED, Request.State.ACCEPTED]
    said = Request.objects.filter(
        _of_post(), follow_up=OuterRef("follow_up"), due_on=OuterRef("due_on"), state__in=counts
    )
    return Subquery(said.order_by("asked_at").values("asked_at")[:1])


def _closed_well_at() -> Case:
    well = Q(follow_up__outcome__in=[FollowUp.Outcome.REPORTED, FollowUp.Outcome.DONE])
    return Case(When(well, then=F("follow_up__closed_at")), output_field=DateTimeField(null=True))


def _day_at_post(moment: str, zones: Sequence[str]) -> Case:
    """What day it was where the post works."""
    cases = (
        When(post__organisation__calendar__zone=zone, then=TruncDate(moment, tzinfo=ZoneInfo(zone)))
        for zone in zones
    )
    return Case(*cases, default=TruncDate(moment, tzinfo=UTC), output_field=DateField())
