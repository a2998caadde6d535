"""The weekly overview: information only, which may be switched off; at most one a person and week.

A person who gets a reminder that day reads it there (digest.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from commitments.locking import exclusively
from commitments.models import Assignment, Calendar, Organisation, User
from commitments.working_days import moment
from notifications import channels, wording
from notifications.digest import (
    NO_FORUM,
    Overview,
    directory_of,
    heard_this_week,
    is_restricted,
    posts_held,
    read_overviews,
)
from notifications.ladders import DIGEST_HOUR
from notifications.models import Delivery, Heartbeat, Preference
from notifications.planning import ONE_AT_A_TIME
from notifications.recipients import Directory, Recipient
from notifications.rendering import Contents, Message, render

PART = "overviews"
ONE_DAY = timedelta(days=1)


def bundle_overviews(*, now: datetime) -> int:
    """Make those whose hour has come since the last run: at theirs, on the first working day of their week."""
    last = Heartbeat.last(PART)
    since = last if last and last <= now else now - ONE_DAY
    if not _is_somebodys_hour(since, now):
        return 0
    with exclusively(ONE_AT_A_TIME):
        made = [_message_for(who, now=now) for who in _to_be_told(since, now)]
        for delivery in made:
            delivery.save()
        Heartbeat.beat(PART, now=now)
    return len(made)


def compose_overview(delivery: Delivery, directory: Directory, *, now: datetime) -> Message | None:
    """None: there is nothing to tell any more, or a reminder of that week has told it."""
    people, posts = _people(directory_of({delivery.recipient_id}, now=now))
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
    if now - since >= ONE_DAY:
        return True
    hours = {DIGEST_HOUR, *Preference.objects.order_by().values_list("hour", flat=True).distinct()}
    of_calendars = Calendar.objects.order_by().values_list("zone", flat=True)
    of_organisations = Organisation.objects.order_by().values_list("zone", flat=True)
    of_people = User.objects.order_by().values_list("zone", flat=True)
    zones = of_calendars.union(of_organisations, of_people)
    days = ((zone, now.astimezone(ZoneInfo(zone)).date()) for zone in zones if zone)
    moments = (moment(day - n * ONE_DAY, hour, zone) for zone, day in days for hour in hours for n in (0, 1))
    return any(since < each <= now for each in moments)


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
    rows = Delivery.objects.exclude(state=Delivery.State.CANCELLED)
    had = heard_this_week(wanted, rows, now=now)
    wanted = {user: who for user, who in wanted.items() if user not in had}
    overviews = read_overviews(wanted, posts, now=now)
    yield from (who for user, who in wanted.items() if not overviews[user].is_empty)


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
        listings=tuple(wording.for_information(overview, directory, today, language)),
        mentions={each.pk: is_restricted(each) for each in wording.shown(overview.group)},
    )


def _subject(overview: Overview, numbers: dict[str, int]) -> str:
    if overview.group:
        return _("Weekly overview: %(overdue)d overdue, %(soon)d due in 14 days") % numbers
    return _("Weekly overview of your desk")
