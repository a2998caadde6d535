"""After a backup was put back: what has gone out since is written down as sent (docs/operations.md)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commitments.models import writing
from notifications import restoring
from notifications.management.commands.remind import moment
from notifications.models import Delivery
from notifications.restoring import Restored, Unknown

LISTED = 20


class Command(BaseCommand):
    help = "Before the workers start on a backup that was put back: find out what has gone out since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", metavar="ISO", help="when the backup was made; else its last sign of life"
        )
        parser.add_argument("--now", metavar="ISO", help="when the last worker ended, if that is not now")
        parser.add_argument("--unknown", choices=list(Unknown), default=Unknown.HELD, type=Unknown)
        parser.add_argument("--dry-run", action="store_true", help="say what would be found, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"]) if options["now"] else timezone.now()
        since = moment(options["since"]) if options["since"] else restoring.last_sign_of_life(now)
        if Delivery.objects.held_after_restore().exists() and not options["since"]:
            raise CommandError("Messages are held from an earlier run. Say --since as it did then.")
        if since is None or since > now:
            raise CommandError("When was the backup made? Say it with --since.")
        try:
            with writing(via="command"):
                result = restoring.after_restore(
                    since=since, now=now, unknown=options["unknown"], rehearsal=options["dry_run"]
                )
        except restoring.CannotCompare as error:
            raise CommandError(str(error)) from error
        self._say(result)
        if options["dry_run"]:
            self.stdout.write("Nothing was changed.")

    def _say(self, result: Restored) -> None:
        self.stdout.write(f"Since {timezone.localtime(result.since):%Y-%m-%d %H:%M:%S %Z}.")
        self.stdout.write(f"Asked: {', '.join(result.asked) or 'nobody; no RELAY_LOG, no JOURNAL_URL'}.")
        if not result.is_proved:
            self.stdout.write(
                "That does not prove of any message that it was not sent: it has to begin before the backup and to "
                "have something from after the last worker ended. When was that? Say it with --now."
            )
        self._list(result.sent, "had been sent, and are written down as sent")
        self._list(result.to_send, "had not been sent, and go out when the workers start")
        self._list(result.held, "may have been sent: they wait for a person, on My desk under Not delivered")
        if result.held:
            again = f"manage.py after_restore --since {result.since.isoformat()}"
            self.stdout.write(f"With better evidence, or an answer for all of them (--unknown): {again}")

    def _list(self, deliveries: Sequence[Delivery], what: str) -> None:
        self.stdout.write(f"{len(deliveries):>6} {what}")
        for delivery in deliveries[:LISTED]:
            said = delivery.message_class, delivery.address or delivery.recipient.email, delivery.local_day
            self.stdout.write(f"{'':>6} {said[2]} {said[0]} to {said[1]}")
        if len(deliveries) > LISTED:
            self.stdout.write(f"{'':>6} and {len(deliveries) - LISTED} more")
