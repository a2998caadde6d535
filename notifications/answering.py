"""What a recipient answers from the message, without an account: all of it proposed to the desk, none of it twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments import answers
from commitments.locking import exclusively
from commitments.models import FollowUp, ProgressReport, Request, writing
from notifications.audiences import posts_of
from notifications.inheritance import LadderBook
from notifications.ladders import Audience
from notifications.models import Acknowledgment, Reminder

MOST_WAITING = 5  # reports of one post about one date, until the desk has read some


class NoLongerAsked(Exception):
    """The item is closed, its date has changed since the message, or another post answers for it."""


def today_of(reminder: Reminder, now: datetime) -> date:
    """The owner's day: when a message arrives in Seoul at 8:30, it is still yesterday by UTC."""
    return now.astimezone(reminder.post.organisation.clock).date()


def is_asked(reminder: Reminder) -> bool:
    """Open, and for the date that the message named."""
    standing = FollowUp.objects.open().filter(pk=reminder.follow_up_id, due_on=reminder.due_on)
    return standing.exists()


def is_with(reminder: Reminder, *, now: datetime) -> bool:
    """Whether its post still answers for it: it may have been handed over since."""
    audience = Audience(reminder.audience)
    if audience is Audience.POST:
        return True
    today = today_of(reminder, now)
    found = posts_of([reminder.follow_up], audience, today=today, rules=LadderBook().rules())
    return reminder.post_id in {post_id for _place, post_id in found}


def require_asked(reminder: Reminder, *, now: datetime) -> None:
    if not (is_asked(reminder) and is_with(reminder, now=now)):
        raise NoLongerAsked


def acknowledge(
    reminder: Reminder, *, name: str, now: datetime, until_on: date | None = None, reason: str = ""
) -> Acknowledgment:
    """Seen: quiet for this post until a day, by default as long as may be. With a reason: remind me later."""
    require_asked(reminder, now=now)
    of_item = {"follow_up": reminder.follow_up, "post": reminder.post, "due_on": reminder.due_on}
    with _answering(reminder, name):
        seen = Acknowledgment.objects.filter(**of_item).first() or Acknowledgment(**of_item)
        seen.say(until_on, name=name, reason=reason, today=today_of(reminder, now), now=now)
    return seen


def report(
    reminder: Reminder,
    *,
    name: str,
    now: datetime,
    text: str = "",
    no_change: bool = False,
    source: str = ProgressReport.Source.ANSWER_PAGE,
) -> ProgressReport:
    """What was done, or that nothing changed. The same answer again is the same report."""
    require_asked(reminder, now=now)
    with _answering(reminder, name):
        earlier = ProgressReport.objects.waiting().filter(follow_up=reminder.follow_up, post=reminder.post)
        same = earlier.filter(internal=text, no_change=no_change).first()
        if same is None and earlier.count() >= MOST_WAITING:
            raise ValidationError(_("The desk has your answers and will read them first."))
        return same or answers.propose_report(
            reminder.follow_up,
            post=reminder.post,
            now=now,
            reported_on=today_of(reminder, now),
            internal=text,
            no_change=no_change,
            source=source,
            reported_by=name,
        )


def ask_for_time(
    reminder: Reminder, *, name: str, now: datetime, until_on: date | None, reason: str
) -> Request:
    return _ask(reminder, Request.Kind.EXTENSION, name=name, now=now, proposed_on=until_on, reason=reason)


def hand_over(reminder: Reminder, *, name: str, now: datetime, owner: str, reason: str = "") -> Request:
    return _ask(reminder, Request.Kind.HAND_OVER, name=name, now=now, proposed_owner=owner, reason=reason)


def not_mine(reminder: Reminder, *, name: str, now: datetime, owner: str = "", reason: str = "") -> Request:
    """Whose it is, if they know: then it is a hand-over that is proposed."""
    if owner:
        return hand_over(reminder, name=name, now=now, owner=owner, reason=reason)
    return _ask(reminder, Request.Kind.NOT_MINE, name=name, now=now, reason=reason)


def _ask(reminder: Reminder, kind: str, *, name: str, now: datetime, **asked: object) -> Request:
    require_asked(reminder, now=now)
    with _answering(reminder, name):
        earlier = Request.objects.proposed().filter(
            follow_up=reminder.follow_up, post=reminder.post, kind=kind, due_on=reminder.due_on
        )
        same = earlier.filter(**asked).first()
        return same or answers.ask(
            reminder.follow_up, kind, post=reminder.post, now=now, asked_by=name, **asked
        )


@contextlib.contextmanager
def _answering(reminder: Reminder, name: str) -> Iterator[None]:
    """For which post, and by which name; the door is the caller's to say. A button pressed twice waits for itself."""
    author = writing(on_behalf_of_id=reminder.post_id, why=name)
    with exclusively(f"answer for {reminder.follow_up_id}"), author:
        yield
