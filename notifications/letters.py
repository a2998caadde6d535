"""What the desk writes to an owner who stays silent: drafted here in their language, sent by a person or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commitments.models import FollowUp, Marking, Post, User
from commitments.spoken_dates import long_date, short_date
from notifications.audiences import posts_of
from notifications.inheritance import LadderBook
from notifications.ladders import Audience
from notifications.links import AnswerLink
from notifications.models import Delivery, Letter, Reminder
from notifications.recipients import Directory, Recipient
from notifications.rendering import Message

DEMONSTRATION = "시연용 · demonstration, not the actual state · 実演用"


@dataclass(frozen=True)
class Draft:
    """To whoever is told for one owner; None: nobody can be, and the text is for a letter on paper."""

    post: Post
    recipient: Recipient | None
    language: str
    subject: str
    text: str


def drafts(task: Reminder, *, by: User, now: datetime) -> list[Draft]:
    """One for each post that owes the answer; none while nobody does."""
    follow_up = task.follow_up
    posts = [
        post
        for _place, post in posts_of(
            [follow_up], Audience.OWNER, today=now.date(), rules=LadderBook().rules()
        )
        if post != task.post_id
    ]
    directory = Directory({*posts, task.post_id}, now=now)
    return [_draft(task, directory.posts[pk], directory, by=by) for pk in sorted(posts)]


def _draft(task: Reminder, post: Post, directory: Directory, *, by: User) -> Draft:
    recipient = directory.recipient(post.pk, 0)  # to the owner's side: the desk need not write to itself
    organisation = post.organisation
    language = recipient.language if recipient else organisation.language or organisation.party.language
    told = _told(task.follow_up, post)
    with translation.override(language):
        subject = _subject(task.follow_up)
        paragraphs = _paragraphs(task, recipient, told, directory, by=by, language=language)
        return Draft(post, recipient, language, subject, "\n\n".join(filter(None, paragraphs)))


def _told(follow_up: FollowUp, post: Post) -> list[Reminder]:
    told = Reminder.objects.filter(
        follow_up=follow_up, post=post, due_on=follow_up.due_on, state=Reminder.State.TOLD
    )
    return list(told.exclude(delivery=None).order_by("told_at"))


def _subject(follow_up: FollowUp) -> str:
    commitment = follow_up.commitment
    item = commitment.reference if commitment else str(follow_up.meeting)
    mark = _("Demonstration") + " · " if follow_up.forum.demonstration else ""
    said = _("Please tell us how %(item)s stands") % {"item": item}
    return f"[{_code(follow_up)}] {mark}{said}"


def _code(follow_up: FollowUp) -> str:
    """Of the register that the item belongs to, as in the reminders."""
    owner = follow_up.commitment or follow_up.meeting
    assert owner is not None
    return owner.forum.code


def _paragraphs(
    task: Reminder,
    recipient: Recipient | None,
    told: list[Reminder],
    directory: Directory,
    *,
    by: User,
    language: str,
) -> Iterator[str]:
    if recipient:
        yield _("Dear %(name)s,") % {"name": recipient.user.name}
    yield _asked(told, recipient, language)
    yield _item(task.follow_up, directory.now, recipient, language)
    yield _("A sentence is enough, and “no change” is an answer too. Please reply to this mail or call us.")
    if told:
        link = AnswerLink(told[-1].delivery_id or 0, told[-1].pk).address()
        yield _("You can also answer here without signing in: %(link)s") % {"link": link}
    yield _("If it is not yours, please tell us whose it is.")
    yield _signature(task.post_id, directory, by)


def _asked(told: list[Reminder], recipient: Recipient | None, language: str) -> str:
    if not told:
        return _("Please tell us how the following stands.")
    days = [
        reminder.told_at.astimezone(recipient.zone).date() if recipient else reminder.told_at.date()
        for reminder in told
        if reminder.told_at
    ]
    said = ", ".join(short_date(day, language) for day in dict.fromkeys(days))
    return _("We asked on %(days)s how the following stands, and have no answer yet.") % {"days": said}


def _item(follow_up: FollowUp, now: datetime, recipient: Recipient | None, language: str) -> str:
    today = recipient.local_time(now).date() if recipient else now.date()
    day = long_date(follow_up.due_on, language)
    if follow_up.has_no_record(today):
        when = _("By our reading it stood until %(day)s; we have no record of it here.") % {"day": day}
    else:
        when = f"{capfirst(follow_up.get_kind_display())}: {day}"
    return "\n".join(filter(None, [*_what(follow_up, language), when]))


def _what(follow_up: FollowUp, language: str) -> list[str]:
    """Of a restricted item the reference only, as in the reminders."""
    commitment = follow_up.commitment
    if commitment is None:
        return [str(follow_up.meeting)]
    if commitment.marking == Marking.RESTRICTED:
        return [f"{commitment.reference}: " + _("restricted: sign in to read it")]
    words = commitment.declared_words(language)
    marked = words if {"“", "”"} & set(words) else f"“{words}”"
    return [f"{commitment.reference} {_('(our summary)')} {commitment.title}", marked if words else ""]


def _signature(desk_id: int, directory: Directory, by: User) -> str:
    desk = directory.posts[desk_id].organisation
    return "\n".join([by.name, ", ".join(filter(None, [str(desk), desk.telephone]))])


def send(task: Reminder, draft: Draft, *, subject: str, text: str, by: User, now: datetime) -> Letter:
    """By the usual way of a message. The task is done when it has left; if it cannot be delivered, it stands again."""
    if draft.recipient is None:
        raise ValidationError(_("Nobody can be told by mail: copy the text into a letter."))
    with transaction.atomic():
        delivery = _delivery(draft.recipient, now=now)
        free = Q(delivery=None) | Q(delivery__state__in=[Delivery.State.FAILED, Delivery.State.CANCELLED])
        mine = Reminder.objects.planned().filter(free, pk=task.pk)
        if not Reminder.objects.filter(pk__in=mine.values("pk")).update(delivery=delivery):
            raise ValidationError(_("A letter about it is on its way already."))
        return Letter.objects.create(
            delivery=delivery,
            follow_up=task.follow_up,
            post=draft.post,
            subject=subject,
            text=text,
            written_by=by,
            written_at=now,
        )


def _delivery(recipient: Recipient, *, now: datetime) -> Delivery:
    delivery = Delivery.to(
        recipient.user,
        # Not bound by one message a day: a person decided to write.
        message_class=f"{Delivery.LETTER} {uuid.uuid4().hex[:12]}",
        local_day=recipient.local_time(now).date(),
        language=recipient.language,
        now=now,
    )
    delivery.save()
    return delivery


def still_asked(delivery: Delivery, *, now: datetime) -> set[int]:
    """The task, unless it was answered, closed or done meanwhile: then the letter is not sent."""
    tasks = Reminder.objects.tasks_for_the_desk(now).filter(delivery=delivery)
    return set(tasks.values_list("pk", flat=True))


def compose_letter(delivery: Delivery, *, now: datetime) -> Message | None:
    """None: there is nothing to ask any more."""
    asked = still_asked(delivery, now=now)
    letter = Letter.objects.select_related("follow_up__commitment__forum__parent").get(delivery=delivery)
    if not asked:
        return None
    mailbox = letter.follow_up.forum.mailbox()
    demonstration = letter.follow_up.forum.demonstration
    context = {"text": letter.text, "language": delivery.language, "demonstration": demonstration}
    return Message(
        subject=letter.subject,
        text=f"{DEMONSTRATION}\n\n{letter.text}" if demonstration else letter.text,
        html=render_to_string("notifications/mail/letter.html", context),
        address=delivery.recipient.email,
        reply_to=[mailbox] if mailbox else [],
        reminder_ids=frozenset(asked),
        headers={"Auto-Submitted": "no"},
    )
