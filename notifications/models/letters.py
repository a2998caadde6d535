"""What the desk writes by hand to an owner who stays silent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField
from commitments.models import FollowUp, Post, Recorded, User
from notifications.models.deliveries import Delivery


class Letter(Recorded):
    """Kept word for word, whatever becomes of its message, which carries the task that asked for it."""

    delivery = models.OneToOneField(
        Delivery, models.PROTECT, related_name="letter", verbose_name=_("message")
    )
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="letters", verbose_name=_("follow-up")
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name=_("post"))
    subject = LineField(_("subject"), max_length=300)
    text = ProseField(_("text"))
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("written by"))
    written_at = models.DateTimeField(_("written at"))

    class Meta(Recorded.Meta):
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return self.subject
