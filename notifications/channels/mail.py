"""Mail by the configured backend; SMTP over one guarded connection for a whole run."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Collection
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _

from notifications import evidence
from notifications.channels.base import (
    Channel,
    ChannelError,
    InDoubtError,
    MisconfiguredError,
    Policy,
    UnreachableError,
)
from notifications.mime import UTF_8, mail_as_bytes
from notifications.models import Delivery, OutgoingMail
from notifications.smtp import SERVICE_NOT_AVAILABLE, GuardedBackend, TooLate

FILES = "notifications.outbox.FileOutbox"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
# Signing in is asked for, is too weak, was refused, or must be encrypted (RFC 4954).
SIGN_IN = {530, 534, 535, 538}
TOO_LARGE = {523, 552}
# Nothing in it needs to be read any closer.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
# No such mailbox, no such host, moved, takes no mail (RFC 3463, RFC 7505): said of the address, not of this message.
NO_SUCH_ADDRESS = re.compile(r"5\d\d 5\.1\.(?:1|2|6|10)(?!\d)")


class Mail(EmailMultiAlternatives):
    """Whatever backend sends it, the same words make the same bytes (Django draws its boundaries by lot)."""

    @cached_property
    def content(self) -> bytes:
        headers = {
            "Subject": str(self.subject),
            "From": self.envelope[0],
            "To": self.envelope[1],
            **({"Reply-To": ", ".join(self.reply_to)} if self.reply_to else {}),
            **self.extra_headers,
        }
        html = str(self.alternatives[0][0]) if self.alternatives else ""
        boundary = hashlib.sha256(self.extra_headers["Message-ID"].encode()).hexdigest()[:32]
        return mail_as_bytes(headers, str(self.body), html, boundary=f"={boundary}=")

    def message(self, **_kwargs: Any) -> Any:
        return message_from_bytes(self.content, policy=SMTP_POLICY)

    @cached_property
    def envelope(self) -> tuple[str, str]:
        return on_the_wire(self.from_email), on_the_wire(self.to[0])

    def checked(self) -> Mail:
        """Whatever cannot be written shows now, and not when the message is handed over."""
        _written = self.envelope, self.content
        return self


@lru_cache(maxsize=1000)
def on_the_wire(address: str) -> str:
    """On one line. Raises ValueError unless it is one address."""
    if PLAIN_ADDRESS.fullmatch(address):
        return address
    return sanitize_address(address, UTF_8).replace("\n ", " ")  # type: ignore[arg-type]


class MailChannel(Channel):
    most_handings = 10

    def __init__(self) -> None:
        self._backend: GuardedBackend | None = None

    def why_closed(self) -> str:
        """Files need no permission; mail to real addresses must have been switched on."""
        if settings.EMAIL_BACKEND != SMTP or OutgoingMail.is_enabled():
            return ""
        return _("Outgoing mail is switched off.")

    def prepare(self, delivery: Delivery, *, repeated: bool = False) -> Mail:
        assert delivery.message_date is not None  # set when it is written
        headers = dict(sorted(delivery.headers.items()))  # a database may keep another order
        email = Mail(
            subject=delivery.subject,
            body=delivery.text,
            from_email=headers.pop("From"),
            to=[delivery.address],
            reply_to=[address for address in headers.pop("Reply-To", "").split(", ") if address],
            headers={
                "Message-ID": delivery.message_id,
                "Date": format_datetime(delivery.message_date.astimezone(UTC)),
                **headers,
            },
        )
        if delivery.html:
            email.attach_alternative(delivery.html, "text/html")
        return email.checked()

    def send(self, prepared: Mail, *, not_after: float) -> None:
        if settings.EMAIL_BACKEND != SMTP:
            _by_another_backend(prepared)
            return
        was_open = self._open()
        try:
            self._hand_over(prepared, not_after)
        except UnreachableError:
            if not was_open:
                raise
            self._open()  # the server had ended a connection that served it long enough
            self._hand_over(prepared, not_after)

    def close(self) -> None:
        if self._backend is not None:
            self._backend.take_leave()

    def policy(self) -> Policy:
        return Policy(settings.MAIL_UNCERTAIN or (Policy.VERIFY if evidence.for_mail() else Policy.HOLD))

    def verdicts(self, deliveries: Collection[Delivery], *, now: datetime) -> dict[int, bool]:
        return evidence.verdicts(deliveries, now=now) if evidence.is_to_be_asked(deliveries, now=now) else {}

    @property
    def _line(self) -> GuardedBackend:
        self._backend = self._backend or GuardedBackend()
        return self._backend

    def _open(self) -> bool:
        """Whether it was open already."""
        try:
            return not self._line.open()
        except (smtplib.SMTPException, OSError) as error:
            self._line.drop()
            raise _why_it_does_not_open(error) from error

    def _hand_over(self, email: Mail, not_after: float) -> None:
        try:
            self._line.hand_over(*email.envelope, email.content, not_after)
        except TooLate as error:
            self._line.drop()
            raise ChannelError(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            judged = self._judged(error)
            if isinstance(judged, InDoubtError | UnreachableError):
                self._line.drop()
            raise judged from error

    def _judged(self, error: Exception) -> Exception:
        if self._line.in_doubt:
            return InDoubtError(str(error) or type(error).__name__)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, text = next(iter(error.recipients.values()))
            return _refusal(code, text, of_us=code in SIGN_IN)
        if isinstance(error, smtplib.SMTPSenderRefused):
            return _refusal(error.smtp_code, error.smtp_error, of_us=error.smtp_code not in TOO_LARGE)
        if isinstance(error, smtplib.SMTPResponseException):
            return _refusal(error.smtp_code, error.smtp_error, of_us=error.smtp_code in SIGN_IN)
        return UnreachableError(str(error) or type(error).__name__)


def _by_another_backend(email: Mail) -> None:
    try:
        get_connection().send_messages([email])
    except OSError as error:  # the disk is full
        raise UnreachableError(str(error)) from error


def _refusal(code: int, text: bytes | str, *, of_us: bool) -> ChannelError:
    reason = f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    if code == SERVICE_NOT_AVAILABLE:
        return UnreachableError(reason)
    if code >= 500 and of_us:
        return MisconfiguredError(reason)
    return ChannelError(reason, permanent=code >= 500, of_address=NO_SUCH_ADDRESS.match(reason) is not None)


def _why_it_does_not_open(error: Exception) -> ChannelError:
    """What the server answers for good, and a TLS that does not come about, is for a person to put right."""
    if isinstance(error, smtplib.SMTPResponseException):
        judged = _refusal(error.smtp_code, error.smtp_error, of_us=True)
        return judged if isinstance(judged, MisconfiguredError) else UnreachableError(str(judged))
    is_broken_off = isinstance(error, smtplib.SMTPServerDisconnected)
    if isinstance(error, ssl.SSLError) or (isinstance(error, smtplib.SMTPException) and not is_broken_off):
        return MisconfiguredError(str(error))
    return UnreachableError(str(error) or type(error).__name__)
