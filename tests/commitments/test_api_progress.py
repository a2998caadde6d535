"""Next dates, reports and requests over REST."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from commitments import answers
from commitments.models import FollowUp, Forum, Post, ProgressReport, User
from tests.factories import (
    make_client,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_user,
)

pytestmark = pytest.mark.django_db
REPORTS = "/api/v1/progress-reports/"


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def api(forum: Forum) -> Any:
    return make_client(make_officer(forum))


@pytest.fixture
def owner() -> User:
    return make_user(name_en="Demonstration officer 1")


@pytest.fixture
def post(owner: User) -> Post:
    return make_held_post(owner)


@pytest.fixture
def follow_up(forum: Forum, post: Post) -> FollowUp:
    return make_follow_up(date(2030, 1, 1), commitment=make_commitment(forum=forum, lead=post))


def test_a_date_of_a_commitment_or_of_a_meeting_is_entered(api: Any, forum: Forum) -> None:
    commitment, meeting = make_commitment(forum=forum), make_meeting(forum=forum)

    first = api.post("/api/v1/follow-ups/", {"commitment": commitment.reference, "due_on": "2030-01-01"})
    second = api.post("/api/v1/follow-ups/", {"meeting": meeting.pk, "due_on": "2030-01-01"})
    neither = api.post("/api/v1/follow-ups/", {"due_on": "2030-01-01"})

    assert (first.json()["commitment"], second.json()["meeting"]) == (commitment.reference, meeting.pk)
    assert neither.json()["detail"] == "A follow-up belongs to one commitment or to one meeting."


@pytest.mark.parametrize(
    "said",
    [
        {"due_on": "2024-06-26"},  # a day before the document
        {"due_on": "2030-01-01", "window_start_on": "2030-01-02"},
    ],
)
def test_a_date_that_cannot_be_is_refused(api: Any, forum: Forum, said: dict[str, str]) -> None:
    commitment = make_commitment(forum=forum, declared_on=date(2024, 6, 27))

    answer = api.post("/api/v1/follow-ups/", {"commitment": commitment.reference, **said})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/due_on"


def test_a_date_is_moved_with_a_reason_that_stands_in_the_history(api: Any, follow_up: FollowUp) -> None:
    address = f"/api/v1/follow-ups/{follow_up.pk}/"

    bare = api.patch(address, {"due_on": "2030-02-01"})
    silent = api.post(f"{address}move/", {"due_on": "2030-02-01"})
    moved = api.post(f"{address}move/", {"due_on": "2030-02-01", "reason": "Elections."})

    assert [error["pointer"] for error in bare.json()["errors"]] == ["#/due_on"]
    assert [error["pointer"] for error in silent.json()["errors"]] == ["#/reason"]
    assert moved.json()["due_on"] == "2030-02-01"
    follow_up.refresh_from_db()
    assert [(day, why) for day, _at, why in follow_up.earlier_dates()] == [(date(2030, 1, 1), "Elections.")]


def test_a_closed_date_cannot_be_moved_or_closed_again(api: Any, follow_up: FollowUp) -> None:
    address = f"/api/v1/follow-ups/{follow_up.pk}/"
    assert api.post(f"{address}close/", {"outcome": "done"}).json()["outcome"] == "done"

    again = api.post(f"{address}close/", {"outcome": "withdrawn"})
    moved = api.post(f"{address}move/", {"due_on": "2030-02-01", "reason": "x"})

    assert (again.status_code, moved.status_code) == (409, 409)


def test_a_live_commitment_whose_date_was_closed_gets_the_next_one(api: Any, follow_up: FollowUp) -> None:
    api.post(f"/api/v1/follow-ups/{follow_up.pk}/close/", {"outcome": "done"})

    assert follow_up.commitment is not None
    assert follow_up.commitment.follow_ups.open().exists()


def test_late_means_the_same_in_the_row_and_in_the_filter(
    api: Any, follow_up: FollowUp, time_machine: Any
) -> None:
    address = f"/api/v1/follow-ups/{follow_up.pk}/"
    before = api.get(address).json()["overdue"]

    time_machine.move_to("2030-01-02T12:00:00Z", tick=False)
    client = make_client(make_officer(follow_up.forum))

    assert (before, client.get(address).json()["overdue"]) == (False, True)
    assert len(client.get("/api/v1/follow-ups/?state=overdue").json()["results"]) == 1


def test_an_owner_proposes_and_the_desk_clears(
    api: Any, owner: User, post: Post, follow_up: FollowUp
) -> None:
    said = {"follow_up": follow_up.pk, "post": post.pk, "internal": "A call was held."}

    proposed = make_client(owner).post(REPORTS, said)
    cleared = api.post(f"{REPORTS}{proposed.json()['id']}/clear/", {"decision": "Thank you."})

    assert proposed.status_code == 201, proposed.content
    assert (proposed.json()["state"], cleared.json()["state"]) == ("submitted", "cleared")
    follow_up.refresh_from_db()
    assert follow_up.outcome == FollowUp.Outcome.REPORTED


def test_nobody_reports_for_a_post_of_somebody_else(owner: User, follow_up: FollowUp) -> None:
    client = make_client(owner)

    for said in ({}, {"post": make_held_post().pk}):
        answer = client.post(REPORTS, {"follow_up": follow_up.pk, "no_change": True, **said})
        assert answer.status_code == 403

    assert not ProgressReport.objects.exists()


def test_a_report_says_something(api: Any, follow_up: FollowUp) -> None:
    answer = api.post(REPORTS, {"follow_up": follow_up.pk})

    assert answer.json()["errors"] == [
        {"pointer": "#", "detail": "Write one sentence, or choose “no change”."}
    ]


def test_an_owner_does_not_clear_their_own_report(owner: User, post: Post, follow_up: FollowUp) -> None:
    report = answers.propose_report(follow_up, post=post, now=timezone.now(), no_change=True)

    answer = make_client(owner).post(f"{REPORTS}{report.pk}/clear/", {})

    assert answer.status_code == 403


def test_a_returned_report_needs_a_sentence_and_is_decided_once(
    api: Any, post: Post, follow_up: FollowUp
) -> None:
    report = answers.propose_report(follow_up, post=post, now=timezone.now(), no_change=True)
    address = f"{REPORTS}{report.pk}/return/"

    silent, said = api.post(address, {}), api.post(address, {"decision": "Which call?"})
    again = api.post(f"{REPORTS}{report.pk}/clear/", {})

    assert (silent.status_code, said.status_code, again.status_code) == (400, 200, 409)
    assert said.json()["state"] == "returned"


def test_an_accepted_extension_moves_the_date(api: Any, post: Post, follow_up: FollowUp) -> None:
    asked = answers.ask(
        follow_up,
        "extension",
        post=post,
        now=timezone.now(),
        proposed_on=date(2030, 3, 1),
        reason="Elections.",
    )

    waiting = api.get("/api/v1/requests/?state=proposed").json()["results"]
    answer = api.post(f"/api/v1/requests/{asked.pk}/accept/", {})

    assert [row["id"] for row in waiting] == [asked.pk]
    assert answer.json()["state"] == "accepted"
    follow_up.refresh_from_db()
    assert follow_up.due_on == date(2030, 3, 1)
    assert api.post(f"/api/v1/requests/{asked.pk}/return/", {"decision": "No."}).status_code == 409


def test_a_series_that_runs_out_of_the_calendar_is_refused(api: Any, forum: Forum) -> None:
    said = {"title_en": "A", "forum": forum.code, "cadence_months": 12, "declared_on": "2100-06-01"}

    answer = api.post("/api/v1/commitments/", said)

    assert answer.status_code == 400
    assert answer.json()["detail"] == "The year 2101 is outside the calendar. Stay between 1900 and 2100."
