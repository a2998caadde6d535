"""One writer at a time for a named deed, on both databases."""

import contextlib
import zlib
from collections.abc import Iterator

from django.db import connection, transaction


@contextlib.contextmanager
def exclusively(deed: str) -> Iterator[None]:
    """Hold the lock `deed` until the transaction ends.

    PostgreSQL: a transaction-level advisory lock. SQLite: `transaction_mode=IMMEDIATE` already lets one writer in."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(deed.encode())])
        yield
