"""What a plain reply says: its own words, which item they answer, and what they mean. Pure: no clock, no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_noop

from commitments.timeframes import Kind, read_timeframes
from notifications.mail_reading import ReceivedMail, header
from notifications.reply_phrases import (
    A_DAY,
    ADDRESS,
    CIRCLED,
    CLOSING,
    COURTESY,
    FROM,
    INTRODUCTION,
    LATER,
    LEADS_TO_ANSWERS,
    MORE_TIME,
    NAMES_THE_LIMIT,
    NO_CHANGE,
    NOT_MINE,
    NUMBERED,
    OTHER_HEADER,
    OUT_OF_OFFICE,
    QUOTED,
    REFERENCE,
    REFERRED,
    SEEN,
    SEPARATOR,
    SIGNATURE,
    STARTS_ATTRIBUTION,
    WHEN,
    WROTE,
)

SIGNATURE_LINES = 12
ATTRIBUTION_LINES, ATTRIBUTION_AT_MOST = 3, 400  # the second in characters
HEADER_LINES = 6
LONG_ENOUGH = 16  # characters of a line by which our own words are known

NO_WORDS = gettext_noop("The reply has no words of its own.")
WHICH_ITEM = gettext_noop(
    "The message asked about several items, and the reply does not say which it answers."
)
NO_SUCH_ITEM = gettext_noop("The reply names an item that the message did not ask about.")
TWICE = gettext_noop("The reply answers one item twice.")
MORE_BESIDE = gettext_noop("Beside its answers by number, the reply says something about no item.")


class Unclear(Exception):
    """Why a person has to read it, in a sentence."""


class Meaning(StrEnum):
    REPORT = "report"
    NO_CHANGE = "no change"
    MORE_TIME = "more time"
    NOT_MINE = "not mine"
    SEEN = "seen"


@dataclass(frozen=True)
class Answer:
    meaning: Meaning
    words: str
    until_on: date | None = None


@dataclass(frozen=True)
class Asked:
    """One item, as the message numbered it; a meeting has no reference."""

    key: int
    number: int
    reference: str


def is_automatic(mail: ReceivedMail) -> bool:
    """Nobody wrote it: an absence, a list, a receipt. Such mail never answers anything (RFC 3834)."""
    submitted = header(mail.message, "Auto-Submitted").lower()
    precedence = header(mail.message, "Precedence").lower()
    return (
        (submitted not in {"", "no"})
        or precedence in {"bulk", "list", "junk", "auto_reply"}
        or any(name in mail.message for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
        or mail.message.get_content_type() == "multipart/report"
        or OUT_OF_OFFICE.match(mail.subject) is not None
    )


# -- its own words


def own_words(text: str, sent: str = "") -> str:
    """Without quotation and signature. `sent`: our message, known wherever it is quoted, however that is marked."""
    lines = _without_marked_quotation(text.split("\n"))
    lines = lines[: _quotation_begins(lines, _squeezed(sent))]
    return "\n".join(_without_signature(lines)).strip()


def _without_marked_quotation(lines: Sequence[str]) -> list[str]:
    """Text above, between and below what is marked by “>”; with each such passage goes the line that leads to it."""
    kept: list[str] = []
    for line in lines:
        if not QUOTED.match(line):
            kept.append(line)
            continue
        while kept and not kept[-1].strip():
            kept.pop()
        kept = kept[: len(kept) - _attribution_at_the_end(kept)]
    return kept


def _attribution_at_the_end(lines: Sequence[str]) -> int:
    """How many of the last lines say who wrote what follows."""
    counts = range(min(ATTRIBUTION_LINES, len(lines)), 0, -1)
    return next((count for count in counts if _is_attribution(lines[-count:], by_time=True)), 0)


def _is_attribution(lines: Sequence[str], *, by_time: bool) -> bool:
    """`by_time`: what follows is marked as a quotation, so that an hour says enough; else an address is needed."""
    if sum(map(len, lines)) > ATTRIBUTION_AT_MOST or not all(line.strip() for line in lines):
        return False
    said = " ".join(line.strip() for line in lines)
    names_somebody = "@" in said or bool(by_time and WHEN.search(said))
    starts = STARTS_ATTRIBUTION.match(said) or (len(lines) == 1 and "@" in said)
    return bool(names_somebody and starts and WROTE.fullmatch(said))


def _quotation_begins(lines: Sequence[str], sent: str) -> int:
    """The first line of a quotation that nothing marks; the number of lines if there is none."""
    for n, line in enumerate(lines):
        if not line.strip():
            continue
        if SEPARATOR.fullmatch(line) or _is_header_block(lines[n : n + HEADER_LINES]) or _is_ours(line, sent):
            return n
        counts = range(1, ATTRIBUTION_LINES + 1)
        if any(_is_attribution(lines[n : n + count], by_time=False) for count in counts):
            return n
    return len(lines)


def _is_header_block(lines: Sequence[str]) -> bool:
    """From, and soon below it two more of date, to and subject, in any order of the language."""
    first = FROM.match(lines[0]) or OTHER_HEADER.match(lines[0])
    found = [line for line in lines if FROM.match(line) or OTHER_HEADER.match(line)]
    return bool(first and len(found) >= 3 and any(FROM.match(line) for line in found))


def _is_ours(line: str, sent: str) -> bool:
    said = _squeezed(line)
    return len(said) >= LONG_ENOUGH and said in sent


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _without_signature(lines: Sequence[str]) -> list[str]:
    first = next((n for n, line in enumerate(lines) if SIGNATURE.fullmatch(line)), len(lines))
    kept = list(lines[:first])
    while (last := _last_closing(kept)) is not None:
        kept = [*kept[:last], *_before_closing(kept[last])]
    return kept


def _last_closing(lines: Sequence[str]) -> int | None:
    """The line of thanks or regards behind which only a name stands; what nothing precedes closes nothing."""
    last = next((n for n in reversed(range(len(lines))) if _closes(lines[n])), None)
    if last is None or not _may_be_signature(lines[last + 1 :]):
        return None
    says_something = any(line.strip() for line in [*lines[:last], *_before_closing(lines[last])])
    return last if says_something else None


def _closes(line: str) -> bool:
    """“…, thank you.” closes too: what stands before it on its line is kept."""
    return CLOSING.fullmatch(_bare(_sentences(line)[-1])) is not None if _sentences(line) else False


def _before_closing(line: str) -> list[str]:
    at = line.rfind(_sentences(line)[-1])
    return [line[:at].rstrip()] if line[:at].strip() else []


def _may_be_signature(lines: Sequence[str]) -> bool:
    written = [line for line in lines if line.strip()]
    return len(written) <= SIGNATURE_LINES and all(
        len(line) <= 90 and not _is_label(line) for line in written
    )


def _is_label(line: str) -> bool:
    return NUMBERED.match(line) is not None or REFERRED.match(line) is not None


# -- which item


def by_item(words: str, asked: Sequence[Asked]) -> list[tuple[Asked, str]]:
    """What is said about which item, in the order of the reply. All of it finds its item, or Unclear is raised."""
    if not _telling(words):
        raise Unclear(NO_WORDS)
    if len(asked) == 1:
        return [(asked[0], _about_the_only_one(words, asked[0]))]
    opening, sections = _sections(words, asked)
    if not sections:
        return [(_the_one_named(words, asked), words)]
    if _telling(opening):
        raise Unclear(MORE_BESIDE)
    if any(REFERENCE.search(said) for _label_, said in sections):
        raise Unclear(WHICH_ITEM)
    found = [(_item(label, asked), said.strip()) for label, said in sections]
    if any(not said for _item_, said in found):
        raise Unclear(NO_WORDS)
    if len({item.key for item, _said in found}) < len(found):
        raise Unclear(TWICE)
    return found


def _about_the_only_one(words: str, asked: Asked) -> str:
    """“1. No change” as well as “No change”; a reply that counts its own points is left as it is."""
    opening, sections = _sections(words, [asked])
    if opening.strip() or len(sections) != 1:
        return words
    label, said = sections[0]
    return said.strip() if said.strip() and label in {str(asked.number), asked.reference} else words


def _sections(words: str, asked: Sequence[Asked]) -> tuple[str, list[tuple[str, str]]]:
    """What stands before the first label, and what follows each."""
    opening: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    for line in words.split("\n"):
        label, rest = _label(line, asked)
        if label:
            sections.append((label, [rest]))
        else:
            (sections[-1][1] if sections else opening).append(line)
    return "\n".join(opening), [(label, "\n".join(said)) for label, said in sections]


def _label(line: str, asked: Sequence[Asked]) -> tuple[str, str]:
    """A number, or a reference; a number that a reference follows, as in the message itself, is that item's."""
    numbered = NUMBERED.match(line)
    rest = line[numbered.end() :] if numbered else line
    referred = REFERRED.match(rest)
    if referred:
        return referred["ref"].upper(), rest[referred.end() :]
    if numbered is None:
        return "", line
    return numbered["n"] or str(CIRCLED.index(numbered["o"]) + 1), rest


def _item(label: str, asked: Sequence[Asked]) -> Asked:
    found = [item for item in asked if label in {str(item.number), item.reference}]
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


# -- what it means


def read_answer(words: str, *, due_on: date, today: date) -> Answer:
    """Only what is said plainly and alone becomes more than a report that the desk reads."""
    said = _telling(words)
    if said and all(_says(NO_CHANGE, sentence) for sentence in said):
        return Answer(Meaning.NO_CHANGE, words)
    if said and _says(SEEN, said[0]) and all(_says(SEEN, s) or _says(LATER, s) for s in said):
        return Answer(Meaning.SEEN, words)
    if said and _says(NOT_MINE, said[0]):
        return Answer(Meaning.NOT_MINE, words)
    until_on = _new_date(words, due_on=due_on, today=today) if MORE_TIME.search(words) else None
    if until_on is not None:
        return Answer(Meaning.MORE_TIME, words, until_on)
    return Answer(Meaning.REPORT, words)


def _says(phrases: re.Pattern[str], sentence: str) -> bool:
    said = _bare(sentence)
    return bool(phrases.fullmatch(said) or phrases.fullmatch(_squeezed(said)))


def _telling(words: str) -> list[str]:
    """Its sentences without greeting, thanks and what leads to the answers."""
    sentences, greeted = _sentences(words), False
    while sentences and not _answers(sentences[0]):
        said = _bare(sentences[0])
        is_name = ADDRESS.fullmatch(said) or (greeted and INTRODUCTION.fullmatch(said))
        if not (is_name or COURTESY.fullmatch(said) or LEADS_TO_ANSWERS.fullmatch(said)):
            break
        greeted = True
        sentences.pop(0)
    return [s for s in sentences if _answers(s) or not COURTESY.fullmatch(_bare(s))]


def _answers(sentence: str) -> bool:
    return any(_says(phrases, sentence) for phrases in (NO_CHANGE, SEEN, NOT_MINE))


def _sentences(text: str) -> list[str]:
    parts = re.split(r"[\n。！!?？;；,，、]|\.(?=\s|$)", text)
    return [part.strip() for part in parts if part.strip(" .-–—~^*\t")]


def _bare(sentence: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", sentence).lower().strip(" .:~^*\"'“”‘’()-–—").split())


# As people write days of this or next year in mails, rewritten as texts write them.
SHORTER_DATES = (
    (re.compile(r"['’]?(?<![\d./])(\d{2})\.\s?(\d{1,2})\.\s?(\d{1,2})\.?(?!\d)"), r"20\1년 \2월 \3일"),
    (re.compile(r"(?<![\d./])(20\d\d)[./]\s?(\d{1,2})[./]\s?(\d{1,2})\.?(?!\d)"), r"\1년 \2월 \3일"),
    (re.compile(r"(?<![\d./])(\d{1,2})[./]\s?(\d{1,2})\.?(?=\s?(?:\(.\)|（.）)?\s?까지)"), r"\1월 \2일"),
    (re.compile(r"(?<![\d./])(\d{1,2})/(\d{1,2})(?=(?:\(.\)|（.）)?\s?(?:まで|に))"), r"\1月\2日"),
)


def _new_date(words: str, *, due_on: date, today: date) -> date | None:
    """The one day after the present date that the words ask for. Two are none: it would be a guess."""
    for pattern, longer in SHORTER_DATES:
        words = pattern.sub(longer, words)
    sentences = [s[:2_000] for s in re.split(r"\n|(?<=[.。])\s", words)]
    telling = [s for s in sentences if MORE_TIME.search(s) or NAMES_THE_LIMIT.search(s)]
    phrases = [*telling, *(day for sentence in telling for day in A_DAY.findall(sentence))]
    found = {day for phrase in phrases for day in _days(phrase, today) if day > due_on}
    return found.pop() if len(found) == 1 else None


def _days(phrase: str, today: date) -> Iterator[date]:
    for read in read_timeframes(phrase, declared_on=today):
        if read.kind in {Kind.FIXED_DATE, Kind.BY_PERIOD_END} and read.window_end_on is not None:
            yield read.window_end_on
