"""`manage.py faults`: the tests of this folder, with the figures that they print. Further arguments go to pytest."""

import os
import subprocess
import sys

from tracker.bootstrap import CHECKOUT


def main(arguments: list[str]) -> int:
    os.environ.setdefault("VAR_DIR", str(CHECKOUT / "var" / "faults"))
    for name in ("DATABASE_URL", "REDIS_URL"):  # each test has its own, on both databases
        os.environ.pop(name, None)
    two_at_once = ["--quiet", "--numprocesses", "2", "--dist", "worksteal"]
    command = [sys.executable, "-m", "pytest", *two_at_once, *(arguments or ["tests/faults"])]
    return subprocess.run(command, env=os.environ | {"FAULTS": "1"}, check=False).returncode
