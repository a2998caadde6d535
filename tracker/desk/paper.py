"""tracker/desk/paper.py: a paper in words alone, told once and shown twice, as a page for print and as DOCX.

    paper = Paper(_("Handover"), str(post), language="ko", marks=paper_pages.marks(),
                  name="handover-7", day=today)
    paper.heading(_("Open items")).table([_("Reference"), _("Next date")], rows, widths=[20, 80])
    return paper_pages.answer(request, paper)            # the page, or the file for ?format=docx

It knows no row of the register and reads no clock. What is handed in is turned into text at once, so fill it
within `translation.override(language)`. The page is desk/paper.html, the file is written by paper_docx.py."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import override

from commitments.admin.lights import SHAPES
from commitments.spoken_dates import long_date

QUOTES = {"en": "“{}”", "ko": "“{}”", "ja": "「{}」"}
MARKS = frozenset("“”「」")


@dataclass(frozen=True)
class Line:
    """One paragraph of a cell. `light`: an outlook, whose shape stands before the word."""

    text: str
    strong: bool = False
    quiet: bool = False
    light: str | None = None
    language: str = ""  # if other than that of the paper
    address: str = ""  # where it leads on the page

    @property
    def shape(self) -> str:
        return "" if self.light is None else SHAPES.get(self.light, SHAPES[""])

    @property
    def spoken(self) -> str:
        """As it reads, the shape included."""
        return f"{self.shape} {self.text}" if self.shape else self.text


def strong(text: object, address: str = "") -> Line:
    return Line(str(text), strong=True, address=address)


def quiet(text: object) -> Line:
    return Line(str(text), quiet=True)


def light(outlook: str, word: object) -> Line:
    return Line(str(word), strong=True, light=outlook)


def quoted(words: str, language: str) -> Line:
    """Declared words, word for word, in their own language; what brings marks of its own gets no second pair."""
    marks = "{}" if MARKS & set(words) else QUOTES.get(language, QUOTES["en"])
    return Line(marks.format(words), language=language)


@dataclass(frozen=True)
class Cell:
    lines: tuple[Line, ...] = ()
    changed: bool = False  # a bar in its margin

    @classmethod
    def of(cls, *lines: object, changed: bool = False) -> Self:
        """Empty ones are left out."""
        told = (each if isinstance(each, Line) else Line(str(each)) for each in lines if each)
        return cls(tuple(each for each in told if each.text), changed)


@dataclass(frozen=True)
class Heading:
    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    line: Line


@dataclass(frozen=True)
class Empty:
    """Why there is nothing."""

    kind: ClassVar[str] = "empty"
    text: str


@dataclass(frozen=True)
class Table:
    kind: ClassVar[str] = "table"
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]  # of a hundred

    @property
    def columns(self) -> list[tuple[str, int]]:
        return list(zip(self.headings, self.widths, strict=True))


Block = Heading | Paragraph | Empty | Table


class Paper:
    def __init__(
        self,
        title: object,
        subtitle: object = "",
        language: str = "ko",
        landscape: bool = False,
        marks: Iterable[object] = (),
        *,
        name: str,
        day: date,
    ) -> None:
        """`name`: of the file, and the paper's id. `marks` stand on top of every sheet. `day`: as of when it is."""
        self.title, self.subtitle = str(title), str(subtitle)
        self.language, self.landscape = language, landscape
        self.marks = [str(mark) for mark in marks]
        self.name, self.day = name, day
        self.blocks: list[Block] = []

    def heading(self, text: object) -> Self:
        return self._with(Heading(str(text)))

    def paragraph(self, text: object) -> Self:
        return self._with(Paragraph(text if isinstance(text, Line) else Line(str(text))))

    def empty(self, text: object) -> Self:
        return self._with(Empty(str(text)))

    def table(
        self,
        headings: Sequence[object],
        rows: Iterable[Sequence[Cell | Line | str]],
        widths: Sequence[int] | None = None,
    ) -> Self:
        cells = tuple(
            tuple(each if isinstance(each, Cell) else Cell.of(each) for each in row) for row in rows
        )
        shares = widths or [100 // len(headings)] * len(headings)
        return self._with(Table(tuple(str(heading) for heading in headings), cells, tuple(shares)))

    def _with(self, block: Block) -> Self:
        self.blocks.append(block)
        return self

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what it says: two sheets with the same one say the same."""
        told: list[Any] = [self.title, self.subtitle, self.language, self.marks]
        told += [[block.kind, _words(asdict(block))] for block in self.blocks]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def foot(self) -> list[str]:
        """Whose it is, of which day, which paper, and by what to tell it from another print."""
        with override(self.language):
            register = _("Commitment tracker")
        return [register, long_date(self.day, self.language), self.name, f"SHA-256 {self.fingerprint[:16]}"]

    def as_docx(self) -> bytes:
        from tracker.desk import paper_docx

        return paper_docx.written(self)


def _words(told: Any) -> Any:
    """Without the addresses, which differ from place to place."""
    if isinstance(told, dict):
        return {name: _words(value) for name, value in told.items() if name != "address"}
    if isinstance(told, list | tuple):
        return [_words(each) for each in told]
    return told
