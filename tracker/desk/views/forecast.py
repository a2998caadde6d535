"""What will be sent in the days to come, before it is: who hears of what, when, and who cannot be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import FollowUp, User
from notifications import watching
from notifications.forecast import (
    Day,
    Expected,
    Message,
    closed_channels,
    day_by_day,
    forecast,
    weekly_overviews,
    within_reach,
)
from notifications.inheritance import LadderBook
from tracker.desk.requests import StaffRequest

DAYS_AHEAD = 14  # as the page is called
MOST_DATES = 5_000  # open dates that may reach a step by then: some seconds


def ahead(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    found = _days(request.user, now=now)
    days = found or []
    messages = [message for day in days for message in day.messages]
    context = {
        "title": _("Next 14 days"),
        "today": timezone.localdate(now),
        "days": days,
        "too_many": found is None,
        "closed": closed_channels(messages),
        "counts": _counts(days, messages),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "desk/forecast.html", context)


def _days(user: User, *, now: datetime) -> list[Day] | None:
    """Worked out for the whole register, because what one person hears depends on all of it; then what `user` sees.

    None: that are more dates than a page may take the time for."""
    book = LadderBook()
    reach = within_reach(now, DAYS_AHEAD, book)
    if len(reach) > MOST_DATES:
        return None
    rows = forecast(reach, now=now, days=DAYS_AHEAD, book=book)
    overviews = weekly_overviews(rows, now=now, days=DAYS_AHEAD)
    return day_by_day(_seen(rows, user), _seen_overviews(overviews, user))


def _seen(rows: list[Expected], user: User) -> list[Expected]:
    among = {row.follow_up.pk for row in rows}
    seen = set(FollowUp.objects.visible_to(user).open().filter(pk__in=among).values_list("pk", flat=True))
    return [row for row in rows if row.follow_up.pk in seen]


def _seen_overviews(overviews: list[Message], user: User) -> list[Message]:
    """That somebody gets one says nothing of its items; still it is for who watches over the sending."""
    if watching.may_watch(user):
        return overviews
    return [overview for overview in overviews if overview.recipient.user.pk == user.pk]


def _counts(days: list[Day], messages: list[Message]) -> dict[str, Any]:
    return {
        "messages": len(messages),
        "people": len({message.recipient.user.pk for message in messages}),
        "tasks": sum(len(day.tasks) for day in days),
        "nobody": sum(len(day.nobody) for day in days),
    }
