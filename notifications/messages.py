"""What a recipient reads: their items, how to answer, and why they get it; in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Commitment, Forum, Marking, Post, ProgressReport
from commitments.spoken_dates import long_date, short_date
from notifications.links import AnswerLink
from notifications.models import Delivery, Reminder
from notifications.recipients import Directory, Recipient


@dataclass(frozen=True)
class Message:
    subject: str
    text: str
    html: str
    address: str
    reply_to: list[str]
    reminder_ids: frozenset[int]
    withheld: frozenset[int] = frozenset()  # reminders of which only the reference is told


@dataclass(frozen=True)
class Item:
    """One item as it reads in the message."""

    reference: str
    title: str  # our summary, or the name of the meeting
    words: str  # declared, in the recipient's language; empty if there are none
    is_summary: bool
    when: str
    last_report: str
    link: str
    late: bool
    why: str


def compose(
    delivery: Delivery, told: list[tuple[Reminder, Recipient]], directory: Directory, *, now: datetime
) -> Message:
    """`told`: what is needed, each with the recipient and the post through which they hear of it."""
    recipient = told[0][1]
    today = recipient.local_time(now).date()
    with translation.override(delivery.language):
        items = [_item(delivery, reminder, who, today) for reminder, who in told]
        forums = _forums(told, directory)
        context = {
            "items": items,
            "several": len(items) > 1,
            "demonstration": any(forum.demonstration for forum in forums),
            "answer_by": long_date(_answer_by(told, today), delivery.language),
            "desk": _desk_line(forums, directory),
            "language": delivery.language,
        }
        return Message(
            subject=_subject(told, forums, today, delivery.language),
            text=render_to_string("notifications/mail/reminder.txt", context),
            html=render_to_string("notifications/mail/reminder.html", context),
            address=recipient.user.email,
            reply_to=sorted({mailbox for forum in forums if (mailbox := forum.mailbox())}),
            reminder_ids=frozenset(reminder.pk for reminder, _who in told),
            withheld=withheld_of(told),
        )


def withheld_of(told: list[tuple[Reminder, Recipient]]) -> frozenset[int]:
    return frozenset(reminder.pk for reminder, _who in told if _is_restricted(reminder))


def _is_restricted(reminder: Reminder) -> bool:
    commitment = reminder.follow_up.commitment
    return commitment is not None and commitment.marking == Marking.RESTRICTED


def _forums(told: list[tuple[Reminder, Recipient]], directory: Directory) -> list[Forum]:
    found = {_register_forum_id(reminder) for reminder, _who in told}
    return sorted((directory.forums[pk] for pk in found), key=lambda forum: forum.code)


def _register_forum_id(reminder: Reminder) -> int:
    commitment, meeting = reminder.follow_up.commitment, reminder.follow_up.meeting
    owner = commitment or meeting
    assert owner is not None
    return owner.forum_id


def _answer_by(told: list[tuple[Reminder, Recipient]], today: date) -> date:
    """The first date asked for; for what is overdue, today."""
    return max(today, min(reminder.due_on for reminder, _who in told))


def _subject(told: list[tuple[Reminder, Recipient]], forums: list[Forum], today: date, language: str) -> str:
    codes = ", ".join(forum.code for forum in forums)
    overdue = sum(reminder.follow_up.is_overdue(today) for reminder, _who in told)
    count = len(told)
    if overdue == count:
        said = ngettext(
            "Status of %(count)d overdue item requested", "Status of %(count)d overdue items requested", count
        )
    else:
        said = ngettext(
            "Status of %(count)d item requested by %(day)s",
            "Status of %(count)d items requested by %(day)s",
            count,
        )
    said = said % {"count": count, "day": short_date(_answer_by(told, today), language)}
    mark = _("Demonstration") + " · " if any(forum.demonstration for forum in forums) else ""
    return f"[{codes}] {mark}{said}"


def _item(delivery: Delivery, reminder: Reminder, who: Recipient, today: date) -> Item:
    commitment = reminder.follow_up.commitment
    restricted = _is_restricted(reminder)
    if commitment is None:
        title, words, last = str(reminder.follow_up.meeting), "", ""
    elif restricted:
        title, words, last = _("restricted: sign in to read it"), "", ""
    else:
        title, words = commitment.title, _in_marks(commitment.declared_words(delivery.language))
        last = _last_report(commitment, delivery.language)
    return Item(
        reference=commitment.reference if commitment else "",
        title=title,
        words=words,
        is_summary=commitment is not None and not restricted,
        when=_when(reminder, today, delivery.language),
        last_report=last,
        link=AnswerLink(delivery.pk, reminder.pk).address(),
        late=reminder.late,
        why=_why(reminder.post, who),
    )


def _in_marks(words: str) -> str:
    """Declared words that bring marks of their own get no second pair."""
    return f"“{words}”" if words and not {"“", "”"} & set(words) else words


def _when(reminder: Reminder, today: date, language: str) -> str:
    day = long_date(reminder.due_on, language)
    kind = reminder.follow_up.get_kind_display()
    if reminder.follow_up.has_no_record(today):
        sentence = _("%(kind)s, by our reading until %(day)s: no record here, please check")
        return sentence % {"kind": kind, "day": day}
    if reminder.due_on < today:
        return _("%(kind)s, was due on %(day)s") % {"kind": kind, "day": day}
    return _("%(kind)s, due on %(day)s") % {"kind": kind, "day": day}


def _last_report(commitment: Commitment, language: str) -> str:
    last = max(
        (r for r in commitment.reports.all() if r.state == ProgressReport.State.CLEARED),
        key=lambda report: (report.reported_on, report.pk),
        default=None,
    )
    return f"{short_date(last.reported_on, language)}: {last}" if last else ""


def _why(post: Post, who: Recipient) -> str:
    """Through which post the recipient hears of it, and why they if it is another's."""
    if who.post.pk != post.pk:
        return _("you stand in for %(post)s, which nobody holds now") % {"post": post}
    if who.acting:
        return _("you act as %(post)s") % {"post": post}
    return _("you hold the post %(post)s") % {"post": post}


def _desk_line(forums: list[Forum], directory: Directory) -> str:
    desks = []
    for forum in forums:
        post = directory.posts.get(directory.desk_post_id(forum.pk) or 0)
        if post is not None:
            desks.append(", ".join(filter(None, [str(post.organisation), post.organisation.telephone])))
    return "; ".join(dict.fromkeys(desks))
