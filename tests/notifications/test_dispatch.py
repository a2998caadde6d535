"""The life of a message: what each death of a worker, each refusal and each edit on the way leads to."""

from datetime import date, timedelta

import pytest
from django.core import mail

from commitments.models import FollowUp
from notifications import channels
from notifications.bundling import bundle_reminders
from notifications.channels import ChannelError, InDoubtError
from notifications.dispatch import dispatch, settle_uncertain
from notifications.models import MAX_ATTEMPTS, Delivery, OutgoingMail, Reminder
from notifications.planning import plan_reminders
from tests.factories import at, make_assignment, make_held_post, make_user

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

    def send(self, delivery, message):
        answer = answers.pop(0) if answers else None
        if answer is not None:
            raise answer
        mail.outbox.append(message)

    monkeypatch.setattr(channels.MailChannel, "send", send)
    return answers


def send(moment=MONDAY):
    return dispatch(clock=lambda: moment)


def test_two_workers_cannot_claim_the_same_message(delivery):
    assert Delivery.objects.claim(delivery.pk, now=MONDAY) is not None
    assert Delivery.objects.claim(delivery.pk, now=MONDAY) is None


def test_a_worker_that_dies_before_the_point_of_no_return_has_not_sent(delivery):
    Delivery.objects.claim(delivery.pk, now=MONDAY)

    send(MONDAY + timedelta(minutes=3))

    assert len(mail.outbox) == 1


def test_a_worker_that_dies_after_it_leaves_the_message_uncertain_and_unsent(delivery, settings):
    claimed = Delivery.objects.claim(delivery.pk, now=MONDAY)
    Delivery.objects.filter(pk=claimed.pk).update(state=State.SENDING)

    send(MONDAY + timedelta(minutes=3))

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.UNCERTAIN, [])
    assert list(Delivery.objects.undelivered()) == [delivery]


def test_the_file_of_an_uncertain_message_proves_that_it_left(delivery, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = channels.FILES, str(tmp_path)
    Delivery.objects.update(state=State.UNCERTAIN, send_after=MONDAY)
    (tmp_path / f"{delivery.message_id.strip('<>')}.eml").write_bytes(b"written before the worker died")

    settle_uncertain(now=MONDAY)

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

    for hour in range(60):
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
    from notifications import dispatch as module

    compose = module.compose

    def slow(*args, **kwargs):
        message = compose(*args, **kwargs)
        item.close(FollowUp.Outcome.DONE, now=MONDAY)
        return message

    monkeypatch.setattr(module, "compose", slow)
    send()
    send(MONDAY + timedelta(seconds=5))

    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (State.CANCELLED, [])


def test_what_is_restricted_while_the_message_is_written_leaves_without_its_words(
    delivery, item, monkeypatch
):
    from notifications import dispatch as module

    compose = module.compose

    def slow(*args, **kwargs):
        message = compose(*args, **kwargs)
        type(item.commitment).objects.update(marking="restricted")
        return message

    monkeypatch.setattr(module, "compose", slow)
    send()
    send(MONDAY + timedelta(seconds=5))

    (message,) = mail.outbox
    assert item.commitment.reference in message.body
    assert item.commitment.title not in message.body


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
