"""“Send me a sample”: what an owner would get, with an invented item, to the person who asks and to nobody else."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commitments.models import FollowUp, User
from commitments.spoken_dates import official_date
from notifications import wording
from notifications.dispatch import Clock, send_at_once
from notifications.models import LEASE_TO_SEND, Delivery
from notifications.recipients import Directory
from notifications.rendering import Contents, Item, Message, Section, render

ANSWER_WITHIN = timedelta(days=14)


def send_sample(user: User, *, language: str, clock: Clock) -> Delivery:
    """By the usual channel, also while outgoing mail is off: it goes to whoever pressed the button."""
    now = clock()
    delivery = Delivery.to(
        user,
        # Not bound by one message a day: one may look at it again after a change.
        message_class=f"sample {uuid.uuid4().hex[:12]}",
        local_day=timezone.localdate(now),
        language=language,
        now=now,
        state=Delivery.State.CLAIMED,
        lease_token=uuid.uuid4().hex,
        lease_until=now + LEASE_TO_SEND,
        attempts=1,
    )
    delivery.save()
    send_at_once(delivery, compose_sample(delivery, now=now), clock=clock)
    return delivery


def compose_sample(delivery: Delivery, *, now: datetime) -> Message:
    with translation.override(delivery.language):
        day = official_date(timezone.localdate(now) + ANSWER_WITHIN, delivery.language)
        contents = Contents(
            subject=_("[SAMPLE] Status of 1 item requested"),
            intro=_("This is a sample, and nothing is asked of you. A reminder reads like this:"),
            forums=[],
            answer_by=_("Please answer by %(answer_by)s.") % {"answer_by": day},
            sections=(Section("due", "", (_item(day),)),),
        )
        return render(contents, delivery, Directory(set(), now=now))


def _item(day: str) -> Item:
    return Item(
        number=1,
        reference="SAMPLE-2026-01",
        title=_("An invented commitment, to show how a reminder reads"),
        is_summary=True,
        when=f"{capfirst(FollowUp.Kind.DEADLINE.label)}: {day}",
        status=wording.no_status(),
        link=settings.SITE_URL + reverse("notifications:answer", args=["sample"]),
        link_text=wording.answer_here(restricted=False),
        why=_("You get this because %(why)s.") % {"why": _("you asked for a sample")},
    )
