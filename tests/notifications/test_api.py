"""Reminders over REST: who was told, and “seen” said by a system."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from commitments.models import FollowUp, Forum, Post, User
from notifications.models import Acknowledgment, Delivery, Reminder
from tests.factories import (
    make_client,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_user,
)

pytestmark = pytest.mark.django_db


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
    return make_follow_up(date(2030, 1, 8), commitment=make_commitment(forum=forum, lead=post))


@pytest.fixture
def reminder(follow_up: FollowUp, post: Post) -> Reminder:
    return Reminder.objects.create(
        follow_up=follow_up,
        step="before-7",
        ordinal=1,
        post=post,
        due_on=follow_up.due_on,
        remind_on=follow_up.due_on - timedelta(days=7),
        audience="owner",
        breaks_out=False,
        planned_at=timezone.now(),
    )


def test_a_reminder_says_who_was_told_and_when(api: Any, owner: User, reminder: Reminder) -> None:
    reminder.delivery = Delivery.objects.create(
        recipient=owner,
        local_day=date(2030, 1, 1),
        state=Delivery.State.SENT,
        send_after=timezone.now(),
        sent_at=timezone.now(),
        message_id="<1@localhost>",
        created_at=timezone.now(),
    )
    reminder.save()

    shown = api.get(f"/api/v1/reminders/{reminder.pk}/").json()

    assert (shown["commitment"], shown["step"], shown["audience"]) == (
        reminder.follow_up.commitment.reference,
        "before-7",
        "owner",
    )
    assert (shown["delivery"]["recipient"], shown["delivery"]["state"]) == ("Demonstration officer 1", "sent")


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=planned", 1), ("state=told", 0), ("forum=SCCD&audience=owner", 1), ("due_after=2030-01-08", 0)],
)
def test_reminders_are_found_by_state_forum_and_day(
    api: Any, reminder: Reminder, query: str, found: int
) -> None:
    assert len(api.get(f"/api/v1/reminders/?{query}").json()["results"]) == found


def test_the_owner_acknowledges_once_however_often_it_is_said(owner: User, reminder: Reminder) -> None:
    client = make_client(owner)

    answers = [client.post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", {}) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["acknowledged_until"] == "2030-01-08"
    assert Acknowledgment.objects.get().by_name == "Demonstration officer 1"


def test_the_desk_acknowledges_for_an_owner(api: Any, reminder: Reminder) -> None:
    assert api.post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", {}).status_code == 200


def test_somebody_else_does_not_see_the_reminder_at_all(reminder: Reminder) -> None:
    stranger = make_client(make_user())

    assert stranger.get(f"/api/v1/reminders/{reminder.pk}/").status_code == 404
    assert stranger.post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", {}).status_code == 404


def test_a_supporting_post_sees_it_and_cannot_answer_for_the_lead(reminder: Reminder) -> None:
    helper = make_user()
    reminder.follow_up.commitment.assignments.create(
        post=make_held_post(helper), role="supporting", from_on=date(2020, 1, 1)
    )

    answer = make_client(helper).post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", {})

    assert answer.status_code == 403
    assert not Acknowledgment.objects.exists()


def test_what_is_no_longer_asked_cannot_be_acknowledged(
    api: Any, follow_up: FollowUp, reminder: Reminder
) -> None:
    follow_up.move_to(date(2030, 2, 1), now=timezone.now(), reason="Elections.")

    answer = api.post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", {})

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("This is no longer asked")


def acknowledge(client: Any, reminder: Reminder, **said: str) -> Any:
    return client.post(f"/api/v1/reminders/{reminder.pk}/acknowledge/", said)


def test_a_system_may_say_until_when_and_why(owner: User, reminder: Reminder) -> None:
    answer = acknowledge(make_client(owner), reminder, until_on="2030-01-04", reason="The call is on Friday.")

    assert answer.status_code == 200
    assert answer.json()["acknowledged_until"] == "2030-01-04"
    assert answer.json()["acknowledged_because"] == "The call is on Friday."


def test_what_is_not_acknowledged_has_neither_day_nor_reason(api: Any, reminder: Reminder) -> None:
    shown = api.get(f"/api/v1/reminders/{reminder.pk}/").json()

    assert (shown["acknowledged_until"], shown["acknowledged_because"]) == (None, None)


@pytest.mark.parametrize("until_on", ["2030-01-09", "2020-01-01", "9999-12-31", "soon"])
def test_a_day_past_the_date_is_a_problem_at_its_field(
    owner: User, reminder: Reminder, until_on: str
) -> None:
    answer = acknowledge(make_client(owner), reminder, until_on=until_on, reason="Later.")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/until_on"]
    assert not Acknowledgment.objects.exists()


def test_a_post_that_has_handed_it_over_cannot_acknowledge(api: Any, reminder: Reminder) -> None:
    reminder.follow_up.commitment.assignments.update(post=make_held_post())

    assert acknowledge(api, reminder).status_code == 409


def test_a_reminder_says_how_its_step_is_counted(api: Any, reminder: Reminder) -> None:
    Reminder.objects.update(step="after-3", unit="working_days")

    assert api.get(f"/api/v1/reminders/{reminder.pk}/").json()["unit"] == "working_days"


def test_what_was_too_late_to_be_of_use_is_found(api: Any, reminder: Reminder) -> None:
    Reminder.objects.update(state="missed")

    (found,) = api.get("/api/v1/reminders/?state=missed").json()["results"]
    assert (found["id"], found["state"]) == (reminder.pk, "missed")


def test_a_step_for_those_above_is_found_by_whom_it_is_for(api: Any, reminder: Reminder) -> None:
    Reminder.objects.update(audience="superior")

    assert len(api.get("/api/v1/reminders/?audience=superior").json()["results"]) == 1
    assert api.get("/api/v1/reminders/?audience=owner").json()["results"] == []
