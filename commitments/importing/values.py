"""What a file says and where it stands: values that know their line, and problems that name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    line: int  # counted from 1; of a spreadsheet its row
    path: str = ""  # such as commitments[2].forum, counted from 0; of a spreadsheet the heading

    def field(self, name: str) -> Place:
        return Place(self.line, f"{self.path}.{name}" if self.path else name)


@dataclass(frozen=True, slots=True)
class Scalar:
    place: Place
    raw: str
    kind: str = "str"  # or int, float, bool, null, timestamp: what an unquoted value looks like


@dataclass(slots=True)
class Listing:
    place: Place
    items: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    place: Place
    fields: dict[str, Value] = field(default_factory=dict)


Value = Scalar | Listing | Entry


@dataclass(frozen=True)
class Problem:
    file: str
    place: Place
    sentence: str
    by_row: bool = False

    def __str__(self) -> str:
        unit = _("row %(number)s") if self.by_row else _("line %(number)s")
        where = [PurePath(self.file).name, unit % {"number": self.place.line}, self.place.path]
        return f"{', '.join(part for part in where if part)}: {self.sentence}"


class Refused(Exception):
    """Nothing was written; `problems` say why, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.place.line)
        super().__init__("\n".join(str(problem) for problem in self.problems))
