import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from commitments import demonstration
from commitments.importing import Refused
from notifications.demonstration import show_undelivered


class Command(BaseCommand):
    help = (
        "Load the demonstration register. DEMO_PASSWORD becomes the password of its officer, “desk”; "
        "without it a new officer has none until manage.py changepassword."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only where nothing was ever entered")

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if if_empty and not demonstration.is_wanted():
            return
        now = timezone.now()
        try:
            with transaction.atomic():
                loaded = demonstration.load(now=now, password=os.environ.get("DEMO_PASSWORD", ""))
                if loaded:
                    show_undelivered(now=now)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        if options["verbosity"]:
            said = f"{loaded.new} entries loaded." if loaded else "The demonstration is here already."
            self.stdout.write(said)
