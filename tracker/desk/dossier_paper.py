"""The handover dossier as a paper. The language of the paper is switched on by whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments.models import FollowUp, Post, PostHolding, ProgressReport
from commitments.spoken_dates import long_date
from tracker.desk import paper_pages
from tracker.desk.dossier import Answer, Dossier, Item
from tracker.desk.paper import Cell, Line, Paper, light, quiet, quoted, strong
from tracker.desk.templatetags.desk import holder


def paper_of(dossier: Dossier) -> Paper:
    post = dossier.post
    paper = Paper(
        _("Handover dossier: %(post)s") % {"post": post},
        post.organisation.name_on(dossier.today),
        language=_language(),
        landscape=True,
        marks=paper_pages.marks(),
        name=f"handover-{post.pk}-{dossier.today:%Y%m%d}",
        day=dossier.today,
    )
    _persons(paper, dossier)
    _items(paper, dossier)
    _answers(paper, dossier)
    _contacts(paper, dossier)
    return paper


def _language() -> str:
    return (get_language() or "en")[:2]


def _day(day: date) -> str:
    return long_date(day, _language())


def _persons(paper: Paper, dossier: Dossier) -> None:
    paper.heading(_("Who"))
    holdings = list(dossier.post.holdings.select_related("user").order_by("from_on", "pk"))
    rows = [_holding(each) for each in holdings]
    if rows:
        headings = [_("Holder"), _("First day"), _("Last day"), _("Mail")]
        paper.table(headings, rows, widths=[34, 20, 20, 26])
    else:
        paper.empty(_("Nobody has held this post yet."))
    for line in _about(dossier):
        paper.paragraph(line)


def _holding(held: PostHolding) -> list[Cell | str]:
    acting = quiet(_("acting")) if held.acting else ""
    until = _day(held.until_on) if held.until_on else _("until further notice")
    return [Cell.of(strong(held.user.name), acting), _day(held.from_on), until, held.user.email]


def _about(dossier: Dossier) -> Iterator[str]:
    post = dossier.post
    if post.superior:
        yield _("Superior: %(post)s") % {"post": post.superior}
    if post.alternate:
        yield _("Alternate, who hears while nobody holds it: %(post)s") % {"post": post.alternate}
    for forum in dossier.desk_of:
        yield _("Keeps the desk of %(forum)s") % {"forum": forum}
    if dossier.restricted:
        yield ngettext(
            "%(count)d restricted item is not in this dossier. Who comes has to be allowed to see it first.",
            "%(count)d restricted items are not in this dossier. Who comes has to be allowed to see them first.",
            dossier.restricted,
        ) % {"count": dossier.restricted}


def _items(paper: Paper, dossier: Dossier) -> None:
    paper.heading(_("Open items"))
    headings = [_("Commitment"), _("Declared words"), _("Next dates"), _("Last accepted words")]
    if dossier.items:
        rows = [_item(item, dossier.today) for item in dossier.items]
        paper.table(headings, rows, widths=[24, 28, 22, 26])
    else:
        paper.empty(_("The post has no part in anything that is open."))
    if dossier.of_meetings:
        paper.heading(_("Dates of meetings"))
        dates = [
            [Cell.of(str(each.meeting)), Cell.of(*_date(each, dossier.today))] for each in dossier.of_meetings
        ]
        paper.table([_("Meeting"), _("Date")], dates, widths=[60, 40])


def _item(item: Item, today: date) -> list[Cell]:
    commitment = item.commitment
    address = reverse("admin:commitment", args=[commitment.reference])
    parts = quiet(capfirst(", ".join(item.roles)))
    named = [strong(commitment.reference, address), Line(commitment.title), parts]
    words = (
        quoted(item.words.quote, item.words.text.language) if item.words else quiet(_("none in the register"))
    )
    dates = [line for each in item.dates for line in _date(each, today)] or [quiet(_("no next date"))]
    return [Cell.of(*named), Cell.of(words), Cell.of(*dates), _last(item)]


def _date(follow_up: FollowUp, today: date) -> list[Line]:
    said = str(follow_up.get_kind_display())
    if follow_up.is_overdue(today):
        said = _("%(kind)s, overdue") % {"kind": said}
    return [strong(_day(follow_up.due_on)), quiet(said)]


def _last(item: Item) -> Cell:
    lines: list[Line] = [light(item.commitment.outlook, item.commitment.get_outlook_display())]
    if item.last is None:
        return Cell.of(*lines, quiet(_("nothing reported yet")))
    words = item.last.internal or item.last.shareable or str(item.last)
    return Cell.of(*lines, Line(capfirst(words)), quiet(_day(item.last.reported_on)))


def _answers(paper: Paper, dossier: Dossier) -> None:
    paper.heading(_("Answers that wait for the desk"))
    if dossier.waiting:
        rows = [_answer(each) for each in dossier.waiting]
        paper.table([_("Item"), _("What was answered"), _("When")], rows, widths=[26, 50, 24])
    else:
        paper.empty(_("No answer of this post waits."))
    for each in dossier.quiet:
        said = _("%(item)s: no reminder until %(day)s, as %(name)s asked.")
        name = each.by_name or _("the holder")
        paper.paragraph(said % {"item": each.follow_up.subject, "day": _day(each.until_on), "name": name})


def _answer(answer: Answer) -> list[Cell | str]:
    if isinstance(answer, ProgressReport):
        said = capfirst(_("no change")) if answer.no_change and not answer.line else answer.line
        return [str(answer.commitment), said, _day(answer.reported_on)]
    asked = _day(answer.proposed_on) if answer.proposed_on else answer.proposed_owner
    told = Cell.of(Line(capfirst(answer.get_kind_display())), asked, quiet(answer.reason))
    return [str(answer.follow_up.subject), told, _day(answer.asked_at.date())]


def _contacts(paper: Paper, dossier: Dossier) -> None:
    paper.heading(_("Contacts"))
    roles: dict[int, set[str]] = {}
    for item in dossier.items:
        for other in item.others:
            roles.setdefault(other.post_id, set()).add(str(other.get_role_display()))
    if not dossier.contacts:
        paper.empty(_("Nobody else has a part in these items."))
        return
    rows = [_contact(post, sorted(roles[post.pk])) for post in dossier.contacts]
    paper.table([_("Post"), _("Part"), _("Who holds it"), _("Reached by")], rows, widths=[32, 20, 24, 24])


def _contact(post: Post, roles: list[str]) -> list[Cell | str]:
    held = getattr(post, "held", [])
    who = holder(held) or _("nobody")
    mails = [Line(each.user.email) for each in held[:1] if each.user.email]
    telephone = quiet(post.organisation.telephone)
    return [
        Cell.of(strong(post), quiet(post.organisation)),
        capfirst(", ".join(roles)),
        who,
        Cell.of(*mails, telephone),
    ]
