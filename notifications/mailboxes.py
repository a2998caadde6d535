"""Reads the desk's mailboxes over IMAP. A mail is marked as read only after its row is committed.

How far a mailbox was read is kept by the server's own numbering (RFC 3501, 2.3.1.1), not by “unread”: people open
mails there too. Whatever is read twice is known by its Message-ID, so a crash at any line is harmless."""

from __future__ import annotations

import base64
import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings

from commitments.spoken_dates import MONTHS
from notifications.mail_reading import READ_AT_MOST
from notifications.models import Heartbeat, IncomingMail, MailboxMark
from notifications.receiving import receive

log = logging.getLogger(__name__)

PART = "mailbox"  # of the signs of life
TIMEOUT = 30  # seconds, for each answer of the server
MAILS_AT_ONCE = 200
FIRST_READ = timedelta(days=14)
WRONG_URL = "It is not written as imap+ssl://user:password@host/INBOX."
PORTS = {"imap+ssl": 993, "imap+tls": 143, "imap": 143}

Clock = Callable[[], datetime]


class MailboxError(Exception):
    """A mailbox that cannot be read now. It is asked again the next time."""


@dataclass(frozen=True)
class Mailbox:
    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @classmethod
    def of(cls, url: str) -> Mailbox:
        """`imap+ssl://user:password@host/INBOX`. What it raises does not repeat the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise MailboxError(WRONG_URL) from error
        if parts.scheme not in PORTS or not parts.hostname or not parts.username:
            raise MailboxError(WRONG_URL)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
        )

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}/{self.folder}"[:254]

    @property
    def is_secure(self) -> bool:
        return self.scheme != "imap"


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
    with _opened(mailbox) as server:
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


# -- the boundary


@dataclass(frozen=True)
class Fetched:
    raw: bytes
    arrived_at: datetime


class Server:
    """What we ask of an IMAP server, and nothing of its protocol."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self.connection = connection

    def select(self, folder: str) -> int:
        """Returns the validity of its numbers: when that changes, they begin anew."""
        self._ask(self.connection.select, _quoted(folder))
        _name, data = self.connection.response("UIDVALIDITY")
        return int(data[0]) if data and data[0] else 0

    def uids(self, *, after: int, since: datetime | None) -> list[int]:
        """Ascending. A server answers “6:*” with its last number even where that is below 6."""
        criteria = ["UID", f"{after + 1}:*"]
        if since is not None:
            criteria += ["SINCE", f"{since.day:02}-{MONTHS[since.month - 1]}-{since.year}"]
        data = self._ask(self.connection.uid, "SEARCH", *criteria)
        return sorted(uid for uid in map(int, (data[0] or b"").split()) if uid > after)

    def fetch(self, uid: int) -> Fetched | None:
        """Its beginning, and without marking it as read."""
        wanted = f"(INTERNALDATE BODY.PEEK[]<0.{READ_AT_MOST}>)"
        data = self._ask(self.connection.uid, "FETCH", str(uid), wanted)
        found = next((piece for piece in data if isinstance(piece, tuple)), None)
        if found is None:
            return None
        told = b" ".join(piece if isinstance(piece, bytes) else piece[0] for piece in data if piece)
        return Fetched(raw=found[1], arrived_at=_moment(told))

    def mark_as_read(self, uid: int) -> None:
        self._ask(self.connection.uid, "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: Callable[..., tuple[str, list]], *arguments: str) -> list:
        answer, data = command(*arguments)
        if answer != "OK":
            raise MailboxError(
                b" ".join(piece for piece in data if isinstance(piece, bytes)).decode("utf-8", "replace")
            )
        return data


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[Server]:
    """Whatever goes wrong out there is a MailboxError; what goes wrong in here stays what it is."""
    connection = None
    try:
        connection = _connected(mailbox)
        connection.login(mailbox.user, mailbox.password)
        yield Server(connection)
    except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
        raise MailboxError(_readable(error)) from error
    finally:
        if connection is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                connection.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    """Certificates are checked against those that the machine trusts."""
    if mailbox.scheme == "imap+ssl":
        trusted = ssl.create_default_context()
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=trusted, timeout=TIMEOUT)
    connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    if mailbox.scheme == "imap+tls":
        connection.starttls(ssl.create_default_context())
    return connection


def _readable(error: Exception) -> str:
    said = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return text or type(error).__name__


def _moment(told: bytes) -> datetime:
    """When it arrived, by the server; the Date of a mail is what its sender says."""
    found = re.search(rb'INTERNALDATE "([^"]+)"', told)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)  # type: ignore[index]
    except (TypeError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def _quoted(folder: str) -> str:
    """In the way in which IMAP writes other scripts (RFC 3501, 5.1.3)."""
    written = re.sub("&|[^\x20-\x7e]+", _in_base64, folder)
    return '"' + written.replace("\\", r"\\").replace('"', r"\"") + '"'


def _in_base64(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    coded = base64.b64encode(found[0].encode("utf-16-be"), altchars=b"+,")
    return "&" + coded.rstrip(b"=").decode() + "-"
