"""What was told of a date, on the page of its commitment and of the date itself."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client

from commitments.models import Commitment, FollowUp, Forum
from notifications.models import Delivery
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _wednesday() -> Any:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def follow_up(forum: Forum) -> FollowUp:
    lead = make_held_post(
        make_user(name_en="Holder Two", email="two@ministry.example"), name_en="Director, Minerals"
    )
    commitment = make_commitment(forum=forum, lead=lead)
    return make_follow_up(date(2026, 12, 18), commitment=commitment, dated_at=at(date(2026, 11, 2)))


def page(client: Client, follow_up: FollowUp) -> Any:
    assert follow_up.commitment is not None
    return client.get(f"/commitments/{follow_up.commitment.reference}/")


def test_the_page_shows_what_was_sent_and_leads_to_the_message(desk: Client, follow_up: FollowUp) -> None:
    remind(clock=lambda: at(date(2026, 11, 23), 8, 30))

    answer = page(desk, follow_up)

    assert "Mon 23 Nov 2026 08:30 sent Holder Two Director, Minerals · 30 days before · mail" in words(answer)
    assert f'href="/mail/{Delivery.objects.get().pk}/"' in answer.content.decode()


def test_a_message_that_tells_also_of_what_one_may_not_see_is_named_and_not_opened(
    desk: Client, follow_up: FollowUp
) -> None:
    lead = follow_up.commitment.assignments.get().post
    elsewhere = make_commitment(forum=make_forum(), lead=lead)
    make_follow_up(date(2026, 12, 18), commitment=elsewhere, dated_at=at(date(2026, 11, 2)))
    remind(clock=lambda: at(date(2026, 11, 23), 8, 30))

    answer = page(desk, follow_up)

    assert "Mon 23 Nov 2026 08:30 sent" in words(answer)
    assert "/mail/" not in answer.content.decode().partition('id="reminders"')[2]


def test_whoever_may_only_read_the_commitment_reads_its_proof(follow_up: FollowUp) -> None:
    remind(clock=lambda: at(date(2026, 11, 23), 8, 30))
    holder, reader = make_user(is_staff=True), Client()
    make_holding(follow_up.commitment.assignments.get().post, holder, acting=True)
    reader.force_login(holder)

    assert "30 days before · mail" in words(page(reader, follow_up))


def test_dates_that_were_answered_keep_their_proof(desk: Client, follow_up: FollowUp) -> None:
    remind(clock=lambda: at(date(2026, 11, 23), 8, 30))
    follow_up.close(FollowUp.Outcome.DONE, now=at(date(2026, 11, 24)))

    assert "30 days before · mail" in words(page(desk, follow_up))


def test_the_page_of_a_date_shows_its_proof(desk: Client, follow_up: FollowUp) -> None:
    remind(clock=lambda: at(date(2026, 11, 23), 8, 30))

    seen = words(desk.get(f"/commitments/followup/{follow_up.pk}/change/"))

    assert "sent Holder Two Director, Minerals · 30 days before" in seen
    assert "Mon 14 Dec 2026 08:30 planned Holder Two" in seen


def test_a_new_date_has_nothing_to_prove(desk: Client) -> None:
    assert desk.get("/commitments/followup/add/").status_code == 200


def test_of_what_nobody_hears_the_page_says_so(desk: Client, follow_up: FollowUp, forum: Forum) -> None:
    follow_up.commitment.assignments.get().post.holdings.all().delete()
    forum.desk.holdings.all().delete()

    assert "Nobody to tell" in words(page(desk, follow_up))


def test_a_restricted_commitment_hides_its_proof_with_itself(desk: Client, follow_up: FollowUp) -> None:
    Commitment.objects.update(marking="restricted")

    assert page(desk, follow_up).status_code == 404
    assert desk.get(f"/commitments/followup/{follow_up.pk}/change/").status_code == 404
