"""After a backup was put back: what has gone out since is found again and written down, before any worker starts.

The register lives through the time since the backup once more, without sending. The same message gets the same
Message-ID as then (Delivery.message_id_of), and the evidence knows which of them were accepted. What it proves sent
is sent; what it proves unsent goes out as usual; the rest is held for a person, unless one has decided for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from commitments.working_days import ONE_DAY
from notifications import channels, evidence
from notifications.ahead import A_MOMENT
from notifications.bundling import bundle_reminders
from notifications.models import Delivery, Heartbeat, Reminder
from notifications.overviews import bundle_overviews, hours_between
from notifications.planning import plan_reminders

AT_ONCE = 500  # messages that one statement names
LATELY = 50  # messages by which it is seen whether ours are named as they were
# More than were given out in any time for which somebody would put a backup back.
LEAP = 1_000_000


class Unknown(StrEnum):
    """What becomes of a message of which there is no evidence."""

    HELD = "held"
    SENT = "sent"
    NOT_SENT = "not-sent"


class CannotCompare(Exception):
    """A sentence for whoever put the backup back."""


@dataclass
class Restored:
    """What was found out about the messages that were, or would have been, on their way since the backup."""

    since: datetime
    asked: list[str]  # which evidence
    is_proved: bool  # it spans the whole time, so that it also proves what was not sent
    sent: list[Delivery]
    to_send: list[Delivery]
    held: list[Delivery]


def last_sign_of_life(now: datetime) -> datetime | None:
    """Of the state that was put back: the backup cannot be older than what stands in it."""
    signs = [
        Heartbeat.objects.filter(at__lte=now).aggregate(last=Max("at"))["last"],
        Delivery.objects.filter(sent_at__lte=now).aggregate(last=Max("sent_at"))["last"],
        Delivery.objects.filter(created_at__lte=now).aggregate(last=Max("created_at"))["last"],
    ]
    return max((at for at in signs if at is not None), default=None)


def after_restore(
    *, since: datetime, now: datetime, unknown: Unknown = Unknown.HELD, rehearsal: bool = False
) -> Restored:
    """No worker may run. It may be repeated: what is settled stays settled. `rehearsal`: everything is undone again."""
    _refuse_what_would_find_nothing(unknown)
    with transaction.atomic():
        give_out_other_numbers()
        inquiry = Inquiry(since, now, unknown)
        hours = hours_between(since, now)
        soon_after = {
            hour + A_MOMENT for hour in hours if hour + A_MOMENT <= now
        }  # whoever is above hears then
        for moment in sorted({since, now} | hours | soon_after):
            plan_reminders(now=moment, since_mark=True)
            bundle_reminders(now=moment)
            bundle_overviews(now=moment)
            inquiry.settle(now=moment)
        inquiry.look_on_later_days(now=now)
        result = inquiry.result()
        transaction.set_rollback(rehearsal)
    return result


def _refuse_what_would_find_nothing(unknown: Unknown) -> None:
    closed = channels.for_name(Delivery.Channel.MAIL).why_closed()
    if closed:
        raise CannotCompare(
            _("%(reason)s So nothing is bundled and nothing found. Switch it on; no worker runs yet.")
            % {"reason": closed}
        )
    if unknown is Unknown.HELD and not _are_named_as_before():
        raise CannotCompare(
            _(
                "The last messages in the books have other Message-IDs than this installation would give them: "
                "SECRET_KEY or SITE_URL is another, or an older version sent them. Nothing can be compared. Put that "
                "right, or decide with --unknown for all messages of which nothing is known."
            )
        )


def _are_named_as_before() -> bool:
    sent = Delivery.objects.filter(state=Delivery.State.SENT, channel=Delivery.Channel.MAIL).order_by("-pk")
    lately = sent.only("recipient_id", "channel", "message_class", "local_day", "message_id")[:LATELY]
    return not lately or any(each.message_id == each.message_id_of() for each in lately)


def give_out_other_numbers() -> None:
    """Mails that have gone out since carry links with numbers: they must not open what is made now."""
    for model in (Delivery, Reminder):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + {LEAP})")
            else:
                _leap_in_sqlite(cursor, table)


def _leap_in_sqlite(cursor: Any, table: str) -> None:
    cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [LEAP, table])
    if not cursor.rowcount:  # nothing was ever written to it
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, LEAP])


class Finding(StrEnum):
    SENT = "sent"
    NOT_SENT = "not sent"
    IN_DOUBT = "in doubt"  # was handed over by the time of the backup: the workers settle it by their rules
    HELD = "held"


class Inquiry:
    """Asks of each message once, under each Message-ID that it would have had."""

    def __init__(self, since: datetime, until: datetime, unknown: Unknown) -> None:
        self.since, self.until, self.unproved = since, until, Finding[unknown.name]
        self.findings: dict[str, Finding] = {}
        self.sent: set[int] = set()

    def settle(self, *, now: datetime) -> None:
        """Of everything that was, or would have been, on its way at that moment."""
        for deliveries in _parts(list(Delivery.objects.on_their_way().order_by("pk"))):
            self._ask([each for each in deliveries if each.message_id not in self.findings])
            found: dict[Finding, list[Delivery]] = defaultdict(list)
            for each in deliveries:
                found[self.findings[each.message_id]].append(each)
            Delivery.objects.found_again(found[Finding.SENT], now=now)
            Delivery.objects.start_afresh(found[Finding.NOT_SENT])
            Delivery.objects.stay_in_doubt(found[Finding.IN_DOUBT], now=now)
            Delivery.objects.wait_for_a_person(found[Finding.HELD], now=now)
            self.sent |= {each.pk for each in found[Finding.SENT]}

    def _ask(self, deliveries: Sequence[Delivery]) -> None:
        by_mail = {each.message_id for each in deliveries if each.channel == Delivery.Channel.MAIL}
        accepted, is_whole = self._accepted(by_mail) if by_mail else (set(), False)
        for each in deliveries:
            finding = self._finding(each) if is_whole and each.message_id in by_mail else self.unproved
            self.findings[each.message_id] = Finding.SENT if each.message_id in accepted else finding

    def _accepted(self, message_ids: Collection[str]) -> tuple[set[str], bool]:
        return evidence.accepted_between(message_ids, self.since, self.until)

    def look_on_later_days(self, *, now: datetime) -> None:
        """The workers may have stood still on the day on which it was to be told, and have told it when they went on."""
        never_begun = Delivery.objects.on_their_way().filter(message_date=None).order_by("pk")
        for deliveries in _parts(list(never_begun)):
            names = {
                each.message_id: each for delivery in deliveries for each in _on_later_days(delivery, now)
            }
            taken = Delivery.objects.filter(message_id__in=names).values_list("message_id", flat=True)
            accepted, _is_whole = self._accepted(set(names) - set(taken))
            found = {names[name].pk: names[name] for name in sorted(accepted)}
            for each in found.values():
                each.left_as_that_of_its_day()
            Delivery.objects.found_again(list(found.values()), now=now)
            self.sent |= set(found)

    def _finding(self, delivery: Delivery) -> Finding:
        """Of one that the evidence lacks. What was handed over by then may be older than it."""
        may_have_left = {Delivery.State.SENDING, Delivery.State.UNCERTAIN}
        handed_over = delivery.state in may_have_left and delivery.message_date is not None
        return Finding.IN_DOUBT if handed_over else Finding.NOT_SENT

    def result(self) -> Restored:
        """With the messages themselves: a rehearsal undoes them."""
        left = list(Delivery.objects.on_their_way().select_related("recipient").order_by("local_day", "pk"))
        sent = Delivery.objects.filter(pk__in=self.sent).select_related("recipient")
        return Restored(
            since=self.since,
            asked=[str(each) for each in evidence.for_mail()],
            is_proved=self._accepted(set())[1],
            sent=list(sent.order_by("local_day", "pk")),
            to_send=[each for each in left if each.state == Delivery.State.PENDING],
            held=[each for each in left if each.state == Delivery.State.UNCERTAIN],
        )


def _on_later_days(delivery: Delivery, now: datetime) -> Iterator[Delivery]:
    """As it would have been made then, wherever its recipient is by then."""
    for n in range((now.date() + ONE_DAY - delivery.local_day).days):
        later = copy(delivery)
        later.local_day += (n + 1) * ONE_DAY
        later.message_id = later.message_id_of()
        yield later


def _parts(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    left = iter(deliveries)
    while part := list(islice(left, AT_ONCE)):
        yield part
