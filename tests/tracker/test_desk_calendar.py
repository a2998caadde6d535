import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Forum, Grant, Holiday, Marking, User
from tests.factories import (
    at,
    make_assignment,
    make_calendar,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_officer,
    make_party,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
MONTH = "/calendar/?month=2026-12"


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def due(forum: Forum, on: date, title: str = "Exchange lists", **fields: Any) -> Any:
    commitment = make_commitment(forum=forum, title_en=title, **fields.pop("commitment", {}))
    return make_follow_up(on, commitment=commitment, **fields)


def sheet(answer: Any) -> str:
    """The month as it hangs on the wall."""
    html = re.findall(r'<table class="month".*?</table>', answer.content.decode(), re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def listed(answer: Any) -> str:
    page = words(answer)
    return page[page.index("The month as a list") :]


def test_the_menu_leads_to_this_month(desk: Client) -> None:
    answer = desk.get("/calendar/")

    assert '<a href="/calendar/" aria-current="page">' in answer.content.decode()
    assert "November 2026" in words(answer)


def test_a_day_shows_its_dates_with_their_state(desk: Client, forum: Forum) -> None:
    due(forum, date(2026, 12, 14))

    assert re.search(r"14 ● SCCD-2024-01 Exchange lists , to come", sheet(desk.get(MONTH)))
    assert "Mon 14 Dec 2026 ● to come SCCD-2024-01 Exchange lists deadline" in listed(desk.get(MONTH))


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "■ overdue"),
        ({"kind": "occurrence", "basis": "interpreted"}, "○ no record here, to be checked"),
        ({"closed_at": at(TODAY), "outcome": "reported"}, "✓ answered"),
    ],
)
def test_a_state_is_a_sign_and_a_word(desk: Client, forum: Forum, fields: Any, state: str) -> None:
    due(forum, date(2026, 11, 9), **fields)

    assert f"Mon 9 Nov 2026 {state} SCCD-2024-01" in listed(desk.get("/calendar/"))


@pytest.mark.parametrize("outcome", ["withdrawn", "superseded"])
def test_what_fell_away_is_in_no_month(desk: Client, forum: Forum, outcome: str) -> None:
    due(forum, date(2026, 12, 14), closed_at=at(TODAY), outcome=outcome)

    assert "No meeting and no date falls into this month." in words(desk.get(MONTH))


def test_a_date_by_our_reading_says_so(desk: Client, forum: Forum) -> None:
    due(forum, date(2026, 12, 14), basis="interpreted")

    assert "Exchange lists deadline our reading" in listed(desk.get(MONTH))


def test_a_meeting_stands_on_each_of_its_days(desk: Client, forum: Forum) -> None:
    days = {"starts_on": date(2026, 11, 30), "ends_on": date(2026, 12, 2)}
    make_meeting(forum=forum, ordinal=3, state="confirmed", **days)

    assert listed(desk.get(MONTH)).count("◆ confirmed SCCD 3") == 2
    assert listed(desk.get("/calendar/?month=2026-11")).count("◆ confirmed SCCD 3") == 1


def test_a_cancelled_meeting_is_not_shown(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3, state="cancelled", starts_on=date(2026, 12, 1))

    assert "SCCD 3" not in words(desk.get(MONTH))


def test_a_meeting_without_a_day_stands_beside_the_sheet(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3)

    page = words(desk.get(MONTH))

    assert "Expected, without a day ◇ SCCD 3 Supply Chain and Commercial Dialogue expected, undated" in page
    assert "SCCD 3" not in sheet(desk.get(MONTH))


def test_a_full_day_shows_three_and_how_many_more(desk: Client, forum: Forum) -> None:
    for number in range(6):
        due(forum, date(2026, 12, 9), f"Item {number}")

    answer = desk.get(MONTH)

    assert "Item 2 , to come 3 more" in sheet(answer)
    assert all(f"Item {number}" in listed(answer) for number in range(6))


def test_of_very_many_on_one_day_the_list_says_how_many_are_left_out(desk: Client, forum: Forum) -> None:
    for number in range(23):
        due(forum, date(2026, 12, 9), f"Item {number}")

    assert "and 3 more: Commitments by next date" in listed(desk.get(MONTH))


# -- days off


@pytest.mark.parametrize(
    ("language", "title", "name"),
    [
        ("en", "October 2026", "KOR National Foundation Day"),
        ("ko", "2026년 10월", "KOR 개천절"),
        ("ja", "2026年10月", "KOR National Foundation Day"),
    ],
)
def test_the_holidays_of_the_countries_are_named_in_the_language_of_the_page(
    desk: Client, forum: Forum, language: str, title: str, name: str
) -> None:
    forum.parties.add(make_party("KOR"))
    desk.cookies["django_language"] = language

    answer = desk.get("/calendar/?month=2026-10")

    assert title in words(answer)
    assert name in sheet(answer)


def test_only_the_countries_concerned_have_their_holidays_shown(desk: Client, forum: Forum) -> None:
    forum.parties.add(make_party("KOR"))
    make_forum(parties=[make_party("USA")])

    chosen = sheet(desk.get(f"/calendar/?month=2026-11&forum={forum.pk}"))

    assert "USA Thanksgiving Day" in sheet(desk.get("/calendar/?month=2026-11"))
    assert "Thanksgiving" not in chosen


def test_a_holiday_that_two_countries_share_is_said_once(desk: Client, forum: Forum) -> None:
    forum.parties.add(make_party("KOR"), make_party("USA"))

    assert "25 KOR·USA Christmas Day" in sheet(desk.get(MONTH))


def test_a_day_off_that_no_table_knows_is_shown_too(desk: Client, forum: Forum) -> None:
    forum.parties.add(make_party("KOR"))
    Holiday.objects.create(calendar=make_calendar("KR"), day=date(2026, 12, 3), name="Election day")

    assert "3 KOR Election day" in sheet(desk.get(MONTH))


# -- turning the page


def test_one_turns_to_the_months_before_and_after_and_back_to_today(desk: Client) -> None:
    html = desk.get(MONTH).content.decode()

    assert 'rel="prev" id="previous-month" href="/calendar/?month=2026-11"' in html
    assert 'rel="next" id="next-month" href="/calendar/?month=2027-01"' in html
    assert 'href="/calendar/?month=2026-11">Today</a>' in html


def test_turning_keeps_what_one_has_chosen(desk: Client, forum: Forum) -> None:
    html = desk.get(f"{MONTH}&forum={forum.pk}&whose=mine").content.decode()

    assert f"/calendar/?month=2027-01&amp;forum={forum.pk}&amp;whose=mine" in html


@pytest.mark.parametrize(
    "said", ["", "soon", "2026-13", "0000-01", "9999-12", "1901-12", "２０２６-12", "-1", "2026-12-01"]
)
def test_a_month_that_is_none_is_this_month(desk: Client, said: str) -> None:
    assert "November 2026" in words(desk.get("/calendar/", {"month": said, "forum": "x", "whose": "y"}))


@pytest.mark.parametrize(("month", "missing"), [("1902-01", "prev"), ("2098-12", "next")])
def test_at_the_end_of_the_calendar_one_turns_no_further(desk: Client, month: str, missing: str) -> None:
    answer = desk.get(f"/calendar/?month={month}")

    assert answer.status_code == 200
    assert f'rel="{missing}"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "first"), [("en", "Mon Tue Wed"), ("ko", "일 월 화"), ("ja", "日 月 火")]
)
def test_the_week_begins_as_on_the_calendars_of_the_country(desk: Client, language: str, first: str) -> None:
    desk.cookies["django_language"] = language

    assert first in sheet(desk.get(MONTH))


# -- whose


def test_it_is_narrowed_to_a_forum_and_what_is_below_it(desk: Client, forum: Forum) -> None:
    group = make_forum(parent=forum)
    due(forum, date(2026, 12, 14), "Of the group", commitment={"working_group": group})
    due(forum, date(2026, 12, 14), "Of the forum")

    page = words(desk.get(f"{MONTH}&forum={forum.pk}"))
    of_group = words(desk.get(f"{MONTH}&forum={group.pk}"))

    assert "Of the group" in page
    assert "Of the forum" in page
    assert "Of the group" in of_group
    assert "Of the forum" not in of_group


def test_mine_is_what_a_post_of_mine_has_a_part_in(desk: Client, forum: Forum, officer: User) -> None:
    post = make_held_post(officer)
    mine = due(forum, date(2026, 12, 14), "Mine")
    make_assignment(mine.commitment, post, role="supporting")
    due(forum, date(2026, 12, 14), "Of others")

    page = words(desk.get(f"{MONTH}&whose=mine"))

    assert "Mine" in listed(desk.get(f"{MONTH}&whose=mine"))
    assert "Of others" not in page


def test_mine_is_what_belongs_to_a_desk_of_mine(desk: Client, forum: Forum, officer: User) -> None:
    due(forum, date(2026, 12, 14), "Of my desk")
    assert "Of my desk" not in words(desk.get(f"{MONTH}&whose=mine"))

    make_holding(forum.desk, officer, acting=True)

    assert "Of my desk" in words(desk.get(f"{MONTH}&whose=mine"))


def test_an_empty_choice_says_so_and_offers_all(desk: Client, forum: Forum) -> None:
    due(forum, date(2026, 12, 14))

    page = words(desk.get(f"{MONTH}&whose=mine"))

    assert "Nothing of what you chose falls into this month. Show all" in page


# -- who sees it


def test_a_restricted_date_is_neither_shown_nor_counted(desk: Client, forum: Forum, officer: User) -> None:
    hidden = {"marking": Marking.RESTRICTED}
    for number in range(5):
        due(forum, date(2026, 12, 9), f"Canary {number}", commitment=hidden)

    assert "Canary" not in desk.get(MONTH).content.decode()
    assert " more" not in sheet(desk.get(MONTH))


def test_whoever_was_granted_it_sees_it(desk: Client, forum: Forum, officer: User) -> None:
    hidden = due(forum, date(2026, 12, 9), "Canary", commitment={"marking": Marking.RESTRICTED})
    Grant.objects.create(commitment=hidden.commitment, user=officer, reason="Negotiator")

    assert "Canary" in sheet(desk.get(MONTH))


def test_another_desk_sees_nothing_of_it(forum: Forum) -> None:
    due(forum, date(2026, 12, 9), "Canary")
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert "Canary" not in stranger.get(MONTH).content.decode()


def test_it_asks_the_same_number_of_questions_however_full_it_is(desk: Client, forum: Forum) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"{MONTH}&forum={forum.pk}&whose=mine")
            desk.get(MONTH)
        return len(asked)

    forum.parties.add(make_party("KOR"))
    due(forum, date(2026, 12, 9))
    make_meeting(forum=forum, ordinal=1, state="confirmed", starts_on=date(2026, 12, 1))
    questions()
    few = questions()
    for number in range(2, 8):
        due(forum, date(2026, 12, 9))
        due(forum, date(2026, 12, 9) + timedelta(days=number))
        make_meeting(forum=forum, ordinal=number, state="confirmed", starts_on=date(2026, 12, number))

    assert questions() == few
