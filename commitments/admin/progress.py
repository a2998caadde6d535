"""Progress reports: what owners said, accepted or returned by the desk."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commitments import answers
from commitments.admin.base import RegisterAdmin, TabularPart
from commitments.admin.deeds import Deed
from commitments.admin.filters import QuestionFilter, VisibleFilter
from commitments.admin.forms import LineOfReason
from commitments.letter_numbers import search_fields
from commitments.models import Commitment, Evidence, ProgressReport, User

SAID = ["no_change", "internal", "source", "letter_number", "reported_by", "reported_on"]


class AcceptReport(Deed):
    name = "accept"
    label = _("Accept")
    done = _("Accepted. The next date is set.")

    decision = LineOfReason(label=_("What the desk says"), required=False)
    keep_open = forms.BooleanField(label=_("Let the date stand; more is to come"), required=False)

    @classmethod
    def applies(cls, row: ProgressReport) -> bool:
        return row.state in {ProgressReport.State.DRAFT, ProgressReport.State.SUBMITTED}

    def do(self, row: ProgressReport, *, by: User, now: datetime) -> None:
        answers.clear_report(row, by=by, now=now, **self.cleaned_data)


class ReturnReport(Deed):
    name = "return"
    label = _("Return")
    done = _("Returned. Reminders go on.")

    decision = LineOfReason(label=_("What the desk says"))

    @classmethod
    def applies(cls, row: ProgressReport) -> bool:
        return row.state == ProgressReport.State.SUBMITTED

    def do(self, row: ProgressReport, *, by: User, now: datetime) -> None:
        answers.return_report(row, by=by, now=now, decision=self.cleaned_data["decision"])


class Proofs(TabularPart):
    model = Evidence
    fields = ["title", "url", "letter_number"]


def waiting(rows: Any, today: date) -> QuerySet:
    return rows.waiting()


class WaitingFilter(QuestionFilter):
    title = _("state")
    parameter_name = "waiting"
    answers = [("desk", _("Waiting for the desk"), waiting)]


@admin.register(ProgressReport)
class ReportAdmin(RegisterAdmin):
    belongs_to = "commitment"
    list_display = ["commitment", "line", "state", "reported_on", "source", "post"]
    list_select_related = ["commitment", "post"]
    list_filter = [WaitingFilter, "source", ("commitment__forum", VisibleFilter)]
    search_fields = [
        "commitment__reference",
        *(f"commitment__{column}" for column in Commitment.name_columns()),
        "internal",
        "reported_by",
        *search_fields(ProgressReport),
    ]
    autocomplete_fields = ["commitment", "follow_up", "post"]
    readonly_fields = ["state", "decision", "decided_by", "decided_at", "recorded_by"]
    inlines = [Proofs]
    deeds = (AcceptReport, ReturnReport)
    in_lists = ("accept", "return")
    fieldsets = (
        (None, {"fields": ["commitment", "follow_up", "no_change", "internal"]}),
        (
            _("How we know"),
            {"fields": ["source", "letter_number", "reported_by", "reported_on", "post", "party"]},
        ),
        (
            _("For others to read"),
            {"fields": ["shareable_en", "shareable_ko", "shareable_ja"], "classes": ["collapse"]},
        ),
        (_("Decision"), {"fields": ["state", "decision", "decided_by", "decided_at", "recorded_by"]}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What was accepted stays as it was said; how it is told to others may still be worded."""
        if obj is None:
            return [*self.readonly_fields]
        accepted = obj.state == ProgressReport.State.CLEARED
        return [
            *self.readonly_fields,
            "commitment",
            *(["follow_up", "post", "party", *SAID] if accepted else []),
        ]

    @admin.display(description=_("what was done"))
    def line(self, report: ProgressReport) -> str:
        return str(report)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        report = super().save_form(request, form, change)
        if not change:
            report.recorded_by = request.user
        return report
