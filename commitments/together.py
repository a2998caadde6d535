"""One deed on many rows: each by the function that does it to one, all with one reason, in one transaction.

What a row refuses is said beside it and leaves the others alone. A rehearsal is the deed itself, undone: so it tells
exactly what would happen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments import answers, assigning
from commitments.models import Assignment, Calendar, Commitment, FollowUp, Post, Request, User, writing
from commitments.refusals import as_validation
from commitments.spoken_dates import long_date
from commitments.working_days import WorkingCalendar


@dataclass(frozen=True)
class Done:
    was: str
    becomes: str
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    row: Any
    done: Done | None
    refusal: str = ""


Deed = Callable[[Any], Done]


class ChangedMeanwhile(Exception):
    """What would happen now is not what was shown; nothing was written."""


def rehearse(
    rows: QuerySet, begin: Callable[[], Deed], *, may_change: Collection[int], reason: str
) -> list[Outcome]:
    """What would become of each row, nothing written. `begin` makes the deed, and may enter what it needs."""
    with transaction.atomic():
        outcomes = _each(rows, begin, may_change, reason)
        transaction.set_rollback(True)
    return outcomes


def carry_out(
    rows: QuerySet, begin: Callable[[], Deed], *, may_change: Collection[int], reason: str, shown: str
) -> list[Outcome]:
    """Do it, if it is still what was `shown` (see fingerprint); raises ChangedMeanwhile otherwise."""
    with transaction.atomic():
        outcomes = _each(rows, begin, may_change, reason)
        if fingerprint(outcomes) != shown:
            raise ChangedMeanwhile
    return outcomes


def fingerprint(outcomes: Iterable[Outcome]) -> str:
    """Says whether two tables of outcomes tell the same."""
    told = [(outcome.row.pk, outcome.done, outcome.refusal) for outcome in outcomes]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _each(
    rows: QuerySet, begin: Callable[[], Deed], may_change: Collection[int], reason: str
) -> list[Outcome]:
    with writing(why=reason):
        deed = begin()
        return [
            _attempt(row, deed)
            if row.pk in may_change
            else Outcome(row, None, _("You may see it, but not change it."))
            for row in rows.all()  # read anew, inside the transaction
        ]


def _attempt(row: Any, deed: Deed) -> Outcome:
    try:
        with transaction.atomic():
            return Outcome(row, deed(row))
    except (ValidationError, IntegrityError) as error:
        return Outcome(row, None, " ".join(as_validation(error).messages))


# ---- the deeds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reassign:
    """`from_post` None: whoever leads for the party of the new post, or nobody."""

    to_post: Post
    role: str
    now: datetime
    reason: str
    from_post: Post | None = None

    def __call__(self, commitment: Commitment) -> Done:
        _refuse_ended(commitment)
        if self.from_post is not None:
            was = str(self.from_post)
            assigning.hand_over(
                commitment, self.from_post, self.to_post, role=self.role, now=self.now, reason=self.reason
            )
        else:
            was = self._held_by(commitment)
            assigning.assign(commitment, self.to_post, role=self.role, now=self.now, reason=self.reason)
        return Done(was or _("nobody"), str(self.to_post), self.note)

    @cached_property
    def note(self) -> str:
        vacant = Post.objects.vacant_on(timezone.localdate(self.now)).filter(pk=self.to_post.pk)
        return _("Nobody holds that post today.") if vacant.exists() else ""

    def _held_by(self, commitment: Commitment) -> str:
        """Who gives the part up by it: only a lead is followed by another."""
        if self.role != Assignment.Role.LEAD:
            return ""
        party = self.to_post.organisation.party_id
        held = commitment.assignments.active(timezone.localdate(self.now)).leads().filter(party=party)
        return ", ".join(str(assignment.post) for assignment in held.select_related("post"))


@dataclass(frozen=True)
class Move:
    """To a day, or by so many days; the next open date of a commitment, or the date itself."""

    now: datetime
    reason: str
    to: date | None = None
    days: int = 0

    def __call__(self, row: Commitment | FollowUp) -> Done:
        follow_up = next_date(row)
        due_on = self.to or follow_up.due_on + timedelta(days=self.days)
        _refuse_past(due_on, self.now)
        return _moved(follow_up, due_on, self, basis=FollowUp.Basis.INTERPRETED)

    @cached_property
    def notes(self) -> DayNotes:
        return DayNotes(timezone.localdate(self.now))


@dataclass(frozen=True)
class Extend:
    """More time: by so many weeks, counted from today where the date has passed; 0 weeks: as the owner asked."""

    by: User
    now: datetime
    reason: str
    weeks: int = 0

    def __call__(self, row: Commitment | FollowUp) -> Done:
        follow_up = next_date(row)
        asked = follow_up.requests.proposed().filter(kind=Request.Kind.EXTENSION).order_by("pk").first()
        if not self.weeks:
            return self._as_asked(follow_up, asked)
        if asked is not None:
            raise ValidationError(
                _("Its owner has asked for a day. Decide on that first, or extend as asked.")
            )
        since = max(follow_up.due_on, timezone.localdate(self.now))
        return _moved(follow_up, since + timedelta(weeks=self.weeks), self, basis=None)

    def _as_asked(self, follow_up: FollowUp, asked: Request | None) -> Done:
        if asked is None or asked.proposed_on is None:
            raise ValidationError(_("Nobody has asked for more time."))
        was = follow_up.due_on
        asked.follow_up = follow_up
        answers.accept_request(asked, by=self.by, now=self.now, decision=self.reason)
        return _told(follow_up, was, self.notes)

    @cached_property
    def notes(self) -> DayNotes:
        return DayNotes(timezone.localdate(self.now))


@dataclass(frozen=True)
class Close:
    implementation: str
    now: datetime
    reason: str

    def __call__(self, commitment: Commitment) -> Done:
        _refuse_ended(commitment)
        was, dates = commitment.get_implementation_display(), commitment.follow_ups.open().count()
        commitment.close(self.implementation, now=self.now, reason=self.reason)
        ended = ngettext("%(n)d open date ends with it.", "%(n)d open dates end with it.", dates)
        becomes = _("closed: %(end)s") % {"end": commitment.get_implementation_display()}
        return Done(was, becomes, ended % {"n": dates} if dates else "")


def next_date(row: Commitment | FollowUp) -> FollowUp:
    """The date that is meant: of a commitment its next open one."""
    if isinstance(row, FollowUp):
        if row.commitment is None:
            raise ValidationError(_("This date belongs to a meeting; move the meeting instead."))
        return row
    found = row.follow_ups.open().select_related("commitment__forum").order_by("due_on", "pk").first()
    if found is None:
        raise ValidationError(_("No open date stands for it."))
    return found


def _refuse_ended(commitment: Commitment) -> None:
    if not commitment.is_live:
        raise ValidationError(_("It is not active."))


def _refuse_past(due_on: date, now: datetime) -> None:
    if due_on <= timezone.localdate(now):
        raise ValidationError(_("Give a date after today."))


def _moved(follow_up: FollowUp, due_on: date, deed: Move | Extend, *, basis: str | None) -> Done:
    if not follow_up.is_open:
        raise ValidationError(_("This date is closed; there is nothing to move."))
    was = follow_up.due_on
    if due_on == was:
        raise ValidationError(_("It stands on that day already."))
    follow_up.move_to(due_on, now=deed.now, reason=deed.reason, basis=basis)
    return _told(follow_up, was, deed.notes)


def _told(follow_up: FollowUp, was: date, notes: DayNotes) -> Done:
    assert follow_up.commitment is not None  # next_date() gave it
    language = get_language() or "en"
    becomes = long_date(follow_up.due_on, language)
    return Done(long_date(was, language), becomes, notes.of(follow_up.commitment, follow_up.due_on))


class DayNotes:
    """Whether a day is worked where a commitment is led; each calendar is read once."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.known: dict[int, WorkingCalendar] = {}

    def of(self, commitment: Commitment, day: date) -> str:
        calendar = self._calendar(commitment)
        if calendar is None or calendar.is_working(day):
            return ""
        language = get_language() or "en"
        why = calendar.name_of(day, language)
        said = {"why": f" ({why})" if why else "", "day": long_date(calendar.on_or_after(day), language)}
        return _("Not a working day%(why)s; the next one is %(day)s.") % said

    def _calendar(self, commitment: Commitment) -> WorkingCalendar | None:
        """Of who leads it, else of the desk of its forum."""
        leads = commitment.assignments.active(self.today).leads().select_related("post__organisation")
        lead = leads.order_by("pk").first()
        post = lead.post if lead else commitment.forum.desk_post()
        return self._days(post.organisation.calendar_id) if post else None

    def _days(self, key: int) -> WorkingCalendar:
        if key not in self.known:
            self.known[key] = Calendar.objects.select_related("parent").get(pk=key).working_days()
        return self.known[key]
