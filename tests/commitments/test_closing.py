"""Of high priority: closed with evidence and by a second person. Lead and validator are two people."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from commitments import assigning, closing
from commitments.closing import Shown
from commitments.models import Closing, Commitment, FollowUp, User
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_held_post,
    make_holding,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
NOW = at(TODAY)
MINUTES = Shown(title="Minutes of the 3rd meeting", letter_number="Trade-12")


@pytest.fixture
def officer() -> User:
    return make_user()


@pytest.fixture
def commitment() -> Commitment:
    return make_commitment(high_priority=True)


def propose(commitment: Commitment, by: User, shown: Shown = MINUTES) -> Closing | None:
    return closing.close_or_propose(
        commitment, "implemented", reason="Signed in Seoul.", by=by, now=NOW, shown=shown
    )


def test_an_ordinary_commitment_closes_at_once(officer: User) -> None:
    commitment = make_commitment()

    assert propose(commitment, officer) is None
    commitment.refresh_from_db()
    assert commitment.workflow == Commitment.Workflow.CLOSED


def test_high_priority_waits_for_a_second_person(commitment: Commitment, officer: User) -> None:
    proposed = propose(commitment, officer)
    commitment.refresh_from_db()
    assert commitment.is_live

    closing.confirm_closing(proposed, by=make_user(), now=NOW)

    commitment.refresh_from_db()
    assert commitment.workflow == Commitment.Workflow.CLOSED


def test_whoever_proposed_it_does_not_confirm_it(commitment: Commitment, officer: User) -> None:
    proposed = propose(commitment, officer)

    with pytest.raises(ValidationError, match="cannot confirm"):
        closing.confirm_closing(proposed, by=officer, now=NOW)


def test_whoever_leads_it_does_not_confirm_it(commitment: Commitment, officer: User) -> None:
    lead = make_user()
    make_assignment(commitment, make_held_post(lead))
    proposed = propose(commitment, officer)

    with pytest.raises(ValidationError, match="You hold the post that leads it"):
        closing.confirm_closing(proposed, by=lead, now=NOW)


def test_without_evidence_it_is_not_even_proposed(commitment: Commitment, officer: User) -> None:
    with pytest.raises(ValidationError, match="Say what shows it"):
        propose(commitment, officer, closing.NOTHING_SHOWN)


def test_evidence_of_an_earlier_report_is_enough(commitment: Commitment, officer: User) -> None:
    first = propose(commitment, officer)
    closing.return_closing(first, by=make_user(), now=NOW, decision="Wait for the signature.")

    assert propose(commitment, officer, closing.NOTHING_SHOWN) is not None


def test_the_evidence_stands_on_a_report_that_says_why(commitment: Commitment, officer: User) -> None:
    propose(commitment, officer)

    report = commitment.reports.get()
    assert (report.internal, report.evidence.get().letter_number) == ("Signed in Seoul.", "Trade-12")


def test_no_other_way_closes_it(commitment: Commitment) -> None:
    with pytest.raises(ValidationError, match="It has high priority"):
        commitment.close("implemented", now=NOW, reason="Done")


def test_a_closing_that_was_undone_does_not_count_again(commitment: Commitment, officer: User) -> None:
    closing.confirm_closing(propose(commitment, officer), by=make_user(), now=NOW)
    commitment.refresh_from_db()
    commitment.activate(now=NOW)

    with pytest.raises(ValidationError, match="It has high priority"):
        commitment.close("implemented", now=NOW, reason="Done")


def test_a_returned_closing_leaves_everything_open(commitment: Commitment, officer: User) -> None:
    follow_up = make_follow_up(TODAY, commitment=commitment)
    proposed = propose(commitment, officer)

    closing.return_closing(proposed, by=make_user(), now=NOW, decision="Not signed yet.")

    assert FollowUp.objects.open().filter(pk=follow_up.pk).exists()
    assert proposed.state == Closing.State.RETURNED


def test_a_closing_is_decided_once(commitment: Commitment, officer: User) -> None:
    proposed = propose(commitment, officer)
    closing.return_closing(proposed, by=officer, now=NOW, decision="Too early.")

    with pytest.raises(ValidationError, match="decided already"):
        closing.confirm_closing(proposed, by=make_user(), now=NOW)


@pytest.mark.parametrize("roles", [("lead", "validator"), ("validator", "lead")])
def test_one_person_does_not_lead_and_validate_through_two_posts(roles: tuple[str, str]) -> None:
    person, commitment = make_user(), make_commitment()
    make_assignment(commitment, make_held_post(person), role=roles[0])

    with pytest.raises(ValidationError, match="another person than the lead"):
        assigning.assign(commitment, make_held_post(person), role=roles[1], now=NOW)


def test_whoever_held_the_lead_before_may_validate_now() -> None:
    person, commitment = make_user(), make_commitment()
    old, validating = make_post(), make_post()
    make_holding(old, person, until_on=date(2026, 10, 31))
    make_holding(validating, person, from_on=date(2026, 11, 1))
    make_assignment(commitment, old)

    assert assigning.assign(commitment, validating, role="validator", now=NOW).pk


def test_leave_does_not_make_a_validator_of_the_lead() -> None:
    person, commitment = make_user(), make_commitment()
    validating = make_held_post()
    make_holding(validating, person, acting=True, from_on=TODAY)
    make_assignment(commitment, make_held_post(person))

    assert assigning.assign(commitment, validating, role="validator", now=NOW).pk
