"""How a date stands today, in a word and a shape: for the calendar and the timeline alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commitments.models import FollowUp, Meeting


@dataclass(frozen=True)
class State:
    """`kind` is its class, `sign` stands in text, `shape` in drawings."""

    kind: str
    sign: str
    shape: str
    word: str | Promise


ANSWERED = State("done", "✓", "tick", _("answered"))
OVERDUE = State("overdue", "■", "square", _("overdue"))
NO_RECORD = State("none", "○", "circle", _("no record here, to be checked"))
TO_COME = State("open", "●", "circle", _("to come"))
MEETING_STATES = {
    Meeting.State.HELD: State("held", "◆", "diamond", Meeting.State.HELD.label),
    Meeting.State.CONFIRMED: State("held", "◆", "diamond", Meeting.State.CONFIRMED.label),
    Meeting.State.TENTATIVE: State("expected", "◇", "diamond", Meeting.State.TENTATIVE.label),
    Meeting.State.EXPECTED: State("expected", "◇", "diamond", Meeting.State.EXPECTED.label),
}
# What was withdrawn or replaced is in the history of its commitment, and in no picture.
SHOWN_OUTCOMES = ["", FollowUp.Outcome.REPORTED, FollowUp.Outcome.DONE]


def of_date(follow_up: FollowUp, today: date) -> State:
    if follow_up.closed_at is not None:
        return ANSWERED
    if follow_up.has_no_record(today):
        return NO_RECORD
    return OVERDUE if follow_up.due_on < today else TO_COME


def of_meeting(meeting: Meeting) -> State:
    return MEETING_STATES[Meeting.State(meeting.state)]
