"""What is decided about bodies for a day: a new name, a part that becomes a body, posts that go to another one."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models.changes import Recorded, RecordedQuerySet
from commitments.models.naming import LANGUAGES, in_language
from commitments.models.parties import Organisation, Post, User

NAMES = [f"name_{code}" for code in LANGUAGES]


class ReorganisationQuerySet(RecordedQuerySet):
    def planned(self) -> ReorganisationQuerySet:
        return self.filter(done_at=None)


class Reorganisation(Recorded):
    """Carried out on its day by commitments/reorganising.py, once. Until then nothing has changed."""

    class Kind(models.TextChoices):
        RENAME = "rename", _("new name")
        SPLIT = "split", _("part that becomes an organisation of its own")
        TRANSFER = "transfer", _("transfer to another organisation")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="reorganisations", verbose_name=_("organisation")
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    effective_on = models.DateField(_("from"))
    name_en = LineField(_("new name in English"), max_length=300, blank=True)
    name_ko = LineField(_("new name in Korean"), max_length=300, blank=True)
    name_ja = LineField(_("new name in Japanese"), max_length=300, blank=True)
    target = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("goes to"),
    )
    whole = models.BooleanField(_("with everything in it"), default=False)
    reason = LineField(_("reason"), max_length=500, blank=True)
    planned_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    done_at = models.DateTimeField(_("carried out at"), null=True, blank=True, editable=False)

    objects = ReorganisationQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("reorganisation")
        verbose_name_plural = _("reorganisations")
        ordering = ["effective_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "effective_on"],
                condition=Q(kind="rename"),
                name="commitments_reorganisation_one_name_a_day",
                violation_error_message=_("A new name is entered for that day already. Withdraw it first."),
            ),
            models.CheckConstraint(
                condition=Q(kind="transfer") | ~Q(name_en="", name_ko="", name_ja=""),
                name="commitments_reorganisation_has_its_name",
                violation_error_message=_("Give it a name in at least one language."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="transfer") | Q(target__isnull=False),
                name="commitments_reorganisation_goes_somewhere",
                violation_error_message=_("Say to which organisation they go."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.organisation}"

    @property
    def name(self) -> str:
        return in_language(self, "name")

    @property
    def names(self) -> dict[str, str]:
        return {column: getattr(self, column) for column in NAMES}

    def is_stuck(self, today: date) -> bool:
        """Its day has passed, and something has kept it from being carried out."""
        return self.done_at is None and self.effective_on < today

    def clean(self) -> None:
        super().clean()
        if self.kind == self.Kind.RENAME:
            self.organisation.refuse_name(self.names, from_on=self.effective_on)
        if self.target is not None and self.target.party_id != self.organisation.party_id:
            raise ValidationError({"target": _("That organisation belongs to another party.")})
        if self.target is not None and self.target == self.organisation:
            raise ValidationError({"target": _("That is the same organisation. Choose another.")})

    def leaving_posts(self) -> models.QuerySet[Post]:
        """Of those that were chosen, whatever is still there; all of them if the whole body goes."""
        chosen = Q() if self.whole else Q(moves__reorganisation=self)
        return Post.objects.filter(chosen, organisation=self.organisation_id)

    def mark_done(self, *, now: datetime) -> None:
        self.done_at = now
        self.save(update_fields=["done_at", "target"])

    def withdraw(self) -> None:
        """Before its day; what was carried out is changed back by another one."""
        if self.done_at is not None:
            raise ValidationError(_("This has been carried out. Enter what is to hold from now on."))
        self.moved.all().delete()
        self.delete()


class MovedPost(Recorded):
    """A post that goes with a reorganisation. Where it was before is the reorganisation's own body."""

    reorganisation = models.ForeignKey(
        Reorganisation, models.PROTECT, related_name="moved", verbose_name=_("reorganisation")
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="moves", verbose_name=_("post"))

    class Meta(Recorded.Meta):
        verbose_name = _("post that moves")
        verbose_name_plural = _("posts that move")
        ordering = ["reorganisation", "post"]
        constraints = [
            models.UniqueConstraint(fields=["reorganisation", "post"], name="commitments_movedpost_once")
        ]

    def __str__(self) -> str:
        return f"{self.post}: {self.reorganisation_id}"
