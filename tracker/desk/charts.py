"""What a dashboard shows: each chart is drawn from the rows of its own table, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from tracker.desk.drawing import bars
from tracker.desk.drawing.bars import Part

MOST_BARS = 12


@dataclass(frozen=True)
class Series:
    """One kind of part: `kind` is its colour and pattern, `sign` its shape, `word` what it is called."""

    kind: str
    sign: str
    word: Any


@dataclass(frozen=True)
class Row:
    """One bar or column: its numbers in the order of the series."""

    label: str
    counts: tuple[int, ...]
    address: str = ""
    below: str = ""
    below_address: str = ""
    note: str = ""  # said beside the bar, such as a rate
    is_sum: bool = False  # of the rows below it, which have a scale of their own

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Chart:
    slug: str
    title: str
    definition: str
    series: tuple[Series, ...]
    rows: tuple[Row, ...]
    heading: str  # of the first column of the table
    nothing: str  # why it is empty
    note_heading: str = ""
    total_heading: str = ""
    standing: bool = False  # columns, for what follows upon each other
    wide: bool = False  # has the width of the page for itself
    one_each: bool = False  # the nth row has only the nth series, and is named by it

    @property
    def is_empty(self) -> bool:
        return not any(row.total for row in self.rows)

    def _parts(self, row: Row) -> list[Part]:
        pairs = zip(self.series, row.counts, strict=True)
        found = [Part(each.kind, count, each.sign, str(each.word)) for each, count in pairs]
        return [part for part in found if part.count] if self.one_each else found

    @cached_property
    def drawn(self) -> list[tuple[Row, SafeString]]:
        if self.standing:
            return [
                (row, bars.column(self._parts(row), steps=self.steps, label=row.label)) for row in self.rows
            ]
        parts = max((row.total for row in self.rows if not row.is_sum), default=0)
        return [(row, self._bar(row, row.total if row.is_sum else parts)) for row in self.rows]

    def _bar(self, row: Row, longest: int) -> SafeString:
        return bars.bar(self._parts(row), longest=longest, label=row.label, wide=self.wide)

    @property
    def steps(self) -> list[int]:
        return bars.column_steps(max((row.total for row in self.rows), default=0))

    @property
    def axis(self) -> SafeString:
        return bars.column_axis(self.steps)


def shortened(rows: Sequence[Row], most: int = MOST_BARS) -> tuple[Row, ...]:
    """The first of them, and the others as one."""
    if len(rows) <= most:
        return tuple(rows)
    others = rows[most - 1 :]
    counts = tuple(sum(row.counts[place] for row in others) for place in range(len(others[0].counts)))
    label = ngettext("%(n)d other", "%(n)d others", len(others)) % {"n": len(others)}
    return (*rows[: most - 1], Row(label, counts))
