"""How a person wants to be told: the hour, the days, the door. Duties are bundled, never switched off."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, time, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.locking import exclusively
from commitments.models import Recorded, User
from notifications.ladders import DIGEST_HOUR

LONGEST_PAUSE = timedelta(days=31)
EARLIEST_HOUR, LATEST_HOUR = time(5), time(20)
EVERY_WORKING_DAY = "12345"


class Preference(Recorded):
    unrecorded = frozenset({"chat_address"})  # a secret: whoever knows it can write there

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly", _("once a week")
        DAILY = "daily", _("each day on which there is something")

    class Channel(models.TextChoices):
        MAIL = "mail", _("mail")
        CHAT = "chat", _("chat")

    user = models.OneToOneField(User, models.PROTECT, related_name="preference", verbose_name=_("person"))
    hour = models.TimeField(_("from what hour"), default=DIGEST_HOUR)
    days = models.CharField(
        _("days on which I work"),
        max_length=7,
        default=EVERY_WORKING_DAY,
        validators=[RegexValidator(r"^1?2?3?4?5?6?7?$", _("Digits from 1, Monday, to 7, Sunday, in order."))],
    )
    rhythm = models.CharField(_("how often"), max_length=6, choices=Rhythm, default=Rhythm.WEEKLY)
    pause_from_on = models.DateField(_("nothing from"), null=True, blank=True)
    pause_until_on = models.DateField(_("nothing until"), null=True, blank=True)
    duties_by = models.CharField(_("duties by"), max_length=4, choices=Channel, default=Channel.MAIL)
    overview = models.BooleanField(_("weekly overview"), default=True)
    overview_by = models.CharField(_("overview by"), max_length=4, choices=Channel, default=Channel.MAIL)
    chat_address = LineField(_("address of the chat"), max_length=500, blank=True)

    class Meta(Recorded.Meta):
        verbose_name = _("preferences of a person")
        verbose_name_plural = _("preferences of people")
        ordering = ["user"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(days=""),
                name="notifications_preference_works_some_day",
                violation_error_message=_("Leave at least one day to be told on."),
            ),
            models.CheckConstraint(
                condition=Q(hour__gte=EARLIEST_HOUR, hour__lte=LATEST_HOUR),
                name="notifications_preference_hour_of_the_day",
                violation_error_message=_("Choose an hour from 5:00 to 20:00."),
            ),
            models.CheckConstraint(
                condition=Q(pause_from_on=None, pause_until_on=None)
                | Q(
                    pause_from_on__isnull=False,
                    pause_until_on__isnull=False,
                    pause_until_on__gte=F("pause_from_on"),
                ),
                name="notifications_preference_pause_has_an_end",
                violation_error_message=_("A pause needs its first and its last day."),
            ),
            models.CheckConstraint(
                condition=Q(duties_by="mail", overview_by="mail") | ~Q(chat_address=""),
                name="notifications_preference_chat_has_its_address",
                violation_error_message=_("Give the address of the chat."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    def clean(self) -> None:
        super().clean()
        first, last = self.pause_from_on, self.pause_until_on
        if (first is None) != (last is None):
            message = _("A pause needs its first and its last day.")
            raise ValidationError({"pause_until_on" if first else "pause_from_on": message})
        if first and last and last < first:
            raise ValidationError({"pause_until_on": _("The pause ends before it starts.")})
        if first and last and last - first >= LONGEST_PAUSE:
            message = _("At most 31 days. Who is away longer lets somebody act for them.")
            raise ValidationError({"pause_until_on": message})

    @classmethod
    def of(cls, user: User) -> Preference:
        """What the person chose, else what holds for everybody."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    @staticmethod
    def one_at_a_time(user: User) -> AbstractContextManager[None]:
        """Of two who save at once the second changes the row of the first."""
        return exclusively(f"preferences of {user.pk}")

    @classmethod
    def switch_overview(cls, user: User, *, on: bool) -> None:
        with cls.one_at_a_time(user):
            preference = cls.of(user)
            preference.overview = on
            preference.save()

    def pauses_on(self, day: date) -> bool:
        if self.pause_from_on is None or self.pause_until_on is None:
            return False
        return self.pause_from_on <= day <= self.pause_until_on

    @property
    def weekend(self) -> frozenset[int]:
        """Days off as a WorkingCalendar counts them, from Monday, 0."""
        return frozenset(range(7)) - {int(digit) - 1 for digit in self.days}
