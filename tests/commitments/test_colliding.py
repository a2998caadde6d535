"""Those who write at one moment cannot together make false what none of them could make false alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from commitments import scheduling
from commitments.models import Assignment, Commitment, CommitmentRelation, DocumentText, Forum, PostHolding
from commitments.models.documents import fingerprint
from commitments.trees import ancestors
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_commitment,
    make_forum,
    make_holding,
    make_meeting,
    make_organisation,
    make_post,
    make_provision,
    make_text,
    make_user,
)
from tests.threads import together

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ROUNDS = 4  # a collision that is possible happens in most rounds

pytestmark = pytest.mark.django_db(transaction=True)


def assert_one_stands(*deeds: Callable[[], Any]) -> None:
    """The others are refused in words, not ended by the database as victims of a deadlock."""
    ended = [result for result in together(*deeds) if isinstance(result, Exception)]

    assert len(ended) == len(deeds) - 1
    assert all(isinstance(error, ValidationError | IntegrityError) for error in ended), ended


def put_below(row: Any, link: str, above: Any) -> Callable[[], Any]:
    return lambda: type(row).objects.filter(pk=row.pk).update(**{link: above})


@pytest.mark.parametrize(
    ("make", "link"), [(make_forum, "parent"), (make_organisation, "parent"), (make_post, "superior")]
)
def test_two_editors_cannot_close_a_cycle_together(make: Callable[..., Any], link: str) -> None:
    for _round in range(ROUNDS):
        one, two = make(), make()

        assert_one_stands(put_below(one, link, two), put_below(two, link, one))

        assert one.pk not in ancestors(type(one), one.pk, link)


def test_three_editors_cannot_close_a_cycle_together() -> None:
    one, two, three = (make_forum() for _n in range(3))

    results = together(
        put_below(one, "parent", two), put_below(two, "parent", three), put_below(three, "parent", one)
    )

    assert len([result for result in results if isinstance(result, ValidationError)]) == 1
    assert all(forum.pk not in ancestors(Forum, forum.pk) for forum in (one, two, three))


def test_two_editors_cannot_close_a_cycle_of_relations_together() -> None:
    for _round in range(ROUNDS):
        one, two = make_commitment(), make_commitment()

        def relate(commitment: Commitment, other: Commitment) -> Callable[[], Any]:
            return lambda: CommitmentRelation.objects.create(
                commitment=commitment, other=other, kind="advances"
            )

        assert_one_stands(relate(one, two), relate(two, one))


@pytest.mark.parametrize("until_on", [None, date(2027, 1, 1)])
def test_two_leads_are_not_entered_together(until_on: date | None) -> None:
    for _round in range(ROUNDS):
        commitment, posts = make_commitment(), [make_post(), make_post()]

        assert_one_stands(*[lead_of(commitment, post, until_on=until_on) for post in posts])


def test_the_lead_does_not_become_the_validator_at_the_same_moment() -> None:
    for _round in range(ROUNDS):
        commitment, post = make_commitment(), make_post()

        assert_one_stands(
            lead_of(commitment, post), lead_of(commitment, post, role=Assignment.Role.VALIDATOR)
        )


def lead_of(commitment: Commitment, post: Any, **fields: Any) -> Callable[[], Any]:
    return lambda: make_assignment(commitment, post, **fields)


def test_two_people_do_not_take_a_post_together() -> None:
    for _round in range(ROUNDS):
        post, people = make_post(), [make_user(), make_user()]

        assert_one_stands(*[lambda person=person: make_holding(post, person) for person in people])  # noqa: B023

        assert PostHolding.objects.filter(post=post).count() == 1


def test_words_do_not_leave_the_text_while_they_are_entered() -> None:
    for _round in range(ROUNDS):
        text, body = make_text("They will continue discussions."), "They will not."

        assert_one_stands(
            lambda: make_provision("continue discussions", text=text),  # noqa: B023
            lambda: DocumentText.objects.filter(pk=text.pk).update(body=body, sha256=fingerprint(body)),  # noqa: B023
        )


def test_eight_at_once_get_eight_references() -> None:
    forum = make_forum(code="SCCD")

    results = together(*[lambda: make_commitment(forum=forum).reference] * 8)

    assert sorted(results) == [f"SCCD-2024-{n:02d}" for n in range(1, 9)]


@pytest.mark.parametrize("fields", [{}, {"cadence_months": 12}, {"outlook": "at_risk"}])
def test_eight_at_once_give_a_commitment_one_next_date(fields: dict[str, Any]) -> None:
    commitment = make_commitment(forum=make_meeting().forum, **fields)

    results = together(*[lambda: scheduling.ensure_next_date(commitment, now=NOW)] * 8)

    assert results == [None] * 8
    assert commitment.follow_ups.count() == 1


def test_a_post_is_handed_over_by_one_officer_at_a_time() -> None:
    post = make_post()
    make_holding(post)

    results = together(*[lambda: post.give_to(make_user(), from_on=date(2026, 11, 2))] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    assert post.holdings.on(date(2026, 11, 2)).count() == 1
    assert post.holdings.on(LONG_AGO).count() == 1
