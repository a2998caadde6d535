"""System checks of the register: `manage.py check --database default`."""

from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, connection

from commitments import facts, indexing


def facts_are_installed(**_kwargs: Any) -> list[CheckMessage]:
    """W001: without its triggers the database would let frozen words and the history be changed.

    A warning, because an error would stop the very migrate that mends it."""
    try:
        if "commitments_change" not in connection.introspection.table_names():
            return []
        missing = facts.names(connection.vendor) - facts.installed()
    except DatabaseError:
        return []  # the database itself is reported by Django's own check
    if not missing:
        return []
    return [
        Warning(
            f"The database lacks the triggers {', '.join(sorted(missing))}.",
            hint="Run manage.py migrate; it installs them each time.",
            id="commitments.W001",
        )
    ]


def words_are_followed(**_kwargs: Any) -> list[CheckMessage]:
    """W002: without its triggers the search would go on finding what stood there before."""
    try:
        missing = indexing.missing()
    except DatabaseError:
        return []
    if not missing:
        return []
    return [
        Warning(
            f"The search is not told what is written: the database lacks {', '.join(sorted(missing))}.",
            hint="Run manage.py migrate; it installs them and reads everything anew.",
            id="commitments.W002",
        )
    ]
