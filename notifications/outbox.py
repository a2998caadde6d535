"""Mail as files, for an installation without a mail server: each message a file named by its Message-ID."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


def path_of(message_id: str) -> Path:
    name = re.sub(r"[^\w.@-]", "", message_id)
    return Path(settings.EMAIL_FILE_PATH) / f"{name}.eml"


class FileOutbox(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email in email_messages:
            message = email.message()
            write_durably(path_of(str(message["Message-ID"])), message.as_bytes())
        return len(email_messages)


def write_durably(path: Path, content: bytes) -> None:
    """The file is there whole, and on the disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
