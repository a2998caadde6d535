"""What the mail server has against us, and not against a message: nothing fails for it, and somebody is told."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from commitments.models import FollowUp, User
from notifications import channels
from notifications.models import ChannelPause, Delivery, OutgoingMail
from notifications.reminding import remind
from tests.factories import at, make_follow_up, make_held_post, make_user
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
State = Delivery.State
Serve = Callable[[MailServer], MailServer]


@pytest.fixture
def serve(settings) -> Iterator[Serve]:
    running: list[MailServer] = []

    def started(server: MailServer) -> MailServer:
        running.append(server.__enter__())
        settings.EMAIL_BACKEND, settings.MAIL_UNCERTAIN = channels.SMTP, "verify"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        return server

    OutgoingMail.switch(True)
    make_people(8)
    yield started
    for server in running:
        server.__exit__()


def make_people(count: int, *, first: int = 0) -> None:
    for n in range(first, first + count):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))


def run(minutes: float = 0):
    return remind(clock=lambda: MONDAY + timedelta(minutes=minutes))


def assert_all_wait(*, reason: str) -> None:
    assert reason in ChannelPause.objects.get().reason
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.PENDING, 0)}


def test_a_wrong_password_pauses_the_channel_and_fails_nothing(serve, settings, caplog):
    serve(MailServer(sign_in="535 5.7.8 wrong password"))
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "tracker", "wrong"

    result = run()

    assert result.failed == 0
    assert_all_wait(reason="535")
    assert [record.levelno for record in caplog.records if "paused" in record.message] == [logging.ERROR]


def test_a_connection_that_cannot_be_encrypted_pauses_it(serve, settings):
    serve(MailServer(without_certificate=True))
    settings.EMAIL_USE_TLS = True

    run()

    assert_all_wait(reason="")


def test_a_server_that_offers_no_encryption_pauses_it(serve, settings):
    serve(MailServer())
    settings.EMAIL_USE_TLS = True

    run()

    assert_all_wait(reason="STARTTLS")


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("answer", ["530 5.7.0 authentication required", "553 5.7.1 not your address"])
def test_a_refused_sender_pauses_it(serve, answer, pipelining):
    server = serve(MailServer())
    server.sender_answer, server.pipelining = answer, pipelining

    run()

    assert_all_wait(reason=answer[:3])


def test_a_password_asked_for_in_the_middle_pauses_it(serve):
    server = serve(MailServer())
    server.plan = ["accept", "530 5.7.0 authentication required"]

    result = run()

    assert (result.sent, result.failed) == (1, 0)
    assert Delivery.objects.filter(state=State.PENDING, attempts=0).count() == 7


def test_six_refusals_of_different_people_in_a_row_are_not_about_the_people(serve):
    server = serve(MailServer())
    server.always = "554 5.7.1 relay access denied"

    result = run()

    assert result.failed == 0
    assert_all_wait(reason="554")


def test_five_in_a_row_are_about_the_people(serve):
    server = serve(MailServer())
    server.plan = ["550 5.1.1 no such mailbox"] * 5

    result = run()

    assert (result.failed, result.sent) == (5, 3)
    assert not ChannelPause.objects.exists()


# While it is paused


@pytest.fixture
def refusing(serve) -> MailServer:
    server = serve(MailServer())
    server.sender_answer = "553 5.7.1 not your address"
    run()
    return server


def test_nothing_is_claimed_until_the_next_trial(refusing):
    connections = refusing.connections

    run(minutes=4)

    assert refusing.connections == connections


def test_then_one_message_tries_and_the_pause_becomes_longer(refusing):
    untils = []
    for minutes in (5, 15, 35, 75, 135):
        run(minutes)
        untils.append((ChannelPause.objects.get().until - MONDAY).total_seconds() / 60)

    assert untils == [15, 35, 75, 135, 195]
    assert_all_wait(reason="553")


def test_the_first_that_passes_opens_it_for_all(refusing):
    refusing.sender_answer = ""

    result = run(minutes=5)

    assert (result.sent, ChannelPause.objects.count()) == (8, 0)


def test_a_person_may_have_it_tried_at_once(refusing):
    refusing.sender_answer = ""
    ChannelPause.objects.get().try_at_once(now=MONDAY + timedelta(minutes=1))

    assert run(minutes=1).sent == 8


def test_of_two_workers_one_tries(refusing):
    pause = ChannelPause.objects.get()
    later = MONDAY + timedelta(minutes=5)

    assert [pause.claim_trial(now=later), ChannelPause.objects.get().claim_trial(now=later)] == [True, False]


def test_a_trial_that_meets_a_bad_address_leaves_the_next_to_another(serve):
    server = serve(MailServer())
    server.always = "554 5.7.1 relay access denied"
    run()
    server.always, server.no_mailbox = "accept", {Delivery.objects.earliest("pk").address}

    run(minutes=5)
    result = run(minutes=15)

    assert (result.failed, result.sent) == (0, 7)
    assert not ChannelPause.objects.exists()


def test_messages_that_have_to_wait_use_up_no_trial(refusing):
    oldest = Delivery.objects.order_by("send_after", "pk").values_list("recipient", flat=True)[:3]
    User.objects.filter(pk__in=list(oldest)).update(zone="America/New_York")  # where it is Sunday
    refusing.sender_answer = ""

    result = run(minutes=5)

    assert (result.sent, ChannelPause.objects.count()) == (5, 0)


def test_a_message_that_is_no_longer_needed_uses_up_no_trial(refusing):
    first = Delivery.objects.order_by("send_after", "pk")[0]
    first.reminders.get().follow_up.close(FollowUp.Outcome.DONE, now=MONDAY)
    refusing.sender_answer = ""

    result = run(minutes=5)

    assert (result.sent, ChannelPause.objects.count()) == (7, 0)


def test_where_all_have_to_wait_the_next_trial_is_as_near_as_before(refusing):
    before = ChannelPause.objects.get()
    User.objects.update(zone="America/New_York")

    run(minutes=5)

    after = ChannelPause.objects.get()
    assert (after.trials, after.until) == (before.trials, before.until)


def test_nothing_is_tried_where_nothing_waits(serve):
    ChannelPause.objects.pause("mail", "535", now=MONDAY - timedelta(hours=1))
    Delivery.objects.all().delete()

    remind(clock=lambda: at(date(2026, 11, 22)))  # a Sunday

    assert ChannelPause.objects.get().trials == 1


def test_it_says_until_when_it_stands(refusing):
    assert ChannelPause.objects.standing(MONDAY + timedelta(minutes=4)).exists()
    assert not ChannelPause.objects.standing(MONDAY + timedelta(minutes=5)).exists()
