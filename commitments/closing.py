"""Closing a commitment of high priority: proposed by one person with evidence, confirmed by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import entering
from commitments.locking import exclusively
from commitments.models import Closing, Commitment, Evidence, ProgressReport, User, writing


@dataclass(frozen=True)
class Shown:
    """What shows that it was done; empty where a cleared report has evidence already."""

    title: str = ""
    url: str = ""
    letter_number: str = ""

    def __bool__(self) -> bool:
        return bool(self.title or self.url or self.letter_number)


NOTHING_SHOWN = Shown()


def close_or_propose(
    commitment: Commitment,
    implementation: str,
    *,
    reason: str,
    by: User,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> Closing | None:
    """Closed at once; of high priority the closing is proposed and returned."""
    with transaction.atomic(), exclusively(f"closing of {commitment.pk}"):
        if shown:
            _record_evidence(commitment, shown, reason=reason, by=by, now=now)
        if not commitment.high_priority:
            commitment.close(implementation, now=now, reason=reason)
            return None
        return _propose(commitment, implementation, reason=reason, by=by, now=now)


def _propose(commitment: Commitment, implementation: str, *, reason: str, by: User, now: datetime) -> Closing:
    if not commitment.has_evidence:
        raise ValidationError({"evidence": _("Say what shows it: an address or the number of a letter.")})
    closing = Closing(
        commitment=commitment, implementation=implementation, reason=reason, proposed_by=by, proposed_at=now
    )
    with writing(why=reason):
        closing.full_clean()
        closing.save()
    return closing


def _record_evidence(commitment: Commitment, shown: Shown, *, reason: str, by: User, now: datetime) -> None:
    """On a last report, which says why it ends."""
    source = ProgressReport.Source.LETTER if shown.letter_number else ProgressReport.Source.REGISTER
    report = entering.record_what_was_told(
        commitment,
        follow_up=None,
        by=by,
        now=now,
        internal=reason,
        source=source,
        letter_number=shown.letter_number,
    )
    evidence = Evidence(
        report=report,
        title=shown.title or shown.letter_number or shown.url,
        url=shown.url,
        letter_number=shown.letter_number,
    )
    evidence.full_clean()
    evidence.save()


def confirm_closing(closing: Closing, *, by: User, now: datetime, decision: str = "") -> None:
    """By a second person, who does not hold the post that leads it."""
    with transaction.atomic(), exclusively(f"closing of {closing.commitment_id}"):
        closing.decide(Closing.State.CONFIRMED, by=by, now=now, decision=decision)
        closing.commitment.close(closing.implementation, now=now, reason=closing.reason)


def return_closing(closing: Closing, *, by: User, now: datetime, decision: str) -> None:
    """It goes on. Whoever proposed it may take it back too."""
    if not decision.strip():
        raise ValidationError({"decision": _("Say in a sentence why you return it.")})
    with writing(why=decision):
        closing.decide(Closing.State.RETURNED, by=by, now=now, decision=decision)
