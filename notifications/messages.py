"""What a recipient reads: their items, how to answer, and why they get it; in their language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from functools import cached_property
from itertools import chain

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import FollowUp
from commitments.spoken_dates import official_date, short_date
from notifications import step_words, wording
from notifications.bundling import slot_of
from notifications.digest import Extras, Returned, is_restricted
from notifications.ladders import ABOVE, Audience
from notifications.links import AnswerLink
from notifications.models import Delivery, Reminder
from notifications.recipients import Directory, Recipient
from notifications.rendering import ITEMS_HEADER, Contents, Item, Listing, Message, Section, render

Told = list[tuple[Reminder, Recipient]]


class Part(IntEnum):
    """Where an item stands, in the order of the message."""

    ESCALATION = 1
    OVERDUE = 2
    DUE = 3
    RETURNED = 4


@dataclass(frozen=True)
class Asked:
    """An item before it is put into words."""

    reminder: Reminder
    part: Part
    who: Recipient | None  # nobody: no step has come, it is the answer that came back
    answer: Returned | None  # that came back

    @property
    def due_on(self) -> date:
        return self.reminder.due_on


def compose(
    delivery: Delivery, told: Told, directory: Directory, *, now: datetime, extras: Extras | None = None
) -> Message:
    """`told`: what is needed, each with the recipient and the post through which they hear of it.

    Asks the database nothing, but for a calendar that `directory` has not read yet where something is late: `extras`
    (digest.py) brings what else there is to tell."""
    with translation.override(delivery.language):
        composition = Composition(delivery, told, directory, extras or Extras(), now)
        return render(composition.contents(), delivery, directory)


def withheld_of(told: Told) -> frozenset[int]:
    return frozenset(reminder.pk for reminder, _who in told if is_restricted(reminder.follow_up))


def numbered(delivery: Delivery) -> dict[int, int]:
    """The reminder behind each number of a message that has been written."""
    pairs = (pair.partition("=") for pair in delivery.headers.get(ITEMS_HEADER, "").split())
    return {int(number): int(pk) for number, _equals, pk in pairs}


class Composition:
    """One message being written; the language is switched on around it."""

    def __init__(
        self, delivery: Delivery, told: Told, directory: Directory, extras: Extras, now: datetime
    ) -> None:
        self.delivery, self.told, self.directory, self.extras = delivery, told, directory, extras
        self.language = delivery.language
        self.recipient = told[0][1]
        self.today = self.recipient.local_time(now).date()
        self.asked = sorted(self._asked(), key=lambda asked: (asked.part, asked.due_on))
        self.items = [self._item(number, asked) for number, asked in enumerate(self.asked, start=1)]

    def contents(self) -> Contents:
        numbers = " ".join(f"{n}={asked.reminder.pk}" for n, asked in enumerate(self.asked, start=1))
        return Contents(
            subject=self._subject(),
            intro=self._intro(),
            answer_by=self._answer_by(),
            sections=tuple(self._sections()),
            listings=tuple(self._listings()),
            forums=wording.forums_of((asked.reminder.follow_up for asked in self.asked), self.directory),
            reminder_ids=frozenset(reminder.pk for reminder, _who in self.told),
            withheld=withheld_of(self.told),
            mentions=self._mentions(),
            headers={ITEMS_HEADER: numbers},
        )

    def _asked(self) -> Iterator[Asked]:
        returned = dict(self.extras.returned)
        for reminder, who in self.told:
            answer = returned.pop((reminder.follow_up_id, reminder.post_id), None)
            yield Asked(reminder, self._part(reminder, answer), who, answer)
        for answer in returned.values():
            yield Asked(answer.reminder, Part.RETURNED, None, answer)

    def _part(self, reminder: Reminder, answer: Returned | None) -> Part:
        if reminder.audience in ABOVE:
            return Part.ESCALATION
        if reminder.follow_up.is_overdue(self.today):
            return Part.OVERDUE
        return Part.RETURNED if answer else Part.DUE

    @cached_property
    def _mine(self) -> list[Asked]:
        """What the recipient has to answer; of the rest they have to see that somebody does."""
        return [asked for asked in self.asked if asked.part is not Part.ESCALATION]

    @cached_property
    def _next_date(self) -> date | None:
        """By which an answer can be asked for: the first that is still to come. None: all of it is past."""
        return min((asked.due_on for asked in self._mine if asked.due_on >= self.today), default=None)

    def _is_overdue(self, asked: Asked) -> bool:
        return asked.reminder.follow_up.is_overdue(self.today)

    def _answer_by(self) -> str:
        if not self._mine:
            return _("Please see to it that somebody answers, or answer yourself.")
        if self._next_date is None:
            return _("Please answer as soon as you can.")
        sentence = _("Please answer by %(answer_by)s.")
        if any(map(self._is_overdue, self._mine)):
            sentence = _("Please answer what is overdue as soon as you can, and the rest by %(answer_by)s.")
        return sentence % {"answer_by": official_date(self._next_date, self.language)}

    def _subject(self) -> str:
        count, first = len(self.asked), self.items[0]
        overdue = sum(map(self._is_overdue, self.asked))
        said = {
            "count": count,
            "overdue": overdue,
            "rest": count - overdue,
            "day": short_date(self._next_date, self.language) if self._next_date else "",
            "item": first.reference or first.title,
        }
        if not self._mine:
            return ngettext("No answer yet on %(item)s", "No answer yet on %(count)d items", count) % said
        return _sentence(count, overdue, has_day=self._next_date is not None) % said

    def _intro(self) -> str:
        count = len(self.asked)
        if not self._mine:
            return ngettext(
                "One item of the register has had no answer.",
                "%(counter)s items of the register have had no answer.",
                count,
            ) % {"counter": count}
        return ngettext(
            "One item of the register waits for your answer.",
            "%(counter)s items of the register wait for your answer.",
            count,
        ) % {"counter": count}

    def _sections(self) -> Iterator[Section]:
        """One item that is asked by its date needs no heading."""
        by_part: dict[Part, list[Item]] = defaultdict(list)
        for asked, item in zip(self.asked, self.items, strict=True):
            by_part[asked.part].append(item)
        headings = {
            Part.ESCALATION: _("Nobody has answered yet"),
            Part.OVERDUE: _("Overdue"),
            Part.DUE: _("Please answer by the date") if len(by_part) > 1 else "",
            Part.RETURNED: _("The desk asks again"),
        }
        for part, items in by_part.items():
            heading = f"{headings[part]} ({len(items)})" if headings[part] else ""
            yield Section(part.name.lower(), heading, tuple(items))

    def _listings(self) -> Iterator[Listing]:
        if self.extras.to_come:
            yield wording.to_come(self.extras.to_come, self.directory, self.today, self.language)
        yield from wording.for_information(self.extras.overview, self.directory, self.today, self.language)

    def _item(self, number: int, asked: Asked) -> Item:
        reminder, follow_up = asked.reminder, asked.reminder.follow_up
        item = Item(
            number=number,
            reference=wording.reference_of(follow_up),
            title=wording.title_of(follow_up, self.directory),
            when=wording.when(follow_up, asked.due_on, self.today, self.language),
            link=AnswerLink(self._bound_to(asked), reminder.pk).address(),
            link_text=wording.answer_here(is_restricted(follow_up)),
            why=self._why(asked),
            note=self._note(asked),
            late=self._late(reminder, asked.who) if asked.who and reminder.late else "",
        )
        if not wording.is_ours(follow_up):
            return item
        item = self._with_words(item, follow_up)
        return _for_outsiders(item) if reminder.audience == Audience.COUNTERPART else item

    def _bound_to(self, asked: Asked) -> int:
        """The message of the link: what came back was asked by an earlier one."""
        earlier = None if asked.who else asked.reminder.delivery_id
        return earlier or self.delivery.pk

    def _with_words(self, item: Item, follow_up: FollowUp) -> Item:
        """What may leave the house unless it is restricted."""
        commitment = follow_up.commitment
        assert commitment is not None  # wording.is_ours
        number = self.extras.letters.get(commitment.pk) or commitment.letter_number
        last = self.extras.statuses.get(commitment.pk)
        return replace(
            item,
            is_summary=True,
            words=wording.declared(follow_up, self.language),
            status=wording.last_status(last, self.today, self.language),
            letter=_("Letter %(number)s") % {"number": number} if number else "",
        )

    def _late(self, reminder: Reminder, who: Recipient) -> str:
        day = slot_of(reminder, who, self.directory)
        return _("Late: this was to reach you on %(day)s.") % {"day": official_date(day, self.language)}

    def _note(self, asked: Asked) -> str:
        if asked.part is Part.ESCALATION:
            return self._who_was_told(asked.reminder)
        if asked.answer is None:
            return ""
        said = {"day": self._day_of(asked.answer.decided_at), "words": " ".join(asked.answer.words.split())}
        if is_restricted(asked.reminder.follow_up):
            return _("The desk returned your answer on %(day)s.") % said
        return _("The desk returned your answer on %(day)s: “%(words)s”") % said

    def _who_was_told(self, escalation: Reminder) -> str:
        below = self.extras.below.get(escalation.pk)
        if below is None:
            return _("You hear of it because nobody has answered.")
        sentence = {
            Audience.SUPERIOR: _(
                "You hear of it as the superior of %(post)s, who was told on %(day)s and has not answered."
            ),
            Audience.WORKING_GROUP_LEAD: _(
                "You hear of it as the working-group lead: %(post)s was told on %(day)s and has not answered."
            ),
        }.get(
            Audience(escalation.audience),
            _("You hear of it next: %(post)s was told on %(day)s and has not answered."),
        )
        return sentence % {"post": below.post, "day": self._day_of(below.told_at)}

    def _day_of(self, moment: datetime) -> str:
        return short_date(self.recipient.local_time(moment).date(), self.language)

    def _why(self, asked: Asked) -> str:
        reminder, who = asked.reminder, asked.who
        if who is None:
            reason = _("you answered for %(post)s") % {"post": reminder.post}
            return _("You get this because %(why)s.") % {"why": reason}
        step = step_words.in_words(reminder.step, reminder.unit)
        said = {"why": wording.because(reminder.post, who), "step": step}
        return _("You get this because %(why)s; step: %(step)s.") % said

    def _mentions(self) -> dict[int, bool]:
        """What it tells of and does not ask."""
        asked = {reminder.follow_up_id for reminder, _who in self.told}
        again = [asked.reminder.follow_up for asked in self.asked if asked.who is None]
        listed = wording.shown(self.extras.to_come), wording.shown(self.extras.overview.group)
        told = (*again, *chain.from_iterable(listed))
        return {each.pk: is_restricted(each) for each in told if each.pk not in asked}


def _for_outsiders(item: Item) -> Item:
    """What was declared, and no word of ours; whoever sends it on tells nothing."""
    title = "" if item.words else item.title
    return replace(item, title=title, is_summary=bool(title), status="", letter="", note="", link="")


def _sentence(count: int, overdue: int, *, has_day: bool) -> str:
    """Of the subject: one item by its reference, what is overdue first."""
    if overdue == count:
        return ngettext(
            "Overdue: status of %(item)s requested", "Overdue: status of %(count)d items requested", count
        )
    if overdue and has_day:
        return _("%(overdue)d overdue, %(rest)d more by %(day)s: status requested")
    if overdue:
        return _("%(overdue)d overdue, %(rest)d more: status requested")
    if has_day:
        return ngettext(
            "Status of %(item)s requested by %(day)s", "Status of %(count)d items requested by %(day)s", count
        )
    return ngettext("Status of %(item)s requested", "Status of %(count)d items requested", count)
