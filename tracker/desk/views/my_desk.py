"""My desk: what needs me today, and all of each list."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import Commitment
from tracker.desk import desk_lists
from tracker.desk.desk_lists import LISTS, DeskList
from tracker.desk.listing import DATES_OF
from tracker.desk.requests import StaffRequest
from tracker.desk.views import dates

ROWS_ON_THE_DESK = 6
MEETINGS_ON_THE_DESK = 8
ROWS_ON_A_PAGE = 50


def my_desk(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    lists = [_shown(found, request, today) for found in LISTS.values()]
    something = any(shown["count"] for shown in lists) or Commitment.objects.visible_to(request.user).exists()
    context = {
        "title": _("My desk"),
        "today": today,
        "lists": lists,
        "meetings": list(desk_lists.next_meetings(request.user)[:MEETINGS_ON_THE_DESK]),
        "is_empty": not something,
    }
    return render(request, "desk/my_desk.html", context)


def _shown(found: DeskList, request: StaffRequest, today: date) -> dict[str, Any]:
    rows, count = desk_lists.first_of(found.rows(request.user, today), ROWS_ON_THE_DESK)
    return {"list": found, "count": count, "rows": rows}


def desk_list(request: StaffRequest, slug: str) -> HttpResponse:
    found = LISTS.get(slug)
    if found is None:
        raise Http404
    if slug in DATES_OF:
        return dates.dates(request, found)
    today = timezone.localdate()
    page = Paginator(found.rows(request.user, today), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"title": found.title, "today": today, "list": found, "page": page, "rows": page.object_list}
    return render(request, "desk/desk_list.html", context)
