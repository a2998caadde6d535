"""What the desk writes to an owner who stays silent: drafted here in their language, sent by a person or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.models import FollowUp, Forum, Post, ProgressReport, Request, User
from commitments.spoken_dates import short_date
from notifications import wording
from notifications.audiences import posts_of
from notifications.inheritance import LadderBook
from notifications.ladders import Audience
from notifications.links import AnswerLink
from notifications.models import Delivery, Letter, Reminder
from notifications.recipients import Directory, Recipient
from notifications.rendering import DEMONSTRATION, Message, sender, subject_of, with_telephone


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
    today = now.astimezone(task.post.organisation.clock).date()
    asked = posts_of([task.follow_up], Audience.OWNER, today=today, rules=LadderBook().rules())
    answered = _answered(task.follow_up) | {task.post_id}
    posts = [post for _place, post in asked if post not in answered]
    directory = Directory({*posts, task.post_id}, now=now)
    return [_draft(task, directory.posts[pk], directory, by=by) for pk in sorted(posts)]


def _answered(follow_up: FollowUp) -> set[int | None]:
    """Posts whose answer waits for the desk."""
    waiting = ProgressReport.objects.waiting(), Request.objects.proposed()
    return {pk for rows in waiting for pk in rows.filter(follow_up=follow_up).values_list("post", flat=True)}


def _draft(task: Reminder, post: Post, directory: Directory, *, by: User) -> Draft:
    recipient = directory.recipient(post.pk, 0)  # to the owner's side: the desk need not write to itself
    organisation = post.organisation
    language = recipient.language if recipient else organisation.language or organisation.party.language
    with translation.override(language):
        drafting = Drafting(task, post, recipient, language, directory)
        return Draft(post, recipient, language, drafting.subject(), drafting.text(by))


@dataclass(frozen=True)
class Drafting:
    """One letter while it is drafted; its language is switched on around it."""

    task: Reminder
    post: Post
    recipient: Recipient | None
    language: str
    directory: Directory

    @property
    def follow_up(self) -> FollowUp:
        return self.task.follow_up

    def subject(self) -> str:
        follow_up, directory = self.follow_up, self.directory
        item = wording.reference_of(follow_up) or wording.title_of(follow_up, directory)
        said = _("Please tell us how %(item)s stands") % {"item": item}
        return subject_of(wording.forums_of([follow_up], directory), said)

    def text(self, by: User) -> str:
        return "\n\n".join(self._paragraphs(by))

    def _paragraphs(self, by: User) -> Iterator[str]:
        told = self._told()
        if self.recipient:
            yield _("Dear %(name)s,") % {"name": self.recipient.user.name}
        yield self._asked(told)
        yield self._item()
        yield _(
            "A sentence is enough, and “no change” is an answer too. Please reply to this mail or call us."
        )
        if told:
            link = AnswerLink(told[-1].delivery_id or 0, told[-1].pk).address()
            yield _("You can also answer here without signing in: %(link)s") % {"link": link}
        yield _("If it is not yours, please tell us whose it is.")
        if self.recipient:
            why = wording.because(self.post, self.recipient)
            yield _("You get this letter because %(why)s.") % {"why": why}
        yield f"{by.name}\n{with_telephone(self.directory.posts[self.task.post_id].organisation)}"

    def _told(self) -> list[Reminder]:
        of_date = {"follow_up": self.follow_up, "post": self.post, "due_on": self.follow_up.due_on}
        told = Reminder.objects.filter(**of_date, state=Reminder.State.TOLD)
        return list(told.exclude(delivery=None).order_by("told_at"))

    def _asked(self, told: list[Reminder]) -> str:
        if not told:
            return _("Please tell us how the following stands.")
        days = dict.fromkeys(self._day_of(reminder.told_at) for reminder in told if reminder.told_at)
        said = ", ".join(short_date(day, self.language) for day in days)
        return _("We asked on %(days)s how the following stands, and have no answer yet.") % {"days": said}

    def _item(self) -> str:
        follow_up, today = self.follow_up, self._day_of(self.directory.now)
        lines = (
            wording.named(follow_up, self.directory),
            wording.declared(follow_up, self.language),
            wording.when(follow_up, follow_up.due_on, today, self.language),
        )
        return "\n".join(filter(None, lines))

    def _day_of(self, moment: datetime) -> date:
        return self.recipient.local_time(moment).date() if self.recipient else moment.date()


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
    """The task, unless it was answered, closed or done meanwhile, or the post has changed hands: then it is not sent."""
    letter = Letter.objects.filter(delivery=delivery).first()
    if letter is None or not _is_still_to(delivery.recipient_id, letter.post_id, now=now):
        return set()
    tasks = Reminder.objects.tasks_for_the_desk(now).filter(delivery=delivery)
    return set(tasks.values_list("pk", flat=True))


def _is_still_to(user_id: int, post_id: int, *, now: datetime) -> bool:
    who = Directory({post_id}, now=now).recipient(post_id, 0)
    return who is not None and who.user.pk == user_id


def compose_letter(delivery: Delivery, *, now: datetime) -> Message | None:
    """None: there is nothing to ask any more."""
    asked = still_asked(delivery, now=now)
    letter = Letter.objects.select_related("follow_up__commitment__forum__parent").get(delivery=delivery)
    if not asked:
        return None
    forum = letter.follow_up.forum
    mailbox, demonstration = forum.mailbox(), DEMONSTRATION if forum.demonstration else ""
    context = {"text": letter.text, "language": delivery.language, "demonstration": demonstration}
    return Message(
        subject=letter.subject,
        text="\n\n".join(filter(None, (demonstration, letter.text))),
        html=render_to_string("notifications/mail/letter.html", context),
        address=delivery.recipient.email,
        reply_to=[mailbox] if mailbox else [],
        reminder_ids=frozenset(asked),
        headers={"Auto-Submitted": "no", **_from_desk(forum, delivery.language)},
    )


def _from_desk(forum: Forum, language: str) -> dict[str, str]:
    desk = forum.desk_post()
    with translation.override(language):
        return {"From": sender(str(desk.organisation))} if desk else {}
