from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from commitments.importing import Refused, import_register
from commitments.importing.reading import MAX_BYTES


class Command(BaseCommand):
    help = (
        "Enter a register file (YAML or JSON, see docs/import.md): all of it, or nothing and what is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
            done = import_register(data, file.name, now=timezone.now(), dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            raise CommandError(f"{refused}\nNothing was entered.") from refused
        said = f"{done.new} new, {done.changed} changed, {done.same} as they were."
        self.stdout.write(said + (" Nothing was entered: this was a trial." if dry_run else ""))
