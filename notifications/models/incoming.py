"""What comes back: replies, bounces, and mail that nobody could match; and addresses that refuse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField
from commitments.locking import exclusively
from commitments.models import FollowUp, Forum, Marking, Recorded, User
from commitments.models.changes import RecordedQuerySet
from commitments.models.naming import in_language
from notifications.models.deliveries import Delivery
from notifications.models.reminders import Reminder

NO_SUCH_ADDRESS = gettext_noop("This address does not stand among those that refuse mail any more.")


class IncomingMailQuerySet(RecordedQuerySet):
    def waiting(self) -> IncomingMailQuerySet:
        """For a person to read: it could not be matched to one item."""
        return self.filter(state=IncomingMail.State.WAITING)


class IncomingMail(Recorded):
    """One mail of a mailbox, once. What belongs to nothing here is not kept: it stays where it is, unread."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        BOUNCE = "bounce", _("returned mail")
        AUTOMATIC = "automatic", _("automatic reply")
        OTHER = "other", _("other mail")

    class State(models.TextChoices):
        WAITING = "waiting", _("to be read")
        USED = "used", _("became an answer")
        DONE = "done", _("done")

    mailbox = LineField(_("mailbox"), max_length=254)
    message_id = LineField(_("Message-ID"), max_length=500)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    from_address = LineField(_("from"), max_length=320, blank=True)
    from_name = LineField(_("name given"), max_length=200, blank=True)
    subject = LineField(_("subject"), max_length=500, blank=True)
    text = models.TextField(_("text"), blank=True)
    attachments = models.TextField(
        _("attachments, one a line"), blank=True, help_text=_("Named only; they stay in the mailbox.")
    )
    received_at = models.DateTimeField(_("received at"))
    delivery = models.ForeignKey(
        Delivery,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("about the message"),
    )
    reminder = models.ForeignKey(
        Reminder, models.PROTECT, null=True, blank=True, related_name="replies", verbose_name=_("reminder")
    )
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("follow-up")
    )
    forum = models.ForeignKey(
        Forum, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("forum")
    )
    # A sentence of the catalogue, in English: it is read in the language of whoever reads it.
    why_unclear = models.TextField(_("what the desk should know"), blank=True)

    objects = IncomingMailQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "message_id"], name="notifications_incomingmail_once")
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id

    @property
    def why(self) -> str:
        return gettext(self.why_unclear) if self.why_unclear else ""

    @property
    def words(self) -> str:
        """What its sender wrote, without quotation and signature; all of it where that leaves nothing."""
        return self._own_words() or self.text

    def _own_words(self) -> str:
        from notifications.replies import own_words

        return own_words(self.text, self.delivery.text if self.delivery else "")

    def text_for(self, user: Any) -> str:
        """All of it, for whoever may read the message that it quotes; else what its sender wrote."""
        if self.delivery is None:
            return self.text
        is_visible = Delivery.objects.visible_to(user).filter(pk=self.delivery.pk).exists()
        return self.text if is_visible and self.delivery.may_be_read_by(user) else self._own_words()

    @property
    def name(self) -> str:
        """Of whoever answers. The recipient is known; of anybody else, what they say of themselves."""
        if self.delivery is not None and self.is_from_recipient:
            return in_language(self.delivery.recipient, "name", self.delivery.language)
        shown = self.from_address if not self.from_name else f"{self.from_name} <{self.from_address}>"
        return shown[:200]

    @property
    def is_from_recipient(self) -> bool:
        if self.delivery is None:
            return False
        known = {self.delivery.address.lower(), self.delivery.recipient.email.lower()} - {""}
        return self.from_address.lower() in known

    def wait(self, why: str) -> None:
        """A person has to read it."""
        self._now_is(state=self.State.WAITING, why_unclear=why)

    def note(self, why: str = "") -> None:
        """Nothing is to be done about it."""
        self._now_is(state=self.State.DONE, why_unclear=why)

    def became_answer(self, reminders: Sequence[Reminder], why: str = "") -> None:
        """`follow_up`: whoever sees that may read the mail. Of several items a restricted one; or none, see access."""
        facts: dict[str, Any] = {
            "state": self.State.USED,
            "reminder": None,
            "follow_up": self.follow_up,
            "why_unclear": why,
        }
        is_further = self.state == self.State.USED
        if len(reminders) == 1 and not is_further:
            facts |= {"reminder": reminders[0], "follow_up": reminders[0].follow_up}
        elif is_further and _is_restricted(reminders[0]):
            facts["follow_up"] = reminders[0].follow_up
        self._now_is(**facts)

    def done(self) -> None:
        """A person has read it, and that was all. Of two, the second is told that the first was quicker."""
        waiting = IncomingMail.objects.waiting().filter(pk=self.pk)
        if not waiting.update(state=self.State.DONE):
            raise ValidationError(_("This mail was dealt with already."))
        self.state = self.State.DONE

    def use_for(self, reminder: Reminder, *, now: datetime, words: str = "") -> None:
        """A person says which item it answers, and with `words` which part of it does: that becomes a proposal.

        For further items it is called again. Raises ValidationError, as for a closed item or an older date."""
        from notifications import receiving

        receiving.use_for(self, reminder, words=words or self.words, now=now)

    def _now_is(self, **facts: object) -> None:
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=list(facts))


def _is_restricted(reminder: Reminder) -> bool:
    commitment = reminder.follow_up.commitment
    return commitment is not None and commitment.marking == Marking.RESTRICTED


class AddressProblemQuerySet(RecordedQuerySet):
    def standing(self) -> AddressProblemQuerySet:
        """Of those who are still to be reached there: an address that was corrected troubles nobody."""
        people = User.objects.filter(email__iexact=OuterRef("address"), is_active=True)
        return self.filter(Exists(people))


class AddressProblem(Recorded):
    """An address that refused mail. A person clears it: that a relay took the next message proves nothing."""

    address = models.EmailField(_("address"), unique=True)
    reason = models.TextField(_("what the mail server said"))
    since = models.DateTimeField(_("since"))
    count = models.PositiveIntegerField(_("how many"), default=1)

    objects = AddressProblemQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = _("address that refuses mail")
        verbose_name_plural = _("addresses that refuse mail")
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address

    @classmethod
    def mark(cls, address: str, *, reason: str, now: datetime) -> None:
        """It refused a message; once more if it had before."""
        with exclusively(f"address {address.lower()}"):
            known = cls.objects.filter(address__iexact=address).first()
            if known is None:
                cls.objects.create(address=address, reason=reason, since=now)
            else:
                known.reason, known.count = reason, known.count + 1
                known.save(update_fields=["reason", "count"])

    def clear(self) -> None:
        """A person has put it right. The history keeps that it stood."""
        if not AddressProblem.objects.filter(pk=self.pk).delete()[0]:
            raise ValidationError(_(NO_SUCH_ADDRESS))


class MailboxMark(models.Model):
    """How far a mailbox has been read. Only a short cut: each mail is known by its Message-ID."""

    mailbox = models.CharField(max_length=254, unique=True)
    uid_validity = models.BigIntegerField()
    last_uid = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["mailbox"]

    def __str__(self) -> str:
        return f"{self.mailbox}: {self.last_uid}"

    @classmethod
    def last_of(cls, mailbox: str, uid_validity: int) -> int | None:
        """None: never read, or the server has numbered its mail anew."""
        known = cls.objects.filter(mailbox=mailbox, uid_validity=uid_validity)
        return known.values_list("last_uid", flat=True).first()

    @classmethod
    def move(cls, mailbox: str, uid_validity: int, uid: int) -> None:
        """Forward only: of two who read at once, the slower takes nothing back."""
        kept, _new = cls.objects.get_or_create(
            mailbox=mailbox, defaults={"uid_validity": uid_validity, "last_uid": uid}
        )
        this = cls.objects.filter(pk=kept.pk)
        this.exclude(uid_validity=uid_validity).update(uid_validity=uid_validity, last_uid=uid)
        this.filter(uid_validity=uid_validity, last_uid__lt=uid).update(last_uid=uid)
