"""A mailbox into which the relay copies everything that it accepts (Postfix: always_bcc; Exchange: a journal)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from notifications.evidence.base import Evidence, NoEvidence, Span
from notifications.imap import Mailbox, MailboxError, Server, opened


class Journal(Evidence):
    """`imap+ssl://user:password@host/folder`, or imap+tls, or imap; what is special in it percent-encoded."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return "the journal"

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        with self._folder() as server:
            return {each for each in message_ids if server.has(each)}

    def span(self) -> Span:
        with self._folder() as server:
            return Span(begins=server.arrival_of("1"), ends=server.arrival_of("*"))

    @contextmanager
    def _folder(self) -> Iterator[Server]:
        try:
            mailbox = Mailbox.of(self.url)
            with opened(mailbox) as server:
                server.select(mailbox.folder, readonly=True)
                yield server
        except MailboxError as error:
            raise NoEvidence(f"{self} cannot be read: {error}") from error
