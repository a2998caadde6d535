"""What was done about a commitment, who said so and how the desk came to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.models.changes import Recorded, RecordedQuerySet
from commitments.models.commitments import Commitment
from commitments.models.follow_ups import FollowUp
from commitments.models.naming import in_language
from commitments.models.parties import Party, Post, User


class ProgressReportQuerySet(RecordedQuerySet):
    def cleared(self) -> ProgressReportQuerySet:
        return self.filter(state=ProgressReport.State.CLEARED)

    def waiting(self) -> ProgressReportQuerySet:
        """For the desk to clear or return."""
        return self.filter(state=ProgressReport.State.SUBMITTED)

    def with_words(self) -> ProgressReportQuerySet:
        """More than “no change”."""
        return self.exclude(internal="", shareable_en="", shareable_ko="", shareable_ja="")

    def heard(self, commitment: Any, party: Any) -> ProgressReportQuerySet:
        """Cleared words of a commitment, newest first. What was said for another party does not count."""
        of_party = Q(party=None) | Q(party=Coalesce(party, F("party"), output_field=models.BigIntegerField()))
        cleared = self.cleared().filter(of_party, commitment=commitment)
        return cleared.order_by("-reported_on", "-pk")

    def with_repetition(self) -> ProgressReportQuerySet:
        """`third_unchanged`: it says “no change”, as did the last two that were cleared before it."""
        earlier = Q(reported_on=OuterRef("reported_on"), pk__lt=OuterRef("pk"))
        before = ProgressReport.objects.heard(OuterRef("commitment"), OuterRef("party"))
        said = before.filter(earlier | Q(reported_on__lt=OuterRef("reported_on"))).values("no_change")
        told = self.annotate(said_before=Subquery(said[:1]), said_first=Subquery(said[1:2]))
        repeated = When(no_change=True, said_before=True, said_first=True, then=Value(True))
        return told.annotate(third_unchanged=Case(repeated, default=Value(False)))


class ProgressReport(Recorded):
    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waiting for the desk")
        RETURNED = "returned", _("returned")
        CLEARED = "cleared", _("cleared")

    class Source(models.TextChoices):
        ANSWER_PAGE = "answer_page", _("answer page")
        MAIL = "mail", _("mail")
        TELEPHONE = "telephone", _("telephone")
        LETTER = "letter", _("letter")
        MEETING = "meeting", _("meeting")
        REGISTER = "register", _("entered in the register")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="reports", verbose_name=_("commitment")
    )
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("follow-up")
    )
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("party")
    )
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for the post")
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    no_change = models.BooleanField(_("no change"), default=False)
    internal = ProseField(_("what was done (internal)"), blank=True)
    shareable_en = ProseField(_("for others to read, in English"), blank=True)
    shareable_ko = ProseField(_("for others to read, in Korean"), blank=True)
    shareable_ja = ProseField(_("for others to read, in Japanese"), blank=True)
    source = models.CharField(_("how we know"), max_length=11, choices=Source, default=Source.REGISTER)
    letter_number = LineField(_("letter number"), max_length=100, blank=True)
    reported_by = LineField(_("name given"), max_length=200, blank=True)
    reported_on = models.DateField(_("reported on"))
    recorded_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
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

    objects = ProgressReportQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-reported_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(no_change=True)
                | ~Q(internal="")
                | ~Q(shareable_en="")
                | ~Q(shareable_ko="")
                | ~Q(shareable_ja=""),
                name="commitments_progressreport_says_something",
                violation_error_message=_("Write one sentence, or choose “no change”."),
            ),
            models.CheckConstraint(
                condition=~Q(source="letter") | ~Q(letter_number=""),
                name="commitments_progressreport_letter_has_its_number",
                violation_error_message=_("Give the number of the letter."),
            ),
        ]

    def __str__(self) -> str:
        return self.line or str(_("no change") if self.no_change else "")

    @property
    def shareable(self) -> str:
        return in_language(self, "shareable")

    @property
    def line(self) -> str:
        """Its first line, for lists and mails."""
        words = self.shareable or self.internal
        return words.splitlines()[0][:200] if words else ""

    def clean(self) -> None:
        super().clean()
        if self.follow_up is not None and self.follow_up.commitment_id != self.commitment_id:
            raise ValidationError({"follow_up": _("That date belongs to another commitment.")})

    def is_third_unchanged(self) -> bool:
        """The row's answer to with_repetition(); of one that is not saved, whether it would be."""
        if self.pk is not None:
            return ProgressReport.objects.with_repetition().filter(pk=self.pk, third_unchanged=True).exists()
        party = Value(self.party_id, models.BigIntegerField())
        said = ProgressReport.objects.heard(self.commitment_id, party).values_list("no_change", flat=True)
        return self.no_change and list(said[:2]) == [True, True]

    def submit(self) -> None:
        self.state = self.State.SUBMITTED
        self.save(update_fields=["state"])

    def decide(self, state: str, *, by: User | None, now: datetime, decision: str = "") -> None:
        """Once: of two officers the second is told that the first was quicker."""
        self.state, self.decided_by, self.decided_at, self.decision = state, by, now, decision
        self.validate_constraints()  # a draft may still say nothing
        undecided = ProgressReport.objects.filter(
            pk=self.pk, state__in=[self.State.DRAFT, self.State.SUBMITTED]
        )
        if not undecided.update(state=state, decided_by=by, decided_at=now, decision=decision):
            raise ValidationError(_("This report was decided already."))


class Evidence(Recorded):
    """What shows it: an address or the number of a letter. Files stay in the document system."""

    report = models.ForeignKey(
        ProgressReport, models.PROTECT, related_name="evidence", verbose_name=_("progress report")
    )
    title = LineField(_("title"), max_length=300)
    url = models.URLField(_("address"), max_length=500, blank=True)
    letter_number = LineField(_("letter number"), max_length=100, blank=True)

    class Meta(Recorded.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["report", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(url="") | ~Q(letter_number=""),
                name="commitments_evidence_can_be_found",
                violation_error_message=_("Give an address or a letter number."),
            )
        ]

    def __str__(self) -> str:
        return self.title
