"""Calendars to subscribe to (RFC 5545), made anew at each reading from what the feed's person may see then.

The same content is the same bytes: nothing in it depends on the hour of reading. A date keeps its UID when it
moves, and its SEQUENCE counts its changes. Nothing restricted is in it, whoever was granted it: a calendar lies
on telephones and servers of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commitments.models import (
    Assignment,
    Change,
    Commitment,
    FollowUp,
    Forum,
    Marking,
    Meeting,
    PostHolding,
    User,
)
from commitments.trees import descendants
from commitments.working_days import ONE_DAY
from notifications.models import CalendarFeed
from notifications.recipients import Recipient

# How long what has ended is still told: long enough for every client to have asked in between.
TOLD_AFTERWARDS = timedelta(days=90)
PAST_MEETINGS = timedelta(days=366)
ASK_AGAIN = timedelta(hours=1)
MOST_DATES = 2_000
ANSWERED = {FollowUp.Outcome.REPORTED, FollowUp.Outcome.DONE}
MIDNIGHT = time(tzinfo=UTC)
MEETING_STATUS = {
    Meeting.State.EXPECTED: "TENTATIVE",
    Meeting.State.TENTATIVE: "TENTATIVE",
    Meeting.State.CONFIRMED: "CONFIRMED",
    Meeting.State.HELD: "CONFIRMED",
    Meeting.State.CANCELLED: "CANCELLED",
}


@dataclass(frozen=True)
class Revision:
    """How often an entry was written, and when last."""

    count: int
    at: datetime


Revisions = dict[int, Revision]


def calendar_of(feed: CalendarFeed, *, now: datetime) -> bytes:
    language, zone = _language_and_zone(feed.user, now)
    with translation.override(language), timezone.override(zone):
        return _Calendar(feed, now=now).to_ical()


def address_of(secret: str) -> str:
    return settings.SITE_URL + reverse("notifications:calendar", args=[secret])


def _language_and_zone(user: User, now: datetime) -> tuple[str, ZoneInfo]:
    """Those of the person, else of the organisation of a post they hold."""
    held = PostHolding.objects.on(now.date()).filter(user=user).order_by("acting", "from_on", "id")
    holding = held.select_related("post__organisation__calendar", "post__organisation__party").first()
    if holding is None:
        return user.language or settings.LANGUAGE_CODE, ZoneInfo(user.zone or settings.TIME_ZONE)
    told = Recipient(user, holding.post, holding.acting)
    return told.language, told.zone


class _Calendar:
    """One reading."""

    def __init__(self, feed: CalendarFeed, *, now: datetime) -> None:
        self.feed, self.now, self.today = feed, now, timezone.localdate(now)
        self.recent = now - TOLD_AFTERWARDS
        self.host = urlsplit(settings.SITE_URL).hostname or "localhost"

    def to_ical(self) -> bytes:
        follow_ups = self._follow_ups()
        meetings = list(self._meetings(follow_ups))
        self.revisions = {
            FollowUp: _revisions(FollowUp, {f.pk for f in follow_ups}),
            Commitment: _revisions(Commitment, {f.commitment_id for f in follow_ups if f.commitment_id}),
            Meeting: _revisions(
                Meeting, {m.pk for m in meetings} | {f.meeting_id for f in follow_ups if f.meeting_id}
            ),
        }
        calendar = self._frame()
        for follow_up in follow_ups:
            if self._is_told(follow_up):
                calendar.add_component(self._of_follow_up(follow_up))
        for meeting in meetings:
            if meeting.state != Meeting.State.CANCELLED or self._is_recent(meeting):
                calendar.add_component(self._of_meeting(meeting))
        return calendar.to_ical()

    def _frame(self) -> icalendar.Calendar:
        calendar = icalendar.Calendar()
        calendar.add("prodid", "-//Commitment tracker//Calendar feed//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("name", self._name())
        calendar.add("x-wr-calname", self._name())
        calendar.add("refresh-interval", ASK_AGAIN, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(ASK_AGAIN).to_ical().decode())
        if self.is_full:
            sentence = _("There are more dates than these %(count)s, which are the earliest.")
            calendar.add("x-wr-caldesc", sentence % {"count": MOST_DATES})
        return calendar

    def _name(self) -> str:
        if self.feed.forum is not None:
            return str(self.feed.forum)
        return _("Commitments of %(person)s") % {"person": self.feed.user}

    # -- what is in it

    def _follow_ups(self) -> list[FollowUp]:
        """Open, or ended lately; the earliest first, and no more than a calendar program can bear."""
        rows = FollowUp.objects.visible_to(self.feed.user).exclude(commitment__marking=Marking.RESTRICTED)
        mine = rows.filter(self._lately(), self._of_forum() if self.feed.forum_id else self._answered_for())
        related = mine.select_related("commitment__forum", "meeting__forum", "anchor_meeting")
        found = list(related.order_by("due_on", "pk")[:MOST_DATES])
        self.is_full = len(found) == MOST_DATES
        return [follow_up for follow_up in found if follow_up.closed_at or follow_up.is_open]

    def _lately(self) -> Q:
        return Q(closed_at=None) | Q(closed_at__gte=self.recent)

    def _of_forum(self) -> Q:
        forums = self._forums()
        of_commitment = Q(commitment__forum__in=forums) | Q(commitment__working_group__in=forums)
        return of_commitment | Q(meeting__forum__in=forums)

    def _forums(self) -> set[int]:
        """The feed's own with the bodies below it."""
        return descendants(Forum, {self.feed.forum_id}) if self.feed.forum_id else set()

    def _answered_for(self) -> Q:
        """A post that the person holds is named; or none is, and theirs leads for a party that is asked."""
        leads = Assignment.objects.active(self.today).leads().filter(post__in=self._held())
        asked = Q(party=None, commitment__in=leads.values("commitment"))
        for party in set(leads.order_by().values_list("party", flat=True)):
            asked |= Q(party=party, commitment__in=leads.filter(party=party).values("commitment"))
        theirs = FollowUp.objects.filter(self._lately(), Q(post__in=self._held()) | (Q(post=None) & asked))
        # As keys: few among many, which the rules of who sees what then need not look for.
        return Q(pk__in=list(theirs.order_by("due_on", "pk").values_list("pk", flat=True)[:MOST_DATES]))

    def _held(self) -> QuerySet[Any, Any]:
        return PostHolding.objects.on(self.today).filter(user=self.feed.user).values("post")

    def _meetings(self, follow_ups: Iterable[FollowUp]) -> QuerySet[Meeting]:
        """With a date; one that is expected some day would be an invented entry."""
        forums = self._forums() or self._their_forums(follow_ups)
        dated = Meeting.objects.visible_to(self.feed.user).filter(forum__in=forums)
        lately = dated.filter(starts_on__gte=self.today - PAST_MEETINGS)
        return lately.select_related("forum").order_by("starts_on", "pk")

    def _their_forums(self, follow_ups: Iterable[FollowUp]) -> set[int]:
        """Of what the person answers for, and where they keep the desk or have a role."""
        found = {pk for follow_up in follow_ups for pk in _forums_of(follow_up)}
        found |= set(Forum.objects.filter(desk__in=self._held()).values_list("pk", flat=True))
        roles = self.feed.user.memberships.on(self.today).exclude(forum=None)
        return found | set(roles.values_list("forum_id", flat=True))

    def _is_told(self, follow_up: FollowUp) -> bool:
        meeting = follow_up.meeting
        return meeting is None or meeting.state != Meeting.State.CANCELLED or self._is_recent(meeting)

    def _is_recent(self, meeting: Meeting) -> bool:
        """Cancelled lately; of one without a history nobody knows, and it is told."""
        revision = self.revisions[Meeting].get(meeting.pk)
        return revision is None or revision.at >= self.recent

    # -- how it reads

    def _of_follow_up(self, follow_up: FollowUp) -> icalendar.Event:
        commitment, meeting = follow_up.commitment, follow_up.meeting
        last = [
            *self._last(FollowUp, follow_up.pk),
            *self._last(Commitment, follow_up.commitment_id),
            *self._last(Meeting, follow_up.meeting_id),
        ]
        event = self._event(
            f"followup-{follow_up.pk}",
            first=follow_up.due_on,
            status=_status(follow_up),
            sequence=self._sequence(FollowUp, follow_up.pk),
            changed_at=max(last, default=follow_up.dated_at),
        )
        forum = commitment.forum if commitment else meeting.forum  # type: ignore[union-attr]  # of one thing
        kind = follow_up.get_kind_display()
        event.add("summary", _marked(forum, _ended(follow_up, f"{follow_up.subject} ({kind})")))
        event.add("categories", [forum.code, str(capfirst(kind))])
        event.add("class", "PUBLIC" if commitment and commitment.marking == Marking.PUBLIC else "PRIVATE")
        _link(event, _about(follow_up), _address(follow_up))
        return event

    def _of_meeting(self, meeting: Meeting) -> icalendar.Event:
        assert meeting.starts_on is not None
        event = self._event(
            f"meeting-{meeting.pk}",
            first=meeting.starts_on,
            last=meeting.ends_on,
            status=MEETING_STATUS[Meeting.State(meeting.state)],
            sequence=self._sequence(Meeting, meeting.pk),
            changed_at=max(
                self._last(Meeting, meeting.pk), default=datetime.combine(meeting.starts_on, MIDNIGHT)
            ),
        )
        event.add("summary", _marked(meeting.forum, str(meeting)))
        event.add("categories", [meeting.forum.code, str(capfirst(_("meeting")))])
        event.add("class", "PRIVATE")
        if meeting.place:
            event.add("location", meeting.place)
        about = [str(meeting.forum), str(capfirst(meeting.get_state_display()))]
        _link(event, about, reverse("admin:meeting", args=[meeting.pk]))
        return event

    def _event(
        self,
        name: str,
        *,
        first: date,
        last: date | None = None,
        status: str,
        sequence: int,
        changed_at: datetime,
    ) -> icalendar.Event:
        """Whole days, which leave the person free; stamped with the last change, so that the bytes stay the same."""
        event = icalendar.Event()
        event.add("uid", f"{name}@{self.host}")
        event.add("dtstart", first)
        event.add("dtend", (last or first) + ONE_DAY)
        event.add("status", status)
        event.add("sequence", sequence)
        event.add("transp", "TRANSPARENT")
        for stamp in ("dtstamp", "last-modified"):
            event.add(stamp, changed_at.replace(microsecond=0).astimezone(UTC))
        return event

    def _sequence(self, model: Any, key: int) -> int:
        revision = self.revisions[model].get(key)
        return revision.count - 1 if revision else 0

    def _last(self, model: Any, key: int | None) -> list[datetime]:
        revision = self.revisions[model].get(key or 0)
        return [revision.at] if revision else []


def _revisions(model: Any, keys: set[int]) -> Revisions:
    written = Change.objects.filter(model=model._meta.label_lower, object_id__in=keys).order_by()
    counted = written.values_list("object_id").annotate(Count("pk"), Max("at"))
    return {key: Revision(count, at) for key, count, at in counted}


def _forums_of(follow_up: FollowUp) -> Iterator[int]:
    commitment, meeting = follow_up.commitment, follow_up.meeting
    if commitment is not None:
        yield commitment.forum_id
        if commitment.working_group_id:
            yield commitment.working_group_id
    elif meeting is not None:
        yield meeting.forum_id


def _status(follow_up: FollowUp) -> str:
    """Answered is not cancelled: it stands, and says that it is done. Dropped, replaced or without its meeting: gone."""
    if follow_up.outcome in ANSWERED:
        return "CONFIRMED"
    meeting = follow_up.meeting
    if follow_up.closed_at or (meeting and meeting.state == Meeting.State.CANCELLED):
        return "CANCELLED"
    return "TENTATIVE" if follow_up.waits_for_meeting else "CONFIRMED"


def _ended(follow_up: FollowUp, summary: str) -> str:
    return _("Answered: %(item)s") % {"item": summary} if follow_up.outcome in ANSWERED else summary


def _marked(forum: Forum, summary: str) -> str:
    return " · ".join([_("Demonstration"), summary]) if forum.demonstration else summary


def _about(follow_up: FollowUp) -> list[str]:
    lines = [f"{capfirst(follow_up.get_kind_display())}, {follow_up.get_basis_display()}"]
    if follow_up.phrase:
        lines.append(_("As stated: “%(phrase)s”") % {"phrase": follow_up.phrase})
    if follow_up.commitment is not None:
        lines.append(_("Our summary: %(title)s") % {"title": follow_up.commitment.title})
    if follow_up.waits_for_meeting:
        lines.append(_("The meeting has no date yet; until then this stands on the common review date."))
    return lines


def _address(follow_up: FollowUp) -> str:
    if follow_up.commitment is not None:
        return reverse("admin:commitment", args=[follow_up.commitment.reference])
    return reverse("admin:meeting", args=[follow_up.meeting_id])


def _link(event: icalendar.Event, about: list[str], path: str) -> None:
    address = settings.SITE_URL + path
    event.add("description", "\n".join([*about, address]))
    event.add("url", address)
