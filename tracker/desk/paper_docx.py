"""A paper as a DOCX file: no macro, no author, and the same bytes for the same paper."""

import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from tracker.desk.paper import Cell, Empty, Heading, Line, Paper, Paragraph, Table

# Latin letters and East Asian ones, by language: fonts that Windows brings along.
FONTS = {
    "en": ("Segoe UI", "Malgun Gothic"),
    "ko": ("Malgun Gothic", "Malgun Gothic"),
    "ja": ("Yu Gothic", "Yu Gothic"),
}
TAGS = {"en": "en-GB", "ko": "ko-KR", "ja": "ja-JP"}
COLOURS = {
    "on_track": RGBColor(0x26, 0x73, 0x37),
    "at_risk": RGBColor(0x8A, 0x5C, 0x00),
    "off_track": RGBColor(0xBD, 0x2C, 0x0F),
    "": RGBColor(0x46, 0x4C, 0x53),
}
QUIET = RGBColor(0x46, 0x4C, 0x53)
SHORT, LONG, MARGIN = 210, 297, 15  # of A4, in millimetres
SMALL, LEADING = Pt(8.5), Pt(12)  # of tables
# XML has no place for these; what was declared may carry them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
MADE_ON = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP file knows


def written(paper: Paper) -> bytes:
    file = Document()
    _lay_out(file, paper)
    _clothe(file, paper)
    _describe(file, paper)
    _on_every_sheet(file, paper)
    _say(file.add_paragraph(style="Title"), Line(paper.title), paper)
    if paper.subtitle:
        _say(file.add_paragraph(), Line(paper.subtitle, quiet=True), paper)
    for block in paper.blocks:
        _add(file, block, paper)
    buffer = BytesIO()
    file.save(buffer)
    return _undated(buffer)


def _lay_out(file: Any, paper: Paper) -> None:
    sheet = file.sections[0]
    wide, high = (LONG, SHORT) if paper.landscape else (SHORT, LONG)
    sheet.orientation = WD_ORIENT.LANDSCAPE if paper.landscape else WD_ORIENT.PORTRAIT
    sheet.page_width, sheet.page_height = Mm(wide), Mm(high)
    sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Mm(MARGIN)
    sheet.header_distance = sheet.footer_distance = Mm(7)


def _clothe(file: Any, paper: Paper) -> None:
    """Fonts and languages of every style; the template's own fonts come from a theme that knows no Hangul."""
    for fonts in file.styles.element.iter(qn("w:rFonts")):
        _set_fonts(fonts, paper.language)
    for language in file.styles.element.iter(qn("w:lang")):
        _set_language(language, paper.language)
    normal = file.styles["Normal"]
    _set_fonts(normal.element.get_or_add_rPr().get_or_add_rFonts(), paper.language)
    normal.font.size = Pt(10)
    normal.paragraph_format.space_after = Pt(2)
    file.styles["Header"].font.size = file.styles["Footer"].font.size = Pt(8)
    for name, size in (("Title", 18), ("Heading 1", 13)):
        style = file.styles[name]
        style.font.size, style.font.bold = Pt(size), True
        style.font.color.rgb = RGBColor(0x13, 0x14, 0x16)
        for line in style.element.findall(f".//{qn('w:pBdr')}"):
            line.getparent().remove(line)


def _set_fonts(fonts: Any, language: str) -> None:
    latin, east_asian = FONTS[language]
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{name}"), font)


def _set_language(element: Any, language: str) -> None:
    element.set(qn("w:val"), TAGS[language])
    element.set(qn("w:eastAsia"), TAGS[language] if language != "en" else TAGS["ko"])


def _describe(file: Any, paper: Paper) -> None:
    """Nobody's name; the day is that of the paper, not of the writing."""
    about = file.core_properties
    about.title, about.subject = _printable(paper.title), _printable(paper.subtitle)
    about.author = about.last_modified_by = about.comments = about.keywords = about.category = ""
    about.language = TAGS[paper.language]
    about.identifier = f"{paper.name} {paper.fingerprint}"
    about.created = about.modified = datetime(paper.day.year, paper.day.month, paper.day.day)  # noqa: DTZ001
    about.revision = 1


def _on_every_sheet(file: Any, paper: Paper) -> None:
    sheet = file.sections[0]
    top, foot = sheet.header.paragraphs[0], sheet.footer.paragraphs[0]
    top.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _say(top, Line(" · ".join(paper.marks), strong=True), paper)
    _say(foot, Line(" · ".join([*paper.foot, ""])), paper)
    _number(foot, "PAGE")
    _say(foot, Line(" / "), paper)
    _number(foot, "NUMPAGES")


def _number(paragraph: Any, field: str) -> None:
    """A number that the word processor counts."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), field)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    element.append(run)
    paragraph._p.append(element)


def _add(file: Any, block: Heading | Paragraph | Empty | Table, paper: Paper) -> None:
    match block:
        case Heading():
            _say(file.add_paragraph(style="Heading 1"), Line(block.text), paper)
        case Paragraph():
            _say(file.add_paragraph(), block.line, paper)
        case Empty():
            _say(file.add_paragraph(), Line(block.text, quiet=True), paper)
        case Table():
            _add_table(file, block, paper)


def _add_table(file: Any, block: Table, paper: Paper) -> None:
    table = file.add_table(rows=1, cols=len(block.headings), style="Table Grid")
    table.autofit = False
    room = (LONG if paper.landscape else SHORT) - 2 * MARGIN
    widths = [Mm(room * share / sum(block.widths)) for share in block.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    heads = [Cell.of(Line(heading, strong=True)) for heading in block.headings]
    _fill(table.rows[0], heads, widths, paper)
    _shade(table.rows[0])
    _keep(table.rows[0], "w:tblHeader")
    for cells in block.rows:
        row = table.add_row()
        _fill(row, cells, widths, paper)
        _keep(row, "w:cantSplit")
    file.add_paragraph()  # two tables that touch would become one


def _shade(row: Any) -> None:
    for place in row.cells:
        ground = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "E6E8EA")):
            ground.set(qn(f"w:{name}"), value)
        place._tc.get_or_add_tcPr().append(ground)


def _keep(row: Any, rule: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(rule))


def _fill(row: Any, cells: Any, widths: list[Mm], paper: Paper) -> None:
    for place, cell, width in zip(row.cells, cells, widths, strict=True):
        place.width = width
        if cell.changed:
            _bar(place)
        for line, paragraph in zip(cell.lines, _paragraphs(place), strict=False):
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.line_spacing = LEADING  # Malgun Gothic would take half as much again
            _say(paragraph, line, paper, size=SMALL)


def _paragraphs(place: Any) -> Iterator[Any]:
    """The one that a cell is born with, then as many as are asked for."""
    yield place.paragraphs[0]
    while True:
        yield place.add_paragraph()


def _bar(place: Any) -> None:
    """The mark of a change in the margin: a thick line on the left."""
    borders, left = OxmlElement("w:tcBorders"), OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "36"), ("space", "0"), ("color", "131416")):
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    place._tc.get_or_add_tcPr().append(borders)


def _say(paragraph: Any, line: Line, paper: Paper, *, size: Pt | None = None) -> None:
    if not line.text:
        return
    run = paragraph.add_run(_printable(line.spoken))
    run.bold = line.strong or None
    if line.light is not None:
        run.font.color.rgb = COLOURS.get(line.light, COLOURS[""])
    elif line.quiet:
        run.font.color.rgb = QUIET
    run.font.size = size or (Pt(9) if line.quiet else None)
    if line.language in FONTS and line.language != paper.language:
        rules = run._r.get_or_add_rPr()
        _set_fonts(rules.get_or_add_rFonts(), line.language)
        language = OxmlElement("w:lang")
        _set_language(language, line.language)
        rules.append(language)


def _printable(text: str) -> str:
    return UNPRINTABLE.sub("\ufffd", text)


def _undated(buffer: BytesIO) -> bytes:
    """The same parts, without the moment of their writing."""
    clean = BytesIO()
    with ZipFile(buffer) as parts, ZipFile(clean, "w", ZIP_DEFLATED) as file:
        for name in parts.namelist():
            part = ZipInfo(name, MADE_ON)
            part.compress_type = ZIP_DEFLATED
            file.writestr(part, parts.read(name))
    return clean.getvalue()
