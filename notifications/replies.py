"""What a plain reply says: its own words, and what they mean. Pure: no clock, no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from commitments.timeframes import Kind, read_timeframes
from notifications.mail_reading import ReceivedMail, header
from notifications.reply_phrases import (
    A_DAY,
    ADDRESS,
    CLOSING,
    COURTESY,
    FROM,
    INTRODUCTION,
    LEADS_TO_ANSWERS,
    MORE_TIME,
    NAMES_THE_LIMIT,
    NO_CHANGE,
    NOT_MINE,
    NUMBERED,
    OTHER_HEADER,
    OUT_OF_OFFICE,
    QUOTED,
    REFERRED,
    SEEN,
    SEPARATOR,
    SIGNATURE,
    STARTS_ATTRIBUTION,
    UNSUBSCRIBE,
    WHEN,
    WILL_ANSWER,
    WILL_REPORT,
    WROTE,
    YES,
    YES_BEFORE,
)

SIGNATURE_LINES = 12
ATTRIBUTION_LINES, ATTRIBUTION_AT_MOST = 3, 400  # the second in characters
HEADER_LINES = 6
LONGEST_PHRASE = 300  # characters of a sentence; no longer one is a plain answer
LONG_ENOUGH = 16  # characters of a line by which our own words are known


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


def asks_for_no_more(words: str) -> bool:
    """Of what may be switched off; said by the subject of a mail or by all its words."""
    return UNSUBSCRIBE.fullmatch(bare(words[:LONGEST_PHRASE])) is not None


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


BETWEEN_SENTENCES = re.compile(r"[\n。！!?？;；,，、]|\.(?=\s|$)")

# -- its own words


def own_words(text: str, sent: str = "") -> str:
    """Without quotation and signature. `sent`: our message, known wherever it is quoted, however that is marked."""
    lines = _without_marked_quotation(text.split("\n"))
    lines = lines[: _quotation_begins(lines, squeezed(sent))]
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
    said = squeezed(line)
    return len(said) >= LONG_ENOUGH and said in sent


def _without_signature(lines: Sequence[str]) -> list[str]:
    """Without the lines of thanks or regards behind which only a name stands; each line is looked at once."""
    end = next((n for n, line in enumerate(lines) if SIGNATURE.fullmatch(line)), len(lines))
    begins = next((n for n, line in enumerate(lines) if line.strip()), 0)
    kept, names = list(lines[:end]), 0
    for n in reversed(range(begins, end)):
        line = _without_closings(kept[n])
        if line != kept[n]:
            if not line and n == begins:  # what nothing precedes closes nothing
                break
            kept[n:], names = [line] if line else [], 0
        names += bool(line.strip())
        if names > SIGNATURE_LINES or not _may_be_name(line):
            break
    return kept


def _without_closings(line: str) -> str:
    """“…, thank you.” closes too: what stands before it on its line is kept."""
    for start, said in reversed(_placed_sentences(line)):
        if not CLOSING.fullmatch(bare(said)):
            break
        line = line[:start].rstrip()
    return line


def _may_be_name(line: str) -> bool:
    return len(line) <= 90 and not NUMBERED.match(line) and not REFERRED.match(line)


# -- what it means


def read_answer(words: str, *, due_on: date, today: date) -> Answer:
    """Only what is said plainly and alone becomes more than a report that the desk reads."""
    said = telling(words)
    telling_more = [sentence for sentence in said if not YES.fullmatch(bare(sentence))] or said
    if said and all(_says(NO_CHANGE, sentence) for sentence in telling_more):
        return Answer(Meaning.NO_CHANGE, words)
    if said and _is_seen(said):
        return Answer(Meaning.SEEN, words)
    if said and _says(NOT_MINE, telling_more[0]):
        return Answer(Meaning.NOT_MINE, words)
    until_on = _new_date(words, due_on=due_on, today=today) if MORE_TIME.search(words) else None
    if until_on is not None:
        return Answer(Meaning.MORE_TIME, words, until_on)
    return Answer(Meaning.REPORT, words)


def _is_seen(said: Sequence[str]) -> bool:
    """Seen, with or without a promise to answer; or nothing but that promise."""
    first = _says(SEEN, said[0]) or all(_says(WILL_ANSWER, sentence) for sentence in said)
    return first and all(any(_says(each, s) for each in (SEEN, WILL_ANSWER, WILL_REPORT)) for s in said)


def _says(phrases: re.Pattern[str], sentence: str) -> bool:
    said = bare(sentence)
    said = said if len(said) <= LONGEST_PHRASE else ""
    without_yes = YES_BEFORE.sub("", said)
    return any(phrases.fullmatch(text) for text in {said, squeezed(said), without_yes, squeezed(without_yes)})


def telling(words: str) -> list[str]:
    """Its sentences without greeting, thanks and what leads to the answers."""
    sentences, begins = _sentences(words), 0
    for sentence in sentences:
        said = bare(sentence)
        is_name = ADDRESS.fullmatch(said) or (begins and INTRODUCTION.fullmatch(said))
        is_frame = is_name or COURTESY.fullmatch(said) or LEADS_TO_ANSWERS.fullmatch(said)
        if not is_frame or answers_plainly(sentence):
            break
        begins += 1
    return [s for s in sentences[begins:] if not COURTESY.fullmatch(bare(s)) or answers_plainly(s)]


def answers_plainly(sentence: str) -> bool:
    return any(_says(phrases, sentence) for phrases in (NO_CHANGE, SEEN, NOT_MINE))


def _sentences(text: str) -> list[str]:
    return [said.strip() for _start, said in _placed_sentences(text)]


def _placed_sentences(text: str) -> list[tuple[int, str]]:
    """Each with the place where it begins; without those of nothing but marks."""
    starts = [0, *(found.end() for found in BETWEEN_SENTENCES.finditer(text))]
    ends = [*(found.start() for found in BETWEEN_SENTENCES.finditer(text)), len(text)]
    parts = [(start, text[start:end]) for start, end in zip(starts, ends, strict=True)]
    return [(start, said) for start, said in parts if said.strip(" .-–—~^*\t\n")]


def squeezed(text: str) -> str:
    return "".join(text.split())


def bare(sentence: str) -> str:
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
