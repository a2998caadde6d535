"""Next dates, and what owners ask of the desk about them."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from commitments import answers, scheduling
from commitments.admin.base import RegisterAdmin
from commitments.admin.deeds import Deed
from commitments.admin.filters import ALL, QuestionFilter, VisibleFilter
from commitments.admin.forms import JournalForm, LineOfReason
from commitments.admin.lights import light
from commitments.admin.seen import seen
from commitments.letter_numbers import search_fields
from commitments.models import Assignment, Commitment, FollowUp, Post, Request, User


def open_ones(rows: Any, today: date) -> QuerySet:
    return rows.open()


def overdue(rows: Any, today: date) -> QuerySet:
    return rows.overdue(today)


def due_soon(rows: Any, today: date) -> QuerySet:
    return rows.due_soon(today)


def without_record(rows: Any, today: date) -> QuerySet:
    return rows.without_record(today)


class WhenFilter(QuestionFilter):
    title = _("when")
    parameter_name = "when"
    unasked = (_("Open"), open_ones)
    answers = [
        ("overdue", _("Overdue"), overdue),
        ("soon", _("Due within 14 days"), due_soon),
        ("no_record", _("No record here, to be checked"), without_record),
        ALL,
    ]


class CloseFollowUp(Deed):
    """A date that was met outside the register, or that was entered by mistake."""

    name = "close"
    label = _("Close this date")
    done = _("Closed.")

    outcome = forms.ChoiceField(label=_("outcome"), choices=FollowUp.Outcome.choices)
    reason = LineOfReason(label=_("Reason"))

    @classmethod
    def applies(cls, row: FollowUp) -> bool:
        return row.closed_at is None

    def do(self, row: FollowUp, *, by: User, now: datetime) -> None:
        said = self.cleaned_data
        scheduling.close_date(row, said["outcome"], now=now, reason=said["reason"])


@admin.register(FollowUp)
class FollowUpAdmin(RegisterAdmin):
    form = JournalForm
    asks_why = True
    belongs_to = "commitment"
    list_display = ["due_on", "status", "subject", "kind", "basis", "post"]
    list_select_related = ["commitment", "meeting__forum", "anchor_meeting", "post"]
    list_filter = [WhenFilter, "kind", "basis", ("commitment__forum", VisibleFilter)]
    search_fields = [
        "commitment__reference",
        *(f"commitment__{column}" for column in Commitment.name_columns()),
        "phrase",
    ]
    autocomplete_fields = ["commitment", "meeting", "anchor_meeting", "post"]
    deeds = (CloseFollowUp,)
    fieldsets = (
        (None, {"fields": ["commitment", "meeting", "kind", "due_on"]}),
        (_("Where the date comes from"), {"fields": ["phrase", "window_start_on", "precision", "basis"]}),
        (
            _("Counted from"),
            {
                "fields": ["anchor_meeting", "anchor_event", "anchor_on", "offset_days"],
                "classes": ["collapse"],
            },
        ),
        (_("For whom"), {"fields": ["party", "post"], "classes": ["collapse"]}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A date is of one thing for good. A closed one is history."""
        if obj is None:
            return []
        closed = [
            "kind",
            "due_on",
            "window_start_on",
            "basis",
            "anchor_meeting",
            "anchor_on",
            "party",
            "post",
        ]
        return ["commitment", "meeting", *(closed if obj.closed_at else [])]

    @admin.display(description=_("of"), ordering="commitment__reference")
    def subject(self, follow_up: FollowUp) -> str:
        return str(follow_up.subject or "")

    @admin.display(description=_("state"))
    def status(self, follow_up: FollowUp) -> str | SafeString:
        today = timezone.localdate()
        if follow_up.is_overdue(today):
            return light("off_track", _("overdue"))
        if follow_up.has_no_record(today):
            return light("", _("no record here"))
        if follow_up.waits_for_meeting:
            return str(_("open, its meeting is undated"))
        return str(_("open") if follow_up.is_open else follow_up.get_outcome_display() or _("closed"))

    def write(self, obj: FollowUp, form: Any, change: bool) -> None:
        """A date goes through FollowUp.move_to: the old one stays in the history, reminders start anew."""
        if change and "due_on" in form.changed_data:
            stored = FollowUp.objects.get(pk=obj.pk)
            stored.move_to(obj.due_on, now=timezone.now(), reason=form.cleaned_data["why"])
            obj.dated_at = stored.dated_at
        obj.save()

    def follow_up_write(self, request: HttpRequest, obj: FollowUp) -> None:
        if obj.commitment is not None:
            scheduling.ensure_next_date(obj.commitment, now=timezone.now())


class AcceptRequest(Deed):
    name = "accept"
    label = _("Accept")
    done = _("Accepted.")

    to_post = forms.ModelChoiceField(
        Post.objects.none(),
        label=_("new owner"),
        required=False,
        help_text=_("For a hand-over. Empty: nobody yet, and the desk is told so."),
    )
    decision = LineOfReason(label=_("What the desk says"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if all(row.kind == Request.Kind.EXTENSION for row in self.rows):
            del self.fields["to_post"]
            return
        post = self.fields["to_post"]
        assert isinstance(post, forms.ModelChoiceField)
        post.queryset = seen(Post, self.person)
        post.widget = AutocompleteSelect(Assignment._meta.get_field("post"), admin.site, choices=post.choices)

    @classmethod
    def applies(cls, row: Request) -> bool:
        return row.state == Request.State.PROPOSED

    def do(self, row: Request, *, by: User, now: datetime) -> None:
        said = self.cleaned_data
        answers.accept_request(row, by=by, now=now, decision=said["decision"], to_post=said.get("to_post"))


class ReturnRequest(Deed):
    name = "return"
    label = _("Return")
    done = _("Returned.")

    decision = LineOfReason(label=_("What the desk says"))

    @classmethod
    def applies(cls, row: Request) -> bool:
        return row.state == Request.State.PROPOSED

    def do(self, row: Request, *, by: User, now: datetime) -> None:
        answers.return_request(row, by=by, now=now, decision=self.cleaned_data["decision"])


def proposed(rows: Any, today: date) -> QuerySet:
    return rows.proposed()


class WaitingFilter(QuestionFilter):
    title = _("state")
    parameter_name = "waiting"
    answers = [("desk", _("Waiting for the desk"), proposed)]


@admin.register(Request)
class RequestAdmin(RegisterAdmin):
    list_display = ["kind", "about", "post", "due_on", "proposed_on", "state", "asked_at"]
    list_select_related = ["follow_up__commitment", "follow_up__meeting__forum", "post"]
    list_filter = [WaitingFilter, "kind"]
    search_fields = [
        "follow_up__commitment__reference",
        *(f"follow_up__commitment__{column}" for column in Commitment.name_columns()),
        "asked_by",
        "reason",
        *search_fields(Request),
    ]
    deeds = (AcceptRequest, ReturnRequest)
    in_lists = ("accept", "return")
    fieldsets = (
        (None, {"fields": ["kind", "follow_up", "post", "asked_by", "asked_at", "letter_number", "due_on"]}),
        (_("What is asked"), {"fields": ["proposed_on", "proposed_owner", "reason"]}),
        (_("Decision"), {"fields": ["state", "decision", "decided_by", "decided_at"]}),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners ask, from the answer page."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [f.name for f in self.opts.fields]

    @admin.display(description=_("of"), ordering="follow_up__commitment__reference")
    def about(self, request: Request) -> str:
        return str(request.follow_up.subject or "")
