"""The way of a sheet: uploaded, its columns named, checked, shown, entered. The state is the row's (ImportRun).

A worker may die at any line. What it has checked is shown only when all of it is; what it enters is one
transaction, in which the row itself says that it is done."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone, translation

from commitments.importing.columns import (
    IGNORED,
    LAYOUTS,
    UNDECIDED,
    Meaning,
    headings_of,
    plain,
    proposed,
)
from commitments.importing.deeds import RowResult, SheetImported, import_sheet, try_sheet
from commitments.importing.sheets import Sheet, sheet_of
from commitments.importing.tables import Row, Table, read_table
from commitments.importing.values import Refused
from commitments.models import ColumnMapping, ImportRun, User
from commitments.models.imports import LEASE

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

SMALL = 256 * 1024  # bytes: read as a whole while the officer waits
AT_ONCE = 200  # rows: checked and entered while the officer waits; more are the worker's
TOP = 30  # rows of a large file from which the columns are seen
SAMPLES = 3
DOORS = {
    ImportRun.Kind.COMMITMENTS: "commitments.add_commitment",
    ImportRun.Kind.PEOPLE: "commitments.add_user",
    ImportRun.Kind.HOLIDAYS: "commitments.add_holiday",
}


class Stopped(Exception):
    """Somebody cancelled it, or another worker took it over."""


def kinds_for(user: User) -> list[ImportRun.Kind]:
    """What `user` may bring in at all; each row is asked apart."""
    return [kind for kind, permission in DOORS.items() if user.has_perm(permission)]


# ---- uploaded, and its columns named ----------------------------------------------------------------


def begin(user: User, *, kind: str, data: bytes, name: str, now: datetime) -> ImportRun:
    """Keeps the file, and proposes what its columns mean. Raises Refused for what is no sheet."""
    is_small = len(data) <= SMALL
    table = read_table(data, name, top=None if is_small else TOP)
    layout = LAYOUTS[kind]
    top = headings_of(table, layout)
    headings = _headings(table, top)
    remembered = ColumnMapping.objects.for_headings(kind, _plain(headings), user=user)
    run = ImportRun(
        by=user,
        kind=kind,
        file=table.file,
        headings=headings,
        columns=proposed(headings, layout, remembered),
        for_all={name: remembered[_key(name)] for name in layout.for_all if _key(name) in remembered},
        row_count=sum(row.number > top.number for row in table.rows) if is_small else 0,
        language=(translation.get_language() or "en")[:2],
        zone=timezone.get_current_timezone_name(),
        created_at=now,
    )
    run.keep(data)
    run.save()
    return run


def _headings(table: Table, top: Row) -> list[str]:
    """As many as the widest row has cells with something in them; a column may have no heading."""
    width = max(n + 1 for row in table.rows for n, cell in enumerate(row.cells) if cell.strip())
    cells = [" ".join(cell.split())[:200] for cell in top.cells]
    return [*cells, *[""] * width][:width]


def _plain(headings: list[str]) -> list[str]:
    return [plain(heading) for heading in headings if heading]


def _key(name: str) -> str:
    """Beside the headings, under which no column can be called: what held for all rows."""
    return f"*{name}"


def is_plain(run: ImportRun) -> bool:
    """Whether nothing has to be asked about its columns."""
    return UNDECIDED not in run.columns and not missing(run.kind, run.columns, run.for_all)


def missing(kind: str, columns: list[str], for_all: dict[str, str]) -> list[str]:
    """Labels of what is needed and neither a column nor said for all rows."""
    given = {*columns, *(name for name, value in for_all.items() if value)}
    return LAYOUTS[kind].missing(given - {IGNORED, UNDECIDED})


def samples(run: ImportRun) -> list[list[str]]:
    """Of each column the first values, by which one sees what it holds."""
    table = read_table(run.data, run.file, top=TOP)
    top = headings_of(table, LAYOUTS[run.kind])
    below = [row.cells for row in table.rows if row.number > top.number]
    return [[c[n] for c in below if n < len(c) and c[n].strip()][:SAMPLES] for n in range(len(run.headings))]


def name_columns(run: ImportRun, columns: list[str], for_all: dict[str, str], *, now: datetime) -> bool:
    """Remembered for the next sheet with the same headings; the run waits to be checked."""
    known = dict(zip(map(plain, run.headings), columns, strict=True))
    known |= {_key(name): value for name, value in for_all.items() if value}
    ColumnMapping.objects.remember(run.kind, _plain(run.headings), known, user=run.by, now=now)
    return run.name_columns(columns, for_all)


def is_quick(run: ImportRun) -> bool:
    return 0 < run.row_count <= AT_ONCE


# ---- checked and entered ----------------------------------------------------------------------------


def carry_on(pk: int, *, clock: Clock) -> None:
    """Whatever is next for it, if nobody else is at it."""
    token = ImportRun.objects.claim(pk, now=clock())
    if not token:
        return
    run = ImportRun.objects.select_related("by").get(pk=pk)
    if run.lease_token != token:
        return
    with translation.override(run.language), timezone.override(ZoneInfo(run.zone)):
        try:
            _enter(run, clock) if run.state == ImportRun.State.ENTERING else _check(run, clock)
        except Stopped:
            log.info("Import %s was stopped; nothing of it is entered", pk)


def _check(run: ImportRun, clock: Clock) -> None:
    try:
        sheet = _sheet(run)
    except Refused as refused:
        run.end(ImportRun.State.REFUSED, now=clock(), notes=[str(problem) for problem in refused.problems])
        return
    if not run.counted(len(sheet.records)):
        raise Stopped

    def step(rows_done: int) -> None:
        if not run.beat(now=clock(), rows_done=rows_done):
            raise Stopped

    _show(run, sheet, try_sheet(sheet, now=clock(), user=run.by, step=step), now=clock())


def _sheet(run: ImportRun) -> Sheet:
    meaning = Meaning(tuple(run.columns), run.for_all)
    return sheet_of(read_table(run.data, run.file), kind=run.kind, meaning=meaning)


def _show(run: ImportRun, sheet: Sheet, done: SheetImported, *, now: datetime, anew: bool = False) -> None:
    run.end(
        ImportRun.State.CHECKED,
        now=now,
        shown=done.fingerprint,
        shown_anew=anew,
        notes=sheet.notes,
        **_outcome(sheet, done),
    )


def _outcome(sheet: Sheet, done: SheetImported) -> dict[str, Any]:
    return {"rows": [_told(row, sheet) for row in done.rows], "counts": dict(done.counts)}


def _told(row: RowResult, sheet: Sheet) -> dict[str, Any]:
    """For the page: the columns as the officer's own sheet calls them."""
    return {
        "row": row.row,
        "title": row.title,
        "reference": row.reference,
        "outcome": row.outcome,
        "problems": [
            {"column": sheet.places.get(each.place.path, each.place.path), "sentence": each.sentence}
            for each in row.problems
        ],
        "differences": [asdict(each) for each in row.differences],
    }


def _enter(run: ImportRun, clock: Clock) -> None:
    """Exactly what was shown; if it would be anything else, that is shown instead, and nothing is entered."""
    sheet = _sheet(run)
    with _seen_outside(run, clock) as tell:

        def step(rows_done: int) -> None:
            if not run.is_held():
                raise Stopped
            tell(rows_done)

        done = import_sheet(
            sheet,
            now=clock(),
            user=run.by,
            step=step,
            as_shown=run.shown,
            finish=lambda done: run.end(ImportRun.State.DONE, now=clock(), **_outcome(sheet, done)),
        )
    if not done.written:
        _show(run, sheet, done, now=clock(), anew=True)


@contextlib.contextmanager
def _seen_outside(run: ImportRun, clock: Clock) -> Iterator[Callable[[int], None]]:
    """Progress and lease while the transaction lasts, by a second connection. SQLite has one writer, which is
    this one: there nobody could take the run over meanwhile, and nothing is told."""
    if connection.vendor == "sqlite":
        yield lambda rows_done: None
        return
    aside = connection.copy()

    def tell(rows_done: int) -> None:
        known: list[Any] = [rows_done, clock() + LEASE, run.pk, run.lease_token]
        with aside.cursor() as cursor:
            cursor.execute(TELL, known)

    try:
        yield tell
    finally:
        aside.close()


TELL = """
UPDATE commitments_importrun SET rows_done = %s, lease_until = %s WHERE id = %s AND lease_token = %s
"""


# ---- every minute -----------------------------------------------------------------------------------


def keep_up(*, now: datetime) -> list[int]:
    """Puts away what is old, gives up what never ends, and says which runs wait for a worker."""
    ImportRun.objects.discard(now=now)
    ImportRun.objects.give_up(now=now)
    return list(ImportRun.objects.waiting(now).values_list("pk", flat=True))
