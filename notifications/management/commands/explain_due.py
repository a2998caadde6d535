"""Prints how each step of a follow-up was counted, day by day, whom it is for and what became of it."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commitments.models import FollowUp
from commitments.spoken_dates import long_date
from notifications.explaining import Day, Explained, explain
from notifications.inheritance import Found, LadderBook
from notifications.management.commands.remind import moment


class Command(BaseCommand):
    help = "Explain the reminders of a follow-up: each day counted and skipped, when who is told, what became of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "follow_up",
            metavar="FOLLOW_UP",
            help="its number, or the reference of a commitment: its open dates",
        )
        parser.add_argument("--now", metavar="ISO", help="as if it were this moment")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="en")

    def handle(self, *args: Any, follow_up: str, now: str | None, language: str, **options: Any) -> None:
        at = moment(now) if now else timezone.now()
        with translation.override(language):
            for found in _found(follow_up):
                for line in _lines(found, explain(found, at), language):
                    self.stdout.write(line)


def _found(given: str) -> list[FollowUp]:
    related = "commitment__forum", "commitment__working_group", "meeting__forum"
    rows = FollowUp.objects.select_related(*related)
    if given.isdecimal():
        found = list(rows.filter(pk=int(given[:18])))
    else:
        found = list(rows.open().filter(commitment__reference=given.upper()))
    if not found:
        raise CommandError(
            f"No follow-up has the number {given}, and no commitment of that reference an open date."
        )
    return found


def _lines(follow_up: FollowUp, steps: list[Explained], language: str) -> Iterable[str]:
    yield f"{follow_up.pk}  {follow_up.subject}"
    due_on = long_date(follow_up.due_on, language)
    known_on = long_date(timezone.localdate(follow_up.dated_at), language)
    said = _("%(kind)s on %(day)s; the date stands since %(since)s")
    yield said % {"kind": follow_up.get_kind_display(), "day": due_on, "since": known_on}
    yield _ladder(LadderBook().of_follow_up(follow_up))
    if not steps:
        yield _("There is no step, or nobody it is for.")
    for step in steps:
        yield ""
        yield from _of_step(step, language)


def _ladder(found: Found) -> str:
    if found.is_dormant:
        return _("The forum %(forum)s is dormant: the desk looks once.") % {"forum": found.forum}
    if found.forum or found.commitment:
        return _("Ladder of %(where)s") % {"where": found.forum or found.commitment}
    return _("Ladder of the whole register")


def _of_step(step: Explained, language: str) -> Iterable[str]:
    said = _("%(step)s %(day)s, for %(post)s (calendar %(calendar)s)")
    due_on = long_date(step.due_on, language)
    yield said % {"step": step.words, "day": due_on, "post": step.post, "calendar": step.calendar}
    if not step.way and step.line is not None:
        yield f"  → {step.became}"
        return
    for day in step.way:
        yield f"    {_day(day, language, numbered=step.in_working_days)}"
    yield "  " + _("reached on %(day)s") % {"day": long_date(step.reached_on, language)}
    for day in step.told_way:
        if day.is_skipped:
            yield f"    {_day(day, language, numbered=False)}"
    yield f"  {_told(step, language)}"
    yield f"  → {step.became}"


def _day(day: Day, language: str, *, numbered: bool) -> str:
    written = long_date(day.day, language)
    if day.is_skipped:
        return _("%(day)s  not counted: %(why)s") % {"day": written, "why": day.reason}
    return "  ".join(filter(None, [written, str(day.nth) if numbered else "", day.reason]))


def _told(step: Explained, language: str) -> str:
    if step.hour is None or step.recipient is None:
        return step.how
    said = _("%(how)s: %(day)s, %(hour)s in %(zone)s, %(who)s")
    known = {"how": step.how, "day": long_date(step.told_on, language), "hour": f"{step.hour:%H:%M}"}
    return said % {**known, "zone": step.zone, "who": step.recipient.user}
