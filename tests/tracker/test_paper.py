"""What a paper is, whatever it tells: the same words on the page and in the file."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest

from tests.tracker.papers import opened, parts_of, rows_of, words_of
from tracker.desk.paper import Cell, Line, Paper, light, quiet, quoted, strong

TODAY = date(2026, 11, 23)


def make_paper(**fields: object) -> Paper:
    known = {"language": "en", "name": "weekly-2026-11-23", "day": TODAY, **fields}
    return Paper("Weekly page", "Of Monday", **known)


def test_a_file_has_the_words_of_the_paper() -> None:
    paper = make_paper(marks=["Restricted"]).heading("Overdue").empty("Nothing is.").paragraph("As of today")

    words = words_of(paper.as_docx())

    for said in ("Restricted", "Weekly page", "Of Monday", "Overdue", "Nothing is.", "As of today"):
        assert said in words


def test_a_table_has_the_lines_of_its_cells_and_nothing_else() -> None:
    cells: list[Cell | Line | str] = [
        Cell.of(strong("SCCD-2024-01"), quiet("a title"), ""),
        light("at_risk", "at risk"),
    ]

    paper = make_paper().table(["Commitment", "Outlook"], [cells])

    assert rows_of(paper.as_docx()) == [["Commitment", "Outlook"], ["SCCD-2024-01 a title", "▲ at risk"]]
    assert opened(paper.as_docx()).tables[0].rows[1].cells[0].text == "SCCD-2024-01\na title"


def test_every_part_of_a_file_is_well_formed_and_none_is_a_macro() -> None:
    parts = parts_of(make_paper().table(["a"], [["<&>\x0b"]]).as_docx())

    assert "word/document.xml" in parts
    assert not [name for name in parts if "vba" in name.lower()]


def test_the_same_paper_gives_the_same_bytes_and_names_nobody() -> None:
    paper = make_paper().table(["a"], [["b"]])

    about = opened(paper.as_docx()).core_properties

    assert paper.as_docx() == paper.as_docx()
    assert (about.author, about.last_modified_by) == ("", "")
    assert about.created.date() == about.modified.date() == TODAY
    assert paper.fingerprint in about.identifier


def test_the_foot_tells_one_print_from_another() -> None:
    one, other = make_paper().paragraph("at risk"), make_paper().paragraph("off track")

    assert one.foot[:3] == ["Commitment tracker", "Mon 23 Nov 2026", "weekly-2026-11-23"]
    assert one.foot[3] != other.foot[3]
    assert make_paper().paragraph("at risk").foot == one.foot


def test_the_day_of_printing_changes_nothing_of_what_it_says() -> None:
    assert make_paper().fingerprint == make_paper(day=date(2027, 1, 1)).fingerprint


@pytest.mark.parametrize(
    ("language", "tag", "font"),
    [("ko", "ko-KR", "Malgun Gothic"), ("ja", "ja-JP", "Yu Gothic"), ("en", "ko-KR", "Malgun Gothic")],
)
def test_a_file_says_its_language_and_names_fonts_that_have_its_letters(
    language: str, tag: str, font: str
) -> None:
    styles = parts_of(make_paper(language=language).as_docx())["word/styles.xml"]

    assert {each.getAttribute("w:eastAsia") for each in styles.getElementsByTagName("w:lang")} == {tag}
    assert {each.getAttribute("w:eastAsia") for each in styles.getElementsByTagName("w:rFonts")} == {font}
    assert not [f for f in styles.getElementsByTagName("w:rFonts") if f.hasAttribute("w:asciiTheme")]


def test_words_in_another_language_carry_it() -> None:
    paper = make_paper(language="ko").table(["문안"], [[quoted("協議を継続する", "ja")]])

    document = parts_of(paper.as_docx())["word/document.xml"]

    assert "「協議を継続する」" in rows_of(paper.as_docx())[1]
    assert document.getElementsByTagName("w:lang")[0].getAttribute("w:eastAsia") == "ja-JP"


def test_declared_words_that_bring_their_own_marks_get_no_second_pair() -> None:
    assert quoted("“We aim to”", "en").text == "“We aim to”"
    assert quoted("We aim to", "en").text == "“We aim to”"


def test_a_sheet_is_a4_and_lies_on_its_side_if_asked() -> None:
    upright = opened(make_paper().as_docx()).sections[0]
    lying = opened(make_paper(landscape=True).as_docx()).sections[0]

    assert (round(upright.page_width.mm), round(upright.page_height.mm)) == (210, 297)
    assert (round(lying.page_width.mm), round(lying.page_height.mm)) == (297, 210)


def test_headings_repeat_on_each_sheet_and_no_row_is_cut() -> None:
    document = parts_of(make_paper().table(["a"], [["b"], ["c"]]).as_docx())["word/document.xml"]

    assert len(document.getElementsByTagName("w:tblHeader")) == 1
    assert len(document.getElementsByTagName("w:cantSplit")) == 2


def test_a_change_has_its_bar_in_the_margin() -> None:
    paper = make_paper().table(["a", "b"], [[Cell.of("moved", changed=True), "not moved"]])

    document = parts_of(paper.as_docx())["word/document.xml"]

    assert len(document.getElementsByTagName("w:tcBorders")) == 1


def test_sheets_are_numbered() -> None:
    footer = parts_of(make_paper().as_docx())["word/footer1.xml"]

    fields = [field.getAttribute("w:instr") for field in footer.getElementsByTagName("w:fldSimple")]
    assert fields == ["PAGE", "NUMPAGES"]


def test_a_file_does_not_tell_when_it_was_written() -> None:
    with ZipFile(BytesIO(make_paper().as_docx())) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
