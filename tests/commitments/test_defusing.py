import pytest

from commitments.importing.defusing import as_written, defused

ARMED = ["=1+1", "+82 2", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]
PLAIN = ["", "Continue", "'quoted'", "a=b", " =1", "1-2", "합의", "'"]


@pytest.mark.parametrize("text", ARMED)
def test_what_a_spreadsheet_would_reckon_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert defused(text) == text
    assert as_written(text) == text


@pytest.mark.parametrize("text", [*ARMED, *PLAIN, "'=1", "''@x", "'+"])
def test_what_was_written_is_read_again_as_it_was(text: str) -> None:
    assert as_written(defused(text)) == text
    assert defused(text)[:1] not in "=+-@\t\r" or text == ""
