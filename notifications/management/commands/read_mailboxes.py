"""Does by hand what the task does: reads the desk's mailboxes once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications.mailboxes import read_mailboxes


class Command(BaseCommand):
    help = "Read the desk's mailboxes: replies become proposed answers, returned mail is noted."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MAILBOX_URLS:
            raise CommandError("MAILBOX_URL is not set: no mailbox is read.")
        result = read_mailboxes(clock=timezone.now)
        self.stdout.write(f"{result.answers:>6} became proposed answers")
        self.stdout.write(f"{result.waiting:>6} wait on the desk")
        self.stdout.write(f"{result.noted:>6} noted: returned mail, automatic replies")
        self.stdout.write(f"{result.left_alone:>6} left alone: known already, or no mail of the register")
        if result.troubles:
            raise CommandError("\n".join(f"{name}: {why}" for name, why in result.troubles.items()))
