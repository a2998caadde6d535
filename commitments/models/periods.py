"""Rows that hold from one day until another, both included; without a last day until further notice."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db.models import OuterRef, Q

from commitments.models.changes import RecordedQuerySet


class PeriodQuerySet(RecordedQuerySet):
    def on(self, day: date | OuterRef) -> Self:
        return self.overlapping(day, day)

    def overlapping(self, from_on: date | OuterRef, until_on: date | OuterRef | None) -> Self:
        begun = self if until_on is None else self.filter(from_on__lte=until_on)
        return begun.filter(Q(until_on=None) | Q(until_on__gte=from_on))
