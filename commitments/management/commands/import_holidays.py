"""Exceptional days from an iCalendar file; the calendar's page on the desk does the same."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from commitments.holiday_import import MAX_BYTES, import_holidays
from commitments.importing import Refused
from commitments.models import Calendar


class Command(BaseCommand):
    help = "Enter the days of an iCalendar file (.ics) into a working calendar: all of them, or none and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("calendar", metavar="CALENDAR", help="code of the working calendar, such as KR")
        parser.add_argument("file", type=Path, metavar="FILE.ics")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *args: Any, calendar: str, file: Path, dry_run: bool, **options: Any) -> None:
        found = Calendar.objects.filter(code=calendar).first()
        if found is None:
            raise CommandError(f"There is no working calendar “{calendar}”.")
        try:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
            done = import_holidays(found, data, file.name, now=timezone.now(), dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            raise CommandError(f"{refused}\nNothing was entered.") from refused
        for row in done.rows:
            worked = " (worked)" if row.working else ""
            self.stdout.write(f"{row.outcome:>8} {row.day} {row.name}{worked}")
        counts = ", ".join(f"{done.counts[what]} {what}" for what in ("new", "changed", "removed", "same"))
        self.stdout.write(f"{counts}." + (" Nothing was entered: this was a trial." if dry_run else ""))
