"""Which item of a message a reply answers: by number, by reference, or all of them at once. Pure.

All of it finds its item, or a person reads it: where a number within a line may begin an answer or be part of one,
nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from django.utils.translation import gettext_noop

from notifications.replies import answers_plainly, bare, squeezed, telling
from notifications.reply_phrases import (
    ALL_BEFORE,
    ALL_BEFORE_SQUEEZED,
    ALL_BEHIND,
    AMOUNT,
    BARE,
    CIRCLED,
    GLUED,
    HOW_MANY,
    JOINED,
    NUMBERED,
    POINTED,
    REFERENCE,
    REFERRED,
    STARTS_BARE,
    WITHIN,
    YES,
)

NO_WORDS = gettext_noop("The reply has no words of its own.")
WHICH_ITEM = gettext_noop(
    "The message asked about several items, and the reply does not say which it answers."
)
NO_SUCH_ITEM = gettext_noop("The reply names an item that the message did not ask about.")
TWICE = gettext_noop("The reply answers one item twice.")
MORE_BESIDE = gettext_noop("Beside its answers by number, the reply says something about no item.")

LONGEST_PLAIN = 300  # characters in which a plain answer is looked for
MOST_PLACES = 300  # in one reply; a text with more of them is for a person


class Unclear(Exception):
    """Why a person has to read it, in a sentence."""


@dataclass(frozen=True)
class Asked:
    """One item, as the message numbered it; a meeting has no reference."""

    key: int
    number: int
    reference: str


class Behind(Enum):
    """What stands before a number."""

    LINE = auto()  # nothing: it begins a line
    SEMICOLON = auto()
    STOP = auto()
    COMMA = auto()
    SPACE = auto()


class Form(Enum):
    POINTED = auto()  # “2.”, “2)”, or a reference
    CIRCLED = auto()  # “②”
    BARE = auto()  # “2 …”, “2번 …”
    GLUED = auto()  # “2소관 아님”, but “2차 회의” too


@dataclass(frozen=True)
class Place:
    """Where an answer may begin; positions in the whole text."""

    start: int
    end: int
    name: str  # a number, or a reference
    behind: Behind
    form: Form
    is_amount: bool = False  # “2 meetings”

    @property
    def is_pointed(self) -> bool:
        return self.form in {Form.POINTED, Form.CIRCLED}

    @property
    def begins_pointed(self) -> bool:
        return self.is_pointed and self.behind is Behind.LINE

    @property
    def is_label(self) -> bool:
        """Whatever stands around it."""
        if self.is_pointed:
            return self.behind is not Behind.SPACE
        return self.form is Form.BARE and not self.is_amount and self.behind in BEGINS


BEGINS = {Behind.LINE, Behind.SEMICOLON}


@dataclass(frozen=True)
class Section:
    names: tuple[str, ...]
    said: str


def by_item(words: str, asked: Sequence[Asked]) -> list[tuple[Asked, str]]:
    """What is said about which item, in the order of the reply. All of it finds its item, or Unclear is raised."""
    if not telling(words):
        raise Unclear(NO_WORDS)
    if len(asked) == 1:
        return [(asked[0], _about_the_only_one(words, asked[0]))]
    labels, doubtful = _labels(words, asked)
    if not labels:
        return _about_all(words, asked) or [(_the_one_named(words, asked), words)]
    if _without_yes(telling(words[: labels[0].start])):
        raise Unclear(MORE_BESIDE)
    sections = _sections(words, labels)
    if doubtful or any(REFERENCE.search(section.said) for section in sections):
        raise Unclear(WHICH_ITEM)
    found = [(_item(name, asked), section.said) for section in sections for name in section.names]
    if any(not said for _item_, said in found):
        raise Unclear(NO_WORDS)
    if len({item.key for item, _said in found}) < len(found):
        raise Unclear(TWICE)
    return found


def _about_the_only_one(words: str, asked: Asked) -> str:
    """“1. No change” as well as “No change”; a reply that counts its own points is left as it is."""
    try:
        labels, _doubtful = _labels(words, [asked])
    except Unclear:  # it is full of numbers
        return words
    if len(labels) != 1 or words[: labels[0].start].strip():
        return words
    said = words[labels[0].end :].strip()
    is_its = labels[0].name in {str(asked.number), asked.reference}
    is_no_amount = labels[0].is_pointed or _begins_plainly(said)
    return said if said and is_its and is_no_amount else words


def _item(name: str, asked: Sequence[Asked]) -> Asked:
    found = [item for item in asked if name in {str(item.number), item.reference}]
    if not found:
        raise Unclear(NO_SUCH_ITEM)
    if len(found) > 1:  # two dates of one commitment
        raise Unclear(WHICH_ITEM)
    return found[0]


def _the_one_named(words: str, asked: Sequence[Asked]) -> Asked:
    named = set(REFERENCE.findall(words))
    if len(named) != 1:
        raise Unclear(WHICH_ITEM)
    return _item(named.pop(), asked)


# -- where an answer begins


def _labels(words: str, asked: Sequence[Asked]) -> tuple[list[Place], list[Place]]:
    """The places where one begins, and those of which only a person can tell."""
    numbers = {str(item.number) for item in asked}
    places = list(islice(_places(words), MOST_PLACES + 1))
    if len(places) > MOST_PLACES:
        raise Unclear(WHICH_ITEM)
    labels: list[Place] = []
    others: list[Place] = []
    for place, until in zip(places, [*(place.start for place in places), len(words)][1:], strict=True):
        before = words[labels[-1].end : place.start][: LONGEST_PLAIN + 1] if labels else ""
        judge = _begins_one if place.name in numbers or place.begins_pointed else _begins_another
        found = judge(place, before, words[place.end : until], labels)
        (labels if found else others).append(place)
    unsaid = numbers - {label.name for label in labels}
    return labels, [place for place in others if place.name in unsaid and _may_begin_one(place, labels)]


def _begins_another(place: Place, _before: str, behind: str, _labels: Sequence[Place]) -> bool:
    """An answer for what was not asked: other numbers are mostly amounts."""
    return _begins_plainly(behind) or (place.is_label and place.behind is Behind.SEMICOLON)


def _begins_one(place: Place, before: str, behind: str, labels: Sequence[Place]) -> bool:
    """By what stands around it, too: “1 no change 2 call held”, “1 call held, 2 not mine”, “1, 2 no change”."""
    if place.is_label:
        return True
    if labels and JOINED.fullmatch(before):
        return place.form is not Form.GLUED and not place.is_amount
    if _begins_plainly(behind):
        return True
    if labels and {place.form, labels[-1].form} == {Form.CIRCLED}:
        return True
    return bool(labels) and place.form is not Form.GLUED and _is_plain(before)


def _may_begin_one(place: Place, labels: Sequence[Place]) -> bool:
    if place.is_pointed or place.behind in BEGINS:
        return True
    counts_so = bool(labels) and labels[0].form is Form.BARE
    is_apart = place.behind is not Behind.SPACE or counts_so
    return place.form is Form.BARE and not place.is_amount and is_apart


def _is_plain(said: str) -> bool:
    sentences = telling(said) if len(said) <= LONGEST_PLAIN else []
    return bool(sentences) and all(answers_plainly(sentence) for sentence in sentences)


def _begins_plainly(said: str) -> bool:
    sentences = telling(said[:LONGEST_PLAIN])
    return bool(sentences) and answers_plainly(sentences[0])


def _places(words: str) -> Iterator[Place]:
    """In their order. A pointed number that begins a line is one whatever was asked."""
    at = 0
    for line in words.split("\n"):
        first = _at_the_beginning(line, at)
        if first:
            yield first
        yield from _within(line, at, first.end - at if first else 0)
        at += len(line) + 1


def _at_the_beginning(line: str, at: int) -> Place | None:
    """A number, or a reference; a number that a reference follows, as in the message itself, is that item's."""
    numbered = NUMBERED.match(line)
    referred = REFERRED.match(line, numbered.end() if numbered else 0)
    if referred:
        return Place(at, at + referred.end(), referred["ref"].upper(), Behind.LINE, Form.POINTED)
    if numbered:
        name = _number(numbered["n"] or numbered["o"])
        form = Form.CIRCLED if numbered["o"] else Form.POINTED
        return Place(at, at + numbered.end(), name, Behind.LINE, form)
    bare = STARTS_BARE.match(line)
    return _place(line, bare, at, at, Behind.LINE) if bare else None


BEHIND = {";": Behind.SEMICOLON, "；": Behind.SEMICOLON, "": Behind.SPACE}
BEHIND |= dict.fromkeys(",，、·・&/|과와と", Behind.COMMA) | dict.fromkeys(".。!！?？", Behind.STOP)


def _within(line: str, at: int, after: int) -> Iterator[Place]:
    for found in WITHIN.finditer(line, after):
        behind = BEHIND[found["behind"]]
        start = at + (found.end("behind") if behind is Behind.STOP else found.start())
        place = _place(line, found, at, start, behind)
        if place:
            yield place


def _place(line: str, found: re.Match[str], at: int, start: int, behind: Behind) -> Place | None:
    name = _number(found["n"])
    if found["n"] in CIRCLED:
        return Place(start, at + found.end(), name, behind, Form.CIRCLED)
    for form, pattern in ((Form.POINTED, POINTED), (Form.BARE, BARE), (Form.GLUED, GLUED)):
        if mark := pattern.match(line, found.end()):
            is_amount = form is Form.BARE and AMOUNT.match(line, mark.end()) is not None
            return Place(start, at + mark.end(), name, behind, form, is_amount)
    return None


def _number(sign: str) -> str:
    return str(CIRCLED.index(sign) + 1) if sign in CIRCLED else str(int(sign))


def _sections(words: str, labels: Sequence[Place]) -> list[Section]:
    """What follows each label; “1, 2 no change” is said of both, if it is as plain as that."""
    sections: list[Section] = []
    names: tuple[str, ...] = ()
    for label, until in zip(labels, [*(label.start for label in labels[1:]), len(words)], strict=True):
        said = words[label.end : until]
        names += (label.name,)
        if until < len(words) and JOINED.fullmatch(said):
            continue
        sections.append(Section(names, said.strip() if len(names) == 1 else _said_of_all(said, len(names))))
        names = ()
    return [*sections, *([Section(names, "")] if names else [])]


# -- all at once


def _about_all(words: str, asked: Sequence[Asked]) -> list[tuple[Asked, str]]:
    """“No change for both”, “모두 변동 없음”; empty if it says no such thing."""
    said = _without_yes(telling(words))
    if not said or any(_without_all(sentence, len(asked)) == sentence for sentence in said):
        return []
    plainly = _said_of_all("\n".join(said), len(asked))
    return [(item, plainly) for item in asked]


def _without_yes(sentences: Sequence[str]) -> list[str]:
    return [sentence for sentence in sentences if not YES.fullmatch(bare(sentence))]


def _said_of_all(words: str, count: int) -> str:
    """Without the word for all of them. Unclear is raised unless it says something as plain as no change."""
    said = [_without_all(sentence, count) for sentence in telling(words)]
    if not said or not all(answers_plainly(sentence) for sentence in said):
        raise Unclear(WHICH_ITEM)
    return ". ".join(said)


def _without_all(sentence: str, count: int) -> str:
    """`count`: how many there are; “both” of three is left in its place."""
    said = bare(sentence[:LONGEST_PLAIN])
    for found in (
        ALL_BEFORE.match(said),
        ALL_BEFORE_SQUEEZED.match(squeezed(said)),
        next((each for each in ALL_BEHIND.finditer(said) if each.end() == len(said)), None),
    ):
        if found and HOW_MANY.get(found["n"] or "", count) == count:
            return found.string[: found.start()] + found.string[found.end() :]
    return sentence
