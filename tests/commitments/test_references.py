"""A reference is unique and never used twice."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from commitments.models import Commitment, Forum, ReferenceCounter
from tests.factories import make_commitment, make_forum

pytestmark = pytest.mark.django_db


def given(forum: Forum, **fields: Any) -> str:
    return make_commitment(forum=forum, **fields).reference


def test_references_count_within_a_forum_and_year() -> None:
    sccd, tmm = make_forum(code="SCCD"), make_forum(code="TMM")

    days = [(sccd, 2024), (sccd, 2024), (tmm, 2024), (sccd, 2025)]

    assert [given(forum, declared_on=date(year, 6, 27)) for forum, year in days] == [
        "SCCD-2024-01",
        "SCCD-2024-02",
        "TMM-2024-01",
        "SCCD-2025-01",
    ]


def test_the_hundredth_reference_is_one_longer() -> None:
    forum = make_forum(code="SCCD")
    ReferenceCounter.objects.create(prefix="SCCD-2024", last=98)

    assert [given(forum), given(forum)] == ["SCCD-2024-99", "SCCD-2024-100"]


def test_a_deleted_reference_is_not_given_again() -> None:
    forum = make_forum(code="SCCD")
    make_commitment(forum=forum).delete()
    Commitment.objects.filter(pk=make_commitment(forum=forum).pk).delete()

    assert given(forum) == "SCCD-2024-03"


ELSEWHERE: dict[str, Callable[..., Any]] = {
    "create": lambda **fields: make_commitment(**fields),
    "bulk_create": lambda **fields: Commitment.objects.bulk_create([Commitment(title_en="T", **fields)]),
    "update": lambda forum, reference: Commitment.objects.filter(
        pk=make_commitment(forum=make_forum()).pk
    ).update(forum=forum, reference=reference),
}


@pytest.mark.parametrize("enter", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_a_reference_from_outside_is_not_given_again(enter: Callable[..., Any]) -> None:
    forum = make_forum(code="SCCD")
    enter(forum=forum, reference="SCCD-2024-07")
    Commitment.objects.filter(reference="SCCD-2024-07").delete()

    assert given(forum) == "SCCD-2024-08"


def test_a_lower_reference_from_outside_does_not_set_the_counter_back() -> None:
    forum = make_forum(code="SCCD")
    for reference in ("SCCD-2024-05", "SCCD-2024-02"):
        make_commitment(forum=forum, reference=reference)

    assert given(forum) == "SCCD-2024-06"


def test_many_at_once_count_in_few_queries(django_assert_max_num_queries: Any) -> None:
    forum = make_forum(code="SCCD")
    many = [
        Commitment(forum=forum, title_en="T", reference=f"SCCD-{2020 + n % 2}-{n:02d}") for n in range(100)
    ]

    with django_assert_max_num_queries(25):
        Commitment.objects.bulk_create(many)

    assert given(forum, declared_on=date(2021, 1, 1)) == "SCCD-2021-100"


@pytest.mark.parametrize(
    "reference", ["G20-2024-IV", "A", "X-" + "9" * 40, "X" * 45 + "-1", "SCCD-2024-07-B"]
)
def test_a_reference_that_ends_in_no_number_counts_nothing(reference: str) -> None:
    forum = make_forum(code="SCCD")
    make_commitment(forum=forum, reference=reference)

    assert given(forum) == "SCCD-2024-01"


def test_a_reference_in_use_is_refused() -> None:
    forum = make_forum(code="SCCD")
    reference = given(forum)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_commitment(forum=forum, reference=reference)
    with pytest.raises(ValidationError, match="never used twice"):
        Commitment(forum=forum, title_en="Again", reference=reference).full_clean()


@pytest.mark.parametrize("enter", [ELSEWHERE["bulk_create"], ELSEWHERE["update"]])
def test_no_commitment_is_without_a_reference(enter: Callable[..., Any]) -> None:
    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        enter(forum=make_forum(), reference="")

    assert list(refusal.value.message_dict) == ["reference"]


def test_a_commitment_keeps_its_reference_when_its_forum_is_renamed() -> None:
    commitment = make_commitment(forum=make_forum(code="SCCD"))
    Forum.objects.update(code="SCCD2")

    commitment.refresh_from_db()
    commitment.save()

    assert commitment.reference == "SCCD-2024-01"
    assert given(commitment.forum) == "SCCD2-2024-01"
