"""Runs ahead of the clock: what planning, bundling and sending will do, by their own rules, with nothing written.

It goes from one moment to the next at which something can happen: a day begins somewhere, somebody's hour comes.
What nobody can know yet is taken as it stands: no answer comes in, no date moves, nobody new is entered."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.db.models import Max

from commitments.models import Assignment, FollowUp, Post, ProgressReport, Request, User
from commitments.working_days import ONE_DAY, moment
from notifications.audiences import posts_of
from notifications.bundling import Judgment, last_below, slot_of
from notifications.inheritance import Found, LadderBook, forum_id_of
from notifications.ladders import ABOVE, AGAIN, DESK_PATIENCE, Audience, DueDayRow, due_days
from notifications.models import Acknowledgment, Delivery, Reminder
from notifications.models.reminders import AFTER_SILENCE, patience_until
from notifications.reasons import Reason
from notifications.recipients import Directory, Recipient

MIDNIGHT = time(0)
A_MOMENT = timedelta(seconds=30)  # until the next run of the real thing
NEW = 2**63  # after every row that stands
OF_REMINDER = set(DueDayRow._fields) - {"newest", "post_id"}
AT_ONCE = 2_000  # follow-ups in one statement
# A later row in one of these states overtakes; as in planning.SUPERSEDE.
OVERTAKES = {Reminder.State.PLANNED, Reminder.State.TOLD, Reminder.State.MISSED}
NOT_IN_LADDER = {Reason.LADDER_CHANGED, Reason.DORMANT}
MAY_HAVE_ARRIVED = {Delivery.State.SENDING, Delivery.State.UNCERTAIN, Delivery.State.SENT}

Who = tuple[Audience, int | None]
Pair = tuple[int, Who, int]  # place of the follow-up, who is to hear, the post


@dataclass(eq=False)
class Fate:
    """What becomes of one step for one post: of a row that stands, or of one that planning will make."""

    pair: Pair
    reminder: Reminder  # with its follow-up and post; a key below zero: no row yet
    not_asked: Reason | None = None  # the ladder has the step no more, or an answer waits for the desk
    told_at: datetime | None = None
    told_on: date | None = None  # the recipient's day; of a task for the desk the day on which it comes
    recipient: Recipient | None = None
    waits_because: Reason | None = None  # as things stand now
    nobody_on: date | None = None  # when it would be told, if there were anybody
    overtaken_by: Reminder | None = None
    known_later: bool = False  # its day had passed when the date was entered: no row is ever made
    stands_since: date | None = None  # a task that is on the desk now

    @property
    def is_waiting(self) -> bool:
        return self.reminder.state == Reminder.State.PLANNED and self.told_on is None

    @property
    def is_task(self) -> bool:
        return self.reminder.audience == Audience.DESK

    @property
    def is_again(self) -> bool:
        return _is_again(self.reminder)

    @property
    def order(self) -> tuple[date, int]:
        return self.reminder.remind_on, self.reminder.ordinal

    @property
    def rank(self) -> tuple[date, int, int]:
        """Of two for the same post the later one overtakes the other; as planning.IS_LATER."""
        pk = self.reminder.pk
        return *self.order, pk if pk > 0 else NEW - pk


def _is_again(reminder: Reminder) -> bool:
    return reminder.step.startswith(f"{AGAIN}-")


class Answering:
    """Which posts a step is for, day by day: parts begin and end on days that were laid down before."""

    def __init__(
        self, follow_ups: Sequence[FollowUp], ladders: Sequence[Found], *, book: LadderBook, days: range
    ) -> None:
        self.follow_ups, self.ladders, self.rules = follow_ups, ladders, book.rules()
        self.changes = self._changes(days)
        self.from_then = [set(self._pairs(day)) for day in self.changes]

    @property
    def pairs(self) -> set[Pair]:
        return set().union(*self.from_then)

    def has(self, pair: Pair, day: date) -> bool:
        return pair in self.from_then[max(0, bisect_right(self.changes, day) - 1)]

    def _changes(self, days: range) -> list[date]:
        of = {follow_up.commitment_id for follow_up in self.follow_ups if follow_up.commitment_id}
        periods = Assignment.objects.filter(commitment__in=of).values_list("from_on", "until_on").distinct()
        found = {day for begins, ends in periods for day in (begins, ends and ends + ONE_DAY) if day}
        return sorted(
            {date.fromordinal(days[0])} | {day for day in found if days[0] < day.toordinal() <= days[-1]}
        )

    def _pairs(self, day: date) -> Iterator[Pair]:
        by_audience: dict[Audience, list[int]] = defaultdict(list)
        for place, found in enumerate(self.ladders):
            for audience, post_id in dict.fromkeys(step.who for step in found.ladder.steps):
                if post_id is not None:
                    yield place, (audience, post_id), post_id
                else:
                    by_audience[audience].append(place)
        for audience, places in by_audience.items():
            for place, post_id in self._posts_of(places, audience, day):
                yield place, (audience, None), post_id

    def _posts_of(self, places: list[int], audience: Audience, day: date) -> Iterator[tuple[int, int]]:
        for first in range(0, len(places), AT_ONCE):
            batch = places[first : first + AT_ONCE]
            asked = [self.follow_ups[place] for place in batch]
            for n, post_id in posts_of(asked, audience, today=day, rules=self.rules):
                yield batch[n], post_id


class Group:
    """What waits for one post among one forum's items: its person, whoever it is, hears it in one go."""

    def __init__(self) -> None:
        self.fates: list[Fate] = []
        self.looked_at: tuple[int, date] | None = None  # person and day; nothing new for them until the next


class Ahead:
    """`fates`: of every step reached until `until`, and of every row that stands for the present dates."""

    def __init__(
        self,
        follow_ups: Sequence[FollowUp],
        *,
        now: datetime,
        until: datetime,
        book: LadderBook | None = None,
    ) -> None:
        self.start, self.end = now, until
        self.follow_ups, book = follow_ups, book or LadderBook()
        self.ladders = [book.of_follow_up(follow_up) for follow_up in follow_ups]
        by_key = {found.key: found.ladder for found in self.ladders}
        self.codes = {key: {step.code for step in ladder.steps} for key, ladder in by_key.items()}
        self.forum_ids = [forum_id_of(follow_up) for follow_up in follow_ups]
        days = range((now - ONE_DAY).toordinal(), (until + ONE_DAY).toordinal() + 1)
        self.answering = Answering(follow_ups, self.ladders, book=book, days=days)
        self._read()
        self.fates: list[Fate] = []
        self.known: set[tuple[int, str, int]] = set()  # place, step, post: what planning makes only once
        self.of_post: dict[tuple[int, str, int], list[Fate]] = defaultdict(list)
        self.groups: dict[tuple[int, int], Group] = defaultdict(Group)
        self.tasks: list[Fate] = []
        self.numbers = count(-1, -1)
        self._days: dict[tuple[int, date, int], list[DueDayRow]] = {}
        for row in self.rows:
            self._add(row, self.places[row.follow_up_id])
        self._run()

    def _read(self) -> None:
        self.places = {f.pk: place for place, f in enumerate(self.follow_ups) if f.pk}
        self.rows = list(_rows(self.follow_ups, self.places))
        self.told: dict[int, list[Reminder]] = defaultdict(list)
        for row in self.rows:
            if row.state == Reminder.State.TOLD:
                self.told[self.places[row.follow_up_id]].append(row)
        posts = {post_id for _place, _who, post_id in self.answering.pairs} | {r.post_id for r in self.rows}
        self.directory = Directory(posts, now=self.start, until=self.end)
        self.judgment = Judgment([], self.directory)
        self.held = _held(self.places)
        self.answered = _answered(self.places)

    # -- planning

    def _reached(self, place: int, who: Who, post: Post) -> list[DueDayRow]:
        """Every step with its day, earliest first, by the working days of the post."""
        found, due_on = self.ladders[place], self.follow_ups[place].due_on
        key = found.key, due_on, post.organisation.calendar_id
        if key not in self._days:
            calendar = self.directory.calendar(post)
            self._days[key] = list(due_days(found.ladder, calendar, due_dates=[due_on], today=date.max))
        return [row for row in self._days[key] if row.who == who]

    def _plannings(self) -> dict[datetime, list[Pair]]:
        """When something is to be planned for which pairs: all at once now, then on each step's day and each
        change of who answers."""
        pairs = sorted(self.answering.pairs, key=str)
        found: dict[datetime, list[Pair]] = defaultdict(list, {self.start: pairs})
        begins: dict[tuple[date, str], datetime] = {}
        for pair in pairs:
            place, who, post_id = pair
            post = self.directory.posts[post_id]
            zone = post.organisation.calendar.zone
            days = {row.remind_on for row in self._reached(place, who, post)}
            for day in days | set(self.answering.changes):
                if self.start.date() <= day <= self.end.date() + ONE_DAY:
                    at = begins.setdefault((day, zone), moment(day, MIDNIGHT, zone))
                    if at > self.start:
                        found[at].append(pair)
        return found

    def _plan(self, pair: Pair) -> None:
        place, who, post_id = pair
        post = self.directory.posts[post_id]
        today = self._day_of(post)
        if not self.answering.has(pair, today):
            return
        rows = [row for row in self._reached(place, who, post) if row.remind_on <= today]
        for row in rows:
            if (place, row.step, post_id) not in self.known:
                self._add_step(pair, row, newest=row is rows[-1])
        self._overtake(self.of_post[place, who[0], post_id])
        self.groups[post_id, self.forum_ids[place]].looked_at = None

    def _add_step(self, pair: Pair, row: DueDayRow, *, newest: bool) -> None:
        place, _who, post_id = pair
        follow_up = self.follow_ups[place]
        reminder = Reminder(
            pk=next(self.numbers),
            follow_up=follow_up,
            post=self.directory.posts[post_id],
            state=Reminder.State.PLANNED if newest else Reminder.State.SUPERSEDED,
            **{name: value for name, value in row._asdict().items() if name in OF_REMINDER},
        )
        if newest or row.remind_on >= follow_up.dated_at.astimezone(UTC).date():
            self._add(reminder, place)
        elif self.directory.now == self.start:
            self.fates.append(Fate(pair, reminder, known_later=True))

    def _add(self, reminder: Reminder, place: int) -> Fate:
        post_id, of = reminder.post_id, reminder.follow_up_id
        reminder.follow_up, reminder.post = self.follow_ups[place], self.directory.posts[post_id]
        reminder.held_until_on = self.held.get((of, post_id, reminder.due_on))  # type: ignore[attr-defined]  # as by still_needed()
        audience = Audience(reminder.audience)
        pair = place, (audience, post_id if audience is Audience.POST else None), post_id
        not_asked = self.answered.get((of, post_id)) or self.answered.get((of, None))
        if not self._is_in_ladder(reminder.step, self.ladders[place]):
            not_asked = Reason.DORMANT if self.ladders[place].is_dormant else Reason.LADDER_CHANGED
        fate = Fate(pair, reminder, not_asked=not_asked)
        self.fates.append(fate)
        if fate.is_waiting and not_asked in NOT_IN_LADDER and reminder.delivery_id is None:
            return fate  # the next planning takes it away
        self.known.add((place, reminder.step, post_id))
        self.of_post[place, reminder.audience, post_id].append(fate)
        self._let_wait(fate)
        return fate

    def _is_in_ladder(self, step: str, found: Found) -> bool:
        """As audiences.IS_IN_LADDER."""
        is_again = step.startswith(f"{AGAIN}-") and not found.is_dormant
        return is_again or step in self.codes[found.key]

    def _let_wait(self, fate: Fate) -> None:
        place, _who, post_id = fate.pair
        if fate.is_waiting and fate.is_task:
            self.tasks.append(fate)
        elif fate.is_waiting and not _has_left(fate.reminder):
            self.groups[post_id, self.forum_ids[place]].fates.append(fate)

    def _restore(self, of_post: list[Fate]) -> None:
        """What was overtaken by a step that the ladder has no more; as in ladder_edits.RESTORE."""
        latest = _latest(of_post)
        newest = [fate for fate in of_post if latest is None or fate.order > latest.order]
        restored = [fate for fate in newest if _is_superseded(fate) and fate.not_asked not in NOT_IN_LADDER]
        for fate in restored:
            fate.reminder.state = Reminder.State.PLANNED
        self._overtake(of_post)
        for fate in restored:
            self._let_wait(fate)

    def _overtake(self, of_post: list[Fate]) -> None:
        latest = _latest(of_post)
        for fate in of_post:
            is_planned = fate.reminder.state == Reminder.State.PLANNED and fate.told_at is None
            if latest and is_planned and fate.rank < latest.rank and not _may_have_arrived(fate.reminder):
                fate.reminder.state, fate.overtaken_by = Reminder.State.SUPERSEDED, latest.reminder

    # -- telling

    def _run(self) -> None:
        plannings = self._plannings()
        midnights, hours = self._clocks()
        for now in sorted({self.start, *plannings, *midnights, *hours}):
            if now in plannings or self.tasks or any(group.fates for group in self.groups.values()):
                self.directory.now = now
                for pair in plannings.get(now, ()):
                    self._plan(pair)
                if now == self.start:
                    for of_post in self.of_post.values():
                        self._restore(of_post)
                if now == self.start or now in midnights:
                    self._miss()
                if now == self.start:
                    self._say_why_not()
                self._tell()
                self._come_to_the_desk()

    def _clocks(self) -> tuple[set[datetime], set[datetime]]:
        """When a day begins where one of the posts or people is, and when somebody's hour comes."""
        organisations = [post.organisation for post in self.directory.posts.values()]
        zones = {str(o.calendar.zone) for o in organisations} | {str(o.clock) for o in organisations}
        people = [
            Recipient(holding.user, self.directory.posts[post_id], holding.acting)
            for post_id, holdings in self.directory.holdings.items()
            for holding in holdings
        ]
        hours = {(str(person.zone), person.preference.hour) for person in people}
        zones |= {zone for zone, _hour in hours}
        coming = self._each_day((zone, hour) for zone, hour in hours)
        if any(audience in ABOVE for _place, (audience, _post), _pk in self.answering.pairs):
            coming |= {at + A_MOMENT for at in coming}  # whoever is above hears in a run after the one below
        return self._each_day((zone, MIDNIGHT) for zone in zones), coming

    def _each_day(self, clocks: Iterable[tuple[str, time]]) -> set[datetime]:
        days = range((self.start - ONE_DAY).toordinal(), (self.end + ONE_DAY).toordinal() + 1)
        all_of_them = (moment(date.fromordinal(n), hour, zone) for zone, hour in clocks for n in days)
        return {at for at in all_of_them if self.start < at <= self.end}

    def _day_of(self, post: Post) -> date:
        return self.directory.now.astimezone(ZoneInfo(post.organisation.calendar.zone)).date()

    def _is_needed(self, fate: Fate, today: date) -> bool:
        is_asked = fate.is_waiting and fate.not_asked is None and self.answering.has(fate.pair, today)
        return is_asked and (
            fate.reminder.audience not in AFTER_SILENCE or self._is_due_to_silence(fate, today)
        )

    def _is_due_to_silence(self, fate: Fate, today: date) -> bool:
        """As ReminderQuerySet.still_needed: nobody was asked yet, or somebody who was is silent."""
        asked = list(self._asked(fate, today))
        return not asked or any(self._is_silent(each, today) for each in asked)

    def _asked(self, fate: Fate, today: date) -> Iterator[Reminder]:
        """What those who are below were told for the same date, as far as they still answer for it."""
        place, of_superior = fate.pair[0], fate.reminder.audience == Audience.SUPERIOR
        for told in self.told[place]:
            is_theirs = not of_superior or told.post.superior_id == fate.reminder.post_id
            pair = place, (Audience.OWNER, None), told.post_id
            still = not self.ladders[place].is_dormant and self.answering.has(pair, today)
            if told.audience == Audience.OWNER and is_theirs and still:
                yield told

    def _is_silent(self, told: Reminder, today: date) -> bool:
        of, post = told.follow_up_id, told.post_id
        is_held = self.held.get((of, post, told.due_on), date.min) >= today
        same = self.of_post[self.places[of], Audience.OWNER, post] if of in self.places else []
        to_be_asked = any(fate.is_waiting and fate.is_again for fate in same)
        return not (is_held or to_be_asked or self._has_answer(told))

    def _has_answer(self, told: Reminder) -> bool:
        of, post = told.follow_up_id, told.post_id
        return bool(self.answered.get((of, post)) or self.answered.get((of, None)))

    def _come_to_the_desk(self) -> None:
        """As ReminderQuerySet.tasks_for_the_desk; what stands there already comes no more."""
        for fate in self.tasks:
            post = fate.reminder.post
            today, working = self._day_of(post), self.directory.calendar(post)
            patient = patience_until(working, post.organisation.calendar.zone, self.directory.now)
            silent = [each for each in self._asked(fate, today) if self._is_silent(each, today)]
            lately = {
                each.post_id
                for each in silent
                if _is_again(each) and each.told_at and each.told_at >= patient
            }
            heard = [
                at for each in silent if each.post_id not in lately and (at := each.told_at) and at < patient
            ]
            if not (heard or not fate.reminder.grace_days) or not self._is_needed(fate, today):
                continue
            if self.directory.now == self.start and fate.reminder.pk > 0:
                told_on = min(heard, default=self.start).astimezone(ZoneInfo(post.organisation.calendar.zone))
                since = working.add(told_on.date(), DESK_PATIENCE) if heard else fate.reminder.remind_on
                fate.stands_since = max(fate.reminder.remind_on, since)
            else:
                fate.told_on = today
        self.tasks = [fate for fate in self.tasks if fate.is_waiting and not fate.stands_since]

    def _miss(self) -> None:
        for key, group in self.groups.items():
            recipient = self.directory.recipient(*key) if group.fates else None
            for fate in group.fates:
                if self._is_missed(fate, recipient):
                    fate.reminder.state = Reminder.State.MISSED

    def _is_missed(self, fate: Fate, recipient: Recipient | None) -> bool:
        """As planning.OurFailing."""
        reminder, today = fate.reminder, self._day_of(fate.reminder.post)
        until = reminder.use_until
        if until is None or until >= today or reminder.delivery_id is not None or reminder.is_held(today):
            return False
        if recipient is not None and self.judgment.week.is_full(recipient, until):
            return False
        return self._is_needed(fate, today)

    def _say_why_not(self) -> None:
        """As the real bundling would say now; from here on as if every channel were open."""
        for (post_id, forum_id), group in self.groups.items():
            recipient = self.directory.recipient(post_id, forum_id)
            for fate in group.fates:
                fate.waits_because = self._reason(fate, recipient)
        self.judgment.open_channels = set(Delivery.Channel)

    def _reason(self, fate: Fate, recipient: Recipient | None) -> Reason | None:
        reminder = fate.reminder
        if reminder.audience in ABOVE:
            told = [each for each in self.told[fate.pair[0]] if not self._has_answer(each)]
            below = last_below(reminder, told)
            self.judgment.told_at |= {reminder.pk: below} if below else {}
        return self.judgment.reason_to_wait(reminder, recipient)

    def _tell(self) -> None:
        told = [fate for key, group in self.groups.items() for fate in self._told_now(key, group)]
        for fate in told:
            self.told[fate.pair[0]].append(fate.reminder)
        for user_id, day in {(f.recipient.user.pk, f.told_on) for f in told if f.recipient and f.told_on}:
            self.judgment.week.note(user_id, day)
        for group in self.groups.values():
            group.fates = [fate for fate in group.fates if fate.is_waiting]
            if told and any(fate.reminder.audience in ABOVE for fate in group.fates):
                group.looked_at = None

    def _told_now(self, key: tuple[int, int], group: Group) -> Iterator[Fate]:
        recipient = self.directory.recipient(*key) if group.fates else None
        if recipient is None:
            self._note_nobody(group.fates)
            return
        local_day = recipient.local_time(self.directory.now).date()
        person = recipient.user.pk, local_day
        if group.looked_at == person:
            return
        if self.directory.may_be_told(recipient):
            group.looked_at = person
        for fate in group.fates:
            if self._is_needed(fate, self._day_of(fate.reminder.post)) and self._is_told(fate, recipient):
                fate.told_at = self.directory.now
                fate.told_on, fate.recipient = local_day, recipient
                fate.reminder.told_at = fate.told_at
                yield fate

    def _is_told(self, fate: Fate, recipient: Recipient) -> bool:
        """What is in a message that is on its way leaves with it; the rest as it is judged."""
        delivery = fate.reminder.delivery
        if delivery is not None and delivery.recipient_id == recipient.user.pk:
            today = recipient.local_time(self.directory.now).date()
            return delivery.send_after <= self.directory.now and not fate.reminder.is_held(today)
        return self._reason(fate, recipient) is None

    def _note_nobody(self, fates: list[Fate]) -> None:
        for fate in fates:
            post = fate.reminder.post
            today, nobody = self._day_of(post), Recipient(User(), post, acting=False)
            has_come = slot_of(fate.reminder, nobody, self.directory) <= today
            if has_come and fate.nobody_on is None and self._is_needed(fate, today):
                fate.nobody_on = today


def _rows(follow_ups: Sequence[FollowUp], places: Mapping[int, int]) -> Iterator[Reminder]:
    """Of the dates that stand."""
    for row in Reminder.objects.filter(follow_up__in=places).select_related("delivery"):
        if row.due_on == follow_ups[places[row.follow_up_id]].due_on:
            yield row


def _is_superseded(fate: Fate) -> bool:
    return fate.reminder.state == Reminder.State.SUPERSEDED and fate.reminder.delivery_id is None


def _latest(of_post: list[Fate]) -> Fate | None:
    standing = [fate for fate in of_post if fate.reminder.state in OVERTAKES]
    return max(standing, key=lambda fate: fate.rank, default=None)


def _has_left(reminder: Reminder) -> bool:
    """With a message that was given up, or of which nobody knows whether it arrived: that is for a person to decide."""
    return reminder.delivery is not None and not reminder.delivery.is_open


def _may_have_arrived(reminder: Reminder) -> bool:
    return reminder.delivery is not None and reminder.delivery.state in MAY_HAVE_ARRIVED


def _held(follow_ups: Iterable[int]) -> dict[tuple[int, int, date], date]:
    """Until when, by follow-up, post and date."""
    said = Acknowledgment.objects.filter(follow_up__in=follow_ups).order_by()
    latest = said.values_list("follow_up", "post", "due_on").annotate(until=Max("until_on"))
    return {(follow_up, post, due_on): until for follow_up, post, due_on, until in latest}


def _answered(follow_ups: Iterable[int]) -> dict[tuple[int, int | None], Reason]:
    """By (follow-up, post), what waits for the desk; of no post in particular: for every one."""
    reports = ProgressReport.objects.waiting().filter(follow_up__in=follow_ups)
    requests = Request.objects.proposed().filter(follow_up__in=follow_ups)
    found = dict.fromkeys(reports.values_list("follow_up", "post"), Reason.REPORT_WAITS)
    for follow_up, post, kind in requests.values_list("follow_up", "post", "kind"):
        extension = kind == Request.Kind.EXTENSION
        found[follow_up, post] = Reason.EXTENSION_ASKED if extension else Reason.REQUEST_WAITS
    return found
