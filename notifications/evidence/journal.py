"""A mailbox into which the relay copies everything that it accepts (Postfix: always_bcc; Exchange: a journal)."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from notifications.evidence.base import Evidence, NoEvidence

SECONDS = 20
PORT, PORT_OF_TLS = 143, 993


class Journal(Evidence):
    """`imap+ssl://user:password@host/folder`, or imap+tls, or imap; what is special in it percent-encoded."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)

    def __str__(self) -> str:
        return f"the journal at {self.url.hostname}"

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        with self._folder() as folder:
            return {each for each in message_ids if _finds(folder, "HEADER", "Message-ID", _quoted(each))}

    def begins_before(self, moment: datetime) -> bool:
        with self._folder() as folder:
            return _finds(folder, "BEFORE", imaplib.Time2Internaldate(moment.astimezone(UTC))[1:12].strip())

    @contextmanager
    def _folder(self) -> Iterator[imaplib.IMAP4]:
        try:
            server = self._connected()
            try:
                server.login(unquote(self.url.username or ""), unquote(self.url.password or ""))
                status, said = server.select(
                    _quoted(unquote(self.url.path.strip("/")) or "INBOX"), readonly=True
                )
                if status != "OK":
                    raise NoEvidence(f"{self} does not open: {said!r}")
                yield server
            finally:
                with suppress(imaplib.IMAP4.error, OSError):
                    server.logout()
        except (imaplib.IMAP4.error, OSError) as error:
            raise NoEvidence(f"{self} cannot be read: {error}") from error

    def _connected(self) -> imaplib.IMAP4:
        host, port, trusted = self.url.hostname or "", self.url.port, ssl.create_default_context()
        if self.url.scheme in {"imap+ssl", "imaps"}:
            port = port or PORT_OF_TLS
            return imaplib.IMAP4_SSL(host, port, ssl_context=trusted, timeout=SECONDS)
        server = imaplib.IMAP4(host, port or PORT, timeout=SECONDS)
        if self.url.scheme == "imap+tls":
            server.starttls(trusted)
        return server


def _finds(folder: imaplib.IMAP4, *what: str) -> bool:
    _status, (found, *_rest) = folder.search(None, *what)
    return bool(found)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
