"""Dates are moved, not overwritten: of follow-ups and of meetings, from their pages."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from commitments.models import FollowUp, Forum, Meeting
from tests.commitments.admin_pages import address, errors, last_reason, page_of, save, signed_in, told
from tests.factories import make_commitment, make_follow_up, make_forum, make_meeting, make_officer

pytestmark = pytest.mark.django_db

DAY, LATER = date(2030, 6, 3), date(2030, 9, 2)


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


def make_dated(forum: Forum, **fields: Any) -> FollowUp:
    return make_follow_up(DAY, commitment=make_commitment(forum=forum), **fields)


def test_a_moved_date_keeps_the_old_one_and_the_reason(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)

    save(client, page_of(follow_up), due_on=LATER, why="Asked for by the counterpart")

    follow_up.refresh_from_db()
    assert follow_up.due_on == LATER
    assert [(day, why) for day, _until, why in follow_up.earlier_dates()] == [
        (DAY, "Asked for by the counterpart")
    ]


def test_reminders_of_a_moved_date_start_anew(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)
    before = timezone.now()

    save(client, page_of(follow_up), due_on=LATER)

    follow_up.refresh_from_db()
    assert follow_up.dated_at >= before


def test_other_words_of_a_follow_up_leave_its_date_standing_since_when_it_stood(
    client: Client, forum: Forum
) -> None:
    follow_up = make_dated(forum)

    save(client, page_of(follow_up), phrase="by the next meeting")

    changed = FollowUp.objects.get()
    assert (changed.phrase, changed.dated_at) == ("by the next meeting", follow_up.dated_at)


def test_date_and_window_move_in_one_go(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum, window_start_on=DAY)

    save(client, page_of(follow_up), due_on=LATER, window_start_on=LATER - timedelta(days=7))

    follow_up.refresh_from_db()
    assert (follow_up.window_start_on, follow_up.due_on) == (LATER - timedelta(days=7), LATER)


def test_a_follow_up_stays_with_its_commitment(client: Client, forum: Forum) -> None:
    follow_up, other = make_dated(forum), make_commitment(forum=forum)

    save(client, page_of(follow_up), commitment=other.pk)

    follow_up.refresh_from_db()
    assert follow_up.commitment != other


def test_closing_a_date_sets_the_next_one(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)

    client.post(
        page_of(follow_up, "deed", "close"),
        {"_confirmed": "1", "outcome": "withdrawn", "reason": "Entered twice"},
    )

    follow_up.refresh_from_db()
    assert (follow_up.outcome, last_reason(follow_up)) == ("withdrawn", "Entered twice")
    assert follow_up.commitment is not None
    assert follow_up.commitment.follow_ups.open().exists()


def test_the_list_shows_what_is_open_until_all_is_asked_for(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)
    follow_up.close("done", now=timezone.now())
    url = address(FollowUp, "changelist")

    assert list(client.get(url).context["cl"].result_list) == []
    assert list(client.get(url, {"when": "all"}).context["cl"].result_list) == [follow_up]


def test_a_moved_meeting_takes_along_what_hangs_on_it_and_says_so(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, starts_on=DAY, state="confirmed")
    make_dated(forum, anchor_meeting=meeting, offset_days=0)

    response = save(client, page_of(meeting), starts_on=LATER, why="Election in between")

    follow_up = FollowUp.objects.get(anchor_meeting=meeting)
    assert follow_up.due_on == LATER
    assert "Election in between" in last_reason(follow_up)
    assert "The meeting moved, and 1 follow-up with it: SCCD-2024-01." in told(response)


def test_a_first_date_makes_an_expected_meeting_tentative(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum)

    response = save(client, page_of(meeting), starts_on=DAY)

    meeting.refresh_from_db()
    assert meeting.state == "tentative"
    assert "The meeting moved. No follow-up had to move with it." in told(response)


def test_date_and_state_are_set_in_one_go(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum)

    save(client, page_of(meeting), starts_on=DAY, ends_on=DAY, state="held", place="Washington")

    meeting.refresh_from_db()
    assert (meeting.starts_on, meeting.state, meeting.place) == (DAY, "held", "Washington")


def test_a_withdrawn_date_makes_a_planned_meeting_an_expected_one(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, starts_on=DAY, state="confirmed")

    save(client, page_of(meeting), starts_on="")

    meeting.refresh_from_db()
    assert (meeting.starts_on, meeting.state) == (None, "expected")


def test_a_new_meeting_is_prepared_from_the_moment_it_is_entered(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    save(client, address(Meeting, "add"), forum=forum.pk, ordinal=3, state="confirmed", starts_on=DAY)

    review = commitment.follow_ups.get(kind="meeting_review")
    assert review.due_on == DAY - timedelta(weeks=6)


def test_a_cancelled_meeting_lets_go_of_what_hung_on_it(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, starts_on=DAY, state="confirmed")
    follow_up = make_dated(forum, anchor_meeting=meeting, offset_days=0)

    save(client, page_of(meeting), state="cancelled", why="Not this year")

    follow_up.refresh_from_db()
    assert follow_up.anchor_meeting is None
    assert follow_up.due_on != DAY


def test_a_meeting_of_which_nothing_is_known_is_grey(client: Client, forum: Forum) -> None:
    make_meeting(forum=forum, window_end_on=date(2020, 12, 31))

    page = client.get(address(Meeting, "changelist"), {"when": "no_record"}).content.decode()

    assert '<span class="light light-none"><span aria-hidden="true">○</span> no record here</span>' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"ends_on": "2030-06-01"}, "The meeting ends before it starts."),
        (
            {"window_start_on": "2030-06-01", "window_end_on": "2030-05-01"},
            "The expected period ends before it starts.",
        ),
        ({"starts_on": "31.2.2030"}, "Enter a valid date."),
        ({"zone": "Asia/Atlantis"}, "“Asia/Atlantis” is no time zone. Example: Asia/Seoul."),
    ],
)
def test_a_meeting_that_cannot_be_is_refused_in_words(
    typed: dict[str, str], sentence: str, client: Client, forum: Forum
) -> None:
    meeting = make_meeting(forum=forum, starts_on=DAY, state="confirmed")

    response = save(client, page_of(meeting), **typed)

    assert errors(response) == [sentence]


def test_a_window_that_ends_before_it_starts_is_refused_at_its_field(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)

    response = save(client, page_of(follow_up), window_start_on="2030-07-01")

    assert response.context["adminform"].form.errors["due_on"] == [
        "The window ends before it starts. Give an end on or after 2030-07-01."
    ]


def test_a_date_before_the_document_is_refused_at_its_field(client: Client, forum: Forum) -> None:
    follow_up = make_dated(forum)

    response = save(client, page_of(follow_up), due_on="2024-01-01", why="x")

    assert response.context["adminform"].form.errors["due_on"] == [
        "This date lies before the document of 2024-06-27."
    ]
    assert follow_up.changes.count() == 1
