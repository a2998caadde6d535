"""Files become entries of the register, all or nothing: register files (YAML, JSON) and sheets (CSV, XLSX).

The format is described in docs/import.md. An entry that is there already is recognised and only what
differs is written, so that the same file can be imported any number of times."""

from commitments.importing.deeds import (
    Imported,
    RowResult,
    SheetImported,
    import_register,
    import_sheet,
    try_sheet,
)
from commitments.importing.sheets import Sheet, read_sheet
from commitments.importing.values import Problem, Refused

__all__ = [
    "Imported",
    "Problem",
    "Refused",
    "RowResult",
    "Sheet",
    "SheetImported",
    "import_register",
    "import_sheet",
    "read_sheet",
    "try_sheet",
]
