"""Bodies are renamed, split and transferred, each on its day and once, however often it is asked.

A post takes its open items with it: they are its own. History keeps the name of its time (Organisation.name_on),
and where a post belonged (Post.organisation_on)."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from commitments.locking import exclusively
from commitments.models import MovedPost, Organisation, Post, Reorganisation, writing

log = logging.getLogger(__name__)

Kind = Reorganisation.Kind


def plan(decided: Reorganisation, posts: Collection[Post] = (), *, now: datetime) -> Reorganisation:
    """Enter it; what is of today or before is carried out at once."""
    with transaction.atomic(), writing(why=decided.reason):
        decided.full_clean()
        decided.save()
        MovedPost.objects.bulk_create([MovedPost(reorganisation=decided, post=post) for post in posts])
        if decided.effective_on <= _today_of(decided, now):
            carry_out(decided.pk, now=now)
    decided.refresh_from_db()
    return decided


def carry_out_due(*, now: datetime) -> int:
    """Each whose day has come where its body is; one that is refused does not keep the others back."""
    rows = Reorganisation.objects.planned().select_related("organisation__calendar")
    due = [row for row in rows.order_by("effective_on", "pk") if row.effective_on <= _today_of(row, now)]
    return sum(_is_carried_out(row, now=now) for row in due)


def _is_carried_out(row: Reorganisation, *, now: datetime) -> bool:
    try:
        with writing(by_id=row.planned_by_id, why=row.reason):
            return carry_out(row.pk, now=now)
    except (ValidationError, IntegrityError):
        log.exception("The reorganisation %s could not be carried out", row.pk)
        return False


def carry_out(pk: int, *, now: datetime) -> bool:
    """False: it was carried out already, or withdrawn."""
    with exclusively("reorganisations"):
        rows = Reorganisation.objects.planned().select_related("organisation__party", "target")
        row = rows.filter(pk=pk).first()
        if row is None:
            return False
        DEEDS[Kind(row.kind)](row)
        row.mark_done(now=now)
    return True


def _today_of(row: Reorganisation, now: datetime) -> date:
    """By the clock of the body."""
    return now.astimezone(row.organisation.clock).date()


def _rename(row: Reorganisation) -> None:
    row.organisation.rename(row.names, from_on=row.effective_on)


def _split(row: Reorganisation) -> None:
    """The new body stands beside the old one and is like it."""
    old = row.organisation
    copied = {name: getattr(old, name) for name in ("party", "parent", "calendar", "zone", "language")}
    new = Organisation(**copied, **row.names, demonstration=old.demonstration)
    new.full_clean()
    new.save()
    row.target = new
    _move_posts(row)


def _transfer(row: Reorganisation) -> None:
    _move_posts(row)
    if row.whole:
        row.organisation.children.update(parent=row.target)


DEEDS = {Kind.RENAME: _rename, Kind.SPLIT: _split, Kind.TRANSFER: _transfer}


def _move_posts(row: Reorganisation) -> None:
    assert row.target is not None
    leaving = list(row.leaving_posts())
    if not leaving and not row.whole:
        raise ValidationError(
            _("None of these posts is in that organisation any more. Withdraw it, or choose anew.")
        )
    if row.whole:
        MovedPost.objects.bulk_create([MovedPost(reorganisation=row, post=post) for post in leaving])
    Post.objects.filter(pk__in=[post.pk for post in leaving]).update(organisation=row.target)
