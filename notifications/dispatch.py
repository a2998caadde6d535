"""Sends what has been bundled. A worker may die at any line; docs/operations.md says what each death means."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notifications import channels
from notifications.bundling import forum_id_of
from notifications.channels import ChannelError, InDoubtError
from notifications.messages import Message, compose, withheld_of
from notifications.models import MAX_ATTEMPTS, Delivery, Reminder
from notifications.recipients import Directory, Recipient

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Told = list[tuple[Reminder, Recipient]]
BATCH = 20


@dataclass
class Outcome:
    """How many messages one run sent, and what became of the others; `late` counts reminders."""

    sent: int = 0
    late: int = 0
    failed: int = 0
    postponed: int = 0
    cancelled: int = 0
    uncertain: int = 0


def dispatch(*, clock: Clock) -> Outcome:
    """Send everything that is due. Any number of workers may do so at once."""
    outcome = Outcome()
    Delivery.objects.recover(now=clock())
    settle_uncertain(now=clock())
    if not channels.for_name(Delivery.Channel.MAIL).is_open():
        return outcome
    while batch := list(
        Delivery.objects.due(clock()).order_by("send_after", "id").values_list("pk", flat=True)[:BATCH]
    ):
        for pk in batch:
            delivery = Delivery.objects.claim(pk, now=clock())
            if delivery is not None:
                _deliver_or_give_back(delivery, clock=clock, outcome=outcome)
    return outcome


def _deliver_or_give_back(delivery: Delivery, *, clock: Clock, outcome: Outcome) -> None:
    """A message that cannot be written must not keep the others back; after some attempts a person is told."""
    try:
        deliver(delivery, clock=clock, outcome=outcome)
    except Exception as error:
        log.exception("Message %s could not be written", delivery.pk)
        if delivery.state == Delivery.State.CLAIMED:
            _refused(delivery, ChannelError(repr(error)), clock=clock, outcome=outcome)
        else:
            delivery.mark_uncertain(repr(error), now=clock())
            outcome.uncertain += 1


def deliver(delivery: Delivery, *, clock: Clock, outcome: Outcome) -> None:
    """One claimed message, from what is still needed to the answer of the mail server."""
    told, directory = still_told(delivery, now=clock())
    if not told:
        outcome.cancelled += delivery.cancel()
        return
    message = compose(delivery, told, directory, now=clock())
    if not pass_point_of_no_return(delivery, message, clock=clock):
        return
    hand_over(delivery, message, clock=clock, outcome=outcome)
    if delivery.state == Delivery.State.SENT:
        outcome.late += sum(reminder.late for reminder, _who in told)


def still_told(delivery: Delivery, *, now: datetime) -> tuple[Told, Directory]:
    """What its recipient is still to hear. The rest leaves the message and waits for its own."""
    told, directory = needed(delivery, now=now)
    kept = {reminder.pk for reminder, _who in told}
    delivery.let_go(set(delivery.reminders.planned().values_list("pk", flat=True)) - kept)
    return told, directory


def needed(delivery: Delivery, *, now: datetime) -> tuple[Told, Directory]:
    waiting = Reminder.objects.for_owners(now).filter(delivery=delivery)
    related = waiting.select_related("follow_up__commitment", "follow_up__meeting", "post").prefetch_related(
        "follow_up__commitment__provisions__text", "follow_up__commitment__reports"
    )
    reminders = list(related.order_by("due_on", "id"))
    directory = Directory({reminder.post_id for reminder in reminders}, now=now)
    told: Told = []
    for reminder in reminders:
        who = directory.recipient(reminder.post_id, forum_id_of(reminder))
        theirs = who is not None and who.user.pk == delivery.recipient_id
        if who is not None and theirs and not reminder.is_held(who.local_time(now).date()):
            told.append((reminder, who))
    return told, directory


def pass_point_of_no_return(delivery: Delivery, message: Message, *, clock: Clock) -> bool:
    with transaction.atomic():
        if delivery.is_still_mine():
            now = clock()
            told, _directory = needed(delivery, now=now)
            still = {reminder.pk for reminder, _who in told}
            # Restricted since it was written: its words must not leave.
            same = withheld_of(told) == message.withheld
            if same and delivery.begin_sending(message, needed=still, now=now):
                return True
    delivery.release(now=clock())
    return False


def hand_over(delivery: Delivery, message: Message, *, clock: Clock, outcome: Outcome) -> None:
    try:
        channels.for_name(delivery.channel).send(delivery, message)
    except InDoubtError as error:
        delivery.mark_uncertain(str(error), now=clock())
        outcome.uncertain += 1
    except ChannelError as error:
        _refused(delivery, error, clock=clock, outcome=outcome)
    else:
        delivery.mark_sent(now=clock())
        outcome.sent += 1


def _refused(delivery: Delivery, error: ChannelError, *, clock: Clock, outcome: Outcome) -> None:
    if error.permanent or delivery.attempts >= MAX_ATTEMPTS:
        log.error("Message %s to %s could not be delivered: %s", delivery.pk, delivery.address, error)
        delivery.mark_failed(str(error))
        outcome.failed += 1
    else:
        delivery.postpone(str(error), now=clock())
        outcome.postponed += 1


def settle_uncertain(*, now: datetime) -> int:
    """Where there is evidence it decides; without it the message waits for a person. Returns how many were settled."""
    settled = 0
    for delivery in Delivery.objects.filter(state=Delivery.State.UNCERTAIN, send_after__lte=now):
        accepted = channels.for_name(delivery.channel).was_accepted(delivery)
        if accepted is not None:
            delivery.mark_sent(now=now) if accepted else delivery.release(now=now)
            settled += 1
    return settled
