"""Mail to read: a person says which item it answers, or that it needs nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from commitments.models import FollowUp, Forum, Membership, Post, ProgressReport, User
from notifications import answering
from notifications.models import Delivery, IncomingMail, Reminder
from notifications.receiving import receive
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_membership,
    make_officer,
    make_user,
)
from tests.raw_mails import reply_to
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
NOW = at(TODAY)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def lead(db: None) -> Post:
    return make_held_post(make_user(name_en="Lee Jun", email="jun@ministry.example", language="en"))


@pytest.fixture
def item(forum: Forum, lead: Post) -> FollowUp:
    commitment = make_commitment(forum=forum, lead=lead, title_en="Exchange lists")
    return make_follow_up(date(2026, 11, 24), commitment=commitment)


@pytest.fixture
def told(item: FollowUp) -> Reminder:
    remind(clock=lambda: NOW)
    return Reminder.objects.get(state=Reminder.State.TOLD)


def make_mail(forum: Forum | None = None, **fields: Any) -> IncomingMail:
    known = {
        "mailbox": "desk@ministry.example",
        "message_id": "<1@elsewhere.example>",
        "kind": IncomingMail.Kind.OTHER,
        "from_address": "jun@ministry.example",
        "from_name": "Lee Jun",
        "subject": "The lists",
        "text": "We sent them on Friday.",
        "received_at": NOW - timedelta(hours=2),
        "forum": forum,
    }
    return IncomingMail.objects.create(**{**known, **fields})


def reply(told: Reminder, text: str, **headers: Any) -> IncomingMail:
    row = receive(
        reply_to(told.delivery, text, **headers),
        mailbox="desk@ministry.example",
        now=NOW,
        received_at=NOW + timedelta(hours=1),
    )
    assert row is not None
    return row


def link_to(mail: IncomingMail) -> str:
    return f'href="/desk/mail/{mail.pk}/"'


FROM_PARK = {"from": "Park <park@energy.example>"}


@pytest.mark.parametrize(
    "text", ["They were sent on Friday.", "No change", "Not mine. Ask the Energy Division."]
)
@pytest.mark.parametrize("address", ["/", "/desk/waiting/", "the commitment"])
def test_beside_a_proposal_that_came_by_mail_stand_the_mail_and_what_to_look_at_twice(
    desk: Client, told: Reminder, text: str, address: str
) -> None:
    mail = reply(told, text, **FROM_PARK)

    commitment = f"/commitments/{told.follow_up.commitment.reference}/"
    page = desk.get(commitment if address == "the commitment" else address)

    assert link_to(mail) in page.content.decode()
    assert "Answered by somebody else than the recipient." in words(page)


def test_each_of_several_proposals_of_one_mail_leads_to_it(desk: Client, item: FollowUp, lead: Post) -> None:
    other = make_commitment(forum=item.commitment.forum, lead=lead)
    make_follow_up(date(2026, 11, 25), commitment=other)
    remind(clock=lambda: NOW)
    mail = reply(Reminder.objects.filter(state=Reminder.State.TOLD).first(), "1 sent; 2 not mine")

    for commitment in (item.commitment, other):
        page = desk.get(f"/commitments/{commitment.reference}/").content.decode()
        assert link_to(mail) in page.partition('id="reports"')[0]


def test_a_proposal_that_came_another_way_has_no_mail(desk: Client, told: Reminder) -> None:
    answering.report(told, name="Kim", now=NOW, text="They were sent.")

    assert "The mail as it came" not in words(desk.get("/desk/waiting/"))


def test_two_reports_by_mail_lead_each_to_its_own(desk: Client, told: Reminder) -> None:
    first, second = reply(told, "The first round was held."), reply(told, "The second round was held.")

    page = desk.get("/desk/waiting/").content.decode()

    assert page.count(link_to(first)) == page.count(link_to(second)) == 1


def test_a_mail_that_one_may_not_read_is_not_led_to(forum: Forum, told: Reminder) -> None:
    mail = reply(told, "They were sent on Friday.")
    hidden = make_follow_up(date(2026, 11, 24), commitment=make_commitment(forum=make_forum()))
    IncomingMail.objects.update(follow_up=hidden)
    client = Client()
    client.force_login(make_officer(forum))

    assert link_to(mail) not in client.get("/desk/waiting/").content.decode()
    assert link_to(mail) not in client.get(f"/mail/{told.delivery_id}/").content.decode()


@pytest.mark.parametrize("address", ["the message", "the commitment", "the date"])
def test_what_came_back_stands_beside_the_message_and_in_the_proof(
    desk: Client, told: Reminder, address: str
) -> None:
    mail = reply(told, "I am away until 7 December.", subject="Out of office: Lee Jun")
    pages = {
        "the message": f"/mail/{told.delivery_id}/",
        "the commitment": f"/commitments/{told.follow_up.commitment.reference}/",
        "the date": f"/commitments/followup/{told.follow_up_id}/change/",
    }

    page = desk.get(pages[address], follow=True)

    assert link_to(mail) in page.content.decode()
    assert "Out of office: Lee Jun automatic reply" in words(page)


def test_of_a_message_that_nobody_answered_nothing_is_said(desk: Client, told: Reminder) -> None:
    assert "What came back" not in words(desk.get(f"/mail/{told.delivery_id}/"))


def test_it_stands_on_the_desk_and_is_read_there(desk: Client, forum: Forum) -> None:
    mail = make_mail(forum, attachments="lists.pdf", why_unclear="The mail is broken.")

    front = desk.get("/")
    page = words(desk.get(f"/desk/mail/{mail.pk}/"))

    assert "1 Mail to read" in words(front)
    assert f'href="/desk/mail/{mail.pk}/"' in front.content.decode()
    assert "We sent them on Friday." in page
    assert "The mail is broken." in page
    assert "lists.pdf They stay in the mailbox." in page


def test_used_for_an_item_it_waits_as_a_proposal(desk: Client, forum: Forum, told: Reminder) -> None:
    mail = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up)

    said = {"reminder": told.pk, "words": "They were sent on Friday."}
    answer = desk.post(f"/desk/mail/{mail.pk}/", said, follow=True)

    report = ProgressReport.objects.waiting().get()
    assert "They were sent on Friday." in report.internal
    assert report.follow_up == told.follow_up
    assert "accept or return it" in words(answer)
    assert "A report waits for the desk" in words(answer)
    mail.refresh_from_db()
    assert mail.state == IncomingMail.State.USED


def test_the_items_of_the_message_it_answers_are_offered(desk: Client, forum: Forum, told: Reminder) -> None:
    mail = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up)

    page = words(desk.get(f"/desk/mail/{mail.pk}/"))

    assert "Exchange lists · Tue 24 Nov 2026" in page
    assert "Make it a proposal" in page


def test_another_item_is_found_by_its_reference(desk: Client, forum: Forum, told: Reminder) -> None:
    mail = make_mail(forum)
    reference = told.follow_up.commitment.reference

    assert "Make it a proposal" not in words(desk.get(f"/desk/mail/{mail.pk}/"))
    address = f"/desk/mail/{mail.pk}/?reference={reference.lower()}"
    assert "Exchange lists · Tue 24 Nov 2026" in words(desk.get(address))

    desk.post(address, {"reminder": told.pk, "words": "Sent."})
    assert ProgressReport.objects.waiting().get().follow_up == told.follow_up


def test_the_open_date_is_found_behind_many_that_were_closed(
    desk: Client, forum: Forum, told: Reminder
) -> None:
    commitment = told.follow_up.commitment
    for n in range(6):
        earlier = make_follow_up(date(2025, 1 + n, 1), commitment=commitment)
        earlier.close(FollowUp.Outcome.DONE, now=NOW)

    page = words(desk.get(f"/desk/mail/{make_mail(forum).pk}/?reference={commitment.reference}"))

    assert "Exchange lists · Tue 24 Nov 2026" in page


def test_what_it_quotes_of_a_message_that_one_may_not_read_stays_hidden(
    forum: Forum, officer: User, told: Reminder
) -> None:
    elsewhere = make_follow_up(date(2026, 12, 1), commitment=make_commitment(forum=make_forum()))
    told.delivery.mentions = [elsewhere.pk]
    told.delivery.save()
    text = "We sent them.\n\nOn Mon, tracker wrote:\n> Of another forum: secret title"
    mail, client = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up, text=text), Client()
    client.force_login(officer)

    page = words(client.get(f"/desk/mail/{mail.pk}/"))

    assert "We sent them." in page
    assert "secret title" not in page


def test_a_reference_that_nobody_was_reminded_of_is_said(desk: Client, forum: Forum) -> None:
    page = words(desk.get(f"/desk/mail/{make_mail(forum).pk}/?reference=NONE-1"))

    assert "Of no open date under this reference anybody was reminded." in page


def test_an_item_that_was_not_offered_is_refused(desk: Client, forum: Forum, told: Reminder) -> None:
    other = make_follow_up(date(2026, 11, 24), lead=make_held_post())
    remind(clock=lambda: NOW + timedelta(minutes=1))
    hidden = Reminder.objects.filter(follow_up=other).latest("pk")
    mail = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up)

    answer = desk.post(f"/desk/mail/{mail.pk}/", {"reminder": hidden.pk, "words": "Sent."})

    assert answer.status_code == 400
    assert not ProgressReport.objects.exists()


def test_what_needs_nothing_is_done_with_one_press(desk: Client, forum: Forum) -> None:
    mail = make_mail(forum)

    page = words(desk.post(f"/desk/mail/{mail.pk}/done/", follow=True))

    assert "The mail is done." in page
    assert "Mail to read" not in page
    assert desk.post(f"/desk/mail/{mail.pk}/done/").status_code == 404


def test_a_look_does_nothing(desk: Client, forum: Forum) -> None:
    mail = make_mail(forum)

    desk.get(f"/desk/mail/{mail.pk}/")

    assert desk.get(f"/desk/mail/{mail.pk}/done/").status_code == 405
    assert IncomingMail.objects.waiting().get() == mail


def test_another_desk_does_not_read_it(forum: Forum) -> None:
    stranger, mail = Client(), make_mail(forum)
    stranger.force_login(make_officer(make_forum()))

    assert stranger.get(f"/desk/mail/{mail.pk}/").status_code == 404
    assert stranger.post(f"/desk/mail/{mail.pk}/done/").status_code == 404
    assert "Mail to read" not in words(stranger.get("/"))


def test_an_auditor_reads_and_does_nothing(forum: Forum, told: Reminder) -> None:
    auditor, person = Client(), make_user(is_staff=True)
    make_membership(person, Membership.Role.AUDITOR)
    auditor.force_login(person)
    mail = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up)

    page = words(auditor.get(f"/desk/mail/{mail.pk}/"))
    auditor.post(f"/desk/mail/{mail.pk}/", {"reminder": told.pk, "words": "Sent."})

    assert "We sent them on Friday." in page
    assert "Use it for an item" not in page
    assert auditor.post(f"/desk/mail/{mail.pk}/done/").status_code == 404
    assert not ProgressReport.objects.exists()


def test_what_it_says_is_no_html_of_the_page(desk: Client, forum: Forum) -> None:
    mail = make_mail(forum, text="<script>alert(1)</script>", subject="<b>x</b>")

    page = desk.get(f"/desk/mail/{mail.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_page_is_there_in_each_language(
    desk: Client, forum: Forum, told: Reminder, language: str
) -> None:
    mail = make_mail(forum, delivery=told.delivery, follow_up=told.follow_up)
    desk.post("/i18n/setlang/", {"language": language})

    assert f'<html lang="{language}">' in desk.get(f"/desk/mail/{mail.pk}/").content.decode()


def test_of_a_message_that_one_may_not_see_nothing_is_shown(forum: Forum, officer: User) -> None:
    hidden = make_forum()
    follow_up = make_follow_up(date(2026, 11, 24), commitment=make_commitment(forum=hidden))
    delivery = Delivery.to(make_user(name_en="Secret Person"), local_day=TODAY, language="en", now=NOW)
    delivery.subject = "Hidden subject"
    delivery.save()
    Reminder.objects.create(
        follow_up=follow_up,
        step="before-1",
        ordinal=1,
        post=make_held_post(),
        due_on=follow_up.due_on,
        remind_on=TODAY,
        audience="owner",
        breaks_out=True,
        planned_at=NOW,
        delivery=delivery,
    )
    seen = make_follow_up(date(2026, 12, 24), commitment=make_commitment(forum=forum))
    mail, client = make_mail(forum, delivery=delivery, follow_up=seen), Client()
    client.force_login(officer)

    page = words(client.get(f"/desk/mail/{mail.pk}/"))

    assert "Hidden subject" not in page
    assert "Secret Person" not in page
