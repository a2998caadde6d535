import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Forum, Marking
from tests.factories import at, make_commitment, make_follow_up, make_forum, make_meeting, make_officer
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def address(forum: Forum, asked: str = "") -> str:
    return f"/forums/{forum.pk}/timeline/{asked}"


def page(desk: Client, forum: Forum, asked: str = "") -> str:
    return words(desk.get(address(forum, asked)))


def table(desk: Client, forum: Forum, asked: str = "") -> str:
    text = page(desk, forum, asked)
    return text[text.index("Of what Day What") :]


def marks(desk: Client, forum: Forum, asked: str = "") -> list[str]:
    """What the strips show: the titles of their marks and spans."""
    html = desk.get(address(forum, asked)).content.decode()
    return re.findall(r"<title>(.*?)</title>", html.partition("</head>")[2])


def due(forum: Forum, on: date, title: str = "Exchange lists", **fields: Any) -> Any:
    commitment = make_commitment(forum=forum, title_en=title, **fields.pop("commitment", {}))
    return make_follow_up(on, commitment=commitment, **fields)


def test_it_shows_meetings_and_dates_in_the_picture_and_in_the_table(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=2, state="held", starts_on=date(2024, 6, 27))
    due(forum, date(2026, 12, 14))

    assert marks(desk, forum) == [
        "SCCD 2 · Thu 27 Jun 2024 · held",
        "deadline · Mon 14 Dec 2026 · to come · as declared",
    ]
    assert "SCCD Meetings Thu 27 Jun 2024 SCCD 2 – – ◆ held" in table(desk, forum)
    assert "SCCD-2024-01 Exchange lists Mon 14 Dec 2026 deadline as declared – ● to come" in table(
        desk, forum
    )


def test_picture_and_table_have_the_same_items(desk: Client, forum: Forum) -> None:
    for number in range(1, 4):
        make_meeting(forum=forum, ordinal=number, state="held", starts_on=date(2024, number, 1))
        due(forum, date(2026, 12, number), basis="interpreted")
    due(forum, date(2026, 3, 1), closed_at=at(TODAY), outcome="done")

    html = desk.get(address(forum)).content.decode()

    assert len(marks(desk, forum)) == 7
    assert html.count('<td class="narrow"><span class="light light-date-') == 7


def test_a_date_says_which_meeting_it_hangs_on(desk: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, ordinal=3, state="confirmed", starts_on=date(2027, 4, 1))
    due(forum, date(2027, 2, 18), kind="meeting_review", anchor_meeting=meeting)

    assert "review before the meeting as declared SCCD 3 ● to come" in table(desk, forum)
    assert 'class="line line-tie-fixed"' in desk.get(address(forum)).content.decode()


def test_a_meeting_without_a_day_has_none_invented(desk: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, ordinal=3)
    due(forum, date(2026, 12, 14), kind="meeting_review", anchor_meeting=meeting, basis="computed")

    assert "SCCD Meetings no day yet SCCD 3 – – ◇ expected" in table(desk, forum)
    assert "computed SCCD 3 (no day yet)" in table(desk, forum)
    assert not any(title.startswith("SCCD 3") for title in marks(desk, forum))
    assert 'class="line line-tie-floating"' in desk.get(address(forum)).content.decode()


def test_when_it_is_expected_by_our_reading_stands_apart(desk: Client, forum: Forum) -> None:
    window = {"window_start_on": date(2025, 1, 1), "window_end_on": date(2025, 12, 31)}
    make_meeting(forum=forum, ordinal=2, window_reading="“annually”", **window)

    said = "Our reading: when it is expected Wed 1 Jan 2025 – Wed 31 Dec 2025 SCCD 2 “annually”"
    assert said in table(desk, forum)
    assert "○ no record here, to be checked" in table(desk, forum)
    assert 'class="span span-none"' in desk.get(address(forum)).content.decode()


def test_a_date_by_our_reading_is_ringed(desk: Client, forum: Forum) -> None:
    due(forum, date(2026, 12, 14), basis="interpreted")

    assert 'class="mark mark-ring"' in desk.get(address(forum)).content.decode()
    assert "deadline our reading" in table(desk, forum)


def test_a_body_is_shown_with_what_is_below_it(desk: Client, forum: Forum) -> None:
    group = make_forum(code="SCCD-CM", parent=forum, name_en="Minerals Group")
    make_meeting(forum=group, ordinal=1, state="held", starts_on=date(2026, 5, 1))
    due(forum, date(2026, 12, 14), commitment={"working_group": group})

    text = page(desk, forum)

    assert "Minerals Group SCCD-CM Meetings" in text
    assert "With all bodies below it." in text
    assert "Exchange lists" in page(desk, group)


def test_of_a_very_long_time_the_years_around_today_are_shown_first(desk: Client, forum: Forum) -> None:
    due(forum, date(2045, 1, 1), "Far away")
    due(forum, date(2026, 12, 14), "Near")

    assert len(marks(desk, forum)) == 1
    assert "1 day lies outside the time that is shown; the table has it." in page(desk, forum)
    assert "Sun 1 Jan 2045" in table(desk, forum)
    assert len(marks(desk, forum, "?time=all")) == 2


def test_many_commitments_are_turned_over_in_pages(desk: Client, forum: Forum) -> None:
    for number in range(26):
        due(forum, date(2026, 12, 14), f"Item {number}")

    assert len(marks(desk, forum)) == 25
    assert len(marks(desk, forum, "?page=2")) == 1


def test_drafts_and_what_fell_away_are_not_shown(desk: Client, forum: Forum) -> None:
    due(forum, date(2026, 12, 14), "Draft", commitment={"workflow": "draft"})
    due(forum, date(2026, 12, 14), "Live", closed_at=at(TODAY), outcome="superseded")

    assert "Draft" not in page(desk, forum)
    assert "Live no date" in table(desk, forum)


@pytest.mark.parametrize(
    ("language", "ticks"),
    [
        ("en", "July 2023 2024 Jul 2025"),
        ("ko", "2023년 7월 2024년 7월 2025년"),
        ("ja", "2023年7月 2024年 7月 2025年"),
    ],
)
def test_the_axis_is_written_in_the_language_of_the_page(
    desk: Client, forum: Forum, language: str, ticks: str
) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2023, 4, 27))
    desk.cookies["django_language"] = language

    assert ticks in page(desk, forum)


def test_an_empty_body_says_what_to_do(desk: Client, forum: Forum) -> None:
    assert "No meeting is entered here, and no commitment is here for you to see." in page(desk, forum)


def test_meetings_lead_to_it(desk: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, ordinal=1)

    for listing in ("/meetings/", f"/meetings/{meeting.pk}/"):
        html = desk.get(listing).content.decode()
        assert f'href="/forums/{forum.pk}/timeline/"' in html
        assert f'href="/forums/{forum.pk}/dashboard/"' in html


def test_a_restricted_commitment_is_not_there(desk: Client, forum: Forum) -> None:
    due(forum, date(2046, 12, 14), "Canary", commitment={"marking": Marking.RESTRICTED})
    due(forum, date(2026, 12, 14), "Plain")

    html = desk.get(address(forum)).content.decode()

    assert "Canary" not in html
    assert "lies outside" not in html
    assert "One year back and ahead" in html
    assert "2046" not in html


def test_another_desk_sees_the_meetings_and_no_commitment(forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=2, state="held", starts_on=date(2024, 6, 27))
    due(forum, date(2026, 12, 14), "Canary")
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    html = stranger.get(address(forum)).content.decode()

    assert "SCCD 2" in html
    assert "Canary" not in html


def test_a_forum_that_is_none_is_not_found(desk: Client) -> None:
    assert desk.get("/forums/999999/timeline/").status_code == 404


def test_it_asks_the_same_number_of_questions_however_much_there_is(desk: Client, forum: Forum) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(address(forum))
        return len(asked)

    meeting = make_meeting(forum=forum, ordinal=1, state="confirmed", starts_on=date(2027, 1, 1))
    due(forum, date(2026, 12, 14), anchor_meeting=meeting)
    questions()
    few = questions()
    for number in range(2, 7):
        later = make_meeting(
            forum=make_forum(parent=forum),
            ordinal=number,
            state="confirmed",
            starts_on=TODAY + timedelta(days=number),
        )
        due(forum, date(2026, 12, 14), anchor_meeting=later, commitment={"working_group": later.forum})

    assert questions() == few
