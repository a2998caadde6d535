"""Breaks the lines of a plain text where its language allows. Pure.

Korean breaks at spaces, Japanese between characters but not before a full stop (line-break: strict), an address or a
date never."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

WIDTH = 76  # columns; Hangul, kana and ideographs take two
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
# What is read at one glance: a date with what is said of it (期限: 12月18日(金)(超過)), and a few words in marks.
DATE = (
    r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|(?:\d{4}년 )?\d{1,2}월 \d{1,2}일|\d{4}\.\d{1,2}\.\d{1,2}\."
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b(?: \d{4})?"
)
WHOLE = rf"(?:\w{{1,20}}: )?(?:{DATE})(?: ?\([^() ]{{1,12}}\))*(?:, 경과)?|“[^”]{{1,20}}”|「[^」]{{1,20}}」"
# Beside them words, and single characters of the scripts that are written without spaces.
PIECES = re.compile(
    rf"{WHOLE}| +|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
    r"|[^ \d“「\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+|."
)
NOT_FIRST = frozenset(
    "、。，．・：；？！ー）］｝」』】〕〉》”’,.;:?!)]}%々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NOT_LAST = frozenset("（［｛「『【〔〈《“‘([{·")
MARK = re.compile(r" *(?:\d+\. |- |■ )?")


@lru_cache(maxsize=500)  # most of what messages say they say to many
def wrapped(text: str) -> str:
    """Lines that are too long go on below their own first word."""
    return "\n".join(part for line in text.split("\n") for part in _lines(line))


def width(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(WIDE.findall(text))


def _lines(line: str) -> Iterator[str]:
    if len(line) <= WIDTH // 2 or width(line) <= WIDTH:
        yield line
        return
    mark = MARK.match(line)
    assert mark is not None  # it matches nothing, too
    said, used, indent = mark[0], mark.end(), " " * mark.end()
    for piece in _pieces(line[mark.end() :]):
        if used > len(indent) and used + width(piece.rstrip()) > WIDTH:
            yield said.rstrip()
            said, used, piece = indent, len(indent), piece.lstrip()
        said, used = said + piece, used + width(piece)
    yield said.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Between two of them a line may end."""
    held = ""
    for piece in PIECES.findall(text):
        if held and _may_end(held, piece[0]):
            yield held
            held = ""
        held += piece
    yield held


def _may_end(held: str, following: str) -> bool:
    last = held[-1]
    if following == " " or following in NOT_FIRST or held.rstrip()[-1:] in NOT_LAST:
        return False
    if last.isdigit() and _breaks_anywhere(following):
        return False  # a number stays with what it counts: 14日以内
    return last == " " or _breaks_anywhere(last) or _breaks_anywhere(following)


def _breaks_anywhere(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff"
