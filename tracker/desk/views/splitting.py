"""Split one commitment, merge several: filled in, shown as it will be, and done as it was shown."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Commitment, CommitmentRelation, Provision, User
from tracker.desk.everyday_forms import MergeForm, Previewed, Splitting
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.views.commitment import editable_commitment
from tracker.desk.views.quick_add import posts_offered


def split(request: StaffRequest, reference: str) -> HttpResponse:
    found, now = editable_commitment(request, reference), timezone.now()
    said = Previewed(posted(request))
    page = Splitting(posted(request), commitment=found, user=request.user, today=timezone.localdate(now))
    shown = None
    if request.method == "POST" and not page.is_growing and page.is_valid():
        if said.is_confirmed and (made := page.carry_out(now=now)):
            names = ", ".join(each.reference for each in made)
            messages.success(request, _("Split into %(references)s.") % {"references": names})
            return redirect("admin:commitment", found.reference)
        shown = page.shown() if not page.has_errors and _is_possible(page, now) else None
    context = {
        "title": _("Split the commitment"),
        "commitment": found,
        "page": page,
        "shown": shown,
        "previewed": said.fingerprint,
        "posts": posts_offered(request.user),
    }
    return render(request, "desk/split.html", context, status=400 if page.has_errors else 200)


def _is_possible(page: Splitting, now: datetime) -> bool:
    """Do it and undo it: what the register would refuse is said before anybody is asked to confirm."""
    with transaction.atomic():
        made = page.carry_out(now=now)
        transaction.set_rollback(True)
    return bool(made)


def merge(request: StaffRequest, reference: str) -> HttpResponse:
    into, now = editable_commitment(request, reference), timezone.now()
    said = Previewed(posted(request))
    form = MergeForm(
        posted(request), into=into, user=request.user, initial={"others": _twins(into, request.user)}
    )
    merger = None
    if request.method == "POST" and form.is_valid():
        others = form.cleaned_data["others"]
        if said.is_confirmed and form.carry_out(now=now):
            told = ngettext(
                "%(n)d commitment has become part of this one.",
                "%(n)d commitments have become part of this one.",
                len(others),
            )
            messages.success(request, told % {"n": len(others)})
            return redirect("admin:commitment", into.reference)
        merger = form.merger(now=now) if not form.errors else None
    context = {
        "title": _("Merge others into this one"),
        "commitment": into,
        "form": form,
        "merger": merger,
        "words": _seen(merger.words, request.user) if merger else [],
        "previewed": said.fingerprint,
    }
    return render(request, "desk/merge.html", context, status=400 if form.errors else 200)


def _twins(into: Commitment, user: User) -> str:
    """Those that are known to be the same thing, so that nothing has to be typed."""
    relations = CommitmentRelation.objects.visible_to(user).filter(kind=CommitmentRelation.Kind.DUPLICATES)
    live = Commitment.objects.editable_by(user).live().exclude(pk=into.pk)
    twins = live.filter(relations__in=relations.filter(other=into)) | live.filter(
        related_from__in=relations.filter(commitment=into)
    )
    return ", ".join(twins.distinct().order_by("reference").values_list("reference", flat=True))


def _seen(words: list[Provision], user: Any) -> list[Provision]:
    seen = Provision.objects.visible_to(user).filter(pk__in=[each.pk for each in words])
    keys = set(seen.values_list("pk", flat=True))
    return [each for each in words if each.pk in keys]
