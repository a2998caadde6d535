"""Signed addresses in mails: each bound to what it is for, to nothing else, and they expire."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

ANSWER = "notifications.answer"
PREFERENCES = "notifications.preferences"
UNSUBSCRIBE = "notifications.unsubscribe"
VALID_FOR = timedelta(days=120)
PREFERENCES_VALID_FOR = timedelta(days=60)  # a forwarded mail carries one, and the next mail a new one
# A mail that is kept must still be possible to unsubscribe from; what its link changes is small.
UNSUBSCRIBE_VALID_FOR = timedelta(days=365)


class Expired(Exception):
    """The link was ours, but is too old."""


class Invalid(Exception):
    """The link is not one of ours, or was cut on its way."""


@dataclass(frozen=True)
class AnswerLink:
    delivery_id: int
    reminder_id: int

    def token(self) -> str:
        return signing.dumps([self.delivery_id, self.reminder_id], salt=ANSWER, compress=False)

    def path(self) -> str:
        return reverse("notifications:answer", args=[self.token()])

    def address(self) -> str:
        return settings.SITE_URL + self.path()


@dataclass(frozen=True)
class PreferenceLink:
    """How one person wants to be told. It shows and changes nothing else."""

    user_id: int

    def path(self) -> str:
        return reverse("notifications:preferences", args=[signing.dumps(self.user_id, salt=PREFERENCES)])

    def address(self) -> str:
        return settings.SITE_URL + self.path()

    def unsubscribe_path(self) -> str:
        return reverse("notifications:unsubscribe", args=[signing.dumps(self.user_id, salt=UNSUBSCRIBE)])

    def unsubscribe_address(self) -> str:
        """Switches the overview off by one POST without cookies, as mail programs send it (RFC 8058)."""
        return settings.SITE_URL + self.unsubscribe_path()


def read_answer_link(token: str) -> AnswerLink:
    """Raises Expired or Invalid, as the two below."""
    found = _read(token, salt=ANSWER, valid_for=VALID_FOR)
    try:
        delivery_id, reminder_id = found
    except (ValueError, TypeError) as error:
        raise Invalid from error
    return AnswerLink(delivery_id, reminder_id)


def read_preference_link(token: str) -> int:
    """The person's key."""
    return _read(token, salt=PREFERENCES, valid_for=PREFERENCES_VALID_FOR)


def read_unsubscribe_link(token: str) -> int:
    return _read(token, salt=UNSUBSCRIBE, valid_for=UNSUBSCRIBE_VALID_FOR)


def _read(token: str, *, salt: str, valid_for: timedelta) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=valid_for)
    except signing.SignatureExpired as error:
        raise Expired from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Invalid from error
