"""Who will hear of what, and when: asked before saving, shown beside it, printed for the days to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from commitments.models import FollowUp, Meeting, Post
from notifications import channels
from notifications.ahead import Ahead, Fate
from notifications.inheritance import Found, LadderBook, Place
from notifications.ladders import Audience, Family, Ladder, family_of
from notifications.models import Delivery
from notifications.overviews import to_come
from notifications.recipients import Recipient

# Working days off in a row, at the very most, beyond what a step's own days say.
LONGEST_LEAP = timedelta(days=40)


@dataclass(frozen=True)
class Expected:
    """One step to come: on the recipient's local day, at their hour; or the desk's task. No recipient: nobody can
    be told."""

    follow_up: FollowUp
    step: str
    unit: str
    told_on: date
    post: Post
    recipient: Recipient | None
    audience: str
    told_at: datetime | None = None  # of a message

    @property
    def is_task(self) -> bool:
        return self.audience == Audience.DESK

    @property
    def is_message(self) -> bool:
        return self.told_at is not None

    @property
    def local_hour(self) -> datetime | None:
        """By the recipient's clock."""
        return self.recipient.local_time(self.told_at) if self.recipient and self.told_at else None


def forecast(
    follow_ups: Iterable[FollowUp], *, now: datetime, days: int = 400, book: LadderBook | None = None
) -> list[Expected]:
    """What is to come within `days`, in order; as if mail were switched on.

    Rows with commitment and meeting read along: then the number of queries does not grow with theirs."""
    ahead = Ahead(standing(follow_ups), now=now, until=now + timedelta(days=days + 1), book=book)
    return expected_of(ahead.fates, until=now.date() + timedelta(days=days))


def standing(follow_ups: Iterable[FollowUp]) -> list[FollowUp]:
    """The rows' answer to FollowUpQuerySet.open(): nothing is asked of a meeting that will not be held."""
    cancelled = Meeting.State.CANCELLED
    return [f for f in follow_ups if f.is_open and (f.meeting is None or f.meeting.state != cancelled)]


def expected_of(fates: Iterable[Fate], *, until: date) -> list[Expected]:
    found = [row for fate in fates if (row := _expected(fate)) is not None and row.told_on <= until]
    return sorted(found, key=_order)


def _expected(fate: Fate) -> Expected | None:
    reminder, told_on = fate.reminder, fate.told_on or fate.nobody_on
    if told_on is None:
        return None
    return Expected(
        follow_up=reminder.follow_up,
        step=reminder.step,
        unit=reminder.unit,
        told_on=told_on,
        post=reminder.post,
        recipient=fate.recipient,
        audience=reminder.audience,
        told_at=fate.told_at,
    )


def _order(row: Expected) -> tuple:
    hour = row.local_hour
    person = row.recipient.user.pk if row.recipient else 0
    return (
        row.told_on,
        hour is None,
        hour.time() if hour else None,
        person,
        row.follow_up.due_on,
        row.step,
        row.follow_up.pk or 0,
    )


def closed_channels(messages: Iterable[Message] = ()) -> list[str]:
    """Mail, and what else these would leave by, as far as nothing leaves by it now; a forecast speaks as if it did."""
    used = {message.channel for message in messages}
    return [name for name in sorted({*used, Delivery.Channel.MAIL}) if not channels.for_name(name).is_open()]


# -- day by day, as the command prints it and the desk shows it


@dataclass(frozen=True)
class Message:
    """To one person at one moment: the items that it asks about; none: the weekly overview."""

    recipient: Recipient
    told_at: datetime
    items: tuple[Expected, ...] = ()

    @property
    def local_hour(self) -> datetime:
        """By the recipient's clock."""
        return self.recipient.local_time(self.told_at)

    @property
    def is_overview(self) -> bool:
        return not self.items

    @property
    def channel(self) -> str:
        preference = self.recipient.preference
        return preference.overview_by if self.is_overview else preference.duties_by


@dataclass(frozen=True)
class Day:
    on: date
    messages: list[Message]
    nobody: list[Expected]  # to whom it could be told
    tasks: list[Expected]


def weekly_overviews(rows: Iterable[Expected], *, now: datetime, days: int) -> list[Message]:
    """`rows`: all of the register until then, for a reminder carries the overview of its week."""
    told = {(row.recipient.user.pk, row.told_at) for row in rows if row.recipient and row.told_at}
    return [Message(each.recipient, each.told_at) for each in to_come(told, now=now, days=days)]


def day_by_day(rows: Iterable[Expected], overviews: Iterable[Message] = ()) -> list[Day]:
    days: dict[date, Day] = {}

    def on(day: date) -> Day:
        return days.setdefault(day, Day(day, [], [], []))

    items: dict[tuple[date, int], list[Expected]] = {}
    for row in rows:
        if row.is_task:
            on(row.told_on).tasks.append(row)
        elif row.recipient is None or row.told_at is None:
            on(row.told_on).nobody.append(row)
        else:
            items.setdefault((row.told_on, row.recipient.user.pk), []).append(row)
    for (day, _person), same in items.items():
        assert same[0].recipient is not None
        assert same[0].told_at is not None
        on(day).messages.append(Message(same[0].recipient, same[0].told_at, tuple(same)))
    for overview in overviews:
        on(overview.local_hour.date()).messages.append(overview)
    for found in days.values():
        found.messages.sort(key=lambda m: (m.local_hour.time(), m.recipient.user.pk, m.is_overview))
    return [days[day] for day in sorted(days)]


# -- of the whole register, or of what one ladder governs


def within_reach(now: datetime, days: int, book: LadderBook, among: Q | None = None) -> list[FollowUp]:
    """Open dates that may reach a step until then. Those long overdue too: a new step is told for each of them."""
    offsets = (step.about_days for ladder in book.ladders.values() for step in ladder.steps)
    furthest = now.date() + timedelta(days=days - min(0, *offsets) * 1.5) + LONGEST_LEAP
    found = FollowUp.objects.open().filter(among or Q(), due_on__lte=furthest)
    return list(found.select_related("commitment", "meeting__forum").order_by("due_on", "pk"))


@dataclass(frozen=True)
class Load:
    """How much a forecast puts on people."""

    messages: int
    people: int
    tasks: int
    nobody: int
    by_day: dict[date, int]

    @classmethod
    def of(cls, rows: Sequence[Expected]) -> Load:
        told = {(row.recipient.user.pk, row.told_on) for row in rows if row.recipient}
        days = sorted({day for _user, day in told})
        return cls(
            messages=len(told),
            people=len({user for user, _day in told}),
            tasks=sum(row.is_task for row in rows),
            nobody=sum(not row.is_task and row.recipient is None for row in rows),
            by_day={day: sum(on == day for _user, on in told) for day in days},
        )


def dry_run(
    family: Family, place: Place, ladder: Ladder | None, *, now: datetime, days: int
) -> tuple[Load, Load]:
    """What the dates that this ladder governs cause until then: as it is, and with `ladder` (None: the inherited)."""
    book = LadderBook()
    supposed = book.supposing(family, place, ladder)
    among = _of_family(family) & _perhaps_governed(family, place, book, supposed)
    reach = {f.pk: f for each in (book, supposed) for f in within_reach(now, days, each, among)}
    governed = [f for f in reach.values() if _differs(book.of_follow_up(f), supposed.of_follow_up(f), place)]
    before, after = (forecast(governed, now=now, days=days, book=each) for each in (book, supposed))
    return Load.of(before), Load.of(after)


def _of_family(family: Family) -> Q:
    return Q(kind__in=[kind for kind in FollowUp.Kind.values if family_of(kind) == family])


def _perhaps_governed(family: Family, place: Place, book: LadderBook, supposed: LadderBook) -> Q:
    """By forums; of their commitments some have their own ladder."""
    if place.commitment is not None:
        return Q(commitment=place.commitment.pk)
    forums = [
        pk for pk in book.forums if _differs(book.of_forum(pk, family), supposed.of_forum(pk, family), place)
    ]
    of_forum = Q(commitment__working_group=None, commitment__forum__in=forums)
    return of_forum | Q(commitment__working_group__in=forums) | Q(meeting__forum__in=forums)


def _differs(now: Found, then: Found, place: Place) -> bool:
    return now.key != then.key or now.is_of(place)
