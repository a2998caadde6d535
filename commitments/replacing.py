"""What a split and a merger have in common: dates move with what hangs on them, and the old one points to the new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from commitments import scheduling
from commitments.models import (
    Closing,
    Commitment,
    CommitmentRelation,
    FollowUp,
    Interpretation,
    ProgressReport,
    Request,
)

REASON_AT_MOST = 500  # characters of the note of a relation


def refuse_unsettled(commitments: Iterable[Commitment]) -> None:
    """What waits for a decision would be decided about something that has gone."""
    for commitment in commitments:
        if not commitment.is_live:
            raise ValidationError(_("%(reference)s is not active.") % {"reference": commitment.reference})
        waiting = [
            ProgressReport.objects.waiting().filter(commitment=commitment),
            Request.objects.proposed().filter(follow_up__commitment=commitment),
            Closing.objects.proposed().filter(commitment=commitment),
        ]
        if any(rows.exists() for rows in waiting):
            said = _("Something of %(reference)s waits for a decision. Decide it first.")
            raise ValidationError(said % {"reference": commitment.reference})


def dates_of(commitment: Commitment) -> list[FollowUp]:
    """Open dates that somebody laid down. Reviews are computed anew."""
    rows = commitment.follow_ups.open().exclude(kind__in=scheduling.REVIEWS)
    return list(rows.select_related("commitment", "party", "post").order_by("due_on", "pk"))


def move_dates(follow_ups: Sequence[FollowUp], to: Commitment) -> None:
    """With their reports; reminders, requests and acknowledgments hang on the date itself, so nobody is told twice."""
    keys = [follow_up.pk for follow_up in follow_ups]
    FollowUp.objects.filter(pk__in=keys).update(commitment=to)
    ProgressReport.objects.filter(follow_up__in=keys).update(commitment=to)


def copy_readings(source: Commitment, to: Commitment) -> None:
    for reading in source.interpretations.all():
        known = {name: getattr(reading, name) for name in ("about", "text", "basis", "confidence", "marking")}
        if not to.interpretations.filter(**known).exists():
            Interpretation.objects.create(commitment=to, author=reading.author, **known)


def copy_relations(source: Commitment, to: Commitment, *, among: Iterable[Commitment] = ()) -> None:
    """Its lineage, in both directions; except to those of `among`."""
    apart = {source.pk, to.pk, *(each.pk for each in among)}
    for relation in CommitmentRelation.objects.filter(commitment=source):
        if relation.other_id not in apart:
            _relate(to, relation.kind, relation.note, other=relation.other, document=relation.document)
    for relation in CommitmentRelation.objects.filter(other=source).exclude(commitment__in=apart):
        _relate(relation.commitment, relation.kind, relation.note, other=to)


def _relate(commitment: Commitment, kind: str, note: str, **target: object) -> None:
    CommitmentRelation.objects.get_or_create(
        commitment=commitment, kind=kind, **target, defaults={"note": note}
    )


def close_as_replaced(old: Commitment, by: Sequence[Commitment], *, reason: str, now: datetime) -> None:
    """It stays readable, points to what stands in its place, and is found there by its reference."""
    for new in by:
        _relate(new, CommitmentRelation.Kind.SUPERSEDES, reason[:REASON_AT_MOST], other=old)
        new.add_alias(old.reference)
    old.close(Commitment.Implementation.SUPERSEDED, now=now, reason=reason)
    for new in by:
        scheduling.ensure_next_date(new, now=now)


def replacements(old: Commitment) -> list[int]:
    """Keys of what stands in its place."""
    return _ends(CommitmentRelation.objects.filter(other=old), "commitment")


def origins(new: Commitment) -> list[int]:
    """Keys of what it stands in place of: their history is a part of its own."""
    return _ends(CommitmentRelation.objects.filter(commitment=new, other__isnull=False), "other")


def _ends(relations: QuerySet[CommitmentRelation], end: str) -> list[int]:
    supersedes = relations.filter(kind=CommitmentRelation.Kind.SUPERSEDES)
    return list(supersedes.values_list(end, flat=True))
