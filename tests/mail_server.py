"""A real mail server on a local port that records what it accepts, keeps a log as Postfix does, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

LONG_AGO = "2020-01-01T00:00:00+00:00 relay postfix/master[1]: daemon started"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@dataclass(frozen=True)
class Arrival:
    """One message as it was accepted; `connection` counts from 1."""

    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @cached_property
    def message(self) -> Message:
        """Read once: aiosmtpd asks its handler for all its members, `accepted` too, at each connection."""
        return email.message_from_bytes(self.content)


class MailServer:
    """`plan` says what to do with each message to come, `always` with all others: "accept", "refuse for now",
    "refuse for good", "drop before", "drop after" or an answer of your own, such as "552 too large".

    `sign_in` answers each attempt to sign in, such as "535 5.7.8 wrong password". `without_certificate`: it offers
    TLS, and no connection comes about."""

    def __init__(self, *, sign_in: str = "", without_certificate: bool = False) -> None:
        self.arrivals: list[Arrival] = []
        self.plan: list[str] = []
        self.always = "accept"
        self.seconds = 0.0  # that each message takes
        self.pipelining = True
        self.no_mailbox: set[str] = set()
        self.asks_for_the_rest = False  # of a message whose recipient it has just refused (RFC 2920, 3.1)
        self.at_most = 0  # messages over one connection, if there is a limit
        self.sender_answer = ""  # to MAIL FROM, if it is not to be accepted
        self.sign_in = sign_in
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if without_certificate else None
        self.connections = 0
        self._log: Path | None = None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # of its log
        self.port = free_port()
        self.controller = _Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    @property
    def accepted(self) -> list[Message]:
        return [arrival.message for arrival in self.arrivals]

    @property
    def log(self) -> Path | None:
        """Where the relay writes its log, if it keeps one."""
        return self._log

    @log.setter
    def log(self, path: Path) -> None:
        self._log = path
        path.write_text(LONG_AGO + "\n")

    def __enter__(self) -> MailServer:
        self.controller.start()  # which looks with a connection of its own whether it answers
        self.connections = 0
        return self

    def __exit__(self, *_error: Any) -> None:
        self.controller.stop()

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, answers: list) -> list:
        session.host_name = name
        return [answers[0], "250-PIPELINING", *answers[1:]] if self.pipelining else answers

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list) -> str:
        if self.sender_answer:
            return self.sender_answer
        if self.at_most and server.messages >= self.at_most:
            await server.push("421 4.7.0 too many messages, goodbye")
            server.transport.close()
            return ""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list) -> str:
        if address in self.no_mailbox:
            envelope.rcpt_tos += [address] if self.asks_for_the_rest else []
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str | None:
        server.messages += 1
        behaviour = self.plan.pop(0) if self.plan else self.always
        if behaviour[:1].isdigit():
            return behaviour
        if behaviour == "refuse for now":
            return "451 4.3.0 try again later"
        if behaviour == "refuse for good":
            return "550 5.1.1 no such mailbox"
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if behaviour != "drop before":
            self.accept(server.number, envelope)
        if behaviour.startswith("drop"):
            server.transport.abort()
            return None
        return "250 OK"

    def accept(self, connection: int, envelope: Any) -> None:
        arrival = Arrival(connection, envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content)
        self.arrivals.append(arrival)
        if self._log is not None:
            message_id = str(arrival.message["Message-ID"])
            write_to_log(self._log, message_id, len(self.arrivals), at=self.clock())

    def other_traffic(self) -> None:
        """A line of its log that concerns none of our messages."""
        if self._log is not None:
            with self._log.open("a") as file:
                file.write(f"{self.clock().isoformat()} relay postfix/smtpd[9]: connect from elsewhere\n")

    def authenticate(self, *_what: Any) -> AuthResult:
        if self.sign_in.startswith("235"):
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=self.sign_in)


def write_to_log(log: Path, message_id: str, number: int, *, at: datetime | None = None) -> None:
    """As Postfix does: the Message-ID when it reads the message, and that it is in the queue when it has taken it."""
    stamp, queue_id = (at or datetime.now(UTC)).isoformat(), f"4XyZ{number:06X}"
    lines = (
        f"postfix/cleanup[7]: {queue_id}: message-id={message_id}",
        f"postfix/qmgr[8]: {queue_id}: {ACTIVE}",
    )
    with log.open("a") as file:
        file.writelines(f"{stamp} relay {line}\n" for line in lines)


ACTIVE = "from=<tracker@ministry.example>, size=4000, nrcpt=1 (queue active)"


class _Controller(Controller):
    def factory(self) -> SMTP:
        handler = self.handler
        handler.connections += 1
        server = SMTP(
            handler,
            hostname="relay",
            authenticator=handler.authenticate if handler.sign_in else None,
            auth_require_tls=False,
            tls_context=handler.tls,
        )
        server.number, server.messages = handler.connections, 0
        return server
