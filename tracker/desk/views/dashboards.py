"""The dashboards of a body and of an organisation."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commitments.models import Forum, Organisation
from tracker.desk import dashboards
from tracker.desk.requests import StaffRequest


def of_forum(request: StaffRequest, pk: int) -> HttpResponse:
    found = Forum.objects.visible_to(request.user).select_related(
        "desk__organisation__calendar", "parent__desk__organisation__calendar"
    )
    forum = get_object_or_404(found, pk=pk)
    charts = dashboards.of_forum(forum, request.user, now=timezone.now(), language=get_language() or "en")
    below = Forum.objects.visible_to(request.user).filter(parent=forum)
    context = {
        "title": _("Dashboard: %(name)s") % {"name": forum.name},
        "heading": forum.name,
        "forum": forum,
        "charts": charts,
        "below": below.exists(),
    }
    return render(request, "desk/dashboard.html", context)


def of_organisation(request: StaffRequest, pk: int) -> HttpResponse:
    found = Organisation.objects.visible_to(request.user).select_related("calendar", "party", "parent")
    organisation = get_object_or_404(found, pk=pk)
    charts = dashboards.of_organisation(
        organisation, request.user, now=timezone.now(), language=get_language() or "en"
    )
    context = {
        "title": _("Dashboard: %(name)s") % {"name": organisation},
        "heading": str(organisation),
        "organisation": organisation,
        "charts": charts,
        "below": organisation.children.exists(),
    }
    return render(request, "desk/dashboard.html", context)
