"""The form of a ladder: a row a step; rows come and go by buttons, without a script."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments import owners
from commitments.models import Post, User
from notifications.inheritance import Found, Place
from notifications.ladders import MOST_REPEATS, Audience, Family, Step
from notifications.laying_down import lay_down
from notifications.models import LadderStep
from notifications.models.ladders import LONGEST_OFFSET
from tracker.desk.forms import DeskForm, line, owner_line

BEFORE, AFTER = "before", "after"
MOST_STEPS = 20
LONGEST_GRACE = 60  # working days, as in the model
NEW_ROW = {"days": 7, "side": BEFORE, "unit": "calendar_days", "audience": "owner", "grace_days": 3}


def number(most: int, **kwargs: Any) -> forms.IntegerField:
    sentences = {
        "invalid": _("Give a whole number."),
        "min_value": _("Give 0 or more."),
        "max_value": _("Give %(limit_value)s or less."),
    }
    return forms.IntegerField(min_value=0, max_value=most, error_messages=sentences, **kwargs)


class StepForm(DeskForm):
    days = number(LONGEST_OFFSET, label=_("Days"))
    unit = forms.ChoiceField(label=_("Counted in"), choices=LadderStep.Unit)
    side = forms.ChoiceField(
        label=_("When"), choices=[(BEFORE, _("before the date")), (AFTER, _("after the date"))]
    )
    audience = forms.ChoiceField(label=_("Who hears"), choices=LadderStep.Audience)
    post = owner_line(label=_("Which post"), required=False)
    breaks_out = forms.BooleanField(label=_("On its own day, not in the weekly message"), required=False)
    repeat_every = number(LONGEST_OFFSET, label=_("Again every … days"), required=False)
    repeat_times = number(MOST_REPEATS, label=_("At most … times more"), required=False)
    grace_days = number(
        LONGEST_GRACE,
        label=_("Working days for whoever is below"),
        required=False,
        help_text=_("Only for posts above the lead."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.step: Step | None = None

    def clean_post(self) -> Post | None:
        """Whoever else is to hear, the page hides the field: what is left in it says nothing."""
        said = self.cleaned_data["post"]
        if not said or self.cleaned_data.get("audience") != Audience.POST:
            return None
        post = owners.only_one(owners.called(Post.objects.visible_to(self.user), said), said)
        if post is None:
            raise ValidationError(
                gettext("“%(name)s” is no post of the register. Choose one from the list.") % {"name": said}
            )
        return post

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            row = self._row(said)
            try:
                row.clean_fields(exclude=["ladder"])
                row.clean()
                row.validate_constraints(exclude={"ladder"})
            except ValidationError as error:
                self._refuse(error, row)
            else:
                self.step = row.step()
        return said

    def _row(self, said: Mapping[str, Any]) -> LadderStep:
        return LadderStep(
            offset=said["days"] * (-1 if said["side"] == BEFORE else 1),
            unit=said["unit"],
            audience=said["audience"],
            post=said["post"],
            breaks_out=said["breaks_out"],
            repeat_every=said["repeat_every"] or 0,
            repeat_times=said["repeat_times"] or 0,
            grace_days=3 if said["grace_days"] is None else said["grace_days"],
        )

    def _refuse(self, error: ValidationError, row: LadderStep) -> None:
        """The rules are the model's; what it says of several columns is said at the one that can be mended."""
        unnamed = (row.audience == Audience.POST) != (row.post is not None)
        at = {"offset": "days", NON_FIELD_ERRORS: "post" if unnamed else "repeat_times"}
        for name, errors in error.error_dict.items():
            self.add_error(at.get(name, name), errors)

    @classmethod
    def initial_of(cls, step: Step, posts: Mapping[int, Post]) -> dict[str, Any]:
        return {
            "days": abs(step.offset),
            "side": BEFORE if step.offset < 0 else AFTER,
            "unit": step.unit.value,
            "audience": step.audience.value,
            "post": str(posts.get(step.post_id or 0, "")),
            "breaks_out": step.breaks_out,
            "repeat_every": step.repeat_every or None,
            "repeat_times": step.repeat_times or None,
            "grace_days": step.grace_days,
        }


class LadderForm(DeskForm):
    """`seen` is what the last preview showed: only that is saved. `stood` is what counted when the form was opened."""

    note = line(
        label=_("Why it differs"),
        required=False,
        help_text=_("In a few words, for whoever wonders next year."),
    )
    count = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_STEPS)
    stood = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, user: User, steps: Sequence[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["note"].is_asked_otherwise = True  # type: ignore[attr-defined]  # when it is saved
        self.steps = [
            StepForm(data, user=user, prefix=f"step-{n}", initial=initial) for n, initial in enumerate(steps)
        ]

    @classmethod
    def asked(cls, found: Found, *, user: User, note: str) -> LadderForm:
        """Begins with the steps that count now, inherited or not."""
        steps = found.laid_down()
        posts = Post.objects.in_bulk([step.post_id for step in steps if step.post_id])
        initial = {"note": note, "count": len(steps), "stood": fingerprint(steps)}
        rows = [StepForm.initial_of(step, posts) for step in steps]
        return cls(None, user=user, steps=rows, initial=initial)

    @classmethod
    def posted(cls, data: Any, *, user: User) -> LadderForm:
        return cls(data, user=user, steps=[{} for _n in range(_count(data))])

    @classmethod
    def rearranged(cls, data: Any, do: str, *, user: User) -> LadderForm:
        """The same, with a row more or less; nothing is refused yet."""
        rows = [_row_of(data, n) for n in range(_count(data))]
        if do == "add":
            rows = [*rows, NEW_ROW][:MOST_STEPS]
        else:
            gone = do.removeprefix("remove-")
            rows = [row for n, row in enumerate(rows) if str(n) != gone]
        initial = {"note": data.get("note", ""), "stood": data.get("stood", ""), "count": len(rows)}
        return cls(None, user=user, steps=rows, initial=initial)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not sum(not form.is_valid() for form in self.steps):  # each is asked, to say all that is wrong
            self._refuse_twice()
        if not self.steps:
            message = gettext(
                "Leave at least one step. If nobody is to be reminded at all, make the forum dormant."
            )
            self.add_error(None, message)
        return said

    def _refuse_twice(self) -> None:
        known = set()
        for form in self.steps:
            code = form.step and form.step.code
            if code in known:
                form.add_error("days", gettext("This step is there already."))
            known.add(code)

    def is_valid(self) -> bool:
        return super().is_valid() and not any(form.errors for form in self.steps)

    @property
    def ladder_steps(self) -> list[Step]:
        return [form.step for form in self.steps if form.step]

    @property
    def was_seen(self) -> bool:
        """The preview that was shown was of exactly these steps."""
        return self.cleaned_data["seen"] == fingerprint(self.ladder_steps)

    def says_why(self) -> bool:
        """Asked for when it is saved; looking at what it would mean needs no reason."""
        if not self.cleaned_data["note"]:
            self.add_error("note", gettext("Say in a few words why it differs."))
        return not self.errors

    def show_as_seen(self) -> None:
        """Said with the page that shows them: the next press may save."""
        posted = {name: self.data.get(name) for name in self.data}
        self.data = {**posted, "seen": fingerprint(self.ladder_steps)}

    def carry_out(self, family: Family, place: Place, *, stands: Found) -> bool:
        if self.cleaned_data["stood"] != fingerprint(stands.laid_down()):
            message = gettext(
                "Somebody else has changed these steps meanwhile. Load the page again and look at theirs first."
            )
            self.add_error(None, message)
            return False
        note = self.cleaned_data["note"]
        return self.accepts(lambda: lay_down(family, place, self.ladder_steps, note=note))

    def said_errors(self) -> Iterator[tuple[str, str, str]]:
        """(address of the field, what it is called, the sentence), for the summary on top."""
        for error in self.non_field_errors():
            yield "", "", str(error)
        for field in self.visible_fields():
            yield from ((field.id_for_label, str(field.label), str(error)) for error in field.errors)
        for n, form in enumerate(self.steps, start=1):
            for field in form:
                name = gettext("Step %(n)s, %(field)s") % {"n": n, "field": field.label}
                yield from ((field.id_for_label, name, str(error)) for error in field.errors)


def fingerprint(steps: Iterable[Step]) -> str:
    return hashlib.sha256(repr(sorted(steps, key=lambda step: step.code)).encode()).hexdigest()


def _count(data: Mapping[str, str]) -> int:
    count = data.get("count", "")
    return min(int(count), MOST_STEPS) if count.isdecimal() else 0


def _row_of(data: Mapping[str, str], n: int) -> dict[str, Any]:
    return {name: data.get(f"step-{n}-{name}", "") for name in StepForm.base_fields}
