"""What owners say and what the desk makes of it: proposed answers, and their clearing or return."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import scheduling
from commitments.locking import exclusively
from commitments.models import (
    Assignment,
    Commitment,
    FollowUp,
    Post,
    ProgressReport,
    Request,
    User,
    writing,
)
from commitments.working_days import ONE_DAY

WORDS = ["internal", "shareable_en", "shareable_ko", "shareable_ja"]


def propose_report(follow_up: FollowUp, *, post: Post | None, now: datetime, **said: Any) -> ProgressReport:
    """An owner's report, for the desk to clear. `said`: internal, no_change, source, reported_by, …"""
    if follow_up.commitment is None:
        raise ValidationError(_("This date belongs to a meeting; there is nothing to report on."))
    report = ProgressReport(
        commitment=follow_up.commitment,
        follow_up=follow_up,
        post=post,
        party=post.organisation.party if post else None,
        state=ProgressReport.State.SUBMITTED,
        **{"reported_on": timezone.localdate(now), **said},
    )
    report.full_clean()
    report.save()
    return report


def record_report(
    follow_up: FollowUp, *, by: User, now: datetime, keep_open: bool = False, **said: Any
) -> ProgressReport:
    """What somebody told the desk (telephone, letter, meeting): entered and cleared in one step."""
    with transaction.atomic():
        report = propose_report(follow_up, now=now, **{"post": None, "recorded_by": by, **said})
        clear_report(report, by=by, now=now, keep_open=keep_open)
    return report


def roll_forward(commitment: Commitment, *, by: User, now: datetime) -> ProgressReport:
    """“No change since”: the last words that were cleared, said again today. They answer a review that is open, and
    no date that was laid down. Pressed twice it is one report."""
    today = timezone.localdate(now)
    with exclusively(f"roll forward {commitment.pk}"):
        cleared = commitment.reports.cleared()
        if same := cleared.filter(no_change=True, reported_on=today, recorded_by=by).first():
            return same
        last = cleared.with_words().order_by("-reported_on", "-pk").first()
        if last is None:
            raise ValidationError(_("Nothing has been reported and accepted yet. Write a report."))
        report = ProgressReport(
            commitment=commitment,
            follow_up=scheduling.review_to_answer(commitment),
            party=last.party,
            state=ProgressReport.State.SUBMITTED,
            no_change=True,
            reported_on=today,
            recorded_by=by,
            **{name: getattr(last, name) for name in WORDS},
        )
        report.full_clean()
        report.save()
        clear_report(report, by=by, now=now)
    return report


def clear_report(
    report: ProgressReport, *, by: User, now: datetime, decision: str = "", keep_open: bool = False
) -> None:
    """The desk accepts it. The follow-up it answers is closed, unless its date is to stand; the next one is set."""
    with transaction.atomic(), writing(why=decision):
        report.decide(ProgressReport.State.CLEARED, by=by, now=now, decision=decision)
        if report.follow_up is None or keep_open:
            scheduling.ensure_next_date(report.commitment, now=now)
        else:
            scheduling.close_date(report.follow_up, FollowUp.Outcome.REPORTED, now=now, reason=decision)


def return_report(report: ProgressReport, *, by: User, now: datetime, decision: str) -> None:
    """The desk asks again: reminders go on from where they were."""
    _require_reason(decision)
    report.decide(ProgressReport.State.RETURNED, by=by, now=now, decision=decision)


def ask(follow_up: FollowUp, kind: str, *, post: Post | None, now: datetime, **asked: Any) -> Request:
    """An owner asks for more time, proposes another owner, or says “not mine”."""
    request = Request(
        follow_up=follow_up, kind=kind, post=post, due_on=follow_up.due_on, asked_at=now, **asked
    )
    request.full_clean()
    request.save()
    return request


def accept_request(
    request: Request, *, by: User, now: datetime, decision: str = "", to_post: Post | None = None
) -> None:
    """Do what was asked: move the date, or hand the part over to `to_post` (None: nobody yet; the desk is alarmed)."""
    with transaction.atomic(), writing(why=decision or request.reason):
        request.decide(Request.State.ACCEPTED, by=by, now=now, decision=decision)
        if request.kind == Request.Kind.EXTENSION:
            _extend(request, now=now)
        else:
            _hand_over(request, to_post, today=timezone.localdate(now))


def return_request(request: Request, *, by: User, now: datetime, decision: str) -> None:
    _require_reason(decision)
    request.decide(Request.State.RETURNED, by=by, now=now, decision=decision)


def _extend(request: Request, *, now: datetime) -> None:
    assert request.proposed_on is not None  # commitments_request_extension_names_a_day
    if request.follow_up.closed_at is not None:
        raise ValidationError(_("This date is closed; there is nothing to move."))
    if request.follow_up.due_on != request.due_on:
        raise ValidationError(_("The date has moved since this was asked. Return it, and say so."))
    request.follow_up.move_to(request.proposed_on, now=now, reason=request.reason)


def _hand_over(request: Request, to_post: Post | None, *, today: date) -> None:
    follow_up, commitment = request.follow_up, request.follow_up.commitment
    if commitment is None:
        raise ValidationError(_("This date belongs to a meeting; change the desk of its forum instead."))
    if to_post is not None and to_post == request.post:
        raise ValidationError({"to_post": _("This post is the owner already. Choose another.")})
    if follow_up.post is not None and follow_up.post == request.post:
        follow_up.give_to(to_post)
        return
    for assignment in commitment.assignments.active(today).leads().filter(post=request.post):
        assignment.end(on=today - ONE_DAY)
    if to_post is not None:
        lead = Assignment(commitment=commitment, post=to_post, from_on=today)
        lead.full_clean()
        lead.save()


def _require_reason(decision: str) -> None:
    if not decision.strip():
        raise ValidationError({"decision": _("Say in a sentence why you return it.")})
