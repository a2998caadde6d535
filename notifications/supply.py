"""What is to be handed over next: claimed, read and written in batches, begun in groups, ahead where there is time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, transaction

from notifications.channels import Channel, Policy
from notifications.fates import Fates
from notifications.models import LEASE_TO_SEND, ChannelPause, Delivery, DeliveryQuerySet, Reminder
from notifications.writing import Batch, Needs, Ready, Written

log = logging.getLogger(__name__)

BATCH = 400
# A worker that dies leaves in doubt what it has begun: two groups, each as large as is handed over in this time. Where
# that cannot be cleared up without a person, a single message.
GROUP, LARGEST_GROUP, SECONDS_OF_A_GROUP = 10, 200, 0.4
UNWRITABLE = DataError, IntegrityError, ValidationError, ValueError


class Supply:
    """Of one run over one channel."""

    def __init__(self, name: str, channel: Channel, fates: Fates, *, ends_at: float) -> None:
        self.name, self.channel, self.fates, self.clock = name, channel, fates, fates.clock
        self.ends_at = ends_at
        self.in_groups = channel.policy() is Policy.VERIFY
        self.group = GROUP if self.in_groups else 1
        self.has_begun = False
        self._batches: list[Batch] = []
        self._ahead: list[Ready] | None = None
        self._trial: ChannelPause | None = None

    def goes_on(self) -> bool:
        """However slow everything is, each run begins a group."""
        return not self.fates.is_over and (not self.has_begun or time.monotonic() < self.ends_at)

    def next_group(self) -> list[Ready] | None:
        """None: that was all, or it is time to end."""
        ahead, self._ahead = self._ahead, None
        return ahead if ahead is not None else self._next_group()

    def work_ahead(self, is_handed_over: Callable[[], bool]) -> None:
        """While a group is handed over. Where one message may be in doubt, the next is written and not begun."""
        if self.fates.is_trial:
            return
        try:
            if self.in_groups:
                self._ahead = self._ahead or self._next_group()
            while not is_handed_over() and self._batches and self._batches[0].write_next():
                pass
        except Exception:  # must not reach the messages that are being handed over
            log.exception("What comes next could not be begun ahead")

    def took(self, seconds: float, *, group: int) -> None:
        """Handing over so many: the next group is as large as fits into the time."""
        if self.in_groups and group:
            fit = int(SECONDS_OF_A_GROUP * group / max(seconds, 0.001))
            self.group = max(GROUP, min(LARGEST_GROUP, fit))

    def give_back(self) -> None:
        for batch in self._batches:
            _give_back(batch.take(BATCH))

    def _next_group(self) -> list[Ready] | None:
        group = self._begun_group()
        if self._trial is not None and not group:
            self._trial.give_trial_back()
        self._trial = None
        return group

    def _begun_group(self) -> list[Ready] | None:
        batch = self._batch()
        if batch is None or not self.goes_on():
            return None
        taken = batch.take(self.group)
        try:
            written = [each for delivery in taken if (each := self._written(delivery, batch))]
            self.has_begun = self.has_begun or bool(written)
            return self.begin(written)
        except Exception:
            _give_back(taken)
            raise

    # Claiming and reading

    def _batch(self) -> Batch | None:
        """The one from which messages are taken now."""
        if self._batches and not self._batches[0].left:
            del self._batches[0]
        if not self._batches and self.goes_on():
            self._batches = self._read(self._claimed())
        return self._batches[0] if self._batches else None

    def due(self, now: datetime) -> DeliveryQuerySet:
        return Delivery.objects.due(now).filter(channel=self.name)

    def _claimed(self) -> list[Delivery]:
        """While the channel is paused, one at a time that somebody is to try."""
        now = self.clock()
        pause = ChannelPause.objects.filter(channel=self.name).first()
        self.fates.is_trial = pause is not None
        if pause is not None and not (self.due(now).exists() and pause.claim_trial(now=now)):
            self.fates.is_over = True
            return []
        self._trial = pause
        return Delivery.objects.claim(1 if pause else BATCH, channel=self.name, now=now)

    def _read(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """What cannot be read together is read one by one, and must not keep the others back."""
        try:
            return [Batch(deliveries, self.channel, now=self.clock())] if deliveries else []
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if len(deliveries) > 1:
                return [batch for each in deliveries for batch in self._read([each])]
            self.fates.cannot_be_written(deliveries[0], error)
            return []

    # Writing

    def _written(self, delivery: Delivery, batch: Batch) -> Written | None:
        if self._has_to_wait(delivery, batch):
            return None
        try:
            written = batch.written(delivery)
        except Exception as error:
            self.fates.cannot_be_written(delivery, error)
            return None
        if written is None:
            self.fates.outcome.cancelled += delivery.cancel()
        return written

    def _has_to_wait(self, delivery: Delivery, batch: Batch) -> bool:
        """A message that comes back goes out at its recipient's hour like any other, on the day that it then is."""
        reader = batch.reader(delivery)
        if reader is None:
            return False
        if not batch.directory.may_be_told(reader):
            delivery.wait_until(batch.directory.next_moment(reader))
            self.fates.outcome.waiting += 1
            return True
        day = reader.local_time(batch.now).date()
        if day != delivery.local_day:
            delivery.leaves_on(day)
        return False

    # The point of no return

    def begin(self, written: Sequence[Written]) -> list[Ready]:
        """Those that may be handed over. What cannot be stored must not keep the others of its group back."""
        if not written:
            return []
        try:
            return self._begin(written)
        except UNWRITABLE as error:
            if len(written) > 1:
                return [begun for each in written for begun in self.begin([each])]
            self.fates.cannot_be_written(written[0].delivery, error)
            return []

    def _begin(self, written: Sequence[Written]) -> list[Ready]:
        not_after = lease_from_now()
        with transaction.atomic():
            now = self.clock()
            left = self.fates.write_down_accepted(now=now)
            begun = pass_point_of_no_return(written, now=now)
        self.fates.still_to_write_down(left)
        passed = {each.delivery.pk for each in begun}
        for each in written:
            each.not_after = not_after
            if each.delivery.pk not in passed:
                each.delivery.release(now=now)
        return [*begun]


def pass_point_of_no_return(written: Sequence[Written], *, now: datetime) -> list[Written]:
    """Those whose lease runs and whose words are what is needed now, in the caller's transaction."""
    held = Delivery.objects.hold([each.delivery for each in written])
    mine = set(held.filter(state=Delivery.State.CLAIMED, lease_until__gt=now).values_list("pk", flat=True))
    still_mine = [each for each in written if each.delivery.pk in mine]
    begun = Needs([each.delivery for each in still_mine], now=now).as_written(still_mine)
    Delivery.objects.begin_sending([each.delivery for each in begun], now=now)
    told = {pk for each in begun for pk in each.message.reminder_ids}
    left = Reminder.objects.planned().filter(delivery__in=[each.delivery for each in begun])
    left.exclude(pk__in=told).update(delivery=None)
    return begun


def _give_back(deliveries: Sequence[Delivery]) -> None:
    """What they have become since they were taken stays."""
    for delivery in deliveries:
        delivery.give_back()


def lease_from_now() -> float:
    """Until when a worker may hand over, by a clock that nobody puts back: half of its lease, for the other half
    belongs to whoever looks at the message next."""
    return time.monotonic() + LEASE_TO_SEND.total_seconds() / 2
