"""Calendar feeds: a secret address for one person or one forum, which can be taken back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models import Forum, Recorded, User
from commitments.models.changes import RecordedQuerySet

SECRET_BYTES = 32
# Readers ask every few minutes; when last is worth a row's change once in a while.
NOTED_EVERY = timedelta(hours=1)


def fingerprint(secret: str) -> str:
    """What is kept of the address. Nobody guesses 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class CalendarFeedQuerySet(RecordedQuerySet):
    def live(self) -> CalendarFeedQuerySet:
        """Not taken back, and of somebody whose account is active."""
        return self.filter(revoked_at=None, user__is_active=True)

    def of_secret(self, secret: str) -> CalendarFeed | None:
        found = self.live().select_related("user", "forum").filter(digest=fingerprint(secret))
        return found.first()

    def make(self, user: User, *, forum: Forum | None = None, now: datetime) -> tuple[CalendarFeed, str]:
        """The feed and its secret, which is said this once: only its fingerprint is kept."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        feed = CalendarFeed(user=user, forum=forum, digest=fingerprint(secret), created_at=now)
        feed.save(using=self.db)
        return feed, secret


class CalendarFeed(Recorded):
    unrecorded = frozenset({"last_read_at"})

    user = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="calendar_feeds",
        verbose_name=_("person"),
        help_text=_("Whose rights it has; it shows nothing restricted."),
    )
    forum = models.ForeignKey(
        Forum,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="calendar_feeds",
        verbose_name=_("forum"),
        help_text=_("Empty: what this person answers for."),
    )
    digest = LineField(_("fingerprint of the address"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made at"))
    revoked_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True, blank=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["user", "forum", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(digest=""), name="notifications_calendarfeed_has_its_secret")
        ]

    def __str__(self) -> str:
        return str(self.forum or self.user)

    def revoke(self, *, now: datetime) -> None:
        """For good: whoever has the address finds nothing there from now on."""
        if self.revoked_at is None:
            self.revoked_at = now
            self.save(update_fields=["revoked_at"])

    def note_read(self, now: datetime) -> None:
        """Reading writes nothing else, and this at most once an hour."""
        if self.last_read_at is None or self.last_read_at <= now - NOTED_EVERY:
            self.last_read_at = now
            self.save(update_fields=["last_read_at"])
