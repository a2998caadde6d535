"""Which post has which part in a commitment, and who may see a restricted one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models.changes import Recorded, Row
from commitments.models.commitments import Commitment
from commitments.models.parties import Party, Post, PostHolding, User
from commitments.models.periods import PeriodQuerySet

AT_ONCE = 500  # keys in one question
SAME_HANDS = _("The validator must be another person than the lead.")


class AssignmentQuerySet(PeriodQuerySet):
    def active(self, today: date | OuterRef) -> AssignmentQuerySet:
        return self.on(today)

    def leads(self) -> AssignmentQuerySet:
        return self.filter(role=Assignment.Role.LEAD)


class Assignment(Recorded):
    """A post's part in a commitment. At most one lead a party; `party` is that of the post's organisation."""

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        SUPPORTING = "supporting", _("supporting")
        WORKING_GROUP_LEAD = "working_group_lead", _("working-group lead")
        VALIDATOR = "validator", _("validator")
        COUNTERPART = "counterpart", _("counterpart contact")
        OBSERVER = "observer", _("observer")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="assignments", db_index=False, verbose_name=_("commitment")
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="assignments", verbose_name=_("post"))
    party = models.ForeignKey(
        Party, models.PROTECT, editable=False, related_name="+", verbose_name=_("party")
    )
    role = models.CharField(_("role"), max_length=18, choices=Role, default=Role.LEAD)
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("who is responsible")
        verbose_name_plural = _("who is responsible")
        ordering = ["commitment", "role", "id"]
        indexes = [
            # Who answers for a commitment on a day is read from here alone.
            models.Index(
                fields=["commitment", "role", "party", "post", "from_on", "until_on"],
                name="commitments_assignment_of",
            ),
            models.Index(fields=["from_on"], name="commitments_assignment_begins"),
            models.Index(fields=["until_on"], name="commitments_assignment_ends"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "party"],
                condition=Q(role="lead", until_on=None),
                name="commitments_assignment_one_lead",
                violation_error_message=_("This party has a lead for it already. End that one first."),
            ),
            models.UniqueConstraint(
                fields=["commitment", "post"],
                condition=Q(role__in=["lead", "validator"], until_on=None),
                name="commitments_assignment_validator_is_another",
                violation_error_message=_("The validator must be another post than the lead."),
            ),
            models.UniqueConstraint(
                fields=["commitment", "post", "role"],
                condition=Q(until_on=None),
                name="commitments_assignment_once",
                violation_error_message=_("This post has that part already."),
            ),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="commitments_assignment_ends_after_it_starts",
                violation_error_message=_("The responsibility ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.post}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.party_id = self.post.organisation.party_id
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """The same rule as the trigger assignment_lead, said before the database refuses."""
        super().clean()
        if self.post_id is None or self.commitment_id is None or self.from_on is None:
            return
        self.party_id = self.post.organisation.party_id
        others = Assignment.objects.filter(commitment=self.commitment_id).exclude(pk=self.pk)
        others = others.overlapping(self.from_on, self.until_on)
        if self.role == self.Role.LEAD and others.leads().filter(party=self.party_id).exists():
            raise ValidationError({"role": _("This party has a lead for it already. End that one first.")})
        if self.apart and others.filter(post=self.post_id, role=self.apart).exists():
            raise ValidationError({"post": _("The validator must be another post than the lead.")})
        if self._is_in_the_same_hands():
            raise ValidationError({"post": SAME_HANDS})

    @classmethod
    def verify(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        """Lead and validator are two people when a part begins; see `apart`."""
        super().verify(before, after)
        written = [cls(**row) for key, row in after.items() if row != before.get(key)]
        validated = cls._validated({part.commitment_id for part in written if part.apart})
        if any(part._is_in_the_same_hands() for part in written if part.commitment_id in validated):
            raise ValidationError({"post": SAME_HANDS})

    @classmethod
    def _validated(cls, commitments: set[int]) -> set[int]:
        """Those that have a validator: few, so that a large import asks no question for each of its leads."""
        keys, found = sorted(commitments), set()
        for start in range(0, len(keys), AT_ONCE):
            rows = cls.objects.filter(role=cls.Role.VALIDATOR, commitment__in=keys[start : start + AT_ONCE])
            found |= set(rows.values_list("commitment_id", flat=True))
        return found

    @property
    def apart(self) -> str:
        """The role that must be in other hands than this one."""
        lead, validator = self.Role.LEAD.value, self.Role.VALIDATOR.value
        return {lead: validator, validator: lead}.get(self.role, "")

    def _is_in_the_same_hands(self) -> bool:
        """Somebody would hold the post of the lead and that of the validator; leave (acting) does not count."""
        if not self.apart or self.from_on is None:
            return False
        others = Assignment.objects.filter(commitment=self.commitment_id, role=self.apart)
        others = others.overlapping(self.from_on, self.until_on).exclude(pk=self.pk)
        held = PostHolding.objects.filter(acting=False).overlapping(self.from_on, self.until_on)
        own = held.filter(post=self.post_id)
        theirs = held.filter(post__in=others.values("post"), user__in=own.values("user"))
        return any(own.filter(user=h.user_id).overlapping(h.from_on, h.until_on).exists() for h in theirs)

    def end(self, *, on: date) -> None:
        """Last day of this part; one that began later is withdrawn."""
        if self.from_on > on:
            self.delete()
            return
        self.until_on = on
        self.save(update_fields=["until_on"])


class Grant(Recorded):
    """Need to know: who may see one restricted commitment. No role widens it."""

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="grants", verbose_name=_("commitment")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="grants", verbose_name=_("person"))
    reason = LineField(_("reason"), max_length=300)

    class Meta(Recorded.Meta):
        verbose_name = _("person who may see it")
        verbose_name_plural = _("people who may see it")
        ordering = ["commitment", "user"]
        constraints = [models.UniqueConstraint(fields=["commitment", "user"], name="commitments_grant_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.commitment_id}"
