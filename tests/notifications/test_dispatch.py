"""The life of a message: what each death of a worker, each refusal and each edit on the way leads to."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.models import FollowUp
from notifications import channels, writing
from notifications import dispatch as dispatching
from notifications.bundling import bundle_reminders
from notifications.channels import ChannelError, InDoubtError
from notifications.dispatch import dispatch
from notifications.models import MAX_ATTEMPTS, Delivery, OutgoingMail, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import at, make_assignment, make_follow_up, make_held_post, make_user

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
State = Delivery.State


@pytest.fixture
def delivery(item: FollowUp) -> Delivery:
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)
    return Delivery.objects.get()


@pytest.fixture
def relay(monkeypatch):
    """What the outside world answers next: an exception to raise, or None for acceptance."""
    answers: list[Exception | None] = []

    def send(self, message, not_after):
        answer = answers.pop(0) if answers else None
        if answer is not None:
            raise answer
        mail.outbox.append(message)

    monkeypatch.setattr(channels.MailChannel, "send", send)
    return answers


def claim(moment=MONDAY, limit=10):
    return Delivery.objects.claim(limit, channel="mail", now=moment)


def more_messages(count, *, first=0):
    """To as many other people, bundled on Monday."""
    for n in range(first, first + count):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)


def bundle_reminders_of(delivery, follow_up):
    """It joins the message of the day."""
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)
    assert Reminder.objects.get(follow_up=follow_up).delivery == delivery


def spoil(monkeypatch, delivery, **words):
    """This one message says something else."""
    compose = writing.compose

    def spoilt(message, *args, **kwargs):
        written = compose(message, *args, **kwargs)
        return replace(written, **words) if message.pk == delivery.pk else written

    monkeypatch.setattr(writing, "compose", spoilt)


def send(moment=MONDAY):
    return dispatch(clock=lambda: moment)


def test_two_workers_cannot_claim_the_same_message(delivery):
    assert claim() == [delivery]
    assert claim() == []


def test_a_worker_that_dies_before_the_point_of_no_return_has_not_sent(delivery):
    claim()

    send(MONDAY + timedelta(minutes=3))

    assert len(mail.outbox) == 1


def test_a_worker_that_dies_after_it_leaves_the_message_uncertain_and_unsent(delivery, settings):
    claim()
    Delivery.objects.update(state=State.SENDING)

    send(MONDAY + timedelta(minutes=3))

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.UNCERTAIN, [])
    assert list(Delivery.objects.undelivered()) == [delivery]


def test_the_file_of_an_uncertain_message_proves_that_it_left(delivery, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = channels.FILES, str(tmp_path)
    Delivery.objects.update(state=State.UNCERTAIN, send_after=MONDAY)
    (tmp_path / f"{delivery.message_id.strip('<>')}.eml").write_bytes(b"written before the worker died")

    send()

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert Reminder.objects.get().state == Reminder.State.TOLD


def test_without_its_file_an_uncertain_message_goes_out_after_all(delivery, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = channels.FILES, str(tmp_path)
    Delivery.objects.update(state=State.UNCERTAIN, send_after=MONDAY)

    send(MONDAY)
    send(MONDAY + timedelta(seconds=2))

    assert [path.suffix for path in tmp_path.iterdir()] == [".eml"]


def test_a_refusal_for_now_is_tried_again_later_with_the_same_identity(delivery, relay):
    relay[:] = [ChannelError("451 try later")]

    send()
    delivery.refresh_from_db()
    first = (delivery.message_id, delivery.message_date)
    send(MONDAY + timedelta(hours=2))

    delivery.refresh_from_db()
    assert (delivery.state, len(mail.outbox)) == (State.SENT, 1)
    assert (delivery.message_id, delivery.message_date) == first


def test_a_refusal_for_good_is_work_for_a_person(delivery, relay):
    relay[:] = [ChannelError("550 no such mailbox", permanent=True)]

    send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.FAILED, "550 no such mailbox")


def test_a_message_that_never_gets_through_ends_as_failed(delivery, relay):
    relay[:] = [ChannelError("451 try later")] * 60

    for hour in range(120):
        send(MONDAY + timedelta(hours=2 * hour))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.FAILED, MAX_ATTEMPTS)


def test_a_broken_connection_after_handing_over_is_not_tried_again(delivery, relay):
    relay[:] = [InDoubtError("connection reset")]

    send()
    send(MONDAY + timedelta(days=1))

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.UNCERTAIN, [])


def test_a_person_can_have_a_failed_message_sent_again(delivery, relay):
    relay[:] = [ChannelError("550 no such mailbox", permanent=True)]
    send()
    delivery.refresh_from_db()

    delivery.send_again(now=MONDAY)
    send()

    assert len(mail.outbox) == 1


def test_an_item_closed_between_bundling_and_sending_is_not_told(delivery, item):
    item.close(FollowUp.Outcome.DONE, now=MONDAY)

    send()

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.CANCELLED, [])


def test_a_post_that_changed_hands_before_sending_is_not_told_to_who_left(delivery, lead):
    lead.give_to(make_user(email="new@ministry.example"), from_on=date(2026, 11, 20))

    send()
    bundle_reminders(now=MONDAY)
    send()

    assert [message.to[0] for message in mail.outbox] == ["new@ministry.example"]


def test_an_edit_while_the_message_is_written_has_it_written_anew(delivery, item, monkeypatch):
    compose = writing.compose

    def slow(*args, **kwargs):
        message = compose(*args, **kwargs)
        item.close(FollowUp.Outcome.DONE, now=MONDAY)
        return message

    monkeypatch.setattr(writing, "compose", slow)
    send()
    send(MONDAY + timedelta(seconds=5))

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.CANCELLED, [])


def test_what_is_restricted_while_the_message_is_written_leaves_without_its_words(
    delivery, item, monkeypatch
):
    compose = writing.compose

    def slow(*args, **kwargs):
        message = compose(*args, **kwargs)
        type(item.commitment).objects.update(marking="restricted")
        return message

    monkeypatch.setattr(writing, "compose", slow)
    send()
    send(MONDAY + timedelta(seconds=5))

    (message,) = mail.outbox
    assert item.commitment.reference in message.body
    assert item.commitment.title not in message.body


# Its recipient's hours


def test_a_message_that_comes_back_at_night_waits_for_the_morning(delivery, relay):
    relay[:] = [ChannelError("451 try later")]
    send(at(date(2026, 11, 23), 23, 59))

    night = send(at(date(2026, 11, 24), 3))
    morning = send(at(date(2026, 11, 24), 8, 30))

    assert (night.sent, night.waiting, morning.sent) == (0, 1, 1)


def test_it_stands_in_the_books_under_the_day_on_which_it_left(delivery, relay):
    relay[:] = [ChannelError("451 try later")]
    send()

    send(at(date(2026, 11, 24)))

    delivery.refresh_from_db()
    assert delivery.local_day == date(2026, 11, 24)


def test_it_keeps_its_day_where_that_day_has_a_message_already(delivery, relay):
    relay[:] = [ChannelError("451 try later")]
    send()
    Delivery.to(
        delivery.recipient, local_day=date(2026, 11, 24), language="en", now=MONDAY, state=State.SENT
    ).save()

    send(at(date(2026, 11, 24)))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.local_day) == (State.SENT, date(2026, 11, 23))


def test_waiting_for_the_morning_is_no_attempt(delivery):
    send(at(date(2026, 11, 24), 3))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.PENDING, 0)


# What a person has to see


def test_a_failed_message_is_no_work_any_more_once_a_newer_one_about_the_same_has_arrived(
    delivery, relay, lead
):
    relay[:] = [ChannelError("550 no such mailbox", permanent=True)]
    send()
    assert list(Delivery.objects.undelivered()) == [delivery]

    lead.give_to(make_user(email="new@ministry.example"), from_on=date(2026, 11, 24))
    remind(clock=lambda: at(date(2026, 12, 14)))

    assert Delivery.objects.get(pk=delivery.pk).state == State.FAILED
    assert not Delivery.objects.undelivered().exists()


def test_it_stays_work_while_one_of_its_items_has_not_been_told(delivery, relay, lead):
    relay[:] = [ChannelError("550 no such mailbox", permanent=True)]
    other = make_follow_up(date(2026, 12, 17), lead=lead)
    bundle_reminders_of(delivery, other)
    send()

    other.close(FollowUp.Outcome.DONE, now=MONDAY)
    remind(clock=lambda: at(date(2026, 12, 14)))

    assert list(Delivery.objects.undelivered()) == [delivery]


def test_what_we_say_about_a_failure_is_said_in_the_readers_language(delivery):
    claim()
    Delivery.objects.update(state=State.SENDING)
    send(MONDAY + timedelta(minutes=3))

    assert "worker" in Delivery.objects.get().problem


def test_a_message_at_which_the_worker_dies_each_time_ends_as_failed(delivery):
    for n in range(MAX_ATTEMPTS):
        assert claim(MONDAY + n * timedelta(minutes=5))
        Delivery.objects.recover(now=MONDAY + n * timedelta(minutes=5) + timedelta(minutes=3))

    delivery.refresh_from_db()
    assert (delivery.state, claim(MONDAY + timedelta(days=1))) == (State.FAILED, [])


# Many at once


def test_a_batch_is_claimed_once_and_no_larger_than_asked(delivery, lead):
    more_messages(5)

    first, second = claim(limit=4), claim(limit=4)

    assert (len(first), len(second)) == (4, 2)
    assert not {each.pk for each in first} & {each.pk for each in second}


def test_the_oldest_go_first(delivery):
    more_messages(2)
    Delivery.objects.filter(pk=delivery.pk).update(send_after=MONDAY - timedelta(hours=1))

    assert claim(limit=1) == [delivery]


def test_a_run_ends_after_its_time_and_says_that_more_is_due(delivery, monkeypatch):
    more_messages(5)
    monkeypatch.setattr(dispatching, "RUN_FOR", 0.0)

    first = send()
    assert first.more
    while send().more:
        pass

    assert len(mail.outbox) == 6
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_the_questions_to_the_database_do_not_grow_with_the_messages(settings):
    """Where what is in doubt can be verified, they go in groups."""
    settings.MAIL_UNCERTAIN = "verify"

    def questions(count, *, first):
        more_messages(count, first=first)
        with CaptureQueriesContext(connection) as asked:
            send()
        return len(asked)

    assert questions(10, first=10) == questions(9, first=0)
    assert len(mail.outbox) == 19


def test_a_message_that_changed_meanwhile_does_not_keep_its_group_back(delivery, item, monkeypatch):
    more_messages(3)
    compose = writing.compose

    def slow(message, *args, **kwargs):
        if message.pk == delivery.pk:
            FollowUp.objects.get(pk=item.pk).close(FollowUp.Outcome.DONE, now=MONDAY)
        return compose(message, *args, **kwargs)

    monkeypatch.setattr(writing, "compose", slow)
    outcome = send()

    assert (outcome.sent, len(mail.outbox)) == (3, 3)
    assert Delivery.objects.get(pk=delivery.pk).state == State.PENDING


@pytest.mark.parametrize("words", ["lone \ud800 surrogate", "nul \x00"])
def test_words_that_cannot_be_written_are_work_for_a_person_and_keep_nobody_back(
    delivery, monkeypatch, words
):
    more_messages(3)
    spoil(monkeypatch, delivery, text=words)

    send()

    assert len(mail.outbox) == 3
    assert list(Delivery.objects.undelivered()) == [delivery]


def test_a_message_that_cannot_be_stored_does_not_keep_its_group_back(delivery, monkeypatch, settings):
    settings.MAIL_UNCERTAIN = "verify"
    more_messages(3)
    spoil(monkeypatch, delivery, subject="with a bell \x07")

    send()

    assert len(mail.outbox) == 3
    assert "U+0007" in Delivery.objects.get(state=State.PENDING).error


def test_a_line_break_in_a_subject_is_a_space(delivery, monkeypatch):
    spoil(monkeypatch, delivery, subject="Status\r\nBcc: everybody@ministry.example")

    send()

    assert mail.outbox[0].subject == "Status Bcc: everybody@ministry.example"


def test_mail_to_real_addresses_waits_until_it_is_switched_on(item, settings):
    settings.EMAIL_BACKEND = channels.SMTP

    plan_reminders(now=MONDAY)
    assert bundle_reminders(now=MONDAY).skipped == {"outgoing mail is off": 1}

    OutgoingMail.switch(True)
    assert bundle_reminders(now=MONDAY).bundled == 1


def test_what_fell_away_leaves_the_message_and_the_rest_goes_out(item, lead, delivery):
    other = make_held_post(make_user(email="other@ministry.example"))
    make_assignment(item.commitment, other, role="supporting")
    item.commitment.assignments.leads().get().end(on=date(2026, 11, 22))
    new = make_held_post(make_user(email="new@ministry.example"))
    make_assignment(item.commitment, new, from_on=date(2026, 11, 23))

    send()

    assert mail.outbox == []
    assert Delivery.objects.get().state == State.CANCELLED
