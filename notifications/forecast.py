"""Who will hear of a follow-up, and when: asked before saving, shown beside it, explained afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from commitments.models import FollowUp, Post
from notifications.ladders import ladder_for, told_days
from notifications.models import Reminder
from notifications.recipients import Directory, Recipient


@dataclass(frozen=True)
class Expected:
    """One step to come: the recipient's local day (at 08:30), or the desk's task. No recipient: nobody can be told."""

    follow_up: FollowUp
    step: str
    told_on: date
    post: Post
    recipient: Recipient | None
    audience: str


def posts_told(follow_up: FollowUp, today: date) -> list[Post]:
    """Whom the owner's steps go to: the post named for the date, else the leads, else the desk."""
    if follow_up.post is not None:
        return [follow_up.post]
    leads: list[Post] = []
    if follow_up.commitment is not None:
        assigned = follow_up.commitment.assignments.active(today).leads().select_related("post")
        if follow_up.party_id is not None:
            assigned = assigned.filter(party=follow_up.party_id)
        leads = [assignment.post for assignment in assigned]
    desk = follow_up.forum.desk_post()
    return leads or ([desk] if desk else [])


def forecast(follow_ups: Iterable[FollowUp], *, now: datetime, days: int = 400) -> list[Expected]:
    """What is to come within `days`, in order. Holders are those of today: a post may have changed hands by then."""
    pairs = [(f, post) for f in follow_ups if f.is_open for post in posts_told(f, now.date())]
    directory = Directory({post.pk for _f, post in pairs}, now=now)
    told = _told({f.pk for f, _post in pairs if f.pk})
    last = now.date() + timedelta(days=days)
    found = [row for f, post in pairs for row in _steps(f, post, directory, now)]
    waiting = (row for row in found if (row.follow_up.pk, row.step, row.follow_up.due_on) not in told)
    return sorted((row for row in waiting if row.told_on <= last), key=lambda row: (row.told_on, row.step))


def _told(follow_up_ids: set[int]) -> set[tuple[int, str, date]]:
    done = Reminder.objects.filter(follow_up__in=follow_up_ids).exclude(state=Reminder.State.PLANNED)
    return set(done.values_list("follow_up", "step", "due_on"))


def _steps(follow_up: FollowUp, post: Post, directory: Directory, now: datetime) -> Iterator[Expected]:
    """The steps of one post's ladder from today on; what is due already is told on the next working day."""
    recipient = directory.recipient(post.pk, follow_up.forum.pk)
    through = recipient.post if recipient else directory.posts[post.pk]
    zone = through.organisation.clock
    calendar, known_on = directory.calendar(through), follow_up.dated_at.astimezone(zone).date()
    ladder = ladder_for(follow_up.kind)
    for step, told_on in told_days(ladder, follow_up.due_on, known_on=known_on, calendar=calendar):
        if told_on >= now.astimezone(zone).date():
            yield Expected(follow_up, step.code, told_on, post, recipient, step.audience)
