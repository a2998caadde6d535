"""Sheets of commitments, CSV and XLSX: each row is an entry of a register file."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from commitments.importing import Refused, SheetImported, import_sheet, read_sheet, tables, try_sheet
from commitments.models import Assignment, Change, Commitment, FollowUp, Forum, Interpretation, Post, User
from tests.factories import (
    at,
    make_document,
    make_forum,
    make_held_post,
    make_officer,
    make_party,
    make_text,
)

pytestmark = pytest.mark.django_db

NOW = at(date(2026, 11, 23))
KOREAN = '제목,협의체,주관부서,합의일,기한,비고\n논의 지속,SCCD,"미주과, 김, kim@x.example",2024. 6. 27.,2027.1.5,전화로 확인\n'
JAPANESE = "件名,会議体,種別\n協議の継続について,SCCD,recurring\n"


@pytest.fixture(autouse=True)
def _forum():
    desk = make_held_post(name_en="Director, Chips")
    make_forum(code="SCCD", desk=desk, parties=[make_party()])


def load(data: bytes | str, name: str = "rows.csv", **options: Any) -> SheetImported:
    content = data.encode() if isinstance(data, str) else data
    return import_sheet(read_sheet(io.BytesIO(content), name), now=NOW, **options)


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        load(data, name)
    return str(refused.value)


def xlsx(*rows: list[Any]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in parts.items():
            opened.writestr(name, content)
    return file.getvalue()


def test_a_row_becomes_a_commitment_with_owner_date_and_note():
    done = load(KOREAN)

    commitment = Commitment.objects.get()
    assert done.written
    assert commitment.title_ko == "논의 지속"
    assert commitment.declared_on == date(2024, 6, 27)
    assert commitment.parties.get().code == "KOR"
    assert str(commitment.assignments.get().post) == "미주과 담당"
    assert (commitment.follow_ups.get().due_on, commitment.follow_ups.get().basis) == (
        date(2027, 1, 5),
        "interpreted",
    )
    assert Interpretation.objects.get().text == "전화로 확인"


def test_the_same_sheet_again_changes_nothing_with_or_without_references():
    sheet = KOREAN + ",,,,,\n"
    load(sheet)
    load("reference,title,forum\nX-1,Talk,SCCD\n")
    before = Change.objects.count()

    outcomes = [load(sheet).rows[0].outcome, load("reference,title,forum\nX-1,Talk,SCCD\n").rows[0].outcome]

    assert outcomes == ["same", "same"]
    assert Change.objects.count() == before


def test_a_known_reference_is_changed_and_its_date_moved():
    load("reference,title,forum,due\nX-1,Talk,SCCD,2027-01-05\n")

    done = load("reference,title,forum,due\nX-1,Talk again,SCCD,2027-02-05\n")

    assert done.rows[0].outcome == "changed"
    assert Commitment.objects.get().title_en == "Talk again"
    assert FollowUp.objects.get().due_on == date(2027, 2, 5)


def test_the_result_says_of_each_row_what_is_wrong_and_nothing_is_written():
    done = load("title,forum,declared_on\nGood,SCCD,2024-06-27\n\nBad,SCDC,27/6/2024\n")

    assert [(row.row, row.outcome) for row in done.rows] == [(2, "new"), (4, "refused")]
    assert [str(problem) for problem in done.rows[1].problems] == [
        "rows.csv, row 4, forum: There is no forum “SCDC”, neither in the file nor in the register. Did you mean “SCCD”?",
        "rows.csv, row 4, declared_on: “27/6/2024” is no day. Write it as 2024-06-27.",
    ]
    assert not done.written
    assert not Commitment.objects.exists()


def test_a_trial_tells_the_same_and_writes_nothing():
    done = try_sheet(read_sheet(io.BytesIO(KOREAN.encode()), "rows.csv"), now=NOW)

    assert done.rows[0].outcome == "new"
    assert not done.written
    assert not User.objects.filter(email="kim@x.example").exists()


def test_an_officer_enters_only_in_the_forums_of_the_desk():
    officer = make_officer(make_forum(code="OWN"))

    done = load("title,forum\nMine,OWN\nAnother's,SCCD\n", user=officer)

    assert [row.outcome for row in done.rows] == ["new", "refused"]
    assert "You may not enter this here." in str(done.problems[0])


def test_an_officer_cannot_change_the_commitment_of_another_desk():
    load("reference,title,forum\nX-1,Talk,SCCD\n")
    officer = make_officer(make_forum(code="OWN"))

    done = load("reference,title,forum\nX-1,Taken over,OWN\n", user=officer)

    assert "in use" in str(done.problems[0])
    assert Commitment.objects.get().title_en == "Talk"


def test_the_officer_stands_in_the_history():
    officer = make_officer(make_forum(code="OWN"))

    load("title,forum\nMine,OWN\n", user=officer)

    assert Change.objects.get(model="commitments.commitment").by == officer


def test_a_lead_may_be_the_name_of_a_post():
    load('title,forum,lead\nTalk,SCCD,"Director, Chips"\n')

    assert Assignment.objects.get().post == Post.objects.get()


def test_a_forum_may_be_called_by_any_of_its_names():
    make_forum(code="TCIM", name_ko="한미일 산업장관회의", aliases="Trilateral")

    load("title,forum\nTalk,한미일 산업장관회의\nMeet,trilateral\n")

    assert list(Commitment.objects.values_list("forum__code", flat=True)) == ["TCIM", "TCIM"]


def test_words_are_linked_where_they_stand_in_a_text_of_the_forum():
    make_text("They go on.", document=make_document(forum=Forum.objects.get()))

    load("title,forum,quote\nTalk,SCCD,go on\n")

    assert Commitment.objects.get().provisions.get().quote == "go on"


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (KOREAN.encode("utf-8-sig"), "논의 지속"),
        (KOREAN.encode("cp949"), "논의 지속"),
        (KOREAN.replace(",", ";").replace("미주과; 김; kim", "미주과, 김, kim").encode(), "논의 지속"),
        (JAPANESE.encode("cp932"), "協議の継続について"),
        ("\n표\n".encode() + KOREAN.encode(), "논의 지속"),
        (xlsx(["title", "forum"], ["논의 지속", "SCCD"]), "논의 지속"),
    ],
)
def test_headings_and_encodings_of_korea_and_japan_are_understood(data: bytes, title: str):
    load(data)

    assert str(Commitment.objects.get().title) == title


def test_numbers_and_days_of_a_spreadsheet_are_read_as_such():
    data = xlsx(
        ["title", "forum", "cadence", "kind", "declared", "due"],
        ["T", "SCCD", 12.0, "Recurring", date(2024, 6, 27), datetime(2027, 3, 1)],  # noqa: DTZ001 - a sheet knows no zones
    )

    load(data, "rows.xlsx")

    commitment = Commitment.objects.get()
    assert (commitment.kind, commitment.cadence_months) == ("recurring", 12)
    assert commitment.declared_on == date(2024, 6, 27)
    assert commitment.follow_ups.get().due_on == date(2027, 3, 1)


def test_a_formula_that_nobody_has_worked_out_is_refused_with_its_place():
    data = xlsx(["title", "forum"], ["Talk", "SCCD"], ["=1+1", "SCCD"])

    assert "row 3, A: The formula here has no value yet." in refusal(data, "rows.xlsx")


def test_a_formula_in_a_text_file_is_refused_with_its_place():
    data = b'title,forum\nTalk,SCCD\n"=HYPERLINK(""http://x"")",SCCD\n'

    assert "row 3, A: This is a formula. Write its value." in refusal(data, "rows.csv")


def test_the_note_comes_again_under_another_file_name_and_in_another_language():
    load(KOREAN, "first.csv")

    with translation.override("ko"):
        again = load(KOREAN, "second.csv")

    assert again.rows[0].outcome == "same"
    assert Interpretation.objects.get().basis == "first.csv"


def test_two_supporting_divisions_stand_in_one_cell():
    held = [make_held_post(name_en=f"Director, {name}") for name in ("Ores", "Cars")]

    load('title,forum,supporting\nTalk,SCCD,"Director, Ores; Director, Cars"\n')

    posts = Assignment.objects.filter(role="supporting").values_list("post", flat=True)
    assert set(posts) == {post.pk for post in held}


def test_columns_that_are_not_read_are_named():
    sheet = read_sheet(io.BytesIO(b"title,forum,Colour\nTalk,SCCD,red\n"), "rows.csv")

    assert sheet.unused == ["Colour"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"title,forum\n", "row 1: The sheet has no row below its headings."),
        (b"name,place\na,b\n", "No headings were found."),
        (b"title,Title,forum\na,b,SCCD\n", "Two columns say “title”."),
        (b'title,forum\n"Talk,SCCD\n', "row 2: The file cannot be read here"),
        (b"title,forum\n\xff\xfe\x81,SCCD\n", "The file is not in UTF-8. Save it again as “CSV UTF-8”."),
        ("件名,会議体\n協議,SCCD\n".encode("cp932"), "The file is not in UTF-8."),
        (b"title,forum\n" + b"Talk,SCCD\n" * (max(tables.MOST_ROWS.values()) + 1), "rows. Split it."),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "an old Excel file or another document (XLS/DOC/HWP)"),
        (archive(**{"word/document.xml": b"<w/>"}), "another kind (DOCX)"),
        (archive(**{"xl/workbook.xml": bytes(50_000_000)}), "too large when it is opened"),
        (archive(**{"xl/workbook.xml": b"", **{f"{n}": b"" for n in range(1000)}}), "too large when it is opened"),
        (b"PK\x03\x04" + bytes(100), "The spreadsheet is damaged."),
        (archive(**{"xl/workbook.xml": b"<x>", "[Content_Types].xml": b"<x>"}), "The spreadsheet cannot be read"),
        (xlsx(["title", "forum"], ["#REF!", "SCCD"]), "row 2, A: A formula gives #REF!."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet_is_refused_in_a_sentence(data: bytes, sentence: str):
    assert sentence in refusal(data, "rows.xlsx")


def test_an_entity_in_a_spreadsheet_reads_no_file_of_the_server():
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    parts = {}
    with zipfile.ZipFile(io.BytesIO(xlsx(["title", "forum"], ["Talk", "SCCD"]))) as book:
        for name in book.namelist():
            content = book.read(name)
            parts[name] = content.replace(b"<sst ", entity + b"<sst ").replace(b"Talk", b"&e;")

    assert "The spreadsheet cannot be read" in refusal(archive(**parts), "rows.xlsx")
