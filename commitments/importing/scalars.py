"""A value of a file as the kind of value that a field wants. Each raises ValidationError with a sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import IntegerChoices
from django.utils.translation import gettext as _

from commitments.fields import refuse_unprintable
from commitments.importing.values import Scalar, Value
from commitments.working_days import days_after, require_in_range

DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
RELATIVE = re.compile(r"today([+-]\d{1,4})?", re.ASCII)
WHOLE_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
YES_OR_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def text_of(value: Value) -> str:
    if _scalar(value).kind != "str":
        said = _("“%(value)s” is read as a number, a date or yes/no. Put it in quotation marks.")
        raise ValidationError(said % {"value": _short(value)})
    refuse_unprintable(_scalar(value).raw)  # before it is looked up: PostgreSQL cannot even compare NUL
    return _scalar(value).raw


def number_of(value: Value) -> int:
    if not WHOLE_NUMBER.fullmatch(_scalar(value).raw.strip()):
        raise ValidationError(_("“%(value)s” is no whole number.") % {"value": _short(value)})
    return int(_scalar(value).raw)


def yes_or_no_of(value: Value) -> bool:
    raw = _scalar(value).raw.strip().lower()
    if raw not in YES_OR_NO:
        raise ValidationError(_("“%(value)s” is neither yes nor no.") % {"value": _short(value)})
    return YES_OR_NO[raw]


def word_of(value: Value, choices: type[IntegerChoices]) -> int:
    """For what the register keeps as a number and a file says by name."""
    known = {choice.name.lower(): choice.value for choice in choices}
    raw = _scalar(value).raw.strip().lower().replace(" ", "_")
    if raw not in known:
        raise ValidationError(not_a_choice(_short(value), known))
    return known[raw]


def day_of(value: Value, *, today: date | None = None) -> date:
    """2024-06-27; with `today` also “today-12”, so many days from it."""
    raw = _scalar(value).raw.strip()
    absolute, relative = DAY.fullmatch(raw), RELATIVE.fullmatch(raw)
    try:
        if relative and today:
            return days_after(today, int(relative[1] or 0))
        if absolute:
            return require_in_range(date(*map(int, absolute.groups())))
    except ValueError as error:
        said = _("“%(value)s” is no day between 1900 and 2100. Example: 2024-06-27.")
        raise ValidationError(said % {"value": raw}) from error
    raise ValidationError(_("“%(value)s” is no day. Write it as 2024-06-27.") % {"value": _short(value)})


def _scalar(value: Value) -> Scalar:
    if not isinstance(value, Scalar):
        raise ValidationError(_("One value is expected here, no list."))
    return value


def _short(value: Value) -> str:
    raw = _scalar(value).raw
    return raw if len(raw) <= 60 else raw[:60] + "…"


def not_a_choice(given: Any, known: Iterable[str]) -> str:
    said = _("“%(value)s” is not known here. Choose one of: %(choices)s.")
    return said % {"value": str(given)[:60], "choices": ", ".join(known)}


def unknown(name: str, known: Iterable[str]) -> str:
    said = _("There is no field “%(name)s” here.") % {"name": name[:60]}
    return said + (
        did_you_mean(name, known) or " " + _("Known are: %(names)s.") % {"names": ", ".join(known)}
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""
