"""Says who will be told what in the days to come, each by their own clock, and what comes to the desk."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commitments.models import Forum
from commitments.spoken_dates import long_date
from commitments.trees import descendants
from notifications import step_words
from notifications.forecast import Expected, closed_channels, forecast, within_reach
from notifications.inheritance import LadderBook, forum_id_of
from notifications.management.commands.remind import moment

OFF = "Closed now: {}. This is what would leave if it were open."


class Command(BaseCommand):
    help = "Say who will be told what in the next days, and when; nothing is changed or sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=14, help="how far ahead (14)")
        parser.add_argument(
            "--forum", metavar="CODE", help="only the items of this forum and the bodies below it"
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
        told = Told(shown, now=now, days=days)
        self.stdout.write(
            json.dumps(told.as_json(), ensure_ascii=False, indent=2) if options["json"] else str(told)
        )


def _forums(code: str) -> set[int]:
    forum = Forum.objects.filter(code=code).first()
    if forum is None:
        raise CommandError(f"--forum: there is no forum {code!r}.")
    return set(descendants(Forum, {forum.pk}))


class Told:
    def __init__(self, rows: list[Expected], *, now: datetime, days: int) -> None:
        self.now, self.days = now, days
        self.closed = closed_channels(rows)
        self.messages = [row for row in rows if row.is_message]
        self.nobody = [row for row in rows if not row.is_message and not row.is_task]
        self.tasks = [row for row in rows if row.is_task]

    def as_json(self) -> dict[str, Any]:
        return {
            "now": self.now.isoformat(),
            "days": self.days,
            "closed": self.closed,
            "messages": [_message(rows) for rows in _bundled(self.messages)],
            "nobody": [{"day": row.told_on.isoformat(), **_item(row)} for row in self.nobody],
            "tasks": [{"day": row.told_on.isoformat(), **_item(row)} for row in self.tasks],
        }

    def __str__(self) -> str:
        head = [OFF.format(", ".join(self.closed))] if self.closed else []
        days = sorted({row.told_on for row in (*self.messages, *self.nobody, *self.tasks)})
        said = [line for day in days for line in ("", long_date(day, "en"), *self._of_day(day))]
        return "\n".join([*head, *(said or [f"Nothing is to be told in the next {self.days} days."])])

    def _of_day(self, day: date) -> Iterator[str]:
        for rows in _bundled([row for row in self.messages if row.told_on == day]):
            yield _head(rows[0])
            yield from (f"        {_line(row)}" for row in rows)
        for title, rows in (("nobody to tell", self.nobody), ("for the desk", self.tasks)):
            of_day = [row for row in rows if row.told_on == day]
            yield from [f"  {title}"] if of_day else []
            yield from (f"        {_line(row)}" for row in of_day)


def _bundled(rows: list[Expected]) -> Iterator[list[Expected]]:
    """One message to one person on one day."""
    for _key, same in groupby(rows, lambda row: (row.told_on, row.recipient and row.recipient.user.pk)):
        yield list(same)


def _head(row: Expected) -> str:
    assert row.recipient is not None
    assert row.local_hour is not None
    person, zone = row.recipient.user, row.recipient.zone
    return f"  {row.local_hour:%H:%M} {person.name} <{person.email}>, {zone}, by {row.recipient.preference.duties_by}"


def _line(row: Expected) -> str:
    step, due_on = step_words.in_words(row.step, row.unit), long_date(row.follow_up.due_on, "en")
    acting = " (acting)" if row.recipient and row.recipient.acting else ""
    return f"{row.follow_up.subject}: {step}, {due_on}; {row.post}{acting}"


def _message(rows: list[Expected]) -> dict[str, Any]:
    row = rows[0]
    assert row.recipient is not None
    assert row.local_hour is not None
    return {
        "day": row.told_on.isoformat(),
        "at": row.local_hour.isoformat(timespec="minutes"),
        "recipient": row.recipient.user.name,
        "address": row.recipient.user.email,
        "channel": row.recipient.preference.duties_by,
        "items": [_item(each) for each in rows],
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
