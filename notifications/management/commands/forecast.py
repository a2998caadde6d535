"""Says who will be told what in the days to come, each by their own clock, and what comes to the desk."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commitments.models import Forum
from commitments.spoken_dates import long_date
from commitments.trees import descendants
from notifications import step_words
from notifications.forecast import (
    Day,
    Expected,
    Message,
    closed_channels,
    day_by_day,
    forecast,
    weekly_overviews,
    within_reach,
)
from notifications.inheritance import LadderBook, forum_id_of
from notifications.management.commands.remind import moment

OVERVIEW = "weekly overview, if there is anything to tell by then"
OFF = "Closed now: {}. This is what would leave if it were open."


class Command(BaseCommand):
    help = "Say who will be told what in the next days, and when; nothing is changed or sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=14, help="how far ahead (14)")
        parser.add_argument(
            "--forum",
            metavar="CODE",
            help="only the items of this forum and the bodies below it, no weekly overviews",
        )
        parser.add_argument("--now", metavar="ISO", help="as if it were this moment")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now, days = moment(options["now"]) if options["now"] else timezone.now(), options["days"]
        if not 0 <= days <= 400:
            raise CommandError("--days: give a number from 0 to 400.")
        forums = _forums(options["forum"]) if options["forum"] else None
        book = LadderBook()
        rows = forecast(within_reach(now, days, book), now=now, days=days, book=book)
        shown = [row for row in rows if forums is None or forum_id_of(row.follow_up) in forums]
        overviews = [] if forums else weekly_overviews(rows, now=now, days=days)
        told = Told(day_by_day(shown, overviews), now=now, days=days)
        self.stdout.write(
            json.dumps(told.as_json(), ensure_ascii=False, indent=2) if options["json"] else str(told)
        )


def _forums(code: str) -> set[int]:
    forum = Forum.objects.filter(code=code).first()
    if forum is None:
        raise CommandError(f"--forum: there is no forum {code!r}.")
    return set(descendants(Forum, {forum.pk}))


class Told:
    def __init__(self, found: list[Day], *, now: datetime, days: int) -> None:
        self.now, self.days, self.found = now, days, found
        self.messages = [(day.on, message) for day in found for message in day.messages]
        self.closed = closed_channels(message for _on, message in self.messages)

    def as_json(self) -> dict[str, Any]:
        return {
            "now": self.now.isoformat(),
            "days": self.days,
            "closed": self.closed,
            "messages": [
                {**_message(on, message), "items": [_item(row) for row in message.items]}
                for on, message in self.messages
                if not message.is_overview
            ],
            "overviews": [_message(on, message) for on, message in self.messages if message.is_overview],
            "nobody": [{"day": day.on.isoformat(), **_item(row)} for day in self.found for row in day.nobody],
            "tasks": [{"day": day.on.isoformat(), **_item(row)} for day in self.found for row in day.tasks],
        }

    def __str__(self) -> str:
        head = [OFF.format(", ".join(self.closed))] if self.closed else []
        said = [line for day in self.found for line in ("", long_date(day.on, "en"), *_of_day(day))]
        return "\n".join([*head, *(said or [f"Nothing is to be told in the next {self.days} days."])])


def _of_day(day: Day) -> Iterator[str]:
    for message in day.messages:
        yield _head(message)
        yield from (f"        {_line(row)}" for row in message.items)
        yield from [f"        {OVERVIEW}"] if message.is_overview else []
    for title, rows in (("nobody to tell", day.nobody), ("for the desk", day.tasks)):
        yield from [f"  {title}"] if rows else []
        yield from (f"        {_line(row)}" for row in rows)


def _head(message: Message) -> str:
    person, zone = message.recipient.user, message.recipient.zone
    return f"  {message.local_hour:%H:%M} {person.name} <{person.email}>, {zone}, by {message.channel}"


def _line(row: Expected) -> str:
    step, due_on = step_words.in_words(row.step, row.unit), long_date(row.follow_up.due_on, "en")
    acting = " (acting)" if row.recipient and row.recipient.acting else ""
    return f"{row.follow_up.subject}: {step}, {due_on}; {row.post}{acting}"


def _message(on: date, message: Message) -> dict[str, Any]:
    return {
        "day": on.isoformat(),
        "at": message.local_hour.isoformat(timespec="minutes"),
        "recipient": message.recipient.user.name,
        "address": message.recipient.user.email,
        "channel": message.channel,
    }


def _item(row: Expected) -> dict[str, Any]:
    commitment = row.follow_up.commitment
    return {
        "follow_up": row.follow_up.pk,
        "reference": commitment.reference if commitment else "",
        "item": str(row.follow_up.subject),
        "step": row.step,
        "due_on": row.follow_up.due_on.isoformat(),
        "post": str(row.post),
        "acting": bool(row.recipient and row.recipient.acting),
    }
