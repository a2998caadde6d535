"""Bundles what a person is to hear into one message a day, once their hour has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from commitments.locking import exclusively
from commitments.working_days import ONE_DAY
from notifications import channels
from notifications.inheritance import forum_id_of
from notifications.ladders import ABOVE, AGAIN, Audience, send_slot
from notifications.models import Delivery, DeliveryQuerySet, Preference, Reminder
from notifications.planning import ONE_AT_A_TIME
from notifications.reasons import Reason
from notifications.recipients import Directory, MessagesOfTheWeek, Recipient


@dataclass
class Bundle:
    """What one run put into messages; `skipped` counts why the rest has to wait."""

    bundled: int = 0
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def slot_of(reminder: Reminder, recipient: Recipient, directory: Directory) -> date:
    """The day on which the recipient is told; a date made known after the step's day counts from then.

    Asked about a day before the date was entered (`remind --now`), it counts as always known."""
    known_on = reminder.follow_up.dated_at.astimezone(recipient.zone).date()
    is_past = known_on > recipient.local_time(directory.now).date()
    reached = reminder.remind_on if is_past else max(reminder.remind_on, known_on)
    at_once = reminder.breaks_out or recipient.preference.rhythm == Preference.Rhythm.DAILY
    return send_slot(reached, breaks_out=at_once, calendar=directory.working_days(recipient))


def bundle_reminders(*, now: datetime) -> Bundle:
    """Looks first, and holds up nobody who writes while there is nobody to tell."""
    look = Bundling(now)
    if not look.due:
        return look.result
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
        """By our failing: not as the person pauses, asked to hear later, had their messages of that week, or of grace."""
        expected_on = self._expected_on(reminder, recipient, local_day)
        if expected_on >= local_day or reminder.audience in ABOVE:
            return False
        return not self.week.is_full(recipient, expected_on)

    def _expected_on(self, reminder: Reminder, recipient: Recipient, local_day: date) -> date:
        """The first day from its slot on, until today, on which the recipient has not kept it back."""
        day, working = slot_of(reminder, recipient, self.directory), self.directory.working_days(recipient)
        while day < local_day and (recipient.preference.pauses_on(day) or reminder.is_held(day)):
            day = working.on_or_after(day + ONE_DAY)
        return day


class Bundling:
    """One run over what is planned and in no message yet: `due` by person and day, the rest counted by reason."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.result = Bundle()
        self.due: dict[tuple[int, date], list[tuple[Reminder, Recipient]]] = defaultdict(list)
        waiting = list(_waiting(now))
        self.directory = Directory({r.post_id for r in waiting}, now=now)
        self.judgment = Judgment(waiting, self.directory)
        for reminder in waiting:
            self._judge(reminder)

    def _judge(self, reminder: Reminder) -> None:
        recipient = self.directory.recipient(reminder.post_id, forum_id_of(reminder.follow_up))
        reason = self.judgment.reason_to_wait(reminder, recipient)
        if reason:
            self.result.skipped[reason] += 1
        elif recipient is not None:
            key = recipient.user.pk, recipient.local_time(self.now).date()
            self.due[key].append((reminder, recipient))

    def run(self) -> Bundle:
        for (_user, local_day), told in self.due.items():
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
    """What was told, as far as no answer waits for the desk."""
    told = Reminder.objects.filter(follow_up__in=follow_up_ids, state=Reminder.State.TOLD).without_answer()
    for reminder in told.select_related("post"):
        found[reminder.follow_up_id].append(reminder)
    return found


def last_below(reminder: Reminder, told: Iterable[Reminder]) -> datetime | None:
    """When whoever is below last heard of the same date."""
    return max((each.told_at for each in below(reminder, told) if each.told_at), default=None)


def below(reminder: Reminder, told: Iterable[Reminder]) -> list[Reminder]:
    """Of the same date, to whoever is below; by days, for an edited ladder numbers its steps anew."""
    return [each for each in told if each.due_on == reminder.due_on and _is_below(each, reminder)]


def _is_below(told: Reminder, reminder: Reminder) -> bool:
    """A superior hears of their own post; what was asked again counts whenever that was."""
    is_theirs = reminder.audience != Audience.SUPERIOR or told.post.superior_id == reminder.post_id
    is_before = told.remind_on <= reminder.remind_on or told.step.startswith(f"{AGAIN}-")
    return is_theirs and is_before and told.post_id != reminder.post_id and told.audience != Audience.DESK


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
        unsent.becomes_of(local_day)
    return unsent
