"""Every live commitment has a next date."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from commitments import scheduling
from commitments.models import Change, Commitment, FollowUp
from tests.commitments.next_dates import MEETING_ON, NOW, SIX_WEEKS_BEFORE, TODAY, answer, dated, ensure, noon
from tests.factories import make_commitment, make_follow_up, make_forum, make_meeting

Kind, Basis, Outcome = FollowUp.Kind, FollowUp.Basis, FollowUp.Outcome

pytestmark = pytest.mark.django_db


# Always one, whatever is known

when = st.none() | st.dates(date(2026, 1, 1), date(2029, 12, 31))


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(Commitment.Kind.values),
    cadence=st.none() | st.integers(1, 60),
    declared_on=st.none() | st.dates(date(2010, 1, 1), TODAY),
    outlook=st.sampled_from(Commitment.Outlook.values),
    review_months=st.integers(1, 24),
    review_from_on=st.dates(date(2020, 1, 1), date(2032, 1, 1)),
    meeting_on=st.just("none") | when,
    answered_after=st.lists(st.integers(0, 400), max_size=4),
)
def test_every_live_commitment_has_a_next_date_however_often_it_is_answered(
    kind: str,
    cadence: int | None,
    declared_on: date | None,
    outlook: str,
    answered_after: list[int],
    **known: Any,
) -> None:
    with transaction.atomic():  # each example begins with an empty register
        meeting_on = known.pop("meeting_on")
        forum = make_forum(**known)
        if meeting_on != "none":
            make_meeting(forum=forum, starts_on=meeting_on, state="confirmed" if meeting_on else "expected")
        commitment = make_commitment(
            forum=forum, kind=kind, cadence_months=cadence, declared_on=declared_on, outlook=outlook
        )
        day = TODAY

        scheduling.keep_in_step(now=NOW)
        for days in answered_after:
            day += timedelta(days=days)
            answer(commitment, day)
            written = Change.objects.count()
            ensure(commitment, day)
            scheduling.keep_in_step(now=noon(day))
            assert Change.objects.count() == written, "running again changes nothing"

        assert commitment not in Commitment.objects.without_next_date()
        assert len(dated(commitment)) <= 2
        transaction.set_rollback(True)


@pytest.mark.parametrize("workflow", ["draft", "closed"])
def test_what_is_not_live_needs_no_date(workflow: str) -> None:
    commitment = make_commitment(workflow=workflow, closed_on=TODAY if workflow == "closed" else None)

    ensure(commitment)

    assert not commitment.follow_ups.exists()
    assert scheduling.keep_in_step(now=NOW) == 0


def test_a_commitment_that_is_taken_up_again_has_a_date_again() -> None:
    commitment = make_commitment()
    ensure(commitment)
    commitment.close("dropped", now=NOW, reason="Withdrawn by both")
    assert dated(commitment) == []

    commitment.activate(now=NOW)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 6, 15))]


def test_the_nightly_run_finds_whom_every_other_path_forgot() -> None:
    commitments = Commitment.objects.bulk_create(
        [Commitment(reference=f"A-{n}", forum=make_forum(), title_en="A") for n in range(3)]
    )

    given_one = scheduling.keep_in_step(now=NOW)

    assert given_one == 3
    assert all(len(dated(commitment)) == 1 for commitment in commitments)


# In which order


def test_a_declared_deadline_needs_nothing_beside_it() -> None:
    commitment = make_commitment(forum=make_meeting().forum, cadence_months=12)
    make_follow_up(date(2029, 1, 31), commitment=commitment)

    ensure(commitment)

    assert dated(commitment) == [(Kind.DEADLINE, date(2029, 1, 31))]


def test_a_recurring_duty_comes_before_the_meeting() -> None:
    commitment = make_commitment(forum=make_meeting().forum, cadence_months=12)

    ensure(commitment)

    assert dated(commitment) == [(Kind.OCCURRENCE, date(2025, 6, 27))]


def test_the_meeting_comes_before_the_review_cycle() -> None:
    meeting = make_meeting(starts_on=MEETING_ON, state="confirmed")
    commitment = make_commitment(forum=meeting.forum)

    ensure(commitment)

    assert dated(commitment) == [(Kind.MEETING_REVIEW, SIX_WEEKS_BEFORE)]


def test_the_review_cycle_is_the_last_resort() -> None:
    commitment = make_commitment()

    ensure(commitment)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 6, 15))]
    assert commitment.follow_ups.get().basis == Basis.COMPUTED


def test_the_working_group_meets_before_its_forum() -> None:
    forum = make_forum()
    group = make_forum(parent=forum)
    make_meeting(forum=forum, starts_on=MEETING_ON, state="confirmed")
    own = make_meeting(forum=group)
    commitment = make_commitment(forum=forum, working_group=group)

    ensure(commitment)

    assert commitment.follow_ups.get().anchor_meeting == own


def test_a_call_for_input_is_no_next_date_for_long() -> None:
    commitment = make_commitment()
    make_follow_up(date(2029, 1, 31), commitment=commitment, kind=Kind.INPUT)

    ensure(commitment)

    assert (Kind.CYCLE_REVIEW, date(2027, 6, 15)) in dated(commitment)


# Occurrences


@pytest.mark.parametrize(
    ("declared_on", "cadence", "expected"),
    [
        (date(2026, 8, 31), 1, [(9, 30), (10, 31), (11, 30), (12, 31), (1, 31), (2, 28), (3, 31)]),
        (date(2024, 2, 29), 12, [(2, 28), (2, 28), (2, 28), (2, 29), (2, 28)]),
        (date(2024, 6, 27), 6, [(12, 27), (6, 27), (12, 27)]),
    ],
)
def test_a_series_does_not_drift_over_its_closings(
    declared_on: date, cadence: int, expected: list[tuple[int, int]]
) -> None:
    commitment = make_commitment(cadence_months=cadence, declared_on=declared_on)
    ensure(commitment)

    days = []
    for _occurrence in expected:
        [(_kind, due_on)] = dated(commitment)  # only the next one is there
        days.append((due_on.month, due_on.day))
        answer(commitment, TODAY)

    assert days == expected


def test_a_series_without_a_declared_day_begins_when_it_is_entered_and_does_not_drift() -> None:
    commitment = make_commitment(cadence_months=1, declared_on=None)
    ensure(commitment, date(2026, 8, 31))

    days = [dated(commitment)[0][1]]
    for _n in range(2):
        answer(commitment, date(2026, 9, 1))
        days.append(dated(commitment)[0][1])

    assert days == [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 30)]


def test_an_occurrence_that_moved_is_followed_by_the_next_of_its_series() -> None:
    commitment = make_commitment(cadence_months=12, declared_on=date(2024, 6, 27))
    ensure(commitment)
    commitment.follow_ups.get().move_to(date(2025, 9, 1), now=NOW, reason="Elections")

    answer(commitment, TODAY)

    assert dated(commitment) == [(Kind.OCCURRENCE, date(2026, 6, 27))]


# The review cycle


@pytest.mark.parametrize("outlook", ["at_risk", "off_track"])
def test_what_is_at_risk_is_reviewed_quarterly(outlook: str) -> None:
    commitment = make_commitment(outlook=outlook)

    ensure(commitment)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 3, 15))]


def test_a_review_that_stands_comes_nearer_when_the_outlook_darkens() -> None:
    commitment = make_commitment()
    ensure(commitment)

    Commitment.objects.filter(pk=commitment.pk).update(outlook="at_risk")
    scheduling.keep_in_step(now=NOW)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 3, 15))]
    [(old, _until, why)] = commitment.follow_ups.get().earlier_dates()
    assert old == date(2027, 6, 15)
    assert "3 months" in why


def test_a_review_that_the_desk_moved_stays_where_it_was_put() -> None:
    commitment = make_commitment()
    ensure(commitment)
    commitment.follow_ups.get().move_to(date(2027, 8, 1), now=NOW, reason="Asked for more time")

    Commitment.objects.filter(pk=commitment.pk).update(outlook="at_risk")
    scheduling.keep_in_step(now=NOW)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 8, 1))]


def test_whoever_answers_a_review_in_time_is_not_asked_again_for_the_same_day() -> None:
    commitment = make_commitment()
    ensure(commitment)

    answer(commitment, date(2027, 6, 2))

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2027, 12, 15))]


def test_a_cycle_that_begins_years_ahead_is_waited_for_once() -> None:
    commitment = make_commitment(forum=make_forum(review_from_on=date(2030, 1, 15)))

    ensure(commitment)
    ensure(commitment)

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2030, 1, 15))]


def test_forums_keep_their_own_cycle() -> None:
    forum = make_forum(review_from_on=date(2026, 1, 31), review_months=1)

    ensure(commitment := make_commitment(forum=forum))

    assert dated(commitment) == [(Kind.CYCLE_REVIEW, date(2026, 12, 31))]
