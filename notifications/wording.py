"""How items, dates and posts read in a message; the recipient's language is switched on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import FollowUp, Forum, Post
from commitments.spoken_dates import long_date
from notifications.digest import Overview, is_restricted
from notifications.recipients import Directory, Recipient
from notifications.rendering import Listing, Row

LONGEST_LIST = 15  # rows of what is told for information


def title_of(follow_up: FollowUp, directory: Directory) -> str:
    """Our summary, or the name of the meeting."""
    if follow_up.commitment is not None:
        return _("restricted: sign in to read it") if is_restricted(follow_up) else follow_up.commitment.title
    assert follow_up.meeting is not None  # commitments_followup_of_one_thing
    follow_up.meeting.forum = directory.forums[follow_up.meeting.forum_id]  # its name needs it
    return str(follow_up.meeting)


def answer_here(restricted: bool) -> str:
    return _("Answer here, after signing in:") if restricted else _("Answer here, without signing in:")


def in_marks(words: str) -> str:
    """Declared words that bring marks of their own get no second pair."""
    return f"“{words}”" if words and not {"“", "”"} & set(words) else words


def when(follow_up: FollowUp, due_on: date, today: date, language: str) -> str:
    day, kind = long_date(due_on, language), follow_up.get_kind_display()
    if follow_up.has_no_record(today):
        sentence = _("%(kind)s, by our reading until %(day)s: no record here, please check")
    elif due_on < today:
        sentence = _("%(kind)s, was due on %(day)s")
    else:
        sentence = _("%(kind)s, due on %(day)s")
    return capfirst(sentence % {"kind": kind, "day": day})


def because(post: Post, who: Recipient) -> str:
    """Through which post the recipient hears of it, and why they if it is another's."""
    if who.post.pk != post.pk:
        return _("you stand in for %(post)s, which nobody holds now") % {"post": post}
    if who.acts_for is not None:
        said = {"name": who.user, "holder": who.acts_for, "post": post}
        return _("you, %(name)s, act for %(holder)s as %(post)s") % said
    if who.acting:
        return _("you act as %(post)s") % {"post": post}
    return _("you hold the post %(post)s") % {"post": post}


def forums_of(follow_ups: Iterable[FollowUp], directory: Directory) -> list[Forum]:
    """The registers that they belong to."""
    owners = (follow_up.commitment or follow_up.meeting for follow_up in follow_ups)
    found = {owner.forum_id for owner in owners if owner is not None}
    return sorted((directory.forums[pk] for pk in found), key=lambda forum: forum.code)


def row_of(
    follow_up: FollowUp, directory: Directory, today: date, language: str, *, leads: Sequence[Post] = ()
) -> Row:
    said = when(follow_up, follow_up.due_on, today, language)
    if leads:
        said += " · " + _("lead: %(posts)s") % {"posts": ", ".join(map(str, leads))}
    return Row(
        reference=follow_up.commitment.reference if follow_up.commitment else "",
        title=title_of(follow_up, directory),
        said=said,
    )


def shown(rows: Sequence[FollowUp]) -> Sequence[FollowUp]:
    return rows[:LONGEST_LIST]


def to_come(follow_ups: Sequence[FollowUp], directory: Directory, today: date, language: str) -> Listing:
    rows = (row_of(follow_up, directory, today, language) for follow_up in shown(follow_ups))
    return Listing(
        heading=_("Also on your list, nothing to do yet"),
        said=_("These dates come within two weeks. The titles are our summaries."),
        rows=tuple(rows),
        more=_more(len(follow_ups)),
    )


def group(overview: Overview, directory: Directory, today: date, language: str) -> Listing:
    """What is open in the groups that the recipient leads, and which posts answer for it."""
    rows = (
        row_of(each, directory, today, language, leads=overview.leads.get(each.pk, ()))
        for each in shown(overview.group)
    )
    return Listing(
        heading=_("The group that you lead"),
        said=_(
            "For your information: %(overdue)d overdue, %(soon)d due in 14 days. The titles are our summaries."
        )
        % numbers_of(overview, today),
        rows=tuple(rows),
        more=_more(len(overview.group)),
    )


def numbers_of(overview: Overview, today: date) -> dict[str, int]:
    overdue = sum(follow_up.is_overdue(today) for follow_up in overview.group)
    return {"overdue": overdue, "soon": len(overview.group) - overdue}


def desk(overview: Overview) -> Listing:
    """The numbers of My desk, by the names of its lists."""
    names = {
        "waiting": _("Answers that wait for you"),
        "tasks": _("Tasks for the desk"),
        "undelivered": _("Messages not delivered"),
        "uncovered": _("Commitments without owner or date"),
        "missed": _("Reminders that came too late to be sent"),
    }
    rows = (Row(f"{names[key]}: {count}") for key, count in overview.numbers.items() if count)
    return Listing(
        heading=_("Your desk"),
        said=_("What waits for you in the register:"),
        rows=tuple(rows),
        link=f"{settings.SITE_URL}/",
        link_text=_("Open My desk (sign in):"),
    )


def for_information(overview: Overview, directory: Directory, today: date, language: str) -> list[Listing]:
    found = [group(overview, directory, today, language)] if overview.group else []
    return [*found, desk(overview)] if any(overview.numbers.values()) else found


def _more(count: int) -> str:
    left = count - LONGEST_LIST
    return ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left} if left > 0 else ""
