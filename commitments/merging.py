"""Several commitments become one: it takes over words, posts and dates; the others point to it and stay readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import replacing
from commitments.locking import exclusively
from commitments.models import (
    LANGUAGES,
    Assignment,
    Commitment,
    CommitmentRelation,
    FollowUp,
    Marking,
    Provision,
    writing,
)

MOST = 20


@dataclass(frozen=True)
class Taken:
    """A part that a post had in another one, and has in this one from today."""

    assignment: Assignment
    role: str

    @property
    def role_in_words(self) -> str:
        return str(Assignment.Role(self.role).label)


@dataclass
class Merger:
    """What will be, worked out from what stands: shown before, done by merge()."""

    into: Commitment
    others: Sequence[Commitment]
    now: datetime

    @cached_property
    def words(self) -> list[Provision]:
        """Declared words that it does not have yet."""
        rows = Provision.objects.filter(commitments__in=self.others).exclude(commitments=self.into)
        return list(
            rows.distinct().select_related("text").defer("text__body").order_by("text", "start", "pk")
        )

    @cached_property
    def dates(self) -> list[FollowUp]:
        """Those that move. The same date twice, and what is computed, ends with its commitment."""
        standing = {_same(date) for date in replacing.dates_of(self.into)}
        moving = []
        for other in self.others:
            for date in replacing.dates_of(other):
                if _same(date) not in standing:
                    moving.append(date)
                    standing.add(_same(date))
        return moving

    @cached_property
    def owners(self) -> list[Taken]:
        """A second lead of a party supports; a post that has a part in it keeps that."""
        today = timezone.localdate(self.now)
        own = list(self.into.assignments.active(today))
        posts = {assignment.post_id for assignment in own}
        led = {assignment.party_id for assignment in own if assignment.role == Assignment.Role.LEAD}
        taken = []
        rows = Assignment.objects.active(today).filter(commitment__in=self.others)
        for assignment in rows.select_related("post", "party").order_by("commitment", "pk"):
            if assignment.post_id in posts:
                continue
            posts.add(assignment.post_id)
            leads = assignment.role == Assignment.Role.LEAD
            role = Assignment.Role.SUPPORTING if leads and assignment.party_id in led else assignment.role
            if leads:
                led.add(assignment.party_id)
            taken.append(Taken(assignment, role))
        return taken

    def refuse_what_must_not_be(self) -> None:
        if not 1 <= len(self.others) <= MOST or self.into in self.others:
            said = _("Name one to %(most)s other commitments that become part of this one.")
            raise ValidationError({"others": said % {"most": MOST}})
        replacing.refuse_unsettled([self.into, *self.others])
        if any(other.marking != self.into.marking for other in self.others):
            said = _("They are marked differently. Give them the same marking first.")
            raise ValidationError({"others": said})
        if self.into.marking == Marking.RESTRICTED:
            self._refuse_new_eyes()

    def _refuse_new_eyes(self) -> None:
        """Whoever may see this one would see what was kept from them."""
        may = set(self.into.grants.values_list("user", flat=True))
        if any(may - set(other.grants.values_list("user", flat=True)) for other in self.others):
            said = _("Somebody who may see this one may not see the others. Name the same people first.")
            raise ValidationError({"others": said})


def _same(date: FollowUp) -> tuple[object, ...]:
    """There is one next occurrence a party, and no second deadline on one day for the same post."""
    if date.kind == FollowUp.Kind.OCCURRENCE:
        return date.kind, date.party_id
    return date.kind, date.due_on, date.party_id, date.post_id, date.phrase


def merge(into: Commitment, others: Sequence[Commitment], *, reason: str, now: datetime) -> Commitment:
    """All of it or nothing."""
    with transaction.atomic(), exclusively("merging"), writing(why=reason):
        keys = [other.pk for other in others]
        into = Commitment.objects.select_related("forum", "working_group").get(pk=into.pk)
        rows = Commitment.objects.filter(pk__in=keys).select_related("forum", "working_group")
        merger = Merger(into, list(rows.order_by("reference")), now)
        merger.refuse_what_must_not_be()
        _take_over(merger)
        for other in merger.others:
            replacing.close_as_replaced(other, [into], reason=reason, now=now)
    return into


def _take_over(merger: Merger) -> None:
    into, others = merger.into, merger.others
    today = timezone.localdate(merger.now)
    words, dates, owners = merger.words, merger.dates, merger.owners  # before anything moves
    among = [into, *others]
    CommitmentRelation.objects.filter(commitment__in=among, other__in=among).delete()
    into.provisions.add(*words)
    for other in others:
        into.parties.add(*other.parties.all())
        into.topics.add(*other.topics.all())
        replacing.copy_readings(other, into)
        replacing.copy_relations(other, into, among=among)
        into.add_alias(*(getattr(other, f"title_{code}") for code in LANGUAGES), *other.aliases.splitlines())
    for taken in owners:
        assignment = Assignment(commitment=into, post=taken.assignment.post, role=taken.role, from_on=today)
        assignment.full_clean()
        assignment.save()
    replacing.move_dates(dates, into)
    if any(other.high_priority for other in others) and not into.high_priority:
        into.high_priority = True
        into.save(update_fields=["high_priority"])
