"""Lineage: what a commitment takes up, moves on or replaces."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.locking import exclusively
from commitments.models.changes import Recorded, Row
from commitments.models.commitments import Commitment
from commitments.models.documents import Document
from commitments.trees import CYCLE


class CommitmentRelation(Recorded):
    """Lineage: what a commitment takes up, moves on or replaces; of an older item or of a mandate document."""

    class Kind(models.TextChoices):
        REAFFIRMS = "reaffirms", _("reaffirms")
        ADVANCES = "advances", _("advances")
        WEAKENS = "weakens", _("weakens")
        SUPERSEDES = "supersedes", _("supersedes")
        IMPLEMENTS = "implements", _("implements")
        DUPLICATES = "duplicates", _("duplicates")
        DERIVES_FROM = "derives_from", _("derives from")

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, related_name="relations", verbose_name=_("commitment")
    )
    kind = models.CharField(_("relation"), max_length=12, choices=Kind)
    other = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="related_from",
        verbose_name=_("other commitment"),
    )
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="mandates", verbose_name=_("document")
    )
    note = LineField(_("note"), max_length=500, blank=True)

    class Meta(Recorded.Meta):
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ["commitment", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(other=None, document__isnull=False) | Q(other__isnull=False, document=None),
                name="commitments_commitmentrelation_one_target",
                violation_error_message=_("Choose either the other commitment or the document."),
            ),
            models.CheckConstraint(
                condition=Q(other=None) | ~Q(other=F("commitment")),
                name="commitments_commitmentrelation_is_another",
                violation_error_message=_("A commitment has no relation to itself."),
            ),
            models.UniqueConstraint(
                fields=["commitment", "kind", "other"],
                name="commitments_commitmentrelation_once",
                violation_error_message=_("This relation is in the register already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.other or self.document}"

    def clean(self) -> None:
        super().clean()
        if self.other_id is not None and self.commitment_id in self._reached_from({self.other_id}):
            raise ValidationError({"other": CYCLE}, code="cycle")

    @classmethod
    def verify(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        written = [row for key, row in after.items() if row["other_id"] and row != before.get(key)]
        if not written:
            return
        with exclusively("commitment relations"):
            for row in written:
                if row["commitment_id"] in cls._reached_from({row["other_id"]}):
                    raise ValidationError({"other": CYCLE}, code="cycle")

    @classmethod
    def _reached_from(cls, found: set[int]) -> set[int]:
        """Every commitment that `found` relate to, at any distance, and `found` themselves."""
        border = found
        while border:
            links = cls.objects.filter(commitment__in=border, other__isnull=False)
            border = set(links.values_list("other_id", flat=True)) - found
            found = found | border
        return found
