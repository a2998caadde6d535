"""“Send me a sample”: what an owner would get, with an invented item, to the person who asks and to nobody else."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commitments.models import User
from commitments.spoken_dates import long_date
from notifications.dispatch import Clock, Outcome, hand_over
from notifications.messages import Item, Message
from notifications.models import LEASE_TO_SEND, Delivery

ANSWER_WITHIN = timedelta(days=14)


def send_sample(user: User, *, language: str, clock: Clock) -> Delivery:
    """By the usual channel, also while outgoing mail is off: it goes to whoever pressed the button."""
    now = clock()
    delivery = Delivery.objects.create(
        recipient=user,
        # Not bound by one message a day: one may look at it again after a change.
        message_class=f"sample {uuid.uuid4().hex[:12]}",
        local_day=timezone.localdate(now),
        language=language,
        address=user.email,
        state=Delivery.State.CLAIMED,
        lease_token=uuid.uuid4().hex,
        lease_until=now + LEASE_TO_SEND,
        send_after=now,
        attempts=1,
        message_id=Delivery.new_message_id(),
        created_at=now,
    )
    message = compose_sample(user, language=language, now=now)
    if delivery.begin_sending(message, needed=set(), now=now):
        hand_over(delivery, message, clock=clock, outcome=Outcome())
    return delivery


def compose_sample(user: User, *, language: str, now: datetime) -> Message:
    with translation.override(language):
        answer_by = long_date(timezone.localdate(now) + ANSWER_WITHIN, language)
        context = {
            "items": [_item(answer_by)],
            "several": False,
            "demonstration": False,
            "answer_by": answer_by,
            "desk": "",
            "language": language,
        }
        return Message(
            subject=_("[SAMPLE] Status of 1 item requested"),
            text=render_to_string("notifications/mail/reminder.txt", context),
            html=render_to_string("notifications/mail/reminder.html", context),
            address=user.email,
            reply_to=[],
            reminder_ids=frozenset(),
        )


def _item(answer_by: str) -> Item:
    return Item(
        reference="SAMPLE-2026-01",
        title=_("An invented commitment, to show how a reminder reads"),
        words="",
        is_summary=True,
        when=_("due on %(day)s") % {"day": answer_by},
        last_report="",
        link=settings.SITE_URL + reverse("notifications:answer", args=["sample"]),
        late=False,
        why=_("you asked for a sample"),
    )
