"""What came back by mail: for a message, and behind what an owner proposed. Only what `user` may read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from commitments.models import ProgressReport, Request
from notifications.models import IncomingMail

Proposal = ProgressReport | Request
A_DAY = timedelta(days=1)  # the owner's day may be another than the one by UTC


def to_messages(keys: Iterable[int], user: Any) -> dict[int, list[IncomingMail]]:
    """By message, oldest first."""
    rows = IncomingMail.objects.visible_to(user).filter(delivery__in=list(keys))
    found: dict[int, list[IncomingMail]] = defaultdict(list)
    for mail in rows.order_by("received_at", "pk"):
        found[mail.delivery_id].append(mail)
    return dict(found)


def with_mail(proposals: Iterable[Proposal], user: Any) -> list[Any]:
    """Each with `by_mail`: the mail that it was read from, or None."""
    found = list(proposals)
    may_be = [
        each for each in found if isinstance(each, Request) or each.source == ProgressReport.Source.MAIL
    ]
    mails = list(_that_answered({each.follow_up_id for each in may_be}, user)) if may_be else []
    for proposal in found:
        of_it = [mail for mail in mails if proposal in may_be and _is_from(proposal, mail)]
        proposal.by_mail = of_it[-1] if of_it else None  # type: ignore[union-attr]
    return found


def _that_answered(follow_ups: set[int | None], user: Any) -> QuerySet[IncomingMail]:
    used = IncomingMail.objects.visible_to(user).filter(state=IncomingMail.State.USED)
    items = Q(follow_up__in=follow_ups) | Q(delivery__reminders__follow_up__in=follow_ups)
    related = used.filter(items).distinct().select_related("delivery")
    return related.prefetch_related("delivery__reminders").order_by("received_at", "pk")


def _is_from(proposal: Proposal, mail: IncomingMail) -> bool:
    """A request keeps the moment of its mail, a report its words and its day."""
    if proposal.follow_up_id not in _items(mail):
        return False
    if isinstance(proposal, Request):
        return proposal.asked_at == mail.received_at
    first_line = proposal.internal.partition("\n")[0]
    is_of_that_day = abs(proposal.reported_on - mail.received_at.date()) <= A_DAY
    return is_of_that_day and first_line in mail.text


def _items(mail: IncomingMail) -> Sequence[int | None]:
    told = mail.delivery.reminders.all() if mail.delivery else ()
    return [mail.follow_up_id, *(reminder.follow_up_id for reminder in told)]
