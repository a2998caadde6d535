"""Bundles what a person is to hear into one message a day, once their hour has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from commitments.locking import exclusively
from notifications import channels
from notifications.ladders import ABOVE, Audience, send_slot
from notifications.models import Delivery, DeliveryQuerySet, Preference, Reminder
from notifications.planning import ONE_AT_A_TIME
from notifications.reasons import Reason
from notifications.recipients import Directory, Recipient

A_WEEK_AT_MOST = 2  # messages, for who did not choose to be told daily
TWO_WEEKS = timedelta(weeks=2)


@dataclass
class Bundle:
    """What one run put into messages; `skipped` counts why the rest has to wait."""

    bundled: int = 0
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def forum_id_of(reminder: Reminder) -> int:
    """FollowUp.forum, by key."""
    follow_up = reminder.follow_up
    if follow_up.commitment is not None:
        return follow_up.commitment.working_group_id or follow_up.commitment.forum_id
    assert follow_up.meeting is not None
    return follow_up.meeting.forum_id


def slot_of(reminder: Reminder, recipient: Recipient, directory: Directory) -> date:
    """The day on which the recipient is told; a date made known after the step's day counts from then.

    Asked about a day before the date was entered (`remind --now`), it counts as always known."""
    known_on = reminder.follow_up.dated_at.astimezone(recipient.zone).date()
    is_past = known_on > recipient.local_time(directory.now).date()
    reached = reminder.remind_on if is_past else max(reminder.remind_on, known_on)
    at_once = reminder.breaks_out or recipient.preference.rhythm == Preference.Rhythm.DAILY
    return send_slot(reached, breaks_out=at_once, calendar=directory.working_days(recipient))


def bundle_reminders(*, now: datetime) -> Bundle:
    with exclusively(ONE_AT_A_TIME):
        return Bundling(now).run()


class Judgment:
    """Whether a reminder is told now or has to wait, and why: with all that is asked read beforehand."""

    def __init__(self, waiting: Iterable[Reminder], directory: Directory) -> None:
        self.directory = directory
        self.open_channels = {name for name in Delivery.Channel if channels.for_name(name).is_open()}
        self.told_at = _last_told(r for r in waiting if r.audience in ABOVE)
        self.week = MessagesOfTheWeek(self.now)

    @property
    def now(self) -> datetime:
        return self.directory.now

    def reason_to_wait(self, reminder: Reminder, recipient: Recipient | None) -> Reason | None:
        """None if it is to be told now."""
        if recipient is None:
            return Reason.NOBODY
        if recipient.preference.duties_by not in self.open_channels:
            return Reason.MAIL_OFF
        local_day = recipient.local_time(self.now).date()
        if reminder.is_held(local_day):
            return Reason.ACKNOWLEDGED
        if reminder.audience in ABOVE and not self._had_a_chance(reminder, recipient, local_day):
            return Reason.NO_CHANCE_YET
        if slot_of(reminder, recipient, self.directory) > local_day:
            return Reason.NOT_YET
        if not self.directory.may_be_told(recipient):
            return Reason.NOT_THEIR_HOUR
        if self.week.is_full(recipient, local_day):
            return Reason.WEEK_FULL
        return Reason.HAD_TODAYS if self.week.has_had(recipient, local_day) else None

    def _had_a_chance(self, reminder: Reminder, recipient: Recipient, local_day: date) -> bool:
        """Whoever is below was told of this date, and so many working days have passed since."""
        told_at = self.told_at.get(reminder.pk)
        if told_at is None:
            return False
        told_on = told_at.astimezone(recipient.zone).date()
        return self.directory.calendar(reminder.post).add(told_on, reminder.grace_days) <= local_day

    def is_late(self, reminder: Reminder, recipient: Recipient, local_day: date) -> bool:
        """By our failing: not because the person pauses, had their messages of that week, or of grace."""
        slot = slot_of(reminder, recipient, self.directory)
        if slot >= local_day or reminder.audience in ABOVE:
            return False
        return not (recipient.preference.pauses_on(slot) or self.week.is_full(recipient, slot))


class Bundling:
    """One run over what is planned and in no message yet."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.result = Bundle()
        self.waiting = list(_waiting(now))
        self.directory = Directory({r.post_id for r in self.waiting}, now=now)
        self.judgment = Judgment(self.waiting, self.directory)

    def run(self) -> Bundle:
        due: dict[tuple[int, date], list[tuple[Reminder, Recipient]]] = defaultdict(list)
        for reminder in self.waiting:
            recipient = self.directory.recipient(reminder.post_id, forum_id_of(reminder))
            reason = self.judgment.reason_to_wait(reminder, recipient)
            if reason:
                self.result.skipped[reason] += 1
            elif recipient is not None:
                due[recipient.user.pk, recipient.local_time(self.now).date()].append((reminder, recipient))
        for (_user, local_day), told in due.items():
            self._put_into_message(told, local_day)
        return self.result

    def _put_into_message(self, told: list[tuple[Reminder, Recipient]], local_day: date) -> None:
        delivery = _message_for(told[0][1], local_day, now=self.now)
        if delivery is None:  # it has left since they were judged
            self.result.skipped[Reason.HAD_TODAYS] += len(told)
            return
        late = {reminder.pk for reminder, who in told if self.judgment.is_late(reminder, who, local_day)}
        bundled = Reminder.objects.filter(pk__in=[reminder.pk for reminder, _who in told])
        bundled.update(delivery=delivery, late=False)
        bundled.filter(pk__in=late).update(late=True)
        self.result.bundled += len(told)


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


def _waiting(now: datetime) -> Iterator[Reminder]:
    needed = Reminder.objects.to_tell(now).filter(delivery=None)
    related = needed.select_related(
        "follow_up__commitment", "follow_up__meeting", "post__organisation__calendar"
    )
    return related.order_by("due_on", "id").iterator()


def _last_told(escalations: Iterable[Reminder]) -> dict[int, datetime]:
    """By escalation: when whoever is below last heard of the same date."""
    above = list(escalations)
    heard = told_of({reminder.follow_up_id for reminder in above}) if above else {}
    last = {reminder.pk: last_below(reminder, heard[reminder.follow_up_id]) for reminder in above}
    return {pk: told_at for pk, told_at in last.items() if told_at is not None}


def told_of(follow_up_ids: Iterable[int]) -> dict[int, list[Reminder]]:
    found: dict[int, list[Reminder]] = defaultdict(list)
    told = Reminder.objects.filter(follow_up__in=follow_up_ids, state=Reminder.State.TOLD)
    for reminder in told.select_related("post"):
        found[reminder.follow_up_id].append(reminder)
    return found


def last_below(reminder: Reminder, told: Iterable[Reminder]) -> datetime | None:
    """When whoever is below last heard of the same date."""
    return max((each.told_at for each in below(reminder, told) if each.told_at), default=None)


def below(reminder: Reminder, told: Iterable[Reminder]) -> list[Reminder]:
    """Of the same date, to whoever is below; by days, for an edited ladder numbers its steps anew."""
    return [
        each
        for each in told
        if each.due_on == reminder.due_on
        and each.remind_on <= reminder.remind_on
        and each.post_id != reminder.post_id
        and each.audience != Audience.DESK
    ]


def _message_for(recipient: Recipient, local_day: date, *, now: datetime) -> Delivery | None:
    """The one message of the day; None once it has left, or may have left, the house."""
    theirs = Delivery.objects.select_for_update().filter(
        recipient=recipient.user, message_class=Delivery.MessageClass.REMINDERS
    )
    standing = theirs.filter(local_day=local_day).first() or _unsent(theirs, local_day)
    if standing is None:
        language, channel = recipient.language, recipient.preference.duties_by
        made = Delivery.to(recipient.user, local_day=local_day, language=language, now=now, channel=channel)
        made.save()
        return made
    if standing.state == Delivery.State.CANCELLED:
        standing.state, standing.send_after, standing.attempts = Delivery.State.PENDING, now, 0
        standing.save(update_fields=["state", "send_after", "attempts"])
    return standing if standing.is_open else None


def _unsent(theirs: DeliveryQuerySet, local_day: date) -> Delivery | None:
    """What an earlier day could not send becomes today's: nobody gets two messages when the relay is back."""
    unsent = theirs.open().order_by("local_day").first()
    if unsent is not None:
        unsent.local_day = local_day
        unsent.save(update_fields=["local_day"])
    return unsent
