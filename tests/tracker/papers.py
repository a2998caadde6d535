"""A paper as its reader sees it, on the page and in the file."""

import re
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from xml.dom import minidom
from zipfile import ZipFile

from django.test import Client
from docx import Document


def sheet(response: Any) -> str:
    """The words on the sheet, without the desk around it."""
    html = response.content.decode()
    article = html[html.index("<article") : html.index("</article>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", article)).split())


def page(desk: Client, address: str, language: str = "en", **query: Any) -> str:
    return sheet(desk.get(_with(address, language=language, **query)))


def file(desk: Client, address: str, language: str = "en", **query: Any) -> bytes:
    answer = desk.get(_with(address, language=language, format="docx", **query))
    assert answer.status_code == 200
    return answer.content


def _with(address: str, **query: Any) -> str:
    """The test client would replace what stands in the address already."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def opened(contents: bytes) -> Any:
    return Document(BytesIO(contents))


def rows_of(contents: bytes) -> list[list[str]]:
    """Of all tables of the file, their headings included."""
    tables = opened(contents).tables
    return [[" ".join(cell.text.split()) for cell in row.cells] for table in tables for row in table.rows]


def words_of(contents: bytes) -> str:
    """All that it says, in the order of the sheet: header, body, footer."""
    document = opened(contents)
    parts = (document.sections[0].header, document, document.sections[0].footer)
    elements = (part._element if hasattr(part, "_element") else part.element for part in parts)
    paragraphs = (element for each in elements for element in each.iter() if element.tag.endswith("}p"))
    return " ".join(
        " ".join(text.text or "" for text in p.iter() if text.tag.endswith("}t")) for p in paragraphs
    )


def parts_of(contents: bytes) -> dict[str, minidom.Document]:
    """Every part that is XML, parsed."""
    with ZipFile(BytesIO(contents)) as parts:
        return {
            name: minidom.parseString(parts.read(name))
            for name in parts.namelist()
            if name.endswith((".xml", ".rels"))
        }
