"""Whatever came by a letter is found by the letter's number."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import letter_numbers
from commitments.models import Commitment, Contact, Evidence, Forum, Marking, ProgressReport, Request
from tests.commitments.any_row import NOW
from tests.factories import make_commitment, make_document, make_follow_up, make_meeting
from tests.tracker.reading import words

NUMBER = "미주통상과-1234"
DAY = date(2026, 11, 23)
BY_LETTER = {"letter_number": NUMBER}


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    return make_commitment(forum=forum, title_en="Continue discussions")


def report(commitment: Commitment, **fields: Any) -> ProgressReport:
    return ProgressReport.objects.create(
        commitment=commitment, reported_on=DAY, state="cleared", no_change=True, **fields
    )


NAMED: dict[str, Callable[[Commitment], Any]] = {
    "Commitment": lambda c: Commitment.objects.filter(pk=c.pk).update(**BY_LETTER),
    "Progress report": lambda c: report(c, **BY_LETTER),
    "Evidence": lambda c: Evidence.objects.create(report=report(c), title="Letter", **BY_LETTER),
    "Contact": lambda c: Contact.objects.create(commitment=c, contacted_on=DAY, **BY_LETTER),
    "Request": lambda c: Request.objects.create(
        follow_up=make_follow_up(DAY, commitment=c), kind="not_mine", due_on=DAY, asked_at=NOW, **BY_LETTER
    ),
}


@pytest.mark.parametrize("kind", NAMED)
def test_it_leads_to_the_commitment(desk: Client, commitment: Commitment, kind: str) -> None:
    NAMED[kind](commitment)

    seen = words(desk.get("/search/", {"q": "통상과-123"}))

    assert f"미주통상과-1234 {commitment} {kind}" in seen


def test_it_leads_to_a_document_or_meeting(desk: Client, forum: Forum) -> None:
    make_document(forum=forum, title_en="A statement", **BY_LETTER)
    meeting = make_meeting(forum=forum, **BY_LETTER)

    seen = words(desk.get("/search/", {"q": NUMBER}))

    assert f"{NUMBER} A statement Document" in seen
    assert f"{NUMBER} {meeting} Meeting" in seen


def test_decomposed_hangul_finds_it_too(desk: Client, commitment: Commitment) -> None:
    NAMED["Contact"](commitment)

    assert NUMBER in words(desk.get("/search/", {"q": "\u1106\u1175\u110c\u116e\u1110\u1169\u11bc"}))


def test_what_one_may_not_see_is_not_found(desk: Client, commitment: Commitment) -> None:
    for name in NAMED.values():
        name(commitment)
    Commitment.objects.filter(pk=commitment.pk).update(marking=Marking.RESTRICTED)

    assert "Nothing of that is in the register" in words(desk.get("/search/", {"q": NUMBER}))


def test_however_many_letters_the_search_asks_the_same(desk: Client, commitment: Commitment) -> None:
    NAMED["Contact"](commitment)
    desk.get("/search/", {"q": NUMBER})  # which reads what is new
    with CaptureQueriesContext(connection) as few:
        desk.get("/search/", {"q": NUMBER})
    for _round in range(3):
        for name in NAMED.values():
            name(make_commitment(forum=commitment.forum))
    desk.get("/search/", {"q": NUMBER})
    with CaptureQueriesContext(connection) as many:
        desk.get("/search/", {"q": NUMBER})

    assert len(many) - len(few) <= 1  # owners, once a commitment itself is found


def test_no_place_for_a_letter_number_is_forgotten() -> None:
    with_number = {
        model for model in apps.get_models() if any(f.name == "letter_number" for f in model._meta.fields)
    }

    assert with_number == {place.model for place in letter_numbers.PLACES}
