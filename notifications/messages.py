"""What a recipient reads: their items, how to answer, and why they get it; in their language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from itertools import chain

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Commitment
from commitments.spoken_dates import long_date, short_date
from notifications import step_words, wording
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

    Asks the database nothing: `extras` (digest.py) brings what else there is to tell."""
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

    @property
    def _next_date(self) -> date:
        """The first that is still to come; if none is, today."""
        return min((asked.due_on for asked in self.asked if asked.due_on >= self.today), default=self.today)

    def _answer_by(self) -> str:
        parts = {asked.part for asked in self.asked}
        if parts == {Part.ESCALATION}:
            return _("Please see to it that somebody answers, or answer yourself.")
        sentence = _("Please answer by %(answer_by)s.")
        if Part.OVERDUE in parts and len(parts - {Part.ESCALATION}) > 1:
            sentence = _("Please answer what is overdue now, and the rest by %(answer_by)s.")
        return sentence % {"answer_by": long_date(self._next_date, self.language)}

    def _subject(self) -> str:
        parts = [asked.part for asked in self.asked]
        overdue, count, first = parts.count(Part.OVERDUE), len(parts), self.items[0]
        said = {
            "count": count,
            "overdue": overdue,
            "rest": count - overdue,
            "day": short_date(self._next_date, self.language),
            "item": first.reference or first.title,
        }
        return _sentence(set(parts), count) % said

    def _intro(self) -> str:
        count = len(self.asked)
        if all(asked.part is Part.ESCALATION for asked in self.asked):
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
            reference=follow_up.commitment.reference if follow_up.commitment else "",
            title=wording.title_of(follow_up, self.directory),
            when=wording.when(follow_up, asked.due_on, self.today, self.language),
            link=AnswerLink(self._bound_to(asked), reminder.pk).address(),
            link_text=wording.answer_here(is_restricted(follow_up)),
            why=self._why(asked),
            note=self._note(asked),
            late=self._late(reminder) if asked.who and reminder.late else "",
        )
        if follow_up.commitment is None or is_restricted(follow_up):
            return item
        item = self._with_words(item, follow_up.commitment)
        return _for_outsiders(item) if reminder.audience == Audience.COUNTERPART else item

    def _bound_to(self, asked: Asked) -> int:
        """The message of the link: what came back was asked by an earlier one."""
        earlier = None if asked.who else asked.reminder.delivery_id
        return earlier or self.delivery.pk

    def _with_words(self, item: Item, commitment: Commitment) -> Item:
        """What may leave the house unless it is restricted."""
        last = self.extras.statuses.get(commitment.pk)
        number = self.extras.letters.get(commitment.pk) or commitment.letter_number
        said = f"{_('Last status:')} {short_date(last.reported_on, self.language)}: {last}" if last else ""
        return replace(
            item,
            is_summary=True,
            words=wording.in_marks(commitment.declared_words(self.language)),
            status=said or _("Last status: none."),
            letter=_("Letter %(number)s") % {"number": number} if number else "",
        )

    def _late(self, reminder: Reminder) -> str:
        said = _("Late: this was to reach you from %(day)s on. Steps that it has overtaken are not sent.")
        return said % {"day": long_date(reminder.remind_on, self.language)}

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


def _sentence(parts: set[Part], count: int) -> str:
    """Of the subject: one item by its reference, what is overdue first."""
    if parts == {Part.ESCALATION}:
        return ngettext("No answer yet on %(item)s", "No answer yet on %(count)d items", count)
    if parts == {Part.OVERDUE}:
        return ngettext(
            "Overdue: status of %(item)s requested", "Overdue: status of %(count)d items requested", count
        )
    if Part.OVERDUE in parts:
        return _("%(overdue)d overdue, %(rest)d more by %(day)s: status requested")
    return ngettext(
        "Status of %(item)s requested by %(day)s", "Status of %(count)d items requested by %(day)s", count
    )
