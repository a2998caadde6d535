"""The columns that an officer may choose, in their order: how each is read, shown, sorted and written to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from commitments.models import Assignment, Commitment, FollowUp, Party, ProgressReport
from tracker.desk.desk_lists import with_leads

# What stands in a row: the row of the list, and its commitment (None: the date of a meeting).
Told = Callable[[Any, Commitment | None], Any]
Read = Callable[[QuerySet, str, date], QuerySet]


def as_it_is(rows: QuerySet, path: str, today: date) -> QuerySet:
    return rows


@dataclass(frozen=True)
class Column:
    slug: str
    title: str | Promise
    # In a file: a heading and a value each, in the order in which the page shows them in one cell.
    told: tuple[tuple[str | Promise, Told], ...]
    read: Read = as_it_is
    # Sorted by these; `{}` is where the commitment is found from the row.
    by: tuple[str, ...] = ()
    may_be_empty: bool = False
    narrow: bool = False

    @property
    def template(self) -> str:
        return f"desk/cells/{self.slug}.html"

    def in_order(self, rows: QuerySet, path: str, *, backwards: bool) -> QuerySet:
        """Empty ones last either way; then by reference, so that pages never overlap."""
        names = [name.format(path) for name in self.by]
        if self.may_be_empty:
            keys: list[Any] = [
                F(name).desc(nulls_last=True) if backwards else F(name).asc(nulls_last=True) for name in names
            ]
        else:
            keys = [f"-{name}" if backwards else name for name in names]
        return rows.order_by(*keys, f"{path}reference", "pk")


def of_commitment(tell: Callable[[Commitment], Any]) -> Told:
    return lambda row, commitment: tell(commitment) if commitment is not None else ""


# ---- read for all rows of a page at once -----------------------------------------------------------


def _with_next_date(rows: QuerySet, path: str, today: date) -> QuerySet:
    of_it = FollowUp.objects.filter(commitment=OuterRef(f"{path}pk"))
    upcoming = of_it.filter(closed_at=None).order_by("due_on", "pk")
    return rows.annotate(
        next_on=Subquery(upcoming.values("due_on")[:1]),
        next_kind=Subquery(upcoming.values("kind")[:1]),
        without_record=Exists(of_it.without_record(today)),
    )


def _with_forum(rows: QuerySet, path: str, today: date) -> QuerySet:
    return rows.select_related(f"{path}forum", f"{path}working_group")


def _with_parties(rows: QuerySet, path: str, today: date) -> QuerySet:
    parties = Party.objects.order_by("code")
    return rows.prefetch_related(Prefetch(f"{path}parties", queryset=parties, to_attr="named_parties"))


def _with_last_word(rows: QuerySet, path: str, today: date) -> QuerySet:
    """`last_words` on the commitment: the newest cleared report, or none. Sorted by `last_word_on`."""
    cleared = ProgressReport.objects.cleared().order_by("-reported_on", "-pk")
    newest = cleared.filter(commitment=OuterRef("commitment")).values("pk")[:1]
    words = Prefetch(f"{path}reports", cleared.filter(pk=Subquery(newest)), to_attr="last_words")
    of_row = cleared.filter(commitment=OuterRef(f"{path}pk")).values("reported_on")[:1]
    return rows.annotate(last_word_on=Subquery(of_row)).prefetch_related(words)


# ---- what is told ----------------------------------------------------------------------------------


def _subject(row: Any, commitment: Commitment | None) -> str:
    return commitment.reference if commitment is not None else str(row.meeting)


def _title(row: Any, commitment: Commitment | None) -> str:
    return commitment.title if commitment is not None else str(row.meeting.forum)


def _word_of_kind(kind: str | None) -> str:
    return str(dict(FollowUp.Kind.choices).get(kind or "", ""))


def _joined(texts: Iterable[Any]) -> str:
    return "; ".join(str(text) for text in texts)


def _last(tell: Callable[[ProgressReport], Any]) -> Told:
    def told(row: Any, commitment: Commitment | None) -> Any:
        words = commitment.last_words if commitment is not None else []  # type: ignore[attr-defined]
        return tell(words[0]) if words else ""

    return told


REFERENCE = Column(
    "reference", _("Reference"), ((_("Reference"), _subject),), by=("{}reference",), narrow=True
)
TITLE = Column(
    "title",
    _("Commitment"),
    (
        (_("Commitment"), _title),
        (_("Working group"), of_commitment(lambda c: c.working_group.name if c.working_group else "")),
    ),
    read=_with_forum,
)
FORUM = Column(
    "forum",
    _("Forum"),
    ((_("Forum"), lambda row, c: c.forum.code if c is not None else row.meeting.forum.code),),
    read=_with_forum,
    by=("{}forum__code",),
    narrow=True,
)
STATE = Column(
    "state",
    _("State"),
    ((_("State"), of_commitment(lambda c: c.get_workflow_display())),),
    narrow=True,
)
OUTLOOK = Column(
    "outlook",
    _("Outlook"),
    ((_("Outlook"), of_commitment(lambda c: c.get_outlook_display() or str(Commitment.Outlook.NONE.label))),),
    by=("{}outlook",),
    narrow=True,
)
NOTE = Column(
    "note", _("In one sentence"), ((_("In one sentence"), of_commitment(lambda c: c.outlook_note)),)
)
IMPLEMENTATION = Column(
    "implementation",
    _("Implementation"),
    ((_("Implementation"), of_commitment(lambda c: c.get_implementation_display())),),
    narrow=True,
)
NEXT = Column(
    "date",
    _("Next date"),
    (
        (_("Next date"), lambda row, c: row.next_on),
        (_("Kind of date"), lambda row, c: _word_of_kind(row.next_kind)),
    ),
    read=_with_next_date,
    by=("next_on",),
    may_be_empty=True,
    narrow=True,
)
DUE = Column(
    "due",
    _("Date"),
    ((_("Date"), lambda row, c: row.due_on), (_("Kind of date"), lambda row, c: row.get_kind_display())),
    by=("due_on",),
    narrow=True,
)
LEAD = Column(
    "lead",
    _("Lead"),
    (
        (_("Lead"), of_commitment(lambda c: _leads(c, lambda lead: lead.post))),
        (_("Division"), of_commitment(lambda c: _leads(c, lambda lead: lead.post.organisation))),
    ),
    read=with_leads,
)
PARTIES = Column(
    "parties",
    _("Parties"),
    ((_("Parties"), of_commitment(lambda c: ", ".join(p.code for p in c.named_parties))),),  # type: ignore[attr-defined]
    read=_with_parties,
    narrow=True,
)
LAST_WORD = Column(
    "heard",
    _("Last cleared word"),
    (
        (_("Last heard on"), _last(lambda report: report.reported_on)),
        (_("Last cleared word"), _last(lambda report: report.line or _now("no change"))),
    ),
    read=_with_last_word,
    by=("last_word_on",),
    may_be_empty=True,
)
DECLARED = Column(
    "declared",
    _("Declared on"),
    ((_("Declared on"), of_commitment(lambda c: c.declared_on)),),
    by=("{}declared_on",),
    may_be_empty=True,
    narrow=True,
)
LETTER = Column(
    "letter",
    _("Letter number"),
    ((_("Letter number"), of_commitment(lambda c: c.letter_number)),),
    narrow=True,
)


def _leads(commitment: Commitment, tell: Callable[[Assignment], Any]) -> str:
    return _joined(tell(lead) for lead in commitment.leads)  # type: ignore[attr-defined]


def _by_slug(*columns: Column) -> dict[str, Column]:
    return {column.slug: column for column in columns}


# The order is that of every list and file; the reference is always there.
OF_COMMITMENTS = _by_slug(
    *(REFERENCE, TITLE, FORUM, STATE, OUTLOOK, NOTE, IMPLEMENTATION, NEXT),
    *(LEAD, PARTIES, LAST_WORD, DECLARED, LETTER),
)
OF_DATES = _by_slug(REFERENCE, TITLE, FORUM, OUTLOOK, NOTE, DUE, LEAD, PARTIES, LAST_WORD, LETTER)
USUAL = ("reference", "title", "outlook", "date", "due", "lead")
