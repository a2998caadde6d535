from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from commitments.models import Change, Commitment, Forum
from tests.factories import make_forum
from tests.tracker.reading import words


def csv(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.csv", text.encode())


def show(desk: Client, sheet: SimpleUploadedFile) -> object:
    return desk.post("/import/", {"sheet": sheet})


def test_the_preview_says_what_would_be_entered_and_writes_nothing(desk: Client, forum: Forum) -> None:
    answer = show(desk, csv("forum,title\nSCCD,Exchange lists\nSCCD,목록 교환\n"))

    assert "2 new" in words(answer)
    assert "Exchange lists" in words(answer)
    assert not Commitment.objects.exists()


def test_what_was_shown_is_entered_when_the_officer_says_so(desk: Client, forum: Forum) -> None:
    preview = show(desk, csv("forum,title\nSCCD,Exchange lists\n"))

    answer = desk.post("/import/", {"kept": preview.context["kept"]}, follow=True)

    assert "1 commitment is entered." in words(answer)
    assert Change.objects.of(Commitment.objects.get()).first().via == "import"


def test_the_same_sheet_again_changes_nothing(desk: Client, forum: Forum) -> None:
    sheet = "reference,forum,title\nSCCD-2024-07,SCCD,Exchange lists\n"
    desk.post("/import/", {"kept": show(desk, csv(sheet)).context["kept"]})

    assert "All of it is in the register already." in words(show(desk, csv(sheet)))


def test_an_excel_file_is_read_too(desk: Client, forum: Forum) -> None:
    book, data = Workbook(), BytesIO()
    book.active.append(["협의체", "합의사항"])
    book.active.append(["SCCD", "목록 교환"])
    book.save(data)

    assert "1 new" in words(show(desk, SimpleUploadedFile("list.xlsx", data.getvalue())))


def test_a_refused_row_says_which_column_is_wrong_and_nothing_is_entered(desk: Client, forum: Forum) -> None:
    answer = show(desk, csv("forum,title,due\nSCCD,Exchange lists,2026-13-40\nSCCD,Second,2026-12-01\n"))

    assert "1 new 1 refused" in words(answer)
    assert "2026-13-40" in words(answer)
    assert "Import" not in [button.strip() for button in words(answer).split("Nothing has been entered.")[1:]]

    desk.post("/import/", {"kept": answer.context["kept"]})
    assert not Commitment.objects.exists()


def test_a_forum_of_another_desk_is_refused(desk: Client) -> None:
    other = make_forum()

    assert "1 refused" in words(show(desk, csv(f"forum,title\n{other.code},Exchange lists\n")))


@pytest.mark.parametrize(
    "sheet",
    [
        SimpleUploadedFile("list.csv", b"\x00\x01\x02"),
        SimpleUploadedFile("list.csv", b"nothing,that,fits\n1,2,3\n"),
        SimpleUploadedFile("list.xlsx", b"PK\x03\x04not a workbook"),
        SimpleUploadedFile("list.pdf", b"%PDF-1.7"),
    ],
    ids=["binary", "no headings", "broken zip", "another kind"],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    desk: Client, forum: Forum, sheet: SimpleUploadedFile
) -> None:
    sheet.seek(0)
    answer = show(desk, sheet)

    assert answer.status_code == 400
    assert "This file cannot be read" in words(answer)


def test_an_empty_file_is_refused_at_the_field(desk: Client) -> None:
    answer = show(desk, SimpleUploadedFile("list.csv", b""))

    assert "The submitted file is empty." in words(answer)


def test_a_file_that_is_too_large_is_refused(desk: Client) -> None:
    answer = show(desk, SimpleUploadedFile("list.csv", b"x" * (2 * 1024 * 1024 + 1)))

    assert "The file is larger than 2 MB. Split it." in words(answer)


def test_a_changed_preview_enters_nothing(desk: Client, forum: Forum) -> None:
    kept = show(desk, csv("forum,title\nSCCD,Exchange lists\n")).context["kept"]

    answer = desk.post("/import/", {"kept": "x" + kept}, follow=True)

    assert "The preview is too old. Choose the file once more." in words(answer)
    assert not Commitment.objects.exists()
