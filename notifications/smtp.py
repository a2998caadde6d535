"""SMTP with two things that Django's backend lacks: a guard against a frozen worker, and knowing how far it came."""

from __future__ import annotations

import smtplib
import time
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class TooLate(Exception):
    """The worker was frozen past its lease; the message has certainly not been handed over."""


class GuardedSMTP(smtplib.SMTP):
    """Refuses to hand over a message after `not_after` (monotonic seconds).

    `in_doubt` is True between the first byte of the message and the server's answer to it: only then does a
    broken connection leave open whether it was accepted (RFC 5321, 4.1.1.10)."""

    not_after: float | None = None
    in_doubt = False

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        if code == 354:  # the server waits for the message
            if self.not_after is not None and time.monotonic() > self.not_after:
                self.close()
                raise TooLate("The worker was stopped for longer than its lease.")
            self.in_doubt = True
        elif self.in_doubt:
            self.in_doubt = False
        return code, text


class GuardedSMTP_SSL(GuardedSMTP, smtplib.SMTP_SSL):
    pass


class GuardedBackend(EmailBackend):
    """Django's SMTP backend on our connection. `not_after`: see GuardedSMTP."""

    not_after: float | None = None
    in_doubt = False

    @property
    def connection_class(self) -> Any:
        return GuardedSMTP_SSL if self.use_ssl else GuardedSMTP

    def open(self) -> bool | None:
        opened = super().open()
        if self.connection is not None:
            self.connection.not_after = self.not_after
        return opened

    def _send(self, email_message: EmailMessage) -> bool:
        """Notes how far it came before Django closes and forgets the connection."""
        try:
            return super()._send(email_message)
        except Exception:
            self.in_doubt = getattr(self.connection, "in_doubt", False)
            raise
