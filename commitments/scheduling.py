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
REVIEWS = [FollowUp.Kind.MEETING_REVIEW, FollowUp.Kind.CYCLE_REVIEW]
DATED_KINDS = [FollowUp.Kind.DEADLINE, FollowUp.Kind.MILESTONE, FollowUp.Kind.OCCURRENCE]


def ensure_next_date(commitment: Commitment, *, now: datetime) -> None:
    """Give a live commitment its next date if none stands. May run any number of times.

    In this order: a date that stands; the next occurrence; the review before the next meeting; the review cycle."""
    with exclusively(f"next date of {commitment.pk}"):
        # Read anew: whoever held the lock before may have closed it.
        commitment = Commitment.objects.select_related("forum", "working_group").get(pk=commitment.pk)
        if not commitment.is_live or commitment.follow_ups.open().filter(kind__in=DATED_KINDS).exists():
            return
        today = timezone.localdate(now)
        if commitment.cadence_months:
            _add(commitment, FollowUp.Kind.OCCURRENCE, next_occurrence(commitment, today), now=now)
            return
        _ensure_review(commitment, now=now, today=today)


def close_date(follow_up: FollowUp, outcome: str, *, now: datetime, reason: str = "") -> None:
    """It was answered or met, or falls away; what is still live has its next date at once."""
    with transaction.atomic():
        follow_up.close(outcome, now=now, reason=reason)
        if follow_up.commitment is not None:
            ensure_next_date(follow_up.commitment, now=now)


def review_to_answer(commitment: Commitment) -> FollowUp | None:
    """The next look that is asked for. “No change” is an answer to it, and to no deadline."""
    looks = commitment.follow_ups.open().filter(kind__in=[*REVIEWS, FollowUp.Kind.INPUT])
    return looks.select_related("commitment").order_by("due_on", "pk").first()


def _ensure_review(commitment: Commitment, *, now: datetime, today: date) -> None:
    meeting = _next_meeting(commitment, today)
    if meeting is not None and not _is_reviewed(commitment, meeting):
        due_on = review_day(meeting, today) or next_cycle_day(commitment, today)
        offset = -REVIEW_BEFORE_MEETING.days
        kind = FollowUp.Kind.MEETING_REVIEW
        _add(commitment, kind, due_on, now=now, anchor_meeting=meeting, offset_days=offset)
    cycle_on = next_cycle_day(commitment, today)
    soon = max(cycle_on, add_months(today, commitment.review_months))
    if not commitment.follow_ups.open().filter(due_on__lte=soon).exists():
        _ensure_cycle_review(commitment, cycle_on, now=now)


def _is_reviewed(commitment: Commitment, meeting: Meeting) -> bool:
    """A review for it stands, or was answered for the date that it has now."""
    reviews = commitment.follow_ups.filter(kind=FollowUp.Kind.MEETING_REVIEW)
    if reviews.open().exists():
        return True
    if meeting.starts_on is None:
        return False
    before = meeting.starts_on - REVIEW_BEFORE_MEETING
    return reviews.answered().filter(anchor_meeting=meeting, due_on__gte=before).exists()


def _ensure_cycle_review(commitment: Commitment, cycle_on: date, *, now: datetime) -> None:
    """Enter it, or bring one that stands nearer; a date that the desk has moved stays where it was put."""
    standing = commitment.follow_ups.open().filter(kind=FollowUp.Kind.CYCLE_REVIEW).first()
    if standing is None:
        _add(commitment, FollowUp.Kind.CYCLE_REVIEW, cycle_on, now=now)
    elif cycle_on < standing.due_on and not standing.earlier_dates():
        why = _("It is reviewed every %(months)s months now.") % {"months": commitment.review_months}
        standing.move_to(cycle_on, now=now, reason=why)


def _add(commitment: Commitment, kind: str, due_on: date, *, now: datetime, **anchor: object) -> FollowUp:
    computed = FollowUp.Basis.COMPUTED
    return FollowUp.objects.create(
        commitment=commitment, kind=kind, due_on=due_on, basis=computed, dated_at=now, **anchor
    )


def _next_meeting(commitment: Commitment, today: date) -> Meeting | None:
    """Of its working group if that meets by itself, else of its forum."""
    group = commitment.working_group
    return (group and group.next_meeting(today)) or commitment.forum.next_meeting(today)


def next_cycle_day(commitment: Commitment, today: date) -> date:
    """The forum's next common review date: one for all its undated items, so that one message asks for all.

    Whoever answered a review before its day is next asked after that day."""
    reviews = commitment.follow_ups.answered().filter(kind__in=REVIEWS, due_on__gt=today)
    asked_until = reviews.order_by("due_on").values_list("due_on", flat=True).last() or today
    return next_after(commitment.forum.review_from_on, commitment.review_months, asked_until)


def review_day(meeting: Meeting, today: date) -> date | None:
    """Six weeks before a dated meeting, or in two weeks if that has passed; None while it is undated."""
    if meeting.starts_on is None:
        return None
    soonest = min(today + SHORTEST_NOTICE, max(meeting.starts_on, today))
    return max(meeting.starts_on - REVIEW_BEFORE_MEETING, soonest)


def next_occurrence(commitment: Commitment, today: date) -> date:
    """The next day of a series, counted from where it began: no drift from the 31st, and only one ahead."""
    assert commitment.cadence_months  # asked only for a laid-down rhythm
    series = commitment.follow_ups.filter(kind=FollowUp.Kind.OCCURRENCE)
    first, last = series.order_by("id").first(), series.order_by("due_on").last()
    try:
        start = _start_of_series(commitment, first) if first else commitment.declared_on or today
        return next_after(start, commitment.cadence_months, last.due_on if last else start)
    except ValueError as error:  # beyond the calendar
        raise ValidationError(str(error)) from error


def _start_of_series(commitment: Commitment, first: FollowUp) -> date:
    """The day that the first date was counted from, or that date where a person gave it."""
    moved = first.earlier_dates()
    first_on = moved[0][0] if moved else first.due_on
    start = commitment.declared_on or timezone.localdate(first.dated_at)
    assert commitment.cadence_months
    return start if next_after(start, commitment.cadence_months, start) == first_on else first_on


def anchored_day(follow_up: FollowUp, today: date) -> date:
    """Where a follow-up that hangs on a meeting belongs: on the review cycle while the meeting has no date."""
    meeting, commitment = follow_up.anchor_meeting, follow_up.commitment
    assert commitment is not None
    if meeting is None or meeting.starts_on is None:
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
    """Bring what hangs on the meeting to where it belongs; counts the dates that moved."""
    moved, today = 0, timezone.localdate(now)
    why = _("%(meeting)s moved: %(reason)s") % {"meeting": meeting, "reason": reason}
    hanging = meeting.anchored.open().filter(commitment__isnull=False)
    for follow_up in hanging.select_related(
        "anchor_meeting", "commitment__forum", "commitment__working_group"
    ):
        commitment, stood_on = follow_up.commitment, follow_up.due_on
        if meeting.state == Meeting.State.CANCELLED:
            follow_up.hang_on(_next_meeting(commitment, today))
        if follow_up.anchor_meeting is None and follow_up.kind == FollowUp.Kind.MEETING_REVIEW:
            close_date(follow_up, FollowUp.Outcome.SUPERSEDED, now=now, reason=why)
        else:
            due_on = anchored_day(follow_up, today)
            follow_up.move_to(due_on, now=now, reason=why, basis=_basis(follow_up))
            ensure_next_date(commitment, now=now)
        moved += follow_up.due_on != stood_on
    return moved


def review_before(meeting: Meeting, *, now: datetime) -> None:
    """Its forum's live commitments are reviewed before it from the moment it is entered, not from the next night."""
    for commitment in Commitment.objects.live().of_forum(meeting.forum):
        ensure_next_date(commitment, now=now)


def _basis(follow_up: FollowUp) -> str:
    """Computed while it has nothing to stand on; then what was said of it before: our reading, or declared."""
    if follow_up.anchor_meeting is None or follow_up.waits_for_meeting or not follow_up.phrase:
        return FollowUp.Basis.COMPUTED
    said = {change.after["basis"] for change in follow_up.changes if change.after}
    ours = FollowUp.Basis.INTERPRETED in said
    return FollowUp.Basis.INTERPRETED if ours else FollowUp.Basis.DECLARED


def close_commitment(commitment: Commitment, *, now: datetime, reason: str) -> None:
    replaced = commitment.implementation == Commitment.Implementation.SUPERSEDED
    outcome = FollowUp.Outcome.SUPERSEDED if replaced else FollowUp.Outcome.WITHDRAWN
    with transaction.atomic(), writing(why=reason):
        for follow_up in commitment.follow_ups.filter(closed_at=None):
            follow_up.close(outcome, now=now, reason=reason)
        commitment.save(update_fields=["workflow", "implementation", "closed_on"])


def keep_in_step(*, now: datetime) -> int:
    """The nightly truth, whatever path the rows were written on: nobody is left without a next date.

    Returns how many commitments had none."""
    for meeting in Meeting.objects.filter(state=Meeting.State.CANCELLED, anchored__closed_at=None).distinct():
        move_with(meeting, reason=meeting.get_state_display(), now=now)
    without = Commitment.objects.without_next_date().count()
    dated = FollowUp.objects.open().filter(kind__in=DATED_KINDS).exclude(commitment=None)
    undated = Commitment.objects.live().exclude(pk__in=dated.values("commitment"))
    for commitment in undated.select_related("forum", "working_group"):
        ensure_next_date(commitment, now=now)
    return without
