"""The imports: of a whole register, and of a sheet, tried first and then entered."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction

from commitments.importing.differences import Difference
from commitments.importing.reading import read_register
from commitments.importing.register import Register
from commitments.importing.rows import BRING_IN, title_of
from commitments.importing.sheets import Sheet
from commitments.importing.values import Entry, Problem, Refused
from commitments.locking import exclusively
from commitments.models import Commitment, User, writing

AT_ONCE = 100  # rows that are tried in one transaction, which on SQLite keeps others from writing
Step = Callable[[int], None]  # is told how many rows are done; raises what is to stop the import


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
    differences: list[Difference]

    @property
    def known_as(self) -> str:
        """Its reference, unless it has none before it is entered."""
        return "" if self.outcome == "new" else self.reference


@dataclass(frozen=True)
class SheetImported:
    rows: list[RowResult]
    problems: list[Problem]
    written: bool

    @property
    def counts(self) -> Counter[str]:
        return Counter(row.outcome for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """Of all that an officer was shown; two imports that do the same have the same."""
        shown = [
            (
                row.row,
                row.outcome,
                row.known_as,
                [asdict(each) for each in row.differences],
                len(row.problems),
            )
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()


def import_register(
    data: bytes, file: str, *, now: datetime, dry_run: bool = False, demonstration: bool = False
) -> Imported:
    """A register file in YAML or JSON. Raises Refused with every mistake, and then nothing is written."""
    file = PurePath(file).name
    root = read_register(data, file)
    register = Register(file, now=now, demonstration=demonstration)
    via = "demonstration" if demonstration else "import"
    with exclusively("import"), writing(why=register.reason, via=via):
        register.take(root)
        if register.problems or dry_run:
            transaction.set_rollback(True)
    if register.problems:
        raise Refused(register.problems)
    return Imported(*(register.written[what] for what in ("new", "changed", "same")))


def try_sheet(
    sheet: Sheet, *, now: datetime, user: User | None = None, step: Step | None = None
) -> SheetImported:
    """What import_sheet() would do, as far as `user` may enter the rows; None: all.

    Some rows at a time are entered and undone, so that others can write in between."""
    register = Register(sheet.file, now=now, user=user, by_row=True)
    rows: list[RowResult] = []
    problems: list[Problem] = []
    for some in _parts(sheet.records):
        with transaction.atomic(), _author(register, user):
            rows.extend(_row(register, sheet.kind, entry) for entry in some)
            transaction.set_rollback(True)
        problems += register.problems
        register = register.after_undoing()
        if step is not None:
            step(len(rows))
    return SheetImported(rows, problems, written=False)


def import_sheet(
    sheet: Sheet,
    *,
    now: datetime,
    user: User | None = None,
    step: Step | None = None,
    as_shown: str = "",
    finish: Callable[[SheetImported], bool] | None = None,
) -> SheetImported:
    """All rows in one transaction; none if one is refused, or if it is not what was shown (a fingerprint).

    `finish` is part of the transaction, and has the last word on it."""
    register = Register(sheet.file, now=now, user=user, by_row=True, checked=bool(as_shown))
    rows: list[RowResult] = []
    with exclusively("import"), _author(register, user):
        for some in _parts(sheet.records):
            rows.extend(_row(register, sheet.kind, entry) for entry in some)
            if step is not None:
                step(len(rows))
        done = SheetImported(rows, register.problems, written=not register.problems)
        kept = done.written and as_shown in {"", done.fingerprint} and (finish is None or finish(done))
        if not kept:
            transaction.set_rollback(True)
    return SheetImported(rows, register.problems, kept)


def _author(register: Register, user: User | None) -> Any:
    return writing(why=register.reason, via="import", **({"by_id": user.pk} if user else {}))


def _parts(records: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (records[start : start + AT_ONCE] for start in range(0, len(records), AT_ONCE))


def _row(register: Register, kind: str, entry: Entry) -> RowResult:
    before, noted, told = Counter(register.written), len(register.problems), len(register.differences)
    row = BRING_IN[kind](register, entry)
    problems, done = register.problems[noted:], register.written - before
    if problems or row is None:
        outcome = "refused"
    elif register.is_new(row):
        outcome = "new"
    else:
        outcome = "changed" if done["new"] or done["changed"] else "same"
    reference = row.reference if isinstance(row, Commitment) else ""
    differences = register.differences[told:] if outcome == "changed" else []
    return RowResult(entry.place.line, title_of(kind, entry), reference, outcome, problems, differences)
