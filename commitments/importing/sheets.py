"""Sheets of commitments, CSV or XLSX, read as the entries of a register file: a row each."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO, NoReturn

import openpyxl
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.importing.reading import MAX_BYTES, refuse_another_kind
from commitments.importing.values import Entry, Listing, Place, Problem, Refused, Scalar
from commitments.models import LANGUAGES, Commitment
from commitments.owners import language_of

# A row takes about 10 ms of SQLite's only write lock, for which others wait 20 s at most.
MAX_ROWS = 1_000
MAX_COLUMNS = 60
MAX_PARTS, MAX_UNPACKED, MAX_RATIO = 1_000, 60 * 1024 * 1024, 100  # of an XLSX, which is a ZIP

# A heading is compared without case, spaces, hyphens and underscores.
COLUMNS: dict[str, tuple[str, ...]] = {
    "reference": ("reference", "ref", "관리번호", "번호", "참조번호", "管理番号", "整理番号", "番号"),
    "title": ("title", "commitment"),
    "title_en": ("title_en", "english title", "영문 제목", "영문", "英語件名", "英文"),
    "title_ko": ("title_ko", "korean title", "제목", "합의사항", "과제명", "국문 제목", "韓国語件名"),
    "title_ja": ("title_ja", "japanese title", "일문 제목", "件名", "合意事項", "題名", "日本語件名"),
    "forum": ("forum", "협의체", "회의체", "포럼", "協議体", "会議体", "フォーラム", "枠組み"),
    "working_group": ("working group", "group", "분과", "소분과", "작업반", "分科会", "作業部会"),
    "parties": ("parties", "party", "당사국", "참여국", "参加国", "当事国"),
    "lead": ("lead", "owner", "주관부서", "담당부서", "담당", "主管部署", "主管課", "担当課", "担当"),
    "kind": ("kind", "type", "유형", "종류", "種別", "種類"),
    "cadence_months": ("cadence", "every months", "주기(개월)", "주기", "周期(月)", "周期"),
    "declared_on": ("declared_on", "declared", "합의일", "발표일", "선언일", "合意日", "発表日"),
    "due_on": ("due_on", "due", "deadline", "기한", "마감일", "期限", "締切"),
    "quote": ("quote", "declared words", "문안", "합의문", "文言", "原文"),
    "outlook": ("outlook", "추진상황", "신호등", "見通し"),
    "note": ("note", "remarks", "비고", "메모", "備考"),
}
DAY = re.compile(r"(\d{4})\s*[-./年년]\s*(\d{1,2})\s*[-./月월]\s*(\d{1,2})\s*[.日일]?")
# The syllables of KS X 1001 in CP949; hiragana and katakana in CP932. Each hardly occurs in the other.
HANGUL_BYTES, KANA_BYTES = (
    re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"),
    re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]"),
)
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


HEADINGS_WITHIN = 10  # rows from the top; officers like a title above their table


@dataclass(frozen=True)
class Sheet:
    file: str
    records: list[Entry]
    unused: list[str]  # headings of columns that are not read


def read_sheet(file: BinaryIO, name: str) -> Sheet:
    """The rows of the first sheet under its headings. Raises Refused if it cannot be read."""
    name = PurePath(name).name
    data = file.read(MAX_BYTES + 1)
    rows = _xlsx(data, name) if data.startswith(b"PK\x03\x04") else _csv(data, name)
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if len(filled) > MAX_ROWS:
        _refuse(name, _("The sheet has more than %(count)s rows. Split it.") % {"count": MAX_ROWS})
    top, columns = _headings(filled, name)
    if len(filled) == top + 1:
        _refuse(name, _("The sheet has no row below its headings."), row=filled[top][0])
    unused = [heading for heading in filled[top][1] if heading.strip() and _column(heading) is None]
    records = [_record(number, row, columns, name) for number, row in filled[top + 1 :]]
    return Sheet(name, records, unused)


def _refuse(file: str, sentence: str, row: int = 1) -> NoReturn:
    raise Refused([Problem(file, Place(row), sentence, by_row=True)])


# ---- headings ---------------------------------------------------------------------------------------


def _plain(heading: str) -> str:
    return re.sub(r"[\s_\-·]+", "", unicodedata.normalize("NFKC", heading)).casefold()


BY_HEADING = {_plain(name): column for column, names in COLUMNS.items() for name in (column, *names)}


def _column(heading: str) -> str | None:
    return BY_HEADING.get(_plain(heading))


def _headings(filled: list[tuple[int, list[str]]], file: str) -> tuple[int, dict[int, str]]:
    """Which of the first rows holds the headings, and the column that each of them names."""
    for index, (number, row) in enumerate(filled[:HEADINGS_WITHIN]):
        columns = {place: column for place, heading in enumerate(row) if (column := _column(heading))}
        if "forum" in columns.values() and any(name.startswith("title") for name in columns.values()):
            twice = [name for name, count in Counter(columns.values()).items() if count > 1]
            if twice:
                said = _("Two columns say “%(name)s”. Leave one out.") % {"name": twice[0]}
                _refuse(file, said, row=number)
            return index, columns
    said = _(
        "No headings were found. At least “forum” and “title” are needed; docs/import.md lists all of them."
    )
    _refuse(file, said)


# ---- rows -------------------------------------------------------------------------------------------


def _record(number: int, row: list[str], columns: dict[int, str], file: str) -> Entry:
    """The row as it would stand in a register file. An empty cell says nothing."""
    entry = Entry(Place(number))
    for index, column in columns.items():
        cell = row[index].strip() if index < len(row) else ""
        if cell:
            place = Place(number, column)
            name, value = _field(column, cell, place, file)
            entry.fields[name] = value
    return entry


def _field(column: str, cell: str, place: Place, file: str) -> tuple[str, Scalar | Listing]:
    def one(**fields: str) -> Listing:
        within = {name: Scalar(place, text) for name, text in fields.items()}
        return Listing(place, [Entry(place, dict(within))])

    match column:
        case "title":
            return f"title_{language_of(cell)}", Scalar(place, cell)
        case "parties":
            codes = [code for code in re.split(r"[\s,;/·、，]+", cell) if code]
            return "parties", Listing(place, [Scalar(place, code) for code in codes])
        case "lead":
            return "assignments", one(role="lead", owner=cell)
        case "due_on":
            return "follow_ups", one(kind="deadline", due_on=_day(cell), basis="interpreted")
        case "quote":
            return "provisions", Listing(place, [Scalar(place, cell)])
        case "note":
            return "interpretations", one(
                about="scope", text=cell, basis=_("import of %(file)s") % {"file": file}
            )
        case "declared_on":
            return column, Scalar(place, _day(cell))
        case "kind":
            return column, Scalar(place, _choice(Commitment.Kind, cell))
        case "outlook":
            return column, Scalar(place, _choice(Commitment.Outlook, cell))
    return column, Scalar(place, cell)


def _day(cell: str) -> str:
    found = DAY.fullmatch(cell)
    return "-".join([found[1], found[2].zfill(2), found[3].zfill(2)]) if found else cell


def _choice(choices: type[TextChoices], cell: str) -> str:
    """The value that is meant by itself or by its word in one of the three languages."""
    words = {_plain(value): value for value in choices.values}
    for language in LANGUAGES:
        with translation.override(language):
            words |= {_plain(str(choice.label)): choice.value for choice in choices}
    return words.get(_plain(cell), cell)


# ---- CSV --------------------------------------------------------------------------------------------


def _csv(data: bytes, file: str) -> list[list[str]]:
    refuse_another_kind(data, file)
    text = _text(data, file)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(islice(reader, 2 * MAX_ROWS))
    except csv.Error as error:
        said = _("The file cannot be read here (%(told)s). Check its quotation marks.") % {"told": error}
        _refuse(file, said, row=len(rows) + 1)
    return rows


def _text(data: bytes, file: str) -> str:
    """UTF-8; else what Korean or Japanese Excel writes, if it is certain which of the two."""
    korean, japanese = len(HANGUL_BYTES.findall(data)), len(KANA_BYTES.findall(data))
    guessed = "" if korean == japanese else "cp949" if korean > japanese else "cp932"
    for encoding in filter(None, ("utf-8-sig", guessed)):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    _refuse(file, _("The file is not in UTF-8. Save it again as “CSV UTF-8”."))


# ---- XLSX -------------------------------------------------------------------------------------------


def _xlsx(data: bytes, file: str) -> list[list[str]]:
    if len(data) > MAX_BYTES:
        refuse_another_kind(data, file)
    _refuse_bomb(data, file)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(max_row=2 * MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
        texts = [[_cell(value) for value in row] for row in rows]
    except Exception as error:  # openpyxl lets through whatever it stumbles over
        said = _("The spreadsheet cannot be read (%(told)s). Save it again as XLSX.")
        raise Refused(
            [Problem(file, Place(1), said % {"told": type(error).__name__}, by_row=True)]
        ) from error
    for number, row in enumerate(texts, 1):
        wrong = ERRORS.intersection(row)
        if wrong:
            said = _("A formula gives %(error)s. Correct it, or leave the cell empty.")
            _refuse(file, said % {"error": min(wrong)}, row=number)
    return texts


def _refuse_bomb(data: bytes, file: str) -> None:
    """Before anything is unpacked: what the archive says of itself, which zipfile then holds it to."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        said = _("The spreadsheet is damaged. Save it again as XLSX.")
        raise Refused([Problem(file, Place(1), said, by_row=True)]) from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        _refuse(file, _("This is a file of another kind (%(kind)s).") % {"kind": "ZIP"})
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    too_dense = unpacked > 1024 * 1024 and unpacked > MAX_RATIO * packed
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or too_dense:
        _refuse(file, _("The spreadsheet would become too large when it is opened. Split it."))


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
