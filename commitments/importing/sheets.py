"""Sheets of commitments, people and holidays: rows and what their columns mean become entries of a register file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import PurePath
from typing import BinaryIO

from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from commitments.importing.columns import (
    IGNORED,
    LAYOUTS,
    UNDECIDED,
    Layout,
    Meaning,
    headings_of,
    plain,
    refuse_what_lacks,
)
from commitments.importing.defusing import as_written
from commitments.importing.tables import MAX_BYTES, Row, Table, read_table, refuse
from commitments.importing.values import Entry, Listing, Place, Scalar
from commitments.importing.written_days import day_written
from commitments.models import LANGUAGES, Commitment, ImportRun
from commitments.models.naming import Language
from commitments.owners import language_of

DAYS = {"declared_on", "due_on", "day", "from_on", "until_on"}
YES = {"yes", "y", "true", "1", "o", "○", "v", "✓", "예", "네", "はい", "有"}
NO = {"no", "n", "false", "0", "x", "×", "아니오", "아니요", "いいえ", "無"}
CHOICES: Mapping[str, type[TextChoices]] = {
    "kind": Commitment.Kind,
    "outlook": Commitment.Outlook,
    "language": Language,
}


@dataclass(frozen=True)
class Sheet:
    file: str
    records: list[Entry]
    unused: list[str]  # headings of columns that are not read
    kind: str = ImportRun.Kind.COMMITMENTS
    notes: list[str] = field(default_factory=list)
    places: Mapping[str, str] = field(
        default_factory=dict
    )  # of a column: as the officer finds it in the sheet


def read_sheet(
    file: BinaryIO, name: str, *, kind: str = ImportRun.Kind.COMMITMENTS, meaning: Meaning | None = None
) -> Sheet:
    """The rows under the headings; without `meaning` the columns go by their names. Raises Refused."""
    table = read_table(file.read(MAX_BYTES + 1), PurePath(name).name)
    return sheet_of(table, kind=kind, meaning=meaning)


def sheet_of(table: Table, *, kind: str, meaning: Meaning | None = None) -> Sheet:
    layout = LAYOUTS[kind]
    headings = headings_of(table, layout)
    meaning = meaning or _by_names(table, headings, layout)
    refuse_what_lacks(table, headings, layout, meaning)
    left = {IGNORED, UNDECIDED}
    columns = {n: column for n, column in enumerate(meaning.columns) if column not in left}
    below = [row for row in table.rows if row.number > headings.number]
    reader = RowReader(table.file, columns, meaning.for_all, layout, table.since)
    return Sheet(
        table.file,
        [reader.read(row) for row in below],
        [h for n, h in enumerate(headings.cells) if h.strip() and n not in columns],
        kind,
        table.notes,
        {column: f"{headings.cells[n]} ({get_column_letter(n + 1)})" for n, column in columns.items()},
    )


def _by_names(table: Table, headings: Row, layout: Layout) -> Meaning:
    named = [layout.column_of(heading) for heading in headings.cells]
    if not any(named):
        said = _("No headings were found. Needed are: %(names)s. docs/import.md lists all of them.")
        refuse(table.file, said % {"names": ", ".join(layout.missing(set()))})
    return Meaning(tuple(named))


# ---- rows -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowReader:
    file: str
    columns: Mapping[int, str]
    for_all: Mapping[str, str]
    layout: Layout
    since: date

    def read(self, row: Row) -> Entry:
        """The row as it would stand in a register file. An empty cell says nothing."""
        entry = Entry(Place(row.number))
        said = {name: value for name, value in self.for_all.items() if value}
        for index, column in self.columns.items():
            cell = row.cells[index].strip() if index < len(row.cells) else ""
            if cell.startswith("="):
                self._refuse_formula(row, index)
            if cell:
                said[column] = as_written(cell)
        for column, cell in said.items():
            self._put(entry, column, cell, Place(row.number, column))
        return entry

    def _refuse_formula(self, row: Row, index: int) -> None:
        said = _("This is a formula. Write its value.")
        refuse(self.file, said, row=row.number, column=get_column_letter(index + 1))

    def _put(self, entry: Entry, column: str, cell: str, place: Place) -> None:
        name, value = self._field(column, cell, place)
        standing = entry.fields.get(name)
        if isinstance(standing, Listing) and isinstance(value, Listing):
            standing.items += value.items
        else:
            entry.fields[name] = value

    def _field(self, column: str, cell: str, place: Place) -> tuple[str, Scalar | Listing]:
        if column in DAYS:
            found = day_written(cell, since=self.since)
            cell = found.isoformat() if found else cell
        if column in CHOICES:
            cell = _choice(CHOICES[column], cell)
        make = LISTS.get(column)
        if make is not None:
            return make(cell, place, self.file)
        if column == self.layout.stem:
            return f"{column}_{language_of(cell)}", Scalar(place, cell)
        if column in {"acting", "working"}:
            cell = _yes_or_no(cell)
        return column, Scalar(place, cell)


def _one(place: Place, **fields: str) -> Listing:
    return Listing(place, [Entry(place, {name: Scalar(place, text) for name, text in fields.items()})])


def _parties(cell: str, place: Place, file: str) -> tuple[str, Listing]:
    codes = [code for code in re.split(r"[\s,;/·、，]+", cell) if code]
    return "parties", Listing(place, [Scalar(place, code) for code in codes])


def _supporting(cell: str, place: Place, file: str) -> tuple[str, Listing]:
    """One a line, or separated by semicolons: a comma separates division, name and mail."""
    lines = [line.strip() for line in re.split(r"[\n;；]+", cell) if line.strip()]
    entries = [_one(place, role="supporting", owner=line).items[0] for line in lines]
    return "assignments", Listing(place, list(entries))


def _note(cell: str, place: Place, file: str) -> tuple[str, Listing]:
    return "interpretations", _one(place, about="scope", text=cell)


LISTS: dict[str, Callable[[str, Place, str], tuple[str, Listing]]] = {
    "parties": _parties,
    "lead": lambda cell, place, file: ("assignments", _one(place, role="lead", owner=cell)),
    "supporting": _supporting,
    "due_on": lambda cell, place, file: (
        "follow_ups",
        _one(place, kind="deadline", due_on=cell, basis="interpreted"),
    ),
    "quote": lambda cell, place, file: ("provisions", Listing(place, [Scalar(place, cell)])),
    "note": _note,
}


def _choice(choices: type[TextChoices], cell: str) -> str:
    """The value that is meant by itself or by its word in one of the three languages."""
    return _words(choices).get(plain(cell), cell)


@cache
def _words(choices: type[TextChoices]) -> dict[str, str]:
    words = {plain(value): value for value in choices.values}
    for language in LANGUAGES:
        with translation.override(language):
            words |= {plain(str(choice.label)): choice.value for choice in choices}
    return words


def _yes_or_no(cell: str) -> str:
    said = plain(cell)
    return "yes" if said in YES else "no" if said in NO else cell
