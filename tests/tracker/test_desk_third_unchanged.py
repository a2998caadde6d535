"""The desk sees at once where “no change” is said for the third time in a row."""

import pytest
from django.test import Client
from django.utils import timezone

from commitments import answers
from commitments.models import Forum, ProgressReport, User
from tests.factories import make_commitment, make_follow_up, make_post
from tests.tracker.reading import words

FLAG = "the third in a row"


@pytest.fixture
def report(forum: Forum, officer: User) -> ProgressReport:
    """Waits for the desk; two before it have been cleared."""
    commitment = make_commitment(forum=forum, lead=make_post())
    follow_up = make_follow_up(timezone.localdate(), commitment=commitment)
    for _time in range(2):
        earlier = answers.propose_report(follow_up, post=None, now=timezone.now(), no_change=True)
        answers.clear_report(earlier, by=officer, now=timezone.now(), keep_open=True)
    return answers.propose_report(follow_up, post=None, now=timezone.now(), no_change=True)


def pages(report: ProgressReport) -> list[str]:
    return ["/", "/desk/waiting/", f"/commitments/{report.commitment.reference}/", f"/reports/{report.pk}/"]


@pytest.mark.parametrize("place", range(4))
def test_it_is_flagged_wherever_the_report_is_decided(
    desk: Client, report: ProgressReport, place: int
) -> None:
    assert words(desk.get(pages(report)[place])).count(FLAG) == 1


@pytest.mark.parametrize("place", range(4))
def test_what_brings_news_is_not(desk: Client, report: ProgressReport, place: int) -> None:
    ProgressReport.objects.filter(pk=report.pk).update(no_change=False, internal="A call was held.")

    assert FLAG not in words(desk.get(pages(report)[place]))


def test_it_stays_flagged_in_the_report_itself(desk: Client, report: ProgressReport, officer: User) -> None:
    answers.clear_report(report, by=officer, now=timezone.now())

    assert words(desk.get(pages(report)[2])).count(FLAG) == 1
