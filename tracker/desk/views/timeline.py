"""The timeline of a body, with those below it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commitments.models import Forum
from tracker.desk.forum_timeline import ROWS_ON_A_PAGE, Timeline
from tracker.desk.requests import StaffRequest

TIMES = {"all": True, "near": False}


def timeline(request: StaffRequest, pk: int) -> HttpResponse:
    forum = get_object_or_404(Forum.objects.visible_to(request.user), pk=pk)
    today, language = timezone.localdate(), get_language() or "en"
    whole = TIMES.get(request.GET.get("time", ""))
    shown = Timeline(forum, request.user, today=today, whole=whole, language=language)
    page = Paginator(shown.commitments, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    parts = shown.parts(list(page.object_list))
    context = {
        "title": _("Timeline: %(forum)s") % {"forum": forum.name},
        "today": today,
        "forum": forum,
        "timeline": shown,
        "parts": parts,
        "beyond": shown.beyond(parts),
        "page": page,
    }
    return render(request, "desk/timeline.html", context)
