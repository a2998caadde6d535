"""What hangs on a meeting: without a date, with one, moved, withdrawn, cancelled."""

from datetime import date, timedelta
from typing import Any

import pytest

from commitments import scheduling
from commitments.models import Change, Commitment, FollowUp, Meeting
from tests.commitments.next_dates import MEETING_ON, NOW, SIX_WEEKS_BEFORE, TODAY, answer, dated, ensure, noon
from tests.factories import make_commitment, make_follow_up, make_forum, make_meeting

Kind, Basis, Outcome = FollowUp.Kind, FollowUp.Basis, FollowUp.Outcome

pytestmark = pytest.mark.django_db


def make_undated_meeting(**fields: Any) -> tuple[Meeting, Commitment]:
    meeting = make_meeting(**fields)
    commitment = make_commitment(forum=meeting.forum)
    ensure(commitment)
    return meeting, commitment


def move(
    meeting: Meeting, starts_on: date | None, *, on: date = TODAY, reason: str = "Agreed by both"
) -> int:
    return meeting.move_to(starts_on, reason=reason, now=noon(on))


def test_an_undated_meeting_is_waited_for_on_the_review_cycle() -> None:
    meeting, commitment = make_undated_meeting()

    follow_up = commitment.follow_ups.get()
    assert (follow_up.kind, follow_up.due_on) == (Kind.MEETING_REVIEW, date(2027, 6, 15))
    assert follow_up.anchor_meeting == meeting
    assert follow_up.basis == Basis.COMPUTED
    assert follow_up.waits_for_meeting
    meeting.refresh_from_db()
    assert (meeting.starts_on, meeting.state) == (None, "expected")


def test_a_meeting_that_gets_its_date_is_reviewed_six_weeks_before() -> None:
    meeting, commitment = make_undated_meeting()

    moved = move(meeting, MEETING_ON)

    assert moved == 1
    assert dated(commitment) == [(Kind.MEETING_REVIEW, SIX_WEEKS_BEFORE)]
    assert not commitment.follow_ups.get().waits_for_meeting
    assert meeting.state == Meeting.State.TENTATIVE


def test_a_meeting_at_short_notice_leaves_two_weeks_to_answer() -> None:
    meeting, commitment = make_undated_meeting()

    move(meeting, TODAY + timedelta(days=30))

    assert dated(commitment)[0] == (Kind.MEETING_REVIEW, TODAY + timedelta(days=14))


def test_a_meeting_within_two_weeks_is_reviewed_by_its_first_day() -> None:
    meeting, commitment = make_undated_meeting()

    move(meeting, TODAY + timedelta(days=5))

    assert dated(commitment)[0] == (Kind.MEETING_REVIEW, TODAY + timedelta(days=5))


def test_a_meeting_far_away_does_not_replace_the_review_cycle() -> None:
    meeting, commitment = make_undated_meeting()

    move(meeting, date(2028, 5, 10))

    assert dated(commitment) == [
        (Kind.CYCLE_REVIEW, date(2027, 6, 15)),
        (Kind.MEETING_REVIEW, date(2028, 3, 29)),
    ]


def test_what_hangs_on_a_meeting_moves_with_it_and_keeps_its_old_dates() -> None:
    meeting, commitment = make_undated_meeting()
    move(meeting, MEETING_ON, reason="Invitation of March")

    move(meeting, date(2027, 6, 9), on=date(2027, 1, 5), reason="Elections in Japan")

    follow_up = commitment.follow_ups.get(kind=Kind.MEETING_REVIEW)
    assert follow_up.due_on == date(2027, 4, 28)
    assert follow_up.dated_at == noon(date(2027, 1, 5))
    assert [(day, why) for day, _until, why in follow_up.earlier_dates()] == [
        (date(2027, 6, 15), f"{meeting} moved: Invitation of March"),
        (SIX_WEEKS_BEFORE, f"{meeting} moved: Elections in Japan"),
    ]


def test_a_meeting_whose_date_is_withdrawn_is_waited_for_again() -> None:
    meeting, commitment = make_undated_meeting()
    move(meeting, MEETING_ON)

    move(meeting, None, reason="Postponed without a date")

    follow_up = commitment.follow_ups.get()
    assert (follow_up.due_on, follow_up.basis) == (date(2027, 6, 15), Basis.COMPUTED)
    assert follow_up.waits_for_meeting
    assert meeting.state == Meeting.State.EXPECTED


def test_moving_a_meeting_to_where_it_is_changes_nothing() -> None:
    meeting, _commitment = make_undated_meeting()
    move(meeting, MEETING_ON)
    written = Change.objects.count()

    assert move(meeting, MEETING_ON) == 0
    assert Change.objects.count() == written


@pytest.mark.parametrize(
    ("offset", "expected"), [(0, MEETING_ON), (90, date(2027, 8, 10)), (-7, date(2027, 5, 5))]
)
def test_a_deadline_counted_from_a_meeting_moves_with_it(offset: int, expected: date) -> None:
    meeting = make_meeting()
    commitment = make_commitment(forum=meeting.forum)
    deadline = make_follow_up(
        date(2027, 6, 15),
        commitment=commitment,
        anchor_meeting=meeting,
        offset_days=offset,
        phrase="at our next meeting",
        basis=Basis.COMPUTED,
    )

    move(meeting, MEETING_ON)

    deadline.refresh_from_db()
    assert (deadline.due_on, deadline.basis) == (expected, Basis.DECLARED)


def test_our_reading_of_a_deadline_stays_our_reading_when_the_meeting_moves() -> None:
    meeting = make_meeting(starts_on=MEETING_ON, state="confirmed")
    deadline = make_follow_up(
        MEETING_ON,
        commitment=make_commitment(forum=meeting.forum),
        anchor_meeting=meeting,
        phrase="in due course",
        basis=Basis.INTERPRETED,
    )

    move(meeting, None)
    move(meeting, date(2027, 6, 9))

    deadline.refresh_from_db()
    assert deadline.basis == Basis.INTERPRETED


def test_a_date_that_happens_to_be_the_same_is_no_longer_said_to_wait() -> None:
    meeting = make_meeting()
    deadline = make_follow_up(
        date(2027, 6, 15),
        commitment=make_commitment(forum=meeting.forum),
        anchor_meeting=meeting,
        phrase="at our next meeting",
        basis=Basis.COMPUTED,
    )

    move(meeting, date(2027, 6, 15))

    deadline.refresh_from_db()
    assert (deadline.due_on, deadline.basis) == (date(2027, 6, 15), Basis.DECLARED)


def test_what_is_answered_does_not_move_any_more() -> None:
    meeting, commitment = make_undated_meeting()
    follow_up = commitment.follow_ups.get()
    follow_up.close(Outcome.REPORTED, now=NOW)

    assert move(meeting, MEETING_ON) == 0


def test_whoever_answered_before_a_meeting_is_not_asked_for_it_again() -> None:
    meeting, commitment = make_undated_meeting()
    move(meeting, MEETING_ON)

    answer(commitment, date(2027, 3, 30))

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 6, 15))]


def test_whoever_answered_while_the_meeting_had_no_date_is_asked_before_it() -> None:
    meeting, commitment = make_undated_meeting()
    answer(commitment, date(2027, 6, 14))

    move(meeting, date(2027, 11, 10), on=date(2027, 7, 1))

    assert dated(commitment) == [(Kind.MEETING_REVIEW, date(2027, 9, 29))]


def test_a_meeting_put_off_after_the_answer_is_reviewed_again() -> None:
    meeting, commitment = make_undated_meeting()
    move(meeting, MEETING_ON)
    answer(commitment, date(2027, 3, 30))

    move(meeting, date(2027, 11, 10), on=date(2027, 4, 1))
    scheduling.keep_in_step(now=noon(date(2027, 4, 1)))

    assert (Kind.MEETING_REVIEW, date(2027, 9, 29)) in dated(commitment)


def test_a_meeting_that_becomes_known_is_reviewed_beside_the_cycle() -> None:
    commitment = make_commitment()
    ensure(commitment)
    make_meeting(forum=commitment.forum, starts_on=MEETING_ON, state="confirmed")

    scheduling.keep_in_step(now=NOW)

    assert dated(commitment)[0] == (Kind.MEETING_REVIEW, SIX_WEEKS_BEFORE)


def test_a_meeting_whose_day_has_passed_is_not_to_come() -> None:
    forum = make_forum()
    make_meeting(forum=forum, starts_on=TODAY - timedelta(days=1), state="confirmed")
    running = make_meeting(starts_on=TODAY - timedelta(days=1), ends_on=TODAY, state="confirmed")
    expected = make_meeting(forum=forum)

    assert forum.next_meeting(TODAY) == expected
    assert running.forum.next_meeting(TODAY) == running


@pytest.mark.parametrize("kind", [Kind.MEETING_REVIEW, Kind.DEADLINE])
def test_what_hung_on_a_cancelled_meeting_hangs_on_the_next_one(kind: str) -> None:
    meeting = make_meeting(starts_on=MEETING_ON, state="confirmed")
    later = make_meeting(forum=meeting.forum, starts_on=date(2027, 9, 1), state="tentative")
    commitment = make_commitment(forum=meeting.forum)
    make_follow_up(MEETING_ON, commitment=commitment, kind=kind, anchor_meeting=meeting, basis=Basis.COMPUTED)

    Meeting.objects.filter(pk=meeting.pk).update(state="cancelled")
    scheduling.keep_in_step(now=NOW)

    follow_up = commitment.follow_ups.get(kind=kind)
    assert follow_up.anchor_meeting == later
    assert follow_up.due_on == (date(2027, 7, 21) if kind == Kind.MEETING_REVIEW else date(2027, 9, 1))


@pytest.mark.parametrize("meeting_on", [MEETING_ON, date(2028, 5, 10)])  # alone, and beside a cycle review
def test_what_hung_on_a_cancelled_meeting_with_none_after_it_is_reviewed_on_the_cycle(
    meeting_on: date,
) -> None:
    meeting, commitment = make_undated_meeting()
    move(meeting, meeting_on)
    Meeting.objects.filter(pk=meeting.pk).update(state="cancelled")

    scheduling.keep_in_step(now=NOW)
    scheduling.keep_in_step(now=noon(date(2027, 6, 16)))

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 6, 15))]
    assert commitment.follow_ups.get(kind=Kind.MEETING_REVIEW).outcome == Outcome.SUPERSEDED


def test_a_deadline_at_a_cancelled_meeting_keeps_its_words_and_waits_on_the_cycle() -> None:
    meeting = make_meeting(starts_on=MEETING_ON, state="confirmed")
    deadline = make_follow_up(
        MEETING_ON,
        commitment=make_commitment(forum=meeting.forum),
        anchor_meeting=meeting,
        phrase="at our next meeting",
    )
    Meeting.objects.filter(pk=meeting.pk).update(state="cancelled")

    scheduling.keep_in_step(now=NOW)

    deadline.refresh_from_db()
    assert (deadline.due_on, deadline.basis) == (date(2027, 6, 15), Basis.COMPUTED)
    assert (deadline.anchor_meeting, deadline.phrase) == (None, "at our next meeting")


def test_a_commitment_that_is_closed_is_no_longer_asked_about() -> None:
    meeting, commitment = make_undated_meeting()

    commitment.close("implemented", now=NOW, reason="Opened in March")

    assert dated(commitment) == []
    assert move(meeting, MEETING_ON) == 0
    follow_up = commitment.follow_ups.get()
    assert (follow_up.outcome, follow_up.changes.last().why) == (Outcome.WITHDRAWN, "Opened in March")
