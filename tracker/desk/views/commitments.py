"""The list of commitments, and the search over everything that was written about them."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.fields import FORBIDDEN, composed
from commitments.models import Commitment, FollowUp, Forum, Meeting, Provision, User
from commitments.models.commitments import CommitmentQuerySet
from tracker.desk.desk_lists import with_leads
from tracker.desk.filters import CommitmentFilter
from tracker.desk.requests import StaffRequest

ROWS_ON_A_PAGE = 50
FOUND_AT_MOST = 30


def commitments(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    wanted = CommitmentFilter(request.GET)
    rows = wanted.narrow(listed(Commitment.objects.visible_to(request.user), today))
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Commitments"),
        "today": today,
        "form": wanted,
        "page": page,
        "is_empty": not wanted.is_narrowing and not page.paginator.count,
    }
    return render(request, "desk/commitments.html", context)


def listed(rows: CommitmentQuerySet, today: date) -> QuerySet[Commitment]:
    """With the next date, where it comes from and who leads, in a constant number of queries."""
    of_it = FollowUp.objects.filter(commitment=OuterRef("pk"))
    upcoming = of_it.filter(closed_at=None).order_by("due_on", "pk")
    rows = rows.select_related("forum", "working_group").annotate(
        next_on=Subquery(upcoming.values("due_on")[:1]),
        next_kind=Subquery(upcoming.values("kind")[:1]),
        without_record=Exists(of_it.without_record(today)),
    )
    return with_leads(rows, "", today)


def search(request: StaffRequest) -> HttpResponse:
    words = composed(FORBIDDEN.sub("", request.GET.get("q", "")[:200])).strip()
    context = {"title": _("Search"), "q": words, "today": timezone.localdate(), "found": {}}
    if words:
        exact = Commitment.objects.visible_to(request.user).filter(reference__iexact=words).first()
        if exact is not None:
            return redirect("admin:commitment", exact.reference)
        context["found"] = _found(words, request.user, timezone.localdate())
    return render(request, "desk/search.html", context)


def _found(words: str, user: User, today: date) -> dict[str, Any]:
    """At most so many of each kind: whoever finds more asks more narrowly."""
    visible = Commitment.objects.visible_to(user)
    by_title = visible.filter(Q(reference__icontains=words) | visible.name_contains(words))
    spoken = Provision.objects.visible_to(user).filter(quote__icontains=words)
    return {
        "commitments": listed(by_title, today).order_by("reference")[:FOUND_AT_MOST],
        "spoken": spoken.select_related("text__document__forum").prefetch_related(
            Prefetch("commitments", visible.only("reference"), to_attr="seen")
        )[:FOUND_AT_MOST],
        "forums": Forum.objects.visible_to(user).named(words)[:FOUND_AT_MOST],
        "meetings": Meeting.objects.visible_to(user)
        .filter(Meeting.objects.name_contains(words))
        .select_related("forum")[:FOUND_AT_MOST],
    }
