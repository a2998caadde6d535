"""How a commitment of high priority ends: one person proposes it, with evidence, and another confirms it."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.fields import ProseField
from commitments.models.assignments import Assignment
from commitments.models.changes import Recorded, RecordedQuerySet
from commitments.models.commitments import Commitment
from commitments.models.parties import PostHolding, User


class ClosingQuerySet(RecordedQuerySet):
    def proposed(self) -> ClosingQuerySet:
        return self.filter(state=Closing.State.PROPOSED)

    def to_confirm_by(self, user: User) -> ClosingQuerySet:
        """Proposed by somebody else; whether `user` may, the rows still say."""
        return self.proposed().exclude(proposed_by=user)


class Closing(Recorded):
    class State(models.TextChoices):
        PROPOSED = "proposed", _("waiting for a second person")
        CONFIRMED = "confirmed", _("confirmed")
        RETURNED = "returned", _("returned")
        UNDONE = "undone", _("opened again since")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="closings", verbose_name=_("commitment")
    )
    implementation = models.CharField(
        _("what became of it"), max_length=12, choices=Commitment.Implementation
    )
    reason = ProseField(_("why it is closed"))
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PROPOSED, editable=False)
    decided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decision = ProseField(_("what the desk said"), blank=True)

    objects = ClosingQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("proposed closing")
        verbose_name_plural = _("proposed closings")
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="commitments_closing_decided_has_its_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "undone"]) | ~Q(decided_by=F("proposed_by")),
                name="commitments_closing_by_two_people",
                violation_error_message=_("Whoever proposed the closing cannot confirm it."),
            ),
            models.UniqueConstraint(
                fields=["commitment"],
                condition=Q(state="proposed"),
                name="commitments_closing_proposed_once",
                violation_error_message=_("Its closing has been proposed and waits for a second person."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_implementation_display()}: {self.commitment_id}"

    def decide(self, state: str, *, by: User, now: datetime, decision: str = "") -> None:
        """Once: of two officers the second is told that the first was quicker."""
        if state == self.State.CONFIRMED:
            self._refuse_the_same_hands(by, now)
        waiting = Closing.objects.proposed().filter(pk=self.pk)
        if not waiting.update(state=state, decided_by=by, decided_at=now, decision=decision):
            raise ValidationError(_("This closing was decided already."))
        self.state, self.decided_by, self.decided_at, self.decision = state, by, now, decision

    def _refuse_the_same_hands(self, by: User, now: datetime) -> None:
        if by.pk == self.proposed_by_id:
            raise ValidationError(_("Whoever proposed the closing cannot confirm it."))
        today = timezone.localdate(now)
        leading = Assignment.objects.active(today).leads().filter(commitment=self.commitment_id)
        held = PostHolding.objects.on(today).filter(user=by, post__in=leading.values("post"))
        if held.exists():
            raise ValidationError(_("You hold the post that leads it. Somebody else has to confirm."))
