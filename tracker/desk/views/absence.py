"""Who holds a post and who hears for it now; leave in one press, and its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.models import Assignment, Forum, Post, PostHolding, User
from notifications.recipients import Directory, Recipient
from tracker.desk.forms import DayInput, DeskForm, line
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.views.preferences import chosen, may_change

USUAL_LEAVE = timedelta(days=13)  # two weeks with the first day
PEOPLE_OFFERED = 500
ADDRESS = re.compile(r"<([^<>]+)>\s*$")


class LeaveForm(DeskForm):
    """Filled in as it mostly is: from today, two weeks, the alternate's holder acts."""

    acting = line(
        label=_("Who acts"),
        help_text=_("Somebody of the register: choose from the list, or give the mail address."),
    )
    from_on = forms.DateField(label=_("First day away"), widget=DayInput)
    until_on = forms.DateField(label=_("Last day away"), widget=DayInput)

    def __init__(self, *args: Any, post: Post, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post, self.today = post, today
        self.fields["acting"].widget.attrs |= {"list": "people", "autocomplete": "off"}
        stands_in = post.alternate.holder_on(today) if post.alternate else None
        if stands_in is not None:
            self.fields["acting"].initial = spelled(stands_in)
        self.fields["from_on"].initial = today
        self.fields["until_on"].initial = today + USUAL_LEAVE

    def clean_acting(self) -> User:
        """By the address in or instead of the line."""
        said = self.cleaned_data["acting"]
        found = ADDRESS.search(said)
        address = found[1] if found else said
        people = list(_can_act().filter(email__iexact=address.strip())[:2])
        if len(people) != 1:
            raise ValidationError(
                gettext("Nobody in the register has exactly this address. Choose from the list.")
            )
        return people[0]

    def clean_from_on(self) -> date:
        from_on = self.cleaned_data["from_on"]
        if from_on < self.today:
            raise ValidationError(gettext("Give today or a later day: what was sent is not changed."))
        return from_on

    def carry_out(self) -> bool:
        said = self.cleaned_data
        return self.accepts(
            lambda: self.post.let_act(said["acting"], from_on=said["from_on"], until_on=said["until_on"])
        )


def spelled(user: User) -> str:
    return f"{user.name} <{user.email}>"


def _can_act() -> QuerySet[User]:
    """Whoever acts is told, so they need an address."""
    return User.objects.filter(is_active=True).exclude(email="")


def post(request: StaffRequest, pk: int) -> HttpResponse:
    found, now = _visible_post(request, pk), timezone.now()
    today = timezone.localdate(now)
    form = LeaveForm(posted(request), post=found, today=today) if _may_change(request, found) else None
    if form is not None and request.method == "POST" and form.is_valid() and form.carry_out():
        messages.success(request, gettext("The leave is entered; who acts hears from its first day on."))
        return redirect(_back(request) or reverse("admin:post", args=[pk]))
    context = {
        "title": str(found),
        "post": found,
        "today": today,
        "form": form,
        "held": _holdings(found, today),
        "alternate_held": _holdings(found.alternate, today) if found.alternate else [],
        "hears": who_hears(found, request.user, now=now),
        "people": people_offered() if form else [],
        "next": _back(request),
    }
    return render(request, "desk/post.html", context, status=400 if form and form.errors else 200)


def person(request: StaffRequest, pk: int) -> HttpResponse:
    """Their posts, each with its leave: who holds two is away from both."""
    found = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    today = timezone.localdate()
    holdings = PostHolding.objects.on(today).filter(user=found).select_related("post")
    posts = [_visible_post(request, holding.post_id) for holding in holdings.order_by("acting", "from_on")]
    context = {
        "title": found.name,
        "person": found,
        "preference": chosen(request, found) if found.is_active and may_change(request) else None,
        "today": today,
        "posts": [_with_leave(request, each, today) for each in posts],
        "people": people_offered(),
        "may_edit": request.user.has_perm("commitments.change_user"),
    }
    return render(request, "desk/person.html", context)


@require_POST
def end_leave(request: StaffRequest, pk: int) -> HttpResponse:
    today = timezone.localdate()
    standing = PostHolding.objects.editable_by(request.user).overlapping(today, None).filter(acting=True)
    holding = get_object_or_404(standing, pk=pk)
    holding.end(on=today)
    messages.success(request, gettext("The leave is ended; the holder hears again from today on."))
    return redirect(_back(request) or reverse("admin:post", args=[holding.post_id]))


def _visible_post(request: StaffRequest, pk: int) -> Post:
    rows = Post.objects.visible_to(request.user).select_related("organisation__party", "alternate")
    return get_object_or_404(rows, pk=pk)


def _may_change(request: StaffRequest, found: Post) -> bool:
    return Post.objects.editable_by(request.user).filter(pk=found.pk).exists()


def _with_leave(request: StaffRequest, found: Post, today: date) -> dict[str, Any]:
    form = LeaveForm(post=found, today=today, auto_id=f"post_{found.pk}_%s")
    return {
        "post": found,
        "held": _holdings(found, today),
        "form": form if _may_change(request, found) else None,
    }


def _holdings(found: Post, today: date) -> dict[str, list[PostHolding]]:
    """Those of today, whoever acts first; those to come; and leave that can be ended."""
    standing = list(
        found.holdings.overlapping(today, None)
        .filter(user__is_active=True)
        .select_related("user")
        .order_by("-acting", "from_on")
    )
    return {
        "now": [holding for holding in standing if holding.from_on <= today],
        "later": [holding for holding in standing if holding.from_on > today],
        "leave": [holding for holding in standing if holding.acting],
    }


@dataclass(frozen=True)
class Hearing:
    """Who is told now; `forum`: only as its desk, because the post and its alternates have nobody."""

    recipient: Recipient | None
    forum: Forum | None = None


def who_hears(found: Post, user: User, *, now: datetime) -> list[Hearing]:
    directory = Directory({found.pk}, now=now)
    own = directory.recipient(found.pk, 0)
    if own is not None:
        return [Hearing(own)]
    forums = [directory.forums[pk] for pk in sorted(_forums_of(found, user, timezone.localdate(now)))]
    return [Hearing(directory.recipient(found.pk, forum.pk), forum) for forum in forums] or [Hearing(None)]


def _forums_of(found: Post, user: User, today: date) -> set[int]:
    """In whose commitments it has a part, as far as the reader sees them."""
    parts = Assignment.objects.visible_to(user).active(today).filter(post=found)
    pairs = parts.values_list("commitment__working_group", "commitment__forum").distinct()
    return {group or forum for group, forum in pairs.order_by()}


def people_offered() -> list[str]:
    return [spelled(user) for user in _can_act().order_by("username")[:PEOPLE_OFFERED]]


def _back(request: StaffRequest) -> str:
    """The page that asked for it, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""
