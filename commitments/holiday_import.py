"""Exceptional days from an iCalendar file (RFC 5545): whole days only, all of them or none.

The same file can be imported any number of times. A day that stands already is kept or renamed; a cancelled
event takes its day out again. Categories “Working day” (or 근무일, 勤務日) and X-WORKING-DAY:TRUE say that a day
is worked although it looks like a day off."""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.importing.reading import decode
from commitments.importing.values import Place, Problem, Refused
from commitments.locking import exclusively
from commitments.models import Calendar, Holiday, User, writing
from commitments.working_days import LATEST_ON, ONE_DAY, require_in_range

MAX_BYTES = 1024 * 1024
MAX_EVENTS = 2_000
MAX_DAYS = 500  # they stand on one page, whose form the browser sends back as a whole
MAX_REPEATING = 100  # a rule that never comes true costs the library a fifth of a second
LONGEST = 92  # days of one event; more looks like a slip in the year
YEARS_BACK, YEARS_AHEAD = 1, 5  # for what repeats; import the file again to go further
WORKING = {"working day", "workday", "근무일", "勤務日", "出勤日"}
RULE_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
READ = {
    *("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
    *("SUMMARY", "STATUS", "CATEGORIES", "X-WORKING-DAY"),
}
# What the library raises at broken files; OSError for a time zone that is the name of a directory, such as “Asia”.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)
BEGINNING = re.compile(r"^BEGIN:VEVENT\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Named:
    """A day as an event names it."""

    day: date
    name: str
    working: bool
    cancelled: bool
    place: Place


@dataclass(frozen=True)
class DayResult:
    """What became of a day, or would have become of it."""

    day: date
    name: str
    working: bool
    outcome: str  # new, changed, same or removed


@dataclass(frozen=True)
class HolidaysImported:
    rows: list[DayResult]
    written: bool

    @property
    def counts(self) -> Counter[str]:
        return Counter(row.outcome for row in self.rows)


class Unreadable(Exception):
    """What is wrong with one event, in a sentence."""


def import_holidays(
    calendar: Calendar,
    data: bytes,
    file: str,
    *,
    now: datetime,
    by: User | None = None,
    dry_run: bool = False,
) -> HolidaysImported:
    """Into the exceptional days of `calendar`. Raises Refused with every mistake, and then nothing is written."""
    zone = ZoneInfo(calendar.zone)
    named = read_holidays(data, file, zone=zone, today=timezone.localdate(now, zone))
    author = {"by_id": by.pk} if by else {}
    with exclusively("import"), writing(via="import", why=PurePath(file).name, **author):
        rows = list(_put(calendar, named))
        if dry_run:
            transaction.set_rollback(True)
    return HolidaysImported(rows, written=not dry_run)


def _put(calendar: Calendar, named: Iterable[Named]) -> Iterator[DayResult]:
    standing = {holiday.day: holiday for holiday in calendar.exceptions.all()}
    new = []
    for said in named:
        there = standing.get(said.day)
        outcome = _outcome(said, there)
        if outcome == "new":
            new.append(Holiday(calendar=calendar, day=said.day, name=said.name, working=said.working))
        elif outcome == "removed" and there is not None:
            there.delete()
        elif outcome == "changed" and there is not None:
            there.name, there.working = said.name, said.working
            there.save(update_fields=["name", "working"])
        yield DayResult(said.day, said.name, said.working, outcome)
    Holiday.objects.bulk_create(new)


def _outcome(said: Named, there: Holiday | None) -> str:
    """A cancelled event takes out its own day, not one that somebody has entered under another name."""
    if said.cancelled:
        return "removed" if there is not None and there.name == said.name else "same"
    if there is None:
        return "new"
    return "same" if (there.name, there.working) == (said.name, said.working) else "changed"


# -- reading: pure, no row


def read_holidays(data: bytes, file: str, *, zone: ZoneInfo, today: date) -> list[Named]:
    """Every day that the file names, once, in order. Raises Refused."""
    if len(data) > MAX_BYTES:
        raise _refused(file, _("The file is larger than %(size)s MB. Split it.") % {"size": 1})
    text = decode(data, file)
    events = list(_events(text, file))
    replaced = set(_replaced((event for _place, event in events), zone))
    problems: list[Problem] = []
    named: list[Named] = []
    for place, event in events:
        try:
            named += _days_of(event, place, zone, today, replaced)
        except Unreadable as wrong:
            problems.append(Problem(file, place, str(wrong)))
    merged = _merge(named, file, problems)
    if len(merged) > MAX_DAYS:
        raise _refused(file, _("The file names more than %(days)s days. Split it.") % {"days": MAX_DAYS})
    if problems:
        raise Refused(problems)
    return merged


def _refused(file: str, sentence: str, line: int = 1) -> Refused:
    return Refused([Problem(file, Place(line), sentence)])


def _events(text: str, file: str) -> Iterator[tuple[Place, Any]]:
    """Each event with the line on which it begins and its UID."""
    try:
        # As bytes: of a text in one line the library asks whether it is the name of a file, and reads that.
        parts = icalendar.Calendar.from_ical(text.encode(), multiple=True)
        events = [event for part in parts for event in part.walk("VEVENT")]
    except BROKEN as error:
        told = getattr(error, "strerror", None) or str(error)
        sentence = _("This is no complete iCalendar file (%(told)s).") % {"told": told[:200]}
        raise _refused(file, sentence) from error
    if not events:
        raise _refused(file, _("There is no event in the file, or the file is cut off."))
    repeating = [event for event in events if "RRULE" in event]
    if len(events) > MAX_EVENTS or len(repeating) > MAX_REPEATING:
        sentence = _(
            "The file has more than %(events)s events, or more than %(rules)s that repeat. Split it."
        )
        raise _refused(file, sentence % {"events": MAX_EVENTS, "rules": MAX_REPEATING})
    lines = [text.count("\n", 0, found.start()) + 1 for found in BEGINNING.finditer(text)]
    for n, event in enumerate(events):
        yield Place(lines[n] if n < len(lines) else 1, _uid(event)), event


def _uid(event: Any) -> str:
    return " ".join(str(event.get("UID", "")).split())[:200]


def _replaced(events: Iterable[Any], zone: ZoneInfo) -> Iterator[tuple[str, date]]:
    """Of series: single days about which another event has the word. What cannot be read is told with that event."""
    for event in events:
        with contextlib.suppress(Unreadable):
            instead_of = _instead_of(event, zone)
            if instead_of is not None:
                yield _uid(event), instead_of


def _instead_of(event: Any, zone: ZoneInfo) -> date | None:
    for name, told in event.errors:
        if name in READ:
            raise Unreadable(_("%(name)s cannot be read: %(told)s.") % {"name": name, "told": told})
    given = event.get("RECURRENCE-ID")
    return None if given is None else _day(_moment(given, "RECURRENCE-ID"), zone)


def _days_of(
    event: Any, place: Place, zone: ZoneInfo, today: date, replaced: set[tuple[str, date]]
) -> Iterator[Named]:
    instead_of = _instead_of(event, zone)
    name, working = _name(event), _is_working(event)
    cancelled = str(event.get("STATUS", "")).strip().upper() == "CANCELLED"
    first, length = _first_and_length(event, zone)
    for start in _starts(event, first, zone, today):
        if instead_of is not None or (place.path, start) not in replaced:
            for n in range(length):
                yield Named(_in_range(start + n * ONE_DAY), name, working, cancelled, place)


def _in_range(said: date | datetime) -> date:
    try:
        return require_in_range(said.date() if isinstance(said, datetime) else said)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def _name(event: Any) -> str:
    said = event.get("SUMMARY", "")
    if isinstance(said, list):
        raise Unreadable(_("It has two names (SUMMARY)."))
    field = Holiday._meta.get_field("name")
    try:
        return field.clean(" ".join(str(said).split()), None)
    except ValidationError as error:
        raise Unreadable(_("Its name (SUMMARY): %(told)s") % {"told": " ".join(error.messages)}) from error


def _is_working(event: Any) -> bool:
    """By X-WORKING-DAY or a category of that name."""
    given = event.get("CATEGORIES", [])
    categories = [str(each) for part in (given if isinstance(given, list) else [given]) for each in part.cats]
    marked = str(event.get("X-WORKING-DAY", "")).strip().upper() == "TRUE"
    return marked or any(category.strip().casefold() in WORKING for category in categories)


def _first_and_length(event: Any, zone: ZoneInfo) -> tuple[date, int]:
    """The first day and how many there are; DTEND is the day after the last."""
    if "DTSTART" not in event:
        raise Unreadable(_("It has no first day (DTSTART)."))
    start = _moment(event["DTSTART"], "DTSTART")
    first, length = _day(start, zone), 0
    if "DTEND" in event:
        length = (_day(_moment(event["DTEND"], "DTEND"), zone) - first).days
    elif "DURATION" in event:
        length = _whole_days(event["DURATION"])
    if length == 0 and not isinstance(start, datetime):
        length = 1  # no end, or the same day written twice, as many programs do
    if not 1 <= length <= LONGEST:
        sentence = _("It lasts %(days)s days. From 1 to %(most)s are read.")
        raise Unreadable(sentence % {"days": length, "most": LONGEST})
    return first, length


def _moment(value: Any, name: str) -> date | datetime:
    """What a property says; a list is what icalendar makes of one that stands twice."""
    said = getattr(value, "dt", None)
    if not isinstance(said, date):
        raise Unreadable(_("%(name)s is no single day.") % {"name": name})
    if isinstance(said, datetime) and said.tzinfo is None and "TZID" in value.params:
        raise Unreadable(_("The time zone “%(zone)s” is not known.") % {"zone": value.params["TZID"]})
    return said


def _day(said: date | datetime, zone: ZoneInfo) -> date:
    """A day, or a midnight of the calendar's own clock: elsewhere written, it is another hour."""
    _in_range(said)
    if not isinstance(said, datetime):
        return said
    local = said.astimezone(zone) if said.tzinfo else said
    if local.time() != time.min:
        raise Unreadable(_("It is not a whole day in %(zone)s. Only whole days are read.") % {"zone": zone})
    return local.date()


def _whole_days(value: Any) -> int:
    said = getattr(value, "dt", None)
    if not isinstance(said, timedelta) or said % ONE_DAY:
        raise Unreadable(_("It is not a whole day. Only whole days are read."))
    return said.days


def _starts(event: Any, first: date, zone: ZoneInfo, today: date) -> list[date]:
    """The day itself, or those of its series that lie near enough to today."""
    if "RRULE" not in event and "RDATE" not in event:
        return [first]
    found = {first, *_listed(event, "RDATE", zone)}
    if "RRULE" in event:
        found |= set(_yearly(event["RRULE"], first, zone, today))
    begin, end = date(today.year - YEARS_BACK, 1, 1), _end(today)
    left = found - set(_listed(event, "EXDATE", zone))
    return sorted(day for day in left if begin <= day <= end)


def _end(today: date) -> date:
    return date(today.year + YEARS_AHEAD, 12, 31)


def _listed(event: Any, name: str, zone: ZoneInfo) -> Iterator[date]:
    given = event.get(name, [])
    for part in given if isinstance(given, list) else [given]:
        for each in part.dts:
            yield _day(_moment(each, name), zone)


def _yearly(rule: Any, first: date, zone: ZoneInfo, today: date) -> Iterator[date]:
    """The rule, by the library, until its own end or ours."""
    parts = _checked(rule)
    until = parts.pop("UNTIL", [None])[0]
    end = min(_end(today), _until(until, zone)) if until is not None else _end(today)
    text = icalendar.vRecur(parts).to_ical().decode()
    try:
        for found in rrulestr(text, dtstart=datetime.combine(first, time.min)):
            if found.date() > end:
                return
            yield found.date()
    except (ValueError, LookupError, TypeError) as error:
        raise Unreadable(_("Its rule (RRULE) cannot be read: %(told)s.") % {"told": error}) from error


def _until(said: date | datetime, zone: ZoneInfo) -> date:
    """Not necessarily a midnight: the last second of a day is as good, and the year 9999 means for ever."""
    if not isinstance(said, datetime):
        return said
    if said.date() >= LATEST_ON:
        return LATEST_ON
    return said.astimezone(zone).date() if said.tzinfo else said.date()


def _checked(rule: Any) -> dict[str, Any]:
    if isinstance(rule, list):
        raise Unreadable(_("It has two rules (RRULE)."))
    parts = {name.upper(): value for name, value in rule.items()}
    if parts.get("FREQ") != ["YEARLY"] or set(parts) - RULE_PARTS:
        raise Unreadable(_("Only what repeats yearly is read, by month, day of the month or weekday."))
    if parts.get("INTERVAL", [1])[0] < 1:
        raise Unreadable(_("Its rule (RRULE) never goes on."))
    return parts


def _merge(named: Iterable[Named], file: str, problems: list[Problem]) -> list[Named]:
    """One row a day. Two names of a day are both kept; what stands weighs more than what is cancelled."""
    by_day: dict[date, list[Named]] = defaultdict(list)
    for each in named:
        by_day[each.day].append(each)
    return [_one(by_day[day], file, problems) for day in sorted(by_day)]


def _one(said: list[Named], file: str, problems: list[Problem]) -> Named:
    standing = [each for each in said if not each.cancelled] or said[:1]
    first = standing[0]
    for other in standing[1:]:
        if other.working != first.working:
            sentence = _("%(day)s is worked by one event and a day off by another.")
            problems.append(Problem(file, other.place, sentence % {"day": first.day}))
    names = " · ".join(dict.fromkeys(each.name for each in standing))
    longest = Holiday._meta.get_field("name").max_length
    return Named(first.day, names[:longest].strip(), first.working, first.cancelled, first.place)
