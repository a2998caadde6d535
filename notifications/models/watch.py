"""Signs of life: which part ran last, and how far planning has come."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a part last did its work to the end."""

    part = models.CharField(_("part"), max_length=30, unique=True)
    at = models.DateTimeField(_("at"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        ordering = ["part"]

    def __str__(self) -> str:
        return f"{self.part}: {self.at}"

    @classmethod
    def beat(cls, part: str, *, now: datetime) -> None:
        """In one statement: several workers may come to their end at once."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(part=part, at=now)],
            update_conflicts=True,
            unique_fields=["part"],
            update_fields=["at"],
        )

    @classmethod
    def last(cls, part: str) -> datetime | None:
        return cls.objects.filter(part=part).values_list("at", flat=True).first()


class PlanningMark(models.Model):
    """How far planning has come: per working calendar the local day, and the last change it has seen."""

    calendar_id = models.BigIntegerField(primary_key=True)
    planned_on = models.DateField()
    change_number = models.BigIntegerField(default=0)
    full_at = models.DateTimeField()

    class Meta:
        ordering = ["calendar_id"]

    def __str__(self) -> str:
        return f"{self.calendar_id}: {self.planned_on}"
