"""Who is told for a post today: whoever acts, else its holder, else the alternate's, else the desk's; never nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from commitments.models import Forum, Organisation, Post, PostHolding, User
from commitments.working_days import ONE_DAY, WorkingCalendar, moment
from notifications.models import Delivery, Preference

ALTERNATES_FOLLOWED = 3
A_WEEK_AT_MOST = 2  # messages, for who did not choose to be told daily
TWO_WEEKS = timedelta(weeks=2)


@dataclass(frozen=True)
class Recipient:
    """A person, and through which post they are told."""

    user: User
    post: Post  # the one they hold
    acting: bool
    acts_for: User | None = None  # who is away
    acts_until: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.zone) if self.user.zone else self.post.organisation.clock

    @property
    def language(self) -> str:
        organisation = self.post.organisation
        return self.user.language or organisation.language or organisation.party.language

    @property
    def preference(self) -> Preference:
        """What the person chose, else what holds for everybody."""
        return self.user.preference if hasattr(self.user, "preference") else Preference(user=self.user)

    def local_time(self, now: datetime) -> datetime:
        return now.astimezone(self.zone)


class Directory:
    """Posts, their holders around today and the desks of forums, read in a few queries for a whole run."""

    def __init__(self, post_ids: Iterable[int], *, now: datetime, until: datetime | None = None) -> None:
        self.now, self.until = now, until or now
        self.forums = {forum.pk: forum for forum in Forum.objects.all()}
        self.posts = self._with_alternates(
            {*post_ids, *(f.desk_id for f in self.forums.values() if f.desk_id)}
        )
        self.holdings = self._holdings()
        self._calendars: dict[int, WorkingCalendar] = {}

    def _with_alternates(self, wanted: set[int]) -> dict[int, Post]:
        found: dict[int, Post] = {}
        for _step in range(ALTERNATES_FOLLOWED + 1):
            found |= Post.objects.in_bulk(wanted - set(found))
            wanted = {p.alternate_id for p in found.values() if p.alternate_id}
            if wanted <= set(found):
                break
        return _with_organisations(found)

    def _holdings(self) -> dict[int, list[PostHolding]]:
        """From yesterday to tomorrow: which day it is depends on the recipient's zone; ahead as far as asked."""
        around = PostHolding.objects.filter(post__in=self.posts, user__is_active=True).exclude(user__email="")
        yesterday, tomorrow = self.now - timedelta(days=1), self.until + timedelta(days=1)
        around = around.filter(from_on__lte=tomorrow.date()).exclude(until_on__lt=yesterday.date())
        found = defaultdict(list)
        for holding in around.select_related("user__preference").order_by("-acting", "-from_on"):
            found[holding.post_id].append(holding)
        return found

    def working_days(self, recipient: Recipient) -> WorkingCalendar:
        """Of the ministry, less the days on which this person does not work."""
        calendar = self.calendar(recipient.post)
        weekend = recipient.preference.weekend
        return calendar if weekend == calendar.weekend else replace(calendar, weekend=weekend)

    def may_be_told(self, recipient: Recipient) -> bool:
        """Now: their hour has come on a day on which they work, and they do not pause."""
        local = recipient.local_time(self.now)
        preference = recipient.preference
        if local.time() < preference.hour or preference.pauses_on(local.date()):
            return False
        return self.working_days(recipient).is_working(local.date())

    def next_moment(self, recipient: Recipient) -> datetime:
        """When they may be told next, after now."""
        local, preference = recipient.local_time(self.now), recipient.preference
        day = local.date() if local.time() < preference.hour else local.date() + ONE_DAY
        working = self.working_days(recipient)
        day = working.on_or_after(day)
        while preference.pauses_on(day):
            day = working.on_or_after(day + ONE_DAY)
        return moment(day, preference.hour, str(recipient.zone))

    def calendar(self, post: Post) -> WorkingCalendar:
        calendar = post.organisation.calendar
        if calendar.pk not in self._calendars:
            self._calendars[calendar.pk] = calendar.working_days()
        return self._calendars[calendar.pk]

    def desk_post_id(self, forum_id: int) -> int | None:
        """Forum.desk_post(), without a query."""
        forum = self.forums.get(forum_id)
        while forum is not None and forum.desk_id is None:
            forum = self.forums.get(forum.parent_id or 0)
        return forum.desk_id if forum else None

    def mailbox(self, forum_id: int) -> str:
        """Forum.mailbox(), without a query."""
        forum = self.forums.get(forum_id)
        while forum is not None and not forum.desk_mailbox:
            forum = self.forums.get(forum.parent_id or 0)
        return forum.desk_mailbox if forum else ""

    def recipient(self, post_id: int, forum_id: int) -> Recipient | None:
        """None is a state to be shown: neither the post, its alternates nor the desk has anybody with an address."""
        return next(
            (found for pk in self._candidates(post_id, forum_id) if (found := self._holder(pk))), None
        )

    def _candidates(self, post_id: int, forum_id: int) -> Iterator[int]:
        yield from self._and_alternates(post_id)
        yield from self._and_alternates(self.desk_post_id(forum_id) or 0)

    def _and_alternates(self, post_id: int) -> Iterator[int]:
        post = self.posts.get(post_id)
        for _step in range(ALTERNATES_FOLLOWED + 1):
            if post is None:
                break
            yield post.pk
            post = self.posts.get(post.alternate_id or 0)

    def _holder(self, post_id: int) -> Recipient | None:
        post, held = self.posts[post_id], self.holdings.get(post_id, [])
        for holding in held:
            recipient = Recipient(holding.user, post, holding.acting)
            day = recipient.local_time(self.now).date()
            if _holds(holding, day):
                return replace(recipient, **_whose_place(holding, held, day)) if holding.acting else recipient
        return None


def _with_organisations(posts: dict[int, Post]) -> dict[int, Post]:
    """Many posts are of few organisations; each is read once."""
    ids = {post.organisation_id for post in posts.values()}
    organisations = Organisation.objects.select_related("calendar", "party").in_bulk(ids)
    for post in posts.values():
        post.organisation = organisations[post.organisation_id]
    return posts


def _whose_place(acting: PostHolding, held: Iterable[PostHolding], day: date) -> dict[str, Any]:
    away = (holding.user for holding in held if not holding.acting and _holds(holding, day))
    return {"acts_for": next(away, None), "acts_until": acting.until_on}


def _holds(holding: PostHolding, day: date) -> bool:
    return holding.from_on <= day and (holding.until_on is None or day <= holding.until_on)


class MessagesOfTheWeek:
    """Who has had how many messages in this week and the last."""

    def __init__(self, now: datetime) -> None:
        recent = Delivery.objects.filter(
            message_class=Delivery.MessageClass.REMINDERS, local_day__gte=now.date() - TWO_WEEKS
        ).exclude(state__in=[Delivery.State.CANCELLED, Delivery.State.PENDING, Delivery.State.CLAIMED])
        self.days: dict[tuple[int, int, int], set[date]] = defaultdict(set)
        for user_id, day in recent.values_list("recipient", "local_day"):
            self.note(user_id, day)

    def note(self, user_id: int, day: date) -> None:
        year, week, _weekday = day.isocalendar()
        self.days[user_id, year, week].add(day)

    def has_had(self, recipient: Recipient, local_day: date) -> bool:
        return local_day in self._of_week(recipient, local_day)

    def is_full(self, recipient: Recipient, local_day: date) -> bool:
        if recipient.preference.rhythm == Preference.Rhythm.DAILY:
            return False
        return len(self._of_week(recipient, local_day) - {local_day}) >= A_WEEK_AT_MOST

    def _of_week(self, recipient: Recipient, local_day: date) -> set[date]:
        year, week, _weekday = local_day.isocalendar()
        return self.days[recipient.user.pk, year, week]
