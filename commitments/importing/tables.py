"""A file or a pasted piece of a spreadsheet as rows of cells. Everything is measured before it is parsed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import PurePath
from typing import NoReturn

import openpyxl
from django.db import connection
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string

from commitments.importing import archives
from commitments.importing.encodings import decoded
from commitments.importing.reading import ANOTHER_KIND
from commitments.importing.values import Place, Problem, Refused
from commitments.importing.written_days import SINCE_1900, SINCE_1904

MAX_BYTES = 8 * 1024 * 1024
MAX_COLUMNS = 60
MAX_CELL = 20_000  # characters
MAX_HEIGHT = 1_048_576  # rows that a sheet of Excel can have, empty ones included
MOST_ROWS = {"sqlite": 1_000, "postgresql": 10_000}  # filled ones; see max_rows()
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
LOCKED_BOOK = "EncryptedPackage".encode("utf-16-le")
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
NAMED_BOOK = (".xlsx", ".xlsm", ".xls")
WEB_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html|<table|<meta)", re.IGNORECASE)
XML = re.compile(r"\s*<\?xml|\s*<\w+[^>]*\sxmlns", re.IGNORECASE)
QUOTED = re.compile('"[^"]*"')


@dataclass(frozen=True)
class Row:
    number: int  # as the program shows it in which the sheet was written
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """`rows`: those with something in them. `notes`: what was taken for granted, for the officer to see."""

    file: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    since: date = SINCE_1900  # when its numbers of days begin


def max_rows() -> int:
    """A row takes 10 to 20 ms, during which on SQLite nobody else writes: others wait 20 s at most. On PostgreSQL only
    those wait who need a reference of the same forum and year; there it is the nine minutes that a worker has."""
    return MOST_ROWS[connection.vendor]


def read_table(data: bytes, name: str, *, top: int | None = None) -> Table:
    """The filled rows of the first sheet, or only the first of them (`top`). What kind of file it is its content
    says. Raises Refused."""
    file = PurePath(name).name
    if len(data) > MAX_BYTES:
        refuse(file, _("The file is larger than %(size)s MB. Split it.") % {"size": MAX_BYTES // 1024**2})
    table = _book(data, file, top) if data.startswith(ZIP) else _text(data, file, top)
    if not table.rows:
        refuse(file, _("The file is empty."))
    return table


def refuse(file: str, sentence: str, row: int = 1, column: str = "") -> NoReturn:
    raise Refused([Problem(file, Place(row, column), sentence, by_row=True)])


def _filled(file: str, rows: Iterable[list[str]]) -> Iterator[Row]:
    """Raises Refused at the first that is more, wider or longer than a sheet of an officer."""
    count = 0
    for number, cells in enumerate(rows, 1):
        if number > MAX_HEIGHT:
            refuse(file, too_many_rows(), row=number)
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > max_rows():
            refuse(file, too_many_rows(), row=number)
        _refuse_sizes(file, number, cells)
        yield Row(number, cells)


def too_many_rows() -> str:
    return _("The sheet has more than %(count)s rows. Split it.") % {"count": max_rows()}


def _refuse_sizes(file: str, number: int, cells: list[str]) -> None:
    if any(cell.strip() for cell in cells[MAX_COLUMNS:]):
        said = _("The sheet has more than %(count)s columns. Take out what is not needed.")
        refuse(file, said % {"count": MAX_COLUMNS}, row=number)
    for place, cell in enumerate(cells):
        if len(cell) > MAX_CELL:
            said = _("The cell has more than %(count)s characters. Shorten it.")
            refuse(file, said % {"count": MAX_CELL}, row=number, column=get_column_letter(place + 1))


# ---- text -------------------------------------------------------------------------------------------


def _text(data: bytes, file: str, top: int | None) -> Table:
    _refuse_another_kind(data, file)
    text, encoding = decoded(data)
    if not text:
        refuse(file, _("The file is not in UTF-8. Save it again as “CSV UTF-8”."))
    _refuse_what_is_no_table(text, file)
    notes = []
    if encoding:
        notes.append(
            _("The file was read as %(encoding)s. See that the words are right.") % {"encoding": encoding}
        )
    if file.lower().endswith(NAMED_BOOK):
        notes.append(_("Its name says Excel, its content is plain text: it was read as CSV."))
    return Table(file, list(islice(_filled(file, _lines(text, file)), top)), notes)


def _refuse_another_kind(data: bytes, file: str) -> None:
    if not data.removeprefix(b"\xef\xbb\xbf").strip():
        refuse(file, _("The file is empty."))
    if data.startswith(OLE) and LOCKED_BOOK in data:
        refuse(file, archives.protected())
    if data.startswith(OLE):
        refuse(
            file,
            _("This is an old Excel file or another document (%(kind)s). Save it as XLSX.")
            % {"kind": "XLS/DOC/HWP"},
        )
    kinds = [kind for start, kind in ANOTHER_KIND.items() if data.startswith(start)]
    if kinds:
        refuse(file, _("This is a file of another kind (%(kind)s).") % {"kind": kinds[0]})


def _refuse_what_is_no_table(text: str, file: str) -> None:
    kind = "HTML" if WEB_PAGE.match(text) else "XML" if XML.match(text) else ""
    if kind:
        said = _("This is a file of another kind (%(kind)s).") % {"kind": kind}
        refuse(file, said + " " + _("Open it in Excel and save it as XLSX."))
    nul = text.find("\x00")
    if nul >= 0:
        said = _("The file has a character that no text has (U+%(code)s). Remove it.") % {"code": "0000"}
        refuse(file, said, row=text.count("\n", 0, nul) + 1)


def _lines(text: str, file: str) -> Iterator[list[str]]:
    """Any line ends, mixed ones included; a line break within quotation marks belongs to its cell."""
    csv.field_size_limit(MAX_BYTES)  # a long cell is told with its column, above
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = _("The file cannot be read here (%(told)s). Check its quotation marks.") % {"told": error}
            refuse(file, said, row=number)
        yield row


def _delimiter(text: str) -> str:
    """What stands most often in the first lines, outside quotation marks."""
    start = QUOTED.sub("", "".join(islice(io.StringIO(text), 20)))
    return max("\t,;", key=start.count)


# ---- XLSX -------------------------------------------------------------------------------------------


def _book(data: bytes, file: str, top: int | None) -> Table:
    wrong = archives.wrong_with(data)
    if wrong:
        refuse(file, wrong)
    try:
        table = _values(data, file, top)
    except Refused:
        raise
    except Exception as error:  # openpyxl lets through whatever it stumbles over
        said = _("The spreadsheet cannot be read (%(told)s). Save it again as XLSX.")
        told = said % {"told": type(error).__name__}
        raise Refused([Problem(file, Place(1), told, by_row=True)]) from error
    _refuse_errors(file, table.rows)
    return table


def _values(data: bytes, file: str, top: int | None) -> Table:
    """A formula counts as what the program last saw in it. One column and one row more are read than may be:
    what a sheet says of its own size may be wrong."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    if top is None:
        _refuse_unknown_values(data, file, sheet._worksheet_path)
    raw = sheet.iter_rows(max_row=MAX_HEIGHT + 1, max_col=MAX_COLUMNS + 1, values_only=True)
    rows = list(islice(_filled(file, ([_cell(value) for value in row] for row in raw)), top))
    notes = []
    if len(book.worksheets) > 1:
        notes.append(_("Only the first sheet is read: “%(name)s”.") % {"name": sheet.title})
    return Table(file, rows, notes, SINCE_1904 if book.epoch.year == SINCE_1904.year else SINCE_1900)


def _refuse_unknown_values(data: bytes, file: str, part: str) -> None:
    """A formula that no program has worked out yet is no empty cell."""
    at = archives.formula_without_value(data, part)
    if at:
        said = _("The formula here has no value yet. Open the file in Excel and save it, or write the value.")
        column, number = coordinate_from_string(at)
        refuse(file, said, row=number, column=column)


def _refuse_errors(file: str, rows: list[Row]) -> None:
    for row in rows:
        for place, cell in enumerate(row.cells):
            if cell in ERRORS:
                said = _("A formula gives %(error)s. Correct it, or leave the cell empty.") % {"error": cell}
                refuse(file, said, row=row.number, column=get_column_letter(place + 1))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
