"""Lists ask the database as often for twelve rows as for three."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments import answers
from commitments.models import Forum, Interpretation
from notifications.models import Reminder
from tests.factories import (
    make_client,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_party,
    make_provision,
    make_text,
)

pytestmark = pytest.mark.django_db


def full_commitment(forum: Forum) -> Any:
    """With everything that its representation nests."""
    commitment = make_commitment(forum=forum, lead=make_held_post(), working_group=make_forum(parent=forum))
    commitment.parties.add(make_party("KOR"), make_party("USA"))
    document = make_document(forum=forum, meeting=make_meeting(forum=forum))
    commitment.provisions.add(
        make_provision(text=make_text("They will continue discussions.", document=document))
    )
    Interpretation.objects.create(commitment=commitment, about="owner", text="A", basis="B")
    return commitment


def party(forum: Forum, number: int) -> None:
    make_party(f"P{number:02d}")


def organisation_with_post(forum: Forum, number: int) -> None:
    make_held_post()


def forum_with_parties(forum: Forum, number: int) -> None:
    make_forum(parent=forum, parties=[make_party("KOR")]).related.add(forum)


def commitment(forum: Forum, number: int) -> None:
    make_follow_up(date(2020, 1, number), commitment=full_commitment(forum), party=make_party("KOR"))


def report(forum: Forum, number: int) -> None:
    follow_up = make_follow_up(date(2030, 1, number), commitment=make_commitment(forum=forum))
    made = answers.propose_report(follow_up, post=make_held_post(), now=timezone.now(), no_change=True)
    made.evidence.create(title="Letter", letter_number="1")
    answers.ask(follow_up, "not_mine", post=make_held_post(), now=timezone.now())


def reminder(forum: Forum, number: int) -> None:
    day = date(2030, 1, number)
    Reminder.objects.create(
        follow_up=make_follow_up(day, commitment=make_commitment(forum=forum)),
        step="before-7",
        ordinal=1,
        post=make_held_post(),
        due_on=day,
        remind_on=day,
        audience="owner",
        breaks_out=False,
        planned_at=timezone.now(),
    )


@pytest.mark.parametrize(
    ("address", "make"),
    [
        ("parties", party),
        ("organisations", organisation_with_post),
        ("posts", organisation_with_post),
        ("forums", forum_with_parties),
        ("meetings", commitment),
        ("documents", commitment),
        ("document-texts", commitment),
        ("provisions", commitment),
        ("commitments", commitment),
        ("follow-ups", commitment),
        ("requests", report),
        ("progress-reports", report),
        ("reminders", reminder),
    ],
)
def test_a_list_costs_as_many_queries_for_twelve_rows_as_for_three(
    address: str, make: Callable[[Forum, int], None]
) -> None:
    forum = make_forum(code="SCCD")
    client = make_client(make_officer(forum))

    def count(rows: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(f"/api/v1/{address}/")
        assert len(answer.json()["results"]) >= rows
        return len(queries)

    for number in range(1, 4):
        make(forum, number)
    few = count(3)
    for number in range(4, 13):
        make(forum, number)

    assert count(12) == few
