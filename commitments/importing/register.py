"""Entries of a file become rows of the register, with a sentence for each mistake in it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.access import ask_once
from commitments.importing.differences import Difference, in_words
from commitments.importing.kinds import KINDS, WORDS, Kind, Mark
from commitments.importing.references import CODES, FollowsAnother, References
from commitments.importing.scalars import (
    day_of,
    not_a_choice,
    number_of,
    text_of,
    unknown,
    word_of,
    yes_or_no_of,
)
from commitments.importing.values import Entry, Listing, Place, Problem, Scalar, Value
from commitments.models import Commitment, Forum, Party, Post, User
from commitments.owners import home_party
from commitments.refusals import as_validation

ENTERED_ALONE = {kind.model for kind in KINDS.values()}


class Register:
    """One reading of one file. Use it inside a transaction, and roll that back if there are `problems`."""

    def __init__(
        self,
        file: str,
        *,
        now: datetime,
        user: User | None = None,
        demonstration: bool = False,
        by_row: bool = False,
        checked: bool = False,
    ) -> None:
        """`checked`: the same has been tried; what only the database refuses is left to it, which halves the time."""
        self.file, self.now, self.user, self.by_row = file, now, user, by_row
        self.asks = {"validate_unique": not checked, "validate_constraints": not checked}
        if user is not None:
            ask_once(user)
        self.today = timezone.localdate(now)
        self.demonstration = demonstration
        self.reason = file  # in no language: the history is read in three
        self.problems: list[Problem] = []
        self.written: Counter[str] = Counter()  # rows that are new, changed, same
        self.seen: dict[tuple[Any, int], Place] = {}
        self.made: set[tuple[Any, int]] = set()
        self.begun: dict[int, Value] = {}  # kept, or another would get the same id
        self.references = References(self)
        self.owners: dict[tuple[str, Party | None], Post] = {}  # lines that were understood already
        self.homes: dict[int, Party | None] = {}
        self.differences: list[Difference] = []
        self.marked: dict[tuple[Any, Mark], Place] = {}

    def after_undoing(self) -> Register:
        """For the next rows of the same sheet, when what was written for those until now has been undone."""
        following = Register(
            self.file, now=self.now, user=self.user, demonstration=self.demonstration, by_row=self.by_row
        )
        following.seen = {row: place for row, place in self.seen.items() if row not in self.made}
        following.marked = self.marked
        return following

    # ---- entries ------------------------------------------------------------------------------------

    def take(self, root: Entry) -> None:
        """All lists of the file, in the order of KINDS, whatever their order in it."""
        for name, value in root.fields.items():
            if name not in KINDS:
                self.note(value.place, unknown(name, KINDS))
        lists = {name: self.entries_of(root, name) for name in KINDS}
        for name, kind in KINDS.items():
            for entry in lists[name]:
                self.references.expect(kind, entry)
        for name, kind in KINDS.items():
            for entry in lists[name]:
                self.bring_in(kind, entry)

    def bring_in(self, kind: Kind, entry: Entry, **around: Any) -> Any:
        """The row that `entry` speaks of, with all that lies within; None if it is refused or had its turn."""
        if id(entry) in self.begun:
            return None
        self.begun[id(entry)] = entry
        row, changed = None, set[str]()
        values = self.read(kind, entry)
        if values is not None:
            with self.noting(kind, entry), transaction.atomic():
                row, changed = self.store(kind, entry, around | values)
        if row is None:
            self.references.refused(kind, entry)
            self.check_within(kind, entry)
            return None
        self.references.found(kind, entry, row)
        self.finish(kind, entry, row, changed)
        return row

    def read(self, kind: Kind, entry: Entry) -> dict[str, Any] | None:
        """The fields of the model that the entry gives; None if one of them is wrong."""
        values: dict[str, Any] = {}
        sound = True
        for name, value in entry.fields.items():
            if name not in kind.known:
                self.note(value.place, unknown(name, kind.known))
            elif name in kind.fields:
                with self.noting(kind, entry, name):
                    values[name] = self.value(kind.model._meta.get_field(name), value)
                sound = sound and name in values
        return values if sound else None

    def store(self, kind: Kind, entry: Entry, values: dict[str, Any]) -> tuple[Any, set[str]]:
        """Write the row if anything differs; returns it and the names of the fields that did."""
        kind.complete(self, entry, values)
        row = kind.find(self, values)
        self.refuse_second(kind, row, values)
        is_new = row is None
        row = self.new_row(kind, values) if row is None else row
        before = None if is_new else _stored(row, values)
        kind.assign(self, row, values)
        after = _stored(row, values)
        changed = {name for name in after if before is None or after[name] != before[name]}
        if changed or is_new:
            row.full_clean(exclude=_filled_by_save(row), **self.asks)
            row.save()
            self.refuse_unentitled(kind, row)
        self.seen[type(row), row.pk] = entry.place
        if is_new:
            self.made.add((type(row), row.pk))
            self.marked |= {(kind.model, mark): entry.place for mark in kind.marks(values)}
        self.note_differences(kind, row, before, after, within=values.get(kind.parent))
        self.written["new" if is_new else "changed" if changed else "same"] += 1
        return row, changed

    def refuse_second(self, kind: Kind, row: Any, values: dict[str, Any]) -> None:
        """An entry that had its turn; one that was only tried is known by its marks."""
        if row is not None:
            first = self.seen.get((type(row), row.pk))
        else:
            marks = [(kind.model, mark) for mark in kind.marks(values)]
            first = next((self.marked[mark] for mark in marks if mark in self.marked), None)
        if first is not None:
            unit = _("row %(number)s") if self.by_row else _("line %(number)s")
            said = _("This stands in the file already, in %(line)s. Leave one out.")
            raise ValidationError(said % {"line": unit % {"number": first.line}})

    def note_differences(
        self, kind: Kind, row: Any, before: dict[str, Any] | None, after: dict[str, Any], *, within: Any
    ) -> None:
        """Of a row of the register what was and what is; of one that is new within such a row, that it is."""
        if before is None:
            if within is not None and not self.is_new(within):
                label = str(kind.model._meta.verbose_name)
                self.differences.append(Difference(label, "", kind.called(row)))
            return
        for name in after:
            if after[name] != before[name]:
                field = kind.model._meta.get_field(name)
                was, now = in_words(field, before[name]), in_words(field, after[name])
                self.differences.append(Difference(str(field.verbose_name), was, now))

    def new_row(self, kind: Kind, values: dict[str, Any]) -> Any:
        row = kind.new(self, values)
        if hasattr(row, "demonstration"):
            row.demonstration = self.demonstration
            self.refuse_mixing(kind, values)
        return row

    def refuse_mixing(self, kind: Kind, values: dict[str, Any]) -> None:
        """A demonstration never touches what is real, and nothing real is hung onto a demonstration."""
        code = CODES.get(kind.model)
        if code is None:
            return
        taken = kind.model.objects.filter(**{code: values.get(code)})
        if taken.exclude(demonstration=self.demonstration).exists():
            if self.demonstration:
                said = _("“%(code)s” is in your register already; the demonstration cannot stand beside it.")
            else:
                said = _("“%(code)s” belongs to the demonstration. Remove that first, or choose another.")
            raise ValidationError({code: said % {"code": values[code]}})

    def refuse_unentitled(self, kind: Kind, row: Any) -> None:
        if self.user is None or kind.model not in ENTERED_ALONE:
            return
        if not kind.model.objects.editable_by(self.user).filter(pk=row.pk).exists():
            raise ValidationError(_("You may not enter this here. Ask the desk of that forum."))

    def finish(self, kind: Kind, entry: Entry, row: Any, changed: set[str]) -> None:
        """What can only be said once the row is there: links, what lies within, what follows from it."""
        if kind.late:
            with self.noting(kind, entry), transaction.atomic():
                self.link_late(kind, entry, row)
        for name in [name for name in kind.links if name in entry.fields]:
            target = kind.model._meta.get_field(name).related_model
            found = [self.reference(target, value) for value in self.listed(entry, name)]
            with self.noting(kind, entry, name), transaction.atomic():
                self.link(row, name, [other for other in found if other is not None])
        for name, child in kind.children.items():
            around = kind.around(row) or {child.parent: row}
            for within in self.entries_of(entry, name):
                self.bring_in(child, within, **around)
        with self.noting(kind, entry), transaction.atomic():
            kind.follow(self, entry, row, changed)

    def link_late(self, kind: Kind, entry: Entry, row: Any) -> None:
        given = {name: entry.fields[name] for name in kind.late if name in entry.fields}
        values = {name: self.value(kind.model._meta.get_field(name), node) for name, node in given.items()}
        before = _stored(row, values)
        for name, value in values.items():
            setattr(row, name, value)
        if _stored(row, values) != before:
            row.full_clean(exclude=_filled_by_save(row), **self.asks)
            row.save()

    def link(self, row: Any, name: str, wanted: list[Any]) -> None:
        """Exactly `wanted`, written only where that differs."""
        if row in wanted:
            raise ValidationError(_("An entry is not linked to itself."))
        links, wanted_keys = getattr(row, name), {other.pk for other in wanted}
        there = set() if self.is_new(row) else set(links.values_list("pk", flat=True))
        missing, extra = wanted_keys - there, there - wanted_keys
        if (missing or extra) and not self.is_new(row):
            was, now = links.filter(pk__in=there), links.model.objects.filter(pk__in=wanted_keys)
            label = str(row._meta.get_field(name).verbose_name)
            self.differences.append(Difference(label, ", ".join(map(str, was)), ", ".join(map(str, now))))
        if missing:
            links.add(*(other for other in wanted if other.pk in missing))
        if extra:
            links.remove(*extra)
        self.written["changed"] += bool(missing or extra) and not self.is_new(row)

    def check_within(self, kind: Kind, entry: Entry) -> None:
        """Say what is wrong inside an entry that is refused itself."""
        for name, child in kind.children.items():
            for within in self.entries_of(entry, name):
                self.references.refused(child, within)
                self.read(child, within)
                self.check_within(child, within)

    @cached_property
    def aliases_of_commitments(self) -> dict[str, list[int]]:
        """By the references that they had elsewhere; read once, because no index leads to a line of them."""
        known: dict[str, list[int]] = {}
        rows = self.own_rows(Commitment).exclude(aliases="")
        for pk, aliases in rows.values_list("pk", "aliases"):
            for line in filter(None, map(str.strip, aliases.splitlines())):
                known.setdefault(line, []).append(pk)
        return known

    def was_seen(self, row: Any) -> bool:
        return (type(row), row.pk) in self.seen

    def is_new(self, row: Any) -> bool:
        return (type(row), row.pk) in self.made

    def home_party(self, forum: Forum) -> Party | None:
        if forum.pk not in self.homes:
            self.homes[forum.pk] = home_party(forum)
        return self.homes[forum.pk]

    def has_begun(self, entry: Entry) -> bool:
        return id(entry) in self.begun

    def reference(self, model: Any, value: Value) -> Any:
        """As references.get(); None, and a note at the very value, if there is no such entry."""
        try:
            return self.references.get(model, value)
        except FollowsAnother:
            return None
        except ValidationError as error:
            self.note(value.place, " ".join(error.messages))
            return None

    def seen_rows(self, model: Any) -> models.QuerySet[Any]:
        """What an entry may refer to."""
        return model.objects.all() if self.user is None else model.objects.visible_to(self.user)

    def own_rows(self, model: Any) -> models.QuerySet[Any]:
        """Among which an entry finds itself: what its author may change, on this side of the demonstration."""
        rows = model.objects.all()
        if self.user is not None and model in ENTERED_ALONE:
            rows = model.objects.editable_by(self.user)
        return rows.filter(demonstration=self.demonstration) if hasattr(model, "demonstration") else rows

    # ---- problems -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def noting(self, kind: Kind, entry: Entry, name: str = "") -> Iterator[None]:
        """Whatever is refused inside is noted, at the field `name` if given, and the reading goes on."""
        try:
            yield
        except FollowsAnother:
            pass
        except (ValidationError, IntegrityError) as error:
            self.note_error(kind, entry, as_validation(error), name)

    def note_error(self, kind: Kind, entry: Entry, error: ValidationError, name: str) -> None:
        fields = error.error_dict if hasattr(error, "error_dict") else {name: error.error_list}
        for field, errors in fields.items():
            field = name or ("" if field == NON_FIELD_ERRORS else field)
            value = entry.fields.get(field)
            place = value.place if value is not None else entry.place
            if field and value is None:
                place = entry.place.field(field)
            for each in errors:
                self.note(place, _sentence(kind, field, each))

    def note(self, place: Place, sentence: str) -> None:
        self.problems.append(Problem(self.file, place, sentence, self.by_row))

    # ---- values -------------------------------------------------------------------------------------

    def value(self, field: Any, value: Value) -> Any:
        if isinstance(value, Scalar) and value.kind == "null":
            return None if field.null else field.get_default()
        if isinstance(field, models.ForeignKey):
            return self.references.get(field.related_model, value)
        if isinstance(field, models.DateField):
            return day_of(value, today=self.today if self.demonstration else None)
        if isinstance(field, models.BooleanField):
            return yes_or_no_of(value)
        if field.name in WORDS:
            return word_of(value, WORDS[field.name])
        if isinstance(field, models.IntegerField):
            return number_of(value)
        return text_of(value)

    def listed(self, entry: Entry, name: str) -> list[Value]:
        """The values of a list; a single one needs no list."""
        value = entry.fields.get(name)
        if value is None or (isinstance(value, Scalar) and value.kind == "null"):
            return []
        return list(value.items) if isinstance(value, Listing) else [value]

    def entries_of(self, entry: Entry, name: str) -> list[Entry]:
        found = []
        for value in self.listed(entry, name):
            if isinstance(value, Entry):
                found.append(value)
            elif id(value) not in self.begun:
                self.begun[id(value)] = value  # said once, however often it is passed
                self.note(value.place, _("An entry is expected here: fields with their values."))
        return found


def _stored(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The columns of `values` as they would be stored."""
    fields = [row._meta.get_field(name) for name in values]
    return {field.name: field.to_python(getattr(row, field.attname)) for field in fields}


def _filled_by_save(row: Any) -> set[str]:
    """Columns that no file gives and that are only there once the row is saved: references, fingerprints."""
    hidden = [field for field in row._meta.concrete_fields if not field.editable and not field.null]
    return {field.name for field in hidden if getattr(row, field.attname) in (None, "")}


def _sentence(kind: Kind, name: str, error: ValidationError) -> str:
    if error.code in {"null", "blank", "required"}:
        return _("This is missing.")
    if error.code == "invalid_choice":
        with contextlib.suppress(FieldDoesNotExist):
            choices = kind.model._meta.get_field(name).choices or []
            return not_a_choice((error.params or {}).get("value"), [str(value) for value, _label in choices])
    return " ".join(error.messages)
