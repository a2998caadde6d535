"""What a declared phrase of time means: kind, window, precision, anchor. Pure: no clock, no database.

The window holds what the words say for certain. Where they leave it open ("early next year" has no
exact end, "annually" can be counted in two ways), our readings stand apart in `alternatives`, and
the caller stores which one was chosen. "At the next meeting" and "as soon as possible" never become
a date, and a phrase that is not understood is of kind none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from typing import NamedTuple

from commitments.recurrence import Cadence, Counting, add_months
from commitments.timeframe_phrases import (
    ALIKE,
    DAYS,
    MONTHS,
    PHRASES,
    RELATIONS,
    SIGNS,
    THE_DECLARATION,
    UNITS,
    WORKING_DAYS,
    WORTH,
    Row,
)
from commitments.working_days import ONE_DAY, WorkingCalendar, days_after, require_in_range

NEXT_MEETING = "next_meeting"  # the anchor of that kind; any other anchor is in the words of the text

# The fiscal year of a text in this language, where the caller does not know the party's. Korea's
# begins in January (National Finance Act, article 2), Japan's in April (Public Finance Act, article 11).
FISCAL_YEAR_STARTS_IN = {"ko": 1, "ja": 4}


class Kind(StrEnum):
    """The most definite first: of several in a sentence, the first governs."""

    FIXED_DATE = "fixed_date"
    BY_PERIOD_END = "by_period_end"
    EVENT_RELATIVE = "event_relative"
    PERIOD = "period"
    PART_OF_PERIOD = "part_of_period"
    CADENCE = "cadence"
    NEXT_MEETING = "next_meeting"
    CADENCE_UNKNOWN = "cadence_unknown"
    OPEN_URGENT = "open_urgent"
    OPEN = "open"
    CONTINUOUS = "continuous"
    NONE = "none"


class Precision(StrEnum):
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    FISCAL_YEAR = "fiscal_year"
    APPROXIMATE = "approximate"
    NONE = "none"


PRECISION_OF = {1: Precision.MONTH, 3: Precision.QUARTER, 6: Precision.HALF_YEAR, 12: Precision.YEAR}


@dataclass(frozen=True)
class Offset:
    """From the anchor on; negative is before it. `unit` is days, working_days or months."""

    n: int
    unit: str = DAYS

    def after(self, anchor_on: date, calendar: WorkingCalendar | None = None) -> date:
        """Without a `calendar`, working days skip weekends only."""
        if self.unit == MONTHS:
            return add_months(anchor_on, self.n)
        if self.unit == WORKING_DAYS:
            return (calendar or WorkingCalendar()).add(anchor_on, self.n)
        return days_after(anchor_on, self.n)


@dataclass(frozen=True)
class Reading:
    """One way to take words that can be taken in several."""

    window_start_on: date | None = None
    window_end_on: date | None = None
    cadence: Cadence | None = None


@dataclass(frozen=True)
class Timeframe:
    kind: Kind = Kind.NONE
    phrase: str = ""  # as stated
    starts_at: int = 0  # the character of the text at which `phrase` starts
    window_start_on: date | None = None
    window_end_on: date | None = None
    precision: Precision = Precision.NONE
    at: time | None = None  # of the last day, on the wall clock of whoever set it
    year_inferred: bool = False  # the text names none: the first that was not over when it was declared
    cadence: Cadence | None = None
    anchor: str = ""
    offset: Offset | None = None
    per_party: bool = False
    alternatives: tuple[Reading, ...] = ()  # our other readings, the likeliest first

    @property
    def cadence_months(self) -> int | None:
        return self.cadence.every_months if self.cadence else None

    @property
    def offset_days(self) -> int | None:
        return self.offset.n if self.offset and self.offset.unit == DAYS else None

    @property
    def latest_on(self) -> date | None:
        """The last day that any reading leaves; None if the words lead to no day."""
        ends = [self.window_end_on, *(reading.window_end_on for reading in self.alternatives)]
        return max((end for end in ends if end), default=None)


def read_timeframe(
    phrase: str, *, declared_on: date, language: str | None = None, fiscal_year_start_month: int | None = None
) -> Timeframe:
    """The time-frame that governs `phrase`, which may be a whole clause: the most definite in it."""
    found = read_timeframes(
        phrase, declared_on=declared_on, language=language, fiscal_year_start_month=fiscal_year_start_month
    )
    if any(each.kind is Kind.CADENCE for each in found):
        # Beside "annually", "until 2030" is how long it recurs and "by 31 March" the day on which it does.
        found = [each for each in found if not (each.window_start_on == declared_on or each.year_inferred)]
    return min(found, key=_definiteness, default=Timeframe())


def _definiteness(found: Timeframe) -> tuple[int, int]:
    """Due "at the next meeting in 2027" hangs on the meeting, "the next meeting in 2027" on the year."""
    at_the_meeting = found.kind is Kind.NEXT_MEETING and found.offset
    return list(Kind).index(Kind.EVENT_RELATIVE if at_the_meeting else found.kind), found.starts_at


def read_timeframes(
    text: str, *, declared_on: date, language: str | None = None, fiscal_year_start_month: int | None = None
) -> list[Timeframe]:
    """All that `text` says about time, in its order; of overlapping phrases, the longest.

    Without `language`, all three are tried. A window that was over when the text was declared is
    left out, unless it is the whole text: inside a sentence it tells of the past.
    """
    require_in_range(declared_on)
    if fiscal_year_start_month not in (None, *range(1, 13)):
        raise ValueError("A fiscal year starts in one of the months 1 to 12.")
    chosen: list[Timeframe] = []
    taken = bytearray(len(text))
    candidates = _candidates(text, declared_on, language, fiscal_year_start_month)
    for found in sorted(candidates, key=lambda found: -len(found.phrase)):
        span = slice(found.starts_at, found.starts_at + len(found.phrase))
        if not any(taken[span]):
            taken[span] = b"\1" * len(found.phrase)
            chosen.append(found)
    return sorted(chosen, key=lambda found: found.starts_at)


def _candidates(
    text: str, declared_on: date, language: str | None, starts_in: int | None
) -> Iterator[Timeframe]:
    same = text.translate(ALIKE)
    for code, rows in PHRASES.items():
        if (language and not language.lower().startswith(code)) or not SIGNS[code].search(same):
            continue
        context = _Context(declared_on, starts_in or FISCAL_YEAR_STARTS_IN.get(code))
        for row in rows:
            for match in row.pattern.finditer(same):
                phrase = match[0].strip()
                whole = phrase.strip(" .。") == same.strip().strip(" .。")
                said = {
                    name.rstrip("0123456789"): text[slice(*match.span(name))]
                    for name, matched in match.groupdict().items()
                    if matched is not None
                }
                found = _understand(row, said, context, whole=whole)
                if found:
                    start = match.start() + match[0].index(phrase)
                    yield replace(found, phrase=text[start : start + len(phrase)], starts_at=start)


class _Context(NamedTuple):
    declared_on: date
    fiscal_year_starts_in: int | None


Said = Mapping[str, str]


def _understand(row: Row, said: Said, context: _Context, *, whole: bool) -> Timeframe | None:
    try:
        found = READERS[row.kind](row, said, context) if row.kind in READERS else Timeframe(Kind(row.kind))
    except (ValueError, LookupError):  # 31 February, the year 2150, a number that is in no table
        return None
    in_the_past = found.latest_on is not None and found.latest_on <= context.declared_on
    return found if whole or not ("bare" in said or in_the_past) else None


def _worth(said: Said, name: str, default: int | None = None) -> int:
    """What a word or figure stands for. LookupError if it is missing or unknown."""
    if name not in said and default is not None:
        return default
    word = " ".join(said[name].casefold().split()).rstrip(".")
    if word.isdecimal():
        return int(word)
    table = WORTH[name]
    return table[word] if word in table else table[word.replace(" ", "")]


class _Period(NamedTuple):
    start_on: date
    end_on: date
    precision: Precision
    year_inferred: bool = False


def _period(said: Said, context: _Context, first_month: int = 1) -> _Period:
    """The period that is named; without its year, the first that was not over at the declaration."""
    today = context.declared_on
    this_year = today.year - (today.month < first_month)
    if "relative_month" in said:
        start = add_months(today.replace(day=1), _worth(said, "relative_month"))
        return _Period(start, _month_end(start), Precision.MONTH)
    year = _year(said, this_year, first_month)
    if year is not None or not said.keys() & {"half", "quarter", "month"}:
        return _period_of_year(said, this_year if year is None else year, first_month)
    period = _period_of_year(said, this_year, first_month)
    if period.end_on < today:
        period = _period_of_year(said, this_year + 1, first_month)
    return period._replace(year_inferred=True)


def _year(said: Said, this_year: int, first_month: int) -> int | None:
    """The calendar year in which the named year begins.

    Fiscal years that begin in July or later carry the number of the year in which they end (United
    States, Australia); the others, of that in which they begin (Japan, Canada).
    """
    if "relative" in said:
        return this_year + _worth(said, "relative")
    if "era" in said:
        return 2018 + _worth(said, "era")  # Reiwa
    if "short_year" in said:
        return 2000 + int(said["short_year"])
    return int(said["year"]) - (first_month >= 7) if "year" in said else None


def _period_of_year(said: Said, year: int, first_month: int) -> _Period:
    start = date(year, first_month, 1)
    if "day" in said:
        day = add_months(start, (_worth(said, "month") - first_month) % 12).replace(day=int(said["day"]))
        return _Period(day, day, Precision.DAY)
    if "month" in said:
        skipped, months = (_worth(said, "month") - first_month) % 12, 1
    elif "quarter" in said:
        skipped, months = (_worth(said, "quarter") - 1) * 3, 3
    elif "half" in said:
        skipped, months = (_worth(said, "half") - 1) * 6, 6
    else:
        skipped, months = 0, 12
    start = add_months(start, skipped)
    precision = Precision.FISCAL_YEAR if "fiscal" in said and months == 12 else PRECISION_OF[months]
    return _Period(start, _month_end(start, months), precision)


def _month_end(start: date, months: int = 1) -> date:
    return add_months(start, months - 1, anchor_day=31)


def _relation(said: Said) -> str:
    return next((name for name in RELATIONS if name in said), "in")


def _window(row: Row, said: Said, context: _Context) -> Timeframe:
    relation = _relation(said)
    during = relation in ("in", "bare")
    first_month = context.fiscal_year_starts_in if "fiscal" in said else 1
    if first_month is None:
        return Timeframe(Kind.PERIOD if during else Kind.BY_PERIOD_END, precision=Precision.FISCAL_YEAR)
    start, end, precision, year_inferred = _period(said, context, first_month)
    found = Timeframe(
        Kind.BY_PERIOD_END,
        window_end_on=end,
        precision=precision,
        year_inferred=year_inferred,
        at=_time(said),
    )
    if during:
        found = replace(found, kind=Kind.PERIOD, window_start_on=start)
    elif relation == "until":
        found = replace(found, kind=Kind.PERIOD, window_start_on=min(context.declared_on, end))
    elif relation == "before":
        found = replace(found, window_end_on=start - ONE_DAY)
    return replace(found, kind=Kind.FIXED_DATE) if precision is Precision.DAY else found


def _time(said: Said) -> time | None:
    return time(int(said["hour"]), int(said["minute"])) if "hour" in said else None


def _part(row: Row, said: Said, context: _Context) -> Timeframe:
    """The outer edge of the period is certain, what "early", "mid" or "late" leaves of it is a reading."""
    first_month = context.fiscal_year_starts_in if "fiscal" in said else 1
    if first_month is None:
        return Timeframe(Kind.PART_OF_PERIOD, precision=Precision.APPROXIMATE)
    period = _period(said, context, first_month)
    reading, first, last = _share(said, period)
    if _relation(said) != "in":
        reading, first = replace(reading, window_start_on=None), None
    exact = (first, last) == (reading.window_start_on, reading.window_end_on)
    return Timeframe(
        Kind.PART_OF_PERIOD,
        window_start_on=first,
        window_end_on=last,
        precision=Precision.APPROXIMATE,
        year_inferred=period.year_inferred,
        alternatives=() if exact else (reading,),
    )


def _share(said: Said, period: _Period) -> tuple[Reading, date | None, date | None]:
    """Our reading of a part of the period; and its first and last day, where the words fix them."""
    if "season" in said:
        start = add_months(period.start_on, _worth(said, "season") - 1)
        return Reading(start, _month_end(start, 3)), None, None
    if "tenth" in said:
        reading = _third(period, _worth(said, "tenth"))
        return reading, reading.window_start_on, reading.window_end_on
    part = _worth(said, "part")
    return _third(period, part), period.start_on if part == 0 else None, period.end_on if part == 2 else None


def _third(period: _Period, part: int) -> Reading:
    if period.precision is Precision.MONTH:
        first, last = period.start_on.replace(day=part * 10 + 1), period.start_on.replace(day=part * 10 + 10)
        return Reading(first, period.end_on if part == 2 else last)
    start = add_months(period.start_on, part * 4)
    return Reading(start, _month_end(start, 4))


def _ahead(row: Row, said: Said, context: _Context) -> Timeframe:
    offset = _offset(row, said)
    return Timeframe(
        Kind.PERIOD,
        window_start_on=context.declared_on,
        window_end_on=offset.after(context.declared_on),
        precision=Precision.APPROXIMATE,
    )


def _offset(row: Row, said: Said) -> Offset:
    unit, length = UNITS[" ".join(said["unit"].casefold().split())]
    return Offset(row.sign * _worth(said, "n", 1) * length, unit)


def _event(row: Row, said: Said, context: _Context) -> Timeframe:
    """`anchor` is empty where the words do not say after what. Nobody knows yet when it happens."""
    anchor = " ".join(said.get("event", "").split())
    offset = _offset(row, said) if "unit" in said else Offset(0)
    found = Timeframe(Kind.EVENT_RELATIVE, anchor=anchor, offset=offset, per_party="per_party" in said)
    if offset.n > 0 and offset.unit != WORKING_DAYS and THE_DECLARATION.fullmatch(anchor):
        return replace(found, window_end_on=offset.after(context.declared_on), precision=Precision.DAY)
    return found


def _next_meeting(row: Row, said: Said, context: _Context) -> Timeframe:
    offset = _offset(row, said) if "unit" in said else Offset(0) if "there" in said else None
    return Timeframe(Kind.NEXT_MEETING, anchor=NEXT_MEETING, offset=offset)


def _cadence(row: Row, said: Said, context: _Context) -> Timeframe:
    cadence = Cadence(row.months or _offset(row, said).n)
    if not cadence.divides_the_calendar:
        return Timeframe(Kind.CADENCE, cadence=replace(cadence, counting=Counting.SINCE_LAST))
    others = [
        replace(cadence, counting=Counting.SINCE_LAST),
        *([Cadence(row.or_months)] if row.or_months else []),
    ]
    return Timeframe(
        Kind.CADENCE, cadence=cadence, alternatives=tuple(Reading(cadence=other) for other in others)
    )


READERS: dict[str, Callable[[Row, Said, _Context], Timeframe]] = {
    "window": _window,
    "part": _part,
    "ahead": _ahead,
    "event_relative": _event,
    "next_meeting": _next_meeting,
    "cadence": _cadence,
}
