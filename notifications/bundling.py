"""Bundles what a person is to hear into one message a day, once their hour has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from commitments.locking import exclusively
from notifications import channels
from notifications.ladders import DIGEST_HOUR, send_slot
from notifications.models import Delivery, DeliveryQuerySet, Reminder
from notifications.planning import ONE_AT_A_TIME
from notifications.recipients import Directory, Recipient


@dataclass
class Bundle:
    """What one run put into messages; `skipped` counts why the rest has to wait."""

    bundled: int = 0
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def forum_id_of(reminder: Reminder) -> int:
    """FollowUp.forum, by key."""
    follow_up = reminder.follow_up
    if follow_up.commitment is not None:
        return follow_up.commitment.working_group_id or follow_up.commitment.forum_id
    assert follow_up.meeting is not None
    return follow_up.meeting.forum_id


def slot_of(reminder: Reminder, recipient: Recipient, directory: Directory) -> date:
    """The day on which the recipient is told; a date made known after the step's day counts from then.

    Asked about a day before the date was entered (`remind --now`), it counts as always known."""
    known_on = reminder.follow_up.dated_at.astimezone(recipient.zone).date()
    is_past = known_on > recipient.local_time(directory.now).date()
    reached = reminder.remind_on if is_past else max(reminder.remind_on, known_on)
    return send_slot(reached, breaks_out=reminder.breaks_out, calendar=directory.calendar(recipient.post))


def bundle_reminders(*, now: datetime) -> Bundle:
    with exclusively(ONE_AT_A_TIME):
        return _bundle(now)


def _bundle(now: datetime) -> Bundle:
    result = Bundle()
    waiting = list(_waiting(now))
    directory = Directory({r.post_id for r in waiting}, now=now)
    due: dict[tuple[int, date], list[tuple[Reminder, Recipient]]] = defaultdict(list)
    is_open = channels.for_name(Delivery.Channel.MAIL).is_open()
    for reminder in waiting:
        recipient = directory.recipient(reminder.post_id, forum_id_of(reminder))
        reason = _reason_to_wait(reminder, recipient, directory, now, is_open=is_open)
        if reason or recipient is None:
            result.skipped[reason] += 1
            continue
        local_day = recipient.local_time(now).date()
        due[recipient.user.pk, local_day].append((reminder, recipient))
    for (_user, local_day), told in due.items():
        _put_into_message(told, local_day, directory, now=now, result=result)
    return result


def _waiting(now: datetime) -> Iterator[Reminder]:
    needed = Reminder.objects.for_owners(now).filter(delivery=None)
    return (
        needed.select_related("follow_up__commitment", "follow_up__meeting")
        .order_by("due_on", "id")
        .iterator()
    )


def _reason_to_wait(
    reminder: Reminder, recipient: Recipient | None, directory: Directory, now: datetime, *, is_open: bool
) -> str:
    """Empty if it is to be told now."""
    if recipient is None:
        return "nobody to tell"
    if not is_open:
        return "outgoing mail is off"
    local = recipient.local_time(now)
    if reminder.is_held(local.date()):
        return "acknowledged"
    slot = slot_of(reminder, recipient, directory)
    if slot > local.date() or local.time() < DIGEST_HOUR:
        return "not yet its day"
    return "" if directory.calendar(recipient.post).is_working(local.date()) else "a day off"


def _put_into_message(
    told: list[tuple[Reminder, Recipient]],
    local_day: date,
    directory: Directory,
    *,
    now: datetime,
    result: Bundle,
) -> None:
    delivery = _message_for(told[0][1], local_day, now=now)
    if delivery is None:
        result.skipped["had today's message"] += len(told)
        return
    late = {reminder.pk for reminder, who in told if slot_of(reminder, who, directory) < local_day}
    bundled = Reminder.objects.filter(pk__in=[reminder.pk for reminder, _who in told])
    bundled.update(delivery=delivery, late=False)
    bundled.filter(pk__in=late).update(late=True)
    result.bundled += len(told)


def _message_for(recipient: Recipient, local_day: date, *, now: datetime) -> Delivery | None:
    """The one message of the day; None once it has left, or may have left, the house."""
    theirs = Delivery.objects.select_for_update().filter(
        recipient=recipient.user, channel=Delivery.Channel.MAIL, message_class="reminders"
    )
    standing = theirs.filter(local_day=local_day).first() or _unsent(theirs, local_day)
    if standing is None:
        return Delivery.objects.create(
            recipient=recipient.user,
            channel=Delivery.Channel.MAIL,
            message_class="reminders",
            local_day=local_day,
            language=recipient.language,
            address=recipient.user.email,
            send_after=now,
            message_id=Delivery.new_message_id(),
            created_at=now,
        )
    if standing.state == Delivery.State.CANCELLED:
        standing.state, standing.send_after, standing.attempts = Delivery.State.PENDING, now, 0
        standing.save(update_fields=["state", "send_after", "attempts"])
    return standing if standing.is_open else None


def _unsent(theirs: DeliveryQuerySet, local_day: date) -> Delivery | None:
    """What an earlier day could not send becomes today's: nobody gets two messages when the relay is back."""
    unsent = theirs.open().order_by("local_day").first()
    if unsent is not None:
        unsent.local_day = local_day
        unsent.save(update_fields=["local_day"])
    return unsent
