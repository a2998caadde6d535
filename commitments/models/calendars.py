"""Which days a ministry works: a country's public holidays, and what was decided at short notice."""

from __future__ import annotations

import zoneinfo
from datetime import date

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
    """Of a country, or of one ministry that closes on days of its own: then it follows that of the country."""

    trees = ("parent",)

    code = LineField(_("code"), max_length=20, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("follows"),
        help_text=_("For a ministry: the calendar of its country, whose days hold here too."),
    )
    country = LineField(
        _("country"),
        max_length=2,
        blank=True,
        help_text=_(
            "Two letters (ISO 3166), for its public holidays. "
            "Empty: that of the calendar it follows, else weekends only."
        ),
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
        """The calendar as arithmetic; reads the exceptions once, and those of the calendars it follows."""
        exceptions = self._exceptions()
        return WorkingCalendar(
            country=self._table(),
            closed=frozenset(day for day, (working, _name) in exceptions.items() if not working),
            open=frozenset(day for day, (working, _name) in exceptions.items() if working),
            names={day: name for day, (_working, name) in exceptions.items()},
        )

    def _table(self) -> str:
        """The country whose public holidays hold here."""
        return self.country or (self.parent._table() if self.parent else "")

    def _exceptions(self) -> dict[date, tuple[bool, str]]:
        """Of what two calendars say about a day, its own word counts."""
        above = self.parent._exceptions() if self.parent else {}
        own = self.exceptions.values_list("day", "working", "name") if self.pk else ()
        return above | {day: (working, name) for day, working, name in own}


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
