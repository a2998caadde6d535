"""How one person wants to be told, by a link of their own; and the overview switched off by one press."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from commitments.models import User, writing
from notifications import links, pages
from notifications.forms import PreferenceForm
from notifications.models import Preference

DOOR = "preference page"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = _person(links.read_preference_link(token))
    except (links.Expired, User.DoesNotExist):
        return _too_old(request)
    except links.Invalid:
        return _unreadable(request)
    return _page(request, user)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_preferences(request: HttpRequest) -> HttpResponse:
    """Whoever works on the desk stays there, in its language and light; others have this page."""
    user = cast(User, request.user)
    if user.is_staff:
        return redirect("admin:preferences", user.pk)
    return _page(request, user)


@never_cache
@csrf_exempt  # a mail program has no cookies; the address itself is the permission, and this is all it permits
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button; POST switches the overview off (RFC 8058), or on again."""
    try:
        user = _person(links.read_unsubscribe_link(token))
    except (links.Expired, User.DoesNotExist):
        return _too_old(request)
    except links.Invalid:
        return _unreadable(request)
    if request.method == "POST":
        with writing(via=DOOR):
            Preference.switch_overview(user, on=request.POST.get("overview") == "on")
    on, pressed = Preference.of(user).overview, request.method == "POST"
    context = {"on": on, "pressed": pressed, **_about(user)}
    return pages.show(request, "notifications/unsubscribe.html", context, language=_language(request, user))


def _person(user_id: int) -> User:
    """Not of somebody who has left: their old mails open nothing."""
    return User.objects.here(timezone.localdate()).get(pk=user_id)


def _page(request: HttpRequest, user: User) -> HttpResponse:
    language = _language(request, user)
    zone = ZoneInfo(user.zone or "UTC")
    with translation.override(language), timezone.override(zone):
        form = _saved(request, user) if request.method == "POST" else _form(None, user)
        if form.is_valid():
            return HttpResponseRedirect(f"{request.path}?saved=1")
        context = {"form": form, "saved": "saved" in request.GET and not form.is_bound, **_about(user)}
        status = 400 if form.errors else 200
        return pages.show(
            request, "notifications/preferences.html", context, language=language, status=status
        )


def _form(data: QueryDict | None, user: User) -> PreferenceForm:
    return PreferenceForm(data, instance=Preference.of(user), user=user, today=timezone.localdate())


def _saved(request: HttpRequest, user: User) -> PreferenceForm:
    """As far as it is valid."""
    with Preference.one_at_a_time(user), writing(via=DOOR):
        form = _form(request.POST, user)
        if form.is_valid():
            form.save()
    return form


def _about(user: User) -> dict[str, Any]:
    return {"person": user, "demonstration": user.demonstration}


def _language(request: HttpRequest, user: User) -> str:
    """Theirs, else that of the last message to them."""
    last = user.deliveries.order_by("-created_at", "-pk").values_list("language", flat=True)
    theirs = user.language or last.first() or translation.get_language() or "en"
    return pages.language_of(request, theirs)


def _too_old(request: HttpRequest) -> HttpResponse:
    said = _("Use the link of a newer message, or ask the desk.")
    return pages.sorry(request, _("This link has expired"), said, status=410)


def _unreadable(request: HttpRequest) -> HttpResponse:
    said = _("Copy the whole address from the message, or ask the desk.")
    return pages.sorry(request, _("This link cannot be read"), said, status=404)
