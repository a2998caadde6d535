"""Reads the desk's mailboxes over IMAP. A mail is marked as read only after its row is committed.

How far a mailbox was read is kept by the server's own numbering (RFC 3501, 2.3.1.1), not by “unread”: people open
mails there too. Whatever is read twice is known by its Message-ID, so a crash at any line is harmless."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from notifications.imap import Mailbox, MailboxError, Server, opened
from notifications.models import Heartbeat, IncomingMail, MailboxMark
from notifications.receiving import receive

log = logging.getLogger(__name__)

PART = "mailbox"  # of the signs of life
MAILS_AT_ONCE = 200
FIRST_READ = timedelta(days=14)

Clock = Callable[[], datetime]


@dataclass
class Result:
    """What one run found: mails by what became of them; `left_alone` belong to nothing here or were known."""

    answers: int = 0
    waiting: int = 0
    noted: int = 0
    left_alone: int = 0
    troubles: dict[str, str] = field(default_factory=dict)

    def count(self, row: IncomingMail | None) -> None:
        if row is None:
            self.left_alone += 1
        elif row.state == IncomingMail.State.USED:
            self.answers += 1
        elif row.state == IncomingMail.State.WAITING:
            self.waiting += 1
        else:
            self.noted += 1


def read_mailboxes(*, clock: Clock) -> Result:
    """Each of them; one that fails keeps the others from nothing."""
    result = Result()
    for n, url in enumerate(settings.MAILBOX_URLS, 1):
        name = f"MAILBOX_URL {n}"
        try:
            mailbox = Mailbox.of(url)
            name = mailbox.name
            _read(mailbox, result, clock=clock)
        except MailboxError as error:
            log.error("The mailbox %s cannot be read: %s", name, error)
            result.troubles[name] = str(error)
    if settings.MAILBOX_URLS:
        _leave_sign(result, now=clock())
    return result


def _leave_sign(result: Result, *, now: datetime) -> None:
    """`at` is when all of them were last read to the end; the note says what keeps them from it."""
    note = "\n".join(f"{name}: {why}" for name, why in result.troubles.items())
    sign, is_new = Heartbeat.objects.get_or_create(part=PART, defaults={"at": now, "note": note})
    if not is_new:
        sign.at, sign.note = sign.at if note else now, note
        sign.save(update_fields=["at", "note"])


def _read(mailbox: Mailbox, result: Result, *, clock: Clock) -> None:
    with opened(mailbox) as server:
        uid_validity = server.select(mailbox.folder)
        after = MailboxMark.last_of(mailbox.name, uid_validity)
        since = None if after is not None else clock() - FIRST_READ
        for uid in server.uids(after=after or 0, since=since)[:MAILS_AT_ONCE]:
            mail = server.fetch(uid)
            if mail is not None:  # somebody else may have moved it meanwhile
                now = clock()
                received_at = min(mail.arrived_at, now)
                row = receive(mail.raw, mailbox=mailbox.name, now=now, received_at=received_at)
                result.count(row)
                _mark_as_read(server, uid, row)
            MailboxMark.move(mailbox.name, uid_validity, uid)


def _mark_as_read(server: Server, uid: int, row: IncomingMail | None) -> None:
    """What a person has to read stays unread; so does what is none of our business."""
    if row is not None and row.state != IncomingMail.State.WAITING:
        server.mark_as_read(uid)
