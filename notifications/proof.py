"""What was told of a date, what was not and why, and what is to come: for each step and each post.

Nothing is stored for it. What has happened stands in the rows; why something waits, and what will come of it, is
asked of those who decide it (bundling.Judgment, ReminderQuerySet) and of the run ahead of the clock (ahead.Ahead)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from commitments import holders
from commitments.models import FollowUp, Post, PostHolding, User
from commitments.spoken_dates import long_date
from commitments.working_days import ONE_DAY
from notifications import came_back, step_words
from notifications.ahead import Ahead, Fate
from notifications.forecast import Expected, expected_of, standing
from notifications.inheritance import LadderBook
from notifications.ladders import Audience
from notifications.models import Acknowledgment, Delivery, IncomingMail, Reminder
from notifications.reasons import Reason

AHEAD = timedelta(days=400)
# It waits for the desk, or for the end of a quiet time.
ANSWERED = {Reason.REPORT_WAITS, Reason.REQUEST_WAITS, Reason.EXTENSION_ASKED, Reason.ANSWERED_BELOW}


class Kind(models.TextChoices):
    TOLD = "told", gettext_lazy("sent")
    ON_ITS_WAY = "on_its_way", gettext_lazy("on its way")
    UNDELIVERED = "undelivered", gettext_lazy("not delivered")
    SKIPPED = "skipped", gettext_lazy("skipped")
    WAITS = "waits", gettext_lazy("waits")
    PLANNED = "planned", gettext_lazy("planned")
    TASK = "task", gettext_lazy("on the desk")
    DONE = "done", gettext_lazy("seen to")


# What a reader takes for granted of a step that is planned.
PLAIN = {Reason.NOT_YET, Reason.NOT_THEIR_HOUR, None}
OF_DELIVERY = {
    Delivery.State.SENT: Kind.TOLD,
    Delivery.State.FAILED: Kind.UNDELIVERED,
    Delivery.State.UNCERTAIN: Kind.UNDELIVERED,
}


@dataclass(frozen=True)
class Line:
    """One step for one post."""

    kind: Kind
    follow_up_id: int
    step: str
    unit: str
    due_on: date
    post: Post
    audience: str
    on: date  # told, to be told, or reached
    at: datetime | None = None  # told, or to be told
    person: User | None = None
    acting: bool = False
    acts_for: User | None = None
    acts_until: date | None = None
    stands_in: bool = False  # holds another post, and hears it because nobody holds this one
    delivery: Delivery | None = None
    late: bool = False
    reason: Reason | None = None
    until: date | None = None  # acknowledged
    said: str = ""  # by whom or why, where somebody said it
    overtaken_by: str = ""  # a step in words

    @property
    def is_to_come(self) -> bool:
        return self.kind in {Kind.PLANNED, Kind.WAITS, Kind.ON_ITS_WAY}

    @property
    def is_task(self) -> bool:
        return self.audience == Audience.DESK

    @property
    def person_in_words(self) -> str:
        """With both names where they act for somebody."""
        name = self.person.name if self.person else ""
        if not self.acting:
            return name
        away = self.acts_for.name if self.acts_for else ""
        return holders.spoken_acting(name, away, self.acts_until, get_language() or "en")

    @property
    def step_in_words(self) -> str:
        return step_words.in_words(self.step, self.unit)

    @property
    def why(self) -> str:
        """The reason in words, with what is known of the case."""
        if self.reason in {Reason.ACKNOWLEDGED, Reason.SNOOZED} and self.until:
            known = {"day": long_date(self.until, get_language() or "en"), "said": self.said}
            if self.reason is Reason.SNOOZED:
                return _("to be told again after %(day)s, as asked: %(said)s") % known
            return (
                _("seen by %(said)s, quiet until %(day)s") if self.said else _("quiet until %(day)s")
            ) % known
        if self.overtaken_by:
            return _("overtaken by: %(step)s") % {"step": self.overtaken_by}
        return str(self.reason.label) if self.reason else ""


def of(follow_ups: Iterable[FollowUp], *, now: datetime) -> dict[int, list[Line]]:
    """By follow-up, in the order of days. Rows with commitment and meeting read along: then the number of queries
    does not grow with theirs."""
    found = list(follow_ups)
    return {follow_up.pk: lines for follow_up, lines in Proof(found, now=now).by_date()}


class Proof:
    def __init__(
        self, follow_ups: Sequence[FollowUp], *, now: datetime, book: LadderBook | None = None
    ) -> None:
        self.now, self.follow_ups = now, follow_ups
        ahead = Ahead(standing(follow_ups), now=now, until=now + AHEAD + ONE_DAY, book=book)
        self.fates = {_key(fate.reminder): fate for fate in ahead.fates}
        self.rows = list(_rows(follow_ups, now))
        self.later = _later(self.rows)
        self.seen = _seen(follow_ups)
        self.holdings = _holdings(self.rows)

    def by_date(self) -> list[tuple[FollowUp, list[Line]]]:
        """Each follow-up with its lines, in the order of days."""
        lines: dict[int, list[Line]] = {follow_up.pk: [] for follow_up in self.follow_ups}
        for line in self.lines():
            lines[line.follow_up_id].append(line)
        for of_one in lines.values():
            of_one.sort(key=lambda line: (line.on, line.due_on, line.kind == Kind.PLANNED, line.step))
        return [(follow_up, lines[follow_up.pk]) for follow_up in self.follow_ups]

    def lines(self) -> list[Line]:
        known = {_key(row) for row in self.rows}
        new = [fate for key, fate in self.fates.items() if key not in known]
        return [*(self._of_row(row) for row in self.rows), *(self._of_fate(fate) for fate in new)]

    def expected(self) -> list[Expected]:
        return expected_of(self.fates.values(), until=self.now.date() + AHEAD)

    def came_back(self, user: Any) -> dict[int, list[IncomingMail]]:
        """By message, the mail that answered it: replies, absences, and the message itself where it was returned."""
        return came_back.to_messages({row.delivery_id for row in self.rows if row.delivery_id}, user)

    def readable_by(self, user: Any) -> set[int]:
        """Messages that may be opened: one shows all its items, also those of others."""
        told = {row.delivery_id for row in self.rows if row.delivery_id}
        return set(Delivery.objects.visible_to(user).filter(pk__in=told).values_list("pk", flat=True))

    def _of_row(self, row: Reminder) -> Line:
        line = _line(row, Kind.SKIPPED)
        if row.state == Reminder.State.TOLD or row.delivery is not None:
            return self._of_delivery(row, line)
        if row.state == Reminder.State.MISSED:
            return replace(line, reason=Reason.MISSED)
        if row.state == Reminder.State.SUPERSEDED:
            return replace(line, reason=Reason.OVERTAKEN, overtaken_by=_words(self.later.get(row.pk)))
        if reason := self._against(row):
            return replace(line, kind=Kind.WAITS if reason in ANSWERED else Kind.SKIPPED, reason=reason)
        fate = self.fates.get(_key(row))
        if fate is not None and fate.stands_since:
            return replace(line, kind=Kind.TASK, on=fate.stands_since)
        return self._to_come(line, fate) if fate else line

    def _of_delivery(self, row: Reminder, line: Line) -> Line:
        """In a message: its fate is that of the message. Without one: a task that the desk has seen to."""
        delivery = row.delivery
        if delivery is None:
            return replace(line, kind=Kind.DONE, at=row.told_at)
        kind = OF_DELIVERY.get(Delivery.State(delivery.state), Kind.ON_ITS_WAY)
        overtaken = row.state == Reminder.State.SUPERSEDED
        return replace(
            line,
            kind=kind,
            on=delivery.local_day,
            at=row.told_at or delivery.sent_at,
            delivery=delivery,
            reason=Reason.OVERTAKEN if overtaken else None,
            overtaken_by=_words(self.later.get(row.pk)) if overtaken else "",
            **self._place_of(delivery.recipient, row.post, delivery.local_day),
        )

    def _against(self, row: Reminder) -> Reason | None:
        """Why a planned row is not needed any more: by the ladders of now, as the next planning will find them."""
        fate = self.fates.get(_key(row))
        if fate is not None and fate.not_asked is not None:
            return fate.not_asked
        against: str = getattr(row, "reason", "")  # by with_reason()
        return Reason(against) if against else None

    def _of_fate(self, fate: Fate) -> Line:
        """Of what is no row yet."""
        line = _line(fate.reminder, Kind.SKIPPED)
        if fate.known_later:
            return replace(line, reason=Reason.KNOWN_LATER)
        if fate.not_asked is not None:
            return replace(line, kind=Kind.WAITS, reason=fate.not_asked)
        return self._to_come(line, fate)

    def _to_come(self, line: Line, fate: Fate) -> Line:
        because = None if fate.waits_because in PLAIN else fate.waits_because
        line = self._with_what_was_said(replace(line, reason=because))
        if fate.told_on is not None:
            told = replace(line, kind=Kind.PLANNED, on=fate.told_on, at=fate.told_at)
            return _with_recipient(told, fate)
        if fate.reminder.state == Reminder.State.MISSED:
            return replace(line, reason=line.reason or Reason.MISSED)
        if fate.overtaken_by is not None and fate.nobody_on is None:
            return replace(
                line,
                reason=line.reason or Reason.OVERTAKEN,
                overtaken_by="" if because else _words(fate.overtaken_by),
            )
        if fate.nobody_on is not None:
            return replace(line, kind=Kind.WAITS, on=fate.nobody_on, reason=Reason.NOBODY)
        return replace(line, kind=Kind.WAITS, reason=fate.waits_because)

    def _with_what_was_said(self, line: Line) -> Line:
        seen = self.seen.get((line.follow_up_id, line.post.pk, line.due_on))
        if line.reason is not Reason.ACKNOWLEDGED or seen is None:
            return line
        if seen.reason:
            return replace(line, reason=Reason.SNOOZED, until=seen.until_on, said=seen.reason)
        return replace(line, until=seen.until_on, said=seen.by_name)

    def _place_of(self, person: User, post: Post, day: date) -> dict[str, Any]:
        """Through which post they were told, as it was on that day."""
        held = [
            h for h in self.holdings[post.pk] if h.from_on <= day and (not h.until_on or day <= h.until_on)
        ]
        own = next((holding for holding in held if holding.user_id == person.pk), None)
        acting = own is not None and own.acting
        away = next((holding.user for holding in held if not holding.acting), None) if acting else None
        until_on = own.until_on if own and acting else None
        return {
            "person": person,
            "acting": acting,
            "acts_for": away,
            "acts_until": until_on,
            "stands_in": own is None,
        }


def _key(reminder: Reminder) -> tuple[int, str, int, date]:
    return reminder.follow_up_id, reminder.step, reminder.post_id, reminder.due_on


def _line(reminder: Reminder, kind: Kind) -> Line:
    return Line(
        kind,
        reminder.follow_up_id,
        reminder.step,
        reminder.unit,
        reminder.due_on,
        reminder.post,
        reminder.audience,
        on=reminder.remind_on,
        late=reminder.late,
    )


def _with_recipient(line: Line, fate: Fate) -> Line:
    recipient = fate.recipient
    if recipient is None:
        return line
    return replace(
        line,
        person=recipient.user,
        acting=recipient.acting,
        acts_for=recipient.acts_for,
        acts_until=recipient.acts_until,
        stands_in=recipient.post.pk != line.post.pk,
    )


def _words(reminder: Reminder | None) -> str:
    return step_words.in_words(reminder.step, reminder.unit) if reminder else ""


def _rows(follow_ups: Iterable[FollowUp], now: datetime) -> models.QuerySet[Reminder]:
    """Of every date that ever stood."""
    rows = Reminder.objects.filter(follow_up__in=[follow_up.pk for follow_up in follow_ups])
    return rows.with_reason(now).select_related("post__organisation", "delivery__recipient")


def _later(rows: Iterable[Reminder]) -> dict[int, Reminder]:
    """By reminder, the next step for the same post and date: that which overtook it."""
    of_post: dict[tuple, list[Reminder]] = defaultdict(list)
    for row in rows:
        of_post[row.follow_up_id, row.due_on, row.post_id, row.audience].append(row)
    found: dict[int, Reminder] = {}
    for same in of_post.values():
        same.sort(key=lambda row: (row.remind_on, row.ordinal))
        found |= {row.pk: following for row, following in zip(same, same[1:], strict=False)}
    return found


def _seen(follow_ups: Iterable[FollowUp]) -> dict[tuple[int, int, date], Acknowledgment]:
    rows = Acknowledgment.objects.filter(follow_up__in=[follow_up.pk for follow_up in follow_ups])
    return {(row.follow_up_id, row.post_id, row.due_on): row for row in rows.order_by("until_on")}


def _holdings(rows: Iterable[Reminder]) -> dict[int, list[PostHolding]]:
    found: dict[int, list[PostHolding]] = defaultdict(list)
    posts = {row.post_id for row in rows if row.delivery_id}
    for holding in (
        PostHolding.objects.filter(post__in=posts).select_related("user").order_by("acting", "from_on")
    ):
        found[holding.post_id].append(holding)
    return found
