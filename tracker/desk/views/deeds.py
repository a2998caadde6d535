"""What an officer does to a commitment, a date, an answer or a task. GET asks, POST does it by one call."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import answers
from commitments.models import Closing, Commitment, FollowUp, Forum, Meeting, ProgressReport, Request
from notifications.models import Reminder
from tracker.desk import foresight
from tracker.desk.everyday_forms import ClosingDecisionForm, ContactForm, SnoozeForm
from tracker.desk.forms import (
    CloseForm,
    DeskForm,
    MoveForm,
    OwnerForm,
    ReportDecisionForm,
    ReportForm,
    RequestDecisionForm,
)
from tracker.desk.requests import StaffRequest, posted
from tracker.desk.views.commitment import editable_commitment
from tracker.desk.views.quick_add import posts_offered


def report(request: StaffRequest, reference: str) -> HttpResponse:
    found, now = editable_commitment(request, reference), timezone.now()
    form = ReportForm(posted(request), commitment=found, today=timezone.localdate(now))
    return _act(
        request,
        found,
        form,
        title=_("Report: what somebody told me"),
        button=_("Save the report"),
        deed=lambda: form.carry_out(by=request.user, now=now),
        done=_("The report stands on the commitment."),
    )


def move(request: StaffRequest, pk: int) -> HttpResponse:
    rows = FollowUp.objects.editable_by(request.user).open().filter(commitment__isnull=False)
    follow_up, now = get_object_or_404(rows.select_related("commitment__forum"), pk=pk), timezone.now()
    assert follow_up.commitment is not None  # asked for above
    form = MoveForm(posted(request), follow_up=follow_up)
    return _act(
        request,
        follow_up.commitment,
        form,
        title=_("Move a date"),
        about=follow_up,
        button=_("Move it"),
        deed=lambda: form.carry_out(now=now),
        done=_("The date is moved; the old one stays in the history."),
    )


def assign(request: StaffRequest, reference: str) -> HttpResponse:
    found, now = editable_commitment(request, reference), timezone.now()
    form = OwnerForm(posted(request))
    return _act(
        request,
        found,
        form,
        title=_("Assign or hand over"),
        button=_("Assign"),
        deed=lambda: form.carry_out(found, now=now),
        done=_("The post has its part from today on."),
    )


def close(request: StaffRequest, reference: str) -> HttpResponse:
    found, now = editable_commitment(request, reference), timezone.now()
    form = CloseForm(posted(request), commitment=found)
    if found.high_priority:
        done = _("The closing is proposed; a second person confirms it.")
    else:
        done = _("The commitment is closed; nothing more is expected of it.")
    return _act(
        request,
        found,
        form,
        title=_("Close the commitment"),
        button=_("Propose the closing") if found.high_priority else _("Close it"),
        deed=lambda: form.carry_out(by=request.user, now=now),
        done=done,
    )


def decide_closing(request: StaffRequest, pk: int) -> HttpResponse:
    rows = Closing.objects.editable_by(request.user).proposed()
    proposed = get_object_or_404(rows.select_related("commitment__forum", "proposed_by"), pk=pk)
    form = ClosingDecisionForm(posted(request))
    return _act(
        request,
        proposed.commitment,
        form,
        title=_("A closing waits for a second person"),
        about=proposed,
        deed=lambda: form.carry_out(proposed, by=request.user, now=timezone.now()),
        done=_("Decided."),
    )


@require_POST
def roll_forward(request: StaffRequest, reference: str) -> HttpResponse:
    """“No change since”: one click, because the words are there already."""
    found = editable_commitment(request, reference)
    try:
        answers.roll_forward(found, by=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("“No change” stands on the commitment, with today's date."))
    return redirect("admin:commitment", found.reference)


def snooze(request: StaffRequest, pk: int) -> HttpResponse:
    rows = FollowUp.objects.editable_by(request.user).open().filter(commitment__isnull=False)
    follow_up, now = get_object_or_404(rows.select_related("commitment__forum"), pk=pk), timezone.now()
    assert follow_up.commitment is not None  # asked for above
    form = SnoozeForm(posted(request), follow_up=follow_up)
    return _act(
        request,
        follow_up.commitment,
        form,
        title=_("Put reminders off"),
        about=follow_up,
        button=_("Put them off"),
        deed=lambda: form.carry_out(by=request.user, now=now),
        done=_("Nobody is reminded of this date until then."),
    )


def contact(request: StaffRequest, reference: str) -> HttpResponse:
    found = editable_commitment(request, reference)
    return _note_contact(request, found, {"commitment": found}, found.forum)


def contact_of_meeting(request: StaffRequest, pk: int) -> HttpResponse:
    rows = Meeting.objects.editable_by(request.user).select_related("forum")
    found = get_object_or_404(rows, pk=pk)
    return _note_contact(request, found, {"meeting": found}, found.forum)


def _note_contact(
    request: StaffRequest, found: Commitment | Meeting, about: dict[str, Any], forum: Forum
) -> HttpResponse:
    now = timezone.now()
    form = ContactForm(
        posted(request), about=about, forum=forum, user=request.user, today=timezone.localdate(now)
    )
    return _act(
        request,
        found,
        form,
        title=_("Note a contact"),
        button=_("Note it"),
        deed=lambda: form.carry_out(by=request.user, now=now),
        done=_("The contact is noted. It is no report: the date stays open."),
    )


def reopen(request: StaffRequest, reference: str) -> HttpResponse:
    found, now = editable_commitment(request, reference), timezone.now()
    form = DeskForm(posted(request))
    return _act(
        request,
        found,
        form,
        title=_("Open the commitment again"),
        button=_("Open it again"),
        deed=lambda: form.accepts(lambda: found.activate(now=now)),
        done=_("The commitment is active, and has a next date."),
    )


def decide_report(request: StaffRequest, pk: int) -> HttpResponse:
    rows = ProgressReport.objects.editable_by(request.user).waiting().with_repetition()
    related = rows.select_related("commitment__forum", "post")
    waiting, now = get_object_or_404(related, pk=pk), timezone.now()
    form = ReportDecisionForm(posted(request))
    return _act(
        request,
        waiting.commitment,
        form,
        title=_("A report waits for the desk"),
        about=waiting,
        deed=lambda: form.carry_out(waiting, by=request.user, now=now),
        done=_("Decided."),
    )


def decide_request(request: StaffRequest, pk: int) -> HttpResponse:
    rows = Request.objects.editable_by(request.user).proposed().filter(follow_up__commitment__isnull=False)
    related = rows.select_related("follow_up__commitment__forum", "post")
    asked, now = get_object_or_404(related, pk=pk), timezone.now()
    assert asked.follow_up.commitment is not None  # asked for above
    form = RequestDecisionForm(posted(request), request=asked)
    return _act(
        request,
        asked.follow_up.commitment,
        form,
        title=_("A request waits for the desk"),
        about=asked,
        deed=lambda: form.carry_out(asked, by=request.user, now=now),
        done=_("Decided."),
    )


@require_POST
def task_done(request: StaffRequest, pk: int) -> HttpResponse:
    tasks = Reminder.objects.visible_to(request.user).tasks_for_the_desk(timezone.now())
    mine = tasks.filter(follow_up__in=FollowUp.objects.editable_by(request.user))
    get_object_or_404(mine, pk=pk).mark_done(now=timezone.now())
    messages.success(request, _("The task is done."))
    return redirect("admin:index")


def _act(
    request: StaffRequest,
    found: Commitment | Meeting,
    form: DeskForm,
    *,
    title: str,
    deed: Callable[[], bool],
    done: str,
    button: str = "",
    about: Any = None,
) -> HttpResponse:
    """Back to the commitment or meeting when it is done; otherwise the form, with what is to be put right."""
    commitment = found if isinstance(found, Commitment) else None
    back = ("commitment", found.reference) if isinstance(found, Commitment) else ("meeting", found.pk)
    if request.method == "POST" and form.is_valid() and deed():
        messages.success(request, done)
        return redirect(f"admin:{back[0]}", back[1])
    to_come = foresight.expected(commitment, now=timezone.now()) if commitment else []
    context = {
        "title": title,
        "commitment": commitment,
        "meeting": None if commitment else found,
        "form": form,
        "button": button,
        "about": about,
        "foresight": foresight.in_words(to_come) if commitment else "",
        "posts": posts_offered(request.user) if "owner" in form.fields else None,
    }
    return render(request, "desk/act.html", context, status=400 if form.errors else 200)
