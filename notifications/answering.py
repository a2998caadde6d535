"""What a recipient answers from the message, without an account: all of it proposed to the desk, none of it twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils import timezone

from commitments import answers
from commitments.locking import exclusively
from commitments.models import ProgressReport, Request, writing
from notifications.models import Acknowledgment, Reminder

QUIET_WHEN_OVERDUE = timedelta(days=7)


class NoLongerAsked(Exception):
    """The item is closed, or its date has changed since the message."""


def require_asked(reminder: Reminder) -> None:
    follow_up = reminder.follow_up
    if not follow_up.is_open or follow_up.due_on != reminder.due_on:
        raise NoLongerAsked


def acknowledge(reminder: Reminder, *, name: str, now: datetime) -> Acknowledgment:
    """Seen: quiet for this post until the date itself, or a week if that has passed. Once pressed is pressed."""
    require_asked(reminder)
    today = timezone.localdate(now)
    until_on = reminder.due_on if reminder.due_on >= today else today + QUIET_WHEN_OVERDUE
    with _answering(reminder, name):
        seen, _new = Acknowledgment.objects.get_or_create(
            follow_up=reminder.follow_up,
            post=reminder.post,
            due_on=reminder.due_on,
            defaults={"until_on": until_on, "by_name": name, "acknowledged_at": now},
        )
    return seen


def report(
    reminder: Reminder, *, name: str, now: datetime, text: str = "", no_change: bool = False
) -> ProgressReport:
    """What was done, or that nothing changed. The same answer again is the same report."""
    require_asked(reminder)
    with _answering(reminder, name):
        earlier = ProgressReport.objects.waiting().filter(follow_up=reminder.follow_up, post=reminder.post)
        same = earlier.filter(internal=text, no_change=no_change).first()
        return same or answers.propose_report(
            reminder.follow_up,
            post=reminder.post,
            now=now,
            internal=text,
            no_change=no_change,
            source=ProgressReport.Source.ANSWER_PAGE,
            reported_by=name,
        )


def ask_for_time(
    reminder: Reminder, *, name: str, now: datetime, until_on: date | None, reason: str
) -> Request:
    return _ask(reminder, Request.Kind.EXTENSION, name=name, now=now, proposed_on=until_on, reason=reason)


def not_mine(reminder: Reminder, *, name: str, now: datetime, owner: str, reason: str) -> Request:
    """Whose it is, if they know: then it is a hand-over that is proposed."""
    kind = Request.Kind.HAND_OVER if owner else Request.Kind.NOT_MINE
    return _ask(reminder, kind, name=name, now=now, proposed_owner=owner, reason=reason)


def _ask(reminder: Reminder, kind: str, *, name: str, now: datetime, **asked: object) -> Request:
    require_asked(reminder)
    with _answering(reminder, name):
        earlier = Request.objects.proposed().filter(
            follow_up=reminder.follow_up, post=reminder.post, kind=kind, due_on=reminder.due_on
        )
        same = earlier.first()
        return same or answers.ask(
            reminder.follow_up, kind, post=reminder.post, now=now, asked_by=name, **asked
        )


@contextlib.contextmanager
def _answering(reminder: Reminder, name: str) -> Iterator[None]:
    """For which post, and by which name; the door is the caller's to say. A button pressed twice waits for itself."""
    author = writing(on_behalf_of_id=reminder.post_id, why=name)
    with exclusively(f"answer for {reminder.follow_up_id}"), author:
        yield
