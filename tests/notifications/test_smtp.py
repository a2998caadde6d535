"""Mail through a real SMTP server on a port of its own."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from email.header import decode_header, make_header

import pytest

from notifications import channels
from notifications.models import Delivery, OutgoingMail
from notifications.reminding import remind
from notifications.smtp import GuardedBackend, TooLate
from tests.factories import at
from tests.mail_server import MailServer, free_port

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
State = Delivery.State


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    with MailServer() as running:
        settings.EMAIL_BACKEND = channels.SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        OutgoingMail.switch(True)
        yield running


def run(moment=MONDAY):
    return remind(clock=lambda: moment)


def test_what_the_server_accepted_is_what_the_register_says_it_sent(item, server):
    run()
    run(MONDAY + timedelta(hours=1))

    delivery = Delivery.objects.get()
    assert delivery.state == State.SENT
    assert [message["Message-ID"] for message in server.accepted] == [delivery.message_id]


def test_the_mail_is_readable_by_any_client(item, server):
    run()

    (message,) = server.accepted
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == "desk@ministry.example"
    assert str(make_header(decode_header(message["Subject"]))) == Delivery.objects.get().subject
    assert message["Subject"].startswith("=?utf-8?")


def test_refused_for_now_it_comes_again_with_the_same_identity(item, server):
    server.plan = ["refuse for now"]

    run()
    assert Delivery.objects.get().state == State.PENDING
    run(MONDAY + timedelta(hours=2))

    assert [message["Message-ID"] for message in server.accepted] == [Delivery.objects.get().message_id]


def test_refused_for_good_it_is_work_for_a_person(item, server):
    server.plan = ["refuse for good"]

    run()

    assert Delivery.objects.get().state == State.FAILED
    assert "550" in Delivery.objects.get().error


@pytest.mark.parametrize("when", ["drop before", "drop after"])
def test_a_line_that_breaks_without_an_answer_leaves_it_uncertain(item, server, when):
    server.plan = [when]

    run()
    run(MONDAY + timedelta(days=1))

    assert Delivery.objects.get().state == State.UNCERTAIN
    assert len(server.accepted) == (when == "drop after")


def test_a_server_that_is_away_means_certainly_not_sent(item, server, settings):
    settings.EMAIL_PORT = free_port()

    run()

    assert Delivery.objects.get().state == State.PENDING


def test_a_worker_frozen_past_its_lease_hands_nothing_over(server, item):
    from django.core.mail import EmailMessage

    backend = GuardedBackend(host="127.0.0.1", port=server.port)
    backend.not_after = time.monotonic() - 1

    with pytest.raises(TooLate):
        backend.send_messages([EmailMessage("s", "b", "a@ministry.example", ["b@ministry.example"])])
    assert server.accepted == []
