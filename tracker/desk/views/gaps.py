"""What nobody answers for, or soon nobody will; five lists on one page, each with its question to the rows."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import Assignment, Commitment, Forum, Organisation, PostHolding, Reorganisation, User
from tracker.desk.desk_lists import with_leads
from tracker.desk.requests import StaffRequest

ROWS = 100  # of each list


def gaps(request: StaffRequest) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    to_come = _part(plans(user))
    context = {
        "title": _("Who is missing"),
        "today": today,
        "items": _part(_orphans(user, today)),
        "desks": _part(Forum.objects.visible_to(user).unkept(today).select_related("desk").order_by("code")),
        "ending": _part(_ending(user, today)),
        "headless": _part(_headless(user, today)),
        "plans": to_come,
        "is_stuck": any(plan.is_stuck(today) for plan in to_come["rows"]),
    }
    return render(request, "desk/gaps.html", context)


def _part(rows: QuerySet) -> dict[str, Any]:
    shown = list(rows[: ROWS + 1])
    return {"rows": shown[:ROWS], "count": f"{ROWS}+" if len(shown) > ROWS else len(shown)}


def _orphans(user: User, today: date) -> QuerySet[Commitment]:
    rows = Commitment.objects.visible_to(user).led_by_nobody(today)
    return with_leads(rows, "", today).order_by("reference")


def _ending(user: User, today: date) -> QuerySet[PostHolding]:
    rows = PostHolding.objects.visible_to(user).ending_without_successor(today)
    return rows.select_related("post__organisation", "user").order_by("until_on", "pk")


def _headless(user: User, today: date) -> QuerySet[Organisation]:
    parts = Assignment.objects.visible_to(user).active(today)
    at_work = parts.filter(commitment__workflow=Commitment.Workflow.ACTIVE)
    rows = Organisation.objects.visible_to(user).headless(today, at_work)
    return rows.select_related("party", "parent").order_by("party__code", "name_en", "name_ko", "pk")


def plans(user: User) -> QuerySet[Reorganisation]:
    rows = Reorganisation.objects.visible_to(user).planned()
    return rows.select_related("organisation", "target", "planned_by").order_by("effective_on", "pk")
