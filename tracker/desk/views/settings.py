"""Everything that is not of every day, by group."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tracker.desk.requests import StaffRequest


def settings(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/settings.html", {"title": _("Settings")})
