"""The sittings of each forum, what hangs on one, and its moving."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Change, Contact, FollowUp, Meeting, User
from notifications.inheritance import Place
from tracker.desk import proving
from tracker.desk.desk_lists import with_leads
from tracker.desk.forms import MeetingMoveForm
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.timeline import with_people


def meetings(request: StaffRequest) -> HttpResponse:
    rows = Meeting.objects.visible_to(request.user).select_related("forum__parent")
    newest_first = F("starts_on").desc(nulls_first=True)
    context = {
        "title": _("Meetings"),
        "today": timezone.localdate(),
        "meetings": rows.order_by("forum__code", newest_first, "-ordinal"),
        "hanging": _hanging_counts(request.user),
    }
    return render(request, "desk/meetings.html", context)


def _hanging_counts(user: User) -> dict[int, int]:
    """Open dates by the meeting that they are counted from."""
    rows = FollowUp.objects.visible_to(user).open().exclude(anchor_meeting=None).order_by()
    return dict(rows.values_list("anchor_meeting").annotate(count=Count("pk")))


def meeting(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Meeting.objects.visible_to(request.user).select_related("forum"), pk=pk)
    can_edit = Meeting.objects.editable_by(request.user).filter(pk=pk).exists()
    form = MeetingMoveForm(posted(request), initial={"starts_on": found.starts_on, "ends_on": found.ends_on})
    if request.method == "POST":
        if not can_edit:
            raise Http404
        if _moved(request, found, form):
            return redirect("admin:meeting", pk)
        found.refresh_from_db()
    hanging = list(_hanging(found, request.user))
    context = {
        "title": str(found),
        "meeting": found,
        "today": timezone.localdate(),
        "form": form,
        "can_edit": can_edit,
        "hanging": hanging,
        "contacts": with_people(Contact.objects.visible_to(request.user).filter(meeting=found), request.user),
        "last_moves": last_moves(hanging),
        **_reminders(found, request.user, now=timezone.now()),
    }
    return render(request, "desk/meeting.html", context, status=400 if form.errors else 200)


def _moved(request: StaffRequest, found: Meeting, form: MeetingMoveForm) -> bool:
    if not form.is_valid():
        return False
    moved = form.carry_out(found, now=timezone.now())
    if moved is None:
        return False
    said = ngettext(
        "The meeting is moved, and %(n)d date with it.",
        "The meeting is moved, and %(n)d dates with it.",
        moved,
    )
    messages.success(request, said % {"n": moved})
    return True


def _hanging(found: Meeting, user: User) -> Any:
    rows = FollowUp.objects.visible_to(user).open().filter(anchor_meeting=found, commitment__isnull=False)
    return with_leads(rows.select_related("commitment"), "commitment__", timezone.localdate())


def _reminders(found: Meeting, user: User, *, now: datetime) -> dict[str, Any]:
    """Of the dates of the sitting itself, which are asked of the desk."""
    rows = FollowUp.objects.visible_to(user).filter(meeting=found).order_by("due_on", "pk")
    own = list(rows.select_related("commitment", "meeting__forum"))
    shown = proving.panel(own, Place(forum=found.forum), user, now=now)
    return proving.context(shown, reverse("admin:ladders_of_forum", args=[found.forum_id]))


def last_moves(follow_ups: Iterable[FollowUp]) -> dict[int, tuple[date, str]]:
    """By follow-up: the date that stood before the present one, and why it moved; in one query."""
    keys = [follow_up.pk for follow_up in follow_ups]
    changes = Change.objects.filter(
        model=FollowUp._meta.label_lower, object_id__in=keys, action=Change.Action.CHANGED
    )
    return {
        change.object_id: (date.fromisoformat(change.before["due_on"]), change.why)
        for change in changes.order_by("id")
        if change.before and change.after and change.before["due_on"] != change.after["due_on"]
    }
