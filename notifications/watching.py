"""Is somebody told? The questions of the operations page, of /readyz and of the red banner: one query each.

The clock is passed in. A finding says in a sentence what it is, and what to do where it worries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments import access
from commitments.models import Assignment, Commitment, FollowUp, User
from commitments.spoken_dates import long_date
from notifications import evidence
from notifications.models import (
    AddressProblem,
    ChannelPause,
    Delivery,
    Heartbeat,
    IncomingMail,
    PlanningMark,
    Reminder,
)
from notifications.planning import FULL_PASS_EVERY
from notifications.recipients import Directory

log = logging.getLogger(__name__)

TICK, KEEP_IN_STEP, MAILBOX = "tick", "keep_in_step", "mailbox"
EVIDENCE = evidence.PART
SILENT_AFTER = timedelta(minutes=3)  # six rings
OUT_OF_STEP_AFTER = timedelta(hours=3)
STALE_AFTER = FULL_PASS_EVERY + timedelta(hours=2)
WAITED_TOO_LONG = timedelta(minutes=10)
LEASE_RAN_OVER = timedelta(minutes=5)
UNCERTAIN_TOO_LONG = timedelta(hours=1)
UNREAD_TOO_LONG = timedelta(days=1)
UNREAD_MAILBOX_AFTER = timedelta(minutes=15)


def may_watch(user: User) -> bool:
    """Whoever keeps a desk, and auditors."""
    return access.is_officer(user) or access.Reach.of(user, timezone.localdate()).everything


@dataclass(frozen=True)
class Finding:
    """`link` names what shows the rows; the desk knows where that is. `to_know`: no fault, and not in order by itself."""

    name: str
    value: int | None
    worrying: bool
    sentence: str
    advice: str = ""
    link: str = ""
    to_know: bool = False


# -- the worker


def last_tick() -> datetime | None:
    return Heartbeat.last(TICK)


def is_silent(last: datetime | None, *, now: datetime) -> bool:
    """Whether reminders stand still. Whoever has only just started is given the same time."""
    return now - max(last or settings.STARTED_AT, settings.STARTED_AT) > SILENT_AFTER


def tick(now: datetime) -> Finding:
    last = last_tick()
    advice = _(
        "Ask the administrator to start worker and beat; their log says what happened. "
        "Until then “manage.py remind” sends what is due."
    )
    if not is_silent(last, now=now):
        return Finding(
            TICK, seconds_since(last, now), False, _("The worker answers: %s.") % _last_time(last, now)
        )
    return Finding(TICK, seconds_since(last, now), True, silence(last), advice)


def silence(last: datetime | None) -> str:
    """The sentence of the banner."""
    if last is None:
        return _("Reminders are not being sent: the worker has not answered yet.")
    moment = in_words(last)
    return _("Reminders are not being sent: the worker has not answered since %(moment)s.") % {
        "moment": moment
    }


def in_step(now: datetime) -> Finding:
    last = Heartbeat.last(KEEP_IN_STEP)
    is_late = now - max(last or settings.STARTED_AT, settings.STARTED_AT) > OUT_OF_STEP_AFTER
    said = _("Next dates were last put in step: %s.") % _last_time(last, now)
    return Finding(KEEP_IN_STEP, seconds_since(last, now), is_late, said, _ask_for_log() if is_late else "")


def _ask_for_log() -> str:
    return _("Ask the administrator whether beat runs; the log of the worker says why it failed.")


def planning(now: datetime) -> Finding:
    """An empty register has no mark, and nothing that could be forgotten."""
    last = PlanningMark.objects.aggregate(last=Min("full_at"))["last"]
    is_stale = last is not None and now - last > STALE_AFTER
    said = _("All reminders were last worked out anew: %s.") % _last_time(last, now)
    return Finding("planning", seconds_since(last, now), is_stale, said, _ask_for_log() if is_stale else "")


def broker(now: datetime) -> Finding:
    if broker_answers():
        return Finding("broker", 1, False, _("The broker answers."))
    advice = _(
        "Ask the administrator to start Redis. Nothing is lost; until then “manage.py remind” sends what is due."
    )
    return Finding("broker", 0, True, _("The broker does not answer: nobody rings for the worker."), advice)


def broker_answers() -> bool:
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception:  # whatever goes wrong means "no"; the log says what it was
        log.exception("broker does not answer")
        return False
    return True


# -- messages


def oldest_waiting(now: datetime) -> datetime | None:
    """Since when the oldest message could have left and has not."""
    return Delivery.objects.due(now).aggregate(oldest=Min("send_after"))["oldest"]


def queue(now: datetime) -> Finding:
    oldest = oldest_waiting(now)
    waits = now - oldest if oldest else timedelta(0)
    if oldest is None or waits <= WAITED_TOO_LONG:
        return Finding("queue", _whole(waits), False, _("No message waits past its time."))
    said = _("The oldest message that could have left has waited for %s.") % timesince(oldest, now, depth=1)
    advice = _("See whether outgoing mail is switched on, the channel open and the worker running.")
    return Finding("queue", _whole(waits), True, said, advice, "pending")


def overdue_reminders(now: datetime) -> Finding:
    stuck = Q(delivery__state=Delivery.State.PENDING, delivery__send_after__lt=now - WAITED_TOO_LONG)
    n = Reminder.objects.planned().filter(stuck).count()
    said = ngettext(
        "%d reminder is in a message that should have left.",
        "%d reminders are in messages that should have left.",
        n,
    )
    return _counted(
        "overdue",
        n,
        said,
        _("They go out as soon as messages leave again."),
        calm=_("No reminder is in a message that should have left."),
        link="pending",
    )


def stuck_leases(now: datetime) -> Finding:
    """Every run gives back what ran over, so none stands for long."""
    held = Delivery.objects.filter(state__in=[Delivery.State.CLAIMED, Delivery.State.SENDING])
    n = held.filter(lease_until__lt=now - LEASE_RAN_OVER).count()
    said = ngettext(
        "%d message is in the hands of a worker that no longer works on it.",
        "%d messages are in the hands of a worker that no longer works on them.",
        n,
    )
    return _counted(
        "leases",
        n,
        said,
        _("The next run takes them back; if it does not, no worker runs."),
        calm=_("No message is stuck with a worker."),
    )


def uncertain(now: datetime) -> Finding:
    handed_over_by = now - UNCERTAIN_TOO_LONG
    doubtful = Delivery.objects.filter(state=Delivery.State.UNCERTAIN, message_date__lt=handed_over_by)
    n = doubtful.count()
    said = ngettext(
        "%d message may have arrived or not, for more than an hour.",
        "%d messages may have arrived or not, for more than an hour.",
        n,
    )
    advice = _(
        "Look for its Message-ID in the log of the mail server: send it again, or say that it arrived."
    )
    return _counted(
        "uncertain",
        n,
        said,
        advice,
        calm=_("No message has been in doubt for more than an hour."),
        link="undelivered",
    )


def looked_up(now: datetime) -> Finding:
    """What the log or journal said when it was last asked about messages in doubt."""
    sign = Heartbeat.objects.filter(part=EVIDENCE).first()
    if sign is None or not sign.note or not evidence.for_mail():
        calm = _("No log or journal fails that shows what the mail server accepted.")
        return Finding(EVIDENCE, 0, False, calm)
    said = _("What the mail server accepted cannot be looked up: %s") % sign.note
    advice = _(
        "Put right what is said there. It is asked again by itself; until then messages in doubt wait."
    )
    return Finding(EVIDENCE, 1, True, said, advice)


def given_up(now: datetime) -> Finding:
    n = Delivery.objects.given_up().count()
    said = ngettext(
        "%d message could not be delivered, and nobody has seen to it.",
        "%d messages could not be delivered, and nobody has seen to them.",
        n,
    )
    advice = _("Correct the address or call; then send it again, or say that it is seen to.")
    return _counted(
        "failed",
        n,
        said,
        advice,
        calm=_("No message that could not be delivered waits for somebody."),
        link="undelivered",
    )


def missed(now: datetime) -> Finding:
    n = Reminder.objects.unheard(now).count()
    said = ngettext(
        "%d reminder came too late to be of use, and nobody has been told since.",
        "%d reminders came too late to be of use, and nobody has been told since.",
        n,
    )
    return _counted(
        "missed",
        n,
        said,
        _("Call whoever should have heard, and say that they know."),
        calm=_("No reminder came too late to be of use."),
        link="missed",
    )


# -- ways in and out


def paused_channels(now: datetime) -> Finding:
    reasons = dict(ChannelPause.objects.values_list("channel", "reason"))
    if not reasons:
        return Finding("paused", 0, False, _("No channel is paused."))
    names = dict(Delivery.Channel.choices)
    said = "; ".join(f"{names.get(channel, channel)}: {reason}" for channel, reason in reasons.items())
    advice = _(
        "No message fails for it, and all wait. Put right what the server says, then try again below; "
        "it is also tried by itself."
    )
    return Finding("paused", len(reasons), True, _("A channel is paused. %s") % said, advice)


def refusing_addresses(now: datetime) -> Finding:
    n = AddressProblem.objects.standing().count()
    said = ngettext("%d address refuses mail.", "%d addresses refuse mail.", n)
    return _counted(
        "addresses",
        n,
        said,
        _("Ask the person for the right address and enter it."),
        calm=_("No address refuses mail."),
        link="addresses",
    )


def unread_mail(now: datetime) -> Finding:
    waiting = IncomingMail.objects.waiting().aggregate(n=Count("pk"), oldest=Min("received_at"))
    n, oldest = waiting["n"], waiting["oldest"]
    if not n:
        return Finding("incoming", 0, False, _("No mail waits to be read."))
    said = ngettext("%d mail waits to be read.", "%d mails wait to be read.", n) % n
    advice = _("Read it on My desk: use it for an item, or say that it is done.")
    is_late = now - oldest > UNREAD_TOO_LONG
    return Finding("incoming", n, is_late, said, advice, "incoming", to_know=not is_late)


def mailboxes(now: datetime) -> Finding:
    if not settings.MAILBOX_URLS:
        said = _("No mailbox is read by the program; people read the replies.")
        advice = _("Every message invites a reply. Set MAILBOX_URL, and replies become proposed answers.")
        return Finding(MAILBOX, None, False, said, advice, to_know=True)
    sign = Heartbeat.objects.filter(part=MAILBOX).first()
    last = sign.at if sign else None
    said = _("The mailbox was last read to its end: %s.") % _last_time(last, now)
    is_late = now - max(last or settings.STARTED_AT, settings.STARTED_AT) > UNREAD_MAILBOX_AFTER
    if sign is None or not sign.note:
        return Finding(MAILBOX, seconds_since(last, now), is_late, said, _ask_for_log() if is_late else "")
    advice = _("Put right what the server says: name, password, address. It is read again by itself.")
    return Finding(MAILBOX, seconds_since(last, now), True, f"{said} {sign.note}", advice)


# -- coverage


def uncovered(now: datetime) -> Finding:
    n = Commitment.objects.uncovered(timezone.localdate(now)).count()
    said = ngettext(
        "%d live commitment has no next date or no owner.",
        "%d live commitments have no next date or no owner.",
        n,
    )
    advice = _("Give it an owner or a date. Missing dates are also given by themselves each hour.")
    return _counted(
        "uncovered",
        n,
        said,
        advice,
        calm=_("Every live commitment has an owner and a next date."),
        link="uncovered",
    )


def untold(now: datetime) -> Finding:
    n = nobody_to_tell(Commitment.objects.live(), now=now).count()
    said = ngettext(
        "Of %d live commitment nobody can be told: no post, alternate or desk has a holder with an address.",
        "Of %d live commitments nobody can be told: no post, alternate or desk has a holder with an address.",
        n,
    )
    return _counted(
        "untold",
        n,
        said,
        _("Give one of their posts, or the desk, a holder."),
        calm=_("Of every live commitment somebody can be told."),
        link="untold",
    )


def nobody_to_tell(commitments: QuerySet[Commitment], *, now: datetime) -> QuerySet[Commitment]:
    """Live ones with a date that stands, of which no owner, none of their alternates and no desk can be told.

    Whether somebody hears, the directory says; a healthy register is asked about its desks only."""
    desks = Directory((), now=now)
    deaf = [pk for pk in desks.forums if desks.recipient(0, pk) is None]
    if not deaf:
        return commitments.none()
    today = timezone.localdate(now)
    of_deaf_desk = Q(working_group__in=deaf) | Q(working_group=None, forum__in=deaf)
    untold = _untold_dates(_deaf_owners(now), today).values("commitment")
    return commitments.filter(of_deaf_desk, workflow=Commitment.Workflow.ACTIVE, pk__in=untold)


def _deaf_owners(now: datetime) -> list[int]:
    leads = Assignment.objects.leads().order_by().values_list("post", flat=True).distinct()
    named = FollowUp.objects.filter(closed_at=None, post__isnull=False).order_by()
    owners = {*leads, *named.values_list("post", flat=True).distinct()}
    directory = Directory(owners, now=now)
    return [pk for pk in owners if directory.recipient(pk, 0) is None]


def _untold_dates(deaf: list[int], today: date) -> QuerySet[FollowUp]:
    """For the post it names, else for its leads, as notifications/audiences.py has it."""
    heard = Assignment.objects.active(today).leads().filter(commitment=OuterRef("commitment"))
    heard = heard.exclude(post__in=deaf)
    of_any_party = Q(party=None) & Exists(heard)
    of_its_party = Q(party__isnull=False) & Exists(heard.filter(party=OuterRef("party")))
    owner_deaf = Q(post__in=deaf) | (Q(post=None) & ~(of_any_party | of_its_party))
    return FollowUp.objects.filter(owner_deaf, closed_at=None)


# -- all of it

QUESTIONS: tuple[Callable[[datetime], Finding], ...] = (
    tick,
    broker,
    paused_channels,
    queue,
    overdue_reminders,
    given_up,
    uncertain,
    looked_up,
    missed,
    untold,
    uncovered,
    refusing_addresses,
    unread_mail,
    mailboxes,
    stuck_leases,
    in_step,
    planning,
)


def look(now: datetime) -> list[Finding]:
    """What worries first, then what is good to know."""
    found = [ask(now) for ask in QUESTIONS]
    return sorted(found, key=lambda finding: (not finding.worrying, not finding.to_know))


def _counted(name: str, n: int, said: str, advice: str, *, calm: str, link: str = "") -> Finding:
    return Finding(name, n, True, said % n, advice, link) if n else Finding(name, 0, False, calm)


def in_words(moment: datetime) -> str:
    """On the reader's clock."""
    local = timezone.localtime(moment)
    return f"{long_date(local.date(), get_language() or 'en')} {local:%H:%M}"


def _last_time(last: datetime | None, now: datetime) -> str:
    if last is None:
        return _("not yet")
    if now - last < timedelta(minutes=1):
        return _("less than a minute ago")
    return _("%(age)s ago, on %(moment)s") % {"age": timesince(last, now, depth=1), "moment": in_words(last)}


def seconds_since(last: datetime | None, now: datetime) -> int | None:
    return None if last is None else _whole(now - last)


def _whole(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))
