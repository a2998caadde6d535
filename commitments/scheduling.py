"""Keeps next dates in step: every live commitment has one, and what hangs on a meeting moves with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.locking import exclusively
from commitments.models import Commitment, FollowUp, Meeting, writing
from commitments.recurrence import add_months, next_after

REVIEW_BEFORE_MEETING = timedelta(weeks=6)
# A meeting that is dated at short notice still leaves its owners this long to answer.
SHORTEST_NOTICE = timedelta(days=14)
DATED_KINDS = [FollowUp.Kind.DEADLINE, FollowUp.Kind.MILESTONE, FollowUp.Kind.OCCURRENCE]


def ensure_next_date(commitment: Commitment, *, now: datetime) -> None:
    """Give a live commitment its next date if none stands. May run any number of times.

    In this order: a date that stands; the next occurrence; the review before the next meeting; the review cycle."""
    with exclusively(f"next date of {commitment.pk}"):
        if not commitment.is_live or commitment.follow_ups.open().filter(kind__in=DATED_KINDS).exists():
            return
        today = timezone.localdate(now)
        if commitment.cadence_months:
            _add(commitment, FollowUp.Kind.OCCURRENCE, next_occurrence(commitment, today), now=now)
            return
        _ensure_review(commitment, now=now, today=today)


def _ensure_review(commitment: Commitment, *, now: datetime, today: date) -> None:
    cycle_on = next_cycle_day(commitment, today)
    reviews = commitment.follow_ups.open()
    meeting = _next_meeting(commitment)
    if meeting is not None and not reviews.filter(kind=FollowUp.Kind.MEETING_REVIEW).exists():
        due_on = review_day(meeting, today) or cycle_on
        offset = -REVIEW_BEFORE_MEETING.days
        kind = FollowUp.Kind.MEETING_REVIEW
        _add(commitment, kind, due_on, now=now, anchor_meeting=meeting, offset_days=offset)
    if not reviews.filter(due_on__lte=add_months(today, commitment.review_months)).exists():
        _add(commitment, FollowUp.Kind.CYCLE_REVIEW, cycle_on, now=now)


def _add(commitment: Commitment, kind: str, due_on: date, *, now: datetime, **anchor: object) -> FollowUp:
    computed = FollowUp.Basis.COMPUTED
    return FollowUp.objects.create(
        commitment=commitment, kind=kind, due_on=due_on, basis=computed, dated_at=now, **anchor
    )


def _next_meeting(commitment: Commitment) -> Meeting | None:
    """Of its working group if that meets by itself, else of its forum."""
    group = commitment.working_group
    return (group and group.next_meeting()) or commitment.forum.next_meeting()


def next_cycle_day(commitment: Commitment, today: date) -> date:
    """The forum's next common review date: one for all its undated items, so that one message asks for all."""
    return next_after(commitment.forum.review_from_on, commitment.review_months, today)


def review_day(meeting: Meeting, today: date) -> date | None:
    """Six weeks before a dated meeting, or in two weeks if that has passed; None while it is undated."""
    if meeting.starts_on is None:
        return None
    soonest = min(today + SHORTEST_NOTICE, max(meeting.starts_on, today))
    return max(meeting.starts_on - REVIEW_BEFORE_MEETING, soonest)


def next_occurrence(commitment: Commitment, today: date) -> date:
    """The next day of a series, counted from its first one: no drift from the 31st, and only one ahead."""
    assert commitment.cadence_months  # asked only for a laid-down rhythm
    past = commitment.follow_ups.filter(kind=FollowUp.Kind.OCCURRENCE).order_by("due_on")
    first, last = past.first(), past.last()
    start = first.due_on if first else commitment.declared_on or today
    try:
        return next_after(start, commitment.cadence_months, last.due_on if last else start)
    except ValueError as error:  # beyond the calendar
        raise ValidationError(str(error)) from error


def anchored_day(follow_up: FollowUp, today: date) -> date:
    """Where a follow-up that hangs on a meeting belongs: on the review cycle while the meeting has no date."""
    meeting, commitment = follow_up.anchor_meeting, follow_up.commitment
    assert meeting is not None
    assert commitment is not None
    if meeting.starts_on is None:
        return next_cycle_day(commitment, today)
    if follow_up.kind == FollowUp.Kind.MEETING_REVIEW:
        return review_day(meeting, today) or follow_up.due_on
    return meeting.starts_on + timedelta(days=follow_up.offset_days or 0)


def move_meeting(
    meeting: Meeting, starts_on: date | None, *, ends_on: date | None, reason: str, now: datetime
) -> int:
    """Set, change or withdraw the date of a meeting; returns how many follow-ups moved with it."""
    with transaction.atomic(), writing(why=reason):
        meeting.starts_on, meeting.ends_on = starts_on, ends_on
        if starts_on is None:
            meeting.state = Meeting.State.EXPECTED
        elif meeting.state == Meeting.State.EXPECTED:
            meeting.state = Meeting.State.TENTATIVE
        meeting.full_clean()
        meeting.save()
        return move_with(meeting, reason=reason, now=now)


def move_with(meeting: Meeting, *, reason: str, now: datetime) -> int:
    """Bring what hangs on the meeting to where it belongs; counts those that moved."""
    moved, today = 0, timezone.localdate(now)
    hanging = meeting.anchored.open().filter(commitment__isnull=False)
    for follow_up in hanging.select_related("anchor_meeting", "commitment__forum"):
        due_on = anchored_day(follow_up, today)
        if due_on != follow_up.due_on:
            why = _("%(meeting)s moved: %(reason)s") % {"meeting": meeting, "reason": reason}
            follow_up.move_to(due_on, now=now, reason=why, basis=_basis(follow_up))
            ensure_next_date(follow_up.commitment, now=now)
            moved += 1
    return moved


def _basis(follow_up: FollowUp) -> str:
    declared = bool(follow_up.phrase) and not follow_up.waits_for_meeting
    return FollowUp.Basis.DECLARED if declared else FollowUp.Basis.COMPUTED


def close_commitment(commitment: Commitment, *, now: datetime, reason: str) -> None:
    with transaction.atomic(), writing(why=reason):
        for follow_up in commitment.follow_ups.filter(closed_at=None):
            follow_up.close(FollowUp.Outcome.WITHDRAWN, now=now, reason=reason)
        commitment.save(update_fields=["workflow", "implementation", "closed_on"])


def keep_in_step(*, now: datetime) -> int:
    """The nightly truth, whatever path the rows were written on: nobody is left without a next date.

    Returns how many commitments were given one."""
    without = list(Commitment.objects.without_next_date().select_related("forum", "working_group"))
    for commitment in without:
        ensure_next_date(commitment, now=now)
    return len(without)
