"""The doors through which messages leave: switched on by a person, paused by themselves."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models import Recorded

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)


class OutgoingMail(Recorded):
    """Whether mail leaves for real addresses. One row; off in a new installation."""

    enabled = models.BooleanField(_("switched on"), default=False)

    class Meta(Recorded.Meta):
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="notifications_outgoingmail_single"),
        ]

    def __str__(self) -> str:
        return str(_("on") if self.enabled else _("off"))

    @classmethod
    def is_enabled(cls) -> bool:
        return cls.objects.filter(enabled=True).exists()

    @classmethod
    def switch(cls, enabled: bool) -> None:
        cls.objects.update_or_create(pk=1, defaults={"enabled": enabled})


class ChannelPauseQuerySet(models.QuerySet["ChannelPause"]):
    def standing(self, now: datetime) -> ChannelPauseQuerySet:
        """Their next trial is still to come."""
        return self.filter(until__gt=now)

    def pause(self, channel: str, reason: str, *, now: datetime) -> None:
        """Somebody met it for the first time, or a trial has failed."""
        log.error("The channel “%s” is paused, all its messages wait: %s", channel, reason)
        known = {"reason": reason, "since": now, "until": now + FIRST_PAUSE}
        _pause, is_new = self.get_or_create(channel=channel, defaults=known)
        if not is_new:
            self.filter(channel=channel).update(reason=reason)

    def lift(self, channel: str) -> None:
        if self.filter(channel=channel).delete()[0]:
            log.warning("The channel “%s” is open again", channel)


class ChannelPause(models.Model):
    """A door that cannot send at all (password refused, certificate, sender): no message fails for that.

    One row a channel, made by the worker that met it, removed by the first message that passes."""

    channel = models.CharField(_("channel"), max_length=10, unique=True)
    reason = models.TextField(_("what went wrong"))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("next trial"))
    trials = models.PositiveSmallIntegerField(_("trials"), default=1)

    objects = ChannelPauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("paused channel")
        verbose_name_plural = _("paused channels")
        ordering = ["channel"]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"

    def claim_trial(self, *, now: datetime) -> bool:
        """Whether one message may be tried now. Each trial makes the next wait longer; of several workers one may."""
        wait = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.trials, 10))
        free = ChannelPause.objects.filter(pk=self.pk, trials=self.trials, until__lte=now)
        return bool(free.update(trials=self.trials + 1, until=now + wait))

    def give_trial_back(self) -> None:
        """Nothing could be tried by it. This row still says what stood before."""
        claimed = ChannelPause.objects.filter(pk=self.pk, trials=self.trials + 1)
        claimed.update(trials=self.trials, until=self.until)

    def try_at_once(self, *, now: datetime) -> None:
        """A person has put it right."""
        ChannelPause.objects.filter(pk=self.pk).update(until=now, trials=1)
