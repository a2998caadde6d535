"""What owners said and asked: accepted or returned from the page of one, or from the list."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from commitments.models import Commitment, Evidence, FollowUp, Forum, Post, ProgressReport, Request
from tests.commitments.admin_pages import address, errors, page_of, row_of, save, signed_in, told
from tests.factories import (
    LONG_AGO,
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_post,
)

pytestmark = pytest.mark.django_db

DAY, LATER = date(2030, 6, 3), date(2030, 9, 2)


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


@pytest.fixture
def lead() -> Post:
    return make_held_post()


@pytest.fixture
def follow_up(forum: Forum, lead: Post) -> FollowUp:
    return make_follow_up(DAY, commitment=make_commitment(forum=forum, lead=lead))


def make_report(follow_up: FollowUp, **fields: Any) -> ProgressReport:
    known: Any = {"state": "submitted", "internal": "Call held", "reported_on": LONG_AGO}
    assert follow_up.commitment is not None
    return ProgressReport.objects.create(
        commitment=follow_up.commitment, follow_up=follow_up, **{**known, **fields}
    )


def make_request(follow_up: FollowUp, kind: str = "extension", **fields: Any) -> Request:
    return Request.objects.create(
        follow_up=follow_up, kind=kind, due_on=follow_up.due_on, asked_at=at(LONG_AGO), **fields
    )


def do(client: Client, row: Any, deed: str, **said: Any) -> Any:
    return client.post(page_of(row, "deed", deed), {"_confirmed": "1", **said}, follow=True)


def test_an_accepted_report_closes_its_date(client: Client, follow_up: FollowUp) -> None:
    report = make_report(follow_up)

    response = do(client, report, "accept", decision="Thank you")

    report.refresh_from_db()
    follow_up.refresh_from_db()
    assert (report.state, report.decision) == ("cleared", "Thank you")
    assert follow_up.outcome == "reported"
    assert told(response) == ["Accepted. The next date is set."]


def test_an_accepted_report_may_leave_its_date_standing(client: Client, follow_up: FollowUp) -> None:
    do(client, make_report(follow_up), "accept", keep_open="on")

    follow_up.refresh_from_db()
    assert follow_up.is_open


def test_a_returned_report_says_why(client: Client, follow_up: FollowUp) -> None:
    report = make_report(follow_up)

    silent = do(client, report, "return", decision=" ")
    do(client, report, "return", decision="Which meeting was it?")

    report.refresh_from_db()
    assert silent.context["form"].errors["decision"] == ["This field is required."]
    assert (report.state, report.decision) == ("returned", "Which meeting was it?")


def test_a_decided_report_is_not_decided_again(client: Client, follow_up: FollowUp) -> None:
    report = make_report(follow_up, state="cleared")

    page = client.get(page_of(report)).content.decode()
    response = do(client, report, "return", decision="After all")

    assert "/do/" not in page
    assert "cannot be done" in response.context["form"].non_field_errors()[0]


def test_reports_are_accepted_from_the_list_all_or_none(client: Client, follow_up: FollowUp) -> None:
    waiting = make_report(follow_up)
    decided = make_report(follow_up, state="returned")
    url = address(ProgressReport, "changelist")
    chosen = {"action": "accept", "_confirmed": "1"}

    both = client.post(url, {**chosen, "_selected_action": [waiting.pk, decided.pk]})
    assert both.context["form"].non_field_errors()
    assert not ProgressReport.objects.cleared().exists()
    client.post(url, {**chosen, "_selected_action": [waiting.pk]})

    assert list(ProgressReport.objects.cleared()) == [waiting]


def test_the_list_is_asked_for_what_waits_for_the_desk(client: Client, follow_up: FollowUp) -> None:
    waiting, _decided = make_report(follow_up), make_report(follow_up, state="returned")

    found = client.get(address(ProgressReport, "changelist"), {"waiting": "desk"})

    assert list(found.context["cl"].result_list) == [waiting]


def test_a_report_is_entered_with_its_evidence_as_a_draft(client: Client, follow_up: FollowUp) -> None:
    proof = row_of("evidence", title="Minutes", letter_number="Trade-77")
    said = {"commitment": follow_up.commitment_id, "follow_up": follow_up.pk, "internal": "Call held"}

    save(client, address(ProgressReport, "add"), **said, **proof)

    report = ProgressReport.objects.get()
    assert report.state == "draft"
    assert report.recorded_by is not None
    assert report.evidence.get().letter_number == "Trade-77"


def test_what_was_accepted_is_not_reworded(client: Client, follow_up: FollowUp) -> None:
    report = make_report(follow_up, state="cleared")

    save(client, page_of(report), internal="Much better", shareable_en="A call was held.")

    report.refresh_from_db()
    assert (report.internal, report.shareable_en) == ("Call held", "A call was held.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"internal": "x", "source": "letter"}, "Give the number of the letter."),
        ({"internal": "x", "reported_on": "soon"}, "Enter a valid date."),
    ],
)
def test_an_incomplete_report_is_refused_in_words(
    typed: dict[str, str], sentence: str, client: Client, follow_up: FollowUp
) -> None:
    url = address(ProgressReport, "add")

    response = save(client, url, commitment=follow_up.commitment_id, **typed)

    assert errors(response) == [sentence]


def test_a_report_answers_a_date_of_its_own_commitment(client: Client, follow_up: FollowUp) -> None:
    other = make_commitment(forum=follow_up.forum)
    url = address(ProgressReport, "add")

    response = save(client, url, commitment=other.pk, follow_up=follow_up.pk, internal="x")

    assert errors(response) == ["That date belongs to another commitment."]


def test_evidence_that_cannot_be_found_is_refused(client: Client, follow_up: FollowUp) -> None:
    response = save(client, page_of(make_report(follow_up)), **row_of("evidence", title="Minutes"))

    assert errors(response) == ["Give an address or a letter number."]
    assert not Evidence.objects.exists()


def test_an_accepted_extension_moves_the_date(client: Client, follow_up: FollowUp) -> None:
    request = make_request(follow_up, proposed_on=LATER, reason="Talks go on")

    do(client, request, "accept")

    follow_up.refresh_from_db()
    assert follow_up.due_on == LATER
    assert follow_up.earlier_dates()[0][2] == "Talks go on"


def test_an_accepted_hand_over_names_the_new_owner(client: Client, follow_up: FollowUp, lead: Post) -> None:
    request, heir = make_request(follow_up, "hand_over", post=lead), make_post()

    do(client, request, "accept", to_post=heir.pk)

    commitment = Commitment.objects.get()
    assert commitment.assignments.get(until_on=None).post == heir


def test_an_extension_does_not_ask_for_a_new_owner(client: Client, follow_up: FollowUp) -> None:
    asked = {kind: make_request(follow_up, kind, proposed_on=LATER) for kind in ("extension", "not_mine")}

    pages = {kind: client.get(page_of(row, "deed", "accept")).content.decode() for kind, row in asked.items()}

    assert 'name="to_post"' not in pages["extension"]
    assert 'name="to_post"' in pages["not_mine"]


def test_a_returned_request_says_why(client: Client, follow_up: FollowUp) -> None:
    request = make_request(follow_up, proposed_on=LATER)

    do(client, request, "return", decision="The meeting is in June")

    request.refresh_from_db()
    assert (request.state, request.decision) == ("returned", "The meeting is in June")


def test_requests_are_asked_by_owners_and_not_rewritten(client: Client, follow_up: FollowUp) -> None:
    request = make_request(follow_up, proposed_on=LATER)

    client.post(page_of(request), {"proposed_on": "2031-01-01"})

    request.refresh_from_db()
    assert request.proposed_on == LATER
    assert client.get(address(Request, "add")).status_code == 403
