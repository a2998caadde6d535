"""The first minute on a bare machine, in a checkout that has a stand-in for everything after the bootstrap."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.bootstrap import CHECKOUT

pytestmark = pytest.mark.faults

STAND_IN = "import sys\ndef main(arguments):\n    print('started in', sys.prefix)\n    return 0\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in a path with a space, whose lock names nothing."""
    root = tmp_path_factory.mktemp("bare") / "a checkout"
    (root / "tracker").mkdir(parents=True)
    for name in ("manage.py", "tracker/__init__.py", "tracker/bootstrap.py"):
        shutil.copy(CHECKOUT / name, root / name)
    (root / "tracker/supervisor.py").write_text(STAND_IN)
    (root / "requirements.txt").write_text("# nothing\n")
    return root


def up(checkout: Path) -> subprocess.CompletedProcess[str]:
    python = getattr(sys, "_base_executable", sys.executable)
    environ = os.environ | {"PIP_NO_INDEX": "1"}
    command = [python, str(checkout / "manage.py"), "up"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, cwd="/", check=False)


def test_one_command_makes_the_environment_and_the_next_one_finds_it(checkout: Path) -> None:
    first = up(checkout)
    second = up(checkout)

    assert "Making a Python environment" in first.stdout
    assert f"started in {checkout / '.venv'}" in first.stdout
    assert second.stdout == f"started in {checkout / '.venv'}\n"


def test_an_installation_that_failed_is_explained_and_taken_up_again(checkout: Path) -> None:
    lock = checkout / "requirements.txt"
    lock.write_text("a-package-that-nobody-has==1.0 --hash=sha256:" + "0" * 64 + "\n")

    failed = up(checkout)
    failed_again = up(checkout)
    lock.write_text("# nothing\n")

    assert failed.returncode == failed_again.returncode == 1
    assert "pip could not install requirements.txt" in failed_again.stderr
    assert "started in" in up(checkout).stdout


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "tracker").mkdir()
    shutil.copy(CHECKOUT / "tracker/bootstrap.py", tmp_path / "tracker")
    program = (
        "import sys; sys.modules['ensurepip'] = None; from tracker import bootstrap; bootstrap.run('up', [])"
    )

    python = getattr(sys, "_base_executable", sys.executable)
    attempt = subprocess.run(
        [python, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "sudo apt-get install python3-venv" in attempt.stderr
