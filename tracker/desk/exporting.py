"""A list as a file: the same rows, columns and order as on the page, all pages of it, in bounded memory."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from typing import IO, Any

from django.utils import translation
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from commitments import demonstration
from commitments.importing.defusing import defused
from notifications.rendering import DEMONSTRATION
from tracker.desk.listing import Listing

ROWS_AT_ONCE = 500
HIGHEST_SHEET = 1_048_576  # rows, of the format itself
WIDTHS = {"title": 60, "lead": 32, "heard": 48, "note": 48}
Cell = str | date | int | None


def headings(listing: Listing) -> list[str]:
    return [str(title) for column in listing.columns for title, _tell in column.told]


def rows_of(listing: Listing) -> Iterator[list[Cell]]:
    """Read in parts, so that however long a list is, only a part of it is in memory."""
    rows = listing.rows.iterator(chunk_size=ROWS_AT_ONCE)
    for line in listing.lines(rows):
        yield [tell(line.row, line.commitment) for column in listing.columns for _title, tell in column.told]


def sheet_rows(listing: Listing) -> Iterator[list[Cell]]:
    """With its headings, below the mark of a demonstration where there is one."""
    above: list[list[Cell]] = [[DEMONSTRATION]] if demonstration.exists() else []
    above.append([*headings(listing)])
    return chain(above, rows_of(listing))


class Echo:
    """What a csv.writer writes to is what it returns."""

    def write(self, value: str) -> str:
        return value


def as_csv(listing: Listing) -> Iterator[bytes]:
    """UTF-8 with its mark, by which Excel knows it; a part at a time, each in the reader's language."""
    return chain([b"\xef\xbb\xbf"], _parts(sheet_rows(listing), translation.get_language()))


def _parts(rows: Iterator[list[Cell]], language: str | None) -> Iterator[bytes]:
    """Read while the file is being sent: by then the request and its language are gone."""
    writer = csv.writer(Echo())
    while True:
        with translation.override(language):
            part = [writer.writerow([_in_csv(cell) for cell in row]) for row in islice(rows, ROWS_AT_ONCE)]
        if not part:
            return
        yield "".join(part).encode()


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else defused(str(cell))


def as_xlsx(listing: Listing) -> IO[bytes]:
    """A file without a name, which goes when it is closed; openpyxl writes it row by row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    _lay_out(sheet, listing)
    heading_at = 2 if demonstration.exists() else 1
    for number, row in enumerate(islice(sheet_rows(listing), HIGHEST_SHEET), 1):
        sheet.append([_in_xlsx(sheet, cell, bold=number == heading_at) for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 — closed by the response that sends it
    book.save(file)
    file.seek(0)
    return file


def _lay_out(sheet: Any, listing: Listing) -> None:
    """Before the first row: a write-only sheet takes it at no other time."""
    sheet.freeze_panes = "B3" if demonstration.exists() else "B2"
    places = (column.slug if first else "" for column in listing.columns for first in _firsts(column.told))
    for number, slug in enumerate(places, 1):
        letter = chr(ord("A") + number - 1)  # fewer columns than letters
        sheet.column_dimensions[letter].width = WIDTHS.get(slug, 20)


def _firsts(told: tuple[Any, ...]) -> list[bool]:
    return [number == 0 for number in range(len(told))]


def _in_xlsx(sheet: Any, value: Cell, *, bold: bool) -> Any:
    cell = WriteOnlyCell(sheet, value=defused(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # what looks like a formula or an error value stays text
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell
