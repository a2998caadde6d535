"""A spreadsheet on the desk: uploaded or pasted, its columns named, shown row by row, entered, or given up."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from commitments.importing import runs, tables
from commitments.models import Change, ColumnMapping, Commitment, Forum, Holiday, ImportRun, PostHolding, User
from notifications import tasks
from tests.factories import (
    make_calendar,
    make_commitment,
    make_forum,
    make_holding,
    make_membership,
    make_officer,
    make_party,
    make_post,
    make_user,
)
from tests.tracker.reading import words

HEADINGS = "forum,title\n"
TWO = HEADINGS + "SCCD,Exchange lists\nSCCD,목록 교환\n"
UNKNOWN = "forum,title,Colour\nSCCD,Exchange lists,red\n"
READ = {"column-0": "forum", "column-1": "title", "column-2": "-"}


def csv(text: str, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def upload(client: Client, sheet: Any, kind: str = "commitments") -> Any:
    given = {"sheet": csv(sheet) if isinstance(sheet, str) else sheet}
    return client.post("/import/", {"kind": kind, **given}, follow=True)


def last() -> ImportRun:
    return ImportRun.objects.latest("pk")


def enter(client: Client) -> Any:
    return client.post(f"/import/{last().pk}/enter/", follow=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator(forum: Forum) -> Client:
    return signed_in(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is one for the worker."""
    monkeypatch.setattr(runs, "AT_ONCE", 0)


large = pytest.mark.usefixtures("_large")


# ---- shown, then entered


def test_the_preview_says_what_would_be_entered_and_writes_nothing(desk: Client, forum: Forum) -> None:
    answer = upload(desk, TWO)

    assert "2 rows 2 new" in words(answer)
    assert "Exchange lists" in words(answer)
    assert not Commitment.objects.exists()


def test_what_was_shown_is_entered_when_the_officer_says_so(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)

    answer = enter(desk)

    assert "2 rows are entered anew, 0 are changed." in words(answer)
    assert "What was entered" in words(answer)
    assert Change.objects.of(Commitment.objects.first()).first().via == "import"


def test_entering_twice_is_entering_once(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    enter(desk)

    answer = enter(desk)

    assert "There is nothing to enter here" in words(answer)
    assert Commitment.objects.count() == 2


def test_the_same_sheet_again_changes_nothing(desk: Client, forum: Forum) -> None:
    sheet = "reference,forum,title\nSCCD-2024-07,SCCD,Exchange lists\n"
    upload(desk, sheet)
    enter(desk)

    assert "All of it is in the register already." in words(upload(desk, sheet))


def test_a_change_is_shown_field_by_field_old_beside_new(desk: Client, forum: Forum) -> None:
    make_commitment(forum=forum, reference="SCCD-2024-07", title_en="Exchange lists")

    answer = upload(desk, "reference,forum,title\nSCCD-2024-07,SCCD,Exchange all lists\n")

    assert "1 changed" in words(answer)
    assert "Title in English Exchange lists Exchange all lists" in words(answer)


def test_pasted_rows_are_read_as_a_file_is(desk: Client, forum: Forum) -> None:
    pasted = 'forum\ttitle\r\nSCCD\t"Exchange\nlists"\r\n'

    answer = desk.post("/import/", {"kind": "commitments", "pasted": pasted}, follow=True)

    assert "1 row 1 new" in words(answer)


def test_a_file_and_pasted_rows_together_are_one_too_many(desk: Client, forum: Forum) -> None:
    answer = desk.post("/import/", {"kind": "commitments", "pasted": TWO, "sheet": csv(TWO)})

    assert "Choose a file or paste the rows, one of the two." in words(answer)


def test_an_excel_file_is_read_too(desk: Client, forum: Forum) -> None:
    book, data = Workbook(), BytesIO()
    book.active.append(["협의체", "합의사항"])
    book.active.append(["SCCD", "목록 교환"])
    book.save(data)

    assert "1 new" in words(upload(desk, SimpleUploadedFile("list.xlsx", data.getvalue())))


def test_a_refused_row_names_the_officers_own_column_and_nothing_is_entered(
    desk: Client, forum: Forum
) -> None:
    answer = upload(desk, "협의체,합의사항,기한\nSCCD,목록 교환,2026-13-40\nSCCD,둘째,2026-12-01\n")

    assert "1 refused 1 new" in words(answer)
    assert "기한 (C): “2026-13-40” is no day" in words(answer)

    enter(desk)
    assert not Commitment.objects.exists()


def test_rows_of_one_kind_are_shown_alone(desk: Client, forum: Forum) -> None:
    upload(desk, "forum,title,due\nSCCD,Wrong,2026-13-40\nSCCD,Right,2026-12-01\n")

    assert "Right" not in words(desk.get(f"/import/{last().pk}/?show=refused"))


def test_if_the_register_has_changed_since_it_is_shown_anew(desk: Client, forum: Forum) -> None:
    upload(desk, "reference,forum,title\nSCCD-2024-07,SCCD,Exchange lists\n")
    make_commitment(forum=forum, reference="SCCD-2024-07", title_en="Something else")

    answer = enter(desk)

    assert "Nothing was entered: the result would be another" in words(answer)
    assert "1 changed" in words(answer)
    assert Commitment.objects.get().title_en == "Something else"

    assert "0 rows are entered anew, 1 is changed." in words(enter(desk))


# ---- columns


def test_a_column_that_is_not_known_is_asked_about(desk: Client, forum: Forum) -> None:
    answer = upload(desk, UNKNOWN)

    assert "What the columns mean" in words(answer)
    assert "Colour red" in words(answer)


def test_a_column_is_left_out_on_purpose_only(desk: Client, forum: Forum) -> None:
    upload(desk, UNKNOWN)

    refused = desk.post(f"/import/{last().pk}/columns/", READ | {"column-2": ""})
    answer = desk.post(f"/import/{last().pk}/columns/", READ, follow=True)

    assert "Say what “Colour” means, or that it is not read." in words(refused)
    assert "These columns are not read: Colour" in words(answer)


def test_what_columns_mean_is_remembered_for_the_same_headings(desk: Client, forum: Forum) -> None:
    sheet = "body,what,Colour\nSCCD,Exchange lists,red\n"
    upload(desk, sheet)
    desk.post(f"/import/{last().pk}/columns/", READ)

    answer = upload(desk, "Colour,what,body\nblue,Meet,SCCD\n")

    assert "1 row 1 new" in words(answer)
    assert last().columns == ["-", "title", "forum"]


def test_a_colleague_of_the_same_division_is_proposed_the_same(
    desk: Client, officer: User, forum: Forum
) -> None:
    post = make_post()
    colleague = make_officer(forum)
    for person in (officer, colleague):
        make_holding(make_post(organisation=post.organisation), person)
    upload(desk, UNKNOWN)
    desk.post(f"/import/{last().pk}/columns/", READ)

    assert "1 row 1 new" in words(upload(signed_in(colleague), UNKNOWN))


def test_somebody_elsewhere_is_asked_anew(desk: Client, forum: Forum) -> None:
    upload(desk, UNKNOWN)
    desk.post(f"/import/{last().pk}/columns/", READ)

    assert "What the columns mean" in words(upload(signed_in(make_officer(forum)), UNKNOWN))


def test_one_forum_may_be_said_for_all_rows(desk: Client, forum: Forum) -> None:
    upload(desk, "title\nExchange lists\nMeet\n")

    answer = desk.post(
        f"/import/{last().pk}/columns/", {"column-0": "title", "all-forum": "SCCD"}, follow=True
    )

    assert "2 rows 2 new" in words(answer)
    assert "What holds for all rows: forum SCCD" in words(upload(desk, "title\nOnce more\n"))


def test_two_columns_cannot_mean_the_same(desk: Client, forum: Forum) -> None:
    upload(desk, UNKNOWN)

    answer = desk.post(f"/import/{last().pk}/columns/", READ | {"column-2": "title"})

    assert "“title” means this already. One column each." in words(answer)


def test_what_is_needed_is_asked_for(desk: Client, forum: Forum) -> None:
    upload(desk, UNKNOWN)

    answer = desk.post(f"/import/{last().pk}/columns/", READ | {"column-0": "-"})

    assert "A column is missing: forum." in words(answer)


# ---- people and holidays


def test_an_administrator_brings_in_people_with_their_posts(administrator: Client) -> None:
    make_party("KOR")
    sheet = "성명,이메일,국가,부서,직위,부임일\n김하나,kim@x.example,KOR,핵심광물과,과장,2026.3.1.\n"

    upload(administrator, sheet, "people")
    enter(administrator)

    holding = PostHolding.objects.get(user__email="kim@x.example")
    assert (holding.user.name_ko, str(holding.post), str(holding.post.organisation)) == (
        "김하나",
        "과장",
        "핵심광물과",
    )
    assert "All of it is in the register already." in words(upload(administrator, sheet, "people"))


def test_one_person_with_two_posts_has_two_rows(administrator: Client) -> None:
    make_party("KOR")
    row = "Kim,kim@x.example,KOR,Minerals,{},2026-03-01\n"
    sheet = "name,mail,party,division,post,from\n" + row.format("Director") + row.format("Secretary")

    upload(administrator, sheet, "people")
    enter(administrator)

    assert PostHolding.objects.filter(user__email="kim@x.example").count() == 2


def test_an_officer_is_not_offered_people(desk: Client) -> None:
    answer = desk.post("/import/", {"kind": "people", "pasted": "name\tmail\nKim\tkim@x.example\n"})

    assert answer.status_code == 400
    assert not User.objects.filter(email="kim@x.example").exists()


def test_holidays_come_from_a_sheet_for_the_calendar_that_is_named(desk: Client, forum: Forum) -> None:
    make_calendar("KR")
    upload(desk, "날짜,명칭\n2026.12.31.(목),임시공휴일\n", "holidays")

    desk.post(
        f"/import/{last().pk}/columns/",
        {"column-0": "day", "column-1": "name", "all-calendar": "KR"},
    )
    enter(desk)

    holiday = Holiday.objects.get()
    assert (str(holiday), holiday.calendar.code, holiday.working) == ("2026-12-31: 임시공휴일", "KR", False)


def test_one_day_twice_in_a_sheet_is_refused(desk: Client, forum: Forum) -> None:
    make_calendar("KR")

    answer = upload(desk, "calendar,day,name\nKR,2026-12-31,A\nKR,2026-12-31,B\n", "holidays")

    assert "This stands in the file already, in row 2." in words(answer)


# ---- who may


def test_a_forum_of_another_desk_is_refused(desk: Client) -> None:
    other = make_forum()

    assert "1 refused" in words(upload(desk, f"forum,title\n{other.code},Exchange lists\n"))


def test_who_only_reads_has_no_such_page(forum: Forum) -> None:
    reader = make_user(is_staff=True)
    make_membership(reader, "reader", forum=forum)

    assert signed_in(reader).get("/import/").status_code == 404


@pytest.mark.parametrize("page", ["", "columns/", "enter/", "cancel/"])
def test_the_file_of_another_is_not_there(
    desk: Client, forum: Forum, administrator: Client, page: str
) -> None:
    upload(desk, TWO)
    ask = administrator.post if page in {"enter/", "cancel/"} else administrator.get

    assert ask(f"/import/{last().pk}/{page}").status_code == 404


# ---- large files


@large
def test_a_large_file_waits_for_a_worker_and_says_so(desk: Client, forum: Forum) -> None:
    assert "Waiting for a worker." in words(upload(desk, TWO))


@large
def test_how_far_it_is_survives_a_reload(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    run = last()
    run.lease_token = ImportRun.objects.claim(run.pk, now=timezone.now())
    run.counted(2)
    run.beat(now=timezone.now(), rows_done=1)

    page = desk.get(f"/import/{run.pk}/")

    assert "1 of 2 rows" in words(page)
    assert '<progress class="import-bar" value="1" max="2"' in page.content.decode()


@large
def test_the_worker_checks_and_enters_it(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    tasks.carry_on_import(run_id=last().pk)
    assert "2 rows 2 new" in words(desk.get(f"/import/{last().pk}/"))

    enter(desk)
    tasks.carry_on_import(run_id=last().pk)

    assert Commitment.objects.count() == 2
    assert "What was entered" in words(desk.get(f"/import/{last().pk}/"))


@large
def test_a_cancelled_import_enters_nothing(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    tasks.carry_on_import(run_id=last().pk)
    enter(desk)

    answer = desk.post(f"/import/{last().pk}/cancel/", follow=True)
    tasks.carry_on_import(run_id=last().pk)

    assert "Cancelled. Nothing of it is entered." in words(answer)
    assert not Commitment.objects.exists()


def test_what_is_entered_cannot_be_cancelled(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    enter(desk)

    answer = desk.post(f"/import/{last().pk}/cancel/", follow=True)

    assert "It was entered already" in words(answer)
    assert last().state == "done"


# ---- what cannot be read


@pytest.mark.parametrize(
    "sheet",
    [
        SimpleUploadedFile("list.csv", b"\x00\x01\x02"),
        SimpleUploadedFile("list.xlsx", b"PK\x03\x04not a workbook"),
        SimpleUploadedFile("list.pdf", b"%PDF-1.7"),
    ],
    ids=["binary", "broken zip", "another kind"],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    desk: Client, forum: Forum, sheet: SimpleUploadedFile
) -> None:
    sheet.seek(0)
    answer = upload(desk, sheet)

    assert answer.status_code == 400
    assert "This file cannot be read" in words(answer)
    assert not ImportRun.objects.exists()


def test_an_empty_file_is_refused_at_the_field(desk: Client, forum: Forum) -> None:
    answer = upload(desk, SimpleUploadedFile("list.csv", b""))

    assert "The submitted file is empty." in words(answer)


def test_a_file_that_is_too_large_is_refused(desk: Client, forum: Forum) -> None:
    answer = upload(desk, SimpleUploadedFile("list.csv", b"x" * (tables.MAX_BYTES + 1)))

    assert "The file is larger than 8 MB. Split it." in words(answer)


# ---- kept for some days


def test_a_file_is_put_away_after_seven_days_and_what_it_brought_stays(desk: Client, forum: Forum) -> None:
    upload(desk, TWO)
    enter(desk)
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=8))

    tasks.keep_imports()

    assert not ImportRun.objects.exists()
    assert Commitment.objects.count() == 2
    assert ColumnMapping.objects.exists()
