"""Which post is to hear of which step for which date; and planning's scratch pads."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from commitments.models import Calendar, FollowUp, Forum, Post, ProgressReport, Request
from commitments.working_days import WorkingCalendar, moment
from notifications.audiences import AnswersForIt, StillAsked
from notifications.ladders import ABOVE, AGAIN, DESK_PATIENCE, Audience, Unit
from notifications.models.acknowledgments import Acknowledgment
from notifications.reasons import Reason

# Who hears only if those who were asked are silent.
AFTER_SILENCE = [*ABOVE, Audience.DESK]


class ForumRule(models.Model):
    """What a forum inherits, resolved: its desk's post and its ladders (keys of notifications/inheritance.py)."""

    forum_id = models.BigIntegerField(primary_key=True)
    desk_id = models.BigIntegerField(null=True)
    dated = models.BigIntegerField()
    review = models.BigIntegerField()

    class Meta:
        ordering = ["forum_id"]

    def __str__(self) -> str:
        return str(self.forum_id)


class LadderCode(models.Model):
    """The steps that a ladder has now: what is not among them is no longer told."""

    ladder = models.BigIntegerField()
    code = models.CharField(max_length=40)

    class Meta:
        ordering = ["ladder", "code"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "code"], name="notifications_laddercode_once")
        ]

    def __str__(self) -> str:
        return f"{self.ladder}: {self.code}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user: Any) -> ReminderQuerySet:
        return self.filter(follow_up__in=FollowUp.objects.visible_to(user))

    def planned(self) -> ReminderQuerySet:
        return self.filter(state=Reminder.State.PLANNED)

    def without_answer(self) -> ReminderQuerySet:
        """No answer of the post waits for the desk."""
        answers = ProgressReport.objects.waiting(), Request.objects.proposed()
        return self.filter(*(~Q(Exists(_waiting(each))) for each in answers))

    def unanswered(self) -> ReminderQuerySet:
        """Told or not: the item is open, its date the same, and no answer of the post waits for the desk."""
        asked = {Reason.CLOSED, Reason.MOVED, Reason.REPORT_WAITS, Reason.REQUEST_WAITS}
        conditions = (condition for reason, condition in _needs() if reason in asked)
        return self.filter(*conditions).annotate(held_until_on=_held_until())

    def still_needed(self, now: datetime) -> ReminderQuerySet:
        """Planned, and the reason stands: the item is open, its date the same, the step in its ladder and not
        overtaken, the post still answers for it, and no answer waits for the desk. Whoever is above and the desk
        hear while one of those who were asked is silent.

        Asked when bundling and once more when sending, never stored: what is undone resumes."""
        needed = self.planned().annotate(day_of_post=day_of_post(now))
        for _reason, condition in _needs():
            needed = needed.filter(condition)
        return needed.annotate(held_until_on=_held_until())

    def with_reason(self, now: datetime) -> ReminderQuerySet:
        """`reason`: why a planned one is not needed any more; empty if it is."""
        against = [When(~condition, then=Value(reason.value)) for reason, condition in _needs()]
        reason = Case(*against, default=Value(""), output_field=models.CharField())
        return self.annotate(day_of_post=day_of_post(now)).annotate(reason=reason)

    def tasks_for_the_desk(self, now: datetime) -> ReminderQuerySet:
        """Whoever is silent has had a few working days to answer, also to what was asked again."""
        tasks = self.still_needed(now).filter(audience=Audience.DESK).annotate(chance_until=chance_until(now))
        asked_again = _again().filter(told_at__gte=OuterRef(OuterRef("chance_until")))
        had_a_chance = _silent().filter(~Q(Exists(asked_again)), told_at__lt=OuterRef("chance_until"))
        return tasks.filter(Q(grace_days=0) | Exists(had_a_chance))

    def to_tell(self, now: datetime) -> ReminderQuerySet:
        """By a message; the desk's are tasks."""
        return self.still_needed(now).exclude(audience=Audience.DESK)

    def unheard(self, now: datetime) -> ReminderQuerySet:
        """Missed, and nothing has been told for that date since: for the desk to see to."""
        later = Reminder.objects.filter(
            follow_up=OuterRef("follow_up"),
            due_on=OuterRef("due_on"),
            audience=OuterRef("audience"),
            state=Reminder.State.TOLD,
            told_at__gt=OuterRef("planned_at"),
        )
        missed = self.filter(state=Reminder.State.MISSED, due_on=F("follow_up__due_on"))
        return missed.filter(follow_up__in=FollowUp.objects.open()).exclude(Exists(later))


def day_of_post(now: datetime) -> Case:
    """What day it is where the post works: by the same clock as planning, at eight in Seoul not yet yesterday's."""
    zones = Calendar.objects.order_by().values_list("zone", flat=True).distinct()
    cases = (
        When(
            post__organisation__calendar__zone=zone,
            then=Value(now.astimezone(ZoneInfo(zone)).date(), models.DateField()),
        )
        for zone in zones
    )
    return Case(*cases, default=Value(now.date(), models.DateField()))


def chance_until(now: datetime) -> Case:
    """Whoever was told before this moment has had the desk's patience in working days, where the desk works."""
    desks = Forum.objects.filter(desk__organisation__calendar=OuterRef("pk"))
    used = Calendar.objects.filter(Exists(desks))
    cases = (
        When(
            post__organisation__calendar=calendar.pk,
            then=Value(patience_until(calendar.working_days(), calendar.zone, now), models.DateTimeField()),
        )
        for calendar in used
    )
    return Case(*cases, default=Value(now, models.DateTimeField()))


def patience_until(working: WorkingCalendar, zone: str, now: datetime) -> datetime:
    """The same by one calendar."""
    today = working.on_or_before(now.astimezone(ZoneInfo(zone)).date())
    return moment(working.add(working.add(today, -DESK_PATIENCE), 1), time(), zone)


def _needs() -> list[tuple[Reason, Q]]:
    """What has to hold for a planned reminder to be told, each with the reason why it is not if it does not."""
    answers_for_it = AnswersForIt("follow_up_id", "audience", "post_id", "step", "day_of_post")
    return [
        (Reason.CLOSED, Q(Exists(FollowUp.objects.open().filter(pk=OuterRef("follow_up"))))),
        (Reason.MOVED, Q(due_on=F("follow_up__due_on"))),
        (Reason.NOT_THEIRS, Q(answers_for_it)),
        (Reason.OVERTAKEN, ~Q(Exists(_overtaking()))),
        (Reason.REPORT_WAITS, ~Q(Exists(_waiting(ProgressReport.objects.waiting())))),
        (Reason.REQUEST_WAITS, ~Q(Exists(_waiting(Request.objects.proposed())))),
        (Reason.ANSWERED_BELOW, ~Q(audience__in=AFTER_SILENCE) | ~Q(Exists(_asked())) | Q(Exists(_silent()))),
    ]


def _asked() -> ReminderQuerySet:
    """What those who are below were told for the same date, as far as they still answer for it."""
    # By when they were told, not by state: SQLite would look through all that were told.
    told = Reminder.objects.filter(
        follow_up=OuterRef("follow_up"),
        due_on=OuterRef("due_on"),
        audience=Audience.OWNER,
        told_at__isnull=False,
    )
    theirs = ~Q(Exact(OuterRef("audience"), Value(Audience.SUPERIOR.value))) | Q(
        post__superior=OuterRef("post")
    )
    still = StillAsked("follow_up_id", "audience", "post_id", "step", OuterRef("day_of_post"))
    return told.filter(theirs, still)


def _silent() -> ReminderQuerySet:
    """Of those who were asked: no answer waits for the desk, the time for which they asked has passed, and nothing
    is about to be asked again."""
    quiet = Acknowledgment.objects.filter(
        follow_up=OuterRef("follow_up"),
        post=OuterRef("post"),
        due_on=OuterRef("due_on"),
        until_on__gte=OuterRef(OuterRef("day_of_post")),
    )
    to_be_asked = _again().filter(told_at=None, state=Reminder.State.PLANNED)
    return _asked().without_answer().filter(~Q(Exists(quiet)), ~Q(Exists(to_be_asked)))


def _again() -> ReminderQuerySet:
    """What was given back to the same post, for the same date."""
    return Reminder.objects.filter(
        follow_up=OuterRef("follow_up"),
        post=OuterRef("post"),
        due_on=OuterRef("due_on"),
        step__startswith=f"{AGAIN}-",
    )


def _overtaking() -> ReminderQuerySet:
    """A later step for the same post and date."""
    same = Reminder.objects.filter(
        follow_up=OuterRef("follow_up"),
        post=OuterRef("post"),
        due_on=OuterRef("due_on"),
        audience=OuterRef("audience"),
        state__in=[Reminder.State.PLANNED, Reminder.State.TOLD, Reminder.State.MISSED],
    )
    same_day = Q(remind_on=OuterRef("remind_on"), ordinal__gt=OuterRef("ordinal"))
    return same.filter(Q(remind_on__gt=OuterRef("remind_on")) | same_day)


def _waiting(answers: models.QuerySet) -> models.QuerySet:
    of_post = Q(post=OuterRef("post")) | Q(post=None)
    return answers.filter(of_post, follow_up=OuterRef("follow_up"))


def _held_until() -> Subquery:
    acknowledged = Acknowledgment.objects.filter(
        follow_up=OuterRef("follow_up"), post=OuterRef("post"), due_on=OuterRef("due_on")
    )
    latest = acknowledged.order_by().values("follow_up").annotate(until=Max("until_on"))
    return Subquery(latest.values("until"), output_field=models.DateField())


class Reminder(models.Model):
    """Which post is to hear of which step for which date. A moved date earns new ones, nothing earns two."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        TOLD = "told", _("told")
        SUPERSEDED = "superseded", _("overtaken by a later one")
        MISSED = "missed", _("too late to be of use")

    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="reminders", db_index=False, verbose_name=_("follow-up")
    )
    step = models.CharField(_("step"), max_length=40)
    unit = models.CharField(_("counted in"), max_length=13, default=Unit.CALENDAR_DAYS)
    ordinal = models.PositiveSmallIntegerField(_("order"))
    post = models.ForeignKey(Post, models.PROTECT, related_name="reminders", verbose_name=_("post"))
    due_on = models.DateField(_("for the date"))
    remind_on = models.DateField(_("reached on"))
    audience = models.CharField(_("for"), max_length=18)
    breaks_out = models.BooleanField(_("does not wait for the weekly message"))
    grace_days = models.PositiveSmallIntegerField(_("working days for whoever is below"), default=0)
    use_until = models.DateField(_("of use until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    delivery = models.ForeignKey(
        "Delivery",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name=_("message"),
    )
    late = models.BooleanField(_("late"), default=False)
    planned_at = models.DateTimeField(_("planned at"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["remind_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up", "post", "due_on", "step"], name="notifications_reminder_once"
            )
        ]
        indexes = [
            # Not partial: SQLite would take it only where the state is written out, and it is a parameter.
            models.Index(fields=["state", "audience", "use_until"], name="notifications_reminder_planned"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.follow_up_id}"

    def is_held(self, today: date) -> bool:
        """Acknowledged until a day that has not passed for whoever would be told."""
        held_until_on: date | None = getattr(self, "held_until_on", None)  # set by still_needed()
        return held_until_on is not None and today <= held_until_on

    def mark_done(self, *, now: datetime) -> None:
        """The desk has seen to its task."""
        self.state, self.told_at = self.State.TOLD, now
        self.save(update_fields=["state", "told_at"])
