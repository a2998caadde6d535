"""The demonstration's own messages: one that could not be delivered; and their removal with the rest of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from notifications.inheritance import forum_id_of
from notifications.models import Acknowledgment, CalendarFeed, Delivery, Letter, Reminder
from notifications.planning import plan_reminders
from notifications.recipients import Directory

UNDELIVERED = "TCIM-2024-03"  # the item whose message came back
ERROR = "550 5.1.1 demonstration: this mailbox does not exist"


def show_undelivered(*, now: datetime) -> None:
    """Yesterday's message about one item came back, so that the desk shows what that looks like."""
    plan_reminders(now=now)
    waiting = Reminder.objects.to_tell(now).filter(
        follow_up__commitment__reference=UNDELIVERED, delivery=None
    )
    reminder = waiting.select_related("follow_up__commitment", "follow_up__meeting").order_by("id").first()
    if reminder is None:
        return
    recipient = Directory({reminder.post_id}, now=now).recipient(
        reminder.post_id, forum_id_of(reminder.follow_up)
    )
    if recipient is None:
        return
    reminder.delivery = Delivery.to(
        recipient.user,
        local_day=recipient.local_time(now).date() - timedelta(days=1),
        language=recipient.language,
        now=now,
        state=Delivery.State.FAILED,
        attempts=1,
        subject=f"[{reminder.follow_up.forum.code}] {UNDELIVERED}",
        error=ERROR,
    )
    reminder.delivery.save()
    reminder.save(update_fields=["delivery"])


def remove() -> None:
    """Everything that was planned, told or answered about the demonstration; before its commitments go."""
    forums = Q(follow_up__commitment__forum__demonstration=True) | Q(
        follow_up__meeting__forum__demonstration=True
    )
    Acknowledgment.objects.filter(forums).delete()
    Letter.objects.filter(forums).delete()
    CalendarFeed.objects.filter(Q(forum__demonstration=True) | Q(user__demonstration=True)).delete()
    told = Reminder.objects.filter(forums)
    messages = set(told.exclude(delivery=None).values_list("delivery", flat=True))
    told.delete()
    Delivery.objects.filter(Q(pk__in=messages) | Q(recipient__demonstration=True)).filter(
        reminders=None
    ).delete()
