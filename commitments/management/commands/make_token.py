"""A key for another system, from the command line; the desk makes them too."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from commitments.models import ApiToken, User

LONGEST = 366  # days


class Command(BaseCommand):
    help = "Print a new token of USER. It is shown this once: only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="sign-in name of the person who answers for it")
        parser.add_argument("--name", required=True, help="the system that uses it")
        parser.add_argument("--days", type=int, default=90, help=f"1 to {LONGEST} (default: 90)")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.READ)

    def handle(self, *args: Any, user: str, name: str, days: int, scope: str, **options: Any) -> None:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"No active person signs in as “{user}”.")
        if not 1 <= days <= LONGEST:
            raise CommandError(f"--days: give a number from 1 to {LONGEST}.")
        try:
            name = ApiToken._meta.get_field("name").clean(name, None)
        except ValidationError as error:
            raise CommandError(f"--name: {' '.join(error.messages)}") from error
        if not name:
            raise CommandError("--name: say which system uses it.")
        _row, token = ApiToken.objects.create(owner, expiry=timedelta(days=days), name=name, scope=scope)
        self.stdout.write(token)
