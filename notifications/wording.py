"""How items, dates and posts read in a message; the recipient's language is switched on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import FollowUp, Forum, Post, ProgressReport
from commitments.spoken_dates import official_date, past_date
from notifications.digest import Overview, is_restricted
from notifications.recipients import Directory, Recipient
from notifications.rendering import Listing, Row, our_summary

MARKS = frozenset("“”「」")
LONGEST_LIST = 15  # rows of what is told for information


def reference_of(follow_up: FollowUp) -> str:
    """A meeting has none."""
    return follow_up.commitment.reference if follow_up.commitment else ""


def title_of(follow_up: FollowUp, directory: Directory) -> str:
    """Our summary, or the name of the meeting."""
    if follow_up.commitment is not None:
        return _("restricted: sign in to read it") if is_restricted(follow_up) else follow_up.commitment.title
    assert follow_up.meeting is not None  # commitments_followup_of_one_thing
    follow_up.meeting.forum = directory.forums[follow_up.meeting.forum_id]  # its name needs it
    return str(follow_up.meeting)


def is_ours(follow_up: FollowUp) -> bool:
    """Whether its title is our summary; a meeting has a name, a restricted item shows none."""
    return follow_up.commitment is not None and not is_restricted(follow_up)


def named(follow_up: FollowUp, directory: Directory) -> str:
    mark = our_summary() if is_ours(follow_up) else ""
    return " ".join(filter(None, (reference_of(follow_up), mark, title_of(follow_up, directory))))


def declared(follow_up: FollowUp, language: str) -> str:
    """In marks; words that bring marks of their own get no second pair. Of what is restricted none leave the house."""
    if follow_up.commitment is None or is_restricted(follow_up):
        return ""
    words = follow_up.commitment.declared_words(language)
    return _("“%(words)s”") % {"words": words} if words and not MARKS & set(words) else words


def answer_here(restricted: bool) -> str:
    return _("Answer here, after signing in:") if restricted else _("Answer here, without signing in:")


def when(follow_up: FollowUp, due_on: date, today: date, language: str) -> str:
    said = {"kind": capfirst(follow_up.get_kind_display()), "day": official_date(due_on, language)}
    if follow_up.has_no_record(today):
        return _("%(kind)s: until %(day)s by our reading; no record here, please check") % said
    if due_on < today:
        return _("%(kind)s: %(day)s (overdue)") % said
    return f"{said['kind']}: {said['day']}"


def no_status() -> str:
    return _("Last status: none.")


def last_status(report: ProgressReport | None, today: date, language: str) -> str:
    if report is None:
        return no_status()
    day = past_date(report.reported_on, language, today=today)
    return _("Last status, %(day)s: %(words)s") % {"day": day, "words": report}


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
        reference=reference_of(follow_up),
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
    counted = ({"what": names[key], "n": count} for key, count in overview.numbers.items() if count)
    rows = (Row(_("%(what)s: %(n)d") % each) for each in counted)
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
