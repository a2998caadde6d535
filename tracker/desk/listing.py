"""A list as an address asks for it: which rows, which columns, in which order. Page, file and bulk deed share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

from commitments import access
from commitments.models import Commitment, FollowUp, Forum, User
from tracker.desk import columns, desk_lists
from tracker.desk.columns import Column
from tracker.desk.filters import CommitmentFilter, DateFilter

ROWS_ON_A_PAGE = 50
# Nobody pages further than that, and nobody needs to know how many more there are: who finds more asks more narrowly.
COUNTED_TO = 1_000
FORUMS_OFFERED = 12


@dataclass(frozen=True)
class Kind:
    """Commitments or dates: where a row has its commitment, what may be chosen, and what comes first."""

    slug: str
    path: str
    columns: dict[str, Column]
    form: type[CommitmentFilter]
    order: str


COMMITMENTS = Kind("commitments", "", columns.OF_COMMITMENTS, CommitmentFilter, "reference")
DATES = Kind("dates", "commitment__", columns.OF_DATES, DateFilter, "due")
DATES_OF = {"overdue": desk_lists.overdue_dates, "soon": desk_lists.dates_due_soon}


@dataclass(frozen=True)
class Line:
    row: Any
    commitment: Commitment | None  # none: the date of a meeting

    @property
    def name(self) -> str:
        return self.commitment.reference if self.commitment is not None else str(self.row.meeting)


@dataclass(frozen=True)
class Heading:
    column: Column
    address: str  # to sort by it; empty: it cannot be sorted by
    sorted: str  # as ARIA says it


class Counted(Paginator):
    def __init__(self, rows: QuerySet, found: QuerySet) -> None:
        super().__init__(rows, ROWS_ON_A_PAGE)
        self.found = found

    @cached_property
    def count(self) -> int:
        return self.found.order_by()[:COUNTED_TO].count()

    @property
    def is_cut(self) -> bool:
        return self.count == COUNTED_TO


class Listing:
    def __init__(
        self,
        kind: Kind,
        data: QueryDict,
        rows: QuerySet,
        *,
        user: User,
        today: date,
        wanted: Sequence[str] = (),
    ) -> None:
        """`wanted`: the columns, where the address does not say."""
        self.kind, self.data, self.user, self.today = kind, data, user, today
        self.form = kind.form(data, user=user, today=today)
        self.columns = self._chosen(data.getlist("column") or wanted or columns.USUAL)
        self.found = self._narrowed(rows)

    @classmethod
    def of_commitments(cls, data: QueryDict, user: User, today: date, wanted: Sequence[str] = ()) -> Listing:
        rows = Commitment.objects.visible_to(user)
        return cls(COMMITMENTS, data, rows, user=user, today=today, wanted=wanted)

    @classmethod
    def of_dates(
        cls, slug: str, data: QueryDict, user: User, today: date, wanted: Sequence[str] = ()
    ) -> Listing:
        return cls(DATES, data, DATES_OF[slug](user, today), user=user, today=today, wanted=wanted)

    def _chosen(self, slugs: Iterable[str]) -> list[Column]:
        wanted = {*slugs, "reference"}
        return [column for slug, column in self.kind.columns.items() if slug in wanted]

    def _narrowed(self, rows: Any) -> QuerySet:
        if self.kind is COMMITMENTS:
            return self.form.narrow(rows)
        if not self.form.is_narrowing:
            return rows
        fitting = self.form.narrow(Commitment.objects.all())
        return rows.filter(commitment__in=fitting.order_by().values("pk"))

    # ---- rows ------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> tuple[Column, bool]:
        """The column that it is sorted by, and whether backwards."""
        said = self.data.get("order", "")
        column = self.kind.columns.get(said.removeprefix("-"))
        if column is None or not column.by:
            return self.kind.columns[self.kind.order], False
        return column, said.startswith("-")

    @property
    def rows(self) -> QuerySet:
        """Found, in order, and with all that the columns tell, in a constant number of queries."""
        sorted_by, backwards = self.order
        rows = self.found
        if self.kind is DATES:
            rows = rows.select_related("commitment__forum", "meeting__forum")
        for column in {column.slug: column for column in [*self.columns, sorted_by]}.values():
            rows = column.read(rows, self.kind.path, self.today)
        return sorted_by.in_order(rows, self.kind.path, backwards=backwards)

    def page(self, number: str | None) -> Page:
        return Counted(self.rows, self.found).get_page(number)

    @property
    def has_state(self) -> bool:
        return any(column is columns.STATE for column in self.columns)

    def lines(self, rows: Iterable[Any]) -> Iterator[Line]:
        for row in rows:
            yield Line(row, row.commitment if isinstance(row, FollowUp) else row)

    # ---- addresses -------------------------------------------------------------------------------

    @property
    def query(self) -> str:
        """What asks for this very list again, whatever page was shown."""
        asked = self.data.copy()
        asked.pop("page", None)
        return asked.urlencode()

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter's form carries along."""
        names = ("of", "order", "column")
        return [(name, value) for name in names for value in self.data.getlist(name)]

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        sorted_by, backwards = self.order
        is_sorted = column is sorted_by
        direction = ("descending" if backwards else "ascending") if is_sorted else ""
        order = f"-{column.slug}" if is_sorted and not backwards else column.slug
        return Heading(column, self._with(order=order) if column.by else "", direction)

    def _with(self, **changes: str) -> str:
        asked = self.data.copy()
        asked.pop("page", None)
        for name, value in changes.items():
            asked[name] = value
        return f"?{asked.urlencode()}"

    def offered_columns(self) -> list[tuple[Column, bool]]:
        """All but the reference, which always stands; and whether it is shown."""
        return [
            (column, column in self.columns)
            for slug, column in self.kind.columns.items()
            if slug != "reference"
        ]

    @cached_property
    def forums(self) -> list[tuple[Forum, str]]:
        """One press narrows to a forum: one of the reader's own, where they have any."""
        if self.form.cleaned_data.get("forum"):
            return []
        own = access.Reach.of(self.user, self.today).read_forums
        offered = [forum for forum in self.form.forums if not own or forum.pk in own]
        if len(offered) < 2:
            return []
        return [(forum, self._with(forum=str(forum.pk))) for forum in offered[:FORUMS_OFFERED]]
