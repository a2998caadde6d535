"""The text of a file of which nobody says how it is encoded. Pure: what speaks for a reading is what it yields."""

from __future__ import annotations

import codecs
import re

# Excel's “Unicode text” begins with such a mark.
WIDE = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Syllables of KS X 1001, of which Korean is written; read as Korean, Japanese bytes give others, and single letters.
COMMON_HANGUL = frozenset(
    bytes([first, second]).decode("euc_kr") for first in range(0xB0, 0xC9) for second in range(0xA1, 0xFF)
)
HANGUL, LETTERS = re.compile("[가-힣]"), re.compile("[ㄱ-ㆎ]")
KANA, HALF_KANA = re.compile("[ぁ-ゖァ-ヺ]"), re.compile("[｡-ﾟ]")


def decoded(data: bytes) -> tuple[str, str]:
    """The text and, if it is not UTF-8, what it was read as; "" where that is not certain."""
    wide = next((encoding for mark, encoding in WIDE.items() if data.startswith(mark)), "")
    for encoding in [wide] if wide else ["utf-8-sig", _guessed(data)]:
        text = _as(encoding, data) if encoding else None
        if text is not None:
            return text, "" if encoding == "utf-8-sig" else NAMES[encoding]
    return "", ""


NAMES = {
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
    "cp949": "CP949 (EUC-KR)",
    "cp932": "Shift_JIS (CP932)",
    "euc_jp": "EUC-JP",
}


def _as(encoding: str, data: bytes) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes) -> str:
    """The one reading that gives more of its own language than any other; "" if two are as good, or none is."""
    scores = {encoding: _score(encoding, data) for encoding in ("cp949", "cp932", "euc_jp")}
    best = max(scores.values())
    found = [encoding for encoding, score in scores.items() if score == best]
    return found[0] if best > 0 and len(found) == 1 else ""


def _score(encoding: str, data: bytes) -> int:
    text = _as(encoding, data)
    if text is None:
        return 0
    if encoding == "cp949":
        hangul = HANGUL.findall(text)
        common = sum(syllable in COMMON_HANGUL for syllable in hangul)
        return common - 3 * (len(hangul) - common + len(LETTERS.findall(text)))
    return len(KANA.findall(text)) - 3 * len(HALF_KANA.findall(text))
