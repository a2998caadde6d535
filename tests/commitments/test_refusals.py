"""What the database refuses is told in the sentence that the forms say, by both databases."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from commitments import facts, refusals
from commitments.models import (
    Assignment,
    CommitmentParty,
    Forum,
    Meeting,
    PostHolding,
    Provision,
)
from tests.factories import (
    LONG_AGO,
    make_commitment,
    make_follow_up,
    make_forum,
    make_meeting,
    make_party,
    make_post,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db


def said_of(*writes: Any) -> str:
    try:
        with transaction.atomic():
            for write in writes:
                write()
    except IntegrityError as error:
        return refusals.sentence(error)
    return "nothing was refused"


def unrecorded(model: Any, **fields: Any) -> Any:
    """Past every form and method: what the database alone keeps."""
    return lambda: QuerySet(model).bulk_create([model(**fields)])


def test_every_sentence_of_the_triggers_is_known() -> None:
    for vendor, told in [("sqlite", r"ABORT, '([^']+)'"), ("postgresql", r"'([A-Z][^']+[.;][^']*)'")]:
        sentences = set(re.findall(told, facts.script(vendor)))
        assert sentences - refusals.TRIGGERS == set()


def test_a_trigger() -> None:
    post = make_post()
    twice = [unrecorded(PostHolding, post=post, user=make_user(), from_on=LONG_AGO)] * 2

    assert said_of(*twice) == "Somebody else holds this post in that time."


def test_a_trigger_on_words() -> None:
    wrong = unrecorded(Provision, text=make_text(), start=0, end=4, quote="Thez")

    assert said_of(wrong) == "The declared words do not stand in the text at that place."


def test_a_check() -> None:
    wrong = unrecorded(
        Meeting, forum=make_forum(), ordinal=1, starts_on=date(2026, 6, 2), ends_on=date(2026, 6, 1)
    )

    assert said_of(wrong) == "The meeting ends before it starts."


def test_a_unique_column_pair_with_words_of_its_own() -> None:
    words = make_provision()
    again = unrecorded(Provision, text=words.text, start=words.start, end=words.end, quote=words.quote)

    assert said_of(again) == "This passage is in the register already."


def test_a_unique_expression() -> None:
    commitment = make_commitment()
    fields: dict[str, Any] = {"kind": "cycle_review", "commitment": commitment}

    def twice() -> None:
        make_follow_up(date(2026, 6, 1), **fields)
        make_follow_up(date(2026, 7, 1), **fields)

    assert said_of(twice) == "It has a next date of this kind already."


def test_a_unique_pair_without_words() -> None:
    twice = [unrecorded(CommitmentParty, commitment=make_commitment(), party=make_party())] * 2

    assert said_of(*twice) == "This is in the register already."


def test_a_unique_column() -> None:
    forum = make_forum()

    assert said_of(unrecorded(Forum, code=forum.code, name_en="X")) == "This is in the register already."


def test_a_number_of_a_meeting_given_twice() -> None:
    meeting = make_meeting()
    again = unrecorded(Meeting, forum=meeting.forum, ordinal=meeting.ordinal)

    assert said_of(again) == "This is in the register already."


@pytest.mark.django_db(transaction=True)
def test_a_link_to_nothing() -> None:
    wrong = unrecorded(CommitmentParty, commitment=make_commitment(), party_id=99_999)

    assert said_of(wrong).startswith("Something that it refers to is not in the register any more.")


def test_a_trigger_on_two_leads() -> None:
    commitment, party = make_commitment(), make_party()
    posts = [make_post() for _ in range(2)]
    leads = [
        unrecorded(
            Assignment,
            commitment=commitment,
            post=p,
            party=party,
            role="lead",
            from_on=LONG_AGO,
            until_on=date(2030, 1, 1),
        )
        for p in posts
    ]

    assert said_of(*leads) == "The party has another lead in that time, or the post validates what it leads."
