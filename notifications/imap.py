"""An IMAP server: what we ask of it, and nothing of its protocol. Mail is read through it, and the relay's journal."""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from commitments.spoken_dates import MONTHS
from notifications.mail_reading import READ_AT_MOST

TIMEOUT = 30  # seconds, for each answer of the server
WRONG_URL = "It is not written as imap+ssl://user:password@host/INBOX."
PORTS = {"imap+ssl": 993, "imap+tls": 143, "imap": 143}


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
            scheme = parts.scheme.replace("imaps", "imap+ssl")
        except ValueError as error:
            raise MailboxError(WRONG_URL) from error
        if scheme not in PORTS or not parts.hostname or not parts.username:
            raise MailboxError(WRONG_URL)
        return cls(
            scheme=scheme,
            host=parts.hostname,
            port=port or PORTS[scheme],
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


@dataclass(frozen=True)
class Fetched:
    raw: bytes
    arrived_at: datetime


class Server:
    """What we ask of an IMAP server, and nothing of its protocol."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self.connection = connection
        self.is_empty = True

    def select(self, folder: str, *, readonly: bool = False) -> int:
        """Returns the validity of its numbers: when that changes, they begin anew."""
        count = self._ask(self.connection.select, quoted(folder), readonly)
        self.is_empty = not int(count[0] or 0)
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
        return Fetched(raw=found[1], arrived_at=_moment(told) or datetime.max.replace(tzinfo=UTC))

    def has(self, message_id: str) -> bool:
        data = self._ask(self.connection.uid, "SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
        return bool(data[0])

    def arrival_of(self, number: str) -> datetime | None:
        """`number`: “1” is the first mail, “*” the last. None: there is none, or nobody knows."""
        if self.is_empty:
            return None
        data = self._ask(self.connection.fetch, number, "(INTERNALDATE)")
        return _moment(b" ".join(piece for piece in data if isinstance(piece, bytes)))

    def mark_as_read(self, uid: int) -> None:
        self._ask(self.connection.uid, "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: Callable[..., tuple[str, list]], *arguments: Any) -> list:
        answer, data = command(*arguments)
        if answer != "OK":
            raise MailboxError(
                b" ".join(piece for piece in data if isinstance(piece, bytes)).decode("utf-8", "replace")
            )
        return data


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Server]:
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


def _moment(told: bytes) -> datetime | None:
    """When it arrived, by the server; the Date of a mail is what its sender says."""
    found = re.search(rb'INTERNALDATE "([^"]+)"', told)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)  # type: ignore[index]
    except (TypeError, ValueError):
        return None


def quoted(folder: str) -> str:
    """In the way in which IMAP writes other scripts (RFC 3501, 5.1.3)."""
    written = re.sub("&|[^\x20-\x7e]+", _in_base64, folder)
    return '"' + written.replace("\\", r"\\").replace('"', r"\"") + '"'


def _in_base64(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    coded = base64.b64encode(found[0].encode("utf-16-be"), altchars=b"+,")
    return "&" + coded.rstrip(b"=").decode() + "-"
