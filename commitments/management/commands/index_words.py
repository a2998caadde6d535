"""The words of the search read anew, from the entries themselves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from commitments import indexing


class Command(BaseCommand):
    help = (
        "Read anew the words that the search finds entries by: of everything, or of what was written since."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", action="store_true", help="only what was written since they were read")

    def handle(self, *args: Any, since: bool, **options: Any) -> None:
        if since:
            self.stdout.write(f"{indexing.catch_up()} entries were read.")
        else:
            self.stdout.write(f"{indexing.rebuild()} entries can be found.")
