"""The search over references, titles, other names, declared words and letter numbers, in all languages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import letter_numbers, searching
from commitments.fields import FORBIDDEN, composed
from commitments.models import Commitment, Findable, Meeting, Organisation, Party, Provision, User
from commitments.searching import Found
from tracker.desk.requests import StaffRequest
from tracker.desk.views.commitments import listed

SHOWN = 30  # of each kind; whoever finds more asks more narrowly
READ_FIRST = 2_000  # what was written since; the rest is read by the next tick

Kind = Findable.Kind


@dataclass
class Group:
    """Of one kind: how many there are, and the likeliest with what the page says about them."""

    count: int
    rows: list[tuple[Found, Any]]


def search(request: StaffRequest) -> HttpResponse:
    words = composed(FORBIDDEN.sub("", request.GET.get("q", "")[:200])).strip()
    exact = searching.by_reference(words, request.user)
    if exact is not None:
        return redirect("admin:commitment", exact.reference)
    today = timezone.localdate()
    found = _found(words, request.user, today) if words else {}
    context = {"title": _("Search"), "q": words, "today": today, "found": found, "shown": SHOWN}
    context["others"] = others = _others(words, request.user) if words else {}
    context["is_empty"] = not any(group.rows for group in found.values()) and not any(others.values())
    return render(request, "desk/search.html", context)


def _found(words: str, user: User, today: date) -> dict[str, Group]:
    found = searching.find_newest(words, user, at_most=READ_FIRST)
    groups = {}
    for kind, rows in found.items():
        known = _ABOUT[kind]([row.key for row in rows[:SHOWN]], user, today)
        shown = [(row, known[row.key]) for row in rows[:SHOWN] if row.key in known]
        groups[kind] = Group(len(rows), shown)
    return groups


def _others(words: str, user: User) -> dict[str, Any]:
    organisations = Organisation.objects.visible_to(user).named(words).select_related("party")
    return {
        "parties": list(Party.objects.visible_to(user).named(words)[:SHOWN]),
        "organisations": list(organisations[:SHOWN]),
        "letters": letter_numbers.find(words, user, most=SHOWN),
    }


def _commitments(keys: list[int], user: User, today: date) -> dict[int, Any]:
    rows = listed(Commitment.objects.visible_to(user).filter(pk__in=keys), today)
    return {row.pk: row for row in rows.prefetch_related(None)}  # who leads them, their pages say


def _provisions(keys: list[int], user: User, today: date) -> dict[int, Any]:
    seen = Prefetch("commitments", Commitment.objects.visible_to(user).only("reference"), to_attr="seen")
    rows = Provision.objects.visible_to(user).filter(pk__in=keys).select_related("text__document")
    return {row.pk: row for row in rows.prefetch_related(seen)}


def _meetings(keys: list[int], user: User, today: date) -> dict[int, Any]:
    return Meeting.objects.visible_to(user).select_related("forum").in_bulk(keys)


def _nothing_more(keys: list[int], user: User, today: date) -> dict[int, Any]:
    return dict.fromkeys(keys)


_ABOUT: dict[str, Callable[[list[int], User, date], dict[int, Any]]] = {
    Kind.COMMITMENT: _commitments,
    Kind.PROVISION: _provisions,
    Kind.MEETING: _meetings,
    Kind.FORUM: _nothing_more,
    Kind.DOCUMENT: _nothing_more,
}
