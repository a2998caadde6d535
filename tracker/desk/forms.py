"""What the officers fill in. The rules are the models'; a form asks, makes one call and says what was refused."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms.renderers import DjangoTemplates
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from commitments import answers, assigning, closing, entering
from commitments.admin.forms import refuse
from commitments.entering import Entered
from commitments.fields import refuse_unprintable
from commitments.models import (
    Assignment,
    Commitment,
    DocumentText,
    FollowUp,
    Forum,
    Marking,
    Meeting,
    Post,
    ProgressReport,
    Request,
    User,
    writing,
)
from commitments.owners import language_of
from commitments.refusals import as_validation


class DeskRenderer(DjangoTemplates):
    """One error summary on top, linked to the fields; the label over each field (GOV.UK's pattern)."""

    form_template_name = "desk/form.html"
    field_template_name = "desk/field.html"


class DayInput(forms.DateInput):
    """The browser's own calendar, in the reader's language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class Choices(forms.RadioSelect):
    template_name = "desk/choices.html"


def line(**kwargs: Any) -> forms.CharField:
    return forms.CharField(validators=[refuse_unprintable], **{"max_length": 300, **kwargs})


def owner_line(**kwargs: Any) -> forms.CharField:
    """Offers the posts of the page's list “posts”, and takes any other line."""
    field = line(required=kwargs.pop("required", True), **kwargs)
    field.widget.attrs |= {"list": "posts", "autocomplete": "off"}
    return field


def prose(rows: int = 3, **kwargs: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(validators=[refuse_unprintable], widget=area, **{"max_length": 20_000, **kwargs})


class DeskForm(forms.Form):
    default_renderer = DeskRenderer
    use_required_attribute = False  # the error summary says it better than the browser's bubble

    def accepts(self, deed: Callable[[], Any], *, at: str | None = None) -> bool:
        """Do all of it or nothing. What the register refuses is said at its field, else `at` this one or on top."""
        try:
            with transaction.atomic():
                deed()
        except (ValidationError, IntegrityError) as error:
            said = as_validation(error)
            refuse(self, said if at is None or hasattr(said, "error_dict") else ValidationError({at: said}))
        return not self.errors


class ReportForm(DeskForm):
    """What somebody told the desk: who by which way, one sentence, and how it looks now."""

    SOURCES = [
        ProgressReport.Source.TELEPHONE,
        ProgressReport.Source.LETTER,
        ProgressReport.Source.MEETING,
        ProgressReport.Source.MAIL,
    ]

    post = forms.ModelChoiceField(
        Post.objects.none(), label=_("Who answered"), required=False, empty_label=_("nobody of these")
    )
    source = forms.ChoiceField(
        label=_("How we know"),
        choices=[(source.value, source.label) for source in SOURCES],
        initial=ProgressReport.Source.TELEPHONE,
        widget=Choices,
    )
    internal = prose(
        label=_("What was done, in a sentence"),
        required=False,
        help_text=_("Classified matter must not be entered here."),
    )
    no_change = forms.BooleanField(label=_("No change since the last report"), required=False)
    outlook = forms.ChoiceField(
        label=_("How it looks now"),
        required=False,
        choices=[("", _("as before")), *Commitment.Outlook.choices[1:]],
        widget=Choices,
    )
    letter_number = line(label=_("Letter number"), max_length=100, required=False)
    reported_by = line(label=_("Who said so"), max_length=200, required=False)
    reported_on = forms.DateField(label=_("When"), widget=DayInput)
    follow_up = forms.ModelChoiceField(
        FollowUp.objects.none(), label=_("For the date"), empty_label=None, required=False
    )
    keep_open = forms.BooleanField(label=_("This does not answer the date; keep it open"), required=False)

    # What is asked first; the rest is folded.
    first_fields = ("post", "source", "internal", "no_change", "outlook")

    def __init__(self, *args: Any, commitment: Commitment, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commitment = commitment
        self._offer_posts(today)
        dates = commitment.follow_ups.open().select_related("commitment").order_by("due_on", "pk")
        choice = self.fields["follow_up"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = dates
        choice.initial = dates.first()
        self.fields["internal"].is_asked_otherwise = True  # type: ignore[attr-defined]  # or “no change”
        self.fields["reported_on"].initial = today
        self.fields["reported_on"].widget.attrs["max"] = today.isoformat()

    def _offer_posts(self, today: date) -> None:
        """Who has a part in it, whoever leads it first."""
        parts = list(
            self.commitment.assignments.active(today)
            .exclude(role=Assignment.Role.OBSERVER)
            .values_list("post", "role")
        )
        leads = [post for post, role in parts if role == Assignment.Role.LEAD]
        choice = self.fields["post"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Post.objects.filter(pk__in=[post for post, _role in parts])
        choice.initial = leads[0] if len(leads) == 1 else None

    def carry_out(self, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        with writing(on_behalf_of_id=said["post"].pk if said["post"] else None):
            return self.accepts(
                lambda: entering.record_what_was_told(self.commitment, by=by, now=now, **said)
            )


class MoveForm(DeskForm):
    due_on = forms.DateField(label=_("New date"), widget=DayInput)
    reason = prose(2, label=_("Why"), help_text=_("Stays beside the old date in the history."))

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.follow_up = follow_up

    def clean_due_on(self) -> date:
        due_on = self.cleaned_data["due_on"]
        if due_on <= timezone.localdate():
            raise ValidationError(gettext("Give a date after today."))
        return due_on

    def carry_out(self, *, now: datetime) -> bool:
        due_on, reason = self.cleaned_data["due_on"], self.cleaned_data["reason"]
        ours = FollowUp.Basis.INTERPRETED
        return self.accepts(lambda: self.follow_up.move_to(due_on, now=now, reason=reason, basis=ours))


class OwnerForm(DeskForm):
    role = forms.ChoiceField(label=_("Part"), choices=Assignment.Role, initial=Assignment.Role.LEAD)
    owner = owner_line(
        label=_("Post"),
        help_text=_(
            "A post that is in the register, or “division, name, mail”: what is missing is entered with it."
        ),
    )
    reason = line(label=_("Why"), max_length=500, required=False)

    def carry_out(self, commitment: Commitment, *, now: datetime) -> bool:
        said = self.cleaned_data
        return self.accepts(
            lambda: assigning.assign_by_line(
                commitment, said["owner"], role=said["role"], reason=said["reason"], now=now
            ),
            at="owner",
        )


class CloseForm(DeskForm):
    ENDS = [
        Commitment.Implementation.IMPLEMENTED,
        Commitment.Implementation.CONTINUING,
        Commitment.Implementation.SUPERSEDED,
        Commitment.Implementation.DROPPED,
    ]

    implementation = forms.ChoiceField(
        label=_("What became of it"), choices=[(end.value, end.label) for end in ENDS], widget=Choices
    )
    reason = prose(2, label=_("Why it is closed"))
    evidence = line(
        label=_("What shows it"),
        required=False,
        help_text=_("Such as “Minutes of the 3rd meeting”, with its address or letter number."),
    )
    evidence_url = forms.URLField(label=_("Address"), max_length=500, required=False, assume_scheme="https")
    evidence_letter_number = line(label=_("Letter number"), max_length=100, required=False)

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commitment = commitment
        if not commitment.high_priority:
            for name in ("evidence", "evidence_url", "evidence_letter_number"):
                del self.fields[name]

    def carry_out(self, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        names = {"title": "evidence", "url": "evidence_url", "letter_number": "evidence_letter_number"}
        shown = closing.Shown(**{part: said.get(name, "") for part, name in names.items()})
        return self.accepts(
            lambda: closing.close_or_propose(
                self.commitment, said["implementation"], reason=said["reason"], by=by, now=now, shown=shown
            )
        )


class DecisionForm(DeskForm):
    """The desk's word on a report or request; which of the two buttons was pressed is `do`."""

    ACCEPT, RETURN = "accept", "return"

    do = forms.ChoiceField(choices=[(ACCEPT, ACCEPT), (RETURN, RETURN)], widget=forms.HiddenInput)
    decision = prose(2, label=_("A word to it"), required=False, help_text=_("Needed if you return it."))

    @property
    def accepted(self) -> bool:
        return self.cleaned_data["do"] == self.ACCEPT


class ReportDecisionForm(DecisionForm):
    keep_open = forms.BooleanField(label=_("This does not answer the date; keep it open"), required=False)

    def carry_out(self, report: ProgressReport, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        if not self.accepted:
            return self.accepts(
                lambda: answers.return_report(report, by=by, now=now, decision=said["decision"])
            )
        return self.accepts(
            lambda: answers.clear_report(
                report, by=by, now=now, decision=said["decision"], keep_open=said["keep_open"]
            )
        )


class RequestDecisionForm(DecisionForm):
    owner = owner_line(
        label=_("Hand over to"),
        required=False,
        help_text=_(
            "A post, or “division, name, mail”. Empty: nobody leads it yet, and the desk is alarmed."
        ),
    )

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if request.kind == Request.Kind.EXTENSION:
            del self.fields["owner"]

    def carry_out(self, request: Request, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        if not self.accepted:
            return self.accepts(
                lambda: answers.return_request(request, by=by, now=now, decision=said["decision"])
            )
        return self.accepts(
            lambda: assigning.accept_request_by_line(
                request, said.get("owner", ""), by=by, now=now, decision=said["decision"]
            ),
            at="owner",
        )


class MeetingMoveForm(DeskForm):
    starts_on = forms.DateField(
        label=_("First day"), widget=DayInput, required=False, help_text=_("Empty: expected, without a date.")
    )
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput, required=False)
    reason = prose(
        2, label=_("Why"), help_text=_("Stays beside the old dates of everything that moves with it.")
    )

    def carry_out(self, meeting: Meeting, *, now: datetime) -> int | None:
        """How many follow-ups moved; None if it was refused."""
        said = self.cleaned_data
        moved: list[int] = []
        accepted = self.accepts(
            lambda: moved.append(
                meeting.move_to(said["starts_on"], ends_on=said["ends_on"], reason=said["reason"], now=now)
            )
        )
        return moved[0] if accepted else None


class QuickAddForm(DeskForm):
    """Title, forum and lead; the rest is optional and folded."""

    title = line(label=_("Title"), help_text=_("What is owed, in a few words; any of the three languages."))
    forum = forms.ModelChoiceField(
        Forum.objects.none(),
        label=_("Forum"),
        empty_label=_("choose"),
        help_text=_("The body, or its working group."),
    )
    lead = owner_line(
        label=_("Lead"),
        required=False,
        help_text=_("A post, or “division, name, mail”: what is missing is entered with it."),
    )
    when = line(
        label=_("By when"),
        required=False,
        help_text=_(
            "A day or the words, such as “by the end of 2026”. Empty: reviewed before the next meeting."
        ),
    )
    basis = forms.ChoiceField(
        label=_("Where it comes from"), choices=Commitment.Basis, initial=Commitment.Basis.VERBAL
    )
    declared_on = forms.DateField(label=_("Declared on"), widget=DayInput, required=False)
    text = forms.ModelChoiceField(
        DocumentText.objects.none(), label=_("Text"), required=False, empty_label=_("none")
    )
    quote = prose(3, label=_("Declared words"), required=False, help_text=_("Copied from that text exactly."))
    marking = forms.ChoiceField(
        label=_("Marking"),
        choices=Marking.choices[:2],
        initial=Marking.INTERNAL,
        help_text=_("Classified matter must not be entered here."),
    )

    first_fields = ("title", "forum", "lead", "when")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Forum.objects.editable_by(user).order_by("code")
        texts = DocumentText.objects.visible_to(user).select_related("document").defer("body")
        self._choose("forum", mine)
        self._choose("text", texts.filter(document__forum__in=mine))

    def _choose(self, name: str, rows: QuerySet) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("quote")) != bool(said.get("text")):
            self.add_error("quote", gettext("Choose the text and copy its words, or neither."))
        return said

    def enter(self, *, now: datetime) -> Commitment | None:
        """The commitment, or None if the register refused it; then the form says why."""
        said = dict(self.cleaned_data)
        language = language_of(said["title"], otherwise=get_language() or "en")
        entered: list[Commitment] = []
        accepted = self.accepts(
            lambda: entered.append(entering.enter_commitment(Entered(language=language, **said), now=now))
        )
        return entered[0] if accepted else None
