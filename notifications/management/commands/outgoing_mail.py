"""Switches mail to real addresses on or off; a new installation is off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from commitments.models import writing
from notifications.models import OutgoingMail


class Command(BaseCommand):
    help = "Switch outgoing mail on or off, or say how it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("state", nargs="?", choices=["on", "off"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["state"]:
            with writing(via="command"):
                OutgoingMail.switch(options["state"] == "on")
        self.stdout.write(f"Outgoing mail is {'on' if OutgoingMail.is_enabled() else 'off'}.")
