"""Files as rows of cells: what is measured before it is parsed, and what no officer would upload."""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from commitments.importing import Refused, tables
from commitments.importing.tables import read_table

Change = Callable[[str, bytes], bytes]
KOREAN, JAPANESE = (
    "협의체,합의사항\nSCCD,핵심광물 논의를 계속한다\n",
    "会議体,件名\nSCCD,協議の継続について\n",
)


def xlsx(*rows: list[Any]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


SIMPLE = xlsx(["title", "forum"], ["Talk", "SCCD"])


def rebuilt(change: Change, book: bytes = SIMPLE, **more: bytes) -> bytes:
    """The same book with some of its parts written otherwise."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in more.items():
            new.writestr(name, content)
    return file.getvalue()


def in_sheet(old: bytes, new: bytes) -> bytes:
    return rebuilt(lambda name, text: text.replace(old, new) if "sheet1" in name else text)


def with_formula(cell: bytes) -> bytes:
    return rebuilt(lambda name, text: re.sub(rb'<c r="A2".*?</c>', cell, text) if "sheet1" in name else text)


def declaring(size: int, data: bytes = SIMPLE) -> bytes:
    """An archive whose first part says that it is that large: bytes 24 to 27 of its central entry."""
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def refusal(data: bytes, name: str = "list.xlsx") -> str:
    with pytest.raises(Refused) as refused:
        read_table(data, name)
    return str(refused.value)


def cells(data: bytes, name: str = "list.csv") -> list[list[str]]:
    return [row.cells for row in read_table(data, name).rows]


# ---- archives that are not what they seem


ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("entities", [ENTITY, LAUGHS])
def test_entities_of_xml_are_refused_and_never_followed(entities: bytes) -> None:
    data = in_sheet(b"<worksheet ", entities + b"<worksheet ")

    assert "The spreadsheet has XML entities within" in refusal(data)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = rebuilt(lambda name, text: text, **{"xl/media/image1.png": bytes(70 * 1024 * 1024)})

    assert "would become too large when it is opened" in refusal(data)


def test_one_that_declares_a_gigabyte_is_refused_unopened() -> None:
    assert "would become too large when it is opened" in refusal(declaring(1024**3))


def test_one_that_declares_less_than_it_holds_is_damaged() -> None:
    assert "The spreadsheet is damaged." in refusal(declaring(1))


def test_too_many_parts_are_refused() -> None:
    data = rebuilt(lambda name, text: text, **{f"xl/{n}.xml": b"" for n in range(1000)})

    assert "would become too large when it is opened" in refusal(data)


def test_an_archive_within_the_archive_is_refused() -> None:
    data = rebuilt(lambda name, text: text, **{"xl/embeddings/more.zip": b"PK"})

    assert "Another archive lies within the spreadsheet (xl/embeddings/more.zip)." in refusal(data)


def test_a_protected_part_is_refused() -> None:
    at = SIMPLE.index(b"PK\x01\x02") + 8

    assert "protected with a password" in refusal(SIMPLE[:at] + b"\x01\x00" + SIMPLE[at + 2 :])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused() -> None:
    data = rebuilt(lambda name, text: text, **{"xl/workbook.xml": b"<x/>"})

    assert "The spreadsheet is damaged." in refusal(data)


# ---- sheets of XLSX


def test_a_formula_counts_as_what_excel_last_saw() -> None:
    data = with_formula(b'<c r="A2"><f>1+1</f><v>2</v></c>')

    assert cells(data, "list.xlsx")[1][0] == "2"


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell() -> None:
    data = with_formula(b'<c r="A2" t="str"><f>IF(1,"")</f><v></v></c>')

    assert cells(data, "list.xlsx")[1][:2] == ["", "SCCD"]


def test_a_row_far_below_what_the_sheet_says_of_its_size_is_read() -> None:
    book = xlsx(["title", "forum"], *[["Talk", "SCCD"]] * 50)
    data = rebuilt(lambda name, text: text.replace(b'ref="A1:B51"', b'ref="A1:B2"'), book)

    assert len(cells(data, "list.xlsx")) == 51


def test_a_row_beyond_every_sheet_is_refused() -> None:
    data = in_sheet(b'<row r="2">', b'<row r="99999999999">')

    assert "rows. Split it." in refusal(data)


def test_the_other_sheets_are_named_as_not_read() -> None:
    book, file = openpyxl.load_workbook(io.BytesIO(SIMPLE)), io.BytesIO()
    book.active.title = "First"
    book.create_sheet("Second")
    book.save(file)

    assert read_table(file.getvalue(), "list.xlsx").notes == ["Only the first sheet is read: “First”."]


# ---- too much of it


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    assert "The file is larger than 8 MB." in refusal(b"x" * (tables.MAX_BYTES + 1))


def test_too_many_columns_are_refused_and_not_cut() -> None:
    wide = ",".join(["x"] * (tables.MAX_COLUMNS + 1))

    assert "row 1: The sheet has more than 60 columns." in refusal(wide.encode(), "list.csv")
    assert "row 1: The sheet has more than 60 columns." in refusal(xlsx(["x"] * 61))


def test_a_cell_that_is_too_long_is_named() -> None:
    data = f"title,forum\nTalk,{'x' * (tables.MAX_CELL + 1)}\n".encode()

    assert "list.csv, row 2, B: The cell has more than 20000 characters." in refusal(data, "list.csv")


# ---- text


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (KOREAN, "cp949", "CP949 (EUC-KR)"),
        (KOREAN, "euc_kr", "CP949 (EUC-KR)"),
        (JAPANESE, "cp932", "Shift_JIS (CP932)"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (KOREAN, "utf-16", "UTF-16"),
        (JAPANESE.replace(",", "\t"), "utf-16", "UTF-16"),
    ],
)
def test_another_encoding_is_recognised_and_said(text: str, encoding: str, named: str) -> None:
    table = read_table(text.encode(encoding), "list.csv")

    assert table.rows[1].cells == text.splitlines()[1].replace("\t", ",").split(",")
    assert table.notes == [f"The file was read as {named}. See that the words are right."]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("会議,件名\n協議,協議\n".encode("cp932"), "The file is not in UTF-8."),
        ("title,forum\n".encode("utf-16-le"), "U+0000"),
        (b"title,forum\nTa\x00lk,SCCD\n", "row 2: The file has a character that no text has (U+0000)."),
        (b"<html><table><tr><td>title</td></tr></table>", "another kind (HTML). Open it in Excel"),
        (b'<?xml version="1.0"?><Workbook/>', "another kind (XML). Open it in Excel"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (b"%PDF-1.7", "another kind (PDF)"),
        (b"\n\n ,\n", "The file is empty."),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    assert sentence in refusal(data, "list.xls")


def test_a_text_with_the_name_of_a_workbook_is_read_by_its_content_and_that_is_said() -> None:
    table = read_table(b"title,forum\nTalk,SCCD\n", "list.xlsx")

    assert table.rows[1].cells == ["Talk", "SCCD"]
    assert table.notes == ["Its name says Excel, its content is plain text: it was read as CSV."]


def test_line_ends_may_be_mixed_and_stand_within_a_cell() -> None:
    data = b'\xef\xbb\xbftitle,forum\r\n"Talk\nand\r\nmeet",SCCD\rMeet,SCCD\n'

    assert cells(data) == [["title", "forum"], ["Talk\nand\r\nmeet", "SCCD"], ["Meet", "SCCD"]]


def test_commas_within_quotation_marks_do_not_decide_what_separates() -> None:
    assert cells(b'title;lead\nTalk;"Division, Kim, k@x.example"\n')[1] == [
        "Talk",
        "Division, Kim, k@x.example",
    ]
