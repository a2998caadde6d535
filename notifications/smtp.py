"""SMTP with three things that Django's backend lacks: a guard against a frozen worker, knowing how far it came, and
a connection that serves many messages."""

from __future__ import annotations

import contextlib
import smtplib
import time
from smtplib import quoteaddr
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

SERVICE_NOT_AVAILABLE = 421  # and the server hangs up


class TooLate(Exception):
    """The worker was frozen past its lease; the message has certainly not been handed over."""


class GuardedSMTP(smtplib.SMTP):
    """Refuses to hand over a message after `not_after` (monotonic seconds).

    `in_doubt` is True between the first byte of the message and the server's answer to it: only then does a
    broken connection leave open whether it was accepted (RFC 5321, 4.1.1.10)."""

    not_after: float | None = None
    in_doubt = False
    _message_is_next = False

    def send(self, s: Any) -> None:
        if self._message_is_next:
            if self.not_after is not None and time.monotonic() > self.not_after:
                self.close()
                raise TooLate("The worker was stopped for longer than its lease.")
            self._message_is_next, self.in_doubt = False, True
        super().send(s)

    def hand_over(self, sender: str, address: str, content: bytes) -> None:
        """Raises what sendmail() raises; envelope and message in two round trips where the server allows (RFC 2920)."""
        self.ehlo_or_helo_if_needed()
        options = ["BODY=8BITMIME"] if self.has_extn("8bitmime") else []
        if not self.has_extn("pipelining"):
            self.sendmail(sender, [address], content, mail_options=options)
            return
        options += [f"SIZE={len(content)}"] if self.has_extn("size") else []
        envelope = (
            f"MAIL FROM:{quoteaddr(sender)} {' '.join(options)}",
            f"RCPT TO:{quoteaddr(address)}",
            "DATA",
        )
        self.send("".join(f"{line.rstrip()}\r\n" for line in envelope))
        replies = self.getreply(), self.getreply(), self.getreply()
        try:
            _raise_refusal(sender, address, *replies)
        except smtplib.SMTPException:
            self._end_refused(*replies)
            raise
        self.send(_dotted(content))
        code, text = self.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, text)

    def _end_refused(self, *replies: tuple[int, bytes]) -> None:
        """A server that waits for the message all the same has to wait in vain."""
        if replies[-1][0] == 354:
            self.close()
        else:
            with contextlib.suppress(smtplib.SMTPServerDisconnected):
                self.rset()

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self._message_is_next = code == 354
        self.in_doubt = False
        return code, text

    def close(self) -> None:
        """What is sent next goes over another connection and begins with a greeting."""
        self._message_is_next = False
        super().close()


def _raise_refusal(
    sender: str, address: str, mail: tuple[int, bytes], rcpt: tuple[int, bytes], data: tuple[int, bytes]
) -> None:
    if mail[0] != 250:
        raise smtplib.SMTPSenderRefused(*mail, sender)
    if rcpt[0] not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({address: rcpt})
    if data[0] != 354:
        raise smtplib.SMTPDataError(*data)


def _dotted(content: bytes) -> bytes:
    """As it goes over the wire: a line that begins with a dot gets another, and a dot alone ends it."""
    dotted = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return dotted + (b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n")


class GuardedSMTP_SSL(GuardedSMTP, smtplib.SMTP_SSL):
    pass


class GuardedBackend(EmailBackend):
    """Django's SMTP backend (its settings, TLS and signing in) on our connection, which stays open."""

    @property
    def connection_class(self) -> Any:
        return GuardedSMTP_SSL if self.use_ssl else GuardedSMTP

    @property
    def in_doubt(self) -> bool:
        return getattr(self.connection, "in_doubt", False)

    def hand_over(self, sender: str, address: str, content: bytes, not_after: float) -> None:
        """Over a connection that is open; raises what smtplib raises, or TooLate."""
        self.connection.not_after = not_after
        self.connection.hand_over(sender, address, content)

    def drop(self) -> None:
        """Without a farewell: the other side may be deaf."""
        for name in ("connection", "_partial_connection"):  # the second: opened half
            if getattr(self, name) is not None:
                getattr(self, name).close()
                setattr(self, name, None)

    def take_leave(self) -> None:
        with contextlib.suppress(OSError):
            self.close()
        self.drop()
