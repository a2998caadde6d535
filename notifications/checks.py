"""System checks: a reminder with a dead link, or from nobody, should be noticed at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from notifications.channels import SMTP
from notifications.models import GRACE


def links_work(**_kwargs: Any) -> list[CheckMessage]:
    if settings.SITE_URL.startswith(("http://", "https://")):
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}: the links in reminders would be dead.",
            hint="Give the whole address, such as https://follow.example.go.kr.",
            id="notifications.E001",
        )
    ]


def grace_is_longer_than_the_relay(**_kwargs: Any) -> list[CheckMessage]:
    if GRACE.total_seconds() > settings.EMAIL_TIMEOUT:
        return []
    return [
        Error(
            "EMAIL_TIMEOUT is longer than the grace of an uncertain message: it could be sent twice.",
            hint=f"Keep it under {GRACE.total_seconds():.0f} seconds.",
            id="notifications.E002",
        )
    ]


def mail_has_a_sender(**_kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_BACKEND != SMTP or "localhost" not in settings.DEFAULT_FROM_EMAIL:
        return []
    return [
        Warning(
            "Mail leaves by SMTP, but its sender is at localhost.",
            hint="Set DEFAULT_FROM_EMAIL to the desk's mailbox.",
            id="notifications.W001",
        )
    ]
