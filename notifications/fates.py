"""What became of messages that were handed over, or were not after all: written down, each in its way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from notifications.channels import ChannelError
from notifications.models import MAX_ATTEMPTS, AddressProblem, ChannelPause, Delivery
from notifications.writing import Ready

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
MOST_REFUSED = 5  # in a row, of different people: if there are more, it is not about the people
ONE_HOUR = timedelta(hours=1)


@dataclass
class Outcome:
    """How many messages one run sent, and what became of the others; `late` counts reminders."""

    sent: int = 0
    late: int = 0
    failed: int = 0
    postponed: int = 0
    cancelled: int = 0
    uncertain: int = 0
    waiting: int = 0  # for their recipient's hour
    more: bool = False  # is due, and another run can send it at once


class Fates:
    """Of the messages of one run over one channel."""

    def __init__(self, name: str, *, clock: Clock, outcome: Outcome) -> None:
        self.name, self.clock, self.outcome = name, clock, outcome
        self.is_over = False  # the next message would fare no better
        self.is_trial = False  # the channel is paused, and this is to show whether it has to be
        self._accepted: list[Delivery] = []  # and not yet written down
        self._refused: list[tuple[Ready, ChannelError]] = []  # for good, one after the other

    def accepted(self, ready: Ready) -> None:
        self._accepted.append(ready.delivery)
        self.outcome.sent += 1
        self.outcome.late += ready.late
        self._fail_refused()
        if self.is_trial:
            ChannelPause.objects.lift(self.name)
            self.is_trial = False

    def write_down_accepted(self, *, now: datetime) -> list[Delivery]:
        """In a transaction of the caller, who passes what is left to `still_to_write_down` when it has ended well."""
        return Delivery.objects.mark_sent(self._accepted, now=now) if self._accepted else []

    def still_to_write_down(self, deliveries: list[Delivery]) -> None:
        self._accepted = deliveries

    def in_doubt(self, delivery: Delivery, reason: str) -> None:
        delivery.mark_uncertain(reason, now=self.clock())
        self.outcome.uncertain += 1

    def refused(self, ready: Ready, error: ChannelError) -> None:
        if not error.permanent:
            self.not_accepted(ready, error)
        elif self.is_trial:
            ready.delivery.wait_until(self.clock() + ONE_HOUR)  # the next trial is another's
        else:
            self._refused.append((ready, error))
            if len({each.delivery.recipient_id for each, _error in self._refused}) > MOST_REFUSED:
                self.pause(str(error))

    def not_accepted(self, ready: Ready, error: ChannelError) -> None:
        if ready.is_repeated:
            self.in_doubt(ready.delivery, str(error))  # of its first copy still
        elif error.permanent or ready.delivery.attempts >= MAX_ATTEMPTS:
            self._fail(ready.delivery, error)
        else:
            ready.delivery.postpone(str(error), now=self.clock())
            self.outcome.postponed += 1

    def cannot_be_written(self, delivery: Delivery, error: Exception) -> None:
        log.error("Message %s could not be written", delivery.pk, exc_info=error)
        refusal = error if isinstance(error, ChannelError) else ChannelError(repr(error))
        self.not_accepted(Ready(delivery, None), refusal)

    def put_back(self, ready: Ready) -> None:
        """It was not handed over."""
        if ready.is_repeated:
            ready.delivery.stay_in_doubt(now=self.clock())
        else:
            ready.delivery.give_back()

    def pause(self, reason: str) -> None:
        """Nothing fails for it, and no attempt is used up."""
        ChannelPause.objects.pause(self.name, reason, now=self.clock())
        for ready, _error in self._refused:
            self.put_back(ready)
        self._refused, self.is_over = [], True

    def end(self) -> None:
        self._fail_refused()
        with transaction.atomic():
            left = self.write_down_accepted(now=self.clock())
        for delivery in left:  # that others hold: one after the other, so that nobody waits for us meanwhile
            delivery.mark_sent(now=self.clock())
        self._accepted = []

    def _fail_refused(self) -> None:
        """The others were accepted, so it was about these."""
        for ready, error in self._refused:
            self._fail(ready.delivery, error)
        self._refused = []

    def _fail(self, delivery: Delivery, error: ChannelError) -> None:
        log.error("Message %s to %s could not be delivered: %s", delivery.pk, delivery.address, error)
        delivery.mark_failed(str(error))
        if error.of_address:
            AddressProblem.mark(delivery.address, reason=str(error), now=self.clock())
        self.outcome.failed += 1
