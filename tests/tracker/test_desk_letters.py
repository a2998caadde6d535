"""“Write to the owner”: from the task to the drafted text, which a person sends, copies or leaves."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from commitments.models import FollowUp, Forum, Marking, Membership, Post, User
from notifications.models import Delivery, Letter, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_officer,
    make_user,
)
from tests.tracker.reading import words

SILENT = at(date(2026, 12, 29))


@pytest.fixture(autouse=True)
def _tuesday() -> object:
    with time_machine.travel(SILENT, tick=False):
        yield


@pytest.fixture
def lead(db: None) -> Post:
    return make_held_post(make_user(name_en="Lee Jun", email="jun@ministry.example", language="en"))


@pytest.fixture
def item(forum: Forum, lead: Post) -> FollowUp:
    commitment = make_commitment(forum=forum, lead=lead, title_en="Exchange lists")
    return make_follow_up(date(2026, 12, 18), commitment=commitment, dated_at=at(date(2026, 11, 1)))


@pytest.fixture
def task(item: FollowUp) -> Reminder:
    """The lead was told and stayed silent."""
    remind(clock=lambda: at(date(2026, 12, 21)))
    plan_reminders(now=SILENT)
    mail.outbox.clear()
    return Reminder.objects.tasks_for_the_desk(SILENT).get()


def as_drafted(desk: Client, task: Reminder) -> dict[str, Any]:
    form = desk.get(f"/tasks/{task.pk}/write/").context["form"]
    return {name: form[name].value() for name in form.fields}


def test_the_task_leads_to_the_drafted_text(desk: Client, task: Reminder) -> None:
    assert f'href="/tasks/{task.pk}/write/"' in desk.get("/").content.decode()

    page = words(desk.get(f"/tasks/{task.pk}/write/"))

    assert "Dear Lee Jun," in page
    assert "Exchange lists" in page
    assert "jun@ministry.example" in page
    assert "Nothing goes without you." in page


def test_sent_it_leaves_as_it_was_edited(desk: Client, task: Reminder, officer: User) -> None:
    said = as_drafted(desk, task) | {"subject": "The lists", "text": "Dear Jun,\r\nhow far are they?"}

    answer = desk.post(f"/tasks/{task.pk}/write/", said, follow=True)
    remind(clock=timezone.now)

    assert "The letter leaves within a minute" in words(answer)
    assert [(m.to, m.subject) for m in mail.outbox if "lists" in m.subject] == [
        (["jun@ministry.example"], "The lists")
    ]
    letter = Letter.objects.get()
    assert letter.text == "Dear Jun,\nhow far are they?"
    assert letter.written_by == officer
    assert "0 Tasks for the desk" in words(desk.get("/"))


def test_it_stands_with_the_item(desk: Client, task: Reminder, item: FollowUp) -> None:
    desk.post(f"/tasks/{task.pk}/write/", as_drafted(desk, task))
    remind(clock=timezone.now)
    letter = Letter.objects.get()

    page = desk.get(f"/commitments/{item.commitment.reference}/").content.decode()

    assert f'href="/mail/{letter.delivery_id}/"' in page
    assert "Dear Lee Jun," in words(desk.get(f"/mail/{letter.delivery_id}/"))


def test_while_it_is_on_its_way_there_is_no_second(desk: Client, task: Reminder) -> None:
    said = as_drafted(desk, task)
    desk.post(f"/tasks/{task.pk}/write/", said)

    page = words(desk.get(f"/tasks/{task.pk}/write/"))
    again = desk.post(f"/tasks/{task.pk}/write/", said)

    assert "A letter about it is on its way already." in page
    assert "Send it" not in page
    assert "a letter is on its way" in words(desk.get("/"))
    assert again.status_code == 400
    assert Letter.objects.count() == 1


def test_while_outgoing_mail_is_off_it_waits_and_that_is_said(
    desk: Client, task: Reminder, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    answer = desk.post(f"/tasks/{task.pk}/write/", as_drafted(desk, task), follow=True)

    assert "The letter waits: outgoing mail is switched off." in words(answer)
    assert Delivery.objects.get(letter__isnull=False).state == Delivery.State.PENDING


def test_copied_into_a_letter_on_paper_the_task_is_done_and_nothing_leaves(
    desk: Client, task: Reminder
) -> None:
    page = desk.get(f"/tasks/{task.pk}/write/").content.decode()
    assert f'<form id="copied" method="post" action="/tasks/{task.pk}/done/">' in page

    desk.post(f"/tasks/{task.pk}/done/")

    assert not Letter.objects.exists()
    assert not Reminder.objects.tasks_for_the_desk(SILENT).exists()


def test_a_look_sends_and_writes_nothing(desk: Client, task: Reminder) -> None:
    before = Delivery.objects.count()

    desk.get(f"/tasks/{task.pk}/write/")

    assert not Letter.objects.exists()
    assert Delivery.objects.count() == before


def test_an_empty_text_is_not_sent(desk: Client, task: Reminder) -> None:
    answer = desk.post(f"/tasks/{task.pk}/write/", as_drafted(desk, task) | {"text": " "})

    assert answer.status_code == 400
    assert not Letter.objects.exists()


def test_a_subject_of_two_lines_is_one_line_in_the_mail(desk: Client, task: Reminder) -> None:
    said = as_drafted(desk, task) | {"subject": "One\nBcc: other@ministry.example"}

    desk.post(f"/tasks/{task.pk}/write/", said)
    remind(clock=timezone.now)

    assert all("\n" not in message.subject and not message.bcc for message in mail.outbox)


def test_what_was_shown_for_another_is_not_sent_to_the_successor(
    desk: Client, task: Reminder, lead: Post
) -> None:
    said = as_drafted(desk, task)
    make_holding(lead, make_user(name_en="Kim Minji"), acting=True)

    answer = desk.post(f"/tasks/{task.pk}/write/", said)

    assert answer.status_code == 400
    assert "Somebody else is told for this post by now." in words(answer)
    assert not Letter.objects.exists()


def test_where_nobody_can_be_told_there_is_text_to_copy_and_no_button(
    desk: Client, task: Reminder, lead: Post
) -> None:
    lead.holdings.all().delete()

    page = words(desk.get(f"/tasks/{task.pk}/write/"))

    assert "Copy the text into a letter." in page
    assert "Send it" not in page


def test_of_a_restricted_item_one_is_warned(
    desk: Client, task: Reminder, item: FollowUp, officer: User
) -> None:
    item.commitment.grants.create(user=officer, reason="keeps it")
    item.commitment.marking = Marking.RESTRICTED
    item.commitment.save()

    page = words(desk.get(f"/tasks/{task.pk}/write/"))

    assert "keep its words out of the mail" in page


def test_another_desk_and_readers_write_nothing(forum: Forum, task: Reminder) -> None:
    reader = make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=forum)
    for person in (make_officer(make_forum()), reader):
        client = Client()
        client.force_login(person)
        assert client.get(f"/tasks/{task.pk}/write/").status_code == 404
        assert client.post(f"/tasks/{task.pk}/write/", {"subject": "A", "text": "B"}).status_code == 404


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_page_is_in_the_officers_language_and_the_text_in_the_owners(
    desk: Client, task: Reminder, language: str
) -> None:
    desk.post("/i18n/setlang/", {"language": language})

    page = desk.get(f"/tasks/{task.pk}/write/").content.decode()

    assert f'<html lang="{language}">' in page
    assert "Deadline: Fri 18 Dec 2026" in page
    assert re.search('<textarea[^>]* lang="en"', page)
