"""What `manage.py check --deploy` says about the settings of a server, beside what Django itself says."""

import os
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning


def own_key_on_every_machine(
    app_configs: Sequence[AppConfig] | None, **options: object
) -> list[CheckMessage]:
    if settings.EMBEDDED or os.environ.get("SECRET_KEY"):
        return []
    return [
        Warning(
            "SECRET_KEY is not set, so this machine has made a key of its own.",
            hint="Set the same SECRET_KEY everywhere, or answer links in mails work on one machine only.",
            id="tracker.W001",
        )
    ]
