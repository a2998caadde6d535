"""The third “no change” in a row, and a date that is closed with the next one set."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments import answers, scheduling
from commitments.models import Commitment, FollowUp, Post, ProgressReport
from tests.commitments.next_dates import NOW, TODAY, dated
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_held_post,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db
SAID = {"same": {"no_change": True}, "news": {"internal": "The group met."}}


@pytest.fixture
def commitment() -> Commitment:
    return make_commitment(lead=make_post())


def say(commitment: Commitment, *words: str, post: Post | None = None, state: str = "cleared") -> Any:
    """The last of the reports, one a day until today."""
    for ago, word in enumerate(reversed(words)):
        ProgressReport.objects.create(
            commitment=commitment,
            post=post,
            party=post and post.organisation.party,
            state=state,
            reported_on=TODAY - timedelta(days=ago),
            **SAID[word],
        )
    return commitment.reports.first()


def flagged(report: ProgressReport) -> bool:
    """By the list and by the row, which say the same."""
    listed = ProgressReport.objects.with_repetition().get(pk=report.pk).third_unchanged
    assert report.is_third_unchanged() == listed
    return listed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["same"], False),
        (["same", "same"], False),
        (["same", "same", "same"], True),
        (["same"] * 4, True),
        (["news", "same", "same", "same"], True),
        (["same", "news", "same", "same"], False),
        (["same", "same", "news"], False),
    ],
)
def test_the_third_in_a_row_is_flagged(commitment: Commitment, words: list[str], expected: bool) -> None:
    assert flagged(say(commitment, *words)) == expected


def test_one_that_waits_is_flagged_by_what_was_cleared_before(commitment: Commitment) -> None:
    say(commitment, "same", "same")

    assert flagged(say(commitment, "same", state="submitted"))


@pytest.mark.parametrize("state", ["submitted", "returned", "draft"])
def test_what_was_not_cleared_is_not_counted(commitment: Commitment, state: str) -> None:
    say(commitment, "same", "same", state=state)

    assert not flagged(say(commitment, "same"))


def test_a_sentence_beside_it_does_not_hide_it(commitment: Commitment) -> None:
    say(commitment, "same", "same")
    report = say(commitment, "same", state="submitted")
    ProgressReport.objects.filter(pk=report.pk).update(internal="Both sides wait.")

    assert flagged(report)


def test_what_another_party_says_is_a_series_of_its_own(commitment: Commitment) -> None:
    here, there = (
        make_held_post(organisation=make_organisation(party=make_party(c))) for c in ("KOR", "USA")
    )
    say(commitment, "same", "same", post=there)

    assert not flagged(say(commitment, "same", post=here))
    assert flagged(say(commitment, "same", post=there))


def test_what_the_desk_entered_for_no_party_counts_for_each(commitment: Commitment) -> None:
    post = make_post()
    say(commitment, "same", "same")

    assert flagged(say(commitment, "same", post=post))
    say(commitment, "news")
    assert not flagged(say(commitment, "same", post=post))


def test_other_commitments_do_not_count(commitment: Commitment) -> None:
    say(make_commitment(), "same", "same")

    assert not flagged(say(commitment, "same"))


@pytest.mark.parametrize(("words", "expected"), [(["same", "same"], True), (["news", "same"], False)])
def test_before_it_is_said_one_can_ask_whether_it_would_be(
    commitment: Commitment, words: list[str], expected: bool
) -> None:
    say(commitment, *words)

    for party in (None, make_party()):
        assert (
            ProgressReport(commitment=commitment, party=party, no_change=True).is_third_unchanged()
            == expected
        )
        assert not ProgressReport(commitment=commitment, party=party).is_third_unchanged()


def test_a_list_asks_once_however_long(commitment: Commitment) -> None:
    say(commitment, *["same"] * 20)

    with CaptureQueriesContext(connection) as asked:
        found = [report.third_unchanged for report in ProgressReport.objects.with_repetition()]

    assert (len(asked), found.count(True)) == (1, 18)


# A date that is closed


def test_a_closed_date_is_followed_by_the_next() -> None:
    follow_up = make_follow_up(date(2027, 1, 29), lead=make_post())

    scheduling.close_date(follow_up, FollowUp.Outcome.DONE, now=NOW, reason="Met in Seoul.")

    assert (follow_up.outcome, follow_up.closed_at) == (FollowUp.Outcome.DONE, NOW)
    assert dated(follow_up.commitment) == [("cycle_review", date(2027, 6, 15))]
    assert [change.why for change in follow_up.changes][-1] == "Met in Seoul."


def test_a_date_of_a_meeting_is_closed_and_nothing_follows() -> None:
    follow_up = make_follow_up(date(2027, 1, 29), meeting=make_meeting())

    scheduling.close_date(follow_up, FollowUp.Outcome.DONE, now=NOW)

    assert not FollowUp.objects.open().exists()


def test_a_date_that_cannot_be_followed_stays_open() -> None:
    """Both or neither: the next occurrence would lie beyond the calendar."""
    commitment = make_commitment(kind=Commitment.Kind.RECURRING, cadence_months=12)
    follow_up = make_follow_up(date(2098, 6, 1), commitment=commitment, kind=FollowUp.Kind.OCCURRENCE)

    with pytest.raises(Exception, match="calendar"):
        scheduling.close_date(follow_up, FollowUp.Outcome.DONE, now=NOW)

    follow_up.refresh_from_db()
    assert follow_up.closed_at is None


def test_a_cleared_report_closes_its_date_by_the_same_way() -> None:
    follow_up = make_follow_up(date(2027, 1, 29), lead=make_post())
    report = answers.propose_report(follow_up, post=None, now=NOW, no_change=True)

    answers.clear_report(report, by=make_user(), now=NOW)

    assert dated(follow_up.commitment) == [("cycle_review", date(2027, 6, 15))]
