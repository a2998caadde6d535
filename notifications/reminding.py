"""The whole way of a reminder in one call: planned, bundled, sent. The tick and `manage.py remind` make it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from notifications.bundling import bundle_reminders
from notifications.dispatch import Clock, dispatch
from notifications.models import Delivery, Reminder
from notifications.overviews import bundle_overviews
from notifications.planning import plan_reminders


@dataclass
class Result:
    """What one run did. `planned` and `superseded` count reminders, `overviews`, `sent`, `late` and `failed` messages or items of them."""

    planned: int = 0
    overviews: int = 0
    sent: int = 0
    late: int = 0
    superseded: int = 0
    skipped: int = 0
    failed: int = 0
    postponed: int = 0
    uncertain: int = 0
    more: bool = False  # is due than one run sends
    skipped_because: dict[str, int] = field(default_factory=dict)
    messages: list[dict[str, str]] = field(default_factory=list)
    overviews_to: list[str] = field(default_factory=list)


def remind(*, clock: Clock, since_mark: bool = False) -> Result:
    """`since_mark`: plan from where the last such run came to (the tick); else everything anew, and leave that be."""
    now = clock()
    try:
        plan = plan_reminders(now=now, since_mark=since_mark)
        bundle = bundle_reminders(now=now)
        overviews = bundle_overviews(now=now)
    finally:  # what is bundled leaves, whatever keeps the next from being planned
        outcome = dispatch(clock=clock)
    return Result(
        planned=plan.planned,
        superseded=plan.superseded,
        overviews=overviews,
        sent=outcome.sent,
        late=outcome.late,
        failed=outcome.failed,
        postponed=outcome.postponed,
        uncertain=outcome.uncertain,
        more=outcome.more,
        skipped=sum(bundle.skipped.values()),
        skipped_because=dict(bundle.skipped),
    )


def rehearse(*, now: datetime) -> Result:
    """What remind() would do at `now`, and to whom; everything is undone again and nothing leaves the house."""
    with transaction.atomic():
        plan = plan_reminders(now=now)
        bundle = bundle_reminders(now=now)
        result = Result(
            planned=plan.planned,
            superseded=plan.superseded,
            overviews=bundle_overviews(now=now),
            skipped=sum(bundle.skipped.values()),
            skipped_because=dict(bundle.skipped),
            messages=_waiting_messages(now),
            overviews_to=_waiting_overviews(now),
        )
        transaction.set_rollback(True)
    return result


def _waiting_messages(now: datetime) -> list[dict[str, str]]:
    told = Reminder.objects.to_tell(now).filter(delivery__in=Delivery.objects.due(now))
    related = told.select_related(
        "delivery__recipient", "follow_up__commitment", "follow_up__meeting", "post"
    )
    return [
        {
            "recipient": _to_whom(reminder.delivery) if reminder.delivery else "",
            "item": str(reminder.follow_up.subject),
            "step": reminder.step,
            "due_on": reminder.due_on.isoformat(),
            "post": str(reminder.post),
        }
        for reminder in related.order_by("delivery", "due_on", "id")
    ]


def _waiting_overviews(now: datetime) -> list[str]:
    waiting = Delivery.objects.due(now).filter(message_class=Delivery.MessageClass.OVERVIEW)
    return [_to_whom(overview) for overview in waiting.select_related("recipient").order_by("address", "pk")]


def _to_whom(delivery: Delivery) -> str:
    """An address, or the name of whoever reads by chat: where that is stays a secret."""
    return delivery.address or delivery.recipient.name
