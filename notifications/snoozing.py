"""“Not before …”, said to the desk for whoever is asked: they are quiet about this date until then."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.locking import exclusively
from commitments.models import FollowUp, Post, User, writing
from notifications.audiences import posts_of
from notifications.inheritance import LadderBook
from notifications.ladders import Audience
from notifications.models import Acknowledgment


def snooze(
    follow_up: FollowUp, until_on: date, *, reason: str, by: User, now: datetime
) -> list[Acknowledgment]:
    """For each post that owes the answer; never past the date itself. Reminders go on after that day."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why nobody should be reminded before.")})
    today = timezone.localdate(now)
    asked = posts_of([follow_up], Audience.OWNER, today=today, rules=LadderBook().rules())
    if not asked:
        raise ValidationError(_("Nobody is asked for this date; there is nothing to put off."))
    with exclusively(f"answer for {follow_up.pk}"), writing(why=reason):
        posts = Post.objects.filter(pk__in=[post for _place, post in asked]).order_by("pk")
        return [_quiet(follow_up, post, until_on, reason=reason, by=by, now=now) for post in posts]


def _quiet(
    follow_up: FollowUp, post: Post, until_on: date, *, reason: str, by: User, now: datetime
) -> Acknowledgment:
    of_item = {"follow_up": follow_up, "post": post, "due_on": follow_up.due_on}
    seen = Acknowledgment.objects.filter(**of_item).first() or Acknowledgment(**of_item)
    seen.say(until_on, name=by.name, reason=reason, today=timezone.localdate(now), now=now)
    return seen
