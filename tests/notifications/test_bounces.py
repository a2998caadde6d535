"""Mail that came back: by the book, in plain words, or reported by the relay; and the address that refuses."""

import hashlib
import hmac
import json
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from commitments.models import Change, FollowUp, Membership
from notifications import receiving
from notifications.bounces import read_bounce
from notifications.mail_reading import read_mail
from notifications.models import AddressProblem, Delivery, IncomingMail, Reminder
from notifications.receiving import receive
from notifications.reminding import remind
from tests.factories import at, make_forum, make_membership, make_officer, make_user
from tests.raw_mails import delivery_status, plain_bounce, raw_mail, reply_to

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))
LATER = MONDAY + timedelta(hours=2)
State = IncomingMail.State


@pytest.fixture
def delivery(item: FollowUp) -> Delivery:
    remind(clock=lambda: MONDAY)
    return Delivery.objects.get()


def take(raw: bytes, now=LATER) -> IncomingMail | None:
    return receive(raw, mailbox="desk@mail.example/INBOX", now=now, received_at=now)


# By the book


def test_a_returned_message_stands_among_those_not_delivered(delivery):
    row = take(delivery_status(delivery))

    delivery.refresh_from_db()
    assert list(Delivery.objects.undelivered()) == [delivery]
    assert "550 5.1.1 <lead@ministry.example>: Recipient address rejected" in delivery.error
    assert (row.kind, row.state, row.delivery) == (IncomingMail.Kind.BOUNCE, State.DONE, delivery)


def test_what_came_back_was_told_to_nobody_and_can_be_sent_again(delivery, mailoutbox):
    take(delivery_status(delivery))
    assert Reminder.objects.get(delivery=delivery).state == Reminder.State.PLANNED

    delivery.refresh_from_db()
    delivery.send_again(now=LATER)
    remind(clock=lambda: LATER)

    assert [message.to for message in mailoutbox] == [["lead@ministry.example"]] * 2
    assert Reminder.objects.get(delivery=delivery).state == Reminder.State.TOLD


def test_the_address_is_marked_with_what_the_server_said(delivery):
    take(delivery_status(delivery))

    problem = AddressProblem.objects.standing().get()
    assert (problem.address, problem.since, problem.count) == ("lead@ministry.example", LATER, 1)
    assert problem.reason.startswith("5.1.1 550 5.1.1")


def test_a_second_refusal_is_counted_and_the_first_day_kept(delivery):
    take(delivery_status(delivery))
    take(
        delivery_status(delivery, said="552 5.2.2 mailbox full", status="5.2.2"),
        now=LATER + timedelta(days=1),
    )

    problem = AddressProblem.objects.get()
    assert (problem.since, problem.count, problem.reason) == (LATER, 2, "5.2.2 552 5.2.2 mailbox full")


def test_the_same_report_twice_counts_once(delivery):
    raw = delivery_status(delivery)

    assert (take(raw) is None, take(raw) is None) == (False, True)
    assert AddressProblem.objects.get().count == 1


@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.7"), ("delayed", "5.0.0"), ("delivered", "2.0.0"), ("relayed", "2.0.0")],
)
def test_what_may_still_arrive_is_noted_only(delivery, action, status):
    row = take(delivery_status(delivery, action=action, status=status))

    delivery.refresh_from_db()
    assert (delivery.state, row.state, row.why_unclear) == ("sent", State.DONE, receiving.NOT_ARRIVED_YET)
    assert not AddressProblem.objects.exists()


def test_a_relay_that_gave_up_for_its_own_reasons_does_not_blame_the_address(delivery):
    take(delivery_status(delivery, status="4.4.7", said="delivery time expired"))

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED
    assert not AddressProblem.objects.exists()


def test_a_report_that_names_nobodys_message_is_left_alone(delivery):
    raw = delivery_status(delivery, message_id="<other@elsewhere>").replace(
        delivery.address.encode(), b"a@b.example"
    )

    assert take(raw) is None


def test_a_report_without_the_message_waits_to_be_read_and_marks_nothing(delivery):
    row = take(delivery_status(delivery, message_id="<other@elsewhere>"))

    delivery.refresh_from_db()
    assert (row.state, row.why_unclear, delivery.state) == (State.WAITING, receiving.NO_MESSAGE, "sent")
    assert not AddressProblem.objects.exists()


def test_a_returned_message_that_is_being_sent_again_is_for_a_person(delivery):
    Delivery.objects.update(state=Delivery.State.PENDING)

    row = take(delivery_status(delivery))

    assert (row.state, row.why_unclear) == (State.WAITING, receiving.ON_ITS_WAY)


def test_an_uncertain_message_that_came_back_is_settled(delivery):
    Delivery.objects.update(state=Delivery.State.UNCERTAIN)

    take(delivery_status(delivery))

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED


def test_a_report_that_came_to_two_mailboxes_counts_once(delivery):
    raw = delivery_status(delivery)
    take(raw)

    copy = receive(raw, mailbox="another/INBOX", now=LATER, received_at=LATER)

    assert (copy.why_unclear, AddressProblem.objects.get().count) == (receiving.COPY, 1)


# In plain words


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Hi. This is the qmail-send program.\n<lead@ministry.example>:\nSorry, no mailbox here by that name. (#5.1.1)", {}),
        ("A message that you sent could not be delivered:\n  lead@ministry.example\n  550 No such user",
         {"subject": "Mail delivery failed: returning message to sender"}),
        ("550 unknown", {"subject": "whatever", "x_failed_recipients": "lead@ministry.example"}),
        ("수신자를 찾을 수 없습니다. 550 5.1.1", {"subject": "[반송] 메일 전송 실패", "from": "postmaster@old.example"}),
        ("宛先が見つかりません。550 5.1.1", {"subject": "配信不能のお知らせ", "from": "postmaster@old.example"}),
        ("It came back.", {"subject": "Undeliverable: Status requested"}),
    ],
)  # fmt: skip
def test_a_bounce_in_plain_words_counts_as_well(delivery, text, headers):
    take(plain_bounce(delivery, text, **headers))

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED
    assert AddressProblem.objects.get().address == "lead@ministry.example"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (
            "Your message is delayed. You need not resend it.",
            "Warning: message delayed 24 hours - mail delivery",
        ),
        ("450 4.2.1 mailbox busy, will keep trying", "Delivery Status Notification (Delay)"),
        ("451 4.3.0 try later", "failure notice"),
    ],
)
def test_a_delay_in_plain_words_is_noted_only(delivery, text, subject):
    row = take(plain_bounce(delivery, text, subject=subject))

    delivery.refresh_from_db()
    assert (delivery.state, row.why_unclear) == ("sent", receiving.NOT_ARRIVED_YET)


def test_the_line_with_the_code_is_the_reason(delivery):
    take(
        plain_bounce(
            delivery, "This is relay 10.5.1.1.\n\nlead@ministry.example:\n   550 5.1.1 User unknown\n\nbye"
        )
    )

    delivery.refresh_from_db()
    assert delivery.error == "550 5.1.1 User unknown"


def test_a_person_who_writes_about_undelivered_mail_returned_nothing(delivery, item):
    take(reply_to(delivery, "The letter was undeliverable.", subject="Re: Undelivered Mail"))

    delivery.refresh_from_db()
    assert (delivery.state, item.commitment.reports.count()) == ("sent", 1)


def test_mail_about_something_else_is_no_bounce():
    assert read_bounce(read_mail(raw_mail("Hello"))) is None


# The address


def test_a_later_message_that_a_relay_takes_clears_nothing(delivery):
    take(delivery_status(delivery))
    delivery.refresh_from_db()
    delivery.send_again(now=LATER)
    remind(clock=lambda: LATER)

    assert Delivery.objects.get(pk=delivery.pk).state == Delivery.State.SENT
    assert AddressProblem.objects.standing().exists()


def test_a_person_clears_it_once_and_the_history_keeps_it(delivery):
    take(delivery_status(delivery))
    problem, same = AddressProblem.objects.get(), AddressProblem.objects.get()

    problem.clear()

    assert not AddressProblem.objects.exists()
    assert Change.objects.filter(model="notifications.addressproblem", action="deleted").exists()
    with pytest.raises(ValidationError):
        same.clear()


def test_an_address_that_was_corrected_troubles_nobody(delivery):
    take(delivery_status(delivery))

    delivery.recipient.email = "new@ministry.example"
    delivery.recipient.save()

    assert not AddressProblem.objects.standing().exists()


def test_officers_see_and_clear_addresses_and_owners_do_not(delivery, lead):
    take(delivery_status(delivery))
    officer, owner, auditor = make_officer(make_forum()), lead.holdings.get().user, make_user()
    make_membership(auditor, Membership.Role.AUDITOR)

    seen = [AddressProblem.objects.visible_to(user).exists() for user in (officer, owner, auditor)]
    edited = [AddressProblem.objects.editable_by(user).exists() for user in (officer, owner, auditor)]

    assert (seen, edited) == ([True, False, True], [True, False, False])


# Reported by the relay


@pytest.fixture
def secret(settings):
    settings.BOUNCE_SECRET = "a long secret"
    return settings.BOUNCE_SECRET


def report(client, delivery, *, key: str = "a long secret", body: bytes | None = None, **said):
    known = {
        "message_id": delivery.message_id,
        "action": "failed",
        "status": "5.1.1",
        "reason": "User unknown",
    }
    body = json.dumps({**known, **said}).encode() if body is None else body
    signed = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    with time_machine.travel(LATER, tick=False):
        return client.post(
            "/bounces/", body, content_type="application/json", headers={"X-Signature": signed}
        )


def test_a_signed_report_does_what_the_mail_would(client, delivery, secret):
    assert report(client, delivery).status_code == 204

    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (Delivery.State.FAILED, "5.1.1 User unknown")
    assert AddressProblem.objects.get().since == LATER
    assert IncomingMail.objects.get().kind == IncomingMail.Kind.BOUNCE


def test_a_report_sent_twice_counts_once(client, delivery, secret):
    assert [report(client, delivery).status_code for _time in range(2)] == [204, 204]
    assert AddressProblem.objects.get().count == 1


def test_the_same_report_after_sending_again_counts_once_more(client, delivery, secret):
    report(client, delivery)
    delivery.refresh_from_db()
    delivery.send_again(now=LATER)
    remind(clock=lambda: LATER)

    report(client, delivery)

    delivery.refresh_from_db()
    assert (delivery.state, AddressProblem.objects.get().count) == (Delivery.State.FAILED, 2)


def test_a_report_of_an_earlier_sending_says_nothing_about_the_later_one(client, delivery, secret):
    first = delivery.sent_at.isoformat()
    report(client, delivery, at=first)
    delivery.refresh_from_db()
    delivery.send_again(now=LATER)
    remind(clock=lambda: LATER)

    report(client, delivery, at=first)

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_a_moment_without_its_zone_is_refused(client, delivery, secret):
    answer = report(client, delivery, at="2026-11-23T09:00:00")

    assert (answer.status_code, answer.json()) == (400, {"detail": "“at” says no time zone."})


def test_a_reported_delay_is_noted_only(client, delivery, secret):
    report(client, delivery, action="delayed", status="4.4.1")

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_a_report_with_another_key_is_refused(client, delivery, secret):
    assert report(client, delivery, key="another").status_code == 403
    assert client.post("/bounces/", b"{}", content_type="application/json").status_code == 403

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_without_a_secret_there_is_no_such_page(client, delivery, settings):
    settings.BOUNCE_SECRET = ""

    assert report(client, delivery, key="").status_code == 404


def test_only_a_post_is_answered(client, secret):
    assert client.get("/bounces/").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[" * 60_000, b"\xff", b'{"message_id": 1}', b'{"message_id": "<x@y>", "action": "failed"}',
     b'{"message_id": "<' + b"0" * 32 + b'@h>", "action": "exploded"}'],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_a_sentence(client, delivery, secret, body):
    response = report(client, delivery, body=body)

    assert response.status_code == 400
    assert response.json()["detail"]


def test_too_long_a_report_is_refused_unread(client, delivery, secret):
    assert report(client, delivery, reason="x" * 70_000).status_code == 413


def test_a_report_about_a_message_that_is_not_ours_leads_to_nothing(client, delivery, secret):
    assert report(client, delivery, message_id=f"<{'0' * 32}@host>").status_code == 204
    assert not IncomingMail.objects.exists()


def test_what_cannot_be_stored_is_left_out_of_the_reason(client, delivery, secret):
    report(client, delivery, reason="User\x00 unknown\ud800\n\u202e")

    delivery.refresh_from_db()
    assert delivery.error == "5.1.1 User unknown"
