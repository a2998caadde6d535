"""A body through time: its meetings, the dates of its commitments, and which date hangs on which meeting.

Everything is first an item; the strips and the table beside them are made of the same items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, Max, Min, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from commitments.models import Commitment, FollowUp, Forum, Meeting, User
from commitments.recurrence import add_months
from commitments.spoken_dates import long_date, month_alone, month_of, year_of
from commitments.trees import descendants
from tracker.desk import date_states
from tracker.desk.date_states import State
from tracker.desk.drawing.scales import DateScale, Tick, around
from tracker.desk.drawing.strips import Line, Mark, Span, axis, strip

ROWS_ON_A_PAGE = 25
MOST_MEETINGS = 200
NEAR = 12  # months before and after today
WHOLE_YEARS = 8  # a longer time is shown near today, unless all of it is asked for


@dataclass(frozen=True)
class Item:
    """A meeting, an expected time or a date. Without `on`: it has no day yet."""

    on: date | None
    what: str
    state: State
    basis: str = ""
    meeting: Meeting | None = None  # that it hangs on
    until: date | None = None
    is_ours: bool = False
    sign: str = ""

    def title(self, language: str) -> str:
        said = [self.what, long_date(self.on, language) if self.on else _("no day yet"), str(self.state.word)]
        return " · ".join(part for part in [*said, self.basis] if part)


@dataclass
class Row:
    """One strip, with the words on its left."""

    title: str
    address: str
    reference: str = ""
    outlook: str | None = None
    is_ours: bool = False
    items: list[Item] = field(default_factory=list)
    drawing: SafeString = SafeString("")

    @property
    def undated(self) -> list[Item]:
        return [item for item in self.items if item.on is None]


@dataclass
class Part:
    """The rows of one body."""

    forum: Forum
    rows: list[Row] = field(default_factory=list)


class Timeline:
    """The meetings of a body and all below it, and one page of their commitments."""

    def __init__(self, forum: Forum, user: User, *, today: date, whole: bool | None, language: str) -> None:
        self.forum, self.user, self.today, self.language = forum, user, today, language
        self.bodies = list(Forum.objects.visible_to(user).filter(pk__in=descendants(Forum, {forum.pk})))
        self.bodies.sort(key=lambda body: (body.pk != forum.pk, body.code))
        self.meetings = list(self._meetings())
        self.commitments: QuerySet[Commitment] = self._commitments()
        self.extent = self._extent()
        self.is_long = (self.extent.last - self.extent.first).days > WHOLE_YEARS * 366
        self.is_whole = not self.is_long if whole is None else whole
        self.scale = self.extent if self.is_whole else self._near()

    def _meetings(self) -> QuerySet[Meeting]:
        shown = Meeting.objects.visible_to(self.user).exclude(state=Meeting.State.CANCELLED)
        of_bodies = shown.filter(forum__in=[body.pk for body in self.bodies]).select_related("forum")
        return of_bodies.order_by(F("starts_on").desc(nulls_first=True), "pk")[:MOST_MEETINGS]

    def _commitments(self) -> QuerySet[Commitment]:
        rows = Commitment.objects.visible_to(self.user).within(self.forum)
        shown = rows.exclude(workflow=Commitment.Workflow.DRAFT).select_related("forum", "working_group")
        return shown.order_by(F("working_group__code").asc(nulls_first=True), "forum__code", "reference")

    def _dates(self, among: Any) -> QuerySet[FollowUp]:
        rows = FollowUp.objects.visible_to(self.user).filter(commitment__in=among)
        return rows.filter(outcome__in=date_states.SHOWN_OUTCOMES)

    def _extent(self) -> DateScale:
        found = self._dates(self.commitments.order_by().values("pk")).aggregate(Min("due_on"), Max("due_on"))
        days = [day for day in found.values() if day]
        for meeting in self.meetings:
            days += [
                day for day in (meeting.starts_on, meeting.window_start_on, meeting.window_end_on) if day
            ]
        return around(days, today=self.today)

    def _near(self) -> DateScale:
        return DateScale(add_months(self.today, -NEAR), add_months(self.today, NEAR))

    # -- rows

    def parts(self, page: Sequence[Commitment]) -> list[Part]:
        """First when they sat, then what was declared, body by body."""
        found = {body.pk: Part(body) for body in self.bodies}
        for row, body in [*self._sittings(), *self._readings()]:
            found[body].rows.append(row)
        for commitment, items in self._items_of(page):
            body = commitment.working_group_id or commitment.forum_id
            found.get(body, found[self.forum.pk]).rows.append(_row_of(commitment, items))
        parts = [part for part in found.values() if part.rows]
        for part in parts:
            for row in part.rows:
                row.drawing = self._drawn(row)
        return parts

    def _sittings(self) -> list[tuple[Row, int]]:
        by_body: dict[int, list[Item]] = defaultdict(list)
        for meeting in reversed(self.meetings):
            by_body[meeting.forum_id].append(_of_meeting(meeting))
        return [(Row(_("Meetings"), _listed(body), items=items), body) for body, items in by_body.items()]

    def _readings(self) -> list[tuple[Row, int]]:
        """When a meeting is expected by our reading: apart from what is known."""
        by_body: dict[int, list[Item]] = defaultdict(list)
        for meeting in reversed(self.meetings):
            if meeting.starts_on is None and (meeting.window_start_on or meeting.window_end_on):
                by_body[meeting.forum_id].append(self._of_window(meeting))
        title = _("Our reading: when it is expected")
        return [
            (Row(title, _listed(body), is_ours=True, items=items), body) for body, items in by_body.items()
        ]

    def _of_window(self, meeting: Meeting) -> Item:
        over = meeting.has_no_record(self.today)
        last = meeting.window_end_on or meeting.window_start_on
        return Item(
            on=meeting.window_start_on or last,
            until=last,
            what=str(meeting),
            state=date_states.NO_RECORD if over else date_states.of_meeting(meeting),
            basis=meeting.window_reading or _("our reading"),
            is_ours=True,
        )

    def _items_of(self, page: Sequence[Commitment]) -> list[tuple[Commitment, list[Item]]]:
        dates = self._dates([commitment.pk for commitment in page]).order_by("due_on", "pk")
        by_commitment: dict[int, list[Item]] = defaultdict(list)
        for follow_up in dates.select_related("commitment", "anchor_meeting__forum"):
            assert follow_up.commitment_id is not None  # as it was asked
            by_commitment[follow_up.commitment_id].append(_of_date(follow_up, self.today))
        return [(commitment, by_commitment[commitment.pk]) for commitment in page]

    # -- drawn

    @property
    def lines(self) -> list[Line]:
        sat = [Line(m.starts_on, "meeting") for m in self.meetings if m.starts_on]
        return [*sat, Line(self.today, "today")]

    def axis(self) -> SafeString:
        return axis(
            self.scale, [(tick.at, self._label(tick, n == 0)) for n, tick in enumerate(self._ticks())]
        )

    def _ticks(self) -> list[Tick]:
        return self.scale.ticks()

    def _label(self, tick: Tick, is_first: bool) -> str:
        """The year where it changes, else the month alone."""
        if tick.months >= 12 or tick.day.month == 1:
            return year_of(tick.day, self.language)
        return month_of(tick.day, self.language) if is_first else month_alone(tick.day, self.language)

    def _drawn(self, row: Row) -> SafeString:
        if row.is_ours:
            spans = [
                Span(i.on, i.until or i.on, i.state.kind, i.title(self.language)) for i in row.items if i.on
            ]
            return strip(self.scale, spans=spans, lines=self.lines)
        return strip(self.scale, marks=[self._mark(i) for i in row.items if i.on], lines=self.lines)

    def _mark(self, item: Item) -> Mark:
        assert item.on is not None  # as _drawn() asks
        hangs_on = item.meeting.starts_on if item.meeting else None
        return Mark(
            day=item.on,
            shape=item.state.shape,
            kind=item.state.kind,
            title=item.title(self.language),
            hangs_on=hangs_on,
            floats=item.meeting is not None and hangs_on is None,
            sign=item.sign,
            ringed=item.is_ours,
        )

    def beyond(self, parts: Sequence[Part]) -> int:
        """Items of this page that lie outside the time shown."""
        days = [item.on for part in parts for row in part.rows for item in row.items if item.on]
        return sum(not self.scale.covers(day) for day in days)


def _listed(body: int) -> str:
    return f"{reverse('admin:meetings')}#forum-{body}"


def _row_of(commitment: Commitment, items: list[Item]) -> Row:
    address = reverse("admin:commitment", args=[commitment.reference])
    outlook = commitment.outlook if commitment.is_live else None
    return Row(commitment.title, address, commitment.reference, outlook, items=items)


def _of_meeting(meeting: Meeting) -> Item:
    return Item(
        on=meeting.starts_on,
        what=str(meeting),
        state=date_states.of_meeting(meeting),
        sign=str(meeting.ordinal),
    )


def _of_date(follow_up: FollowUp, today: date) -> Item:
    return Item(
        on=follow_up.due_on,
        what=follow_up.get_kind_display(),
        state=date_states.of_date(follow_up, today),
        basis=follow_up.get_basis_display(),
        meeting=follow_up.anchor_meeting,
        is_ours=follow_up.basis == FollowUp.Basis.INTERPRETED,
    )
