"""The two imports: a whole register, and the commitments of a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction

from commitments.importing.kinds import KINDS, TITLES
from commitments.importing.reading import read_register
from commitments.importing.register import Register
from commitments.importing.sheets import Sheet
from commitments.importing.values import Entry, Problem, Refused, Scalar
from commitments.locking import exclusively
from commitments.models import User, writing


@dataclass(frozen=True)
class Imported:
    """How many rows of the register the file made, changed and found as they should be."""

    new: int
    changed: int
    same: int


@dataclass(frozen=True)
class RowResult:
    """What became of one row of a sheet, or would have become of it."""

    row: int
    title: str
    reference: str
    outcome: str  # new, changed, same or refused
    problems: list[Problem]


@dataclass(frozen=True)
class SheetImported:
    rows: list[RowResult]
    problems: list[Problem]
    written: bool


def import_register(
    data: bytes, file: str, *, now: datetime, dry_run: bool = False, demonstration: bool = False
) -> Imported:
    """A register file in YAML or JSON. Raises Refused with every mistake, and then nothing is written."""
    file = PurePath(file).name
    root = read_register(data, file)
    register = Register(file, now=now, demonstration=demonstration)
    via = "demonstration" if demonstration else "import"
    _write(register, lambda: register.take(root), dry_run=dry_run, via=via)
    if register.problems:
        raise Refused(register.problems)
    return Imported(*(register.written[what] for what in ("new", "changed", "same")))


def import_commitments(
    sheet: Sheet, *, now: datetime, user: User | None = None, dry_run: bool = False
) -> SheetImported:
    """The commitments of a sheet, as far as `user` may enter them; None: all.

    If one row is refused nothing is written, and the result says of each row what is wrong with it or
    what would have become of it."""
    register = Register(sheet.file, now=now, user=user, by_row=True)
    rows: list[RowResult] = []
    author = {"by_id": user.pk} if user else {}
    written = _write(
        register,
        lambda: rows.extend(_row(register, entry) for entry in sheet.records),
        dry_run=dry_run,
        via="import",
        **author,
    )
    return SheetImported(rows, register.problems, written)


def _write(register: Register, take: Callable[[], None], *, dry_run: bool, **author: Any) -> bool:
    """All or nothing; returns whether it was written."""
    with exclusively("import"), writing(why=register.reason, **author):
        take()
        kept = not register.problems and not dry_run
        if not kept:
            transaction.set_rollback(True)
    return kept


def _row(register: Register, entry: Entry) -> RowResult:
    before, noted = Counter(register.written), len(register.problems)
    row = register.bring_in(KINDS["commitments"], entry)
    problems = register.problems[noted:]
    done = register.written - before
    if problems or row is None:
        outcome = "refused"
    elif register.is_new(row):
        outcome = "new"
    else:
        outcome = "changed" if done["new"] or done["changed"] else "same"
    return RowResult(entry.place.line, _title(entry), row.reference if row else "", outcome, problems)


def _title(entry: Entry) -> str:
    given = (entry.fields.get(name) for name in TITLES)
    return next((value.raw for value in given if isinstance(value, Scalar) and value.raw), "")
