"""Nothing goes to a person who left: whose posts and roles have all ended, or whose account is closed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from commitments.models import Assignment, FollowUp, Membership, Organisation, Post, User
from notifications import letters, overviews
from notifications.bundling import bundle_reminders
from notifications.dispatch import dispatch
from notifications.links import PreferenceLink
from notifications.models import CalendarFeed, Delivery, OutgoingMail, Preference, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_client,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_membership,
    make_user,
)

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
NOW = at(MONDAY)


@pytest.fixture(autouse=True)
def _monday() -> Any:
    OutgoingMail.switch(enabled=True)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def jun() -> User:
    return make_user(name_en="Lee Jun", email="jun@ministry.example")


@pytest.fixture
def minji() -> User:
    return make_user(name_en="Kim Minji", email="minji@ministry.example")


@pytest.fixture
def post(jun: User) -> Post:
    return make_held_post(jun)


@pytest.fixture
def item(post: Post, minji: User) -> FollowUp:
    """Due tomorrow: whoever holds its post hears today."""
    forum = make_forum(desk=make_held_post())
    return make_follow_up(MONDAY + timedelta(days=1), commitment=make_commitment(lead=post, forum=forum))


def hand_over(post: Post, jun: User, minji: User) -> None:
    post.hand_over(minji, from_on=MONDAY, today=MONDAY)


def close_account(post: Post, jun: User, minji: User) -> None:
    User.objects.filter(pk=jun.pk).update(is_active=False)
    make_holding(post, minji, acting=True)


ways_to_leave = pytest.mark.parametrize("leave", [hand_over, close_account])
Leave = Callable[[Post, User, User], None]


def mailed() -> list[str]:
    return [address for message in mail.outbox for address in message.to]


def send() -> None:
    dispatch(clock=lambda: NOW)


@ways_to_leave
def test_what_is_planned_goes_to_whoever_comes(
    item: FollowUp, post: Post, jun: User, minji: User, leave: Leave
) -> None:
    plan_reminders(now=NOW)
    leave(post, jun, minji)

    bundle_reminders(now=NOW)
    send()

    assert mailed() == ["minji@ministry.example"]


@ways_to_leave
def test_a_message_that_waits_is_addressed_anew(
    item: FollowUp, post: Post, jun: User, minji: User, leave: Leave
) -> None:
    plan_reminders(now=NOW)
    bundle_reminders(now=NOW)
    assert Delivery.objects.get().recipient == jun
    leave(post, jun, minji)

    send()
    bundle_reminders(now=NOW)
    send()

    assert mailed() == ["minji@ministry.example"]
    assert Reminder.objects.get(state=Reminder.State.TOLD).delivery.recipient == minji


@ways_to_leave
def test_a_claimed_message_is_let_go_at_the_last_moment(
    item: FollowUp, post: Post, jun: User, minji: User, leave: Leave
) -> None:
    plan_reminders(now=NOW)
    bundle_reminders(now=NOW)
    Delivery.objects.claim(1, channel=Delivery.Channel.MAIL, now=NOW - timedelta(hours=1))
    leave(post, jun, minji)

    send()
    bundle_reminders(now=NOW)
    send()

    assert mailed() == ["minji@ministry.example"]


@ways_to_leave
def test_by_chat_neither(item: FollowUp, post: Post, jun: User, minji: User, leave: Leave) -> None:
    Preference.objects.create(user=jun, duties_by="chat", chat_address="slack://T/B/X")
    plan_reminders(now=NOW)
    leave(post, jun, minji)

    bundle_reminders(now=NOW)

    assert {delivery.recipient for delivery in Delivery.objects.all()} == {minji}


@ways_to_leave
def test_no_overview_is_written_to_who_led_a_working_group(
    post: Post, jun: User, minji: User, leave: Leave
) -> None:
    commitment = make_commitment(lead=make_held_post(), forum=make_forum(desk=make_held_post()))
    make_assignment(commitment, post, role=Assignment.Role.WORKING_GROUP_LEAD)
    make_follow_up(MONDAY + timedelta(days=5), commitment=commitment)
    leave(post, jun, minji)

    overviews.bundle_overviews(now=NOW)

    assert jun not in {delivery.recipient for delivery in Delivery.objects.all()}


@ways_to_leave
@pytest.mark.parametrize("state", ["pending", "uncertain"])
def test_an_overview_that_waits_or_may_have_been_sent_does_not_follow_them(
    post: Post, jun: User, minji: User, leave: Leave, state: str, settings: Any
) -> None:
    settings.MAIL_UNCERTAIN = "resend"
    commitment = make_commitment(lead=make_held_post(), forum=make_forum(desk=make_held_post()))
    make_assignment(commitment, post, role=Assignment.Role.WORKING_GROUP_LEAD)
    make_follow_up(MONDAY + timedelta(days=5), commitment=commitment)
    overviews.bundle_overviews(now=NOW)
    theirs = Delivery.objects.filter(recipient=jun)
    assert theirs.exists()
    said: dict[str, Any] = {
        "subject": "Overview",
        "text": "Overview",
        "html": "Overview",
        "address": jun.email,
    }
    said |= {"headers": {"From": "desk@ministry.example"}}
    theirs.update(state=state, message_date=NOW, **said)
    leave(post, jun, minji)

    send()

    assert "jun@ministry.example" not in mailed()


@ways_to_leave
def test_a_letter_that_waits_is_not_sent_and_the_task_stands_again(
    item: FollowUp, post: Post, jun: User, minji: User, leave: Leave
) -> None:
    remind(clock=lambda: at(date(2026, 11, 30)))
    silent = at(date(2026, 12, 9))
    plan_reminders(now=silent)
    task = Reminder.objects.tasks_for_the_desk(silent).get()
    draft = letters.drafts(task, by=minji, now=silent)[0]
    letters.send(task, draft, subject="How is it?", text="Dear Lee Jun,", by=minji, now=silent)
    mail.outbox.clear()
    leave(post, jun, minji)

    dispatch(clock=lambda: silent)

    assert mailed() == []
    assert Reminder.objects.tasks_for_the_desk(silent).get() == task


# What they could still open


def feed_of(user: User, **fields: Any) -> str:
    _feed, secret = CalendarFeed.objects.make(user, now=NOW, **fields)
    return f"/calendar/{secret}.ics"


@ways_to_leave
@pytest.mark.parametrize("of", ["person", "forum"])
def test_their_calendar_is_gone(
    item: FollowUp, post: Post, jun: User, minji: User, leave: Leave, of: str
) -> None:
    path = feed_of(jun, **({"forum": item.forum} if of == "forum" else {}))
    make_meeting(forum=item.forum, starts_on=date(2026, 12, 1))
    assert Client().get(path).status_code == 200

    leave(post, jun, minji)

    assert Client().get(path).status_code == 404


@ways_to_leave
def test_their_token_opens_nothing(item: FollowUp, post: Post, jun: User, minji: User, leave: Leave) -> None:
    client = make_client(jun)
    assert client.get("/api/v1/organisations/").status_code == 200

    leave(post, jun, minji)

    assert client.get("/api/v1/organisations/").status_code == 401


@ways_to_leave
@pytest.mark.parametrize("path", ["path", "unsubscribe_path"])
def test_links_in_their_old_mails_open_nothing(
    post: Post, jun: User, minji: User, leave: Leave, path: str
) -> None:
    address = getattr(PreferenceLink(jun.pk), path)()
    assert Client().get(address).status_code == 200

    leave(post, jun, minji)

    assert Client().get(address).status_code == 410


@ways_to_leave
def test_signed_in_they_see_nothing(post: Post, jun: User, minji: User, leave: Leave) -> None:
    User.objects.filter(pk=jun.pk).update(is_staff=True)
    leave(post, jun, minji)

    for model in (Post, Organisation, User, FollowUp):
        assert not model.objects.visible_to(User.objects.get(pk=jun.pk)).exists()


# Who has not left


def test_who_changes_to_another_post_has_not_left(post: Post, jun: User, minji: User) -> None:
    make_holding(make_held_post(), jun, from_on=date(2026, 12, 1), acting=True)
    path = feed_of(jun)

    hand_over(post, jun, minji)

    assert Client().get(path).status_code == 200


def test_who_keeps_a_role_has_not_left(post: Post, jun: User, minji: User) -> None:
    make_membership(jun, Membership.Role.READER, forum=make_forum())
    hand_over(post, jun, minji)

    assert make_client(jun).get("/api/v1/organisations/").status_code == 200


def test_who_never_had_a_post_or_role_has_not_left(jun: User) -> None:
    assert User.objects.here(MONDAY).filter(pk=jun.pk).exists()


def test_an_administrator_stays_until_the_account_is_closed(post: Post, jun: User, minji: User) -> None:
    User.objects.filter(pk=jun.pk).update(is_superuser=True)
    hand_over(post, jun, minji)
    assert User.objects.here(MONDAY).filter(pk=jun.pk).exists()

    User.objects.filter(pk=jun.pk).update(is_active=False)

    assert User.objects.left(MONDAY).filter(pk=jun.pk).exists()


def test_who_leaves_is_there_until_the_last_day(post: Post, jun: User, minji: User) -> None:
    post.hand_over(minji, from_on=MONDAY + timedelta(days=1), today=MONDAY)

    left = [User.objects.left(MONDAY + timedelta(days=n)).filter(pk=jun.pk).exists() for n in (0, 1)]
    assert left == [False, True]
