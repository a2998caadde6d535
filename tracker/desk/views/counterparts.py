"""Everything with one counterpart, a party or an organisation: what an officer reads before the call."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from commitments.models import (
    Assignment,
    FollowUp,
    Forum,
    Meeting,
    Organisation,
    Party,
    Post,
    PostHolding,
    ProgressReport,
    User,
)
from commitments.trees import descendants
from tracker.desk.listing import Listing
from tracker.desk.requests import StaffRequest

KINDS: dict[str, Any] = {"party": Party, "organisation": Organisation}
COLUMNS = ("reference", "title", "outlook", "date", "lead", "heard")
DATES_SHOWN = WORDS_SHOWN = MEETINGS_SHOWN = 10
CONTACTS_SHOWN = 20


def counterpart(request: StaffRequest, kind: str, pk: int) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    found = get_object_or_404(KINDS[kind].objects.visible_to(request.user), pk=pk)
    user, today = request.user, timezone.localdate()
    data = QueryDict(f"{kind}={pk}")
    listing = Listing.of_commitments(data, user, today, wanted=COLUMNS)
    page = listing.page(request.GET.get("page"))
    context = {
        "title": str(found),
        "found": found,
        "party": found if kind == "party" else found.party,
        "listing": listing,
        "page": page,
        "lines": list(listing.lines(page.object_list)),
        "today": today,
        "dates": _dates(listing, user)[:DATES_SHOWN],
        "words": _words(listing, user)[:WORDS_SHOWN],
        "contacts": _contacts(found, listing, today)[:CONTACTS_SHOWN],
        **_meetings(found, listing, user, today),
    }
    return render(request, "desk/counterpart.html", context)


def _dates(listing: Listing, user: User) -> QuerySet[FollowUp]:
    rows = FollowUp.objects.visible_to(user).open().filter(commitment__in=_keys(listing))
    return rows.select_related("commitment").order_by("due_on", "pk")


def _words(listing: Listing, user: User) -> QuerySet[ProgressReport]:
    rows = ProgressReport.objects.visible_to(user).cleared().filter(commitment__in=_keys(listing))
    return rows.select_related("commitment", "post").order_by("-reported_on", "-pk")


def _contacts(found: Party | Organisation, listing: Listing, today: date) -> QuerySet[Post]:
    """Its posts that have a part in them, each with whoever holds it."""
    parts = Assignment.objects.active(today).filter(commitment__in=_keys(listing))
    if isinstance(found, Party):
        parts = parts.filter(party=found)
    else:
        parts = parts.filter(post__organisation__in=descendants(Organisation, {found.pk}))
    holdings = PostHolding.objects.on(today).filter(user__is_active=True).select_related("user")
    held = Prefetch("holdings", holdings.order_by("-acting", "-from_on"), to_attr="held")
    posts = Post.objects.filter(pk__in=parts.order_by().values("post"))
    return posts.select_related("organisation").prefetch_related(held)


def _meetings(
    found: Party | Organisation, listing: Listing, user: User, today: date
) -> dict[str, QuerySet[Meeting]]:
    """Of the forums that deal with them, and for a party of those that it belongs to."""
    ours = listing.found.order_by()
    of_forum = Q(pk__in=ours.values("forum")) | Q(pk__in=ours.values("working_group"))
    if isinstance(found, Party):
        of_forum |= Q(forumparty__party=found)
    forums = Forum.objects.visible_to(user).filter(of_forum).order_by().values("pk")
    rows = Meeting.objects.visible_to(user).filter(forum__in=forums).select_related("forum")
    return {
        "to_come": rows.to_come().order_by("starts_on", "pk")[:MEETINGS_SHOWN],
        "past": rows.over(today).order_by("-starts_on", "-pk")[:MEETINGS_SHOWN],
    }


def _keys(listing: Listing) -> QuerySet:
    return listing.found.order_by().values("pk")
