"""Commitments, with everything that stands on their page."""

from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments import entering, scheduling
from commitments.admin.base import LinkPart, RegisterAdmin, StackedPart, TabularPart
from commitments.admin.deeds import Deed
from commitments.admin.filters import QuestionFilter, VisibleFilter
from commitments.admin.forms import EndsFirstFormSet, JournalForm, LineOfReason
from commitments.admin.lights import SHAPES, light
from commitments.letter_numbers import search_fields
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentParty,
    CommitmentProvision,
    CommitmentRelation,
    CommitmentTopic,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    Marking,
    ProgressReport,
    Request,
    User,
)


class Owners(TabularPart):
    formset = EndsFirstFormSet
    model = Assignment
    fields = ["post", "role", "from_on", "until_on"]
    verbose_name = _("post")
    verbose_name_plural = _("who is responsible")
    autocomplete_fields = ["post"]


class DeclaredWords(LinkPart):
    model = CommitmentProvision
    verbose_name = verbose_name_plural = _("declared words")
    autocomplete_fields = ["provision"]


class Readings(StackedPart):
    model = Interpretation
    fields = [("about", "confidence", "marking"), "text", "basis", "author"]
    readonly_fields = ["author"]
    classes = ["collapse"]


class Parties(LinkPart):
    model = CommitmentParty
    verbose_name = _("party")
    verbose_name_plural = _("parties")
    classes = ("collapse", "unnamed")


class Topics(LinkPart):
    model = CommitmentTopic
    verbose_name = _("topic")
    verbose_name_plural = _("topics")
    classes = ("collapse", "unnamed")


class Relations(LinkPart):
    model = CommitmentRelation
    fk_name = "commitment"
    fields = ["kind", "other", "document", "note"]
    autocomplete_fields = ["other", "document"]
    classes = ("collapse", "unnamed")


class NeedToKnow(LinkPart):
    model = Grant
    fields = ["user", "reason"]
    autocomplete_fields = ["user"]


class Activate(Deed):
    name = "activate"
    label = _("Activate")
    explanation = _("From here on it has a next date, and its owners are reminded.")
    done = _("Active. The next date is set.")

    @classmethod
    def applies(cls, row: Commitment) -> bool:
        return row.workflow != Commitment.Workflow.ACTIVE

    def do(self, row: Commitment, *, by: User, now: datetime) -> None:
        row.activate(now=now)


class Close(Deed):
    name = "close"
    label = pgettext_lazy("deed", "Close")
    explanation = _("Nothing more is expected; its open dates end with it.")
    done = _("Closed.")

    implementation = forms.ChoiceField(label=_("implementation"), choices=Commitment.Implementation.choices)
    reason = LineOfReason(label=_("Reason"))

    @classmethod
    def applies(cls, row: Commitment) -> bool:
        return row.workflow != Commitment.Workflow.CLOSED

    def do(self, row: Commitment, *, by: User, now: datetime) -> None:
        row.close(self.cleaned_data["implementation"], now=now, reason=self.cleaned_data["reason"])


def overdue(rows: Any, today: date) -> QuerySet:
    return rows.filter(pk__in=FollowUp.objects.overdue(today).values("commitment"))


def due_soon(rows: Any, today: date) -> QuerySet:
    return rows.filter(pk__in=FollowUp.objects.due_soon(today).values("commitment"))


def without_owner(rows: Any, today: date) -> QuerySet:
    return rows.without_owner(today)


def without_next_date(rows: Any, today: date) -> QuerySet:
    return rows.without_next_date()


def worried(rows: Any, today: date) -> QuerySet:
    return rows.live().filter(outlook__in=[Commitment.Outlook.AT_RISK, Commitment.Outlook.OFF_TRACK])


def waiting(rows: Any, today: date) -> QuerySet:
    reported = ProgressReport.objects.waiting().values("commitment")
    asked = Request.objects.proposed().values("follow_up__commitment")
    return rows.filter(Q(pk__in=reported) | Q(pk__in=asked))


class AttentionFilter(QuestionFilter):
    title = _("what needs attention")
    parameter_name = "attention"
    answers = [
        ("overdue", _("Overdue"), overdue),
        ("soon", _("Due within 14 days"), due_soon),
        ("no_owner", _("Has no owner"), without_owner),
        ("no_date", _("Has no next date"), without_next_date),
        ("worried", _("At risk or off track"), worried),
        ("waiting", _("Waiting for the desk"), waiting),
    ]


@admin.register(Commitment)
class CommitmentAdmin(RegisterAdmin):
    form = JournalForm
    asks_why = True
    belongs_to = "forum"
    list_display = ["reference", "titled", "forum_code", "lead", "outlook_light", "next_date"]
    list_display_links = ["reference", "titled"]
    list_select_related = ["forum"]
    list_filter = [AttentionFilter, ("forum", VisibleFilter), "workflow", "outlook", "implementation"]
    search_fields = [
        "reference",
        *Commitment.name_columns(),
        "forum__code",
        *(f"forum__{column}" for column in Forum.name_columns()),
        *search_fields(Commitment),
    ]
    radio_fields = {"outlook": admin.HORIZONTAL}
    readonly_fields = ["reference"]
    inlines = [Owners, DeclaredWords, Readings, Parties, Topics, Relations, NeedToKnow]
    deeds = (Activate, Close)
    titles: ClassVar[list[str]] = ["title_en", "title_ko", "title_ja"]
    folded: ClassVar[Any] = (
        (
            _("How it was declared"),
            {
                "fields": ["declared_on", "basis", "letter_number", "kind", "cadence_months", "novelty"],
                "classes": ["collapse"],
            },
        ),
        (
            _("More"),
            {"fields": ["working_group", "marking", "high_priority", "aliases"], "classes": ["collapse"]},
        ),
    )
    add_fieldsets: ClassVar[Any] = ((None, {"fields": [*titles, "forum", "workflow"]}), *folded)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["outlook", "outlook_note"]}),
        (
            _("Title and state"),
            {
                "fields": ["reference", *titles, "forum", "workflow", "implementation"],
                "classes": ["collapse"],
            },
        ),
        *folded,
    )

    # -- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        today = timezone.localdate()
        leads = Assignment.objects.active(today).leads().select_related("post")
        dates = FollowUp.objects.open().order_by("due_on")
        earliest = dates.filter(commitment=OuterRef("pk")).order_by().values("commitment")
        rows = (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("assignments", queryset=leads, to_attr="leads_today"),
                Prefetch("follow_ups", queryset=dates, to_attr="next_dates"),
            )
        )
        return rows.annotate(next_on=Subquery(earliest.annotate(day=Min("due_on")).values("day")))

    @admin.display(description=_("title"), ordering="title_en")
    def titled(self, commitment: Commitment) -> str:
        return commitment.title

    @admin.display(description=_("forum"), ordering="forum__code")
    def forum_code(self, commitment: Commitment) -> str:
        return commitment.forum.code

    @admin.display(description=_("lead"))
    def lead(self, commitment: Any) -> str:
        return ", ".join(str(assignment.post) for assignment in commitment.leads_today)

    @admin.display(description=_("outlook"), ordering="outlook")
    def outlook_light(self, commitment: Commitment) -> SafeString:
        return light(commitment.outlook, commitment.get_outlook_display())

    @admin.display(description=_("next date"), ordering="next_on")
    def next_date(self, commitment: Any) -> str | SafeString:
        if not commitment.next_dates:
            return ""
        follow_up, today = commitment.next_dates[0], timezone.localdate()
        day = formats.date_format(follow_up.due_on, "DATE_FORMAT")
        if follow_up.is_overdue(today):
            return format_html("{} {}", day, light("off_track", _("overdue")))
        if follow_up.has_no_record(today):
            return format_html("{} {}", day, light("", _("no record here")))
        return day

    # -- the form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Its state changes by what is done to it: it is activated, it is closed."""
        return [*self.readonly_fields, *(["workflow"] if obj is not None else [])]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        restricted = obj is not None and obj.marking == Marking.RESTRICTED
        return [part for part in self.inlines if restricted or part is not NeedToKnow]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "outlook":
            kwargs["choices"] = [(key, f"{SHAPES[key]} {word}") for key, word in Commitment.Outlook.choices]
        if db_field.name == "workflow":
            closed = Commitment.Workflow.CLOSED
            kwargs["choices"] = [choice for choice in Commitment.Workflow.choices if choice[0] != closed]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Interpretation:
            for part in formset.extra_forms:
                part.instance.author = request.user
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if "marking" in form.changed_data:
            self._keep_within_sight(request, form.instance)
        super().save_related(request, form, formsets, change)

    def _keep_within_sight(self, request: HttpRequest, commitment: Commitment) -> None:
        person: Any = request.user
        entering.keep_within_sight(commitment, person)
        if commitment.marking == Marking.RESTRICTED and commitment.grants.count() == 1:
            told = _("Only you see this commitment now. Name below who else may see it.")
            self.message_user(request, told, messages.WARNING)

    def follow_up_write(self, request: HttpRequest, obj: Commitment) -> None:
        """It has a next date from the first moment."""
        scheduling.ensure_next_date(obj, now=timezone.now())
