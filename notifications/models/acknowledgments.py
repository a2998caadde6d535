"""“Seen”, and “not before …”: what an owner said instead of an answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models import FollowUp, Post, Recorded
from commitments.spoken_dates import long_date

QUIET_WHEN_OVERDUE = timedelta(days=7)


class Acknowledgment(Recorded):
    """“Seen” (until a day): for one item, one post and one date; an old link cannot silence a new date.

    With a reason it is a snooze, “remind me later”. Said anew it stays one row, whose history keeps what was said."""

    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="acknowledgments", verbose_name=_("follow-up")
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name=_("post"))
    due_on = models.DateField(_("for the date"))
    until_on = models.DateField(_("quiet until"))
    by_name = LineField(_("name given"), max_length=200, blank=True)
    reason = LineField(_("why not before"), max_length=300, blank=True)
    acknowledged_at = models.DateTimeField(_("at"))

    class Meta(Recorded.Meta):
        verbose_name = _("acknowledgment")
        verbose_name_plural = _("acknowledgments")
        ordering = ["-acknowledged_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up", "post", "due_on"], name="notifications_acknowledgment_once"
            ),
            models.CheckConstraint(
                condition=Q(reason="") | Q(until_on__lte=F("due_on")),
                name="notifications_acknowledgment_not_past_its_date",
                violation_error_message=_("Not past the date itself: ask for more time instead."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up_id}: {self.by_name}"

    def latest_day(self, today: date) -> date:
        """That it may be quiet until: the date itself; if that has passed, a week, and only one."""
        if today <= self.due_on:
            return self.due_on
        is_used = self.until_on is not None and self.until_on > self.due_on
        return self.until_on if is_used else today + QUIET_WHEN_OVERDUE

    def say(self, until_on: date | None, *, name: str, reason: str, today: date, now: datetime) -> None:
        """Quiet until that day, or as long as may be. What was said already, or cannot be longer, stays as it is."""
        latest = self.due_on if reason else self.latest_day(today)
        if self.pk is not None and (self.until_on, self.reason) == (until_on or latest, reason):
            return
        _refuse_silence(until_on, latest, today)
        self.until_on, self.reason = until_on or latest, reason
        self.by_name, self.acknowledged_at = name, now
        self.full_clean()
        self.save()


def _refuse_silence(until_on: date | None, latest: date, today: date) -> None:
    if latest < today:
        raise ValidationError(_("Its date has passed. Report, or ask for more time."))
    if until_on is not None and until_on < today:
        raise ValidationError({"until_on": _("Choose today or a later day.")})
    if until_on is not None and until_on > latest:
        sentence = _("Choose %(day)s or an earlier day. If you need longer, ask for more time instead.")
        last = long_date(latest, get_language() or "en")
        raise ValidationError({"until_on": ValidationError(sentence, params={"day": last})})
