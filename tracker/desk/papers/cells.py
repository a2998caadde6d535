"""What several papers write into their tables. The language of the paper is switched on."""

from collections.abc import Iterable, Iterator
from datetime import date
from unicodedata import east_asian_width

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commitments.models import Assignment, Commitment, FollowUp, Marking, Meeting
from commitments.spoken_dates import long_date
from tracker.desk.paper import Cell, Line, light, quiet, strong
from tracker.desk.templatetags.desk import away


def language() -> str:
    return (get_language() or "en")[:2]


def day(value: date) -> str:
    return long_date(value, language())


def address_of(commitment: Commitment) -> str:
    return reverse("admin:commitment", args=[commitment.reference])


def name_of(commitment: Commitment) -> list[Line]:
    """Reference and title, and on the row itself who must not be shown it."""
    told = [strong(commitment.reference, address_of(commitment)), Line(commitment.title)]
    return [*told, *marked(commitment)]


def marked(commitment: Commitment) -> Iterator[Line]:
    if commitment.marking == Marking.RESTRICTED:
        yield strong(capfirst(commitment.get_marking_display()))
    if commitment.high_priority:
        yield quiet(capfirst(_("high priority")))


def subject_of(follow_up: FollowUp) -> Cell:
    """A date is of a commitment or of a meeting."""
    if follow_up.commitment is not None:
        return Cell.of(*name_of(follow_up.commitment))
    assert follow_up.meeting is not None  # commitments_followup_of_one_thing
    return Cell.of(strong(follow_up.meeting), quiet(follow_up.meeting.forum))


def outlook_of(commitment: Commitment | None) -> Cell:
    if commitment is None:
        return Cell()
    return Cell.of(light(commitment.outlook, commitment.get_outlook_display()))


def date_of(follow_up: FollowUp, today: date) -> Cell:
    far = f"{follow_up.get_kind_display()} · {away(follow_up.due_on, today)}"
    return Cell.of(strong(day(follow_up.due_on)), quiet(far))


def leads_of(leads: Iterable[Assignment]) -> Cell:
    """The posts that owe the answer, each with its division."""
    told = [line for lead in leads for line in (Line(str(lead.post)), quiet(lead.post.organisation))]
    return Cell.of(*(told or [quiet(_("nobody"))]))


def when(meeting: Meeting, today: date) -> list[Line]:
    """Its day; never one that is invented."""
    if meeting.starts_on is not None:
        return [Line(day(meeting.starts_on)), quiet(meeting.get_state_display())]
    if meeting.window_end_on is None:
        return [Line(_("expected, undated"))]
    until = _("expected until %(day)s") % {"day": day(meeting.window_end_on)}
    if meeting.has_no_record(today):
        return [light("", _("no record here, to be checked")), quiet(until)]
    return [Line(_("expected, undated")), quiet(until)]


def columns(text: str) -> int:
    """How wide it is; a letter of East Asia is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str, most: int) -> str:
    """To so many columns, with a sign that it goes on."""
    if columns(text) <= most:
        return text
    while columns(text) >= most:
        text = text[:-1]
    return f"{text.rstrip()}…"


def more(left: int) -> str:
    return ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left} if left > 0 else ""


def counted(count: int) -> str:
    return str(count) if count < 1000 else "999+"
