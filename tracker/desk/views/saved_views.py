"""Saved views: the tabs over the list of commitments, and which columns a person wants to see."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import access
from commitments.models import User
from tracker.desk.filters import CommitmentFilter
from tracker.desk.listing import COMMITMENTS, DATES, DATES_OF
from tracker.desk.models import ListChoice, SavedView
from tracker.desk.requests import StaffRequest

ASKED = {*CommitmentFilter.base_fields, "order"}
LONGEST_QUERY = 2_000  # characters


@dataclass(frozen=True)
class Chosen:
    """What the list is asked for, by its address, by a saved view, or by what opens it."""

    view: SavedView | None
    views: list[SavedView]
    data: QueryDict
    columns: list[str]
    first: SavedView | None

    @classmethod
    def of(cls, request: StaffRequest) -> Chosen:
        views = list(SavedView.objects.visible_to(request.user).select_related("organisation", "owner"))
        choice = ListChoice.objects.of(request.user, COMMITMENTS.slug)
        first = next((view for view in views if view.pk == choice.first_view_id), None)
        given = request.GET
        asked = given.get("view") or given.get("of") or ""
        view = next((view for view in views if str(view.pk) == asked), None)
        if not set(given) - {"page"}:
            view = first
        data = given.copy()
        if "view" in given or (view is not None and "of" not in given):
            data = QueryDict(view.query if view else "", mutable=True)
        if view is not None:
            data["of"] = str(view.pk)
        columns = (view.columns if view else []) or choice.columns
        return cls(view, views, data, columns, first)

    def is_own(self, user: User) -> bool:
        return self.view is not None and self.view.owner_id == user.pk


@require_POST
def save(request: StaffRequest) -> HttpResponse:
    view = SavedView(owner=request.user, name=request.POST.get("name", "").strip())
    if "shared" in request.POST:
        view.organisation = access.workplaces(request.user).order_by("pk").first()
        if view.organisation is None:
            messages.warning(
                request, _("You work at no desk that it could be shared with. It is yours alone.")
            )
    return _kept(request, view)


@require_POST
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """One of its buttons; what is shared is changed by its owner, and opened first by whoever likes."""
    do, seen = request.POST.get("do"), SavedView.objects.visible_to(request.user)
    if do in {"first", "not_first"}:
        return _open_first(request, get_object_or_404(seen, pk=pk), do == "first")
    view = get_object_or_404(seen.editable_by(request.user), pk=pk)
    if do == "update":
        return _kept(request, view)
    if do != "delete":
        raise Http404
    view.delete()
    messages.success(request, _("The view is removed. Nothing in the register changed."))
    return redirect(f"{reverse('admin:commitments')}?view=all")


def _kept(request: StaffRequest, view: SavedView) -> HttpResponse:
    view.query, view.columns = _asked(request), request.POST.getlist("column")
    try:
        view.full_clean()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('admin:commitments')}?{view.query}")
    view.save()
    messages.success(request, _("“%(name)s” is kept as a view.") % {"name": view.name})
    return redirect(f"{reverse('admin:commitments')}?view={view.pk}")


def _asked(request: HttpRequest) -> str:
    """Of what the page asked for, what a view is made of."""
    given, kept = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY]), QueryDict(mutable=True)
    for name, values in given.lists():
        if name in ASKED and any(values):
            kept.setlist(name, values)
    return kept.urlencode()


def _open_first(request: StaffRequest, view: SavedView, wanted: bool) -> HttpResponse:
    ListChoice.objects.update_or_create(
        user=request.user, listing=COMMITMENTS.slug, defaults={"first_view": view if wanted else None}
    )
    return redirect(f"{reverse('admin:commitments')}?view={view.pk}")


@require_POST
def choose_columns(request: StaffRequest) -> HttpResponse:
    """Remembered for the person; on the page that asked they show at once, whatever its view says."""
    listing = request.POST.get("listing", "")
    kind = {kind.slug: kind for kind in (COMMITMENTS, DATES)}.get(listing)
    if kind is None:
        raise Http404
    wanted = [slug for slug in kind.columns if slug in {"reference", *request.POST.getlist("column")}]
    with transaction.atomic():
        ListChoice.objects.update_or_create(user=request.user, listing=listing, defaults={"columns": wanted})
    data = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY], mutable=True)
    data.setlist("column", wanted if "of" in data else [])
    return redirect(f"{_address(kind.slug, request.POST.get('list', ''))}?{data.urlencode() or 'view=all'}")


def _address(listing: str, slug: str) -> str:
    if listing == COMMITMENTS.slug:
        return reverse("admin:commitments")
    if slug not in DATES_OF:
        raise Http404
    return reverse("admin:desk_list", args=[slug])
