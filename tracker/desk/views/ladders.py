"""Which ladder counts where, from where it is inherited, and what another one would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.admin.history import changes_of, journal
from commitments.models import Commitment, Forum, User
from notifications.forecast import Load, closed_channels, dry_run
from notifications.inheritance import Found, LadderBook, Place
from notifications.ladders import Family, Ladder
from notifications.laying_down import go_back
from notifications.models import LadderStep, ReminderLadder
from tracker.desk.ladder_forms import LadderForm
from tracker.desk.ladder_words import StepInWords, family_in_words, source_in_words, steps_in_words
from tracker.desk.requests import StaffRequest
from tracker.desk.views.commitment import visible_commitment
from tracker.desk.views.quick_add import posts_offered

DAYS_AHEAD = 14
CHANGES_SHOWN = 10


@dataclass(frozen=True)
class Shown:
    """One of the two ladders of a place."""

    family: Family
    title: str
    found: Found
    steps: list[StepInWords]
    source: str
    source_address: str
    row: ReminderLadder | None  # laid down here
    addresses: dict[str, str]


def ladders(request: StaffRequest) -> HttpResponse:
    """Of the register; and where it differs."""
    book = LadderBook()
    context = _page(request, book, Place())
    own = ReminderLadder.objects.visible_to(request.user).exclude(commitment=None)
    context |= {
        "forums": [_line(book, forum) for forum in _forums(request.user)],
        "commitments": own.select_related("commitment").order_by("commitment__reference", "family"),
    }
    return render(request, "desk/ladders.html", context)


def of_forum(request: StaffRequest, pk: int) -> HttpResponse:
    book, place = LadderBook(), _forum(request, pk)
    assert place.forum is not None
    own = ReminderLadder.objects.visible_to(request.user).filter(commitment__in=_commitments_of(place.forum))
    context = _page(request, book, place)
    context |= {
        "forums": [_line(book, forum) for forum in _forums(request.user).filter(parent=pk)],
        "commitments": own.select_related("commitment").order_by("commitment__reference", "family"),
    }
    return render(request, "desk/ladders.html", context)


def of_commitment(request: StaffRequest, reference: str) -> HttpResponse:
    return render(request, "desk/ladders.html", _page(request, LadderBook(), _commitment(request, reference)))


def change(request: StaffRequest, family: str) -> HttpResponse:
    return _change(request, family, Place())


def change_of_forum(request: StaffRequest, pk: int, family: str) -> HttpResponse:
    return _change(request, family, _forum(request, pk))


def change_of_commitment(request: StaffRequest, reference: str, family: str) -> HttpResponse:
    return _change(request, family, _commitment(request, reference))


def back(request: StaffRequest, family: str) -> HttpResponse:
    return _back(request, family, Place())


def back_of_forum(request: StaffRequest, pk: int, family: str) -> HttpResponse:
    return _back(request, family, _forum(request, pk))


def back_of_commitment(request: StaffRequest, reference: str, family: str) -> HttpResponse:
    return _back(request, family, _commitment(request, reference))


# -- places


def _forum(request: StaffRequest, pk: int) -> Place:
    return Place(forum=get_object_or_404(_forums(request.user), pk=pk))


def _commitment(request: StaffRequest, reference: str) -> Place:
    return Place(commitment=visible_commitment(request, reference))


def _forums(user: User) -> Any:
    return Forum.objects.visible_to(user).order_by("code")


def _commitments_of(forum: Forum) -> Any:
    return (forum.commitments.all() | Commitment.objects.filter(working_group=forum)).values("pk")


def may_lay_down(user: User, place: Place) -> bool:
    """Administrators for the register, a forum's desk for the forum, a commitment's keepers for the commitment."""
    if place.commitment is not None:
        return Commitment.objects.editable_by(user).filter(pk=place.commitment.pk).exists()
    if place.forum is not None:
        return Forum.objects.editable_by(user).filter(pk=place.forum.pk).exists()
    return user.is_superuser


def address(name: str, place: Place, *more: str) -> str:
    """Of the page of a place: “ladders”, “ladder” (to change one), “ladder_back”."""
    if place.commitment is not None:
        return reverse(f"admin:{name}_of_commitment", args=[place.commitment.reference, *more])
    if place.forum is not None:
        return reverse(f"admin:{name}_of_forum", args=[place.forum.pk, *more])
    return reverse(f"admin:{name}", args=[*more])


# -- the page of a place


def _page(request: StaffRequest, book: LadderBook, place: Place) -> dict[str, Any]:
    shown = [_shown(book, place, family) for family in Family]
    rows = [each.row for each in shown if each.row]
    return {
        "title": _("Ladders"),
        "place": place,
        "shown": shown,
        "can_change": may_lay_down(request.user, place),
        "history": [entry for row in rows for entry in _history(row, request.user)],
    }


def _shown(book: LadderBook, place: Place, family: Family) -> Shown:
    found = book.at(place, family)
    return Shown(
        family=family,
        title=family_in_words(family),
        found=found,
        steps=steps_in_words(found.laid_down()),
        source=source_in_words(found, place),
        source_address=_source_address(found, place),
        row=book.row(family, place),
        addresses={name: address(name, place, family.value) for name in ("ladder", "ladder_back")},
    )


def _source_address(found: Found, place: Place) -> str:
    """Where what counts here can be changed; empty if that is here."""
    if found.is_dormant and found.forum is not None:
        return reverse("admin:commitments_forum_change", args=[found.forum.pk])
    source = Place() if found.is_ours else found.place
    return "" if source.keys == place.keys else address("ladders", source)


def _line(book: LadderBook, forum: Forum) -> dict[str, Any]:
    place = Place(forum=forum)
    found = [book.at(place, family) for family in Family]
    return {
        "forum": forum,
        "dormant": any(each.is_dormant for each in found),
        "sources": [(each.is_of(place), source_in_words(each, place)) for each in found],
    }


def _history(row: ReminderLadder, user: User) -> Any:
    return journal(changes_of(row, [(LadderStep, "ladder")], user)[:CHANGES_SHOWN], row, user)


# -- changing one


def _change(request: StaffRequest, family: str, place: Place) -> HttpResponse:
    book, family = LadderBook(), _family(family)
    stands = _changeable(request, book, family, place)
    form, preview = _asked(request, book, family, place), None
    if form.is_bound and form.is_valid():
        if request.POST.get("do") == "save" and form.was_seen and form.says_why():
            if form.carry_out(family, place, stands=stands):
                messages.success(request, _("These steps count from now on. What was told stays told."))
                return redirect(address("ladders", place))
        else:
            preview = _dry_run(family, place, Ladder(tuple(form.ladder_steps)))
            form.show_as_seen()
    context = {
        **_about(family, place),
        "form": form,
        "preview": preview,
        "steps": steps_in_words(form.ladder_steps) if preview else [],
        "stands": stands,
        "is_own": stands.is_of(place),
        "source": source_in_words(stands, place),
        "posts": posts_offered(request.user),
    }
    has_errors = form.is_bound and not form.is_valid()
    return render(request, "desk/ladder.html", context, status=400 if has_errors else 200)


def _back(request: StaffRequest, family: str, place: Place) -> HttpResponse:
    book, family = LadderBook(), _family(family)
    _changeable(request, book, family, place)
    if book.row(family, place) is None:
        raise Http404
    if request.method == "POST":
        go_back(family, place)
        messages.success(request, _("What is inherited counts again."))
        return redirect(address("ladders", place))
    inherited = book.supposing(family, place, None).at(place, family)
    context = {
        **_about(family, place),
        "preview": _dry_run(family, place, None),
        "steps": steps_in_words(inherited.laid_down()),
        "source": source_in_words(inherited, place),
    }
    return render(request, "desk/ladder_back.html", context)


def _family(family: str) -> Family:
    try:
        return Family(family)
    except ValueError:
        raise Http404 from None


def _changeable(request: StaffRequest, book: LadderBook, family: Family, place: Place) -> Found:
    """What counts there; 404 for whoever may not change it, and where nothing is chased at all."""
    found = book.at(place, family)
    if found.is_dormant or not may_lay_down(request.user, place):
        raise Http404
    return found


def _asked(request: StaffRequest, book: LadderBook, family: Family, place: Place) -> LadderForm:
    if request.method != "POST":
        row = book.row(family, place)
        note = row.note if row else ""
        return LadderForm.asked(book.at(place, family), user=request.user, note=note)
    do = request.POST.get("do", "")
    if do == "add" or do.startswith("remove-"):
        return LadderForm.rearranged(request.POST, do, user=request.user)
    return LadderForm.posted(request.POST, user=request.user)


def _about(family: Family, place: Place) -> dict[str, Any]:
    return {
        "title": _("Ladder for %(family)s") % {"family": family_in_words(family)},
        "place": place,
        "family": family,
        "days": DAYS_AHEAD,
        "closed": closed_channels(),
        "here": address("ladders", place),
        "address_back": address("ladder_back", place, family.value),
    }


def _dry_run(family: Family, place: Place, ladder: Ladder | None) -> dict[str, Any]:
    before, after = dry_run(family, place, ladder, now=timezone.now(), days=DAYS_AHEAD)
    days = sorted({*before.by_day, *after.by_day})
    return {
        "before": before,
        "after": after,
        "by_day": [(day, before.by_day.get(day, 0), after.by_day.get(day, 0)) for day in days],
        "same": _same(before, after),
    }


def _same(before: Load, after: Load) -> bool:
    return before == after
