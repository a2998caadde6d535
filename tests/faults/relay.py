"""The mail server of the fault tests: it records what it accepts before it answers, and misbehaves by chance."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import re
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

from tests.mail_server import MailServer

ASKED = re.compile(r"^\d+\. (F-2026-\d{5})", re.MULTILINE)  # not what it also mentions


@dataclass(frozen=True)
class Accepted:
    """One message as it arrived; `wave` is the one in which it did."""

    message_id: str
    date: str
    to: str
    references: frozenset[str]
    content: bytes
    wave: int


class Relay(MailServer):
    """`chances`: share of each misbehaviour. `log` is written like a relay's own, one line for each message."""

    def __init__(self, log: Path, *, seconds: float = 0.01, seed: int = 1) -> None:
        super().__init__()
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # connections that are dropped on purpose
        self.log, self.seconds, self.random = log, seconds, Random(seed)
        self.chances: dict[str, float] = {}
        self.messages: list[Accepted] = []
        self.named: Counter[str] = Counter()  # recipients, whether a message followed or not
        self.wave = 0
        self.lock, self.has_ended = threading.Lock(), threading.Event()

    def __enter__(self) -> Relay:
        super().__enter__()
        threading.Thread(target=self._serve_others, daemon=True).start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.has_ended.set()
        super().__exit__(*error)

    def _serve_others(self) -> None:
        """Whose mail shows that the log goes on after the last of ours."""
        while not self.has_ended.wait(0.5):
            with self.lock, contextlib.suppress(OSError, ValueError):  # the clock is being set
                self.other_traffic()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str | None:
        behaviour = self._behaviour()
        if behaviour == "refuse for now":
            return "451 4.3.0 try again later"
        await asyncio.sleep(self.seconds * (0.5 + self.random.random()))
        if behaviour == "drop before":
            server.transport.abort()
            return None
        self.accept(server.number, envelope)
        if behaviour == "slow":
            await asyncio.sleep(2.0)
        if behaviour == "drop after":
            server.transport.abort()
            return None
        return "250 2.0.0 Ok: queued"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list) -> str:
        self.named[address] += 1
        return await super().handle_RCPT(server, session, envelope, address, options)

    def _behaviour(self) -> str:
        drawn = self.random.random()
        for name, share in self.chances.items():
            drawn -= share
            if drawn < 0:
                return name
        return "accept"

    def accept(self, connection: int, envelope: Any) -> None:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        asked = frozenset(ASKED.findall(body.get_content() if body else ""))
        told = str(message["Message-ID"]), str(message["Date"]), str(message["To"])
        with self.lock:
            self.messages.append(Accepted(*told, asked, envelope.content, self.wave))
            super().accept(connection, envelope)

    def by_message_id(self) -> dict[str, list[Accepted]]:
        found: dict[str, list[Accepted]] = defaultdict(list)
        for message in list(self.messages):
            found[message.message_id].append(message)
        return found
