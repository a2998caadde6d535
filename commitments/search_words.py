"""What a search compares: one preparation of a text for both databases, and of what somebody typed.

Alphabets go by word. Hangul, Kana and Han go by pairs of neighbouring characters, for nothing parts their words and
particles stick to nouns: 핵심광물을 is 핵심 심광 광물 물을. White space between them does not count, because
핵심광물 and 핵심 광물 are written for the same. Pure: no model, no database."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

PAIRED = (
    "\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"  # Hangul, also what composes to no syllable
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Kana
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
RUN = re.compile(rf"[{PAIRED}]+(?:\s+[{PAIRED}]+)*|(?:(?![{PAIRED}])[^\W_][\u0300-\u036f]*)+")
IS_PAIRED = re.compile(rf"[{PAIRED}]")
# What belongs to the character before it: vowels and finals of Hangul typed in parts, voiced marks of narrow Kana.
JOINS = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f]")
QUOTED = re.compile(r'"([^"]*)"|([^\s"]+)')
QUOTES = str.maketrans(dict.fromkeys("“”„«»「」『』＂", '"'))

LONGEST_TOKEN = 64
MOST_TOKENS = 16_000  # PostgreSQL counts places up to 16,383
MOST_PHRASES = 20
# Between two texts of one entry, so that no phrase reaches from one into the other; nobody can ask for it.
APART = "\u241e"


@dataclass(frozen=True)
class Token:
    """`start` and `end` in the text as it was given; `first_end`: after the first of a pair."""

    text: str
    start: int
    end: int
    first_end: int
    paired: bool = False


@dataclass(frozen=True)
class Phrase:
    """Tokens that follow one another. `open`: the last may be the beginning of a word."""

    tokens: tuple[str, ...]
    open: bool

    def places(self, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
        """Where it stands in the text of `tokens`."""
        *whole, last = self.tokens
        for n in range(len(tokens) - len(whole)):
            reached = tokens[n + len(whole)]
            fits = reached.text.startswith(last) if self.open else reached.text == last
            if fits and all(tokens[n + k].text == each for k, each in enumerate(whole)):
                half = reached.paired and len(last) < len(reached.text)
                yield tokens[n].start, reached.first_end if half else reached.end


Phrases = tuple[Phrase, ...]


def folded(text: str) -> tuple[str, Sequence[int]]:
    """As it is compared, whatever its width, case and composition; and where in `text` each character comes from."""
    small = text.casefold()
    if len(small) == len(text) and unicodedata.is_normalized("NFKC", small):
        return small, range(len(text) + 1)
    parts, places = [], []
    for start, cluster in _clusters(text):
        part = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
        parts.append(part)
        places += [start] * len(part)
    return "".join(parts), [*places, len(text)]


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for n, character in enumerate(text):
        if n and not (unicodedata.combining(character) or JOINS.match(character)):
            yield start, text[start:n]
            start = n
    if text:
        yield start, text[start:]


def tokens(text: str) -> list[Token]:
    small, places = folded(text)
    return [
        Token(word, places[start], places[end], places[first_end], paired)
        for word, start, first_end, end, paired in _cut(small)
    ]


def _cut(small: str) -> Iterator[tuple[str, int, int, int, bool]]:
    """Each token, where it begins, where its first character or word ends, where it ends, whether it is a pair's."""
    for run in RUN.finditer(small):
        start, end = run.span()
        if IS_PAIRED.match(small, start):
            yield from _pairs(small, start, end)
        else:
            yield small[start:end][:LONGEST_TOKEN], start, end, end, False


def _pairs(small: str, start: int, end: int) -> Iterator[tuple[str, int, int, int, bool]]:
    """Each character with the next one, and the last by itself, so that any single one begins a token."""
    at = [n for n in range(start, end) if not small[n].isspace()]
    for one, other in itertools.pairwise(at):
        yield small[one] + small[other], one, one + 1, other + 1, True
    yield small[at[-1]], at[-1], at[-1] + 1, at[-1] + 1, True


def prepared(texts: Iterable[str]) -> str:
    """The tokens of several texts as they are indexed, separated by spaces."""
    found: list[str] = []
    for text in texts:
        found += [APART] if found else []
        found += [word for word, *_places in _cut(folded(text)[0])]
    return " ".join(found[:MOST_TOKENS])


def asked(typed: str) -> Phrases:
    """What is to be found, all of it: "words in quotation marks" as they stand, others as beginnings of words."""
    found = []
    for quoted, word in QUOTED.findall(typed.translate(QUOTES)):
        phrase = _phrase(tokens(quoted or word), is_open=not quoted)
        if phrase is not None and phrase not in found:
            found.append(phrase)
    return tuple(found[:MOST_PHRASES])


def _phrase(found: list[Token], *, is_open: bool) -> Phrase | None:
    """A text goes on where what was typed ends: the last character by itself is left out where a pair holds it."""
    if not found:
        return None
    last = found[-1]
    if not last.paired:
        return Phrase(tuple(token.text for token in found), is_open)
    held = len(found) > 1 and found[-2].paired and len(found[-2].text) == 2 and found[-2].end == last.end
    return Phrase(tuple(token.text for token in (found[:-1] if held else found)), not held)


def stands_in(text: str, phrases: Phrases) -> bool:
    """Whether something that was asked for stands in this very text."""
    known = tokens(text)
    return any(any(phrase.places(known)) for phrase in phrases)


def passage(text: str, phrases: Phrases, *, longest: int = 400) -> list[tuple[str, bool]]:
    """Pieces of `text` around the first place where something stands, each with whether it was asked for."""
    known = tokens(text)
    places = _merged(place for phrase in phrases for place in phrase.places(known))
    start, end = _window(text, places[0] if places else (0, 0), longest)
    pieces, at = [("…", False)] if start else [], start
    for first, last in ((a, b) for a, b in places if a >= start and b <= end):
        pieces += [(text[at:first], False), (text[first:last], True)]
        at = last
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [piece for piece in pieces if piece[0]]


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _window(text: str, place: tuple[int, int], longest: int) -> tuple[int, int]:
    """A part of `text` with the place in it, cut between words as far as there are any."""
    if len(text) <= longest:
        return 0, len(text)
    start = max(0, min(place[0] - longest // 3, len(text) - longest))
    end = max(start + longest, place[1])
    if start:
        start = next((n + 1 for n in range(start, min(start + 30, place[0])) if text[n].isspace()), start)
    if end < len(text):
        end = next((n for n in range(end, max(end - 30, place[1]), -1) if text[n].isspace()), end)
    return start, end
