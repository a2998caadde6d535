"""What is taken away is what is shown: the same rows, columns and order, all pages, and no formula."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments.importing import read_sheet, try_sheet
from commitments.models import Commitment, Forum, ProgressReport, User
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_organisation,
    make_party,
)
from tracker.desk import exporting

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)
EVERYTHING = "&".join(
    f"column={slug}"
    for slug in (
        *("title", "forum", "state", "outlook", "note", "implementation", "date"),
        *("lead", "parties", "heard", "declared", "letter", "due"),
    )
)


def csv_rows(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def xlsx_rows(answer: Any) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    return [[value.date() if isinstance(value, datetime) else value for value in row] for row in rows]


def full(forum: Forum, **fields: Any) -> Commitment:
    """With something in every column."""
    division = make_organisation(name_en="Minerals Division")
    made = make_commitment(
        forum=forum,
        lead=make_held_post(name_en="Director of Rocks", organisation=division),
        **{"outlook": "at_risk", "outlook_note": "Slow.", "letter_number": "과-12", **fields},
    )
    made.parties.add(make_party("KOR"), make_party("JPN"))
    make_follow_up(TODAY + timedelta(days=3), commitment=made)
    ProgressReport.objects.create(
        commitment=made, state="cleared", reported_on=YESTERDAY, internal="A call was held.\nMore."
    )
    return made


def test_every_column_is_written_with_its_heading(desk: Client, forum: Forum) -> None:
    made = full(forum)

    headings, row = csv_rows(desk.get(f"/commitments/export/csv/?{EVERYTHING}"))

    told = dict(zip(headings, row, strict=True))
    assert told == {
        "Reference": made.reference,
        "Commitment": made.title,
        "Working group": "",
        "Forum": "SCCD",
        "State": "active",
        "Outlook": "at risk",
        "In one sentence": "Slow.",
        "Implementation": "not assessed",
        "Next date": (TODAY + timedelta(days=3)).isoformat(),
        "Kind of date": "deadline",
        "Lead": "Director of Rocks",
        "Division": "Minerals Division",
        "Parties": "JPN, KOR",
        "Last heard on": YESTERDAY.isoformat(),
        "Last cleared word": "A call was held.",
        "Declared on": "2024-06-27",
        "Letter number": "과-12",
    }


def test_a_sheet_says_the_same_with_days_as_days(desk: Client, forum: Forum) -> None:
    full(forum)
    address = f"/commitments/export/{{}}/?{EVERYTHING}"

    sheet = xlsx_rows(desk.get(address.format("xlsx")))

    written = [
        [value.isoformat() if isinstance(value, date) else value or "" for value in row] for row in sheet
    ]
    assert written == csv_rows(desk.get(address.format("csv")))
    assert date(2024, 6, 27) in sheet[1]


@pytest.mark.parametrize(
    "query",
    ["", "order=-reference", "order=date&column=title&column=forum", "outlook=at_risk&order=-outlook"],
)
def test_the_file_is_the_list_over_all_its_pages(desk: Client, forum: Forum, query: str) -> None:
    for number in range(53):
        make_commitment(forum=forum, outlook=["at_risk", "on_track"][number % 2])
    pages = [desk.get(f"/commitments/?{query}&page={number}") for number in (1, 2)]
    shown = [row.reference for page in pages for row in page.context["page"]]
    listing = pages[0].context["listing"]

    headings, *rows = csv_rows(desk.get(f"/commitments/export/csv/?{query}"))

    assert [row[0] for row in rows] == list(dict.fromkeys(shown))
    assert headings == [str(title) for column in listing.columns for title, _tell in column.told]


def test_what_the_file_says_of_a_row_stands_on_the_page(desk: Client, forum: Forum) -> None:
    full(forum)
    html = desk.get(f"/commitments/?{EVERYTHING}").content.decode()

    row = csv_rows(desk.get(f"/commitments/export/csv/?{EVERYTHING}"))[1]

    parts = [part for cell in row for part in cell.split(", ") if part]
    assert [part for part in parts if part not in html] == []


def test_the_link_on_the_page_asks_for_what_the_page_shows(desk: Client, forum: Forum) -> None:
    html = desk.get(f"/commitments/?ask=overdue&forum={forum.pk}&page=1").content.decode()

    assert f'href="/commitments/export/xlsx/?ask=overdue&amp;forum={forum.pk}"' in html


def test_overdue_items_of_a_forum_are_three_presses_from_the_start(desk: Client, forum: Forum) -> None:
    """The tile; the forum; XLSX."""
    other = make_forum(code="SCCD-CM", parent=forum, kind="working_group")
    late = make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum, working_group=other)).commitment
    make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum))
    assert 'href="/desk/overdue/"' in desk.get("/").content.decode()
    by_forum = {f.code: address for f, address in desk.get("/desk/overdue/").context["listing"].forums}
    narrowed = desk.get(f"/desk/overdue/{by_forum['SCCD-CM']}")
    address = f"{narrowed.context['xlsx']}?{narrowed.context['listing'].query}"
    assert f'href="{address}"' in narrowed.content.decode()

    headings, *rows = xlsx_rows(desk.get(address))

    assert headings == ["Reference", "Commitment", "Working group", "Outlook", "Date", "Kind of date"] + [
        "Lead",
        "Division",
    ]
    assert [row[0] for row in rows] == [late.reference]
    assert rows[0][4] == YESTERDAY


def test_the_date_of_a_meeting_is_in_the_file(desk: Client, forum: Forum) -> None:
    make_follow_up(YESTERDAY, meeting=make_meeting(forum=forum, ordinal=3))

    rows = csv_rows(desk.get(f"/desk/overdue/export/csv/?{EVERYTHING}"))

    assert rows[1][:2] == ["SCCD 3", str(forum)]


FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM", "＝1+1", "'=kept"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(desk: Client, forum: Forum, kind: str, formula: str) -> None:
    make_commitment(forum=forum, title_en=formula)
    answer = desk.get(f"/commitments/export/{kind}/?column=title")

    row = (csv_rows if kind == "csv" else xlsx_rows)(answer)[1]

    assert row[1] == f"'{formula}"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_what_was_taken_away_is_imported_as_it_was(
    desk: Client, officer: User, forum: Forum, kind: str, formula: str
) -> None:
    made = make_commitment(forum=forum, title_en=formula)
    answer = desk.get(f"/commitments/export/{kind}/?column=title&column=forum")
    file = io.BytesIO(b"".join(answer.streaming_content))

    sheet = read_sheet(file, f"commitments.{kind}")
    result = try_sheet(sheet, now=timezone.now(), user=officer)

    assert [(row.outcome, row.title) for row in result.rows] == [("same", made.title)]


def test_the_mark_of_the_demonstration_stands_above_the_headings(desk: Client, forum: Forum) -> None:
    make_forum(demonstration=True)
    made = full(forum)
    address = "/commitments/export/{}/?column=title&column=forum"

    for rows in (
        csv_rows(desk.get(address.format("csv"))),
        xlsx_rows(desk.get(address.format("xlsx"))),
    ):
        assert rows[0][0] == "시연용 · demonstration, not the actual state · 実演用"
        assert rows[1][0] == "Reference"
        assert rows[2][0] == made.reference


def test_a_file_is_read_in_parts_with_as_many_queries_each(
    desk: Client, forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 2)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            csv_rows(desk.get(f"/commitments/export/csv/?{EVERYTHING}"))
        return len(asked)

    for _number in range(2):
        full(forum)
    questions()
    one_part = questions()
    for _number in range(4):
        full(forum)

    assert questions() - one_part <= 2 * 4  # of each further part: leads, parties, last words


def test_a_file_comes_while_it_is_being_read(desk: Client, forum: Forum) -> None:
    full(forum)

    answer = desk.get("/commitments/export/csv/")

    assert answer.streaming
    assert answer["Content-Disposition"] == f'attachment; filename="commitments-{TODAY}.csv"'


def test_a_file_is_in_the_language_of_the_page(desk: Client, forum: Forum) -> None:
    full(forum)
    desk.cookies["django_language"] = "ko"

    headings, row = csv_rows(desk.get("/commitments/export/csv/?column=outlook"))

    assert (headings[1], row[1]) == ("추진 전망", "주의")


def test_a_saved_view_is_taken_away_by_its_address(desk: Client, forum: Forum) -> None:
    desk.post("/commitments/views/", {"name": "v", "query": "outlook=at_risk", "column": ["outlook"]})
    risky = full(forum)
    make_commitment(forum=forum)
    listing = desk.get("/commitments/").context["chosen"].views[0]

    rows = csv_rows(desk.get(f"/commitments/export/csv/?view={listing.pk}"))

    assert rows == [["Reference", "Outlook"], [risky.reference, "at risk"]]


@pytest.mark.parametrize("address", ["/commitments/export/pdf/", "/desk/waiting/export/csv/"])
def test_a_file_of_another_kind_is_not_found(desk: Client, forum: Forum, address: str) -> None:
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_another_ministrys_officer_takes_nothing_of_ours_away(forum: Forum, kind: str) -> None:
    make_follow_up(YESTERDAY, commitment=full(forum))
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))
    read = csv_rows if kind == "csv" else xlsx_rows

    assert len(read(stranger.get(f"/commitments/export/{kind}/?state=all"))) == 1
    assert len(read(stranger.get(f"/desk/overdue/export/{kind}/"))) == 1
