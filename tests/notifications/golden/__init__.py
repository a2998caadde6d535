"""Mails as they have to read, in three languages, with names that are invented and a clock that stands.

After a change of words or looks `python -m tests.notifications.golden` writes them anew; the difference is what
the reviewer reads. Keys, tokens and Message-IDs differ from run to run and stand there as “…”."""

import os
import re
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

from django.core import mail

HERE = Path(__file__).parent
REWRITING = "REWRITE_GOLDEN"

CHANGING = [
    (re.compile(r"/(a|p|u)/[\w:=-]+/"), r"/\1/…/"),
    (re.compile(r"<[0-9a-f]{32}@"), "<…@"),
    (re.compile(r"<thread\.\d+\."), "<thread.…."),
    (re.compile(r'boundary="[^"]+"'), 'boundary="…"'),
    (re.compile(r"(?<=[ :])(\d+)=\d+"), r"\1=…"),
]


def parts_of(email: mail.EmailMessage) -> dict[str, str]:
    """By the ending of its file."""
    html = str(email.alternatives[0].content)
    return {
        "txt": steady(str(email.body)),
        "html": steady(html),
        "headers": steady(_headers(email.message())),
    }


def _headers(message: Message) -> str:
    """As they leave, unfolded; the subject readable."""
    unfolded = ((name, " ".join(str(value).split())) for name, value in message.raw_items())
    return "".join(f"{name}: {make_header(decode_header(value))}\n" for name, value in unfolded)


def steady(text: str) -> str:
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


def differs(name: str, found: str) -> bool:
    """From the file of that name; while rewriting it becomes that file."""
    path = HERE / name
    if os.environ.get(REWRITING):
        path.write_text(found, encoding="utf-8")
    return not path.exists() or path.read_text(encoding="utf-8") != found
