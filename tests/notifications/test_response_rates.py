from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments import answers, scheduling
from commitments.models import FollowUp, Post, ProgressReport, Request
from notifications import response_rates
from notifications.models import Delivery, Reminder
from notifications.response_rates import NONE_YET, Responses
from tests.factories import (
    SEOUL,
    at,
    make_assignment,
    make_follow_up,
    make_held_post,
    make_meeting,
    make_user,
)

TODAY = date(2026, 11, 23)
PAST, AHEAD = TODAY - timedelta(days=10), TODAY + timedelta(days=10)
pytestmark = pytest.mark.django_db

IN_TIME, LATE = Responses(1, 0, 0, 0), Responses(0, 1, 0, 0)
SILENT, PENDING = Responses(0, 0, 1, 0), Responses(0, 0, 0, 1)


@pytest.fixture
def post() -> Post:
    return make_held_post()


def ask(follow_up: FollowUp, post: Post, **fields: Any) -> Reminder:
    """Told by a message of its own, some days before."""
    day = follow_up.due_on - timedelta(days=7)
    delivery = Delivery.to(make_user(), local_day=day, language="en", now=at(day), state="sent")
    delivery.save()
    known = {
        "step": "before-7",
        "ordinal": 1,
        "due_on": follow_up.due_on,
        "remind_on": day,
        "audience": "owner",
        "breaks_out": False,
        "state": "told",
        "planned_at": at(day),
        "told_at": at(day),
        "delivery": delivery,
    }
    return Reminder.objects.create(follow_up=follow_up, post=post, **{**known, **fields})


def asked(due_on: date, post: Post, **fields: Any) -> FollowUp:
    follow_up = make_follow_up(due_on, lead=post, **fields)
    ask(follow_up, post)
    return follow_up


def report(follow_up: FollowUp, post: Post | None, on: date, state: str = "submitted") -> None:
    ProgressReport.objects.create(
        commitment=follow_up.commitment,
        follow_up=follow_up,
        post=post,
        reported_on=on,
        state=state,
        no_change=True,
    )


def request(follow_up: FollowUp, post: Post, when: datetime, state: str = "proposed") -> None:
    known = {"follow_up": follow_up, "kind": "not_mine", "due_on": follow_up.due_on, "state": state}
    Request.objects.create(post=post, asked_at=when, **known)


def counted(post: Post) -> Responses:
    return response_rates.by_post(Reminder.objects.all(), TODAY).get(post.pk, NONE_YET)


# -- what counts as an answer, and when it was in time


@pytest.mark.parametrize(("days", "expected"), [(-3, IN_TIME), (0, IN_TIME), (1, LATE)])
def test_a_report_is_in_time_until_the_day_itself(post: Post, days: int, expected: Responses) -> None:
    follow_up = asked(PAST, post)

    report(follow_up, post, PAST + timedelta(days=days))

    assert counted(post) == expected


@pytest.mark.parametrize(
    ("state", "expected"), [("cleared", IN_TIME), ("draft", SILENT), ("returned", SILENT)]
)
def test_a_draft_and_what_came_back_are_no_answers(post: Post, state: str, expected: Responses) -> None:
    follow_up = asked(PAST, post)

    report(follow_up, post, PAST, state)

    assert counted(post) == expected


@pytest.mark.parametrize(
    ("state", "expected"), [("proposed", IN_TIME), ("accepted", IN_TIME), ("returned", SILENT)]
)
def test_what_is_asked_of_the_desk_is_an_answer_unless_it_is_returned(
    post: Post, state: str, expected: Responses
) -> None:
    follow_up = asked(PAST, post)

    request(follow_up, post, at(PAST), state)

    assert counted(post) == expected


def test_the_day_of_a_request_is_that_of_the_post(post: Post) -> None:
    """Half past eleven at night in Seoul is the same day there, and at half past midnight it is the next."""
    early, late = asked(PAST, post), asked(PAST, post)

    request(early, post, at(PAST, 23, 30, SEOUL))
    request(late, post, at(PAST + timedelta(days=1), 0, 30, SEOUL))

    assert counted(post) == Responses(in_time=1, late=1, silent=0, pending=0)


def test_the_first_answer_counts(post: Post) -> None:
    follow_up = asked(PAST, post)

    report(follow_up, post, PAST + timedelta(days=4))
    request(follow_up, post, at(PAST - timedelta(days=1)))

    assert counted(post) == IN_TIME


def test_what_was_said_for_nobody_in_particular_answers_for_the_post(post: Post) -> None:
    follow_up = asked(PAST, post)

    report(follow_up, None, PAST)

    assert counted(post) == IN_TIME


def test_another_post_does_not_answer_for_it(post: Post) -> None:
    follow_up = asked(PAST, post)

    report(follow_up, make_held_post(), PAST)

    assert counted(post) == SILENT


def test_closing_the_date_as_done_answers_it(post: Post) -> None:
    scheduling.close_date(asked(PAST, post), FollowUp.Outcome.DONE, now=at(PAST))
    scheduling.close_date(asked(PAST, post), FollowUp.Outcome.DONE, now=at(TODAY))

    assert counted(post) == Responses(in_time=1, late=1, silent=0, pending=0)


@pytest.mark.parametrize("outcome", [FollowUp.Outcome.WITHDRAWN, FollowUp.Outcome.SUPERSEDED])
def test_what_fell_away_without_an_answer_is_not_counted(post: Post, outcome: str) -> None:
    follow_up = asked(PAST, post)

    follow_up.close(outcome, now=at(PAST))

    assert counted(post) == NONE_YET


def test_an_answer_that_the_desk_clears_later_was_given_when_it_was_given(post: Post) -> None:
    follow_up = asked(PAST, post)
    given = answers.propose_report(follow_up, post=post, now=at(PAST), internal="Held.")

    answers.clear_report(given, by=make_user(), now=at(TODAY))

    assert counted(post) == IN_TIME


# -- what counts as asked


def test_silence_counts_once_the_day_has_passed(post: Post) -> None:
    asked(TODAY - timedelta(days=1), post)
    asked(TODAY, post)

    assert counted(post) == Responses(in_time=0, late=0, silent=1, pending=1)


def test_a_date_counts_once_however_often_it_was_told(post: Post) -> None:
    follow_up = asked(PAST, post)

    ask(follow_up, post, step="before-1")

    assert counted(post) == SILENT


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "planned", "told_at": None, "delivery": None},
        {"state": "missed", "told_at": None, "delivery": None},
        {"audience": "desk", "delivery": None},
        {"audience": "superior"},
        {"due_on": PAST - timedelta(days=1)},
    ],
)
def test_whoever_was_not_told_of_the_date_that_stands_was_not_asked(
    post: Post, fields: dict[str, Any]
) -> None:
    ask(make_follow_up(PAST, lead=post), post, **fields)

    assert counted(post) == NONE_YET


@pytest.mark.parametrize(
    ("due_on", "expected"), [(date(2025, 11, 23), SILENT), (date(2025, 11, 22), NONE_YET)]
)
def test_it_looks_back_for_twelve_months(post: Post, due_on: date, expected: Responses) -> None:
    asked(due_on, post)

    assert counted(post) == expected


def test_dates_of_meetings_ask_for_no_report(post: Post) -> None:
    ask(make_follow_up(PAST, meeting=make_meeting()), post)

    assert counted(post) == NONE_YET


def test_two_posts_answer_each_for_itself(post: Post) -> None:
    follow_up, other = asked(PAST, post), make_held_post()
    make_assignment(follow_up.commitment, other, role="supporting")
    ask(follow_up, other)

    report(follow_up, other, PAST)

    assert (counted(post), counted(other)) == (SILENT, IN_TIME)


# -- the rate


@pytest.mark.parametrize(
    ("responses", "rate"),
    [
        (NONE_YET, None),
        (Responses(0, 0, 0, 5), None),
        (Responses(3, 1, 0, 9), 75),
        (Responses(2, 0, 1, 0), 67),
        (Responses(0, 0, 4, 0), 0),
    ],
)
def test_the_rate_leaves_out_what_still_has_time(responses: Responses, rate: int | None) -> None:
    assert responses.rate == rate


def test_together_they_are_the_sum() -> None:
    assert Responses(1, 1, 1, 1) == IN_TIME + LATE + SILENT + PENDING


def test_it_asks_the_same_number_of_questions_however_many_were_asked(post: Post) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            counted(post)
        return len(captured)

    asked(PAST, post)
    few = questions()
    for _n in range(5):
        report(asked(PAST, make_held_post()), None, PAST)

    assert questions() == few <= 2
