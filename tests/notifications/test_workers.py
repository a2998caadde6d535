"""Several workers at once, one that was frozen, and a message that lies about while things change around it."""

import threading
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection

from commitments.models import FollowUp, ProgressReport
from notifications import answering, channels, dispatch, writing
from notifications.bundling import bundle_reminders
from notifications.channels import ChannelError
from notifications.models import Delivery, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    LONG_AGO,
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_membership,
    make_organisation,
    make_party,
    make_user,
)
from tests.threads import together

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
SOON = timedelta(minutes=3)  # longer than the lease of a claim
State = Delivery.State


@pytest.fixture
def delivery(item: FollowUp) -> Delivery:
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)
    return Delivery.objects.get()


def send(moment=MONDAY):
    return dispatch.dispatch(clock=lambda: moment)


def run(moment):
    return remind(clock=lambda: moment)


def refuse(monkeypatch, *errors):
    """What the relay answers to the next messages; then it accepts them."""
    answers = list(errors)

    def answered(self, message, not_after):
        if answers:
            raise answers.pop(0)
        mail.outbox.append(message)

    monkeypatch.setattr(channels.MailChannel, "send", answered)


def dispatch_beside(moment):
    """Another worker, on a connection of its own."""

    def work():
        return dispatch.dispatch(clock=lambda: moment)

    return work


def another_item_of(post) -> FollowUp:
    return make_follow_up(date(2026, 11, 24), lead=post)


# A worker that was frozen


def test_one_frozen_past_its_lease_does_not_undo_what_another_has_sent(delivery):
    (frozen,) = Delivery.objects.claim(1, channel="mail", now=MONDAY)
    send(MONDAY + SOON)

    run = dispatch.Run("mail", clock=lambda: MONDAY + 2 * SOON, outcome=dispatch.Outcome())
    run.supply._batches = [writing.Batch([frozen], run.channel, now=MONDAY + 2 * SOON)]
    run.go()

    delivery.refresh_from_db()
    assert (delivery.state, len(mail.outbox)) == (State.SENT, 1)
    assert Reminder.objects.get().delivery == delivery


def test_one_that_wakes_up_too_late_does_not_have_it_sent_again(delivery):
    (frozen,) = Delivery.objects.claim(1, channel="mail", now=MONDAY)
    Delivery.objects.update(state=State.UNCERTAIN, lease_until=None, send_after=MONDAY + SOON)
    Delivery.objects.get().send_again(now=MONDAY + SOON)
    send(MONDAY + SOON)

    frozen.postpone("The worker was stopped for longer than its lease.", now=MONDAY + 2 * SOON)

    send(MONDAY + timedelta(days=1))
    assert len(mail.outbox) == 1


def test_two_that_settle_the_same_uncertain_message_do_not_have_it_sent_twice(delivery):
    Delivery.objects.update(state=State.UNCERTAIN, send_after=MONDAY)
    one, other = Delivery.objects.get(), Delivery.objects.get()
    one.release(now=MONDAY)
    send(MONDAY + SOON)

    other.release(now=MONDAY + SOON)

    send(MONDAY + 2 * SOON)
    assert len(mail.outbox) == 1


# Two workers


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_each_message_once(settings):
    settings.MAIL_UNCERTAIN = "verify"
    for n in range(60):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)

    outcomes = together(*[dispatch_beside(MONDAY)] * 4)

    assert sum(outcome.sent for outcome in outcomes) == 60
    assert sorted(m.to[0] for m in mail.outbox) == sorted(f"lead{n}@ministry.example" for n in range(60))


@pytest.mark.django_db(transaction=True)
def test_bundling_beside_a_worker_neither_loses_nor_doubles(settings):
    """They lock the same messages, each in an order of its own."""
    settings.MAIL_UNCERTAIN = "verify"
    leads = [make_held_post(make_user(email=f"lead{n}@ministry.example")) for n in range(40)]
    for lead in leads:
        make_follow_up(date(2026, 12, 18), lead=lead)
    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)
    for lead in reversed(leads):
        another_item_of(lead)
    plan_reminders(now=MONDAY)

    results = together(dispatch_beside(MONDAY), bundle_beside, dispatch_beside(MONDAY))
    send(MONDAY + SOON)
    send(MONDAY + 2 * SOON)

    assert not [result for result in results if isinstance(result, Exception)]
    assert len(mail.outbox) == 40
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


# Bundling while a message is sent


@pytest.mark.django_db(transaction=True)
def test_nothing_joins_a_message_that_is_passing_the_point_of_no_return(delivery, lead, monkeypatch):
    other = another_item_of(lead)
    plan_reminders(now=MONDAY)
    asked, bundlers = writing.needed, []

    def needed(*args, **kwargs):
        found = asked(*args, **kwargs)
        if connection.in_atomic_block:
            bundlers.append(threading.Thread(target=bundle_beside))
            bundlers[0].start()
            bundlers[0].join(0.5)
        return found

    monkeypatch.setattr(writing, "needed", needed)
    send()
    bundlers[0].join()

    waiting = Reminder.objects.get(follow_up=other, state=Reminder.State.PLANNED)
    assert waiting.delivery is None


def bundle_beside() -> None:
    try:
        bundle_reminders(now=MONDAY)
    finally:
        connection.close()


def test_what_yesterday_could_not_send_goes_out_with_todays(delivery, lead, monkeypatch):
    refuse(monkeypatch, ChannelError("451 try later"))
    send()
    make_follow_up(date(2026, 11, 25), lead=lead)

    run(MONDAY + timedelta(days=1))

    sent = Delivery.objects.get()
    assert (sent.state, sent.local_day, sent.reminders.count()) == (State.SENT, date(2026, 11, 24), 2)
    assert len(mail.outbox) == 1


def test_a_message_that_was_no_longer_needed_is_needed_again_the_same_day(delivery, item, lead):
    item.close(FollowUp.Outcome.DONE, now=MONDAY)
    send()
    other = another_item_of(lead)

    run(MONDAY + SOON)

    assert Reminder.objects.get(follow_up=other, state="told").delivery == delivery


# What cannot be sent


def test_a_message_that_cannot_be_written_does_not_keep_the_others_back(delivery, monkeypatch):
    make_follow_up(date(2026, 11, 24), lead=make_held_post(make_user(email="other@ministry.example")))
    compose = writing.compose

    def written(message, *args, **kwargs):
        if message.pk == delivery.pk:
            raise ValueError("cannot be written")
        return compose(message, *args, **kwargs)

    monkeypatch.setattr(writing, "compose", written)
    run(MONDAY)

    assert [message.to for message in mail.outbox] == [["other@ministry.example"]]
    assert "cannot be written" in Delivery.objects.get(pk=delivery.pk).error


def test_a_message_that_came_back_keeps_its_items_when_a_later_step_comes(delivery, monkeypatch):
    refuse(monkeypatch, ChannelError("550 no such mailbox", permanent=True))
    send()

    plan_reminders(now=at(date(2026, 12, 11)))

    overtaken = Reminder.objects.get(step="before-30")
    assert (overtaken.state, overtaken.delivery) == (Reminder.State.SUPERSEDED, delivery)


# Who may read it


def test_a_message_whose_items_have_left_it_is_read_by_its_recipient_alone(delivery, item):
    reader = make_user(is_staff=True)
    make_membership(reader, "reader", forum=item.commitment.forum)
    Reminder.objects.update(delivery=None)

    assert not Delivery.objects.visible_to(reader).exists()
    assert Delivery.objects.visible_to(delivery.recipient).exists()


def test_what_was_not_sent_keeps_no_words(delivery, monkeypatch):
    refuse(monkeypatch, ChannelError("451 try later"))

    send()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.subject, delivery.text, delivery.html) == (State.PENDING, "", "", "")


# Day boundaries


def test_on_the_day_of_a_hand_over_the_new_lead_is_told_at_half_past_eight(item, lead):
    """In Seoul: by the clock of the server, the evening before."""
    new = make_held_post(make_user(email="new@ministry.example"))
    plan_reminders(now=at(date(2026, 11, 20)))
    item.commitment.assignments.leads().get().end(on=date(2026, 11, 22))
    make_assignment(item.commitment, new, from_on=date(2026, 11, 23))

    run(at(date(2026, 11, 23), 8, 30))

    assert [message.to for message in mail.outbox] == [["new@ministry.example"]]


def test_two_parties_leads_are_each_told_on_their_own_morning():
    american = make_held_post(
        make_user(email="washington@ministry.example"),
        organisation=make_organisation(party=make_party("USA")),
    )
    korean = make_held_post(make_user(email="seoul@ministry.example"))
    commitment = make_commitment(lead=korean, forum=make_forum())
    make_assignment(commitment, american, from_on=LONG_AGO)
    make_follow_up(date(2026, 11, 24), commitment=commitment)

    run(at(date(2026, 11, 23), 8, 30))
    seoul = [message.to for message in mail.outbox]
    run(at(date(2026, 11, 23), 8, 30, ZoneInfo("America/New_York")))

    assert seoul == [["seoul@ministry.example"]]
    assert [message.to for message in mail.outbox[1:]] == [["washington@ministry.example"]]


# One person who presses twice


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_twice_at_once_makes_one_report(delivery):
    reminder = Reminder.objects.select_related("follow_up", "post").get()
    deeds = [lambda: answering.report(reminder, name="Kim", now=MONDAY, text="Call held.")] * 4

    together(*deeds)

    assert ProgressReport.objects.count() == 1
