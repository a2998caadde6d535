"""One commitment becomes several: each with its words, its posts and its dates; the old one points to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import assigning, replacing
from commitments.locking import exclusively
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    FollowUp,
    Grant,
    Provision,
    writing,
)

MOST_PARTS = 8
KEPT = [
    *("forum", "working_group", "kind", "cadence_months", "novelty", "basis", "declared_on", "letter_number"),
    *("marking", "high_priority", "implementation", "outlook", "outlook_note"),
]


@dataclass(frozen=True)
class Part:
    title: str
    language: str  # of the title
    words: Sequence[Provision] = ()
    owners: Sequence[Assignment] = ()
    lead: str = ""  # instead of the lead among `owners`: a post, or “division, name, mail”
    dates: Sequence[FollowUp] = field(default=())


def split(commitment: Commitment, parts: Sequence[Part], *, reason: str, now: datetime) -> list[Commitment]:
    """All of it or nothing; returns the new ones, in the order of `parts`."""
    with transaction.atomic(), exclusively(f"commitment {commitment.pk}"), writing(why=reason):
        old = Commitment.objects.select_related("forum", "working_group").get(pk=commitment.pk)
        replacing.refuse_unsettled([old])
        _refuse_what_is_lost(old, parts)
        made = [_entered(old, part, now=now) for part in parts]
        replacing.close_as_replaced(old, made, reason=reason, now=now)
    return made


def _refuse_what_is_lost(old: Commitment, parts: Sequence[Part]) -> None:
    if not 2 <= len(parts) <= MOST_PARTS:
        raise ValidationError(_("Split it into two to %(most)s parts.") % {"most": MOST_PARTS})
    given = {provision.pk for part in parts for provision in part.words}
    if set(old.provisions.values_list("pk", flat=True)) != given:
        raise ValidationError(_("Give each declared passage to at least one part."))
    dates = Counter(follow_up.pk for part in parts for follow_up in part.dates)
    if dates != Counter(follow_up.pk for follow_up in replacing.dates_of(old)):
        raise ValidationError(_("Give each open date to one part."))


def _entered(old: Commitment, part: Part, *, now: datetime) -> Commitment:
    new = Commitment(**{name: getattr(old, name) for name in KEPT}, **{f"title_{part.language}": part.title})
    new.full_clean(exclude=["reference"])
    new.save()
    new.parties.set(old.parties.all())
    new.topics.set(old.topics.all())
    CommitmentProvision.objects.bulk_create(
        [CommitmentProvision(commitment=new, provision=provision) for provision in part.words]
    )
    for grant in old.grants.all():
        Grant.objects.create(commitment=new, user=grant.user, reason=grant.reason)
    replacing.copy_readings(old, new)
    replacing.copy_relations(old, new)
    _give_owners(new, part, now=now)
    replacing.move_dates(part.dates, new)
    return new


def _give_owners(new: Commitment, part: Part, *, now: datetime) -> None:
    today = timezone.localdate(now)
    for owner in part.owners:
        assignment = Assignment(commitment=new, post=owner.post, role=owner.role, from_on=today)
        assignment.full_clean()
        assignment.save()
    if part.lead.strip():
        assigning.assign_by_line(new, part.lead, role=Assignment.Role.LEAD, now=now)
