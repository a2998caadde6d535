"""Signed addresses in mails: bound to one message, one item and one purpose, and they expire."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

ANSWER = "notifications.answer"
VALID_FOR = timedelta(days=120)


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

    def address(self) -> str:
        return settings.SITE_URL + reverse("notifications:answer", args=[self.token()])


def read_answer_link(token: str) -> AnswerLink:
    """Raises Expired or Invalid."""
    try:
        delivery_id, reminder_id = signing.loads(token, salt=ANSWER, max_age=VALID_FOR)
    except signing.SignatureExpired as error:
        raise Expired from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Invalid from error
    return AnswerLink(delivery_id, reminder_id)
