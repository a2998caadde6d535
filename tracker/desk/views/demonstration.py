"""The demonstration register: loaded to look around, removed as a whole once the list of what goes was seen."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import notifications.demonstration
from commitments import demonstration
from commitments.importing import Refused
from tracker.desk.requests import StaffRequest


def page(request: StaffRequest) -> HttpResponse:
    _require_administrator(request)
    loaded = demonstration.exists()
    context = {
        "title": _("Demonstration"),
        "loaded": loaded,
        "counts": demonstration.counts() if loaded else {},
        "added": demonstration.added() if loaded else 0,
    }
    return render(request, "desk/demonstration.html", context)


@require_POST
def load(request: StaffRequest) -> HttpResponse:
    _require_administrator(request)
    now = timezone.now()
    try:
        with transaction.atomic():
            if demonstration.load(now=now):
                notifications.demonstration.show_undelivered(now=now)
    except Refused as refused:
        messages.error(request, refused.problems[0].sentence)
        return redirect("admin:demonstration")
    messages.success(request, _("The demonstration is loaded. Every page, export and mail of it says so."))
    return redirect("admin:index")


@require_POST
def remove(request: StaffRequest) -> HttpResponse:
    _require_administrator(request)
    with transaction.atomic():
        notifications.demonstration.remove()
        kept = demonstration.remove(now=timezone.now())
    messages.success(request, _("The demonstration is removed."))
    if kept:
        said = _("Real entries still need: %(names)s.")
        messages.warning(request, said % {"names": ", ".join(kept)})
    return redirect("admin:index")


def _require_administrator(request: StaffRequest) -> None:
    if not request.user.is_superuser:
        raise Http404
