"""One commitment: what was declared, how we read it, who owes what by when, and what became of it."""

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from commitments.admin.history import changes_of, journal
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
    FollowUp,
    Interpretation,
    PostHolding,
    ProgressReport,
    Provision,
    Request,
    User,
)
from notifications.came_back import with_mail
from notifications.inheritance import Place
from notifications.models import Acknowledgment
from tracker.desk import foresight, proving
from tracker.desk.forms import CloseForm, MoveForm, OwnerForm, ReportForm
from tracker.desk.requests import StaffRequest
from tracker.desk.views.quick_add import posts_offered

# Kinds of entries whose changes are told with those of the commitment.
PARTS = [Assignment, CommitmentProvision, CommitmentRelation, FollowUp, Interpretation, ProgressReport]
CHANGES_AT_FIRST = 20


def commitment(request: StaffRequest, reference: str) -> HttpResponse:
    found = visible_commitment(request, reference)
    now = timezone.now()
    can_edit = is_editable(found, request)
    forms = _forms_of(found, request.user, timezone.localdate(now)) if can_edit else {}
    context = {**_page_of(found, request, now), **forms, "can_edit": can_edit}
    return render(request, "desk/commitment.html", context)


def visible_commitment(request: StaffRequest, reference: str) -> Commitment:
    rows = Commitment.objects.visible_to(request.user).select_related("forum", "working_group")
    return get_object_or_404(rows, reference=reference)


def editable_commitment(request: StaffRequest, reference: str) -> Commitment:
    """404 also for what one may see but not change."""
    found = visible_commitment(request, reference)
    if not is_editable(found, request):
        raise Http404
    return found


def is_editable(found: Commitment, request: StaffRequest) -> bool:
    return Commitment.objects.editable_by(request.user).filter(pk=found.pk).exists()


def _page_of(found: Commitment, request: StaffRequest, now: datetime) -> dict[str, Any]:
    today = timezone.localdate(now)
    user = request.user
    follow_ups = _follow_ups(found, user)
    changes = changes_of(found, [(model, "commitment") for model in PARTS], user)
    all_changes = "history" in request.GET
    entries = journal(changes if all_changes else changes[: CHANGES_AT_FIRST + 1], found, user)
    return {
        "commitment": found,
        "today": today,
        "title": found.reference,
        "freshness": _freshness(found, today),
        "spoken": _spoken(found, user),
        "readings": Interpretation.objects.visible_to(user).filter(commitment=found).select_related("author"),
        "open": [_shown(f, today) for f in follow_ups if f.is_open],
        "past": [f for f in follow_ups if not f.is_open],
        "owners": _owners(found, user, today),
        "reports": _reports(found, user),
        "requests": _requests(found, user),
        **_reminders(found, follow_ups, user, now),
        "relations": _relations(found, user),
        "history": entries if all_changes else entries[:CHANGES_AT_FIRST],
        "has_more_history": not all_changes and len(entries) > CHANGES_AT_FIRST,
    }


def _freshness(found: Commitment, today: date) -> dict[str, Any]:
    last = found.reports.cleared().order_by("-reported_on").first()
    state = found.freshness(today)
    return {"state": state, "word": dict(Commitment.Freshness.choices)[state], "last": last}


def _spoken(found: Commitment, user: User) -> list[Provision]:
    """Declared words, the text that prevails first."""
    rows = Provision.objects.visible_to(user).filter(commitments=found)
    ordered = rows.order_by("text__authority", "text__language", "start", "pk")
    return list(ordered.select_related("text__document__meeting__forum", "text__document__forum"))


def _follow_ups(found: Commitment, user: User) -> list[FollowUp]:
    rows = FollowUp.objects.visible_to(user).filter(commitment=found).order_by("due_on", "pk")
    related = rows.select_related("commitment__forum", "anchor_meeting__forum", "party", "post")
    seen = Prefetch(
        "acknowledgments",
        Acknowledgment.objects.select_related("post").order_by("acknowledged_at"),
        to_attr="seen",
    )
    return list(related.prefetch_related(seen))


def _owners(found: Commitment, user: User, today: date) -> list[Assignment]:
    """The lead first, each with whoever holds the post today."""
    rows = Assignment.objects.visible_to(user).active(today).filter(commitment=found)
    holdings = PostHolding.objects.on(today).filter(user__is_active=True).select_related("user")
    related = rows.select_related("post__organisation", "party").prefetch_related(
        Prefetch("post__holdings", holdings.order_by("-acting", "-from_on"), to_attr="held")
    )
    order = list(Assignment.Role.values)
    return sorted(related, key=lambda assignment: (order.index(assignment.role), assignment.pk))


def _reports(found: Commitment, user: User) -> list[ProgressReport]:
    rows = ProgressReport.objects.visible_to(user).filter(commitment=found).with_repetition()
    related = rows.select_related("post", "recorded_by", "decided_by", "follow_up")
    return with_mail(related.prefetch_related("evidence"), user)


def _requests(found: Commitment, user: User) -> list[Request]:
    rows = Request.objects.visible_to(user).filter(follow_up__commitment=found)
    return with_mail(rows.select_related("post", "decided_by", "follow_up"), user)


def _reminders(found: Commitment, follow_ups: list[FollowUp], user: User, now: datetime) -> dict[str, Any]:
    """What was told of each date and what is to come, and in a sentence who hears first."""
    shown = proving.panel(follow_ups, Place(commitment=found), user, now=now)
    ladders = reverse("admin:ladders_of_commitment", args=[found.reference])
    return {**proving.context(shown, ladders), "foresight": foresight.in_words(shown.expected)}


def _relations(found: Commitment, user: User) -> dict[str, QuerySet[CommitmentRelation]]:
    rows = CommitmentRelation.objects.visible_to(user)
    return {
        "to": rows.filter(commitment=found).select_related("other", "document"),
        "from": rows.filter(other=found).select_related("commitment"),
    }


def _shown(follow_up: FollowUp, today: date) -> dict[str, Any]:
    return {
        "follow_up": follow_up,
        "late": follow_up.is_overdue(today),
        "no_record": follow_up.has_no_record(today),
        "earlier": follow_up.earlier_dates(),
        "form": MoveForm(follow_up=follow_up, auto_id=f"move_{follow_up.pk}_%s"),
    }


def _forms_of(found: Commitment, user: User, today: date) -> dict[str, Any]:
    """The forms that open in place; each posts to a page of its own, which says what is to be put right."""
    return {
        "report_form": ReportForm(commitment=found, today=today, auto_id="report_%s"),
        "owner_form": OwnerForm(auto_id="owner_%s"),
        "close_form": CloseForm(auto_id="close_%s"),
        "posts": posts_offered(user),
    }
