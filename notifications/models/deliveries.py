"""One message to one person, and its fate."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, composed
from commitments.models import FollowUp, User
from notifications.models.reminders import Reminder

LEASE_TO_RENDER = timedelta(minutes=2)
# Longer than the ten minutes that RFC 5321 (4.5.3.2.6) allows a relay for its last answer.
LEASE_TO_SEND = timedelta(minutes=15)
GRACE = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
LONGEST_SUBJECT = 500
MAX_ATTEMPTS = 48  # about a day without an answer of the relay

# Claimed in one statement. A sub-select with LIMIT and FOR UPDATE in the condition itself would be run once for each
# row and take more than it should: hence WITH … AS MATERIALIZED. SQLite has one writer at a time anyway.
CLAIM = """
    {chosen} UPDATE notifications_delivery SET state = 'claimed', lease_token = %s, lease_until = %s,
        attempts = attempts + 1
    WHERE state = 'pending' AND id IN {among} RETURNING id
"""
# The first condition is that of the index, for SQLite compares the words.
DUE = """SELECT id FROM notifications_delivery
    WHERE state IN ('pending', 'uncertain') AND state = 'pending' AND send_after <= %s AND channel = %s
    ORDER BY send_after, id LIMIT %s"""
LOCKED = f"WITH due AS MATERIALIZED ({DUE} FOR UPDATE SKIP LOCKED)"
# Ours in Delivery.error; all else there was said by a server.
ENDED_BEFORE_ANSWER = gettext_noop("The worker ended before the answer of the mail server was known.")
ENDED_WHILE_WRITING = gettext_noop("The worker ended each time that it wrote this message.")
NEVER_ACCEPTED = gettext_noop("The mail server broke off each time that it was handed this message.")
SENT_BEFORE_RESTORE = gettext_noop("Sent before a backup was put back; its words are no longer in the books.")
HELD_AFTER_RESTORE = gettext_noop(
    "A backup was put back, and nobody knows whether this had been sent by then."
)

MESSAGE_ID = "notifications.message-id"  # salt


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: Any) -> DeliveryQuerySet:
        """A message shows all its items, so one sees it only if one sees each of them; a letter its item; one without any, its recipient."""
        if not getattr(user, "is_active", False):
            return self.none()
        seen = FollowUp.objects.visible_to(user).values("pk")
        told = Reminder.objects.filter(follow_up__in=seen).exclude(delivery=None).values("delivery")
        letters = Delivery.objects.filter(letter__follow_up__in=seen).values("pk")
        own = Delivery.objects.filter(recipient=user.pk).values("pk")
        shown = Q(pk__in=told.order_by().union(letters.order_by(), own.order_by()))
        unseen = Reminder.objects.filter(delivery=OuterRef("pk")).exclude(follow_up__in=seen)
        return self.filter(shown).exclude(Exists(unseen))

    def open(self) -> DeliveryQuerySet:
        """On its way to the point of no return: items may still join it or leave it."""
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.PENDING, send_after__lte=now)

    def undelivered(self) -> DeliveryQuerySet:
        """Work for a person: given up and not seen to, or nobody knows whether it arrived."""
        return self.filter(
            Q(pk__in=Delivery.objects.given_up().values("pk")) | Q(state=Delivery.State.UNCERTAIN)
        )

    def given_up(self) -> DeliveryQuerySet:
        """Failed for good, nobody has seen to it, and nothing newer about the same has arrived."""
        failed = self.filter(state=Delivery.State.FAILED, seen_to_at=None)
        about_something = Exists(Reminder.objects.filter(delivery=OuterRef("pk")))
        return failed.filter(Exists(_not_told_since()) | ~about_something & ~Exists(_newer_of_its_class()))

    def doubtful(self, *, channel: str, now: datetime) -> DeliveryQuerySet:
        """Nobody knows whether they arrived, and the mail server has had the time for its answer.

        What is held after a restore waits for a person."""
        doubtful = self.filter(state=Delivery.State.UNCERTAIN, channel=channel, send_after__lte=now)
        return doubtful.exclude(error=HELD_AFTER_RESTORE).order_by("-pk")

    def held_after_restore(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.UNCERTAIN, error=HELD_AFTER_RESTORE)

    def on_their_way(self) -> DeliveryQuerySet:
        """Neither sent nor given up, whoever has them."""
        return self.filter(state__in=OPEN | IN_HAND)

    def found_again(self, deliveries: Sequence[Delivery], *, now: datetime) -> None:
        """After a restore: it is proved that they had been sent, about `now`."""
        self.mark_sent(deliveries, now=now)
        unwritten = self.filter(pk__in=[delivery.pk for delivery in deliveries], text="")
        unwritten.update(error=SENT_BEFORE_RESTORE)

    def wait_for_a_person(self, deliveries: Sequence[Delivery], *, now: datetime) -> None:
        """After a restore: nobody knows whether they had been sent."""
        self.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            state=Delivery.State.UNCERTAIN, lease_until=None, send_after=now, error=HELD_AFTER_RESTORE
        )

    def start_afresh(self, deliveries: Sequence[Delivery]) -> None:
        """After a restore: they have certainly not been sent, and no worker has them any more."""
        self.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            state=Delivery.State.PENDING, lease_token="", lease_until=None, **UNWRITTEN
        )

    def stay_in_doubt(self, deliveries: Sequence[Delivery], *, now: datetime) -> None:
        """After a restore: no worker has them any more."""
        self.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            state=Delivery.State.UNCERTAIN, lease_until=None, send_after=now, error=ENDED_BEFORE_ANSWER
        )

    def claim(self, limit: int, *, channel: str, now: datetime) -> list[Delivery]:
        """Take some pending messages for a while, oldest first; any number of workers may do so at once."""
        token = uuid.uuid4().hex
        adapted = connection.ops.adapt_datetimefield_value
        lease, due = [token, adapted(now + LEASE_TO_RENDER)], [adapted(now), channel, limit]
        if connection.vendor == "postgresql":
            sql, params = CLAIM.format(chosen=LOCKED, among="(SELECT id FROM due)"), [*due, *lease]
        else:
            sql, params = CLAIM.format(chosen="", among=f"({DUE})"), [*lease, *due]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            taken = [pk for (pk,) in cursor.fetchall()]
        mine = self.filter(pk__in=taken).select_related("recipient__preference")
        return list(mine.order_by("send_after", "pk")) if taken else []

    def hold(self, deliveries: Collection[Delivery]) -> DeliveryQuerySet:
        """Those that are mine, locked until the transaction ends: nothing joins or leaves them, nobody takes them.

        Without waiting for others: bundling locks messages in an order of its own."""
        return self.select_for_update(skip_locked=True).filter(
            pk__in=[delivery.pk for delivery in deliveries],
            lease_token__in={delivery.lease_token for delivery in deliveries},
        )

    def begin_sending(self, deliveries: Sequence[Delivery], *, now: datetime) -> None:
        """The point of no return, for messages that are written and held. What is not told by them leaves them."""
        for delivery in deliveries:
            delivery.state, delivery.lease_until = Delivery.State.SENDING, now + LEASE_TO_SEND
        _store(deliveries, WRITTEN)

    def mark_sent(self, deliveries: Sequence[Delivery], *, now: datetime) -> list[Delivery]:
        """Those that are free to be written, in a transaction of the caller; returns the others."""
        free = set(self.hold(deliveries).filter(state__in=NOT_SENT).values_list("pk", flat=True))
        self.filter(pk__in=free).update(state=Delivery.State.SENT, lease_until=None, sent_at=now, error="")
        told = Reminder.objects.planned().filter(delivery__in=free)
        told.update(state=Reminder.State.TOLD, told_at=now)
        return [delivery for delivery in deliveries if delivery.pk not in free]

    def recover(self, *, now: datetime) -> int:
        """Whoever died before the point of no return has certainly not sent; whoever died after it, nobody knows."""
        over = self.filter(lease_until__lt=now)
        claimed = over.filter(state=Delivery.State.CLAIMED)
        unwritable = claimed.filter(attempts__gte=MAX_ATTEMPTS).update(
            state=Delivery.State.FAILED, lease_until=None, error=ENDED_WHILE_WRITING
        )
        back = claimed.update(state=Delivery.State.PENDING, lease_token="", lease_until=None)
        unknown = over.filter(state=Delivery.State.SENDING).update(
            state=Delivery.State.UNCERTAIN,
            lease_until=None,
            send_after=now + GRACE,
            error=ENDED_BEFORE_ANSWER,
        )
        return unwritable + back + unknown


def _not_told_since() -> models.QuerySet:
    """Items of a failed message of which nobody has heard since."""
    heard = Reminder.objects.filter(
        follow_up=OuterRef("follow_up"),
        post=OuterRef("post"),
        state=Reminder.State.TOLD,
        told_at__gt=OuterRef("delivery__created_at"),
    )
    return Reminder.objects.filter(delivery=OuterRef("pk")).exclude(Exists(heard))


def _newer_of_its_class() -> DeliveryQuerySet:
    return Delivery.objects.filter(
        recipient=OuterRef("recipient"),
        message_class=OuterRef("message_class"),
        state=Delivery.State.SENT,
        created_at__gt=OuterRef("created_at"),
    )


def _store(deliveries: Sequence[Delivery], names: Sequence[str]) -> None:
    """In one round trip, where an UPDATE of each, or one with a CASE for each column, takes many times as long."""
    fields = [field for field in Delivery._meta.concrete_fields if field.name in names]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    rows = [
        [*(field.get_db_prep_save(field.pre_save(each, False), connection) for field in fields), each.pk]
        for each in deliveries
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE notifications_delivery SET {columns} WHERE id = %s", rows)


class Delivery(models.Model):
    """One message to one person, and its fate."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting to be sent")
        CLAIMED = "claimed", _("being written")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        UNCERTAIN = "uncertain", _("sent or not: to be checked")
        FAILED = "failed", _("could not be delivered")
        CANCELLED = "cancelled", _("no longer needed")

    class Channel(models.TextChoices):
        MAIL = "mail", _("mail")
        CHAT = "chat", _("chat")

    class MessageClass(models.TextChoices):
        REMINDERS = "reminders", _("what is asked")
        OVERVIEW = "overview", _("overview")

    LETTER = "letter"  # and a word of its own: letters are not bound by one a day

    recipient = models.ForeignKey(
        User, models.PROTECT, related_name="deliveries", verbose_name=_("recipient")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.MAIL)
    message_class = models.CharField(_("class of message"), max_length=20, default=MessageClass.REMINDERS)
    local_day = models.DateField(_("recipient's day"))
    language = models.CharField(_("language"), max_length=2, default="en")
    address = models.EmailField(_("address"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    send_after = models.DateTimeField(_("not before"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    message_date = models.DateTimeField(_("Date"), null=True, blank=True)
    subject = LineField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    # Follow-ups, by key, that the message also tells of without asking about them.
    mentions = models.JSONField(_("also told of"), default=list, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)
    seen_to_at = models.DateTimeField(_("seen to at"), null=True, blank=True)
    seen_to_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seen to by")
    )
    created_at = models.DateTimeField(_("made at"))

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "channel", "message_class", "local_day"],
                name="notifications_delivery_one_a_day",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["claimed", "sending"], lease_until__isnull=False)
                    | (~Q(state__in=["claimed", "sending"]) & Q(lease_until=None))
                ),
                name="notifications_delivery_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after", "id"],
                condition=Q(state__in=["pending", "uncertain"]),
                name="notifications_delivery_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="notifications_delivery_leased",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state="failed", seen_to_at=None),
                name="notifications_delivery_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.local_day}: {self.state}"

    def message_id_of(self, number: int = 0) -> str:
        """Nobody guesses it; and a register put back to an earlier state gives the same message the same again."""
        host = settings.SITE_URL.partition("://")[2].partition("/")[0].partition(":")[0]
        facts = [self.recipient_id, self.channel, self.message_class, self.local_day.isoformat(), number]
        secret = salted_hmac(MESSAGE_ID, json.dumps(facts), algorithm="sha256").hexdigest()
        return f"<{secret[:32]}@{host or 'localhost'}>"

    def new_message_id(self) -> str:
        """Of its day; with a number where one that has moved to another day keeps that."""
        others = Delivery.objects.exclude(pk=self.pk)
        ids = (self.message_id_of(number) for number in count())
        return next(each for each in ids if not others.filter(message_id=each).exists())

    @classmethod
    def to(cls, user: User, *, local_day: date, language: str, now: datetime, **fields: Any) -> Delivery:
        """An unsaved message, to be sent at once. A chat's address is a secret and stays out of the books."""
        by_mail = fields.get("channel", cls.Channel.MAIL) == cls.Channel.MAIL
        known = {"address": user.email if by_mail else "", "send_after": now, "created_at": now}
        delivery = cls(recipient=user, local_day=local_day, language=language, **{**known, **fields})
        delivery.message_id = delivery.message_id or delivery.new_message_id()
        return delivery

    def may_be_read_by(self, user: Any) -> bool:
        """Its words: whoever sees what it asks about still needs to see everything else that it tells of."""
        unseen = FollowUp.objects.filter(pk__in=self.mentions).exclude(
            pk__in=FollowUp.objects.visible_to(user).values("pk")
        )
        return self.recipient_id == user.pk or not (self.mentions and unseen.exists())

    @property
    def is_open(self) -> bool:
        """The row's answer to DeliveryQuerySet.open()."""
        return self.state in OPEN

    @property
    def asks(self) -> bool:
        return self.message_class == self.MessageClass.REMINDERS

    @property
    def is_overview(self) -> bool:
        return self.message_class == self.MessageClass.OVERVIEW

    @property
    def is_letter(self) -> bool:
        """Written by a person (notifications/letters.py)."""
        return self.message_class.startswith(self.LETTER)

    @property
    def problem(self) -> str:
        """What went wrong: in the reader's language if we say it, else as the server said it."""
        return gettext(self.error) if self.error else ""

    def let_go(self, reminder_ids: Iterable[int]) -> None:
        """What is not to be told by this message waits for one of its own."""
        with transaction.atomic():
            if Delivery.objects.hold([self]).filter(state=self.State.CLAIMED).first():
                self.reminders.planned().filter(pk__in=reminder_ids).update(delivery=None)

    def becomes_of(self, day: date) -> None:
        """Something of that day joins it, so it will be another message; unless somebody is writing it already."""
        self.local_day = day
        if self.state == self.State.PENDING:
            self.message_id, self.message_date = self.new_message_id(), None
        self.save(update_fields=["local_day", "message_id", "message_date"])

    def left_as_that_of_its_day(self) -> None:
        """After a restore; it keeps the day of before if there is a message of this one already."""
        same = Delivery.objects.filter(pk=self.pk)
        same.update(message_id=self.message_id)
        with suppress(IntegrityError), transaction.atomic():
            same.update(local_day=self.local_day)

    def leaves_on(self, day: date) -> None:
        """It waited until another day; the books say so, unless that day has a message already."""
        try:
            with transaction.atomic():
                mine = Delivery.objects.filter(pk=self.pk, lease_token=self.lease_token)
                mine.filter(state=self.State.CLAIMED).update(local_day=day)
        except IntegrityError:
            return
        self.local_day = day

    def write(self, message: Any, *, now: datetime) -> None:
        """Its words, in memory: they are stored at the point of no return. A chat's address is a secret."""
        headers = {"From": settings.DEFAULT_FROM_EMAIL, "Auto-Submitted": "auto-generated", **message.headers}
        self.subject = composed(" ".join(message.subject.split()))[
            :LONGEST_SUBJECT
        ]  # as it will be read back
        self.text, self.html = message.text, message.html
        self.headers = headers | ({"Reply-To": ", ".join(message.reply_to)} if message.reply_to else {})
        self.address = message.address if self.channel == self.Channel.MAIL else ""
        self.mentions = sorted(message.mentions)
        self.message_date = self.message_date or now

    def begin_again(self, *, now: datetime) -> bool:
        """What is in doubt, word for word once more; False: somebody else has it by now."""
        taken = {
            "state": self.State.SENDING,
            "lease_token": uuid.uuid4().hex,
            "lease_until": now + LEASE_TO_SEND,
            "attempts": self.attempts + 1,
        }
        mine = Delivery.objects.filter(pk=self.pk, lease_token=self.lease_token, state=self.State.UNCERTAIN)
        if not mine.filter(send_after__lte=now).update(**taken):
            return False
        self._now_is(taken)
        return True

    def neighbours(self) -> tuple[str | None, str | None]:
        """Message-IDs of what was accepted before and after the time in which this one was handed over."""
        sent = Delivery.objects.filter(state=self.State.SENT, channel=self.channel)
        earlier = sent.filter(pk__lt=self.pk, sent_at__lt=self.message_date or self.created_at)
        later = sent.filter(pk__gt=self.pk, sent_at__gte=self.send_after - GRACE)
        ids = (rows.values_list("message_id", flat=True) for rows in (earlier, later))
        before, after = next(ids).order_by("-pk").first(), next(ids).order_by("pk").first()
        return before, after

    def mark_sent(self, *, now: datetime) -> None:
        """Also settles one that was given up as uncertain while its owner was alive after all."""
        with transaction.atomic():
            if self._settle(self.State.SENT, among=NOT_SENT, sent_at=now, error=""):
                self.reminders.planned().update(state=Reminder.State.TOLD, told_at=now)

    def mark_failed(self, error: str) -> None:
        self._settle(self.State.FAILED, error=error)

    def mark_uncertain(self, error: str, *, now: datetime) -> None:
        self._settle(self.State.UNCERTAIN, error=error, send_after=now + GRACE)

    def postpone(self, error: str, *, now: datetime) -> None:
        """Certainly not sent: again after a random part of a growing wait (full jitter)."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self.attempts, 10))
        wait = longest * random.random()
        self._settle(self.State.PENDING, error=error, send_after=now + wait, **UNWRITTEN)

    def mark_not_sent(self, *, now: datetime) -> None:
        """It is proved that the mail server has not taken it: once more, unless it breaks off each time."""
        if self.attempts >= MAX_ATTEMPTS:
            self.mark_failed(NEVER_ACCEPTED)
        else:
            self._settle(self.State.PENDING, send_after=now, **UNWRITTEN)

    def release(self, *, now: datetime) -> None:
        """Certainly not sent, nothing wrong: what was to be said has changed meanwhile. Again in a moment."""
        self.wait_until(now + timedelta(seconds=1))

    def wait_until(self, moment: datetime) -> None:
        """It was not its time; that was no attempt."""
        self._settle(self.State.PENDING, send_after=moment, attempts=self._attempts_before, **UNWRITTEN)

    def stay_in_doubt(self, *, now: datetime) -> None:
        """It was not repeated after all."""
        self._settle(self.State.UNCERTAIN, send_after=now + GRACE, attempts=self._attempts_before)

    def give_back(self) -> None:
        """Untouched: it is as due as it was."""
        self._settle(self.State.PENDING, attempts=self._attempts_before, **UNWRITTEN)

    @property
    def _attempts_before(self) -> int:
        return max(0, self.attempts - 1)

    def cancel(self) -> bool:
        """Nothing of it is to be told any more."""
        with transaction.atomic():
            cancelled = self._settle(self.State.CANCELLED, **UNWRITTEN)
            if cancelled:
                self.reminders.planned().update(delivery=None)
        return cancelled

    @property
    def may_be_sent_again(self) -> bool:
        return self.state in {self.State.FAILED, self.State.UNCERTAIN}

    def send_again(self, *, now: datetime) -> None:
        """A person decided that an undelivered message is to be tried once more."""
        undelivered = {self.State.FAILED, self.State.UNCERTAIN}
        unseen = {"seen_to_at": None, "seen_to_by": None}
        self._settle(self.State.PENDING, among=undelivered, send_after=now, attempts=0, **unseen, **UNWRITTEN)

    def came_back(self, reason: str) -> bool:
        """One relay took it, another refused it: nobody was told, and its items stand as if it had never left.

        False: by our books it has not left yet, or was not to leave."""
        left = {self.State.SENT, self.State.UNCERTAIN, self.State.FAILED}
        with transaction.atomic():
            back = self._settle(self.State.FAILED, among=left, error=reason)
            if back:
                told = self.reminders.filter(state=Reminder.State.TOLD)
                told.update(state=Reminder.State.PLANNED, told_at=None)
        return back

    def see_to(self, *, by: User, now: datetime) -> None:
        """A person has told the recipient another way, or knows that it is no longer needed."""
        Delivery.objects.given_up().filter(pk=self.pk).update(seen_to_at=now, seen_to_by=by)

    def _settle(self, state: str, *, among: Collection[str] | None = None, **facts: Any) -> bool:
        """False, and nothing changes: somebody else has the message by now, or it has been settled.

        So a worker that was frozen past its lease cannot send again, or undo, what another has done."""
        ours = Delivery.objects.filter(pk=self.pk, lease_token=self.lease_token)
        stored = {"state": state, "lease_until": None, **facts}
        settled = bool(ours.filter(state__in=IN_HAND if among is None else among).update(**stored))
        if settled:
            self._now_is(stored)
        return settled

    def _now_is(self, stored: dict[str, Any]) -> None:
        for name, value in stored.items():
            setattr(self, name, value)


OPEN = {Delivery.State.PENDING, Delivery.State.CLAIMED}
IN_HAND = {Delivery.State.CLAIMED, Delivery.State.SENDING, Delivery.State.UNCERTAIN}
NOT_SENT = set(Delivery.State) - {Delivery.State.SENT}
# Words are kept of what has left or may have left the house: then nothing joins or leaves the message any more,
# and who may see its items may read it.
UNWRITTEN = {"subject": "", "text": "", "html": ""}
WRITTEN = (
    "state",
    "lease_until",
    "message_date",
    "subject",
    "text",
    "html",
    "headers",
    "mentions",
    "address",
)
