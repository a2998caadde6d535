"""System checks: a reminder with a dead link, or from nobody, should be noticed at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from notifications import evidence
from notifications.channels import SMTP, Policy
from notifications.channels.chat import SERVICES
from notifications.imap import Mailbox, MailboxError
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


def what_is_in_doubt_is_settled(**_kwargs: Any) -> list[CheckMessage]:
    chosen = settings.MAIL_UNCERTAIN
    if chosen and chosen not in set(Policy):
        said = f"MAIL_UNCERTAIN is {chosen!r}, which means nothing here."
        return [Error(said, hint=f"Choose one of {', '.join(Policy)}.", id="notifications.E003")]
    if chosen == Policy.VERIFY and not evidence.for_mail():
        said = (
            "MAIL_UNCERTAIN is verify, but there is nothing to verify by: a person has to decide each time."
        )
        return [Warning(said, hint="Set RELAY_LOG or JOURNAL_URL.", id="notifications.W002")]
    return []


def chats_are_known(**_kwargs: Any) -> list[CheckMessage]:
    unknown = sorted(set(settings.CHAT_SCHEMES) - set(SERVICES))
    if not unknown:
        return []
    said = f"CHAT_SCHEMES names {', '.join(unknown)}: messages cannot be sent there."
    return [Error(said, hint=f"Choose among {', '.join(SERVICES)}.", id="notifications.E004")]


def mailboxes_can_be_read(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    named = [(f"MAILBOX_URL {n}", url) for n, url in enumerate(settings.MAILBOX_URLS, 1)]
    named += [("JOURNAL_URL", settings.JOURNAL_URL)] if settings.JOURNAL_URL else []
    for name, url in named:
        try:
            mailbox = Mailbox.of(url)
        except MailboxError as error:
            hint = "Percent-encode what is special in a password, commas too."
            found.append(Error(f"{name}: {error}", hint=hint, id="notifications.E020"))
            continue
        if not mailbox.is_secure and mailbox.host not in {"localhost", "127.0.0.1", "::1"}:
            said = f"The password of {mailbox.name} crosses the network unencrypted."
            hint = "Use imap+ssl:// or imap+tls://."
            found.append(Warning(said, hint=hint, id="notifications.W020"))
    return found
