"""Reminders and messages can be found and followed by officers, and rewritten by nobody."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import FollowUp, Forum, Marking
from notifications.models import Acknowledgment, Delivery, OutgoingMail, Reminder
from tests.commitments.admin_pages import address, make_administrator, page_of, signed_in, told
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_message_id,
    make_officer,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 14)
KINDS = [Reminder, Delivery, Acknowledgment, OutgoingMail]
every_kind = pytest.mark.parametrize("model", KINDS, ids=lambda model: model._meta.model_name)


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


def make_told(forum: Forum, **fields: Any) -> Delivery:
    """A message about one new item of `forum`, with its reminder and acknowledgment."""
    commitment = make_commitment(forum=forum, **fields)
    follow_up = make_follow_up(DAY, commitment=commitment)
    post = make_held_post()
    delivery = Delivery.objects.create(
        recipient=post.holdings.get().user,
        local_day=DAY,
        send_after=at(DAY),
        created_at=at(DAY),
        message_id=make_message_id(),
        subject=f"Status of {commitment.reference}",
        state=Delivery.State.FAILED,
    )
    told = {"follow_up": follow_up, "post": post, "due_on": DAY}
    Reminder.objects.create(
        delivery=delivery,
        step="before-7",
        ordinal=1,
        remind_on=DAY,
        audience="owner",
        breaks_out=False,
        planned_at=at(DAY),
        **told,
    )
    Acknowledgment.objects.create(until_on=DAY, acknowledged_at=at(DAY), by_name="Kim", **told)
    OutgoingMail.switch(False)
    return delivery


@every_kind
def test_an_officer_finds_opens_and_follows_it(model: Any, client: Client, forum: Forum) -> None:
    make_told(forum)
    row = model.objects.get()
    pages = [address(model, "changelist"), page_of(row), page_of(row, "history")]

    assert [client.get(page).status_code for page in pages] == [200, 200, 200]


@every_kind
def test_nobody_enters_rewrites_or_deletes_it(model: Any, forum: Forum) -> None:
    make_told(forum)
    row = model.objects.get()
    administrator = signed_in(make_administrator())

    refused = [
        administrator.get(address(model, "add")).status_code,
        administrator.post(page_of(row), {}).status_code,
        administrator.post(page_of(row, "delete"), {"post": "yes"}).status_code,
    ]

    assert refused == [403, 403, 403]


@pytest.mark.parametrize("model", KINDS[:3], ids=lambda model: model._meta.model_name)
def test_what_was_told_of_a_restricted_item_is_not_found(model: Any, client: Client, forum: Forum) -> None:
    make_told(forum, marking=Marking.RESTRICTED)

    listed = client.get(address(model, "changelist")).context["cl"].result_list

    assert list(listed) == []
    assert client.get(page_of(model.objects.get())).status_code == 404


@pytest.mark.parametrize("model", KINDS[:3], ids=lambda model: model._meta.model_name)
def test_a_list_asks_the_same_number_of_questions_for_three_rows_and_for_twelve(
    model: Any, client: Client, forum: Forum
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(model, "changelist")).status_code == 200
        return len(queries)

    for _ in range(3):
        make_told(forum)
    asked()
    few = asked()
    for _ in range(9):
        make_told(forum)

    assert asked() == few


def test_an_undelivered_message_is_found_and_sent_again(client: Client, forum: Forum) -> None:
    delivery = make_told(forum)
    found = client.get(address(Delivery, "changelist"), {"arrived": "no"}).context["cl"].result_list

    response = client.post(page_of(delivery, "deed", "again"), {"_confirmed": "1"}, follow=True)

    delivery.refresh_from_db()
    assert list(found) == [delivery]
    assert delivery.state == Delivery.State.PENDING
    assert told(response) == ["It is tried once more within a minute."]


def test_a_message_that_was_sent_is_not_sent_again(client: Client, forum: Forum) -> None:
    delivery = make_told(forum)
    Delivery.objects.update(state=Delivery.State.SENT)

    response = client.post(page_of(delivery, "deed", "again"), {"_confirmed": "1"})

    assert "cannot be done" in response.context["form"].non_field_errors()[0]
    assert Delivery.objects.get().state == Delivery.State.SENT


def test_messages_are_searched_by_subject_and_reminders_by_their_commitment(
    client: Client, forum: Forum
) -> None:
    delivery = make_told(forum, title_ko="핵심광물")

    messages = client.get(address(Delivery, "changelist"), {"q": delivery.subject})
    reminders = client.get(address(Reminder, "changelist"), {"q": "핵심광물"})

    assert list(messages.context["cl"].result_list) == [delivery]
    assert list(reminders.context["cl"].result_list) == [delivery.reminders.get()]


def test_a_message_says_what_it_was_about(client: Client, forum: Forum) -> None:
    delivery = make_told(forum)

    page = client.get(page_of(delivery)).content.decode()

    assert FollowUp.objects.get().commitment.reference in page


def test_an_uncertain_message_that_was_found_counts_as_sent(client: Client, forum: Forum) -> None:
    delivery = make_told(forum)
    Delivery.objects.update(state=Delivery.State.UNCERTAIN)

    client.post(page_of(delivery, "deed", "arrived"), {"_confirmed": "1"})

    assert delivery.reminders.get().state == Reminder.State.TOLD
    assert not Delivery.objects.undelivered().exists()
