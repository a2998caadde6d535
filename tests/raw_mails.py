"""Mails as they arrive, with the habits of the programs that write them."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count
from typing import Any

from notifications.models import Delivery

number = count(1)


def raw_mail(
    text: str = "", *, html: str = "", charset: str = "utf-8", files: tuple[str, ...] = (), **headers: Any
) -> bytes:
    """`in_reply_to="<…>"` becomes the header In-Reply-To; None leaves one out."""
    mail = EmailMessage()
    known = {
        "from": "Lead <lead@ministry.example>",
        "to": "desk@ministry.example",
        "subject": "Re: [F1] Status requested",
        "message_id": f"<reply-{next(number)}@client.example>",
        "date": "Mon, 14 Dec 2026 10:00:00 +0900",
    }
    for name, value in {**known, **headers}.items():
        if value is not None:
            mail[name.replace("_", "-").title()] = value
    if text or not html:
        mail.set_content(text, charset=charset, cte="8bit" if charset == "utf-8" else None)
    if html:
        (mail.add_alternative if text else mail.set_content)(html, subtype="html")
    for name in files:
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


def reply_to(delivery: Delivery, text: str = "No change", **fields: Any) -> bytes:
    """As its recipient answers it: above the whole message, as most programs do."""
    known = {
        "from": f"Lead <{delivery.recipient.email}>",
        "in_reply_to": delivery.message_id,
        "references": delivery.message_id,
        "subject": f"Re: {delivery.subject}",
    }
    return raw_mail(f"{text}\n\n{quoted(delivery)}" if text else "", **{**known, **fields})


def quoted(delivery: Delivery) -> str:
    lines = "\n".join(f"> {line}" for line in delivery.text.splitlines())
    return f"On Mon, 14 Dec 2026 at 08:30, Tracker <tracker@ministry.example> wrote:\n{lines}"


def delivery_status(
    delivery: Delivery,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 <lead@ministry.example>: Recipient address rejected: User unknown",
    message_id: str | None = None,
) -> bytes:
    """As a relay reports what it could not deliver (RFC 3464)."""
    return f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@relay.example>
To: tracker@ministry.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{next(number)}@relay.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Arrival-Date: Mon, 14 Dec 2026 08:30:00 +0900

Final-Recipient: rfc822; {delivery.address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--B
Content-Type: text/rfc822-headers

Message-ID: {delivery.message_id if message_id is None else message_id}
Subject: {delivery.local_day}

--B--
""".encode()


def plain_bounce(delivery: Delivery, text: str, **headers: Any) -> bytes:
    known = {
        "from": "Mailer-Daemon <mailer-daemon@old-relay.example>",
        "return_path": "<>",
        "subject": "failure notice",
        "in_reply_to": None,
    }
    return raw_mail(
        f"{text}\n\n--- Below is a copy.\n\nMessage-ID: {delivery.message_id}\n", **{**known, **headers}
    )
