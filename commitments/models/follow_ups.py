"""The next date of a commitment or meeting: the one thing that reminders run on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.models.changes import Change, Recorded, RecordedQuerySet, writing
from commitments.models.commitments import Commitment
from commitments.models.forums import Forum, Meeting
from commitments.models.parties import Party, Post, User
from commitments.working_days import FIRST_DUE_ON, LAST_DUE_ON

SOON = timedelta(days=14)
EarlierDate = tuple[date, datetime, str]
COMPUTED_KINDS = ["occurrence", "meeting_review", "cycle_review"]


class FollowUpQuerySet(RecordedQuerySet):
    def open(self) -> FollowUpQuerySet:
        """Still to be answered: not closed, and what it belongs to is live."""
        live = Q(commitment__workflow=Commitment.Workflow.ACTIVE) | Q(commitment=None)
        return self.filter(live, closed_at=None).exclude(meeting__state=Meeting.State.CANCELLED)

    def answered(self) -> FollowUpQuerySet:
        return self.filter(outcome__in=[FollowUp.Outcome.REPORTED, FollowUp.Outcome.DONE])

    def without_record(self, today: date) -> FollowUpQuerySet:
        """An occurrence by our reading whose time has passed: to be checked, not known to be late."""
        passed = self.open().filter(kind=FollowUp.Kind.OCCURRENCE, due_on__lt=today)
        return passed.exclude(basis=FollowUp.Basis.DECLARED).exclude(reports__state="cleared")

    def overdue(self, today: date) -> FollowUpQuerySet:
        return self.open().filter(due_on__lt=today).exclude(pk__in=self.without_record(today).values("pk"))

    def stood_overdue(self, day: date, until: datetime) -> FollowUpQuerySet:
        """What overdue() was on a day that has passed, by the dates as they stand now; `until` is the end of that day.

        Whether what it belongs to was live then is asked of that."""
        from commitments.models.progress import ProgressReport

        heard = ProgressReport.objects.cleared().filter(follow_up=OuterRef("pk"), reported_on__lte=day)
        ours = Q(kind=FollowUp.Kind.OCCURRENCE) & ~Q(basis=FollowUp.Basis.DECLARED)
        left = Q(closed_at=None) | Q(closed_at__gte=until)
        return self.filter(left, due_on__lt=day).exclude(ours & ~Exists(heard))

    def due_soon(self, today: date) -> FollowUpQuerySet:
        return self.open().filter(due_on__gte=today, due_on__lte=today + SOON)

    def due_between(self, first: date | None, last: date | None) -> FollowUpQuerySet:
        """Both days included; None leaves that side open."""
        since = Q() if first is None else Q(due_on__gte=first)
        return self.filter(since if last is None else since & Q(due_on__lte=last))


class FollowUp(Recorded):
    class Kind(models.TextChoices):
        DEADLINE = "deadline", _("deadline")
        OCCURRENCE = "occurrence", _("next occurrence")
        MEETING_REVIEW = "meeting_review", _("review before the meeting")
        CYCLE_REVIEW = "cycle_review", _("periodic review")
        MILESTONE = "milestone", _("milestone")
        INPUT = "input", _("call for input")
        CLEARANCE = "clearance", _("clearance")

    class Precision(models.TextChoices):
        DAY = "day", _("to the day")
        MONTH = "month", _("to the month")
        QUARTER = "quarter", _("to the quarter")
        HALF_YEAR = "half_year", _("to the half-year")
        YEAR = "year", _("to the year")
        FISCAL_YEAR = "fiscal_year", _("to the fiscal year")
        APPROXIMATE = "approximate", _("no exact end")

    class Basis(models.TextChoices):
        DECLARED = "declared", _("as declared")
        INTERPRETED = "interpreted", _("our reading")
        COMPUTED = "computed", _("computed")

    class Outcome(models.TextChoices):
        REPORTED = "reported", _("reported")
        DONE = "done", _("done")
        SUPERSEDED = "superseded", _("replaced")
        WITHDRAWN = "withdrawn", _("withdrawn")

    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("commitment"),
    )
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name=_("meeting")
    )
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.DEADLINE)
    due_on = models.DateField(_("due on"), db_index=True)
    window_start_on = models.DateField(_("window from"), null=True, blank=True)
    precision = models.CharField(_("precision"), max_length=11, choices=Precision, default=Precision.DAY)
    phrase = LineField(_("as stated"), max_length=300, blank=True)
    basis = models.CharField(_("basis"), max_length=11, choices=Basis, default=Basis.DECLARED)
    anchor_meeting = models.ForeignKey(
        Meeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="anchored",
        verbose_name=_("counted from the meeting"),
    )
    anchor_event = LineField(_("counted from the event"), max_length=200, blank=True)
    anchor_on = models.DateField(_("day of the event"), null=True, blank=True)
    offset_days = models.SmallIntegerField(_("days after it (before it: negative)"), null=True, blank=True)
    party = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("party"),
        help_text=_("Empty: all parties."),
    )
    post = models.ForeignKey(
        Post,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("post"),
        help_text=_("Empty: the lead."),
    )
    dated_at = models.DateTimeField(_("this date stands since"), editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_on", "id"]
        indexes = [
            # Planning reads open dates from here alone; the last column only says again that they are open.
            models.Index(
                fields=[
                    *("due_on", "id", "commitment", "meeting", "kind", "party", "post", "dated_at"),
                    "closed_at",
                ],
                condition=Q(closed_at=None),
                name="commitments_followup_open",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(commitment=None, meeting__isnull=False)
                | Q(commitment__isnull=False, meeting=None),
                name="commitments_followup_of_one_thing",
                violation_error_message=_("A follow-up belongs to one commitment or to one meeting."),
            ),
            models.CheckConstraint(
                condition=Q(due_on__range=(FIRST_DUE_ON, LAST_DUE_ON)),
                name="commitments_followup_due_within_the_calendar",
                violation_error_message=_("Give a date between 1902 and 2098."),
            ),
            models.CheckConstraint(
                condition=Q(window_start_on=None) | Q(window_start_on__lte=F("due_on")),
                name="commitments_followup_window_ends_after_it_starts",
                violation_error_message=_("The window ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="commitments_followup_closed_has_its_outcome",
            ),
            models.CheckConstraint(
                condition=Q(anchor_meeting=None) | Q(anchor_on=None, anchor_event=""),
                name="commitments_followup_one_anchor",
                violation_error_message=_("Count either from a meeting or from an event."),
            ),
            models.UniqueConstraint(
                "commitment",
                "kind",
                Coalesce("party_id", 0),
                condition=Q(closed_at=None, kind__in=COMPUTED_KINDS),
                name="commitments_followup_only_the_next",
                violation_error_message=_("It has a next date of this kind already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.get_kind_display()} {self.due_on}"

    @property
    def subject(self) -> Commitment | Meeting | None:
        return self.commitment or self.meeting

    @property
    def forum(self) -> Forum:
        """Where its desk is looked for: the working group's, else the forum's."""
        if self.commitment is not None:
            return self.commitment.working_group or self.commitment.forum
        assert self.meeting is not None  # commitments_followup_of_one_thing
        return self.meeting.forum

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and (self.commitment is None or self.commitment.is_live)

    @property
    def waits_for_meeting(self) -> bool:
        """It hangs on a meeting without a date, and stands on the review cycle until there is one."""
        return self.anchor_meeting is not None and self.anchor_meeting.starts_on is None

    def has_no_record(self, today: date) -> bool:
        """The row's answer to FollowUpQuerySet.without_record."""
        ours = self.kind == self.Kind.OCCURRENCE and self.basis != self.Basis.DECLARED
        return ours and self.is_open and self.due_on < today

    def is_overdue(self, today: date) -> bool:
        return self.is_open and self.due_on < today and not self.has_no_record(today)

    def clean(self) -> None:
        super().clean()
        if self.window_start_on and self.due_on and self.window_start_on > self.due_on:
            message = _("The window ends before it starts. Give an end on or after %(day)s.")
            raise ValidationError({"due_on": message % {"day": self.window_start_on}})
        declared = self.commitment.declared_on if self.commitment_id and self.commitment else None
        if declared and self.due_on and self.due_on < declared:
            message = _("This date lies before the document of %(day)s.")
            raise ValidationError({"due_on": message % {"day": declared}})

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.dated_at is None:
            self.dated_at = timezone.now()
        super().save(*args, **kwargs)

    def move_to(self, due_on: date, *, now: datetime, reason: str, basis: str | None = None) -> None:
        """A new date for the same thing. The old one stays in the history; reminders start anew for the new one."""
        if due_on == self.due_on and (basis is None or basis == self.basis):
            return
        if due_on != self.due_on:
            self.dated_at = now
        self.due_on, self.basis = due_on, basis or self.basis
        if self.window_start_on and self.window_start_on > due_on:
            self.window_start_on = None
        self.clean()
        with writing(why=reason):
            self.save(update_fields=["due_on", "basis", "dated_at", "window_start_on"])

    def give_to(self, post: Post | None) -> None:
        """Another post answers for this date; none: the lead."""
        self.post = post
        self.save(update_fields=["post"])

    def hang_on(self, meeting: Meeting | None) -> None:
        """Counted from another meeting than before, which was cancelled; or from none."""
        self.anchor_meeting = meeting
        self.save(update_fields=["anchor_meeting"])

    def close(self, outcome: str, *, now: datetime, reason: str = "") -> None:
        if self.closed_at is not None:
            return
        self.closed_at, self.outcome = now, outcome
        with writing(why=reason):
            self.save(update_fields=["closed_at", "outcome"])

    def earlier_dates(self) -> list[EarlierDate]:
        """(date that stood, until when, why it moved), oldest first; from the history."""
        return self.earlier_dates_of([self])[self.pk]

    @classmethod
    def earlier_dates_of(cls, follow_ups: Iterable[FollowUp]) -> dict[int, list[EarlierDate]]:
        """By follow-up, in one question."""
        found: dict[int, list[EarlierDate]] = {follow_up.pk: [] for follow_up in follow_ups}
        changed = Change.objects.filter(
            model=cls._meta.label_lower, object_id__in=list(found), action=Change.Action.CHANGED
        )
        for change in changed.order_by("id"):
            if change.before and change.after and change.before["due_on"] != change.after["due_on"]:
                stood = date.fromisoformat(change.before["due_on"])
                found[change.object_id].append((stood, change.at, change.why))
        return found


class RequestQuerySet(RecordedQuerySet):
    def proposed(self) -> RequestQuerySet:
        return self.filter(state=Request.State.PROPOSED)


class Request(Recorded):
    """What an owner asks of the desk: more time, another owner, or “not mine”. The desk decides."""

    class Kind(models.TextChoices):
        EXTENSION = "extension", _("more time")
        HAND_OVER = "hand_over", _("hand-over")
        NOT_MINE = "not_mine", _("not mine")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waiting for the desk")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("returned")

    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="requests", verbose_name=_("follow-up")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked by the post")
    )
    due_on = models.DateField(_("for the date"))
    proposed_on = models.DateField(_("proposed date"), null=True, blank=True)
    proposed_owner = LineField(_("proposed owner"), max_length=300, blank=True)
    reason = ProseField(_("reason"), blank=True)
    asked_by = LineField(_("name given"), max_length=200, blank=True)
    letter_number = LineField(_("letter number"), max_length=100, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PROPOSED, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decision = ProseField(_("what the desk said"), blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="extension") | Q(proposed_on__isnull=False),
                name="commitments_request_extension_names_a_day",
                violation_error_message=_("Give the new date you propose."),
            ),
            models.UniqueConstraint(
                fields=["follow_up", "post", "kind", "due_on"],
                condition=Q(state="proposed"),
                name="commitments_request_asked_once",
                violation_error_message=_("This has been asked already and waits for the desk."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.follow_up_id}"

    def clean(self) -> None:
        super().clean()
        if self.kind == self.Kind.EXTENSION and self.proposed_on and self.proposed_on <= self.due_on:
            message = _("Give a date after %(day)s.")
            raise ValidationError({"proposed_on": message % {"day": self.due_on}})

    def decide(self, state: str, *, by: User | None, now: datetime, decision: str = "") -> None:
        """Once: of two officers the second is told that the first was quicker."""
        undecided = Request.objects.proposed().filter(pk=self.pk)
        if not undecided.update(state=state, decided_by=by, decided_at=now, decision=decision):
            raise ValidationError(_("This request was decided already."))
        self.state, self.decided_by, self.decided_at, self.decision = state, by, now, decision
