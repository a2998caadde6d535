"""Mail that came back: what a relay says of a message that it took and could not deliver (RFC 3464, or plain words)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import parseaddr

from notifications.mail_reading import ReceivedMail, header
from notifications.reply_phrases import CAME_BACK, NOT_YET

# As Delivery.message_id_of makes them: nobody guesses one, so whoever shows it has had the message.
OUR_MESSAGE_ID = re.compile(r"(?<![\w.+-])[0-9a-f]{32}@[\w.-]{1,150}[\w]")
ENHANCED = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")  # RFC 3463
REPLY_CODE = re.compile(r"(?<![\d.])([45])[0-5]\d(?=[ -])")  # RFC 5321
ROBOTS = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "maildaemon")
REASON_AT_MOST = 500


@dataclass(frozen=True)
class Returned:
    message_ids: tuple[str, ...]
    address: str
    reason: str
    is_final: bool  # it will not be tried again: the message has not arrived
    is_permanent: bool  # and the next one to that address will not either
    at: datetime | None = None  # when it happened, if that is said


def read_bounce(mail: ReceivedMail) -> Returned | None:
    """None: it is no mail about mail."""
    fields = list(_recipients(mail.message))
    if fields:
        return _by_the_book(mail, fields)
    return _in_plain_words(mail) if _looks_returned(mail) else None


def message_ids_in(text: str) -> tuple[str, ...]:
    return tuple(f"<{found}>" for found in dict.fromkeys(OUR_MESSAGE_ID.findall(text)))


def _ids(mail: ReceivedMail) -> tuple[str, ...]:
    """Wherever the returned message, or only its head, was put."""
    return message_ids_in(f"{mail.raw.decode('latin-1')}\n{mail.text}")


def _recipients(message: Message) -> Iterator[Message]:
    """One group of fields for each recipient; the first group tells of the message as a whole."""
    for part in message.walk():
        groups = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if isinstance(groups, list):
            yield from (g for g in groups if isinstance(g, Message) and ("Action" in g or "Status" in g))


def _by_the_book(mail: ReceivedMail, fields: list[Message]) -> Returned:
    """Of several recipients the worst; we write to one at a time."""
    failed = next((group for group in fields if _has_failed(group)), None)
    told = failed or fields[0]
    status = header(told, "Status")
    said = header(told, "Diagnostic-Code").partition(";")
    reason = " ".join(filter(None, [status, (said[2] or said[0]).strip()]))
    return Returned(
        message_ids=_ids(mail),
        address=_address(header(told, "Final-Recipient") or header(told, "Original-Recipient")),
        reason=reason[:REASON_AT_MOST] or header(told, "Action"),
        is_final=failed is not None,
        is_permanent=failed is not None and not status.startswith("4"),
    )


def _address(field: str) -> str:
    """`rfc822; lead@ministry.example`"""
    return parseaddr(field.rpartition(";")[2].strip())[1].lower()


def _has_failed(group: Message) -> bool:
    action = header(group, "Action").lower()
    return action == "failed" or (not action and header(group, "Status").startswith("5"))


def _looks_returned(mail: ReceivedMail) -> bool:
    """Some relays write to people only. A person who forwards such a mail is none."""
    if "X-Failed-Recipients" in mail.message:
        return True
    local_part = mail.from_address.partition("@")[0]
    nobody = header(mail.message, "Return-Path") == "<>" or not mail.from_address
    return bool((local_part in ROBOTS or nobody) and CAME_BACK.search(mail.subject))


def _in_plain_words(mail: ReceivedMail) -> Returned:
    opening = mail.text[:4_000]
    code = ENHANCED.search(opening) or REPLY_CODE.search(opening)
    waits = NOT_YET.search(mail.subject) or (NOT_YET.search(opening) and (code is None or code[1] != "5"))
    is_final = not waits and (code is None or code[1] != "4")
    reason = _line_of(code) if code else mail.subject
    return Returned(
        message_ids=_ids(mail),
        address=_address(header(mail.message, "X-Failed-Recipients")),
        reason=" ".join(reason.split())[:REASON_AT_MOST],
        is_final=is_final,
        is_permanent=is_final,
    )


def _line_of(found: re.Match[str]) -> str:
    before, after = found.string[: found.start()], found.string[found.start() :]
    return before.rpartition("\n")[2] + after.partition("\n")[0]
