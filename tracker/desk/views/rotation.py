"""A post changes hands on one page: who leaves, who comes, from which day, and what goes with it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commitments.models import Post, PostHolding
from commitments.working_days import ONE_DAY
from tracker.desk import dossier_paper, paper_pages
from tracker.desk.dossier import Dossier
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.rotation_forms import HandoverForm
from tracker.desk.views.absence import people_offered


def handover(request: StaffRequest, pk: int) -> HttpResponse:
    post, today = _editable_post(request, pk), timezone.localdate()
    form = HandoverForm(posted(request), post=post, today=today)
    is_asked = request.method == "POST" and form.is_valid()
    if is_asked and form.was_shown() and form.carry_out():
        messages.success(request, _("The post has changed hands. This is what goes with it."))
        return redirect("admin:dossier", pk)
    is_valid = is_asked and not form.errors
    context = {
        "title": _("Hand over the post"),
        "post": post,
        "today": today,
        "form": form,
        "held": _held(post, today),
        "later": post.holdings.filter(from_on__gt=today).select_related("user").order_by("from_on"),
        "dossier": Dossier(post, request.user, today=today),
        "preview": _preview(post, form) if is_valid else None,
        "people": people_offered(),
    }
    return render(request, "desk/handover.html", context, status=400 if form.errors else 200)


def dossier(request: StaffRequest, pk: int) -> HttpResponse:
    post, today = _visible_post(request, pk), timezone.localdate()
    with translation.override(paper_pages.language_chosen(request)):
        paper = dossier_paper.paper_of(Dossier(post, request.user, today=today))
    crumbs = [
        (_("Posts"), reverse("admin:commitments_post_changelist")),
        (str(post), reverse("admin:post", args=[pk])),
    ]
    return paper_pages.answer(request, paper, crumbs=crumbs)


def _visible_post(request: StaffRequest, pk: int) -> Post:
    rows = Post.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("organisation__party", "superior", "alternate"), pk=pk)


def _editable_post(request: StaffRequest, pk: int) -> Post:
    """404 also for a post of another party."""
    found = _visible_post(request, pk)
    if not Post.objects.editable_by(request.user).filter(pk=pk).exists():
        raise Http404
    return found


def _held(post: Post, today: date) -> list[PostHolding]:
    held = post.holdings.on(today).filter(user__is_active=True).select_related("user")
    return list(held.order_by("-acting", "-from_on"))


def _preview(post: Post, form: HandoverForm) -> dict[str, Any]:
    """What the second press does, and what stays with whoever leaves."""
    from_on = form.cleaned_data["from_on"]
    leaving = post.holdings.on(from_on).filter(acting=False).select_related("user").first()
    leave = post.holdings.filter(acting=True).overlapping(from_on, None).select_related("user")
    following = post.holdings.filter(acting=False, from_on__gt=from_on).select_related("user")
    return {
        "shown": form.fingerprint(),
        "has_moved": form.has_moved(),
        "from_on": from_on,
        "last_on": from_on - ONE_DAY,
        "leaving": leaving,
        "leave": leave.order_by("from_on"),
        "following": following.order_by("from_on").first(),
        "comes": form.who_comes,
        "mail": form.known.email if form.known else form.mail,
        "is_new": bool(form.mail) and form.known is None,
        "keeps": _other_posts(leaving, from_on) if leaving else [],
    }


def _other_posts(leaving: PostHolding, day: date) -> list[PostHolding]:
    held = PostHolding.objects.overlapping(day, None).filter(user=leaving.user).exclude(post=leaving.post)
    return list(held.select_related("post").order_by("from_on"))
