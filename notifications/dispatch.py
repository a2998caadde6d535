"""Sends what has been bundled. A worker may die at any line; docs/operations.md says what each death means.

A batch is claimed and read together. Its messages pass the point of no return group by group: what is needed now is
asked once more for the whole group, its words are stored, and it is handed over on one connection (line.py). Meanwhile the
next group is written and begun (supply.py). What the answers were is written down together with the beginning of a
group (fates.py)."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence

from django.db import transaction

from notifications import channels
from notifications.channels import (
    Channel,
    ChannelError,
    InDoubtError,
    MisconfiguredError,
    Policy,
    UnreachableError,
)
from notifications.fates import Clock, Fates, Outcome
from notifications.line import Handed, Line, Meanwhile, nothing_else
from notifications.models import ChannelPause, Delivery
from notifications.rendering import Message
from notifications.supply import Supply, lease_from_now
from notifications.writing import Ready, Written, holds_word_for_word, prepared

__all__ = ["Clock", "Outcome", "dispatch", "send_at_once"]

log = logging.getLogger(__name__)

RUN_FOR = 10.0  # seconds: half of what whoever stops a worker waits for it (tracker/crew.py)
MOST_IN_DOUBT = 500  # looked at in one run


def dispatch(*, clock: Clock) -> Outcome:
    """Send what is due, for some seconds. Any number of workers may do so at once."""
    outcome, ends_at = Outcome(), time.monotonic() + RUN_FOR
    Delivery.objects.recover(now=clock())
    for name, share in ((Delivery.Channel.CHAT, 2), (Delivery.Channel.MAIL, 1)):
        time_left = (ends_at - time.monotonic()) / share
        Run(name, clock=clock, outcome=outcome, seconds=time_left).go()
    return outcome


def send_at_once(delivery: Delivery, message: Message, *, clock: Clock) -> None:
    """One message for which a person waits; it is claimed by the caller, and no switch keeps it back."""
    run = Run(delivery.channel, clock=clock, outcome=Outcome())
    delivery.write(message, now=clock())
    try:
        written = Written(delivery, prepared(delivery, run.channel), message=message)
        run.hand_over(run.supply.begin([written]))
    except ChannelError as error:
        delivery.mark_failed(str(error))
    finally:
        run.end()


class Run:
    """One run over one channel, on one connection."""

    def __init__(self, name: str, *, clock: Clock, outcome: Outcome, seconds: float = RUN_FOR) -> None:
        self.name, self.clock, self.outcome = name, clock, outcome
        self.channel: Channel = channels.for_name(name)
        self.line = Line(self.channel)
        self.fates = Fates(name, clock=clock, outcome=outcome)
        self.supply = Supply(name, self.channel, self.fates, ends_at=time.monotonic() + seconds)

    def go(self) -> None:
        """Evidence is asked last: it may be slow, and what is due must not wait for it."""
        is_open = self.channel.is_open()
        if is_open:
            self.send_due()
        self.settle_uncertain()
        if is_open and not self.fates.is_over:
            self.outcome.more |= self.supply.due(self.clock()).exists()

    def send_due(self) -> None:
        try:
            while (group := self.supply.next_group()) is not None:
                self.hand_over(group, meanwhile=self.supply.work_ahead)
            self.supply.give_back()
            self.repeat_uncertain()
        finally:
            self.end()

    def end(self) -> None:
        self.fates.end()
        self.line.close()

    # Handing over

    def hand_over(self, group: Sequence[Ready], *, meanwhile: Meanwhile = nothing_else) -> None:
        left = deque(group)
        try:
            while left and not self.fates.is_over:
                self._hand_over(left, meanwhile)
        finally:
            for ready in left:
                self.fates.put_back(ready)

    def _hand_over(self, left: deque[Ready], meanwhile: Meanwhile) -> None:
        handed = Handed()
        try:
            self.line.hand_over(left, handed, meanwhile)
        finally:
            for ready in handed.accepted:
                self.fates.accepted(ready)
        self.supply.took(handed.seconds, group=len(handed.accepted))
        if handed.failed is not None:
            self._judge(*handed.failed)

    def _judge(self, ready: Ready, error: Exception) -> None:
        if isinstance(error, MisconfiguredError):
            self.fates.put_back(ready)
            self.fates.pause(str(error))
        elif isinstance(error, ChannelError):
            self.fates.is_over |= isinstance(error, UnreachableError)
            self.fates.refused(ready, error)
        elif isinstance(error, InDoubtError):
            self.fates.in_doubt(ready.delivery, str(error))
        else:
            log.error("Nobody knows what became of message %s", ready.delivery.pk, exc_info=error)
            self.fates.in_doubt(ready.delivery, repr(error))

    # What is in doubt

    def settle_uncertain(self) -> None:
        """Where there is evidence it decides; without it the message waits for a person."""
        if self.channel.policy() is not Policy.VERIFY:
            return
        doubtful = {each.pk: each for each in self._doubtful(Policy.VERIFY)}
        for pk, was_accepted in self.channel.verdicts(doubtful.values(), now=self.clock()).items():
            settle = doubtful[pk].mark_sent if was_accepted else doubtful[pk].mark_not_sent
            settle(now=self.clock())

    def repeat_uncertain(self) -> None:
        """Recognisable as the same, and only where every word holds; else it waits for a person."""
        if ChannelPause.objects.filter(channel=self.name).exists():
            return
        for delivery in self._doubtful(Policy.RESEND):
            if self.supply.goes_on() and delivery.attempts < self.channel.most_handings:
                self._repeat(delivery)

    def _doubtful(self, policy: Policy) -> list[Delivery]:
        """Those of which this policy decides."""
        if self.channel.policy() is not policy:
            return []
        return list(Delivery.objects.doubtful(channel=self.name, now=self.clock())[:MOST_IN_DOUBT])

    def _repeat(self, delivery: Delivery) -> None:
        again = self.channel.prepare(delivery, repeated=True)
        ready = Ready(delivery, again, is_repeated=True, not_after=lease_from_now())
        with transaction.atomic():
            now = self.clock()
            begun = holds_word_for_word(delivery, now=now) and delivery.begin_again(now=now)
        if begun:
            self.hand_over([ready])
