"""What an officer enters by hand: a commitment in a line or two, and what somebody told the desk."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import answers, assigning, scheduling
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    DocumentText,
    FollowUp,
    Forum,
    Grant,
    Marking,
    ProgressReport,
    Provision,
    User,
)
from commitments.timeframes import Kind, Timeframe, read_timeframe

GROUPS = {Forum.Kind.WORKING_GROUP, Forum.Kind.SUB_WORKING_GROUP}
KINDS = {
    Kind.CADENCE: Commitment.Kind.RECURRING,
    Kind.CADENCE_UNKNOWN: Commitment.Kind.RECURRING,
    Kind.CONTINUOUS: Commitment.Kind.CONTINUOUS,
    Kind.FIXED_DATE: Commitment.Kind.ONE_OFF,
    Kind.BY_PERIOD_END: Commitment.Kind.ONE_OFF,
}


@dataclass(frozen=True)
class Entered:
    """What the officer wrote. Only title and forum are needed."""

    title: str
    forum: Forum
    language: str  # of the title
    basis: str = Commitment.Basis.DECLARED
    declared_on: date | None = None
    marking: str = Marking.INTERNAL
    lead: str = ""  # a post, or “division, name, mail”
    when: str = ""  # a day, or the words of the text
    text: DocumentText | None = None
    quote: str = ""


def enter_commitment(entered: Entered, *, now: datetime) -> Commitment:
    """All of it or nothing. Raises ValidationError at the part of `entered` that is to be put right."""
    with transaction.atomic():
        timeframe = _timeframe(entered, today=timezone.localdate(now))
        commitment = _commitment(entered, timeframe)
        if entered.text is not None:
            _link_words(commitment, entered.text, entered.quote)
        if entered.lead.strip():
            with _said_at("lead"):
                assigning.assign_by_line(commitment, entered.lead, role=Assignment.Role.LEAD, now=now)
        _date(commitment, timeframe, now=now)
        scheduling.ensure_next_date(commitment, now=now)
    return commitment


def _timeframe(entered: Entered, *, today: date) -> Timeframe:
    words = entered.when.strip()
    found = read_timeframe(words, declared_on=entered.declared_on or today)
    if words and found.kind is Kind.NONE:
        said = _(
            "These words name no time. Write a day such as 2026-12-14, copy the words, or leave it empty."
        )
        raise ValidationError({"when": said})
    return found


def _commitment(entered: Entered, timeframe: Timeframe) -> Commitment:
    body = _standing_body(entered.forum)
    commitment = Commitment(
        forum=body,
        working_group=entered.forum if entered.forum != body else None,
        kind=KINDS.get(timeframe.kind, Commitment.Kind.OPEN_ENDED),
        cadence_months=timeframe.cadence_months,
        basis=entered.basis,
        declared_on=entered.declared_on,
        marking=entered.marking,
        **{f"title_{entered.language}": entered.title},
    )
    commitment.full_clean()
    commitment.save()
    return commitment


def _standing_body(forum: Forum) -> Forum:
    """The body whose short name begins the reference: above the working group that was chosen."""
    while forum.kind in GROUPS and forum.parent is not None:
        forum = forum.parent
    return forum


def _link_words(commitment: Commitment, text: DocumentText, quote: str) -> None:
    with _said_at("quote"):
        start, end = text.span_of(quote)
        same = Provision.objects.filter(text=text, start=start, end=end).first()
        provision = same or Provision(text=text, start=start, end=end)
        provision.verdict = Provision.Verdict.COMMITMENT
        provision.full_clean()
        provision.save()
    CommitmentProvision.objects.create(commitment=commitment, provision=provision)


def _date(commitment: Commitment, timeframe: Timeframe, *, now: datetime) -> None:
    """The date that the words lead to; where they lead to none, the words stay and the date is computed."""
    today = timezone.localdate(now)
    facts: dict[str, Any] = {"commitment": commitment, "phrase": timeframe.phrase, "dated_at": now}
    if timeframe.latest_on is not None:
        sure = timeframe.window_end_on is not None and commitment.is_declared
        facts |= {
            "due_on": timeframe.latest_on,
            "window_start_on": timeframe.window_start_on,
            "precision": timeframe.precision,
            "basis": FollowUp.Basis.DECLARED if sure else FollowUp.Basis.INTERPRETED,
        }
    elif timeframe.kind is Kind.NEXT_MEETING and (meeting := commitment.forum.next_meeting(today)):
        due_on = meeting.starts_on or scheduling.next_cycle_day(commitment, today)
        facts |= {"due_on": due_on, "anchor_meeting": meeting, "offset_days": 0}
        facts["basis"] = FollowUp.Basis.DECLARED if meeting.starts_on else FollowUp.Basis.COMPUTED
    elif timeframe.kind is Kind.EVENT_RELATIVE:
        facts |= {
            "due_on": scheduling.next_cycle_day(commitment, today),
            "basis": FollowUp.Basis.COMPUTED,
            "anchor_event": timeframe.anchor,
            "offset_days": timeframe.offset_days,
        }
    else:
        return
    follow_up = FollowUp(**facts)
    with _said_at("when"):
        follow_up.full_clean()
    follow_up.save()


def record_what_was_told(
    commitment: Commitment,
    *,
    follow_up: FollowUp | None,
    outlook: str = "",
    by: User,
    now: datetime,
    keep_open: bool = False,
    **said: Any,
) -> ProgressReport:
    """A report by telephone, letter or meeting, cleared at once, and how the commitment looks since then."""
    with transaction.atomic():
        if outlook:
            judge(commitment, outlook, note=said.get("internal", ""))
        if said.get("reported_on", date.min) > timezone.localdate(now):
            raise ValidationError({"reported_on": _("This day is still to come.")})
        if follow_up is not None:
            return answers.record_report(follow_up, by=by, now=now, keep_open=keep_open, **said)
        post = said.get("post")
        report = ProgressReport(
            commitment=commitment,
            party=post.organisation.party if post else None,
            recorded_by=by,
            state=ProgressReport.State.SUBMITTED,
            **{"reported_on": timezone.localdate(now), **said},
        )
        report.full_clean()
        report.save()
        answers.clear_report(report, by=by, now=now)
    return report


def judge(commitment: Commitment, outlook: str, *, note: str = "") -> None:
    """How it looks, with the sentence that says why. The next review follows from it."""
    commitment.outlook = outlook
    commitment.outlook_note = note[:500]
    commitment.full_clean(exclude=["reference"])
    commitment.save(update_fields=["outlook", "outlook_note"])


def keep_within_sight(commitment: Commitment, person: User) -> None:
    """Whoever restricts a commitment goes on seeing it."""
    if commitment.marking == Marking.RESTRICTED:
        reason = _("Marked it as restricted.")
        Grant.objects.get_or_create(commitment=commitment, user=person, defaults={"reason": reason})


@contextlib.contextmanager
def _said_at(part: str) -> Iterator[None]:
    """Whatever is refused inside is said at `part`, which is what the officer wrote."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({part: error.messages}) from error
