import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.bootstrap import CHECKOUT
from tracker.verification import LINT_IMPORTS


def lint(root: Path, importing: str, imported: str) -> subprocess.CompletedProcess[str]:
    """Apply the project's contract to three packages with this one import between them."""
    for package in ("tracker", "notifications", "commitments"):
        (root / package).mkdir()
        (root / package / "__init__.py").touch()
    (root / importing / "deeds.py").write_text(f"import {imported}\n")
    shutil.copy(CHECKOUT / "pyproject.toml", root)
    command = [sys.executable, "-c", LINT_IMPORTS]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("importing", "imported"),
    [("commitments", "notifications"), ("commitments", "tracker"), ("notifications", "tracker")],
)
def test_an_import_against_the_direction_is_refused(tmp_path: Path, importing: str, imported: str) -> None:
    result = lint(tmp_path, importing, imported)

    assert result.returncode == 1
    assert f"{importing} is not allowed to import {imported}" in result.stdout


def test_an_import_along_the_direction_is_kept(tmp_path: Path) -> None:
    assert lint(tmp_path, "notifications", "commitments").returncode == 0
