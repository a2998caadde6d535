"""What is asked for the small deeds of every day: put off, note a talk, confirm a closing, split, merge."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from commitments import closing, contacting, merging, replacing, splitting
from commitments.models import (
    Assignment,
    Closing,
    Commitment,
    Contact,
    Document,
    FollowUp,
    Forum,
    Provision,
    User,
)
from commitments.owners import language_of
from notifications import snoozing
from tracker.desk.forms import Choices, DayInput, DecisionForm, DeskForm, line, owner_line, prose


class SnoozeForm(DeskForm):
    until_on = forms.DateField(
        label=_("Nobody is reminded until"),
        widget=DayInput,
        help_text=_("At the latest the date itself. To give more time, move the date."),
    )
    reason = line(label=_("Why"))

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.follow_up = follow_up
        self.fields["until_on"].widget.attrs["max"] = follow_up.due_on.isoformat()

    def carry_out(self, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        return self.accepts(
            lambda: snoozing.snooze(self.follow_up, said["until_on"], reason=said["reason"], by=by, now=now)
        )


class ContactForm(DeskForm):
    """A talk in four lines; the minutes stay where they are and are named by their letter or document."""

    contacted_on = forms.DateField(label=_("When"), widget=DayInput)
    kind = forms.ChoiceField(label=_("How"), choices=Contact.Kind, initial=Contact.Kind.CALL, widget=Choices)
    level = forms.ChoiceField(
        label=_("At which level"), choices=Contact.Level, initial=Contact.Level.WORKING, widget=Choices
    )
    who = prose(
        2,
        label=_("With whom"),
        required=False,
        help_text=_("One a line: a post, an organisation, or any other name."),
    )
    note = prose(
        label=_("What was said"),
        required=False,
        help_text=_("This is no report: the date stays open and reminders go on."),
    )
    letter_number = line(label=_("Letter number of the minutes"), max_length=100, required=False)
    document = forms.ModelChoiceField(
        Document.objects.none(), label=_("Minutes"), required=False, empty_label=_("none")
    )

    first_fields = ("contacted_on", "kind", "level", "who", "note")
    more = _("Minutes: letter number or document")

    def __init__(
        self,
        *args: Any,
        about: dict[str, Any],
        forum: Forum,
        user: User,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        documents = self.fields["document"]
        assert isinstance(documents, forms.ModelChoiceField)
        documents.queryset = Document.objects.visible_to(user).filter(forum=forum)
        self.fields["contacted_on"].initial = today
        self.fields["contacted_on"].widget.attrs["max"] = today.isoformat()

    def carry_out(self, *, by: User, now: datetime) -> bool:
        return self.accepts(
            lambda: contacting.note_contact(by=by, now=now, **self.about, **self.cleaned_data)
        )


class ClosingDecisionForm(DecisionForm):
    def carry_out(self, proposed: Closing, *, by: User, now: datetime) -> bool:
        said = self.cleaned_data
        if not self.accepted:
            return self.accepts(
                lambda: closing.return_closing(proposed, by=by, now=now, decision=said["decision"])
            )
        return self.accepts(
            lambda: closing.confirm_closing(proposed, by=by, now=now, decision=said["decision"])
        )


class Previewed:
    """A deed that is done only as it was shown: what was filled in, as a fingerprint beside the button."""

    FIELD = "previewed"

    def __init__(self, posted: QueryDict | None) -> None:
        self.posted = posted or QueryDict()

    @property
    def fingerprint(self) -> str:
        said = sorted((name, values) for name, values in self.posted.lists() if name not in UNSAID)
        return hashlib.sha256(repr(said).encode()).hexdigest()

    @property
    def is_confirmed(self) -> bool:
        return self.posted.get("do") == "do" and self.posted.get(self.FIELD) == self.fingerprint


UNSAID = {Previewed.FIELD, "do", "csrfmiddlewaretoken"}


class MergeForm(DeskForm):
    others = line(
        label=_("References of the others"),
        max_length=500,
        help_text=_("Those that become part of this one, separated by commas: SCCD-2024-03, SCCD-2024-05."),
    )
    reason = prose(2, label=_("Why"), help_text=_("Stands in the history of each of them."))

    def __init__(self, *args: Any, into: Commitment, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.into, self.user = into, user

    def clean_others(self) -> list[Commitment]:
        wanted = list(
            dict.fromkeys(filter(None, re.split(r"[\s,，、;]+", self.cleaned_data["others"].upper())))
        )
        rows = Commitment.objects.editable_by(self.user).filter(reference__in=wanted)
        found = {row.reference: row for row in rows.select_related("forum")}
        missing = [reference for reference in wanted if reference not in found]
        if missing:
            said = gettext("None of your commitments has the reference %(reference)s.")
            raise ValidationError(said % {"reference": ", ".join(missing)})
        return [found[reference] for reference in wanted]

    def merger(self, *, now: datetime) -> merging.Merger | None:
        """What would be; None: it must not be, and the form says why."""
        merger = merging.Merger(self.into, self.cleaned_data["others"], now)
        return merger if self.accepts(merger.refuse_what_must_not_be) else None

    def carry_out(self, *, now: datetime) -> bool:
        said = self.cleaned_data
        return self.accepts(lambda: merging.merge(self.into, said["others"], reason=said["reason"], now=now))


class SplitForm(DeskForm):
    reason = prose(2, label=_("Why"), help_text=_("Stands in the history of each of them."))

    def __init__(self, *args: Any, dates: Sequence[FollowUp], parts: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbered = [(str(n), gettext("Part %(n)s") % {"n": n}) for n in range(1, parts + 1)]
        self.dates = {f"date_{follow_up.pk}": follow_up for follow_up in dates}
        for name, follow_up in self.dates.items():
            label = f"{follow_up.get_kind_display()}, {follow_up.due_on}"
            self.fields[name] = forms.ChoiceField(label=label, choices=numbered, initial="1", widget=Choices)

    def dates_of(self, number: int) -> list[FollowUp]:
        return [each for name, each in self.dates.items() if self.cleaned_data[name] == str(number)]


class WholeWords(forms.ModelMultipleChoiceField):
    def label_from_instance(self, provision: Any) -> str:
        return provision.quote


class PartForm(DeskForm):
    title = line(label=_("Title"))
    words = WholeWords(
        Provision.objects.none(),
        label=_("Declared words"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    owners = forms.ModelMultipleChoiceField(
        Assignment.objects.none(),
        label=_("Who"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    lead = owner_line(
        label=_("Another lead"),
        required=False,
        help_text=_("Instead of the one above: a post, or “division, name, mail”."),
    )

    def __init__(
        self, *args: Any, words: Sequence[Provision], owners: Sequence[Assignment], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, model, rows in (("words", Provision, words), ("owners", Assignment, owners)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelMultipleChoiceField)
            choice.queryset = model.objects.filter(pk__in=[row.pk for row in rows])
            choice.initial = [row.pk for row in rows]
            if not rows:
                del self.fields[name]


class Splitting:
    """The page as a whole: how many parts there are, and what each gets."""

    def __init__(self, posted: QueryDict | None, *, commitment: Commitment, user: User, today: date) -> None:
        self.commitment = commitment
        seen = Provision.objects.visible_to(user).filter(commitments=commitment)
        self.seen = list(
            seen.select_related("text").defer("text__body").order_by("text__authority", "start", "pk")
        )
        self.unseen = list(commitment.provisions.exclude(pk__in=seen.values("pk")))
        self.owners = list(commitment.assignments.active(today).select_related("post"))
        self.is_growing = posted is not None and posted.get("do") == "more"
        self.number = _number(posted)
        data = None if self.is_growing else posted
        self.form = SplitForm(
            data,
            dates=replacing.dates_of(commitment),
            parts=self.number,
            initial=_first_values(posted) if self.is_growing else None,
        )
        self.parts = [self._part(n, data, posted) for n in range(1, self.number + 1)]

    def _part(self, number: int, data: QueryDict | None, posted: QueryDict | None) -> PartForm:
        prefix = f"part_{number}"
        said = _said_of(posted, prefix) if self.is_growing else {}
        return PartForm(data, prefix=prefix, words=self.seen, owners=self.owners, initial=said or None)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), *(part.is_valid() for part in self.parts)])

    @property
    def has_errors(self) -> bool:
        return bool(self.form.errors) or any(part.errors for part in self.parts)

    def shown(self) -> list[splitting.Part]:
        otherwise = get_language() or "en"
        return [
            splitting.Part(
                title=part.cleaned_data["title"],
                language=language_of(part.cleaned_data["title"], otherwise=otherwise),
                words=[*part.cleaned_data.get("words", []), *self.unseen],
                owners=_without_lead(part),
                lead=part.cleaned_data["lead"],
                dates=self.form.dates_of(n),
            )
            for n, part in enumerate(self.parts, start=1)
        ]

    def carry_out(self, *, now: datetime) -> list[Commitment]:
        """The new ones; none if it was refused, and the form says why."""
        made: list[Commitment] = []
        reason = self.form.cleaned_data["reason"]
        self.form.accepts(
            lambda: made.extend(splitting.split(self.commitment, self.shown(), reason=reason, now=now))
        )
        return [] if self.form.errors else made


def _number(posted: QueryDict | None) -> int:
    said = posted.get("parts", "") if posted is not None else ""
    number = int(said) if said.isdecimal() and len(said) < 3 else 2
    if posted is not None and posted.get("do") == "more":
        number += 1
    return max(2, min(number, splitting.MOST_PARTS))


def _first_values(posted: QueryDict | None) -> dict[str, Any]:
    return {name: posted.get(name) for name in posted} if posted is not None else {}


def _said_of(posted: QueryDict | None, prefix: str) -> dict[str, Any]:
    """What was filled in before another part was asked for."""
    if posted is None or f"{prefix}-title" not in posted:
        return {}
    return {
        "title": posted[f"{prefix}-title"],
        "lead": posted.get(f"{prefix}-lead", ""),
        "words": posted.getlist(f"{prefix}-words"),
        "owners": posted.getlist(f"{prefix}-owners"),
    }


def _without_lead(part: PartForm) -> list[Assignment]:
    """Where another lead is named, the ones that lead now are left out."""
    owners = part.cleaned_data.get("owners", [])
    other = bool(part.cleaned_data["lead"].strip())
    return [owner for owner in owners if not (other and owner.role == Assignment.Role.LEAD)]
