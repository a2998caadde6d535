"""What the processes of bench/dispatch.py do, each in one of its own: `python -m bench.sending seed 400`."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import smtplib
import sys
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # nine in Seoul
DUE_ON = date(2026, 12, 18)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = b"\x00\n"  # of a message among the recorded ones


def seed(people: int, items: int, open_besides: int) -> None:
    """So many people with so many items each that are due to be told, among others that are not."""
    from commitments import facts
    from commitments.models import Assignment, Commitment, FollowUp, Post, PostHolding, User
    from notifications.models import OutgoingMail
    from tests import factories

    facts.remove()
    desk = factories.make_held_post(factories.make_user(email="desk@ministry.example"))
    forum = factories.make_forum(desk=desk, desk_mailbox="desk@ministry.example")
    users = [
        User(username=f"u{n}", name_en=f"Lead {n}", email=f"lead{n}@ministry.example") for n in range(people)
    ]
    User.objects.bulk_create(users, batch_size=1_000)
    posts = [Post(organisation=desk.organisation, name_en=f"Director {n}") for n in range(people)]
    Post.objects.bulk_create(posts, batch_size=1_000)
    PostHolding.objects.bulk_create(
        [
            PostHolding(post=post, user=user, from_on=date(2020, 1, 1))
            for post, user in zip(posts, users, strict=True)
        ],
        batch_size=1_000,
    )
    count = people * items + open_besides
    commitments = [
        Commitment(
            reference=f"B-{n}",
            forum=forum,
            title_en=f"Continue discussions on supply chains, part {n}",
            created_at=LONG_AGO,
        )  # fmt: skip
        for n in range(count)
    ]
    Commitment.objects.bulk_create(commitments, batch_size=1_000)
    Assignment.objects.bulk_create(
        [
            Assignment(
                commitment=each,
                post=posts[n % people],
                role="lead",
                from_on=date(2020, 1, 1),
                party_id=desk.organisation.party_id,
            )  # fmt: skip
            for n, each in enumerate(commitments)
        ],
        batch_size=1_000,
    )
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                commitment=each,
                kind="deadline",
                dated_at=LONG_AGO,
                due_on=DUE_ON if n < people * items else DUE_ON + timedelta(days=400 + n % 300),
            )  # fmt: skip
            for n, each in enumerate(commitments)
        ],
        batch_size=1_000,
    )
    OutgoingMail.switch(True)


def bundle() -> None:
    from notifications.bundling import bundle_reminders
    from notifications.planning import plan_reminders

    plan_reminders(now=MONDAY)
    bundle_reminders(now=MONDAY)


def work(gate: str) -> None:
    """One worker: from when the gate opens until nothing is due; says how long that took."""
    from notifications import dispatch
    from notifications.models import Delivery
    from notifications.samples import compose_sample

    compose_sample(
        Delivery.objects.select_related("recipient")[0], now=MONDAY
    )  # as after the first of its messages
    tell(ready=True)
    while not Path(gate).exists():
        time.sleep(0.002)
    started = time.monotonic()
    sent, more = 0, True
    while more:
        outcome = dispatch.dispatch(clock=lambda: MONDAY + timedelta(seconds=time.monotonic() - started))
        sent, more = sent + outcome.sent, outcome.more
    tell(seconds=time.monotonic() - started, sent=sent, megabytes=resource_megabytes())


def whole() -> None:
    """Ours, from dates to mails."""
    from notifications.reminding import remind

    started = time.monotonic()
    sent, more = 0, True
    while more:
        result = remind(clock=lambda: MONDAY + timedelta(seconds=time.monotonic() - started))
        sent, more = sent + result.sent, result.more
    tell(seconds=time.monotonic() - started, sent=sent)


def usual(sample: int) -> None:
    """As it is usually done: a loop over all open items, with a query and a mail for each."""
    from django.core.mail import send_mail
    from django.template.loader import get_template

    from commitments.models import Assignment, FollowUp

    template = get_template("notifications/mail/letter.html")
    started = time.monotonic()
    items = FollowUp.objects.filter(closed_at=None).select_related("commitment").order_by("due_on", "pk")
    for follow_up in items[:sample]:
        leads = Assignment.objects.filter(commitment=follow_up.commitment_id, role="lead")
        address = leads.values_list("post__holdings__user__email", flat=True).get()
        text = f"{follow_up.commitment} is due on {follow_up.due_on}."
        html = template.render({"text": text, "language": "en"})
        send_mail("Reminder", text, None, [address], html_message=html)
    tell(seconds=time.monotonic() - started, sent=sample)


def bare(recorded: str, port: int) -> None:
    """A loop of smtplib on one connection, with the very messages that were accepted before."""
    messages = Path(recorded).read_bytes().split(ENDS)[:-1]
    with smtplib.SMTP("127.0.0.1", port) as connection:
        started = time.monotonic()
        for message in messages:
            connection.sendmail("tracker@ministry.example", ["lead@ministry.example"], message)
        tell(seconds=time.monotonic() - started, sent=len(messages))


def relay(port: int, seconds: float, home: str) -> None:
    """A mail server that records each message and writes a log, and needs some time for each."""
    from email.parser import BytesHeaderParser

    from aiosmtpd.controller import Controller

    from tests.mail_server import LONG_AGO, write_to_log

    log, recorded = Path(home) / "relay.log", (Path(home) / "recorded").open("ab", buffering=0)
    log.write_text(LONG_AGO + "\n")

    class Handler:
        count = 0

        async def handle_EHLO(
            self, server: Any, session: Any, envelope: Any, name: str, answers: list
        ) -> list:
            session.host_name = name
            return [answers[0], "250-PIPELINING", *answers[1:]]

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            if seconds:
                await asyncio.sleep(seconds)
            self.count += 1
            recorded.write(envelope.content + ENDS)
            write_to_log(log, str(BytesHeaderParser().parsebytes(envelope.content)["Message-ID"]), self.count)
            return "250 OK"

    Controller(Handler(), hostname="127.0.0.1", port=port, ready_timeout=30).start()
    tell(ready=True)
    while True:
        time.sleep(3600)


def resource_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


DEEDS: dict[str, Any] = {deed.__name__: deed for deed in (seed, bundle, work, whole, usual, bare, relay)}


def main(deed: str, *arguments: str) -> None:
    if deed not in {"relay", "bare"}:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
        django.setup()
    DEEDS[deed](*(_read(argument) for argument in arguments))


def _read(argument: str) -> int | float | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(argument)
    return argument


if __name__ == "__main__":
    main(*sys.argv[1:])
