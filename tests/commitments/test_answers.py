"""What owners say, and what the desk makes of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from commitments import answers
from commitments.models import Assignment, Change, Commitment, Evidence, FollowUp, ProgressReport, Request
from tests.commitments.next_dates import NOW, TODAY, dated, ensure, noon
from tests.factories import (
    make_assignment,
    make_commitment,
    make_follow_up,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
    make_user,
)
from tests.threads import together

State, Kind = ProgressReport.State, Request.Kind
DUE_ON = date(2027, 1, 29)
LATER = date(2027, 3, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def follow_up() -> FollowUp:
    return make_follow_up(DUE_ON, lead=make_post())


def owner_of(follow_up: FollowUp) -> Any:
    return follow_up.commitment.assignments.leads().get(until_on=None).post


def propose(follow_up: FollowUp, **said: Any) -> ProgressReport:
    return answers.propose_report(
        follow_up, post=owner_of(follow_up), now=NOW, **{"internal": "The group met.", **said}
    )


def ask(follow_up: FollowUp, kind: str, **asked: Any) -> Request:
    return answers.ask(follow_up, kind, post=owner_of(follow_up), now=NOW, **asked)


def refused(deed: Any, *args: Any, **kwargs: Any) -> ValidationError:
    with pytest.raises(ValidationError) as refusal:
        deed(*args, **kwargs)
    return refusal.value


# Reports


def test_a_report_waits_for_the_desk(follow_up: FollowUp) -> None:
    report = propose(follow_up, reported_by="Kim")

    assert report in ProgressReport.objects.waiting()
    assert (report.state, report.reported_on, report.party) == (
        State.SUBMITTED,
        TODAY,
        owner_of(follow_up).organisation.party,
    )
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]
    assert follow_up.commitment.freshness(TODAY) == Commitment.Freshness.NO_RECORD


def test_a_cleared_report_closes_the_date_and_sets_the_next(follow_up: FollowUp) -> None:
    officer, report = make_user(), propose(follow_up)

    answers.clear_report(report, by=officer, now=NOW, decision="Thank you")

    report.refresh_from_db()
    assert (report.state, report.decided_by, report.decided_at) == (State.CLEARED, officer, NOW)
    follow_up.refresh_from_db()
    assert (follow_up.outcome, follow_up.closed_at) == (FollowUp.Outcome.REPORTED, NOW)
    assert dated(follow_up.commitment) == [("cycle_review", date(2027, 6, 15))]
    assert follow_up.commitment.freshness(TODAY) == Commitment.Freshness.FRESH
    assert [change.why for change in follow_up.changes][-1] == "Thank you"


def test_a_cleared_report_may_let_the_date_stand(follow_up: FollowUp) -> None:
    answers.clear_report(propose(follow_up), by=make_user(), now=NOW, keep_open=True)

    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]
    assert follow_up.reports.cleared().exists()


def test_a_returned_report_leaves_the_date_open(follow_up: FollowUp) -> None:
    report = propose(follow_up)

    answers.return_report(report, by=make_user(), now=NOW, decision="Which group?")

    report.refresh_from_db()
    assert (report.state, report.decision) == (State.RETURNED, "Which group?")
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]
    assert report not in ProgressReport.objects.waiting()


@pytest.mark.parametrize("decision", ["", "  \n"])
def test_nothing_is_returned_without_a_reason(follow_up: FollowUp, decision: str) -> None:
    report, request = propose(follow_up), ask(follow_up, Kind.NOT_MINE)

    for deed, row in ((answers.return_report, report), (answers.return_request, request)):
        error = refused(deed, row, by=make_user(), now=NOW, decision=decision)
        assert list(error.message_dict) == ["decision"]
    assert report in ProgressReport.objects.waiting()
    assert request in Request.objects.proposed()


def test_a_draft_silences_nothing(follow_up: FollowUp) -> None:
    commitment, overdue_on = follow_up.commitment, DUE_ON + timedelta(days=1)

    ProgressReport.objects.create(
        commitment=commitment, follow_up=follow_up, reported_on=TODAY, internal="Half a sentence"
    )

    assert not ProgressReport.objects.waiting().exists()
    assert dated(commitment) == [("deadline", DUE_ON)]
    assert follow_up in FollowUp.objects.overdue(overdue_on)
    assert commitment.freshness(TODAY) == Commitment.Freshness.NO_RECORD


def test_a_draft_is_read_by_the_desk_once_it_is_submitted(follow_up: FollowUp) -> None:
    draft = ProgressReport.objects.create(
        commitment=follow_up.commitment, follow_up=follow_up, reported_on=TODAY, no_change=True
    )

    draft.submit()

    assert list(ProgressReport.objects.waiting()) == [draft]


def test_an_empty_draft_is_not_accepted(follow_up: FollowUp) -> None:
    draft = ProgressReport.objects.create(
        commitment=follow_up.commitment, follow_up=follow_up, reported_on=TODAY
    )

    error = refused(answers.clear_report, draft, by=make_user(), now=NOW)

    assert error.messages == ["Write one sentence, or choose “no change”."]
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


def test_what_somebody_told_the_desk_is_entered_and_cleared_in_one_step(follow_up: FollowUp) -> None:
    officer = make_user()

    report = answers.record_report(
        follow_up, by=officer, now=NOW, source="letter", letter_number="2026-117", internal="Signed."
    )

    assert (report.state, report.recorded_by, report.line) == (State.CLEARED, officer, "Signed.")
    assert dated(follow_up.commitment) == [("cycle_review", date(2027, 6, 15))]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "Write one sentence, or choose “no change”."),
        ({"internal": "Signed.", "source": "letter"}, "Give the number of the letter."),
    ],
)
def test_a_report_that_says_too_little_is_refused_whole(
    follow_up: FollowUp, said: dict[str, Any], message: str
) -> None:
    error = refused(answers.record_report, follow_up, by=make_user(), now=NOW, **said)

    assert error.messages == [message]
    assert not ProgressReport.objects.exists()
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


def test_a_meeting_is_not_reported_on() -> None:
    sitting = make_follow_up(DUE_ON, meeting=make_meeting())

    error = refused(answers.propose_report, sitting, post=None, now=NOW, internal="Held")

    assert "belongs to a meeting" in error.messages[0]


def test_an_answer_to_a_review_before_its_day_sets_the_one_after() -> None:
    ensure(commitment := make_commitment(lead=make_post()))

    answers.clear_report(propose(commitment.follow_ups.get()), by=make_user(), now=noon(date(2027, 6, 2)))

    assert dated(commitment) == [("cycle_review", date(2027, 12, 15))]


def test_a_report_is_decided_once(follow_up: FollowUp) -> None:
    report = propose(follow_up)
    answers.return_report(report, by=make_user(), now=NOW, decision="Which group?")

    error = refused(answers.clear_report, report, by=make_user(), now=NOW)

    assert error.messages == ["This report was decided already."]
    assert ProgressReport.objects.get().state == State.RETURNED
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_one_decides() -> None:
    follow_up = make_follow_up(DUE_ON, lead=make_post())
    report, request = propose(follow_up), ask(follow_up, Kind.EXTENSION, proposed_on=LATER)
    officer = make_user()

    def decide(deed: Any, row: Any, **said: Any) -> Any:
        return lambda: deed(type(row).objects.get(pk=row.pk), by=officer, now=NOW, **said)

    reports = together(
        decide(answers.clear_report, report), decide(answers.return_report, report, decision="Which group?")
    )
    requests = together(
        decide(answers.return_request, request, decision="No"),
        decide(answers.return_request, request, decision="Not yet"),
    )

    for results in (reports, requests):
        assert [type(r) for r in results if r is not None] == [ValidationError]
    cleared = ProgressReport.objects.get().state == State.CLEARED
    assert FollowUp.objects.filter(pk=follow_up.pk, closed_at=None).exists() != cleared


# Requests


def test_a_request_waits_for_the_desk_and_changes_nothing(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.EXTENSION, proposed_on=LATER, reason="Elections", asked_by="Kim")

    assert list(Request.objects.proposed()) == [request]
    assert (request.due_on, request.asked_by) == (DUE_ON, "Kim")
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


def test_more_time_moves_the_date_when_the_desk_accepts(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.EXTENSION, proposed_on=LATER, reason="Elections")

    answers.accept_request(request, by=make_user(), now=NOW)

    assert dated(follow_up.commitment) == [("deadline", LATER)]
    assert [(day, why) for day, _until, why in follow_up.earlier_dates()] == [(DUE_ON, "Elections")]
    assert not Request.objects.proposed().exists()


def test_a_returned_request_moves_nothing(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.EXTENSION, proposed_on=LATER)

    answers.return_request(request, by=make_user(), now=NOW, decision="The ministers expect it in January.")

    request.refresh_from_db()
    assert request.state == Request.State.RETURNED
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


def test_an_accepted_request_is_not_accepted_again(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.EXTENSION, proposed_on=LATER)
    answers.accept_request(request, by=make_user(), now=NOW)
    request.follow_up.move_to(date(2027, 4, 1), now=NOW, reason="Agreed since")

    refused(answers.accept_request, request, by=make_user(), now=NOW)

    assert dated(follow_up.commitment) == [("deadline", date(2027, 4, 1))]


def test_there_is_no_more_time_for_what_is_closed(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.EXTENSION, proposed_on=LATER)
    request.follow_up.close(FollowUp.Outcome.DONE, now=NOW)

    refused(answers.accept_request, request, by=make_user(), now=NOW)

    assert Request.objects.get().state == Request.State.PROPOSED
    assert FollowUp.objects.get(pk=follow_up.pk).due_on == DUE_ON


@pytest.mark.parametrize("proposed_on", [None, DUE_ON, DUE_ON - timedelta(days=1)])
def test_more_time_names_a_later_day(follow_up: FollowUp, proposed_on: date | None) -> None:
    refused(ask, follow_up, Kind.EXTENSION, proposed_on=proposed_on)

    assert not Request.objects.exists()


def test_the_same_is_not_asked_twice_while_it_waits(follow_up: FollowUp) -> None:
    ask(follow_up, Kind.NOT_MINE)

    error = refused(ask, follow_up, Kind.NOT_MINE)

    assert error.messages == ["This has been asked already and waits for the desk."]


@pytest.mark.parametrize("kind", [Kind.HAND_OVER, Kind.NOT_MINE])
def test_a_part_is_handed_over_from_today(follow_up: FollowUp, kind: str) -> None:
    before, after = owner_of(follow_up), make_post()

    answers.accept_request(ask(follow_up, kind), by=make_user(), now=NOW, to_post=after)

    leads = Assignment.objects.leads()
    assert [leads.active(TODAY + timedelta(days=n)).get().post for n in (-1, 0)] == [before, after]
    assert dated(follow_up.commitment) == [("deadline", DUE_ON)]


def test_not_mine_without_another_owner_raises_the_coverage_alarm(follow_up: FollowUp) -> None:
    answers.accept_request(ask(follow_up, Kind.NOT_MINE), by=make_user(), now=NOW)

    assert list(Commitment.objects.without_owner(TODAY)) == [follow_up.commitment]
    assert list(Commitment.objects.uncovered(TODAY)) == [follow_up.commitment]


def test_a_date_of_another_post_than_the_lead_is_handed_over_alone() -> None:
    lead, asked, after = make_post(), make_post(), make_post()
    follow_up = make_follow_up(DUE_ON, commitment=make_commitment(lead=lead), post=asked)
    request = answers.ask(follow_up, Kind.HAND_OVER, post=asked, now=NOW)

    answers.accept_request(request, by=make_user(), now=NOW, to_post=after)

    follow_up.refresh_from_db()
    assert follow_up.post == after
    assert owner_of(follow_up) == lead


@pytest.mark.parametrize("role", ["lead", "validator"])
def test_nothing_is_handed_to_whom_the_facts_forbid(role: str) -> None:
    follow_up = make_follow_up(DUE_ON, lead=(lead := make_post()))
    other, supporting = make_post(), make_post()
    if role == "validator":
        make_assignment(follow_up.commitment, other, role=role)
        request = answers.ask(follow_up, Kind.HAND_OVER, post=lead, now=NOW)
    else:  # asked by a post that does not lead: the party has its lead
        make_assignment(follow_up.commitment, supporting, role="supporting")
        request = answers.ask(follow_up, Kind.HAND_OVER, post=supporting, now=NOW)
    officer, written = make_user(), Change.objects.count()

    refused(answers.accept_request, request, by=officer, now=NOW, to_post=other)

    assert owner_of(follow_up) == lead
    assert Change.objects.count() == written, "nothing half-written"


def test_nothing_is_handed_to_whom_it_belongs_to(follow_up: FollowUp) -> None:
    request = ask(follow_up, Kind.HAND_OVER)

    refused(answers.accept_request, request, by=make_user(), now=NOW, to_post=owner_of(follow_up))

    assert Request.objects.get().state == Request.State.PROPOSED


def test_the_other_party_keeps_its_lead(follow_up: FollowUp) -> None:
    abroad = make_post(organisation=make_organisation(party=make_party("JPN")))
    make_assignment(follow_up.commitment, abroad)
    request = answers.ask(
        follow_up, Kind.HAND_OVER, post=follow_up.commitment.assignments.first().post, now=NOW
    )

    answers.accept_request(request, by=make_user(), now=NOW, to_post=make_post())

    assert follow_up.commitment.assignments.leads().active(TODAY).filter(post=abroad).exists()


def test_evidence_can_be_found() -> None:
    report = ProgressReport.objects.create(commitment=make_commitment(), reported_on=TODAY)

    error = refused(Evidence(report=report, title="Minutes").full_clean)

    assert error.messages == ["Give an address or a letter number."]
