"""The operations page, the red banner, and the deeds of those who see to it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from commitments.models import Forum, Membership, User
from notifications.models import (
    AddressProblem,
    ChannelPause,
    Delivery,
    Heartbeat,
    IncomingMail,
    OutgoingMail,
    PlanningMark,
    Reminder,
)
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_membership,
    make_message_id,
    make_officer,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
NOW = at(TODAY)
SILENCE = "Reminders are not being sent: the worker has not answered since Mon 23 Nov 2026 08:56."


@pytest.fixture(autouse=True)
def _for_a_day(settings: Settings) -> object:
    settings.STARTED_AT = NOW - timedelta(days=1)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def alive(db: None) -> None:
    for part in ("tick", "keep_in_step"):
        Heartbeat.beat(part, now=NOW)


def ago(**age: int) -> datetime:
    return NOW - timedelta(**age)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def person_with(role: str, **fields: Any) -> User:
    person = make_user(is_staff=True)
    make_membership(person, role, **fields)
    return person


def make_delivery(state: str, forum: Forum | None = None, **fields: Any) -> Delivery:
    known = {"recipient": make_user(), "local_day": TODAY, "send_after": NOW, "created_at": NOW}
    made = Delivery.objects.create(state=state, message_id=make_message_id(), **{**known, **fields})
    if forum:
        follow_up = make_follow_up(TODAY, commitment=make_commitment(forum=forum))
        make_reminder(follow_up.pk, delivery=made)
    return made


def make_reminder(follow_up_id: int, **fields: Any) -> Reminder:
    known = {"step": "before-7", "ordinal": 1, "post": make_held_post(), "audience": "owner"}
    known |= {"due_on": TODAY, "remind_on": TODAY, "breaks_out": False, "planned_at": NOW}
    return Reminder.objects.create(follow_up_id=follow_up_id, **{**known, **fields})


def make_address_problem() -> AddressProblem:
    return AddressProblem.objects.create(address="gone@ministry.example", reason="550 gone", since=NOW)


# -- the page


def test_where_nothing_worries_it_says_so(desk: Client) -> None:
    page = words(desk.get("/operations/"))

    assert "Nothing worries" in page
    assert "The worker answers: less than a minute ago." in page
    assert "The broker answers." in page


def test_what_worries_stands_on_top_with_what_to_do_and_where(desk: Client) -> None:
    make_delivery(Delivery.State.FAILED)

    answer = desk.get("/operations/")
    page = words(answer)

    assert "1 thing worries" in page
    assert page.index("1 message could not be delivered") < page.index("In order")
    assert "Correct the address or call" in page
    assert 'href="/desk/undelivered/"' in answer.content.decode()


def test_what_is_good_to_know_stands_apart_from_what_is_in_order(desk: Client) -> None:
    IncomingMail.objects.create(
        mailbox="desk@ministry.example", kind=IncomingMail.Kind.OTHER, received_at=ago(hours=1)
    )

    page = words(desk.get("/operations/"))
    apart = page[page.index("Good to know") : page.index("In order")]

    assert "1 mail waits to be read. Read it on My desk" in apart
    assert "No mailbox is read by the program; people read the replies." in apart
    assert "Set MAILBOX_URL" in apart
    assert "No mailbox is read" not in page[page.index("In order") :]


def test_where_a_mailbox_is_read_nothing_stands_apart(desk: Client, settings: Settings) -> None:
    settings.MAILBOX_URLS = ["imap+ssl://desk@mail.example"]
    Heartbeat.beat("mailbox", now=NOW)

    page = words(desk.get("/operations/"))

    assert "Good to know" not in page
    assert "The mailbox was last read to its end" in page[page.index("In order") :]


def test_it_counts_messages_by_state(desk: Client) -> None:
    for _n in range(2):
        make_delivery(Delivery.State.SENT)
    make_delivery(Delivery.State.CANCELLED)

    page = words(desk.get("/operations/"))

    assert "Sent 2" in page
    assert "No longer needed 1" in page
    assert "Waiting to be sent 0" in page


def test_it_says_when_each_part_ran_and_runs_next(desk: Client) -> None:
    page = words(desk.get("/operations/"))

    assert "Plan, bundle and send Mon 23 Nov 2026 09:00 next about Mon 23 Nov 2026 09:00" in page
    assert "Put next dates in step Mon 23 Nov 2026 09:00 next about Mon 23 Nov 2026 10:00" in page


def test_it_says_how_outgoing_mail_stands(desk: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "switched off Nothing leaves" in words(desk.get("/operations/"))

    OutgoingMail.switch(True)
    assert "switched on Mail leaves" in words(desk.get("/operations/"))


def test_a_paused_channel_is_tried_again_on_demand(desk: Client) -> None:
    later = NOW + timedelta(hours=1)
    ChannelPause.objects.create(channel="mail", reason="535 wrong password", since=ago(hours=1), until=later)

    page = words(desk.get("/operations/"))
    answer = desk.post("/operations/mail/try/", follow=True)

    assert "535 wrong password" in page
    assert "Try again now" in page
    assert "It is tried again within a minute." in words(answer)
    assert ChannelPause.objects.get().until == NOW


def test_a_channel_that_is_not_paused_is_not_tried(desk: Client) -> None:
    assert desk.post("/operations/mail/try/").status_code == 404


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_it_is_there_in_each_language(desk: Client, language: str) -> None:
    make_delivery(Delivery.State.FAILED)
    PlanningMark.objects.create(calendar_id=1, planned_on=TODAY, full_at=ago(days=2))
    desk.post("/i18n/setlang/", {"language": language})

    answer = desk.get("/operations/")

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.content.decode()


def test_it_asks_the_same_number_of_questions_however_much_there_is(desk: Client, forum: Forum) -> None:
    def fill() -> None:
        make_delivery(Delivery.State.FAILED, forum)
        make_delivery(Delivery.State.SENT, forum)

    fill()
    desk.get("/operations/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/operations/")
    for _round in range(3):
        fill()
    with CaptureQueriesContext(connection) as many:
        desk.get("/operations/")

    assert len(many) == len(few)


# -- who


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Membership.Role.DESK_OFFICER, 200),
        (Membership.Role.AUDITOR, 200),
        (Membership.Role.READER, 404),
    ],
)
def test_officers_and_auditors_see_it_and_nobody_else(forum: Forum, role: str, status: int) -> None:
    client = signed_in(person_with(role, **({} if role == Membership.Role.AUDITOR else {"forum": forum})))

    assert client.get("/operations/").status_code == status
    assert ("Operations" in words(client.get("/settings/"))) is (status == 200)


def test_an_auditor_looks_and_changes_nothing(forum: Forum) -> None:
    ChannelPause.objects.create(channel="mail", reason="535", since=NOW, until=NOW + timedelta(hours=1))
    delivery, problem = make_delivery(Delivery.State.FAILED, forum), make_address_problem()
    follow_up = make_follow_up(TODAY + timedelta(days=9), commitment=make_commitment(forum=forum))
    missed = make_reminder(follow_up.pk, due_on=follow_up.due_on, state=Reminder.State.MISSED)
    auditor = signed_in(person_with(Membership.Role.AUDITOR))

    deeds = ["/operations/mail/try/", f"/mail/{delivery.pk}/seen/", f"/addresses/{problem.pk}/mended/"]
    deeds += [f"/missed/{missed.pk}/done/"]

    assert [auditor.post(deed).status_code for deed in deeds] == [404] * 4
    assert "Try again now" not in words(auditor.get("/operations/"))


def test_a_look_does_nothing(desk: Client, forum: Forum) -> None:
    delivery, problem = make_delivery(Delivery.State.FAILED, forum), make_address_problem()

    deeds = ["/operations/mail/try/", f"/mail/{delivery.pk}/seen/", f"/addresses/{problem.pk}/mended/"]

    assert [desk.get(deed).status_code for deed in deeds] == [405] * 3


# -- the banner


def test_while_nobody_sends_every_page_of_the_desk_says_so(desk: Client) -> None:
    Heartbeat.beat("tick", now=ago(minutes=4))

    for address in ("/", "/commitments/", "/settings/", "/commitments/forum/", "/operations/"):
        assert SILENCE in words(desk.get(address)), address


def test_a_worker_that_answers_is_not_spoken_of(desk: Client) -> None:
    Heartbeat.beat("tick", now=ago(seconds=170))

    assert "Reminders are not being sent" not in words(desk.get("/"))


@pytest.mark.parametrize("role", [Membership.Role.AUDITOR, Membership.Role.READER])
def test_the_banner_is_for_who_keeps_a_desk(forum: Forum, role: str) -> None:
    Heartbeat.beat("tick", now=ago(minutes=4))
    client = signed_in(person_with(role, **({} if role == Membership.Role.AUDITOR else {"forum": forum})))

    assert "Reminders are not being sent" not in words(client.get("/"))


def test_the_door_says_nothing_of_it(client: Client) -> None:
    Heartbeat.beat("tick", now=ago(minutes=4))

    assert "Reminders are not being sent" not in words(client.get("/login/"))


def test_in_the_first_minutes_nothing_is_said(desk: Client, settings: Settings) -> None:
    Heartbeat.objects.all().delete()
    settings.STARTED_AT = ago(minutes=2)
    assert "Reminders are not being sent" not in words(desk.get("/"))

    settings.STARTED_AT = ago(minutes=4)
    assert "the worker has not answered yet" in words(desk.get("/"))


def test_it_costs_one_question_a_page(desk: Client) -> None:
    desk.get("/settings/")

    with CaptureQueriesContext(connection) as asked:
        desk.get("/settings/")

    assert sum("notifications_heartbeat" in query["sql"] for query in asked) == 1


# -- what is seen to


def test_a_message_that_failed_leaves_the_desk_once_it_is_seen_to(
    desk: Client, forum: Forum, officer: User
) -> None:
    delivery = make_delivery(Delivery.State.FAILED, forum)
    assert "I have seen to it" in words(desk.get(f"/mail/{delivery.pk}/"))

    page = words(desk.post(f"/mail/{delivery.pk}/seen/", follow=True))

    assert "Seen to Mon 23 Nov 2026 09:00 Officer One" in page
    assert "I have seen to it" not in page
    assert "Send again" in page
    assert "0 Not delivered" in words(desk.get("/"))


def test_what_was_sent_is_neither_sent_again_nor_seen_to(desk: Client, forum: Forum) -> None:
    sent = make_delivery(Delivery.State.SENT, forum)

    assert "Send again" not in words(desk.get(f"/mail/{sent.pk}/"))
    assert [desk.post(f"/mail/{sent.pk}/{deed}/").status_code for deed in ("again", "seen")] == [404, 404]


def test_another_desk_sees_to_nothing_of_it(forum: Forum) -> None:
    delivery = make_delivery(Delivery.State.FAILED, forum)

    assert signed_in(make_officer(make_forum())).post(f"/mail/{delivery.pk}/seen/").status_code == 404


def test_an_address_counts_as_right_once_the_desk_says_so(desk: Client) -> None:
    person = make_user(email="gone@ministry.example")
    problem = make_address_problem()

    page = desk.get("/")
    answer = desk.post(f"/addresses/{problem.pk}/mended/", follow=True)

    assert "1 Addresses that refuse mail" in words(page)
    assert f'href="/people/{person.pk}/"' in page.content.decode()
    assert "The address counts as right again." in words(answer)
    assert not AddressProblem.objects.exists()


def test_what_was_missed_stands_on_the_desk_until_somebody_has_told_them(desk: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, title_en="Exchange lists")
    follow_up = make_follow_up(TODAY + timedelta(days=9), commitment=commitment)
    missed = make_reminder(follow_up.pk, due_on=follow_up.due_on, state=Reminder.State.MISSED)

    page = words(desk.get("/"))
    answer = desk.post(f"/missed/{missed.pk}/done/", follow=True)

    assert "1 Missed" in page
    assert "Call whoever leads, and say so here." in page
    assert "It counts as told." in words(answer)
    assert "Missed" not in words(desk.get("/"))


def test_another_desk_does_not_say_that_they_were_told(forum: Forum) -> None:
    follow_up = make_follow_up(TODAY + timedelta(days=9), commitment=make_commitment(forum=forum))
    missed = make_reminder(follow_up.pk, due_on=follow_up.due_on, state=Reminder.State.MISSED)

    assert signed_in(make_officer(make_forum())).post(f"/missed/{missed.pk}/done/").status_code == 404


def test_of_what_nobody_can_be_told_stands_on_the_desk(forum: Forum, desk: Client) -> None:
    forum.desk.holdings.all().delete()
    commitment = make_commitment(
        forum=forum, lead=make_held_post(make_user(email="")), title_en="Exchange lists"
    )
    make_follow_up(TODAY + timedelta(days=9), commitment=commitment)

    page = words(desk.get("/"))

    assert "1 Nobody to tell" in page
    assert "Give one of these a holder with a mail address" in page


@pytest.mark.parametrize("title", ["Missed", "Addresses that refuse mail", "Mail to read", "Nobody to tell"])
def test_a_rare_list_takes_no_room_while_it_is_empty(desk: Client, forum: Forum, title: str) -> None:
    make_commitment(forum=forum)

    assert title not in words(desk.get("/"))
