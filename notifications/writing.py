"""What messages are to say: asked for many at once, when they are written and once more at the last moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from notifications import letters
from notifications.channels import Channel, ChannelError
from notifications.digest import (
    NO_FORUM,
    is_restricted,
    may_still_be_mentioned,
    posts_held,
    posts_of_people,
    read_extras,
)
from notifications.inheritance import forum_id_of
from notifications.messages import compose, withheld_of
from notifications.models import Delivery, Reminder, ReminderQuerySet
from notifications.overviews import compose_overview
from notifications.recipients import Directory, Recipient
from notifications.rendering import Message

Told = list[tuple[Reminder, Recipient]]


@dataclass
class Ready:
    """A message whose words are settled; `prepared`: as its channel wants them."""

    delivery: Delivery
    prepared: Any
    late: int = 0  # how many of its items are
    is_repeated: bool = False  # it may have arrived already
    not_after: float = 0.0  # on the monotonic clock


@dataclass
class Written(Ready):
    message: Message = field(kw_only=True)


def prepared(delivery: Delivery, channel: Channel) -> Any:
    """Raises ChannelError where an address or a header cannot be written."""
    try:
        return channel.prepare(delivery)
    except ValueError as error:
        raise ChannelError(str(error), permanent=True) from error


@contextmanager
def joined_as_written() -> Iterator[None]:
    """PostgreSQL looks longer for a better order of so many joins than the whole query takes."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL join_collapse_limit = 1")
        yield


def whole(reminders: ReminderQuerySet) -> ReminderQuerySet:
    """With what a message says of them."""
    return reminders.select_related("follow_up__commitment", "follow_up__meeting", "post")


def in_brief(reminders: ReminderQuerySet) -> ReminderQuerySet:
    """With what decides whether they are told: in half the time."""
    of_forum = "commitment__working_group_id", "commitment__forum_id", "meeting__forum_id"
    read = (f"follow_up__{name}" for name in ("commitment__marking", *of_forum))
    found = reminders.select_related("follow_up__commitment", "follow_up__meeting")
    return found.only("delivery_id", "post_id", *read)


def needed(
    deliveries: Collection[Delivery],
    *,
    now: datetime,
    read: Callable[[ReminderQuerySet], ReminderQuerySet] = whole,
    beside: Collection[int] = (),
) -> tuple[dict[int, Told], Directory]:
    """By message what its recipient is to hear now. The directory knows the posts `beside`, too."""
    reader = {delivery.pk: delivery.recipient_id for delivery in deliveries}
    with joined_as_written():
        waiting = Reminder.objects.to_tell(now).filter(delivery__in=list(reader))
        reminders = list(read(waiting).order_by("due_on", "id")) if reader else []
    directory = Directory({*beside, *(reminder.post_id for reminder in reminders)}, now=now)
    told: dict[int, Told] = defaultdict(list)
    for reminder in reminders:
        who = directory.recipient(reminder.post_id, forum_id_of(reminder.follow_up))
        theirs = who is not None and who.user.pk == reader[reminder.delivery_id or 0]
        if who is not None and theirs and not reminder.is_held(who.local_time(now).date()):
            told[reminder.delivery_id or 0].append((reminder, who))
    return told, directory


class Needs:
    """Of some messages, now."""

    read = staticmethod(in_brief)

    def __init__(
        self, deliveries: Sequence[Delivery], *, now: datetime, beside: Collection[int] = ()
    ) -> None:
        self.now = now
        asking = [each for each in deliveries if each.asks]
        self.told, self.directory = needed(asking, now=now, read=self.read, beside=beside)

    def reminder_ids(self, delivery: Delivery) -> set[int]:
        if delivery.is_letter:
            return letters.still_asked(delivery, now=self.now)
        return {reminder.pk for reminder, _who in self.told.get(delivery.pk, [])}

    def as_written(self, written: Sequence[Written]) -> list[Written]:
        """Those that say what is needed now, and nothing that has been restricted since."""
        same = [each for each in written if self._says_what_is_needed(each)]
        return [each for each in same if each.delivery.pk in _still_mentionable(same)]

    def _says_what_is_needed(self, written: Written) -> bool:
        delivery, message = written.delivery, written.message
        told = self.told.get(delivery.pk, [])
        asked = self.reminder_ids(delivery)
        if delivery.is_letter and not asked:
            return False
        return asked == message.reminder_ids and withheld_of(told) == message.withheld


def _still_mentionable(written: Sequence[Written]) -> set[int]:
    """One question for all, and one for each only if somewhere something has changed."""
    mentions: dict[int, bool] = {}
    pairs = [pair for each in written for pair in each.message.mentions.items()]
    agree = all(mentions.setdefault(pk, withheld) == withheld for pk, withheld in pairs)
    if agree and may_still_be_mentioned(mentions):
        return {each.delivery.pk for each in written}
    return {each.delivery.pk for each in written if may_still_be_mentioned(each.message.mentions)}


def readers(deliveries: Sequence[Delivery], directory: Directory) -> dict[int, Recipient]:
    """Of overviews, by person; whoever holds no post any more is not among them. `directory` knows their posts."""
    users = {delivery.recipient_id for delivery in deliveries if delivery.is_overview}
    posts = posts_held(directory) if users else {}
    found = {user: directory.recipient(min(posts[user]), NO_FORUM) for user in users & set(posts)}
    return {user: who for user, who in found.items() if who is not None}


def holds_word_for_word(delivery: Delivery, *, now: datetime) -> bool:
    """Whether all that was written is needed still, at this hour, and nothing of it has been restricted since."""
    needs = Needs([delivery], now=now, beside=posts_of_people({delivery.recipient_id}, now=now))
    attached = set(delivery.reminders.planned().values_list("pk", flat=True))
    if needs.reminder_ids(delivery) != attached or not (attached or delivery.is_overview):
        return False
    if delivery.is_overview and not readers([delivery], needs.directory):
        return False
    told = needs.told.get(delivery.pk, [])
    if any(
        is_restricted(reminder.follow_up) or not needs.directory.may_be_told(who) for reminder, who in told
    ):
        return False
    return may_still_be_mentioned(dict.fromkeys(delivery.mentions, False))


class Batch(Needs):
    """Messages that are written one after the other, from what was read for all of them."""

    read = staticmethod(whole)

    def __init__(self, deliveries: Sequence[Delivery], channel: Channel, *, now: datetime) -> None:
        people = {delivery.recipient_id for delivery in deliveries}
        super().__init__(deliveries, now=now, beside=posts_of_people(people, now=now))
        self.deliveries, self.channel = deliveries, channel
        self.extras = read_extras(self.told, self.directory, now=now) if self.told else {}
        self.readers = readers(deliveries, self.directory)
        self.left = list(deliveries)  # that have not had their turn
        self._unwritten = iter(deliveries)
        self._results: dict[int, Written | Exception | None] = {}
        self._let_go()

    def _let_go(self) -> None:
        """What is not to be told by its message now waits for one of its own."""
        asking = {each.pk: each for each in self.deliveries if each.asks}
        fallen_away = (
            Reminder.objects.planned()
            .filter(delivery__in=list(asking))
            .exclude(pk__in=[reminder.pk for told in self.told.values() for reminder, _who in told])
        )
        for pk, delivery_id in fallen_away.values_list("pk", "delivery_id"):
            asking[delivery_id].let_go([pk])

    def reader(self, delivery: Delivery) -> Recipient | None:
        """Whose hours count; a letter was sent by a person, at theirs."""
        told = self.told.get(delivery.pk)
        if told:
            return told[0][1]
        return self.readers.get(delivery.recipient_id) if delivery.is_overview else None

    def take(self, count: int) -> list[Delivery]:
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def written(self, delivery: Delivery) -> Written | None:
        """None: there is nothing to tell. Raises whatever kept it from being written."""
        while delivery.pk not in self._results:
            self.write_next()
        result = self._results.pop(delivery.pk)
        if isinstance(result, Exception):
            raise result
        return result

    def write_next(self) -> bool:
        """False: all are written."""
        delivery = next(self._unwritten, None)
        if delivery is None:
            return False
        try:
            self._results[delivery.pk] = self._write(delivery)
        except Exception as error:  # which concerns this message alone, and is told when its turn comes
            self._results[delivery.pk] = error
        return True

    def _write(self, delivery: Delivery) -> Written | None:
        message = self._composed(delivery)
        if message is None:
            return None
        delivery.write(message, now=self.now)
        late = sum(reminder.late for reminder, _who in self.told.get(delivery.pk, []))
        return Written(delivery, prepared(delivery, self.channel), late, message=message)

    def _composed(self, delivery: Delivery) -> Message | None:
        if delivery.is_letter:
            return letters.compose_letter(delivery, now=self.now)
        if delivery.is_overview:
            return compose_overview(delivery, self.directory, now=self.now)
        told = self.told.get(delivery.pk)
        if not told:
            return None
        return compose(delivery, told, self.directory, now=self.now, extras=self.extras.get(delivery.pk))
