"""What an uploaded XLSX says of itself, asked before any of it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from typing import Any

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

MAX_PARTS = 1_000
MAX_UNPACKED = 60 * 1024 * 1024
MAX_RATIO = 100
SMALL = 1024 * 1024  # below that no ratio is suspicious
BOOK = "xl/workbook.xml"
WITHIN = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".xlsx", ".xlsm", ".xlsb", ".docx", ".pptx", ".hwpx")
LOCKED = 0x1  # of the flags of a part
PIECE = 64 * 1024
# No program writes such a thing into a spreadsheet, and not every parser leaves it alone.
DECLARATIONS = [
    word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le", "utf-16-be")
]
LONGEST = max(map(len, DECLARATIONS))
# By a part or by what the part “mimetype” says.
OTHERS = {
    "xl/workbook.bin": "XLSB",
    "word/document.xml": "DOCX",
    "ppt/presentation.xml": "PPTX",
    "Contents/content.hpf": "HWPX",
    "META-INF/manifest.xml": "ODS/ODT",
}


def wrong_with(data: bytes) -> str:
    """In a sentence, why this archive is not opened; "" if nothing speaks against it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return damaged()
    names = Counter(part.filename for part in parts)
    if BOOK not in names:
        kind = next((kind for name, kind in OTHERS.items() if name in names), "ZIP")
        return _("This is a file of another kind (%(kind)s).") % {"kind": kind}
    if any(part.flag_bits & LOCKED for part in parts):
        return protected()
    if max(names.values()) > 1:
        return damaged()
    within = sorted(name for name in names if name.lower().endswith(WITHIN))
    if within:
        said = _(
            "Another archive lies within the spreadsheet (%(name)s). Remove it, or save the table as CSV."
        )
        return said % {"name": within[0][-60:]}
    return too_large() if _grows(parts) else _unlike_its_word(archive, parts)


def damaged() -> str:
    return _("The spreadsheet is damaged. Save it again as XLSX.")


def protected() -> str:
    return _("The spreadsheet is protected with a password. Save it without one.")


def too_large() -> str:
    return _("The spreadsheet would become too large when it is opened. Split it.")


def entities() -> str:
    return _("The spreadsheet has XML entities within, which no program writes. Save it again as XLSX.")


def _grows(parts: list[zipfile.ZipInfo]) -> bool:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    too_dense = unpacked > SMALL and unpacked > MAX_RATIO * packed
    return len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or too_dense


def _unlike_its_word(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> str:
    """Unpacked once, piece by piece and kept nowhere: an archive may be larger than it says."""
    left = MAX_UNPACKED
    try:
        for part in parts:
            tail = b""
            with archive.open(part) as opened:
                while piece := opened.read(PIECE):
                    left -= len(piece)
                    if left < 0:
                        return too_large()
                    if any(word in (tail + piece) for word in DECLARATIONS):
                        return entities()
                    tail = piece[-LONGEST:]
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError, RuntimeError):
        return damaged()
    return ""


def formula_without_value(data: bytes, part: str) -> str:
    """The place of the first, such as B3; "" if there is none. Excel marks a text, an empty one too, as “str”."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part.lstrip("/")) as opened:
        for _event, element in iterparse(opened):
            name = _name(element)
            if name == "c":
                within = {_name(child): child.text for child in element}
                if "f" in within and not within.get("v") and element.get("t") != "str":
                    return element.get("r") or "A1"
            elif name == "row":
                element.clear()
    return ""


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2]
