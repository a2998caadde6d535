"""A row of any model, made from what its columns ask for: tests that enumerate models need no list of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from commitments.fields import VerbatimField
from commitments.models import DocumentText, Recorded
from commitments.models.documents import fingerprint
from tests.factories import make_commitment, make_forum, make_organisation, make_post

Row = Any

BODY = "They will continue discussions."
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
RECORDED: list[type[Row]] = [m for m in apps.get_models() if issubclass(m, Recorded)]
number = count(1)


def of_text() -> dict[str, Any]:
    start = next(number) % len(BODY)
    return {"text": saved(DocumentText), "start": start, "end": start + 1, "quote": BODY[start]}


def of_post() -> dict[str, Any]:
    post = make_post()
    return {"post": post, "party": post.organisation.party, "role": "observer"}


def of_one_day() -> dict[str, Any]:
    day = date(2026, 1, 1) + timedelta(days=2 * next(number))
    return {"from_on": day, "until_on": day + timedelta(days=1)}


# What the columns alone do not tell: values that the constraints and triggers ask for.
PARTICULARS: dict[str, Callable[[], dict[str, Any]]] = {
    "commitments.post": lambda: {"organisation": make_organisation()},
    "commitments.documenttext": lambda: {"body": BODY, "sha256": fingerprint(BODY)},
    "commitments.provision": of_text,
    "commitments.assignment": of_post,
    "commitments.postholding": of_one_day,
    "commitments.membership": lambda: {"role": "auditor"},
    "commitments.followup": lambda: {"commitment": make_commitment()},
    "commitments.contact": lambda: {"commitment": make_commitment()},
    "commitments.commitmentrelation": lambda: {"other": make_commitment()},
    "commitments.request": lambda: {"kind": "not_mine"},
    "commitments.evidence": lambda: {"letter_number": "1"},
    "notifications.outgoingmail": lambda: {"pk": 1},
    "notifications.reminderladder": lambda: {"forum": make_forum()},
    "notifications.ladderstep": lambda: {"offset": next(number) % 400},
}


def new(model: type[Row]) -> Row:
    """An unsaved row: required columns filled by their kind, so that a new model needs no entry above."""
    known = PARTICULARS.get(model._meta.label_lower, dict)()
    for field in model._meta.concrete_fields:
        if field.name not in known and not field.primary_key and not field.null and not field.has_default():
            known[field.name] = filling(field)
    return model(**known)


def filling(field: Any) -> Any:
    if field.is_relation:
        return saved(field.related_model)
    if field.choices and not field.blank:
        return field.choices[0][0]
    if isinstance(field, models.DateTimeField):
        return NOW
    if isinstance(field, models.DateField):
        return date(2026, 1, 1) + timedelta(days=next(number))
    if isinstance(field, models.IntegerField):
        return next(number)
    if not isinstance(field, (models.CharField, models.TextField)):
        pytest.fail(f"Say in `filling` how to fill {field}.")
    return "" if field.blank and not field.name.endswith("_en") else f"X{next(number)}"


def saved(model: type[Row]) -> Row:
    row = new(model)
    row.save()
    return row


def values(row: Row) -> dict[str, Any]:
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}


def another(row: Row) -> dict[str, Any]:
    """One column with another value that no constraint forbids: words before days, days before links."""

    def rank(field: Any) -> int:
        kinds = (models.TextField, models.CharField, models.DateField, models.BooleanField, models.ForeignKey)
        apart = field.primary_key or field.choices or isinstance(field, VerbatimField) or not field.editable
        if apart or getattr(field, "remote_field", None) and not isinstance(field, models.ForeignKey):
            return len(kinds)
        return next((n for n, kind in enumerate(kinds) if isinstance(field, kind)), len(kinds))

    field = min(row._meta.concrete_fields, key=rank)
    was = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return {field.attname: saved(field.related_model).pk}
    if isinstance(field, models.DateField):
        return {field.attname: was - timedelta(days=1)}
    if isinstance(field, models.BooleanField):
        return {field.attname: not was}
    longer = f"{was} again"
    return {field.attname: longer if len(longer) <= (field.max_length or 100) else was[::-1]}


def altered(row: Row) -> list[str]:
    """Set another value on the row itself; returns the name of the column."""
    for name, value in (found := another(row)).items():
        setattr(row, name, value)
    return list(found)
