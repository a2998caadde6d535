"""A ministry, bureau or division: its names over time, its posts, and what is decided about it for a day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from commitments.models import Assignment, Commitment, Organisation, Post, PostHolding, Reorganisation, User
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.rotation_forms import FORMS, Mover, RenameForm, ReorganisationForm
from tracker.desk.views.gaps import plans

TITLES = {
    "rename": gettext_lazy("A new name"),
    "split": gettext_lazy("A part becomes an organisation of its own"),
    "transfer": gettext_lazy("Transfer to another organisation"),
}


def body(request: StaffRequest, pk: int) -> HttpResponse:
    found, today = _visible_body(request, pk), timezone.localdate()
    context = {
        "title": str(found),
        "body": found,
        "today": today,
        "names": found.earlier_names.order_by("-until_on"),
        "movers": _movers(found.posts.all(), request.user, today),
        "below": found.children.visible_to(request.user),
        "plans": plans(request.user).filter(organisation=found),
        "done": _done(found, request.user),
        "may_change": _may_change(request, found),
    }
    return render(request, "desk/body.html", context)


def change(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    found, now = _editable_body(request, pk), timezone.now()
    today = timezone.localdate(now)
    form = FORMS[kind](posted(request), body=found, user=request.user, today=today)
    is_asked = request.method == "POST" and form.is_valid()
    if is_asked and form.was_shown() and form.carry_out(now=now):
        messages.success(request, _done_or_planned(form.cleaned_data["effective_on"], today))
        return redirect("admin:body", pk)
    is_valid = is_asked and not form.errors
    context = {
        "title": TITLES[kind],
        "kind": kind,
        "body": found,
        "today": today,
        "form": form,
        "preview": _preview(form, request.user, today) if is_valid else None,
    }
    return render(request, "desk/reorganise.html", context, status=400 if form.errors else 200)


def _done_or_planned(effective_on: date, today: date) -> str:
    if effective_on > today:
        return _("Entered; it is carried out by itself on its day. Until then nothing changes.")
    return _("Done. What was before stays in the history under its name.")


@require_POST
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    rows = Reorganisation.objects.editable_by(request.user).planned()
    planned = get_object_or_404(rows, pk=pk)
    planned.withdraw()
    messages.success(request, _("Withdrawn; everything stays as it is."))
    return redirect("admin:body", planned.organisation_id)


def _visible_body(request: StaffRequest, pk: int) -> Organisation:
    rows = Organisation.objects.visible_to(request.user).select_related("party", "parent", "calendar")
    return get_object_or_404(rows, pk=pk)


def _editable_body(request: StaffRequest, pk: int) -> Organisation:
    found = _visible_body(request, pk)
    if not _may_change(request, found):
        raise Http404
    return found


def _may_change(request: StaffRequest, found: Organisation) -> bool:
    return Organisation.objects.editable_by(request.user).filter(pk=found.pk).exists()


def _movers(posts: QuerySet[Post], user: User, today: date) -> list[Mover]:
    """Posts with whoever holds them and how many open items they lead, as far as the reader sees them."""
    holdings = PostHolding.objects.on(today).filter(user__is_active=True).select_related("user")
    held = Prefetch("holdings", holdings.order_by("-acting", "-from_on"), to_attr="held")
    rows = list(posts.order_by("name_en", "name_ko", "pk").prefetch_related(held))
    items = _items_led(rows, user, today)
    return [Mover(post, post.held, items.get(post.pk, 0)) for post in rows]


def _items_led(posts: Iterable[Post], user: User, today: date) -> dict[int, int]:
    leads = Assignment.objects.visible_to(user).active(today).leads()
    live = leads.filter(post__in=[post.pk for post in posts], commitment__workflow=Commitment.Workflow.ACTIVE)
    return dict(live.order_by().values_list("post").annotate(Count("commitment", distinct=True)))


def _done(found: Organisation, user: User) -> QuerySet[Reorganisation]:
    rows = Reorganisation.objects.visible_to(user).exclude(done_at=None).filter(organisation=found)
    return rows.select_related("target").order_by("-effective_on", "-pk")


def _preview(form: ReorganisationForm, user: User, today: date) -> dict[str, Any]:
    leaving = Post.objects.filter(pk__in=[post.pk for post in form.leaving()])
    decided = form.decided()
    return {
        "shown": form.fingerprint(),
        "has_moved": form.has_moved(),
        "decided": decided,
        "is_later": decided.effective_on > today,
        "names": list(form.names()) if isinstance(form, RenameForm) else [],
        "retitled": form.retitled() if isinstance(form, RenameForm) else [],
        "movers": _movers(leaving, user, today),
        "below": list(form.body.children.all()) if decided.whole else [],
    }
