"""One commitment: what was declared, how we read it, who owes what by when, and what became of it."""

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from commitments import replacing, scheduling
from commitments.models import (
    Assignment,
    Closing,
    Commitment,
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
from tracker.desk import foresight, proving, timeline
from tracker.desk.everyday_forms import ContactForm, SnoozeForm
from tracker.desk.forms import CloseForm, MoveForm, OwnerForm, ReportForm
from tracker.desk.requests import StaffRequest
from tracker.desk.views.quick_add import posts_offered


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
    return {
        "commitment": found,
        "today": today,
        "title": found.reference,
        "freshness": _freshness(found, today),
        "last": _last_word(found, user),
        "spoken": _spoken(found, user),
        "readings": Interpretation.objects.visible_to(user).filter(commitment=found).select_related("author"),
        "open": _shown([f for f in follow_ups if f.is_open], today),
        "past": [f for f in follow_ups if not f.is_open],
        "owners": _owners(found, user, today),
        "waiting": _waiting(found, user),
        "asked": _asked(found, user),
        "closings": _closings(found, user),
        **_reminders(found, follow_ups, user, now),
        "relations": _relations(found, user),
        **_story(found, request, today),
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


def _owners(found: Commitment, user: User, today: date) -> list[Any]:
    """The lead first, each with whoever holds the post today, and whether one person leads and validates."""
    rows = Assignment.objects.visible_to(user).active(today).filter(commitment=found)
    holdings = PostHolding.objects.on(today).filter(user__is_active=True).select_related("user")
    related = rows.select_related("post__organisation", "party").prefetch_related(
        "post__organisation__earlier_names",
        "post__moves__reorganisation__organisation__earlier_names",
        Prefetch("post__holdings", holdings.order_by("-acting", "-from_on"), to_attr="held"),
    )
    order = list(Assignment.Role.values)
    owners = sorted(related, key=lambda assignment: (order.index(assignment.role), assignment.pk))
    leading = _holders(owners, Assignment.Role.LEAD)
    for owner in owners:
        validates = owner.role == Assignment.Role.VALIDATOR
        owner.same_hands = validates and bool(leading & _holders([owner], owner.role))
    return owners


def _holders(owners: list[Any], role: str) -> set[int]:
    return {held.user_id for owner in owners if owner.role == role for held in owner.post.held}


def _last_word(found: Commitment, user: User) -> dict[str, Any]:
    """What was cleared last, since when nothing has changed, and what “no change” would answer."""
    rows = ProgressReport.objects.visible_to(user).cleared().filter(commitment=found).with_repetition()
    newest = rows.order_by("-reported_on", "-pk").select_related("post", "recorded_by", "decided_by")
    report = newest.prefetch_related("evidence").first()
    said = rows.with_words().order_by("-reported_on", "-pk").exclude(no_change=True).first()
    return {"report": report, "said": said, "answers": scheduling.review_to_answer(found)}


def _waiting(found: Commitment, user: User) -> list[ProgressReport]:
    rows = ProgressReport.objects.visible_to(user).waiting().filter(commitment=found).with_repetition()
    return with_mail(rows.select_related("post", "follow_up"), user)


def _asked(found: Commitment, user: User) -> list[Request]:
    rows = Request.objects.visible_to(user).proposed().filter(follow_up__commitment=found)
    return with_mail(rows.select_related("post", "follow_up"), user)


def _closings(found: Commitment, user: User) -> QuerySet[Closing]:
    rows = Closing.objects.visible_to(user).proposed().filter(commitment=found)
    return rows.select_related("proposed_by")


def _story(found: Commitment, request: StaffRequest, today: date) -> dict[str, Any]:
    """The timeline; with that of what this one stands in place of, if it is asked for."""
    user, asked = request.user, request.GET
    origins = list(Commitment.objects.visible_to(user).filter(pk__in=replacing.origins(found)))
    with_origins = "origins" in asked and bool(origins)
    kind = asked.get("kind", "") if asked.get("kind") in timeline.Kind.values else ""
    page = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < 4 else 1
    told = [found, *origins] if with_origins else [found]
    story = timeline.Story(told, user, today, kind=kind, page=max(page, 1))
    return {
        "days": story.days(),
        "story": story,
        "kinds": timeline.Kind.choices,
        "origins": origins,
        "with_origins": with_origins,
        "references": {each.pk: each.reference for each in origins},
        "replaced_by": Commitment.objects.visible_to(user).filter(pk__in=replacing.replacements(found)),
    }


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


def _shown(follow_ups: list[FollowUp], today: date) -> list[dict[str, Any]]:
    earlier = FollowUp.earlier_dates_of(follow_ups)
    return [
        {
            "follow_up": follow_up,
            "late": follow_up.is_overdue(today),
            "no_record": follow_up.has_no_record(today),
            "earlier": earlier[follow_up.pk],
            "form": MoveForm(follow_up=follow_up, auto_id=f"move_{follow_up.pk}_%s"),
            "snooze_form": SnoozeForm(follow_up=follow_up, auto_id=f"snooze_{follow_up.pk}_%s"),
        }
        for follow_up in follow_ups
    ]


def _forms_of(found: Commitment, user: User, today: date) -> dict[str, Any]:
    """The forms that open in place; each posts to a page of its own, which says what is to be put right."""
    return {
        "report_form": ReportForm(commitment=found, today=today, auto_id="report_%s"),
        "owner_form": OwnerForm(auto_id="owner_%s"),
        "close_form": CloseForm(commitment=found, auto_id="close_%s"),
        "contact_form": ContactForm(
            about={"commitment": found}, forum=found.forum, user=user, today=today, auto_id="contact_%s"
        ),
        "posts": posts_offered(user),
    }
