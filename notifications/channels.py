"""The boundary to the outside world: a message is accepted, refused for now, refused for good, or nobody knows."""

from __future__ import annotations

import smtplib
import time
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.messages import Message
from notifications.models import LEASE_TO_SEND, Delivery, OutgoingMail
from notifications.outbox import path_of
from notifications.smtp import GuardedBackend, TooLate

FILES = "notifications.outbox.FileOutbox"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


class ChannelError(Exception):
    """It was certainly not accepted. `permanent`: trying again will not help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class InDoubtError(Exception):
    """The connection broke after the message was handed over and before the answer."""


class Mail(EmailMultiAlternatives):
    """Folds a long subject behind its name: Django's begins it on the next line, and some clients show that."""

    def message(self, **kwargs: Any) -> Any:
        message = super().message(**kwargs)
        if not str(self.subject).isascii():
            message.replace_header("Subject", Header(str(self.subject), "utf-8", header_name="Subject"))
        return message


class MailChannel:
    """Mail by the configured backend. SMTP goes through our guarded connection."""

    def is_open(self) -> bool:
        """Files need no permission; mail to real addresses must have been switched on."""
        return settings.EMAIL_BACKEND != SMTP or OutgoingMail.is_enabled()

    def send(self, delivery: Delivery, message: Message) -> None:
        backend = self._backend()
        email = self._email(delivery, message, backend)
        try:
            email.send()
        except TooLate as error:
            raise ChannelError(str(error)) from error
        except smtplib.SMTPException as error:
            raise self._judged(error, backend) from error
        except OSError as error:
            raise self._broken(error, backend) from error
        except ValueError as error:  # an address or a header that cannot be written
            raise ChannelError(str(error), permanent=True) from error

    def was_accepted(self, delivery: Delivery) -> bool | None:
        """Evidence about an uncertain message; None where there is none to be had."""
        return path_of(delivery.message_id).exists() if settings.EMAIL_BACKEND == FILES else None

    def _backend(self) -> BaseEmailBackend:
        if settings.EMAIL_BACKEND != SMTP:
            return get_connection()
        backend = GuardedBackend()
        backend.not_after = time.monotonic() + LEASE_TO_SEND.total_seconds() / 2
        return backend

    def _email(self, delivery: Delivery, message: Message, backend: BaseEmailBackend) -> Mail:
        assert delivery.message_date is not None  # set at the point of no return
        email = Mail(
            subject=message.subject,
            body=message.text,
            to=[message.address],
            reply_to=message.reply_to,
            connection=backend,
            headers={
                "Message-ID": delivery.message_id,
                "Date": _date_header(delivery.message_date),
                "Auto-Submitted": "auto-generated",
            },
        )
        email.attach_alternative(message.html, "text/html")
        return email

    def _judged(self, error: smtplib.SMTPException, backend: BaseEmailBackend) -> Exception:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, text = next(iter(error.recipients.values()))
            return ChannelError(f"{code} {_readable(text)}", permanent=code >= 500)
        if isinstance(error, smtplib.SMTPResponseException):
            reason = f"{error.smtp_code} {_readable(error.smtp_error)}"
            # What the server has against us (name, password, sender) is put right once; no message fails for it.
            of_message = isinstance(error, smtplib.SMTPDataError)
            return ChannelError(reason, permanent=of_message and error.smtp_code >= 500)
        return self._broken(error, backend)

    def _broken(self, error: Exception, backend: BaseEmailBackend) -> Exception:
        if isinstance(backend, GuardedBackend) and backend.in_doubt:
            return InDoubtError(str(error))
        return ChannelError(str(error) or type(error).__name__)


def _date_header(moment: datetime) -> str:
    return format_datetime(moment)


def _readable(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


CHANNELS = {Delivery.Channel.MAIL: MailChannel()}


def for_name(name: str) -> MailChannel:
    return CHANNELS[Delivery.Channel(name)]
