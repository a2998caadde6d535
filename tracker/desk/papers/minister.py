"""The page for the minister: one sheet of A4, one line for each commitment of a forum."""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from math import ceil
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.models import Assignment, Commitment, FollowUp, Party, User
from commitments.owners import home_party
from notifications.rendering import our_summary
from tracker.desk import paper_pages
from tracker.desk.paper import Cell, Line, Paper, light, quiet, quoted, strong
from tracker.desk.papers import cells
from tracker.desk.papers.before_meeting import Occasion, has_restricted, with_everything
from tracker.desk.papers.since import Since

WIDTHS = [14, 32, 24, 14, 16]
COLUMNS = [13, 36, 28, 14, 16]  # of text within those, on the safe side
SHEET = 47  # lines of one sheet of A4
GAP = 0.7  # of a line, between two rows
MOST = 24  # rows, were each a single line
LINES = 2  # of what became of one commitment
SHORT = 96  # columns of text, of each of these and of what was declared
MOST_NAMED = 24  # of what found no room


def minister(user: User, occasion: Occasion, *, language: str, now: datetime) -> Paper:
    """The language is switched on."""
    today = timezone.localdate(now)
    every = occasion.rows(user).worst_first()
    rows = list(with_everything(every[:MOST], user, today))
    since, home = occasion.since(user), home_party(occasion.forum)
    told = _as_fits([_row(row, occasion, since, home) for row in rows])
    left = list(every.only("reference", "marking")[len(told) : len(told) + MOST_NAMED + 1])
    paper = Paper(
        _("Page for the minister"),
        f"{occasion.forum.name} · {occasion.in_words}",
        language,
        marks=paper_pages.marks(restricted=has_restricted(rows, left)),
        name=f"minister-{occasion.code}-{today:%Y-%m-%d}",
        day=today,
    )
    if not told:
        return paper.empty(nothing_to_tell())
    paper.paragraph(strong(_numbers(occasion, user))).table(_headings(), told, WIDTHS)
    return _with_the_rest(paper, [row.reference for row in left])


def _as_fits(rows: list[list[Cell]]) -> list[list[Cell]]:
    """As many as one sheet holds; by our reckoning, for only the printer knows."""
    heights = accumulate(max(map(_height, row, COLUMNS)) + GAP for row in rows)
    return [row for row, height in zip(rows, heights, strict=True) if height <= SHEET]


def _height(cell: Cell, columns: int) -> int:
    return sum(ceil(cells.columns(line.spoken) / columns) for line in cell.lines)


def without_forum(language: str, now: datetime) -> Paper:
    paper = Paper(
        _("Page for the minister"),
        language=language,
        marks=paper_pages.marks(),
        name="minister",
        day=timezone.localdate(now),
    )
    return paper.empty(_("No commitment is live, or none is for you to see. Enter one, then it stands here."))


def nothing_to_tell() -> str:
    return _("No commitment of this forum is live, or none is for you to see.")


def _headings() -> list[str]:
    return [_("Outlook"), _("Declared (short)"), _("Since the last meeting"), _("Next"), _("The other side")]


def _numbers(occasion: Occasion, user: User) -> str:
    """How many of each light, the worst first."""
    counted = occasion.rows(user).order_by().values_list("outlook").annotate(count=Count("pk"))
    found = dict(counted)
    order = [each for each in Commitment.Outlook.worst_first() if each in found]
    return " · ".join(f"{light(each, each.label).spoken} {found[each]}" for each in order)


def _row(row: Commitment, occasion: Occasion, since: Since, home: Party | None) -> list[Cell]:
    return [
        Cell.of(light(row.outlook, row.get_outlook_display()), quiet(row.get_implementation_display())),
        Cell.of(strong(row.reference, cells.address_of(row)), declared_in_short(row), *cells.marked(row)),
        _became(row, occasion, since),
        _next(row, home),
        Cell.of(*_other_side(row, home)),
    ]


def declared_in_short(row: Commitment) -> Line:
    """Declared words of the paper's own language, else our summary, which says so."""
    language = cells.language()
    words = row.declared_words(language)
    if words:
        return quoted(cells.shortened(words, SHORT), language)
    return Line(f"{our_summary()} {cells.shortened(row.title, SHORT)}")


def _became(row: Commitment, occasion: Occasion, since: Since) -> Cell:
    told = [cells.shortened(sentence, SHORT) for sentence in since.of(row)[:LINES]]
    new = [strong(_("new"))] if occasion.is_new(row) else []
    return Cell.of(*new, *told) if told else Cell.of(*new, quiet(_("nothing on record")))


def _next(row: Any, home: Party | None) -> Cell:
    """Of all parties or of ours."""
    if row.closed_on is not None:
        return Cell.of(strong(row.get_workflow_display()), cells.day(row.closed_on))
    ours = {None, home.pk if home else None}
    first: FollowUp | None = next((each for each in row.standing if each.party_id in ours), None)
    if first is None:
        return Cell.of(quiet(_("no date stands")))
    return Cell.of(strong(cells.day(first.due_on)), quiet(first.get_kind_display()))


def _other_side(row: Any, home: Party | None) -> Iterator[Line]:
    """Of each other party its own next date; those that have none are told together."""
    own = {each.party_id: each for each in reversed(row.standing) if each.party_id}
    others = [party for party in _bound(row) if home is None or party.pk != home.pk]
    for party in others:
        if party.pk in own:
            yield Line(f"{party}: {own[party.pk].get_kind_display()}, {cells.day(own[party.pk].due_on)}")
    without = ", ".join(str(party) for party in others if party.pk not in own)
    if without:
        yield quiet(_("%(parties)s: as declared, no date of its own") % {"parties": without})


def _bound(row: Any) -> list[Party]:
    """Parties of it, and those of whom somebody is named as the contact."""
    named = [each.party for each in row.parts if each.role == Assignment.Role.COUNTERPART]
    return list({party.pk: party for party in [*row.bound, *named]}.values())


def _with_the_rest(paper: Paper, left: list[str]) -> Paper:
    """What found no room is named, so that the sheet does not look like all of it."""
    if not left:
        return paper
    named = ", ".join(left[:MOST_NAMED]) + (" …" if len(left) > MOST_NAMED else "")
    return paper.paragraph(quiet(_("Not on this sheet: %(references)s") % {"references": named}))
