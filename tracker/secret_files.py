"""Secrets that one installation makes for itself and keeps in a file. Standard library only."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def read_or_create(path: Path, *, length: int) -> str:
    """Return the secret in `path`; the first of several processes that ask at once makes it."""
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(length) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
