from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import answers, scheduling
from commitments.models import (
    Authority,
    Commitment,
    CommitmentProvision,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    ProgressReport,
    User,
)
from tests.factories import (
    at,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_organisation,
    make_post,
    make_provision,
    make_text,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    lead = make_held_post(
        make_user(name_en="Holder Two", email="two@ministry.example"),
        name_en="Director, Minerals",
        organisation=make_organisation(name_en="Minerals Division"),
    )
    return make_commitment(forum=forum, lead=lead, title_en="Continue discussions")


def page(desk: Client, commitment: Commitment) -> str:
    return words(desk.get(f"/commitments/{commitment.reference}/"))


def speak(commitment: Commitment, quote: str, **text: object) -> None:
    spoken = make_text(quote, document=make_document(forum=commitment.forum), **text)
    provision = make_provision(quote, text=spoken)
    CommitmentProvision.objects.create(commitment=commitment, provision=provision)


def test_the_head_says_how_it_stands_in_words_and_shapes(desk: Client, commitment: Commitment) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(outlook="at_risk", outlook_note="No lead abroad.")

    seen = page(desk, commitment)

    assert f"{commitment.reference} Continue discussions" in seen
    assert "▲ at risk – No lead abroad." in seen
    assert "nothing reported yet" in seen


def test_no_record_is_grey(desk: Client, commitment: Commitment) -> None:
    html = desk.get(f"/commitments/{commitment.reference}/").content.decode()

    assert 'class="light light-none"' in html


def test_declared_words_stand_by_authority_each_with_its_source(desk: Client, commitment: Commitment) -> None:
    speak(commitment, "They vowed", authority=Authority.PRESS, source="A newspaper", is_excerpt=True)
    speak(commitment, "지시하였다", authority=Authority.READOUT, source="산업통상자원부", language="ko")

    seen = page(desk, commitment)

    assert seen.index("지시하였다") < seen.index("They vowed")
    assert "government readout Korean · 산업통상자원부" in seen
    assert "press report English · A newspaper · we hold an excerpt" in seen


def test_what_was_only_said_is_marked_as_not_declared_text(desk: Client, commitment: Commitment) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(basis="verbal")

    assert "Said in the meeting, not declared text" in page(desk, commitment)


def test_our_reading_stands_apart_with_what_it_rests_on(desk: Client, commitment: Commitment) -> None:
    Interpretation.objects.create(
        commitment=commitment, about="owner", text="The working level", basis="A reprinted readout"
    )

    assert "Our reading internal Who The working level basis: A reprinted readout · confidence: low" in page(
        desk, commitment
    )


def test_a_restricted_reading_is_not_shown_to_the_others(desk: Client, commitment: Commitment) -> None:
    Interpretation.objects.create(
        commitment=commitment, about="owner", text="A secret view", basis="x", marking="restricted"
    )

    assert "A secret view" not in page(desk, commitment)


def test_a_date_says_what_was_stated_and_what_is_our_reading(desk: Client, commitment: Commitment) -> None:
    make_follow_up(
        date(2026, 12, 31),
        commitment=commitment,
        phrase="by the end of the year",
        basis=FollowUp.Basis.INTERPRETED,
        precision="year",
    )

    seen = page(desk, commitment)

    assert "Thu 31 Dec 2026 in 38 days" in seen
    assert "Deadline our reading to the year as stated: “by the end of the year”" in seen


def test_a_review_that_waits_for_an_undated_meeting_says_so(desk: Client, commitment: Commitment) -> None:
    make_meeting(forum=commitment.forum, ordinal=3)
    scheduling.ensure_next_date(commitment, now=at(TODAY))

    assert "SCCD 3 has no date yet; until it has, this stands on the review cycle." in page(desk, commitment)


def test_an_earlier_date_stays_with_the_reason_why_it_moved(desk: Client, commitment: Commitment) -> None:
    follow_up = make_follow_up(date(2026, 12, 1), commitment=commitment)
    follow_up.move_to(date(2026, 12, 15), now=at(TODAY), reason="Elections abroad")

    seen = page(desk, commitment)

    assert "Tue 15 Dec 2026" in seen
    assert "Tue 1 Dec 2026 moved Mon 23 Nov 2026 09:00: Elections abroad" in seen


def test_owners_stand_with_post_holder_and_since_when(desk: Client, commitment: Commitment) -> None:
    assert "Lead · KOR Director, Minerals Minerals Division Holder Two since Wed 1 Jan 2020" in page(
        desk, commitment
    )


def test_a_post_that_nobody_holds_is_said(desk: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, lead=make_post())

    assert "nobody holds this post" in page(desk, commitment)


def test_the_page_says_who_will_be_reminded_and_when(desk: Client, commitment: Commitment) -> None:
    make_follow_up(date(2026, 12, 31), commitment=commitment, dated_at=at(TODAY))

    seen = page(desk, commitment)

    assert "Mon 7 Dec 2026 08:30 planned Holder Two Director, Minerals · 30 days before" in seen
    assert "task for the desk · 5 working days after" in seen


def test_a_waiting_report_can_be_accepted_or_returned_on_the_page(
    desk: Client, commitment: Commitment
) -> None:
    follow_up = make_follow_up(date(2026, 12, 31), commitment=commitment)
    answers.propose_report(follow_up, post=None, now=at(TODAY), internal="A call was held.")

    assert "A report waits for the desk" in page(desk, commitment)
    assert "Accept Return" in page(desk, commitment)


def test_a_cleared_report_stands_under_progress(desk: Client, commitment: Commitment, officer: User) -> None:
    follow_up = make_follow_up(date(2026, 12, 31), commitment=commitment)
    answers.record_report(
        follow_up,
        by=officer,
        now=at(TODAY),
        internal="The list is agreed.",
        source=ProgressReport.Source.LETTER,
        letter_number="Trade-12",
    )

    seen = page(desk, commitment)

    assert "Mon 23 Nov 2026 cleared The list is agreed. letter Trade-12 · recorded by Officer One" in seen
    assert "last word Mon 23 Nov 2026, today" in seen


def test_a_commitment_of_another_desk_is_not_found(commitment: Commitment) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert stranger.get(f"/commitments/{commitment.reference}/").status_code == 404


def test_a_restricted_commitment_is_found_only_by_those_who_were_granted_it(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(marking="restricted")

    assert desk.get(f"/commitments/{commitment.reference}/").status_code == 404

    Grant.objects.create(commitment=commitment, user=officer, reason="keeps it")

    assert desk.get(f"/commitments/{commitment.reference}/").status_code == 200


def test_who_may_only_read_is_offered_no_deed(commitment: Commitment) -> None:
    holder = make_user(is_staff=True)
    reader = Client()
    reader.force_login(holder)
    commitment.assignments.get().post.give_to(holder, from_on=TODAY - timedelta(days=1))

    seen = page(reader, commitment)

    assert "Continue discussions" in seen
    assert "Move date" not in seen
    assert reader.get(f"/commitments/{commitment.reference}/report/").status_code == 404
    assert reader.post(f"/commitments/{commitment.reference}/close/").status_code == 404


def test_the_page_asks_the_same_number_of_questions_however_long_the_history(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    def live_on() -> None:
        follow_up = make_follow_up(date(2026, 12, 31), commitment=commitment)
        answers.record_report(follow_up, by=officer, now=at(TODAY), internal="More was done.")

    live_on()
    with CaptureQueriesContext(connection) as few:
        page(desk, commitment)
    for _round in range(4):
        live_on()
    with CaptureQueriesContext(connection) as many:
        page(desk, commitment)

    assert len(many) <= len(few)
