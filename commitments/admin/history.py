"""The history of an entry, read from the one record of changes: who, when, by which door, from what to what, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.admin.seen import seen, visible
from commitments.models import Change, Recorded

LONGEST = 300  # characters of a text that the page shows
NOTHING = "–"
# What `via` says, in words; a door that is not listed is told as it is.
DOORS = {
    "admin": gettext_lazy("the pages of entries"),
    "desk": gettext_lazy("the desk"),
    "api": gettext_lazy("another system"),
    "import": gettext_lazy("an import"),
    "demonstration": gettext_lazy("the demonstration"),
    "answer page": gettext_lazy("the answer page"),
    "mail": gettext_lazy("a reply by mail"),
    "preference page": gettext_lazy("the page of preferences"),
    "command": gettext_lazy("a command on the server"),
    "system": gettext_lazy("the system itself"),
}
Labels = dict[type[models.Model], dict[Any, str]]


@dataclass(frozen=True)
class Line:
    field: str
    was: str
    now: str


@dataclass(frozen=True)
class Entry:
    change: Change
    kind: str
    lines: list[Line]

    @property
    def door(self) -> str:
        return str(DOORS.get(self.change.via, self.change.via))


def changes_of(row: models.Model, parts: Iterable[tuple[type[models.Model], str]], user: Any) -> Any:
    """Changes of `row` and of its `parts` (model, link to the row), newest first, as far as `user` may see them."""
    found = Q(model=row._meta.label_lower, object_id=row.pk)
    for model, link in parts:
        field: Any = model._meta.get_field(link)
        column = field.attname
        kept = visible(model._default_manager.filter(**{column: row.pk}), user)
        found |= Q(model=model._meta.label_lower, object_id__in=kept.order_by().values("pk"))
        gone = Q(action=Change.Action.DELETED, **{f"before__{column}": row.pk})
        found |= Q(model=model._meta.label_lower) & gone
    return Change.objects.filter(found).select_related("by", "on_behalf_of").order_by("-id")


def journal(changes: Iterable[Change], row: models.Model, user: Any) -> list[Entry]:
    """Entries for the page: labels instead of keys, one query for each kind of entry that is referred to."""
    changes = list(changes)
    labels = _labels(changes, user)
    entries = []
    for change in changes:
        model = apps.get_model(change.model)
        own = change.model == row._meta.label_lower
        kind = "" if own else capfirst(model._meta.verbose_name)
        entries.append(Entry(change, kind, [_line(change, f, labels) for f in _told(change, model)]))
    return entries


def _told(change: Change, model: type[models.Model]) -> list[Any]:
    before, after = change.before or {}, change.after or {}
    hidden = model.unrecorded if issubclass(model, Recorded) else frozenset()
    fields = [f for f in model._meta.concrete_fields if not f.primary_key and f.attname not in hidden]
    if change.action == Change.Action.DELETED:
        # What it said may have been for fewer eyes than the entry it belonged to; that it was there is not.
        return [f for f in fields if f.is_relation or f.choices]
    return [f for f in fields if before.get(f.attname) != after.get(f.attname) and _says(f, before, after)]


def _says(field: Any, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """An empty value of a new entry says nothing."""
    return before.get(field.attname) not in {None, ""} or after.get(field.attname) not in {None, ""}


def _line(change: Change, field: Any, labels: Labels) -> Line:
    was, now = (side and side.get(field.attname) for side in (change.before, change.after))
    return Line(capfirst(field.verbose_name), _words(field, was, labels), _words(field, now, labels))


def _words(field: Any, value: Any, labels: Labels) -> str:
    choices = dict(field.flatchoices)
    if value in choices:
        return str(choices[value])
    if value is None or value == "":
        return NOTHING
    if field.is_relation:
        return labels[field.related_model].get(value, _("(not for you to see)"))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _plain(field.to_python(value))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    return Truncator(str(value)).chars(LONGEST)


def _labels(changes: list[Change], user: Any) -> Labels:
    keys: dict[type[models.Model], set[Any]] = defaultdict(set)
    for change in changes:
        for field in _told(change, apps.get_model(change.model)):
            if field.is_relation:
                keys[field.related_model] |= {s[field.attname] for s in (change.before, change.after) if s}
    return {
        model: {row.pk: str(row) for row in seen(model, user).filter(pk__in=found - {None})}
        for model, found in keys.items()
    }
