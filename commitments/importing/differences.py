"""What an import changes, field by field, in the words of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commitments.spoken_dates import long_date

LONGEST = 300  # characters of a text that a page shows


@dataclass(frozen=True)
class Difference:
    field: str
    was: str
    now: str


def in_words(field: Any, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(field, models.ForeignKey):
        return str(field.related_model._base_manager.filter(pk=value).first() or "")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return long_date(value, get_language() or "en")
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
