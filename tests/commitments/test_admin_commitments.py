"""The pages of commitments: entered, given a next date, closed, and found by what needs attention."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments import scheduling
from commitments.models import (
    Assignment,
    Change,
    Commitment,
    FollowUp,
    Forum,
    Interpretation,
    ProgressReport,
    Request,
)
from tests.commitments.admin_pages import address, errors, last_reason, page_of, row_of, save, signed_in, told
from tests.factories import (
    LONG_AGO,
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_officer,
    make_post,
    make_provision,
)

pytestmark = pytest.mark.django_db

ADD = "/commitments/commitment/add/"


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


def listed(client: Client, **asked: Any) -> list[str]:
    """References in the list, as far as it is filtered."""
    found = client.get(address(Commitment, "changelist"), asked).context["cl"].result_list
    return [commitment.reference for commitment in found]


def test_a_new_commitment_has_its_reference_its_owner_and_its_next_date(client: Client, forum: Forum) -> None:
    lead = row_of("assignments", post=make_post().pk, role="lead", from_on="2026-01-01")

    save(client, ADD, title_en="Hold a round table", forum=forum.pk, declared_on="2024-06-27", **lead)

    commitment = Commitment.objects.get()
    assert commitment.reference == "SCCD-2024-01"
    assert commitment.workflow == "active"
    assert commitment.assignments.get().role == "lead"
    assert commitment.follow_ups.open().exists()


def test_a_draft_waits_for_its_first_date(client: Client, forum: Forum) -> None:
    save(client, ADD, title_en="Perhaps", forum=forum.pk, workflow="draft")

    assert not FollowUp.objects.exists()


def test_nothing_is_entered_as_closed(client: Client, forum: Forum) -> None:
    response = save(client, ADD, title_en="Over", forum=forum.pk, workflow="closed")

    assert errors(response) == ["Select a valid choice. closed is not one of the available choices."]


def test_the_form_begins_with_the_outlook_and_one_sentence(client: Client, forum: Forum) -> None:
    page = client.get(page_of(make_commitment(forum=forum)))

    first, *folded = list(page.context["adminform"])[:4]
    assert first.fields == ["outlook", "outlook_note"]
    assert all("collapse" in fieldset.classes for fieldset in folded)
    assert "▲ at risk" in page.content.decode()


def test_activating_a_draft_gives_it_a_date(client: Client, forum: Forum) -> None:
    draft = make_commitment(forum=forum, workflow="draft")

    response = client.post(page_of(draft, "deed", "activate"), {"_confirmed": "1"}, follow=True)

    draft.refresh_from_db()
    assert (draft.workflow, draft.follow_ups.count()) == ("active", 1)
    assert told(response) == ["Active. The next date is set."]


def test_closing_asks_how_it_ended_and_why(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    make_follow_up(date(2026, 12, 1), commitment=commitment)

    silent = client.post(page_of(commitment, "deed", "close"), {"_confirmed": "1"})
    client.post(
        page_of(commitment, "deed", "close"),
        {"_confirmed": "1", "implementation": "implemented", "reason": "Agreement signed"},
    )

    commitment.refresh_from_db()
    assert {"implementation", "reason"} == set(silent.context["form"].errors)
    assert (commitment.workflow, commitment.implementation) == ("closed", "implemented")
    assert not commitment.follow_ups.filter(closed_at=None).exists()
    assert last_reason(commitment) == "Agreement signed"


def test_its_state_is_not_typed(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    save(client, page_of(commitment), workflow="closed")

    commitment.refresh_from_db()
    assert commitment.workflow == "active"


def test_opening_a_verb_does_nothing(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    assert client.get(page_of(commitment, "deed", "close")).status_code == 200

    commitment.refresh_from_db()
    assert commitment.workflow == "active"


def test_a_verb_that_no_longer_applies_is_refused_in_words(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    commitment.close("implemented", now=timezone.now(), reason="done")

    response = client.post(
        page_of(commitment, "deed", "close"),
        {"_confirmed": "1", "implementation": "dropped", "reason": "again"},
    )

    assert response.context["form"].non_field_errors() == [
        f"This cannot be done to “{commitment}” as it stands."
    ]


def test_an_unknown_verb_is_not_found(client: Client, forum: Forum) -> None:
    assert client.get(page_of(make_commitment(forum=forum), "deed", "explode")).status_code == 404


def test_a_lead_is_handed_over_in_one_go_with_its_reason(client: Client, forum: Forum) -> None:
    commitment, heir = make_commitment(forum=forum, lead=make_post()), make_post()
    typed = {"assignments-0-until_on": "2026-11-30"} | row_of(
        "assignments", 1, post=heir.pk, role="lead", from_on="2026-12-01"
    )

    save(client, page_of(commitment), why="Reorganisation of 1 December", **typed)

    former, new = commitment.assignments.order_by("from_on")
    assert (former.until_on, new.post) == (date(2026, 11, 30), heir)
    assert {last_reason(former), last_reason(new)} == {"Reorganisation of 1 December"}


def test_a_hand_over_to_nobody_ends_nothing(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, lead=make_post())
    ends = {"assignments-0-until_on": "2026-11-30"}
    changes = Change.objects.count()

    save(client, page_of(commitment), **ends | row_of("assignments", 1, role="lead", from_on="2026-12-01"))

    assert commitment.assignments.get().until_on is None
    assert Change.objects.count() == changes


def test_our_reading_bears_the_name_of_whoever_wrote_it(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    chosen: Any = {"about": "date", "confidence": "low", "marking": "internal"}
    typed: Any = {"text": "Within 2025", "basis": "“annually”"}

    save(client, page_of(commitment), **row_of("interpretations", **chosen, **typed))

    assert Interpretation.objects.get().author == forum.memberships.get().user


def test_declared_words_are_linked_and_the_link_taken_away_again(client: Client, forum: Forum) -> None:
    from tests.factories import make_document, make_text

    words = make_provision(text=make_text(document=make_document(forum=forum)))
    commitment = make_commitment(forum=forum)

    save(client, page_of(commitment), **row_of("commitmentprovision_set", provision=words.pk))
    assert list(commitment.provisions.all()) == [words]
    save(client, page_of(commitment), **{"commitmentprovision_set-0-DELETE": "on"})

    assert list(commitment.provisions.all()) == []


def test_an_owner_is_ended_and_not_deleted(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, lead=make_post())

    save(client, page_of(commitment), **{"assignments-0-DELETE": "on"})

    assert commitment.assignments.count() == 1


def test_what_is_at_risk_is_reviewed_sooner(client: Client, forum: Forum) -> None:
    """Half-yearly from 20 April; at risk the review of 20 April moves to 20 January."""
    forum.review_from_on = date(2024, 4, 20)
    forum.save()
    commitment = make_commitment(forum=forum)
    with time_machine.travel("2026-11-21", tick=False):
        scheduling.ensure_next_date(commitment, now=timezone.now())

        save(client, page_of(commitment), outlook="at_risk", outlook_note="Talks stalled")

    assert commitment.follow_ups.get().due_on == date(2027, 1, 20)


def test_what_needs_attention_is_asked_of_the_rows(client: Client, forum: Forum) -> None:
    today = timezone.localdate()
    make_follow_up(today - timedelta(days=1), commitment=make_commitment(forum=forum, lead=make_post()))
    make_follow_up(today + timedelta(days=14), commitment=make_commitment(forum=forum))
    worried = make_commitment(forum=forum, lead=make_post(), outlook="at_risk")
    make_follow_up(today + timedelta(days=99), commitment=worried)
    make_commitment(forum=forum, lead=make_post())

    found = {
        question: listed(client, attention=question)
        for question in ["overdue", "soon", "no_owner", "no_date", "worried", "waiting"]
    }

    assert found == {
        "overdue": ["SCCD-2024-01"],
        "soon": ["SCCD-2024-02"],
        "no_owner": ["SCCD-2024-02"],
        "no_date": ["SCCD-2024-04"],
        "worried": ["SCCD-2024-03"],
        "waiting": [],
    }


def test_what_waits_for_the_desk_is_a_report_or_a_request(client: Client, forum: Forum) -> None:
    reported, asked, neither = (make_commitment(forum=forum) for _ in range(3))
    ProgressReport.objects.create(
        commitment=reported, state="submitted", internal="Held a call", reported_on=LONG_AGO
    )
    follow_up = make_follow_up(date(2026, 12, 1), commitment=asked)
    Request.objects.create(
        follow_up=follow_up, kind="not_mine", due_on=follow_up.due_on, asked_at=at(LONG_AGO)
    )

    assert listed(client, attention="waiting") == [reported.reference, asked.reference]


def test_a_row_tells_owner_light_and_next_date_without_a_question_of_its_own(
    client: Client, forum: Forum
) -> None:
    def make_row() -> None:
        commitment = make_commitment(forum=forum, outlook="at_risk")
        make_assignment(commitment, make_post(name_en="Director, Critical Minerals"))
        make_follow_up(date(2020, 6, 15), commitment=commitment)

    make_row()
    client.get(address(Commitment, "changelist"))
    with CaptureQueriesContext(connection) as few:
        page = client.get(address(Commitment, "changelist")).content.decode()
    for _ in range(9):
        make_row()

    with CaptureQueriesContext(connection) as many:
        client.get(address(Commitment, "changelist"))

    assert len(many) == len(few)
    assert "Director, Critical Minerals" in page
    assert '<span class="light light-at_risk"><span aria-hidden="true">▲</span> at risk</span>' in page
    assert "June 15, 2020" in page
    assert "overdue" in page


def test_a_passed_date_of_our_own_reading_is_grey_and_not_overdue(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, kind="recurring")
    make_follow_up(date(2020, 12, 31), commitment=commitment, kind="occurrence", basis="interpreted")

    page = client.get(address(Commitment, "changelist")).content.decode()

    assert '<span class="light light-none"><span aria-hidden="true">○</span> no record here</span>' in page
    assert "light-off_track" not in page


def test_everything_written_here_says_by_whom_and_that_it_came_from_these_pages(
    client: Client, forum: Forum
) -> None:
    save(client, ADD, title_en="Hold a round table", forum=forum.pk)

    change = Commitment.objects.get().changes.get()
    assert (change.by, change.via) == (forum.memberships.get().user, "admin")
    assert not Assignment.objects.exists()
