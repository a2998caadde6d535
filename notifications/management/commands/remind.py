"""Does by hand what the tick does: plan, bundle and send what is due."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from notifications import reminding


def moment(text: str) -> datetime:
    """An ISO moment; without an offset it is UTC, a day alone is its midnight."""
    try:
        found = parse_datetime(text)
        day = None if found else parse_date(text)
    except ValueError as error:
        raise CommandError(f"--now: {text!r} is no moment: {error}.") from error
    if found is None and day is not None:
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    if found is None:
        raise CommandError(f"--now: {text!r} is no moment. Example: 2026-12-14T08:30:00+09:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())


class Command(BaseCommand):
    help = "Plan, bundle and send what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="as if it were this moment")
        parser.add_argument("--dry-run", action="store_true", help="say what would go out, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"]) if options["now"] else None
        if options["dry_run"]:
            result = reminding.rehearse(now=now or timezone.now())
        else:
            result = reminding.remind(clock=(lambda: now) if now else timezone.now)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(result), ensure_ascii=False, indent=2))
        else:
            self._say(result)

    def _say(self, result: reminding.Result) -> None:
        for name, value in asdict(result).items():
            if isinstance(value, int):
                self.stdout.write(f"{name:>12} {value}")
        for reason, count in result.skipped_because.items():
            self.stdout.write(f"{'':>12} {count} skipped: {reason}")
        for message in result.messages:
            self.stdout.write(
                f"to {message['recipient']}: {message['item']} ({message['step']}, due {message['due_on']})"
            )
        for recipient in result.overviews_to:
            self.stdout.write(f"to {recipient}: weekly overview")
