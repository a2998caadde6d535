"""Who was told what, did it arrive, and have they seen it?"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.models import (
    Assignment,
    Calendar,
    FollowUp,
    Post,
    ProgressReport,
    Recorded,
    Request,
    User,
)
from notifications.ladders import Audience

LEASE_TO_RENDER = timedelta(minutes=2)
# Longer than the ten minutes that RFC 5321 (4.5.3.2.6) allows a relay for its last answer.
LEASE_TO_SEND = timedelta(minutes=15)
GRACE = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
MAX_ATTEMPTS = 48  # about a day without an answer of the relay


class DueDay(models.Model):
    """Follow-ups of a kind due on `due_on` have reached a step, by one working calendar. Planning's scratch pad."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=14)
    due_on = models.DateField()
    step = models.CharField(max_length=20)
    ordinal = models.PositiveSmallIntegerField()
    audience = models.CharField(max_length=5)
    breaks_out = models.BooleanField()
    remind_on = models.DateField()
    newest = models.BooleanField()
    today = models.DateField()

    class Meta:
        ordering = ["calendar", "kind", "due_on", "ordinal"]
        constraints = [
            models.UniqueConstraint(
                fields=["due_on", "kind", "calendar", "step"], name="notifications_dueday_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}: {self.step}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user: Any) -> ReminderQuerySet:
        return self.filter(follow_up__in=FollowUp.objects.visible_to(user))

    def planned(self) -> ReminderQuerySet:
        return self.filter(state=Reminder.State.PLANNED)

    def still_needed(self, now: datetime) -> ReminderQuerySet:
        """Planned, and the reason stands: the item is open, its date the same, the post still answers for it,
        and no answer of it waits for the desk. Asked when bundling and once more when sending."""
        return (
            self.planned()
            .filter(follow_up__in=FollowUp.objects.open(), due_on=F("follow_up__due_on"))
            .annotate(day_of_post=_day_of_post(now))
            .filter(_answers_for_it(OuterRef("day_of_post")))
            .exclude(Exists(_waiting(ProgressReport.objects.waiting())))
            .exclude(Exists(_waiting(Request.objects.proposed())))
            .annotate(held_until_on=_held_until())
        )

    def tasks_for_the_desk(self, now: datetime) -> ReminderQuerySet:
        return self.still_needed(now).filter(audience=Audience.DESK)

    def for_owners(self, now: datetime) -> ReminderQuerySet:
        return self.still_needed(now).filter(audience=Audience.OWNER)


def _day_of_post(now: datetime) -> Case:
    """What day it is where the post works: by the same clock as planning, at eight in Seoul not yet yesterday's."""
    zones = Calendar.objects.order_by().values_list("zone", flat=True).distinct()
    cases = (
        When(
            post__organisation__calendar__zone=zone,
            then=Value(now.astimezone(ZoneInfo(zone)).date(), models.DateField()),
        )
        for zone in zones
    )
    return Case(*cases, default=Value(now.date(), models.DateField()))


def _answers_for_it(today: OuterRef) -> Q:
    """Planning's three sources of posts (planning.py), asked of a reminder: named post, lead, or the desk."""
    leads = Assignment.objects.active(today).leads().filter(commitment=OuterRef("follow_up__commitment"))
    of_all, of_party = Q(follow_up__party=None), Q(post__organisation__party=F("follow_up__party"))
    its_party_has_none = ~Exists(leads.filter(party=OuterRef("follow_up__party")))
    leading = Q(Exists(leads.filter(post=OuterRef("post")))) & (of_all | of_party)
    nobody_leads = (of_all & ~Exists(leads)) | (~of_all & its_party_has_none)
    named = Q(post=F("follow_up__post"))
    return Q(audience=Audience.DESK) | named | (Q(follow_up__post=None) & (leading | nobody_leads))


def _waiting(answers: models.QuerySet) -> models.QuerySet:
    of_post = Q(post=OuterRef("post")) | Q(post=None)
    return answers.filter(of_post, follow_up=OuterRef("follow_up"))


def _held_until() -> Subquery:
    acknowledged = Acknowledgment.objects.filter(
        follow_up=OuterRef("follow_up"), post=OuterRef("post"), due_on=OuterRef("due_on")
    )
    latest = acknowledged.order_by().values("follow_up").annotate(until=Max("until_on"))
    return Subquery(latest.values("until"), output_field=models.DateField())


class Reminder(models.Model):
    """Which post is to hear of which step for which date. A moved date earns new ones, nothing earns two."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        TOLD = "told", _("told")
        SUPERSEDED = "superseded", _("overtaken by a later one")

    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="reminders", verbose_name=_("follow-up")
    )
    step = models.CharField(_("step"), max_length=20)
    ordinal = models.PositiveSmallIntegerField(_("order"))
    post = models.ForeignKey(Post, models.PROTECT, related_name="reminders", verbose_name=_("post"))
    due_on = models.DateField(_("for the date"))
    remind_on = models.DateField(_("reached on"))
    audience = models.CharField(_("for"), max_length=5)
    breaks_out = models.BooleanField(_("does not wait for the weekly message"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    delivery = models.ForeignKey(
        "Delivery",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name=_("message"),
    )
    late = models.BooleanField(_("late"), default=False)
    planned_at = models.DateTimeField(_("planned at"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["remind_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up", "step", "post", "due_on"], name="notifications_reminder_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["audience", "remind_on"],
                condition=Q(state="planned"),
                name="notifications_reminder_planned",
            )
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.follow_up_id}"

    def is_held(self, today: date) -> bool:
        """Acknowledged until a day that has not passed for whoever would be told."""
        held_until_on: date | None = getattr(self, "held_until_on", None)  # set by still_needed()
        return held_until_on is not None and today <= held_until_on

    def mark_done(self, *, now: datetime) -> None:
        """The desk has seen to its task."""
        self.state, self.told_at = self.State.TOLD, now
        self.save(update_fields=["state", "told_at"])


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: Any) -> DeliveryQuerySet:
        """A message shows all its items, so one sees it only if one sees each of them; one without any, its recipient."""
        if not getattr(user, "is_active", False):
            return self.none()
        told = Reminder.objects.exclude(delivery=None)
        unseen = told.exclude(follow_up__in=FollowUp.objects.visible_to(user)).values("delivery")
        return self.exclude(pk__in=unseen).filter(Q(pk__in=told.values("delivery")) | Q(recipient=user.pk))

    def open(self) -> DeliveryQuerySet:
        """On its way to the point of no return: items may still join it or leave it."""
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.PENDING, send_after__lte=now)

    def undelivered(self) -> DeliveryQuerySet:
        """Work for a person: given up, or nobody knows whether it arrived."""
        return self.filter(state__in=[Delivery.State.FAILED, Delivery.State.UNCERTAIN])

    def claim(self, pk: int, *, now: datetime) -> Delivery | None:
        """Take one pending message for a while; None means that another worker has it."""
        token = uuid.uuid4().hex
        taken = (
            self.due(now)
            .filter(pk=pk)
            .update(
                state=Delivery.State.CLAIMED,
                lease_token=token,
                lease_until=now + LEASE_TO_RENDER,
                attempts=F("attempts") + 1,
            )
        )
        return self.get(pk=pk, lease_token=token) if taken else None

    def recover(self, *, now: datetime) -> int:
        """Whoever died before the point of no return has certainly not sent; whoever died after it, nobody knows."""
        over = self.filter(lease_until__lt=now)
        back = over.filter(state=Delivery.State.CLAIMED).update(
            state=Delivery.State.PENDING, lease_token="", lease_until=None
        )
        unknown = over.filter(state=Delivery.State.SENDING).update(
            state=Delivery.State.UNCERTAIN,
            lease_until=None,
            send_after=now + GRACE,
            error="The worker ended before the answer of the mail server was known.",
        )
        return back + unknown


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

    recipient = models.ForeignKey(
        User, models.PROTECT, related_name="deliveries", verbose_name=_("recipient")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.MAIL)
    message_class = models.CharField(_("class of message"), max_length=20, default="reminders")
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
    subject = LineField(_("subject"), max_length=500, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.local_day}: {self.state}"

    @classmethod
    def new_message_id(cls) -> str:
        host = settings.SITE_URL.partition("://")[2].partition("/")[0].partition(":")[0]
        return f"<{uuid.uuid4().hex}@{host or 'localhost'}>"

    @property
    def is_open(self) -> bool:
        """The row's answer to DeliveryQuerySet.open()."""
        return self.state in OPEN

    def is_still_mine(self) -> bool:
        """Whether the claim stands. Until the transaction ends nothing joins the message and nobody else takes it."""
        mine = Delivery.objects.select_for_update().filter(
            pk=self.pk, state=self.State.CLAIMED, lease_token=self.lease_token
        )
        return mine.first() is not None

    def let_go(self, reminder_ids: Iterable[int]) -> None:
        """What is not to be told by this message waits for one of its own."""
        with transaction.atomic():
            if self.is_still_mine():
                self.reminders.planned().filter(pk__in=reminder_ids).update(delivery=None)

    def begin_sending(self, message: Any, *, needed: set[int], now: datetime) -> bool:
        """The point of no return, in one short transaction: my lease runs, and what is needed now is what was rendered.

        `needed` is asked by the caller inside the same transaction. False: nothing may be sent."""
        if needed != set(message.reminder_ids):
            return False
        stored = {
            "state": self.State.SENDING,
            "lease_until": now + LEASE_TO_SEND,
            "message_date": self.message_date or now,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "address": message.address,
        }
        mine = Delivery.objects.filter(
            pk=self.pk, state=self.State.CLAIMED, lease_token=self.lease_token, lease_until__gt=now
        )
        if not mine.update(**stored):
            return False
        self.reminders.planned().exclude(pk__in=needed).update(delivery=None)
        self._now_is(stored)
        return True

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

    def release(self, *, now: datetime) -> None:
        """Certainly not sent, nothing wrong: what was to be said has changed meanwhile. Again in a moment."""
        self._settle(self.State.PENDING, send_after=now + timedelta(seconds=1), **UNWRITTEN)

    def cancel(self) -> bool:
        """Nothing of it is to be told any more."""
        with transaction.atomic():
            cancelled = self._settle(self.State.CANCELLED, **UNWRITTEN)
            if cancelled:
                self.reminders.planned().update(delivery=None)
        return cancelled

    def send_again(self, *, now: datetime) -> None:
        """A person decided that an undelivered message is to be tried once more."""
        undelivered = {self.State.FAILED, self.State.UNCERTAIN}
        self._settle(self.State.PENDING, among=undelivered, send_after=now, attempts=0, **UNWRITTEN)

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


class Acknowledgment(Recorded):
    """“Seen” (until a day): for one item, one post and one date; an old link cannot silence a new date."""

    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, related_name="acknowledgments", verbose_name=_("follow-up")
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name=_("post"))
    due_on = models.DateField(_("for the date"))
    until_on = models.DateField(_("quiet until"))
    by_name = LineField(_("name given"), max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(_("at"))

    class Meta(Recorded.Meta):
        verbose_name = _("acknowledgment")
        verbose_name_plural = _("acknowledgments")
        ordering = ["-acknowledged_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up", "post", "due_on"], name="notifications_acknowledgment_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.follow_up_id}: {self.by_name}"


class OutgoingMail(Recorded):
    """Whether mail leaves for real addresses. One row; off in a new installation."""

    enabled = models.BooleanField(_("switched on"), default=False)

    class Meta(Recorded.Meta):
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="notifications_outgoingmail_single"),
        ]

    def __str__(self) -> str:
        return str(_("on") if self.enabled else _("off"))

    @classmethod
    def is_enabled(cls) -> bool:
        return cls.objects.filter(enabled=True).exists()

    @classmethod
    def switch(cls, enabled: bool) -> None:
        cls.objects.update_or_create(pk=1, defaults={"enabled": enabled})
