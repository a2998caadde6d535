from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments import answers
from commitments.models import FollowUp, Forum, Post, User
from notifications.inheritance import LadderBook
from notifications.models import Delivery, Reminder
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_message_id,
    make_officer,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


def make_due(forum: Forum, due_on: date, **fields: object) -> FollowUp:
    commitment = make_commitment(forum=forum, lead=make_held_post(), **fields)
    return make_follow_up(due_on, commitment=commitment)


def make_task(follow_up: FollowUp) -> Reminder:
    """As planning leaves it, which writes down too what steps a ladder has; the lead was told long before."""
    LadderBook().write_rules()
    lead = follow_up.commitment.assignments.get(role="lead").post
    long_ago = timezone.now() - timedelta(days=9)
    make_reminder(follow_up, lead, "before-1", audience="owner", state="told", told_at=long_ago)
    return make_reminder(follow_up, follow_up.forum.desk_post(), "desk-5", audience="desk")


def make_reminder(follow_up: FollowUp, post: Post, step: str, **fields: Any) -> Reminder:
    return Reminder.objects.create(
        follow_up=follow_up,
        post=post,
        step=step,
        ordinal=4,
        due_on=follow_up.due_on,
        remind_on=days(-1),
        breaks_out=False,
        planned_at=timezone.now(),
        **fields,
    )


def make_failed_delivery(recipient: User, follow_up: FollowUp) -> Delivery:
    delivery = Delivery.objects.create(
        recipient=recipient,
        local_day=days(-1),
        subject="Status requested",
        state=Delivery.State.FAILED,
        error="550 no such mailbox",
        send_after=timezone.now(),
        message_id=make_message_id(),
        created_at=timezone.now(),
    )
    task = make_task(follow_up)
    Reminder.objects.filter(pk=task.pk).update(audience="owner", delivery=delivery, step="before-1")
    return delivery


def test_what_is_overdue_stands_on_the_desk(desk: Client, forum: Forum) -> None:
    make_due(forum, days(-3), title_en="Exchange lists")

    page = words(desk.get("/"))

    assert "1 Overdue" in page
    assert "Exchange lists" in page
    assert "3 days ago" in page


def test_what_is_due_in_two_weeks_stands_on_the_desk(desk: Client, forum: Forum) -> None:
    make_due(forum, days(14))
    make_due(forum, days(15))

    assert "1 Due in 14 days" in words(desk.get("/"))


def test_reports_and_requests_wait_for_me(desk: Client, forum: Forum) -> None:
    follow_up = make_due(forum, days(20))
    answers.propose_report(follow_up, post=None, now=timezone.now(), internal="Two calls were held.")
    answers.ask(
        follow_up, "extension", post=None, now=timezone.now(), proposed_on=days(40), reason="Elections"
    )

    page = words(desk.get("/"))

    assert "2 Waiting for me" in page
    assert "Two calls were held." in page
    assert "Elections" in page


def test_what_was_not_delivered_stands_on_the_desk(desk: Client, forum: Forum) -> None:
    make_failed_delivery(make_user(), make_due(forum, days(1)))

    page = words(desk.get("/"))

    assert "1 Not delivered" in page
    assert "550 no such mailbox" in page


def test_a_commitment_without_owner_is_an_alarm(desk: Client, forum: Forum) -> None:
    make_follow_up(days(30), commitment=make_commitment(forum=forum))

    page = words(desk.get("/"))

    assert "1 No owner or date" in page
    assert "no owner" in page


def test_a_task_of_the_desk_is_done_with_one_press(desk: Client, forum: Forum) -> None:
    task = make_task(make_due(forum, days(-10)))

    answer = desk.post(f"/tasks/{task.pk}/done/", follow=True)

    assert "The task is done." in words(answer)
    assert "0 Tasks for the desk" in words(answer)


def test_looking_does_no_task(desk: Client, forum: Forum) -> None:
    task = make_task(make_due(forum, days(-10)))

    assert desk.get(f"/tasks/{task.pk}/done/").status_code == 405


def test_a_meeting_whose_time_has_passed_without_a_record_is_grey_and_never_red(
    desk: Client, forum: Forum
) -> None:
    make_meeting(forum=forum, ordinal=2, window_end_on=days(-30), window_reading="“annually”")

    page = desk.get("/")

    assert "no record here, to be checked" in words(page)
    assert "not held" not in words(page)
    assert 'class="late"' not in page.content.decode()


def test_a_meeting_without_a_date_is_expected_and_undated(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3)

    assert "SCCD 3" in words(desk.get("/"))
    assert "expected, undated" in words(desk.get("/"))


def test_an_empty_register_shows_its_doors(desk: Client) -> None:
    page = words(desk.get("/"))

    assert "The register is empty." in page
    assert "Import a spreadsheet" in page
    assert "Add one by hand" in page


def test_another_desk_sees_nothing_of_it(forum: Forum) -> None:
    follow_up = make_due(forum, days(-3), title_en="Exchange lists")
    make_failed_delivery(make_user(), follow_up)
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert "Exchange lists" not in words(stranger.get("/"))
    assert stranger.get("/desk/overdue/").context["page"].paginator.count == 0
    assert stranger.get("/desk/undelivered/").context["page"].paginator.count == 0


@pytest.mark.parametrize("slug", ["waiting", "tasks", "overdue", "soon", "undelivered", "uncovered"])
def test_an_empty_list_says_why_it_is_empty(desk: Client, slug: str) -> None:
    answer = desk.get(f"/desk/{slug}/")

    assert str(answer.context["list"].nothing) in words(answer)


def test_a_list_that_does_not_exist_is_not_found(desk: Client) -> None:
    assert desk.get("/desk/nothing/").status_code == 404


def test_the_desk_asks_the_same_number_of_questions_however_much_there_is(desk: Client, forum: Forum) -> None:
    def fill() -> None:
        follow_up = make_due(forum, days(-10))
        make_due(forum, days(5))
        make_task(follow_up)
        make_failed_delivery(make_user(), make_due(forum, days(-12)))
        make_meeting(forum=forum)
        make_follow_up(days(30), commitment=make_commitment(forum=forum))
        answers.propose_report(
            make_due(forum, days(9)), post=make_held_post(), now=timezone.now(), internal="A"
        )
        answers.ask(make_due(forum, days(9)), "not_mine", post=make_held_post(), now=timezone.now())

    fill()
    desk.get("/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/")
    for _round in range(3):
        fill()
    with CaptureQueriesContext(connection) as many:
        desk.get("/")

    assert len(many) == len(few)
