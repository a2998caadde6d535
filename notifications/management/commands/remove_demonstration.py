from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

import notifications.demonstration
from commitments import demonstration


class Command(BaseCommand):
    help = "Remove the demonstration register with all that was entered under its forums."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            notifications.demonstration.remove()
            kept = demonstration.remove(now=timezone.now())
        self.stdout.write("The demonstration is removed.")
        if kept:
            self.stdout.write("Real entries still need: " + ", ".join(kept) + ".")
