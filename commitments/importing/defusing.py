"""Text in the cells of a sheet: what a spreadsheet would take for a formula is written so that it stays text.

An apostrophe is set before it, as people do it by hand; whoever reads the sheet here takes that one away again, so
that what was exported comes back as it was."""

import re

# OWASP's list (CSV injection), with the full-width signs that a Japanese or Korean spreadsheet reads alike.
SIGNS = "=+\\-@\t\r\n＝＋－＠"
ARMED = re.compile(f"'*[{SIGNS}]")
DEFUSED = re.compile(f"''*[{SIGNS}]")


def defused(text: str) -> str:
    return f"'{text}" if ARMED.match(text) else text


def as_written(cell: str) -> str:
    """The text of which `cell` was made by defused()."""
    return cell[1:] if DEFUSED.match(cell) else cell
