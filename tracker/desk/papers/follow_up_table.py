"""The follow-up table of a meeting: what became of each commitment, to be taken along."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commitments.models import Assignment, Commitment, Interpretation, User
from tracker.desk import paper_pages
from tracker.desk.paper import Cell, Line, Paper, light, quiet, quoted, strong
from tracker.desk.papers import cells
from tracker.desk.papers.before_meeting import Occasion, has_restricted, with_everything
from tracker.desk.papers.minister import nothing_to_tell
from tracker.desk.papers.since import Since, Turn, moved

ROWS = 500  # a table that nobody could take along
About = Interpretation.About


def follow_up_table(user: User, occasion: Occasion, *, language: str, now: datetime) -> Paper:
    """The language is switched on."""
    today = timezone.localdate(now)
    every = occasion.rows(user).order_by("reference")
    rows = list(with_everything(every[:ROWS], user, today))
    paper = Paper(
        _("Follow-up of commitments: %(forum)s") % {"forum": occasion.forum.name},
        occasion.in_words,
        language,
        landscape=True,
        marks=paper_pages.marks(restricted=has_restricted(rows)),
        name=f"follow-up-{occasion.code}-{today:%Y-%m-%d}",
        day=today,
    )
    if not rows:
        return paper.empty(nothing_to_tell())
    paper.paragraph(quiet(_legend(occasion)))
    since = occasion.since(user)
    paper.table(_headings(), [_row(row, occasion, since) for row in rows], [15, 30, 13, 16, 10, 16])
    left = cells.more(every.count() - len(rows)) if len(rows) == ROWS else ""
    return paper.paragraph(quiet(left)) if left else paper


def _legend(occasion: Occasion) -> str:
    said = _("Declared words are given word for word with their source; titles are our summaries.")
    if occasion.last is None:
        return said
    return " ".join([said, _("A bar in the margin marks what has changed since the last meeting.")])


def _headings() -> list[str]:
    return [_("Commitment"), _("Declared"), _("Who"), _("When"), _("Outlook"), _("Last cleared status")]


def _row(row: Any, occasion: Occasion, since: Since) -> list[Cell]:
    """What has changed carries its bar and says what stood before."""
    turned = since.turned(row) if occasion.last else []
    moves = since.moves.get(row.pk, {}) if occasion.last else {}
    new = occasion.is_new(row)
    heard = bool(occasion.last and since.reports.get(row.pk))
    return [
        Cell.of(*cells.name_of(row), strong(_("new")) if new else "", changed=new),
        Cell.of(*_declared(row)),
        Cell.of(*_who(row)),
        Cell.of(*_when(row, moves), changed=bool(moves)),
        Cell.of(*_stands(row), *map(quiet, turned), changed=bool(turned)),
        Cell.of(*_last_words(row), changed=heard),
    ]


def _declared(row: Any) -> Iterator[Line]:
    """Each text that prevails first; then, apart, how we read what it covers."""
    if not row.is_declared:
        yield strong(capfirst(row.get_basis_display()))
    for words in row.provisions.all():
        text = words.text
        yield quoted(words.quote, text.language)
        yield quiet(f"{text.get_authority_display()} · {text.get_language_display()} · {text.source}")
    if row.is_declared and not row.provisions.all():
        yield quiet(_("The declared words are not in the register yet."))
    yield from _readings(row, About.SCOPE)


def _who(row: Any) -> Iterator[Line]:
    leads = [each for each in row.parts if each.role == Assignment.Role.LEAD]
    yield from cells.leads_of(leads).lines
    yield from _as_stated(words.owner_as_stated for words in row.provisions.all())
    yield from _readings(row, About.OWNER)


def _when(row: Any, moves: dict[int, Turn]) -> Iterator[Line]:
    """Each date that stands, under it as stated or our reading, and what stood at the last meeting."""
    for follow_up in row.standing:
        yield strong(cells.day(follow_up.due_on))
        yield quiet(f"{follow_up.get_kind_display()} · {follow_up.get_basis_display()}")
        yield from _as_stated([follow_up.phrase])
        if follow_up.waits_for_meeting:
            yield quiet(_("%(meeting)s has no date yet") % {"meeting": follow_up.anchor_meeting})
    if row.closed_on is not None:
        yield strong(f"{capfirst(row.get_workflow_display())}: {cells.day(row.closed_on)}")
    elif not row.standing:
        yield quiet(_("no date stands"))
    yield from _as_stated(words.timeframe_as_stated for words in row.provisions.all())
    yield from _readings(row, About.DATE)
    yield from (quiet(moved(move, cells.language())) for move in moves.values())


def _as_stated(phrases: Iterable[str]) -> Iterator[Line]:
    said = ", ".join(f"“{phrase}”" for phrase in dict.fromkeys(phrases) if phrase)
    if said:
        yield quiet(": ".join([_("as stated"), said]))


def _readings(row: Any, about: str) -> Iterator[Line]:
    for reading in row.readings:
        if reading.about == about:
            yield quiet(": ".join([_("our reading"), reading.text]))


def _stands(row: Commitment) -> Iterator[Line]:
    yield light(row.outlook, row.get_outlook_display())
    yield Line(row.get_implementation_display())
    yield quiet(row.outlook_note)


def _last_words(row: Any) -> Iterator[Line]:
    if not row.last_words:
        yield quiet(_("nothing reported yet"))
    for report in row.last_words:
        yield strong(cells.day(report.reported_on))
        yield Line(report.shareable or report.internal or str(report))
        yield quiet(f"{report.get_source_display()} {report.letter_number}".strip())
