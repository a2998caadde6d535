"""What a message tells beyond the items it asks about; read for a whole batch of messages in a few queries.

The parts that a post has in an item open it to whoever holds the post (commitments/access.py), and of a restricted
item a mail says the reference only: so these rows are found by post, for everybody at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain

from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery, prefetch_related_objects

from commitments import access
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    FollowUp,
    Forum,
    Marking,
    Post,
    PostHolding,
    ProgressReport,
    Provision,
    Request,
    User,
)
from commitments.models.follow_ups import FollowUpQuerySet
from notifications.asking_again import given_back
from notifications.audiences import Rule, posts_of
from notifications.bundling import below, told_of
from notifications.ladders import ABOVE, Audience
from notifications.models import Acknowledgment, Delivery, DeliveryQuerySet, Reminder
from notifications.recipients import Directory, Recipient

Told = list[tuple[Reminder, Recipient]]
NO_FORUM = 0
NO_DESK: list[Rule] = [(NO_FORUM, None, 0, 0)]  # what nobody leads is the desk's, and in its own numbers
ROLE_OF = {
    Audience.OWNER: Assignment.Role.LEAD,
    Audience.WORKING_GROUP_LEAD: Assignment.Role.WORKING_GROUP_LEAD,
}
LEFT = {Delivery.State.SENDING, Delivery.State.SENT, Delivery.State.UNCERTAIN}
ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Below:
    """Who was told of an item before somebody above hears of it, and when last."""

    post: Post
    told_at: datetime


@dataclass(frozen=True)
class Returned:
    """An answer that the desk gave back, and nothing was said since. `reminder`: the one that it answered."""

    reminder: Reminder
    words: str
    decided_at: datetime
    held_until_on: date | None = None  # acknowledged meanwhile

    def is_held(self, today: date) -> bool:
        return self.held_until_on is not None and today <= self.held_until_on


@dataclass(frozen=True)
class Overview:
    """For information, once a week: the groups that a person leads, and what waits on their desk."""

    group: tuple[FollowUp, ...] = ()
    leads: Mapping[int, tuple[Post, ...]] = field(default_factory=dict)  # by follow-up
    desk_forums: frozenset[int] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict)

    def without(self, asked: Collection[int]) -> Overview:
        return replace(self, group=tuple(f for f in self.group if f.pk not in asked)) if self.group else self

    @property
    def is_empty(self) -> bool:
        return not self.group and not any(self.numbers.values())


@dataclass(frozen=True)
class Extras:
    """Of one message; without any it says the bare items."""

    statuses: Mapping[int, ProgressReport] = field(default_factory=dict)  # last cleared, by commitment
    letters: Mapping[int, str] = field(default_factory=dict)  # by commitment
    below: Mapping[int, Below] = field(default_factory=dict)  # by reminder
    returned: Mapping[tuple[int, int], Returned] = field(default_factory=dict)  # by follow-up and post
    to_come: tuple[FollowUp, ...] = ()
    overview: Overview = Overview()


def read_extras(
    told_by_delivery: Mapping[int, Told], directory: Directory, *, now: datetime
) -> dict[int, Extras]:
    """By message. `directory` knows every post that the recipients hold (posts_of_people)."""
    told = {pk: rows for pk, rows in told_by_delivery.items() if rows}
    return Reading(told, posts_held(directory), now=now).extras()


def is_restricted(follow_up: FollowUp) -> bool:
    return follow_up.commitment is not None and follow_up.commitment.marking == Marking.RESTRICTED


def may_still_be_mentioned(mentions: Mapping[int, bool]) -> bool:
    """Asked at the last moment: nothing of it has been restricted, or freed, since it was written."""
    if not mentions:
        return True
    restricted = FollowUp.objects.filter(pk__in=mentions, commitment__marking=Marking.RESTRICTED)
    withheld = {pk for pk, is_withheld in mentions.items() if is_withheld}
    return withheld == set(restricted.values_list("pk", flat=True))


class Reading:
    """One batch, with everything that its messages have to tell."""

    def __init__(self, told: Mapping[int, Told], held: Mapping[int, set[int]], *, now: datetime) -> None:
        self.told, self.now = told, now
        self.reminders = [reminder for rows in told.values() for reminder, _who in rows]
        self.recipients = {rows[0][1].user.pk: rows[0][1] for rows in told.values()}
        self.posts = {user: held[user] for user in self.recipients}

    def extras(self) -> dict[int, Extras]:
        self.returned = self._returned()
        shown = chain(self.reminders, (answer.reminder for answer in self.returned.values()))
        commitments = [c for r in shown if (c := r.follow_up.commitment) and not _hides(c)]
        keys = {commitment.pk for commitment in commitments}
        _read_words(commitments)
        self.statuses, self.letters = _statuses(keys), _letters(keys)
        self.below = _below([r for r in self.reminders if r.audience in ABOVE])
        self.to_come = self._to_come()
        self.overviews = read_overviews(self._whose_week_begins(), self.posts, now=self.now)
        return {pk: self._of(rows) for pk, rows in self.told.items()}

    def _of(self, rows: Told) -> Extras:
        user_id = rows[0][1].user.pk
        asked = {reminder.follow_up_id for reminder, _who in rows}
        posts = self.posts[user_id] | {reminder.post_id for reminder, _who in rows}
        today = rows[0][1].local_time(self.now).date()
        returned = {
            key: answer
            for key, answer in self.returned.items()
            if key[1] in posts and not answer.is_held(today)
        }
        told = asked | {follow_up for follow_up, _post in returned}
        return Extras(
            statuses=self.statuses,
            letters=self.letters,
            below=self.below,
            returned=returned,
            to_come=tuple(f for f in self.to_come.get(user_id, ()) if f.pk not in told),
            overview=self.overviews.get(user_id, Overview()).without(asked),
        )

    def _returned(self) -> dict[tuple[int, int], Returned]:
        """Of the items that are asked here, and of others for which these posts still answer."""
        posts = set(chain.from_iterable(self.posts.values())) | {r.post_id for r in self.reminders}
        asked = {(r.follow_up_id, r.post_id): r for r in self.reminders}
        found = returned_answers(posts, asked)
        others = [answer.reminder.follow_up for key, answer in found.items() if key not in asked]
        stand = self._still_theirs(others) | set(asked)
        return {key: answer for key, answer in found.items() if key in stand}

    def _still_theirs(self, follow_ups: list[FollowUp]) -> set[tuple[int, int]]:
        """Follow-up and post, on the day that it is where the person is."""
        return {
            (follow_up.pk, post)
            for day, users in _by_day(self.recipients, self.now).items()
            for follow_up, post in _audience(follow_ups, Audience.OWNER, day)
            if any(post in self.posts[user] for user in users)
        }

    def _to_come(self) -> dict[int, list[FollowUp]]:
        """By person: open dates of the next two weeks that they answer for."""
        found: dict[int, dict[int, FollowUp]] = defaultdict(dict)
        for day, users in _by_day(self.recipients, self.now).items():
            rows = unanswered(FollowUp.objects.due_soon(day))
            for user, follow_up in _of_people(Audience.OWNER, users, self.posts, rows, day):
                found[user][follow_up.pk] = follow_up
        return {user: sorted(rows.values(), key=_due) for user, rows in found.items()}

    def _whose_week_begins(self) -> dict[int, Recipient]:
        """Those with a group or a desk who want an overview, and for whom this is the first message of the week."""
        kept = _kept(set(chain.from_iterable(self.posts.values())))
        people = {
            user: who
            for user, who in self.recipients.items()
            if who.preference.overview and self.posts[user] & kept
        }
        had = heard_this_week(people, Delivery.objects.filter(state__in=LEFT), now=self.now)
        return {user: who for user, who in people.items() if user not in had}


def posts_of_people(users: Collection[int], *, now: datetime) -> set[int]:
    """Every post that one of these people holds, wherever it is today."""
    around = PostHolding.objects.overlapping((now - ONE_DAY).date(), (now + ONE_DAY).date())
    return set(around.filter(user__in=users).values_list("post", flat=True))


def posts_held(directory: Directory) -> dict[int, set[int]]:
    """By person the posts that they hold, unless somebody acts for them.

    Who only stands in for a vacant post hears what is asked of it, and no more."""
    found: dict[int, set[int]] = defaultdict(set)
    for post in directory.posts:
        who = directory.recipient(post, NO_FORUM)
        if who is not None and who.post.pk == post:
            found[who.user.pk].add(post)
    return found


def read_overviews(
    people: Mapping[int, Recipient], posts: Mapping[int, set[int]], *, now: datetime
) -> dict[int, Overview]:
    """By person; the numbers of a desk are those of its keeper's lists, and asked for each keeper."""
    desks = _desks(set(chain.from_iterable(posts[user] for user in people)))
    found: dict[int, Overview] = {}
    for day, users in _by_day(people, now).items():
        groups = _groups(users, posts, day)
        leads = _leads(list(chain.from_iterable(groups.values())), day)
        for user in users:
            forums = frozenset(chain.from_iterable(desks[post] for post in posts[user] & set(desks)))
            numbers = desk_numbers(people[user].user, today=day, now=now) if forums else {}
            found[user] = Overview(tuple(sorted(groups[user], key=_due)), leads, forums, numbers)
    return found


def desk_numbers(user: User, *, today: date, now: datetime) -> dict[str, int]:
    """What waits on My desk, by the questions that its lists ask."""
    access.ask_once(user)
    reports = ProgressReport.objects.editable_by(user).waiting().count()
    return {
        "waiting": reports + Request.objects.editable_by(user).proposed().count(),
        "tasks": Reminder.objects.visible_to(user).tasks_for_the_desk(now).count(),
        "undelivered": Delivery.objects.visible_to(user).undelivered().count(),
        "uncovered": Commitment.objects.visible_to(user).uncovered(today).count(),
        "missed": Reminder.objects.visible_to(user).unheard(now).count(),
    }


def heard_this_week(people: Mapping[int, Recipient], rows: DeliveryQuerySet, *, now: datetime) -> set[int]:
    """To whom one of these messages belongs to the week in which they are now."""
    days = {user: who.local_time(now).date() for user, who in people.items()}
    mondays = {user: day - day.weekday() * ONE_DAY for user, day in days.items()}
    recent = rows.filter(recipient__in=people, local_day__gt=now.date() - ONE_WEEK - ONE_DAY)
    of_register = recent.filter(message_class__in=Delivery.MessageClass.values)  # a sample tells nothing
    return {user for user, day in of_register.values_list("recipient", "local_day") if day >= mondays[user]}


def unanswered(rows: FollowUpQuerySet) -> FollowUpQuerySet:
    """Without what waits for the desk."""
    reports = ProgressReport.objects.waiting().filter(follow_up=OuterRef("pk"))
    requests = Request.objects.proposed().filter(follow_up=OuterRef("pk"))
    return rows.exclude(Exists(reports)).exclude(Exists(requests))


def _below(escalations: Collection[Reminder]) -> dict[int, Below]:
    """By escalation: who below it last heard of the same date."""
    told = told_of({reminder.follow_up_id for reminder in escalations}) if escalations else {}
    found = {}
    for escalation in escalations:
        heard = [(r.told_at, r.pk, r) for r in below(escalation, told[escalation.follow_up_id]) if r.told_at]
        if heard:
            told_at, _pk, last = max(heard)
            found[escalation.pk] = Below(last.post, told_at)
    return found


def returned_answers(
    posts: Collection[int], asked: Mapping[tuple[int, int], Reminder]
) -> dict[tuple[int, int], Returned]:
    """By follow-up and post: the last thing that this post said of it came back, and its date is the same."""
    back = given_back(Q(post__in=posts))
    reminders = {**_last_told(back), **asked}
    held = _held_until(back)
    return {
        key: Returned(reminders[key], answer.decision, answer.decided_at, held.get(key))
        for key, answer in back.items()
        if key in reminders and answer.decided_at is not None
    }


def _held_until(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], date]:
    """By follow-up and post, for the date that stands."""
    if not pairs:
        return {}
    seen = Acknowledgment.objects.filter(
        follow_up__in={follow_up for follow_up, _post in pairs}, due_on=F("follow_up__due_on")
    )
    rows = seen.order_by("until_on").values_list("follow_up", "post", "until_on")
    return {(follow_up, post): until_on for follow_up, post, until_on in rows}


def _last_told(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], Reminder]:
    """Through which the answer page is reached, by follow-up and post."""
    if not pairs:
        return {}
    told = Reminder.objects.filter(
        follow_up__in={follow_up for follow_up, _post in pairs},
        post__in={post for _follow_up, post in pairs},
        state=Reminder.State.TOLD,
        due_on=F("follow_up__due_on"),
    )
    related = told.select_related("follow_up__commitment", "follow_up__meeting__forum", "post")
    return {(r.follow_up_id, r.post_id): r for r in related.order_by("told_at", "pk")}


def _of_people(
    audience: Audience,
    users: Collection[int],
    posts: Mapping[int, set[int]],
    rows: FollowUpQuerySet,
    day: date,
) -> Iterator[tuple[int, FollowUp]]:
    """Those of `rows` for which one of these people is such an audience, each with the person."""
    person_of = {post: user for user in users for post in posts[user]}
    parts = Assignment.objects.active(day).filter(role=ROLE_OF[audience], post__in=person_of)
    related = rows.select_related("commitment", "meeting__forum")
    found = list(related.filter(commitment__in=parts.values("commitment")))
    if audience == Audience.OWNER:
        found += related.filter(post__in=person_of)
    pairs = _audience(found, audience, day)
    return ((person_of[post], follow_up) for follow_up, post in pairs if post in person_of)


def _audience(follow_ups: list[FollowUp], audience: Audience, day: date) -> Iterator[tuple[FollowUp, int]]:
    """As a step of a ladder would find it (audiences.py)."""
    pairs = posts_of(follow_ups, audience, today=day, rules=NO_DESK) if follow_ups else []
    return ((follow_ups[place], post) for place, post in pairs)


def _groups(users: Collection[int], posts: Mapping[int, set[int]], day: date) -> dict[int, list[FollowUp]]:
    """By person what is overdue or due soon in the groups that they lead."""
    found: dict[int, dict[int, FollowUp]] = {user: {} for user in users}
    for rows in (FollowUp.objects.overdue(day), FollowUp.objects.due_soon(day)):
        for user, each in _of_people(Audience.WORKING_GROUP_LEAD, users, posts, rows, day):
            found[user][each.pk] = each
    return {user: list(rows.values()) for user, rows in found.items()}


def _kept(posts: Collection[int]) -> set[int]:
    """Those of these posts that lead a group or keep a desk."""
    role = Assignment.Role.WORKING_GROUP_LEAD
    leads = Assignment.objects.filter(role=role, post__in=posts).order_by().values_list("post", flat=True)
    return set(leads.distinct()) | set(_desks(posts))


def _leads(follow_ups: list[FollowUp], day: date) -> dict[int, tuple[Post, ...]]:
    """Which posts answer for each."""
    pairs = {(follow_up.pk, post) for follow_up, post in _audience(follow_ups, Audience.OWNER, day)}
    posts = Post.objects.select_related("organisation").in_bulk({post for _follow_up, post in pairs})
    found: dict[int, tuple[Post, ...]] = {}
    for follow_up, post in sorted(pairs):
        found[follow_up] = (*found.get(follow_up, ()), posts[post])
    return found


def _desks(posts: Collection[int]) -> dict[int, set[int]]:
    """The forums whose register each of these posts keeps."""
    found: dict[int, set[int]] = defaultdict(set)
    for post, forum in Forum.objects.filter(desk__in=posts).values_list("desk", "pk"):
        if post is not None:
            found[post].add(forum)
    return found


def _hides(commitment: Commitment) -> bool:
    return commitment.marking == Marking.RESTRICTED


def _read_words(commitments: list[Commitment]) -> None:
    """For Commitment.declared_words(); the texts themselves are long, and not needed."""
    spoken = Provision.objects.select_related("text").defer("text__body")
    prefetch_related_objects(commitments, Prefetch("provisions", spoken))


def _statuses(commitments: Collection[int]) -> dict[int, ProgressReport]:
    """The last cleared word on each."""
    of_same = ProgressReport.objects.cleared().filter(commitment=OuterRef("commitment"))
    last = of_same.order_by("-reported_on", "-pk").values("pk")[:1]
    rows = ProgressReport.objects.filter(commitment__in=commitments, pk=Subquery(last))
    return {report.commitment_id: report for report in rows}


def _letters(commitments: Collection[int]) -> dict[int, str]:
    """The numbers of the letters with which the documents of each came."""
    path = "provision__text__document__letter_number"
    rows = CommitmentProvision.objects.filter(commitment__in=commitments).exclude(**{path: ""})
    found: dict[int, list[str]] = defaultdict(list)
    for commitment, number in rows.values_list("commitment", path).order_by("commitment", path).distinct():
        found[commitment].append(number)
    return {commitment: ", ".join(numbers) for commitment, numbers in found.items()}


def _by_day(people: Mapping[int, Recipient], now: datetime) -> dict[date, list[int]]:
    """By what day it is where they are; three at most."""
    found: dict[date, list[int]] = defaultdict(list)
    for user, who in people.items():
        found[who.local_time(now).date()].append(user)
    return found


def _due(follow_up: FollowUp) -> tuple[date, int]:
    return follow_up.due_on, follow_up.pk
