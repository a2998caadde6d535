from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import scheduling
from commitments.models import FollowUp, Forum, Meeting
from notifications.reminding import remind
from tests.factories import at, make_commitment, make_follow_up, make_forum, make_meeting, make_officer
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def meeting(forum: Forum) -> Meeting:
    return make_meeting(forum=forum, ordinal=3, state="tentative", starts_on=date(2027, 4, 1))


def hang(meeting: Meeting) -> FollowUp:
    commitment = make_commitment(forum=meeting.forum)
    scheduling.ensure_next_date(commitment, now=at(TODAY))
    return commitment.follow_ups.get(anchor_meeting=meeting)


def test_the_list_shows_each_meeting_with_what_is_counted_from_it(desk: Client, meeting: Meeting) -> None:
    hang(meeting)

    assert "SCCD 3 Thu 1 Apr 2027 tentative 1" in words(desk.get("/meetings/"))


def test_a_meeting_shows_what_hangs_on_it_before_it_is_moved(desk: Client, meeting: Meeting) -> None:
    follow_up = hang(meeting)

    page = words(desk.get(f"/meetings/{meeting.pk}/"))

    assert str(follow_up.commitment) in page
    assert "1 date hangs on it and moves with it. Each keeps its old date and the reason." in page


def test_a_moved_meeting_takes_its_dates_along_and_says_how_many(desk: Client, meeting: Meeting) -> None:
    follow_up = hang(meeting)

    moving = {"starts_on": "2027-06-01", "reason": "Elections abroad"}
    answer = desk.post(f"/meetings/{meeting.pk}/", moving, follow=True)

    follow_up.refresh_from_db()
    assert follow_up.due_on == date(2027, 6, 1) - timedelta(weeks=6)
    assert "The meeting is moved, and 1 date with it." in words(answer)
    assert "Thu 18 Feb 2027 SCCD 3 moved: Elections abroad" in words(answer)


def test_a_withdrawn_date_leaves_the_meeting_expected_and_undated(desk: Client, meeting: Meeting) -> None:
    answer = desk.post(f"/meetings/{meeting.pk}/", {"starts_on": "", "reason": "Postponed"}, follow=True)

    assert "expected, undated" in words(answer)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"starts_on": "2027-06-01"}, "Why: This field is required."),
        (
            {"starts_on": "2027-06-03", "ends_on": "2027-06-01", "reason": "x"},
            "The meeting ends before it starts.",
        ),
        ({"starts_on": "soon", "reason": "x"}, "Enter a valid date."),
    ],
)
def test_a_wrong_move_is_refused_in_a_sentence(
    desk: Client, meeting: Meeting, said: dict[str, str], sentence: str
) -> None:
    answer = desk.post(f"/meetings/{meeting.pk}/", said)

    assert answer.status_code == 400
    assert sentence in words(answer)
    meeting.refresh_from_db()
    assert meeting.starts_on == date(2027, 4, 1)


def test_who_may_only_read_cannot_move_it(meeting: Meeting) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    answer = stranger.post(f"/meetings/{meeting.pk}/", {"starts_on": "2027-06-01", "reason": "x"})

    assert answer.status_code == 404


def test_the_pages_ask_the_same_number_of_questions_however_much_hangs(
    desk: Client, meeting: Meeting
) -> None:
    def questions() -> tuple[int, int]:
        counts = []
        for address in ("/meetings/", f"/meetings/{meeting.pk}/"):
            with CaptureQueriesContext(connection) as asked:
                desk.get(address)
            counts.append(len(asked))
        return counts[0], counts[1]

    hang(meeting)
    questions()
    few = questions()
    for number in range(4, 8):
        hang(meeting)
        make_meeting(forum=meeting.forum, ordinal=number)

    assert questions() == few


def test_a_date_of_a_meeting_itself_stands_in_the_lists_of_the_desk(desk: Client, meeting: Meeting) -> None:
    make_follow_up(TODAY + timedelta(days=3), meeting=meeting)

    assert "1 Due in 14 days" in words(desk.get("/"))
    assert "SCCD 3" in words(desk.get("/desk/soon/"))


# -- what was told of its own date


def of_its_own(meeting: Meeting) -> FollowUp:
    return make_follow_up(TODAY + timedelta(days=8), meeting=meeting, dated_at=at(date(2026, 9, 1)))


def test_a_meeting_shows_what_was_told_of_its_own_date_and_what_is_to_come(
    desk: Client, meeting: Meeting
) -> None:
    of_its_own(meeting)
    remind(clock=lambda: at(TODAY))

    page = words(desk.get(f"/meetings/{meeting.pk}/"))
    reminders = page[page.index("Reminders Steps") :]

    assert "Deadline · for Tue 1 Dec 2026" in reminders
    assert "Mon 23 Nov 2026 09:00 sent" in reminders
    assert "Mon 30 Nov 2026 08:30 planned" in reminders


def test_it_says_from_where_its_steps_are_inherited(desk: Client, meeting: Meeting) -> None:
    of_its_own(meeting)

    html = desk.get(f"/meetings/{meeting.pk}/").content.decode()

    assert f'<a href="/forums/{meeting.forum_id}/ladders/">inherited from our default</a>' in html


def test_without_a_date_of_its_own_there_is_no_such_panel(desk: Client, meeting: Meeting) -> None:
    hang(meeting)

    assert 'id="reminders"' not in desk.get(f"/meetings/{meeting.pk}/").content.decode()


def test_the_page_of_a_meeting_asks_the_same_number_of_questions_for_one_date_of_its_own_and_for_five(
    desk: Client, meeting: Meeting
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(f"/meetings/{meeting.pk}/")
        return len(captured)

    of_its_own(meeting)
    questions()
    one = questions()
    for _n in range(4):
        of_its_own(meeting)

    assert questions() == one
