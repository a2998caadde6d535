"""A real mail server on a local port that records what it accepts, and can refuse, or drop before or after accepting."""

from __future__ import annotations

import email
import socket
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class MailServer:
    """`plan` says what to do with each message to come, `accept` when it is empty: "accept", "refuse for now", "refuse for good", "drop before", "drop after"."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []
        self.plan: list[str] = []
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    def __enter__(self) -> MailServer:
        self.controller.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str | None:
        behaviour = self.plan.pop(0) if self.plan else "accept"
        if behaviour == "refuse for now":
            return "451 4.3.0 try again later"
        if behaviour == "refuse for good":
            return "550 5.1.1 no such mailbox"
        if behaviour != "drop before":
            self.accepted.append(email.message_from_bytes(envelope.content))
        if behaviour.startswith("drop"):
            server.transport.abort()
            return None
        return "250 OK"
