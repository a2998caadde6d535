import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Commitment, Forum, Marking, Organisation, Post, ProgressReport, User
from notifications.models import Delivery, Reminder
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_membership,
    make_officer,
    make_organisation,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
SIGNS = "●▲■○✓–"


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def post() -> Post:
    return make_held_post(
        name_en="Director, Minerals", organisation=make_organisation(name_en="Minerals Division")
    )


def of_forum(forum: Forum) -> str:
    return f"/forums/{forum.pk}/dashboard/"


def of_organisation(organisation: Organisation) -> str:
    return f"/organisations/{organisation.pk}/dashboard/"


def chart(desk: Client, address: str, slug: str) -> str:
    html = desk.get(address).content.decode()
    return re.findall(rf'<figure [^>]*id="{slug}".*?</figure>', html, re.DOTALL)[0]


def table(desk: Client, address: str, slug: str) -> list[list[str]]:
    """The rows of the table, cell by cell."""
    rows = re.findall(r"<tr>(.*?)</tr>", chart(desk, address, slug), re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in cells]


def pictured(desk: Client, address: str, slug: str) -> list[str]:
    """What each bar or column says of itself."""
    return [
        unescape(said) for said in re.findall(r'role="img" aria-label="(.*?)"', chart(desk, address, slug))
    ]


def ask(commitment: Commitment, post: Post, due_on: date) -> Any:
    follow_up = make_follow_up(due_on, commitment=commitment)
    day = due_on - timedelta(days=7)
    delivery = Delivery.to(make_user(), local_day=day, language="en", now=at(day), state="sent")
    delivery.save()
    known = {"step": "before-7", "ordinal": 1, "audience": "owner", "breaks_out": False, "state": "told"}
    when = {"due_on": due_on, "remind_on": day, "planned_at": at(day), "told_at": at(day)}
    Reminder.objects.create(follow_up=follow_up, post=post, delivery=delivery, **known, **when)
    return follow_up


def answer(follow_up: Any, post: Post, on: date) -> None:
    ProgressReport.objects.create(
        commitment=follow_up.commitment,
        follow_up=follow_up,
        post=post,
        reported_on=on,
        state="cleared",
        no_change=True,
    )


# -- lights


def test_lights_are_counted_for_the_body_and_each_below_it(desk: Client, forum: Forum) -> None:
    group = make_forum(code="SCCD-CM", parent=forum, name_en="Minerals Group")
    make_commitment(forum=forum, outlook="on_track")
    make_commitment(forum=forum, working_group=group, outlook="at_risk")
    make_commitment(forum=forum, working_group=group)

    assert table(desk, of_forum(forum), "outlook") == [
        ["Forum", "All", "on track", "at risk", "off track", "no record"],
        ["All together", "3", "1", "1", "0", "1"],
        ["Supply Chain and Commercial Dialogue SCCD", "1", "1", "0", "0", "0"],
        ["Minerals Group SCCD-CM", "2", "0", "1", "0", "1"],
    ]


def test_a_picture_says_what_its_table_says(desk: Client, forum: Forum) -> None:
    for outlook in ("on_track", "on_track", "off_track", ""):
        make_commitment(forum=forum, outlook=outlook)

    assert pictured(desk, of_forum(forum), "outlook") == [
        "All together: on track 2, at risk 0, off track 1, no record 1"
    ]
    assert table(desk, of_forum(forum), "outlook")[1] == ["All together", "4", "2", "0", "1", "1"]


@pytest.mark.parametrize("slug", ["outlook", "answers", "course", "freshness"])
def test_every_row_of_a_table_is_drawn_with_its_numbers(
    desk: Client, forum: Forum, post: Post, slug: str
) -> None:
    group = make_forum(parent=forum)
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    for number, outlook in enumerate(["on_track", "at_risk", ""]):
        made = make_commitment(forum=forum, outlook=outlook, working_group=group if number else None)
        answer(ask(made, post, TODAY - timedelta(days=30 + number)), post, TODAY - timedelta(days=31))
        ask(made, make_held_post(), TODAY + timedelta(days=number))

    head, *rows = table(desk, of_forum(forum), slug)
    drawn = [re.findall(r" (\d+)(?:,|$)", said) for said in pictured(desk, of_forum(forum), slug)]

    assert len(rows) == len(drawn) > 0
    for row, numbers in zip(rows, drawn, strict=True):
        shown = row[1:2] if slug == "freshness" else row[2:6]
        assert (numbers or ["0"]) == shown


def test_every_picture_says_how_it_counts(desk: Client, forum: Forum) -> None:
    page = words(desk.get(of_forum(forum)))

    assert "Outlook: the light that each live commitment carries now." in page
    assert "Answered in time: by that day the post reported" in page
    assert "Age: days since the last cleared report" in page
    assert "Overdue: a date had passed and was open." in page


def test_each_part_is_a_word_a_shape_and_a_pattern(desk: Client, forum: Forum) -> None:
    for outlook in ("on_track", "at_risk", "off_track", ""):
        make_commitment(forum=forum, outlook=outlook)

    drawn = chart(desk, of_forum(forum), "outlook")

    for kind, sign in (("success", "●"), ("warning", "▲"), ("danger", "■"), ("none", "○")):
        assert f'fill="url(#pattern-{kind})"' in drawn
        assert f"{sign} 1" in drawn
        assert f'id="pattern-{kind}"' in desk.get(of_forum(forum)).content.decode()
    assert "style=" not in drawn


# -- age


def test_the_age_of_the_last_report_is_counted(desk: Client, forum: Forum) -> None:
    heard = make_commitment(forum=forum)
    known = {"reported_on": TODAY - timedelta(days=100), "no_change": True, "state": "cleared"}
    ProgressReport.objects.create(commitment=heard, **known)
    make_commitment(forum=forum)

    assert table(desk, of_forum(forum), "freshness") == [
        ["Last report", "Commitments"],
        ["up to 3 months", "0"],
        ["3 to 6 months", "1"],
        ["6 to 12 months", "0"],
        ["over a year", "0"],
        ["no record", "1"],
    ]


# -- answers


def test_answers_are_counted_by_post(desk: Client, forum: Forum, post: Post) -> None:
    commitment = make_commitment(forum=forum, lead=post)
    answer(ask(commitment, post, date(2026, 9, 1)), post, date(2026, 9, 1))
    answer(ask(commitment, post, date(2026, 10, 1)), post, date(2026, 10, 2))
    ask(commitment, post, date(2026, 11, 1))
    ask(commitment, post, date(2026, 12, 1))

    assert table(desk, of_forum(forum), "answers")[:2] == [
        ["Post", "Asked", "answered in time", "answered late", "not answered", "still has time", "In time"],
        ["Director, Minerals Minerals Division", "4", "1", "1", "1", "1", "33 %"],
    ]


def test_the_posts_that_answer_least_come_first_and_all_together_above_them(
    desk: Client, forum: Forum, post: Post
) -> None:
    silent = make_held_post(name_en="Silent post")
    commitment = make_commitment(forum=forum)
    answer(ask(commitment, post, date(2026, 9, 1)), post, date(2026, 9, 1))
    ask(commitment, silent, date(2026, 9, 1))

    rows = table(desk, of_forum(forum), "answers")[1:]

    assert [row[0].split(" Division")[0] for row in rows][:2] == ["All together", "Silent post"]
    assert [row[-1] for row in rows] == ["50 %", "0 %", "100 %"]


def test_more_posts_than_there_is_room_for_are_one_row(desk: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    for _n in range(15):
        ask(commitment, make_held_post(), date(2026, 9, 1))

    rows = table(desk, of_forum(forum), "answers")[1:]

    assert len(rows) == 13
    assert rows[-1][:2] == ["4 others", "4"]


# -- from meeting to meeting


def test_the_course_is_told_from_meeting_to_meeting_and_up_to_today(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    make_meeting(forum=forum, ordinal=2, state="tentative", starts_on=date(2027, 6, 1))
    make_commitment(forum=forum)
    make_follow_up(date(2026, 1, 1), commitment=make_commitment(forum=forum))
    done = {"implementation": "implemented", "closed_on": date(2026, 2, 1)}
    make_commitment(forum=forum, workflow="closed", **done)

    assert table(desk, of_forum(forum), "course") == [
        ["Meeting", "Declared by then", "implemented", "ended otherwise", "under way", "overdue"],
        ["SCCD 1 1 Jun 2025", "3", "0", "0", "3", "0"],
        ["Today 23 Nov", "3", "1", "0", "1", "1"],
    ]


def test_a_group_that_has_not_sat_is_told_by_the_meetings_above_it(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    group = make_forum(parent=forum)
    make_commitment(forum=forum, working_group=group)

    assert [row[0] for row in table(desk, of_forum(group), "course")[1:]] == [
        "SCCD 1 1 Jun 2025",
        "Today 23 Nov",
    ]


@pytest.mark.parametrize(
    ("language", "day"), [("en", "1 Jun 2025"), ("ko", "2025.6.1."), ("ja", "2025年6月1日")]
)
def test_its_days_are_written_in_the_language_of_the_page(
    desk: Client, forum: Forum, language: str, day: str
) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    make_commitment(forum=forum)
    desk.cookies["django_language"] = language

    assert f"SCCD 1 {day}" in words(desk.get(of_forum(forum)))


# -- of an organisation


@pytest.fixture
def coordinator(desk: Client, officer: User, post: Post) -> Client:
    make_membership(officer, "coordinator", organisation=post.organisation)
    return desk


def test_an_organisation_has_what_it_and_those_below_it_lead(
    coordinator: Client, forum: Forum, post: Post
) -> None:
    below = make_post(organisation=make_organisation(name_en="Team", parent=post.organisation))
    make_commitment(lead=post, outlook="on_track")
    make_commitment(lead=below, outlook="at_risk")
    make_commitment(forum=forum, outlook="off_track")

    rows = table(coordinator, of_organisation(post.organisation), "outlook")

    assert rows[0][0] == "Organisation"
    assert sorted(rows[1:]) == [
        ["All together", "2", "1", "1", "0", "0"],
        ["Minerals Division", "1", "1", "0", "0", "0"],
        ["Team", "1", "0", "1", "0", "0"],
    ]


def test_an_organisation_answers_by_its_own_posts(coordinator: Client, post: Post) -> None:
    commitment = make_commitment(lead=post)
    ask(commitment, post, date(2026, 9, 1))
    ask(commitment, make_held_post(name_en="Elsewhere"), date(2026, 9, 1))

    rows = table(coordinator, of_organisation(post.organisation), "answers")[1:]

    assert [row[0] for row in rows] == ["Director, Minerals Minerals Division"]


def test_an_organisation_is_told_by_the_meetings_of_the_bodies_it_works_for(
    coordinator: Client, forum: Forum, post: Post
) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    make_meeting(ordinal=1, state="held", starts_on=date(2025, 7, 1))
    make_commitment(forum=forum, lead=post)

    rows = table(coordinator, of_organisation(post.organisation), "course")[1:]

    assert [row[:2] for row in rows] == [["SCCD 1 1 Jun 2025", "1"], ["Today 23 Nov", "1"]]


def test_a_post_leads_to_the_dashboard_of_its_organisation(desk: Client, post: Post) -> None:
    html = desk.get(f"/posts/{post.pk}/").content.decode()

    assert f'href="{of_organisation(post.organisation)}"' in html


# -- who sees it, and nothing to see


def test_a_restricted_commitment_is_in_no_number(desk: Client, forum: Forum, post: Post) -> None:
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2025, 6, 1))
    hidden = make_commitment(forum=forum, marking=Marking.RESTRICTED, outlook="off_track", lead=post)
    answer(ask(hidden, post, date(2026, 9, 1)), post, date(2026, 9, 1))

    page = words(desk.get(of_forum(forum)))

    assert page.count("No live commitment is here for you to see.") == 2
    assert "Nobody has been asked yet about a date of the last 12 months." in page
    assert "No commitment is here for you to see." in page
    assert "Director, Minerals" not in page


def test_an_organisation_shows_no_number_of_what_one_may_not_see(
    coordinator: Client, forum: Forum, post: Post
) -> None:
    hidden = make_commitment(forum=forum, marking=Marking.RESTRICTED, lead=post)
    ask(hidden, post, date(2026, 9, 1))

    assert "<table" not in coordinator.get(of_organisation(post.organisation)).content.decode()


def test_another_desk_sees_no_number_of_it(forum: Forum, post: Post) -> None:
    ask(make_commitment(forum=forum, lead=post), post, date(2026, 9, 1))
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    for address in (of_forum(forum), of_organisation(post.organisation)):
        assert "<table" not in stranger.get(address).content.decode()


@pytest.mark.parametrize("address", ["/forums/999999/dashboard/", "/organisations/999999/dashboard/"])
def test_what_is_none_is_not_found(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize(
    "address", ["/forums/1/dashboard/", "/forums/1/timeline/", "/calendar/", "/organisations/1/dashboard/"]
)
def test_whoever_is_not_signed_in_is_sent_to_the_door(client: Client, db: None, address: str) -> None:
    assert client.get(address)["Location"].startswith("/login/")


def test_it_asks_the_same_number_of_questions_however_much_there_is(
    coordinator: Client, forum: Forum, post: Post
) -> None:
    def questions() -> list[int]:
        counts = []
        for address in (of_forum(forum), of_organisation(post.organisation)):
            with CaptureQueriesContext(connection) as asked:
                coordinator.get(address)
            counts.append(len(asked))
        return counts

    def more(number: int) -> None:
        make_meeting(forum=forum, ordinal=number, state="held", starts_on=date(2025, number, 1))
        group = make_forum(parent=forum)
        team = make_held_post(organisation=make_organisation(parent=post.organisation))
        made = make_commitment(forum=forum, working_group=group, lead=team)
        answer(ask(made, team, date(2026, 9, number)), team, date(2026, 9, 1))

    more(1)
    questions()
    few = questions()
    for number in range(2, 7):
        more(number)

    assert questions() == few
