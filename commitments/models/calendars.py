"""Which days a ministry works: a country's public holidays, and what was decided at short notice."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models.changes import Recorded
from commitments.models.naming import Named
from commitments.working_days import WorkingCalendar


def refuse_unknown_zone(value: str) -> None:
    if value and value not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(zone)s” is no time zone. Example: Asia/Seoul."), params={"zone": value})


class Calendar(Named):
    code = LineField(_("code"), max_length=20, unique=True)
    country = LineField(
        _("country"),
        max_length=2,
        blank=True,
        help_text=_("Two letters (ISO 3166), for its public holidays. Empty: weekends only."),
    )
    zone = LineField(_("time zone"), max_length=60, default="UTC", validators=[refuse_unknown_zone])

    class Meta(Named.Meta):
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["code"]

    def clean(self) -> None:
        super().clean()
        try:
            self.working_days()
        except ValueError as error:
            raise ValidationError({"country": str(error)}) from error

    def working_days(self) -> WorkingCalendar:
        """The calendar as arithmetic; reads the exceptions once."""
        exceptions = list(self.exceptions.values_list("day", "working")) if self.pk else []
        return WorkingCalendar(
            country=self.country,
            closed=frozenset(day for day, working in exceptions if not working),
            open=frozenset(day for day, working in exceptions if working),
        )


class Holiday(Recorded):
    """A day that the country's table does not know: an ad-hoc holiday, a closure, or a working Saturday."""

    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="exceptions", verbose_name=_("calendar")
    )
    day = models.DateField(_("day"))
    name = LineField(_("name"), max_length=200)
    working = models.BooleanField(_("working day"), default=False)

    class Meta(Recorded.Meta):
        verbose_name = _("exceptional day")
        verbose_name_plural = _("exceptional days")
        ordering = ["calendar", "day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="commitments_holiday_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"
