"""The weekly page for the director: what changed, what is overdue, who is silent, what comes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import Commitment, FollowUp, Marking, User
from notifications.models import Reminder
from tracker.desk import desk_lists, paper_pages
from tracker.desk.paper import Cell, Line, Paper, quiet, strong
from tracker.desk.papers import cells
from tracker.desk.papers.offices import Office
from tracker.desk.papers.since import Since

ROWS = 15  # of each part: it is read standing
LINES = 3  # of what became of one commitment
MEETINGS = 6
NAMED = 30  # of what was entered; a whole register may come in by an import
ONE_WEEK = timedelta(weeks=1)
WEEK = re.compile(r"(19|20)\d\d-W\d\d", re.ASCII)


@dataclass(frozen=True)
class Week:
    """The days of which the changes are told, by the reader's clock."""

    begin: datetime
    end: datetime | None  # none: until now
    name: str

    @classmethod
    def chosen(cls, text: str, today: date) -> Self:
        """`2026-W47`; anything else means the last seven days."""
        monday = _monday(text)
        if monday is None:
            return cls(_midnight(today - ONE_WEEK), None, f"{today:%Y-%m-%d}")
        return cls(_midnight(monday), _midnight(monday + ONE_WEEK), text)


def _monday(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-1") if WEEK.fullmatch(text) else None
    except ValueError:  # a year without a week 53
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


@dataclass(frozen=True)
class Part:
    title: str
    nothing: str
    count: int
    rows: Sequence[Any]
    headings: Sequence[str]
    widths: Sequence[int]
    told: Callable[[Any], Sequence[Cell | Line]]

    def add_to(self, paper: Paper) -> None:
        paper.heading(f"{self.title} ({cells.counted(self.count)})")
        if not self.rows:
            paper.empty(self.nothing)
            return
        paper.table(self.headings, [self.told(row) for row in self.rows], self.widths)
        if left := cells.more(self.count - len(self.rows)):
            paper.paragraph(quiet(left))


def weekly(user: User, week: Week, office: Office | None, *, language: str, now: datetime) -> Paper:
    """The language is switched on. What stands is told as of `now`, also on the page of an earlier week.

    `office`: none means all that the reader sees, which is what My desk counts."""
    today = timezone.localdate(now)
    entered = _entered(user, week, office)
    named = list(entered.order_by("reference").only("reference", "marking")[:NAMED])
    parts = [_changed(user, week, office), *_standing(user, office, today)]
    restricted = any(_is_restricted(row) for rows in [named, *(part.rows for part in parts)] for row in rows)
    paper = Paper(
        _("Weekly page"),
        " · ".join(filter(None, [_addressed(office), _told_of(week, today)])),
        language,
        marks=paper_pages.marks(restricted=restricted),
        name=f"weekly-{week.name}",
        day=today,
    )
    paper.paragraph(strong(" · ".join(f"{part.title} {cells.counted(part.count)}" for part in parts)))
    if named:
        paper.paragraph(quiet(_entered_in_words(named, entered.count())))
    for part in parts:
        part.add_to(paper)
    return _with_meetings(paper, user, office, today)


def _addressed(office: Office | None) -> str:
    return _("To the director, %(office)s") % {"office": office.organisation} if office else ""


def _entered_in_words(named: list[Commitment], count: int) -> str:
    references = ", ".join(row.reference for row in named)
    told = [_("Newly entered: %(references)s") % {"references": references}, cells.more(count - len(named))]
    return " ".join(filter(None, told))


def _told_of(week: Week, today: date) -> str:
    said = {"begin": cells.day(timezone.localdate(week.begin)), "today": cells.day(today)}
    if week.end is None:
        return _("Changes since %(begin)s; everything else as of %(today)s") % said
    said["end"] = cells.day(timezone.localdate(week.end) - timedelta(days=1))
    return _("Changes from %(begin)s to %(end)s; everything else as of %(today)s") % said


def _is_restricted(row: Any) -> bool:
    """Of a commitment, a date or a reminder."""
    follow_up = row.follow_up if isinstance(row, Reminder) else row
    commitment = follow_up if isinstance(follow_up, Commitment) else follow_up.commitment
    return commitment is not None and commitment.marking == Marking.RESTRICTED


def _seen(user: User, office: Office | None) -> Any:
    seen = Commitment.objects.visible_to(user)
    return office.commitments(seen) if office else seen


def _entered(user: User, week: Week, office: Office | None) -> Any:
    rows = _seen(user, office).filter(created_at__gte=week.begin)
    return rows.filter(created_at__lt=week.end) if week.end else rows


def _changed(user: User, week: Week, office: Office | None) -> Part:
    seen = _seen(user, office)
    since = Since(seen, user, begin=week.begin, end=week.end)
    rows = seen.filter(pk__in=since.keys).worst_first()
    return Part(
        title=_("Changed"),
        nothing=_("Nothing has changed in this time."),
        count=len(since.keys),
        rows=list(rows[:ROWS]),
        headings=[_("Commitment"), _("Outlook"), _("What changed")],
        widths=[40, 14, 46],
        told=lambda row: [
            Cell.of(*cells.name_of(row)),
            cells.outlook_of(row),
            Cell.of(*since.of(row)[:LINES]),
        ],
    )


def _standing(user: User, office: Office | None, today: date) -> list[Part]:
    """Asked as on My desk."""
    overdue, soon = desk_lists.overdue(user, today), desk_lists.soon(user, today)
    silent = desk_lists.tasks(user, today)
    if office:
        overdue, soon = office.narrow(overdue), office.narrow(soon)
        silent = office.narrow(silent, "follow_up__")
    return [
        _dates(_("Overdue"), _("No date has passed unanswered."), overdue, today),
        _silent(silent, today),
        _dates(_("Due in 14 days"), _("Nothing is due in the next two weeks."), soon, today),
    ]


def _dates(title: str, nothing: str, rows: QuerySet[FollowUp], today: date) -> Part:
    return Part(
        title=title,
        nothing=nothing,
        count=rows.count(),
        rows=list(rows[:ROWS]),
        headings=[_("Commitment"), _("Outlook"), _("Date"), _("Lead")],
        widths=[40, 14, 22, 24],
        told=lambda row: [
            cells.subject_of(row),
            cells.outlook_of(row.commitment),
            cells.date_of(row, today),
            cells.leads_of(_leads(row)),
        ],
    )


def _silent(rows: QuerySet[Reminder], today: date) -> Part:
    return Part(
        title=_("Asked and silent"),
        nothing=_("Whoever was asked has answered, or still has time."),
        count=rows.count(),
        rows=list(rows[:ROWS]),
        headings=[_("Commitment"), _("Outlook"), _("Unanswered since"), _("Lead")],
        widths=[40, 14, 22, 24],
        told=lambda row: [
            cells.subject_of(row.follow_up),
            cells.outlook_of(row.follow_up.commitment),
            cells.date_of(row.follow_up, today),
            cells.leads_of(_leads(row.follow_up)),
        ],
    )


def _leads(follow_up: FollowUp) -> Sequence[Any]:
    return follow_up.commitment.leads if follow_up.commitment else ()  # type: ignore[attr-defined]


def _with_meetings(paper: Paper, user: User, office: Office | None, today: date) -> Paper:
    paper.heading(_("Coming meetings"))
    coming = desk_lists.next_meetings(user)
    rows = list((office.meetings(coming) if office else coming)[:MEETINGS])
    if not rows:
        return paper.empty(_("No meeting is expected."))
    told = [[Cell.of(strong(row), quiet(row.forum.name)), Cell.of(*cells.when(row, today))] for row in rows]
    return paper.table([_("Meeting"), _("When")], told, [60, 40])
