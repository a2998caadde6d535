"""One deed on many rows: asked, shown row by row, and then done in one transaction. Nothing happens by GET."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from commitments import access, together
from commitments.admin.forms import refuse
from commitments.models import Commitment, FollowUp
from commitments.refusals import as_validation
from commitments.together import Outcome
from tracker.desk.bulk_forms import DEEDS, Asked, BulkForm
from tracker.desk.filters import is_key
from tracker.desk.listing import Listing
from tracker.desk.requests import StaffRequest
from tracker.desk.views import dates
from tracker.desk.views.quick_add import posts_offered

# Each takes some 30 ms of SQLite's only write lock, for which others wait 20 s at most.
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Chosen:
    """The rows that were ticked, or all of the list if none was; and the way back to the list."""

    rows: Any
    listing: Listing
    back: str

    @property
    def may_change(self) -> set[int]:
        return set(self.rows.editable_by(self.listing.user).values_list("pk", flat=True))


@require_POST
def commitments(request: StaffRequest, deed: str) -> HttpResponse:
    query = request.POST.get("query", "")
    listing = Listing.of_commitments(QueryDict(query), request.user, timezone.localdate())
    ticked = Commitment.objects.visible_to(request.user)
    rows = _chosen(request, listing.found, ticked.select_related("forum", "working_group"))
    return _act(request, deed, rows, listing, reverse("admin:commitments"))


@require_POST
def of_dates(request: StaffRequest, slug: str, deed: str) -> HttpResponse:
    listing = dates.listing_of(request, slug, QueryDict(request.POST.get("query", "")))
    if deed not in DEEDS or not DEEDS[deed].of_dates:
        raise Http404
    ticked = FollowUp.objects.visible_to(request.user)
    rows = _chosen(request, listing.found, ticked.select_related("commitment__forum", "meeting__forum"))
    return _act(request, deed, rows, listing, reverse("admin:desk_list", args=[slug]))


def _chosen(request: StaffRequest, found: Any, ticked: Any) -> Any:
    """In the order of their keys, so that two officers who change the same rows wait for each other in line."""
    keys = [int(key) for key in request.POST.getlist("row") if is_key(key)]
    if not keys:
        keys = list(found.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    return ticked.filter(pk__in=keys).order_by("pk")


def _act(request: StaffRequest, deed: str, rows: Any, listing: Listing, address: str) -> HttpResponse:
    asked = DEEDS.get(deed)
    if asked is None or not access.Reach.of(request.user, listing.today).edits_something:
        raise Http404
    back = f"{address}?{listing.query or 'view=all'}"
    if problem := _problem(len(rows)):
        messages.error(request, problem)
        return redirect(back)
    step = request.POST.get("step")
    form = asked.form(request.POST if step else None, rows=rows, leaving=listing.form.leaving_post())
    chosen = Chosen(rows, listing, back)
    outcomes = None
    if step and form.is_valid():
        if step == "write" and (written := _write(request, form, chosen)) is not None:
            return written
        outcomes = _tried(form, chosen, request)
    return _page(request, asked, form, chosen, outcomes)


def _problem(count: int) -> str:
    if not count:
        return _("There is no row to change.")
    too_many = _("At most %(n)s at once. Narrow the list, or tick some.")
    return too_many % {"n": MOST_AT_ONCE} if count > MOST_AT_ONCE else ""


def _tried(form: BulkForm, chosen: Chosen, request: StaffRequest) -> list[Outcome] | None:
    now = timezone.now()
    return _or_refused(
        form,
        lambda: together.rehearse(
            chosen.rows,
            lambda: form.deed(by=request.user, now=now),
            may_change=chosen.may_change,
            reason=form.cleaned_data["reason"],
        ),
    )


def _write(request: StaffRequest, form: BulkForm, chosen: Chosen) -> HttpResponse | None:
    """The way back when it is done; None if it is to be shown once more, and why."""
    now = timezone.now()
    try:
        outcomes = _or_refused(
            form,
            lambda: together.carry_out(
                chosen.rows,
                lambda: form.deed(by=request.user, now=now),
                may_change=chosen.may_change,
                reason=form.cleaned_data["reason"],
                shown=request.POST.get("shown", ""),
            ),
        )
    except together.ChangedMeanwhile:
        messages.warning(
            request, _("Something has changed since this was shown. Nothing was written; look once more.")
        )
        return None
    if outcomes is None:
        return None
    done = sum(outcome.done is not None for outcome in outcomes)
    said = ngettext("%(n)d row is changed.", "%(n)d rows are changed.", done) % {"n": done}
    messages.success(request, said)
    return redirect(chosen.back)


def _or_refused(form: BulkForm, deed: Callable[[], list[Outcome]]) -> list[Outcome] | None:
    """None if nothing can be done to any row; then the form says why."""
    try:
        return deed()
    except (ValidationError, IntegrityError) as error:
        refuse(form, as_validation(error))
        return None


def _page(
    request: StaffRequest, asked: Asked, form: BulkForm, chosen: Chosen, outcomes: list[Outcome] | None
) -> HttpResponse:
    doable = [outcome for outcome in outcomes or [] if outcome.done is not None]
    context = {
        "title": asked.title,
        "button": asked.button,
        "form": form,
        "chosen": chosen,
        "outcomes": outcomes,
        "doable": len(doable),
        "refused": len(outcomes or []) - len(doable),
        "shown": together.fingerprint(outcomes or []),
        "posts": posts_offered(request.user) if "to_post" in form.fields else None,
        "today": timezone.localdate(),
    }
    return render(request, "desk/bulk.html", context, status=400 if form.errors else 200)
