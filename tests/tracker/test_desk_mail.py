from datetime import date

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from commitments.models import Change, Forum, User
from notifications.models import Delivery, OutgoingMail, Reminder
from tests.factories import (
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


@pytest.fixture
def delivery(forum: Forum) -> Delivery:
    made = Delivery.objects.create(
        recipient=make_user(name_en="Holder Two", email="two@ministry.example"),
        local_day=date(2026, 11, 23),
        address="two@ministry.example",
        subject="[SCCD] Status of 1 item requested",
        text="Please answer: https://follow.example/a/token <script>alert(1)</script>",
        html="<p style='color:red'>Please answer</p>",
        state=Delivery.State.FAILED,
        error="550 no such mailbox",
        send_after=timezone.now(),
        message_id=make_message_id(),
        created_at=timezone.now(),
    )
    follow_up = make_follow_up(date(2026, 12, 1), commitment=make_commitment(forum=forum))
    Reminder.objects.create(
        follow_up=follow_up,
        step="before-7",
        ordinal=1,
        post=make_held_post(),
        due_on=follow_up.due_on,
        remind_on=date(2026, 11, 24),
        audience="owner",
        breaks_out=False,
        planned_at=timezone.now(),
        delivery=made,
    )
    return made


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def test_the_list_shows_who_was_told_and_what_became_of_it(desk: Client, delivery: Delivery) -> None:
    page = words(desk.get("/mail/"))

    assert "Holder Two two@ministry.example could not be delivered 550 no such mailbox" in page


def test_the_list_is_narrowed_by_what_became_of_the_messages(desk: Client, delivery: Delivery) -> None:
    assert "Holder Two" in words(desk.get("/mail/?state=failed"))
    assert "Holder Two" not in words(desk.get("/mail/?state=sent"))
    assert "Holder Two" in words(desk.get("/mail/?state=nonsense"))


def test_a_message_can_be_read_and_its_text_runs_nothing(desk: Client, delivery: Delivery) -> None:
    html = desk.get(f"/mail/{delivery.pk}/").content.decode()

    assert "Please answer:" in html
    assert "<script>alert" not in html
    assert "7 days before" in html


def test_the_html_part_is_shown_under_a_policy_that_allows_nothing(desk: Client, delivery: Delivery) -> None:
    answer = desk.get(f"/mail/{delivery.pk}/html/")

    assert answer.content == delivery.html.encode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "sandbox" in answer["Content-Security-Policy"]


def test_an_undelivered_message_can_be_sent_again(desk: Client, delivery: Delivery) -> None:
    desk.post(f"/mail/{delivery.pk}/again/")

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.PENDING


def test_a_reader_sees_a_message_and_cannot_have_it_sent_again(forum: Forum, delivery: Delivery) -> None:
    client, reader = Client(), make_user(is_staff=True)
    make_membership(reader, "reader", forum=forum)
    client.force_login(reader)

    assert "Send again" not in words(client.get(f"/mail/{delivery.pk}/"))
    assert client.post(f"/mail/{delivery.pk}/again/").status_code == 404


def test_a_message_about_what_one_may_not_see_is_not_found(delivery: Delivery) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert "Holder Two" not in words(stranger.get("/mail/"))
    for address in (f"/mail/{delivery.pk}/", f"/mail/{delivery.pk}/html/"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/mail/{delivery.pk}/again/").status_code == 404


def test_an_administrator_switches_mail_to_real_addresses_on_and_off(
    administrator: Client, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "switched off" in words(administrator.get("/mail/"))

    on = administrator.post("/mail/switch/", {"enabled": "on"}, follow=True)

    assert "Mail to real addresses is switched on." in words(on)
    assert OutgoingMail.is_enabled()
    assert Change.objects.of(OutgoingMail.objects.get()).get().via == "desk"

    administrator.post("/mail/switch/", {"enabled": "off"})

    assert not OutgoingMail.is_enabled()


def test_nobody_else_switches_it(desk: Client) -> None:
    assert desk.post("/mail/switch/", {"enabled": "on"}).status_code == 404
    assert not OutgoingMail.is_enabled()


def test_the_page_says_when_there_is_no_mail_server(administrator: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.outbox.FileOutbox"

    assert "Messages are written to files and can be read here." in words(administrator.get("/mail/"))


def test_a_sample_goes_to_whoever_asks_and_to_nobody_else(desk: Client, officer: User) -> None:
    answer = desk.post("/mail/sample/", follow=True)

    assert [message.to for message in mail.outbox] == [[officer.email]]
    assert "[SAMPLE]" in mail.outbox[0].subject
    assert "An invented commitment, to show how a reminder reads" in words(answer)


def test_a_sample_can_be_asked_for_again_the_same_day(desk: Client) -> None:
    desk.post("/mail/sample/")
    desk.post("/mail/sample/")

    assert len(mail.outbox) == 2


def test_without_an_address_there_is_no_sample(forum: Forum) -> None:
    client = Client()
    client.force_login(make_officer(forum, email=""))

    assert "You have no mail address in the register" in words(client.post("/mail/sample/", follow=True))
    assert mail.outbox == []
