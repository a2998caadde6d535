"""What all forms of entries have in common: refusals of the database are said in the form."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.fields import LINE_BREAKS, composed, refuse_unprintable


class LineOfReason(forms.CharField):
    """One line for the journal."""

    def __init__(self, **kwargs: Any) -> None:
        known = {"max_length": 500, "widget": forms.TextInput(attrs={"class": "vTextField"})}
        super().__init__(**{**known, **kwargs})
        self.validators.append(refuse_unprintable)

    def to_python(self, value: Any) -> str:
        return composed(LINE_BREAKS.sub(" ", super().to_python(value) or "")).strip()


def why_field(**kwargs: Any) -> LineOfReason:
    return LineOfReason(
        **{
            "label": _("Reason for the journal"),
            "required": False,
            "help_text": _("Why a date or an owner moves. It stands in the history."),
            **kwargs,
        }
    )


class Refused(Exception):
    """A write that the model or the database refused, and the part of the page that asked for it (None: the form)."""

    def __init__(self, error: ValidationError, part: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.part = part


def refuse(form: Any, error: ValidationError) -> None:
    """Say `error` at the fields it names, as far as the form has them, else above the form."""
    told = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
    for name, errors in told.items():
        form.add_error(name if name in form.fields else None, errors)


class RegisterForm(forms.ModelForm):
    # Set for one request, when its write was refused and the page is shown again.
    refusal: ClassVar[ValidationError | None] = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            refuse(self, self.refusal)
        return cleaned


class JournalForm(RegisterForm):
    why = why_field()


class RegisterFormSet(forms.BaseInlineFormSet):
    def __init__(self, *args: Any, refusal: ValidationError | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal = refusal

    def clean(self) -> None:
        super().clean()
        if self.refusal is not None:
            raise ValidationError(self.refusal.messages)


class EndsFirstFormSet(RegisterFormSet):
    """One row ends and another begins in one go: the rows are checked as they stand once the ends are written."""

    def full_clean(self) -> None:
        if not self.is_bound:
            super().full_clean()
            return
        with transaction.atomic():
            for form in self.initial_forms:
                if form.is_valid() and "until_on" in form.changed_data:
                    stored = type(form.instance)._base_manager.filter(pk=form.instance.pk)
                    stored.update(until_on=form.instance.until_on)
            super().full_clean()
            transaction.set_rollback(True)  # this was a rehearsal; save() writes
