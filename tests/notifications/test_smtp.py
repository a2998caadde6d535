"""Mail through a real SMTP server on a port of its own."""

import email
import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta
from email.header import decode_header, make_header
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from commitments.models import User
from notifications import channels, smtp, supply, writing
from notifications.bundling import bundle_reminders
from notifications.models import AddressProblem, ChannelPause, Delivery, OutgoingMail
from notifications.planning import plan_reminders
from notifications.reminding import remind
from notifications.samples import send_sample
from notifications.smtp import GuardedBackend, TooLate
from tests.factories import at, make_follow_up, make_held_post, make_officer, make_user
from tests.mail_server import MailServer, free_port

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
State = Delivery.State


def use(settings, server: MailServer) -> None:
    settings.EMAIL_BACKEND = channels.SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    OutgoingMail.switch(True)


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    with MailServer() as running:
        use(settings, running)
        yield running


def run(moment=MONDAY):
    return remind(clock=lambda: moment)


def twenty_people() -> None:
    for n in range(20):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))


def states() -> set[str]:
    return set(Delivery.objects.values_list("state", flat=True))


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


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("policy", ["verify", "hold"])
def test_twenty_messages_go_over_one_connection(server, settings, pipelining, policy):
    settings.MAIL_UNCERTAIN, server.pipelining = policy, pipelining
    twenty_people()

    run()

    assert (len(server.arrivals), server.connections) == (20, 1)
    assert len({arrival.recipients for arrival in server.arrivals}) == 20


@pytest.mark.parametrize("pipelining", [True, False])
def test_lines_that_begin_with_a_dot_arrive_as_they_were_written(item, server, monkeypatch, pipelining):
    server.pipelining = pipelining
    say(monkeypatch, "first\n.\n..\n.last")

    run()

    (message,) = server.accepted
    assert message.get_payload(0).get_payload() == "first\r\n.\r\n..\r\n.last"


def test_a_megabyte_arrives_whole(item, server, monkeypatch):
    say(monkeypatch, "words of a mail\n" * 65_536)

    run()

    assert len(server.accepted[0].get_payload(0).get_payload(decode=True)) > 2**20


def say(monkeypatch, text):
    compose = writing.compose

    def said(*args, **kwargs):
        message = compose(*args, **kwargs)
        return type(message)(**{**vars(message), "text": text})

    monkeypatch.setattr(writing, "compose", said)


# What the server answers


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


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_mailbox_that_does_not_exist_keeps_the_others_from_nothing(server, pipelining):
    server.pipelining, server.no_mailbox = pipelining, {"lead3@ministry.example"}
    twenty_people()

    result = run()

    assert (result.sent, result.failed, server.connections) == (19, 1, 1)
    assert Delivery.objects.get(state=State.FAILED).address == "lead3@ministry.example"


@pytest.mark.parametrize(
    "said", ["550 5.1.1 no such mailbox", "550 5.1.10 takes no mail", "553 5.1.2 no such host"]
)
def test_an_address_that_is_refused_at_the_door_stands_among_those_that_refuse(item, server, said):
    server.plan = [said]

    run()

    problem = AddressProblem.objects.standing().get()
    assert (problem.address, problem.since, problem.count) == ("lead@ministry.example", MONDAY, 1)
    assert said[-10:] in problem.reason


@pytest.mark.parametrize(
    "said", ["550 5.7.1 looks like spam", "552 5.2.2 mailbox full", "450 4.1.1 later", "550 no"]
)
def test_a_refusal_for_other_reasons_does_not_blame_the_address(item, server, said):
    server.plan = [said]

    run()

    assert not AddressProblem.objects.exists()


def test_a_refused_address_shows_on_the_desk(client, item, server):
    server.plan = ["refuse for good"]
    run()
    client.force_login(make_officer(item.forum))

    assert "lead@ministry.example" in client.get("/").content.decode()


def test_a_server_that_asks_for_a_message_it_has_refused_leaves_nothing_in_doubt(server):
    server.no_mailbox, server.asks_for_the_rest = {"lead3@ministry.example"}, True
    twenty_people()

    result = run()

    assert (result.sent, result.failed, result.uncertain) == (19, 1, 0)


@pytest.mark.parametrize("fails_at", [2, 3])
def test_what_cannot_be_begun_ahead_is_said_and_goes_out_all_the_same(
    server, settings, monkeypatch, caplog, fails_at
):
    settings.MAIL_UNCERTAIN, server.seconds = "verify", 0.02
    monkeypatch.setattr(supply, "GROUP", 5)
    whole, calls = supply.pass_point_of_no_return, count(1)

    def breaks_off_once(written, *, now):
        if next(calls) == fails_at:
            raise OperationalError("database is locked")
        return whole(written, now=now)

    monkeypatch.setattr(supply, "pass_point_of_no_return", breaks_off_once)
    twenty_people()

    assert (run().sent, states()) == (20, {State.SENT})
    assert "database is locked" in caplog.text


def test_a_sample_that_is_sent_at_once_begins_no_other_message(server, settings):
    settings.MAIL_UNCERTAIN, server.seconds = "verify", 0.02
    twenty_people()
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)

    send_sample(make_user(email="officer@ministry.example"), language="en", clock=lambda: MONDAY)

    assert len(server.arrivals) == 1
    assert states() == {State.PENDING, State.SENT}


def test_one_that_is_too_large_is_refused_alone(server):
    server.plan = ["accept", "552 5.3.4 too large"]
    twenty_people()

    result = run()

    assert (result.sent, result.failed, ChannelPause.objects.count()) == (19, 1, 0)


@pytest.mark.parametrize("when", ["drop before", "drop after"])
def test_a_line_that_breaks_without_an_answer_leaves_it_uncertain(item, server, when):
    server.plan = [when]

    run()
    run(MONDAY + timedelta(days=1))

    assert Delivery.objects.get().state == State.UNCERTAIN
    assert len(server.arrivals) == (when == "drop after")


def test_after_a_broken_line_the_others_go_over_another(server):
    server.plan = ["accept", "drop after"]
    twenty_people()

    result = run()

    assert (result.sent, result.uncertain, server.connections) == (19, 1, 2)


def test_a_server_that_ends_a_long_connection_gets_a_new_one_and_no_message_suffers(server):
    server.at_most = 8  # messages over one connection
    twenty_people()

    result = run()

    assert (result.sent, result.postponed, server.connections) == (20, 0, 3)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_a_server_that_is_slow_to_answer_leaves_it_uncertain(item, server, settings):
    settings.EMAIL_TIMEOUT, server.seconds = 0.2, 0.6

    run()

    assert states() == {State.UNCERTAIN}


def test_a_server_that_is_away_means_certainly_not_sent(item, server, settings):
    settings.EMAIL_PORT = free_port()

    run()

    assert Delivery.objects.get().state == State.PENDING


def test_while_the_server_is_away_one_message_tries_and_the_others_lose_nothing(server, settings):
    settings.EMAIL_PORT = free_port()
    twenty_people()

    result = run()

    attempts = Delivery.objects.filter(state=State.PENDING).values_list("attempts", flat=True)
    assert (result.postponed, sorted(attempts)) == (1, [0] * 19 + [1])


def test_a_server_that_hangs_up_at_once_means_certainly_not_sent(item, settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = channels.SMTP, "127.0.0.1"
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = deaf.getsockname()[1], 0.2
        OutgoingMail.switch(True)
        run()

    assert states() == {State.PENDING}


# The guard


def test_a_worker_frozen_past_its_lease_hands_nothing_over(server, item):
    backend = GuardedBackend(host="127.0.0.1", port=server.port)
    backend.open()

    with pytest.raises(TooLate):
        backend.hand_over("a@ministry.example", "b@ministry.example", b"x\r\n", time.monotonic() - 1)
    backend.drop()
    assert server.arrivals == []


def test_one_that_is_frozen_within_a_group_hands_the_rest_of_it_to_nobody(server, settings, monkeypatch):
    settings.MAIL_UNCERTAIN = "verify"
    twenty_people()

    def frozen_after_the_fifth():
        return time.monotonic() + (3600 if len(server.arrivals) >= 5 else 0)

    monkeypatch.setattr(smtp, "time", SimpleNamespace(monotonic=frozen_after_the_fifth))
    run()

    assert len(server.arrivals) == 5
    assert Delivery.objects.filter(state=State.SENT).count() == 5
    assert Delivery.objects.filter(state=State.PENDING).count() == 15


# As bytes


def test_what_python_reads_is_what_was_written(item, server):
    run()

    arrival, delivery = server.arrivals[0], Delivery.objects.get()
    read = email.message_from_bytes(arrival.content, policy=email.policy.default)
    text, html = (part.get_content() for part in read.iter_parts())
    assert not read.defects
    assert (read["To"], read["Subject"]) == (delivery.address, delivery.subject)
    assert (text.replace("\r\n", "\n"), html.replace("\r\n", "\n")) == (delivery.text, delivery.html)


def test_a_long_line_is_broken_for_its_journey_and_whole_again_after_it(item, server, monkeypatch):
    say(monkeypatch, "가" * 1000 + "\nend")

    run()

    content = server.arrivals[0].content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert server.accepted[0].get_payload(0).get_payload(decode=True).decode() == "가" * 1000 + "\r\nend"


def test_an_address_that_is_two_addresses_is_written_to_nobody(item, server):
    User.objects.filter(email="lead@ministry.example").update(email="t@ministry.example, z@ministry.example")

    run()

    assert (states(), server.arrivals) == ({State.FAILED}, [])
