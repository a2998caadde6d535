"""The weekly overview: information only, which may be switched off; at most one a person and week.

A person who gets a reminder that day reads it there (digest.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.locking import exclusively
from commitments.models import Assignment, Calendar, Forum, Organisation, User
from commitments.working_days import moment
from notifications import channels, wording
from notifications.digest import (
    NO_FORUM,
    Overview,
    heard_this_week,
    is_restricted,
    posts_held,
    posts_of_people,
    read_overviews,
)
from notifications.ladders import DIGEST_HOUR
from notifications.models import Delivery, Heartbeat, Preference
from notifications.planning import ONE_AT_A_TIME
from notifications.recipients import Directory, Recipient
from notifications.rendering import Contents, Message, render

PART = "overviews"
ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(weeks=1)
NOON = time(12)


def bundle_overviews(*, now: datetime) -> int:
    """Make those whose hour has come since the last run: at theirs, on the first working day of their week."""
    since = _last_made(now)
    if not _is_somebodys_hour(since, now):
        return 0
    with exclusively(ONE_AT_A_TIME):
        made = [_message_for(who, now=now) for who in _to_be_told(since, now)]
        for delivery in made:
            delivery.save()
        Heartbeat.beat(PART, now=now)
    return len(made)


def _last_made(now: datetime) -> datetime:
    last = Heartbeat.last(PART)
    return last if last and last <= now else now - ONE_DAY


def compose_overview(delivery: Delivery, directory: Directory, *, now: datetime) -> Message | None:
    """None: there is nothing to tell any more, or a reminder of that week has told it."""
    people, posts = _people(Directory(posts_of_people({delivery.recipient_id}, now=now), now=now))
    who = people.get(delivery.recipient_id)
    if who is None or not who.preference.overview:
        return None
    reminders = Delivery.objects.filter(message_class=Delivery.MessageClass.REMINDERS)
    one = {who.user.pk: who}
    if heard_this_week(one, reminders.exclude(state=Delivery.State.CANCELLED), now=now):
        return None
    overview = read_overviews(one, posts, now=now)[who.user.pk]
    if overview.is_empty:
        return None
    with translation.override(delivery.language):
        return render(_contents(overview, who, directory, delivery.language, now=now), delivery, directory)


def _directory_of_keepers(now: datetime) -> Directory:
    """Of everybody who may get an overview: the leads of working groups and the keepers of desks."""
    yesterday, tomorrow = (now - ONE_DAY).date(), (now + ONE_DAY).date()
    parts = Assignment.objects.overlapping(yesterday, tomorrow)
    leads = parts.filter(role=Assignment.Role.WORKING_GROUP_LEAD).order_by().values_list("post").distinct()
    return Directory({post for (post,) in leads}, now=now)  # which knows the desks


def _is_somebodys_hour(since: datetime, now: datetime) -> bool:
    """Whether anywhere the hour at which somebody is told has come: most runs end here."""
    return now - since >= ONE_DAY or bool(hours_between(since, now))


def hours_between(since: datetime, now: datetime) -> set[datetime]:
    """The moments after `since` at which anywhere somebody is told."""
    hours = {DIGEST_HOUR, *Preference.objects.order_by().values_list("hour", flat=True).distinct()}
    of_calendars = Calendar.objects.order_by().values_list("zone", flat=True)
    of_organisations = Organisation.objects.order_by().values_list("zone", flat=True)
    of_people = User.objects.order_by().values_list("zone", flat=True)
    zones = of_calendars.union(of_organisations, of_people)
    days = ((zone, now.astimezone(ZoneInfo(zone)).date()) for zone in zones if zone)
    back = range((now - since).days + 2)
    moments = (moment(day - n * ONE_DAY, hour, zone) for zone, day in days for hour in hours for n in back)
    return {each for each in moments if since < each <= now}


def _people(directory: Directory) -> tuple[dict[int, Recipient], dict[int, set[int]]]:
    """By person: as whom they are told, and of which posts."""
    posts = posts_held(directory)
    people = {user: directory.recipient(min(theirs), NO_FORUM) for user, theirs in posts.items()}
    return {user: who for user, who in people.items() if who is not None}, posts


def _to_be_told(since: datetime, now: datetime) -> Iterator[Recipient]:
    directory = _directory_of_keepers(now)
    people, posts = _people(directory)
    open_channels = {name for name in Delivery.Channel if channels.for_name(name).is_open()}
    wanted = {
        user: who
        for user, who in people.items()
        if who.preference.overview and who.preference.overview_by in open_channels
        if _week_begins(who, directory, since, now)
    }
    # One that had nothing to say is not written a second time: the day's overview has its one place.
    rows = Delivery.objects.exclude(
        ~Q(message_class=Delivery.MessageClass.OVERVIEW), state=Delivery.State.CANCELLED
    )
    had = heard_this_week(wanted, rows, now=now)
    wanted = {user: who for user, who in wanted.items() if user not in had}
    overviews = read_overviews(wanted, posts, now=now)
    yield from (who for user, who in wanted.items() if not overviews[user].is_empty)


@dataclass(frozen=True)
class Coming:
    """An overview to come, if there is anything to tell by then."""

    recipient: Recipient
    told_at: datetime

    @property
    def local_hour(self) -> datetime:
        return self.recipient.local_time(self.told_at)

    @property
    def told_on(self) -> date:
        return self.local_hour.date()


def to_come(messages: Collection[tuple[int, datetime]], *, now: datetime, days: int) -> list[Coming]:
    """Of the weeks that begin within `days`, in order; as if every channel were open.

    `messages`: to whom and when reminders go meanwhile, for those carry the overview. What will wait on a desk by
    then nobody knows, so its keepers are named each week; a group that has nothing open today is left out."""
    first, until = _last_made(now), now.date() + days * ONE_DAY
    found = []
    for monday in _mondays(now, until):
        directory = _directory_of_keepers(max(now, monday))
        people, posts = _people(directory)
        due = {user: _coming(who, directory, monday) for user, who in people.items()}
        of_week = {
            u: at for u, at in due.items() if at and first < at and people[u].local_time(at).date() <= until
        }
        had = _carried(people, of_week, messages, now=now)
        wanted = {
            user: people[user] for user in of_week if user not in had and people[user].preference.overview
        }
        empty = _without_anything(
            wanted, posts, directory, now=max(now, *of_week.values()) if of_week else now
        )
        found += [Coming(who, max(now, of_week[user])) for user, who in wanted.items() if user not in empty]
    return sorted(found, key=lambda each: (each.told_on, each.local_hour.time(), each.recipient.user.pk))


def _mondays(now: datetime, until: date) -> list[datetime]:
    """Of the weeks that touch these days, at a moment that is Monday nearly everywhere."""
    monday = now.date() - now.weekday() * ONE_DAY
    weeks = range((until - monday).days // 7 + 2)
    return [datetime.combine(monday + n * 7 * ONE_DAY, NOON, tzinfo=UTC) for n in weeks]


def _coming(who: Recipient, directory: Directory, monday: datetime) -> datetime | None:
    """Their hour on the first day of that week on which they work; None if they pause then, or do not work."""
    first = directory.working_days(who).first_of_week(monday.date())
    if first is None or who.preference.pauses_on(first):
        return None
    return moment(first, who.preference.hour, str(who.zone))


def _carried(
    people: Mapping[int, Recipient],
    of_week: Mapping[int, datetime],
    messages: Collection[tuple[int, datetime]],
    *,
    now: datetime,
) -> set[int]:
    """Whom a message of that week has told it, or will before the overview could."""
    this_week = {user: people[user] for user, at in of_week.items() if at - now < ONE_WEEK}
    rows = Delivery.objects.exclude(state=Delivery.State.CANCELLED)
    had = {
        user
        for user in heard_this_week(this_week, rows, now=now)
        if _week_of(people[user], now) == _week_of(people[user], of_week[user])
    }
    return had | {
        user
        for user, at in messages
        if user in of_week
        and at <= of_week[user]
        and _week_of(people[user], at) == _week_of(people[user], of_week[user])
    }


def _week_of(who: Recipient, at: datetime) -> tuple[int, int]:
    return who.local_time(at).isocalendar()[:2]


def _without_anything(
    wanted: Mapping[int, Recipient], posts: Mapping[int, set[int]], directory: Directory, *, now: datetime
) -> set[int]:
    """Of those who keep no desk."""
    desks = {forum.desk_id for forum in directory.forums.values()}
    leads = {user: who for user, who in wanted.items() if not posts[user] & desks}
    overviews = read_overviews(leads, posts, now=now)
    return {user for user in leads if overviews[user].is_empty}


def _week_begins(who: Recipient, directory: Directory, since: datetime, now: datetime) -> bool:
    """Their hour on the first day of the week on which they work has come since."""
    first = directory.working_days(who).first_of_week(who.local_time(now).date())
    if first is None or not directory.may_be_told(who):
        return False
    return since < moment(first, who.preference.hour, str(who.zone)) <= now


def _message_for(who: Recipient, *, now: datetime) -> Delivery:
    return Delivery.to(
        who.user,
        channel=who.preference.overview_by,
        message_class=Delivery.MessageClass.OVERVIEW,
        local_day=who.local_time(now).date(),
        language=who.language,
        now=now,
    )


def _contents(
    overview: Overview, who: Recipient, directory: Directory, language: str, *, now: datetime
) -> Contents:
    today = who.local_time(now).date()
    of_group = wording.forums_of(overview.group, directory)
    kept = {directory.forums[pk] for pk in overview.desk_forums}
    return Contents(
        subject=_subject(overview, wording.numbers_of(overview, today)),
        intro=_("Your weekly overview: for information, nothing is asked of you here."),
        forums=sorted({*of_group, *kept}, key=lambda forum: forum.code),
        why=_why(of_group, kept),
        listings=tuple(wording.for_information(overview, directory, today, language)),
        mentions={each.pk: is_restricted(each) for each in wording.shown(overview.group)},
    )


def _why(groups: Iterable[Forum], desks: Iterable[Forum]) -> str:
    """By which part in which register."""
    said = {"groups": _codes(groups), "desks": _codes(desks)}
    if said["groups"] and said["desks"]:
        return (
            _(
                "You get this overview as lead of a working group (%(groups)s) and keeper of a desk (%(desks)s)."
            )
            % said
        )
    if said["groups"]:
        return _("You get this overview as lead of a working group (%(groups)s).") % said
    return _("You get this overview as keeper of a desk (%(desks)s).") % said


def _codes(forums: Iterable[Forum]) -> str:
    return ", ".join(sorted(forum.code for forum in forums))


def _subject(overview: Overview, numbers: dict[str, int]) -> str:
    if overview.group:
        return _("Weekly overview: %(overdue)d overdue, %(soon)d due in 14 days") % numbers
    return _("Weekly overview of your desk")
