"""`manage.py verify`: everything that has to hold before a change is proposed. Further arguments go to pytest."""

import os
import secrets
import subprocess
import sys

from tracker.bootstrap import CHECKOUT

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
SERVER = {  # settings as on a real server, for the checks that only make sense there
    "SITE_URL": "https://tracker.example.org",
    "DEFAULT_FROM_EMAIL": "desk@tracker.example.org",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
}


def main(arguments: list[str]) -> int:
    os.environ.setdefault("VAR_DIR", str(CHECKOUT / "var" / "verify"))  # never the data of a running `up`
    failed = [name for name, command, extra in steps(arguments) if not holds(name, command, extra)]
    print("Failed: " + ", ".join(failed) if failed else "Everything holds.", flush=True)
    return 1 if failed else 0


def steps(arguments: list[str]) -> list[tuple[str, list[str], dict[str, str]]]:
    def module(*words: str) -> list[str]:
        return [sys.executable, "-m", *words]

    def manage(*words: str) -> list[str]:
        return [sys.executable, "manage.py", *words]

    return [
        ("formatter", module("ruff", "format", "--check", "--quiet", "."), {}),
        ("linter", module("ruff", "check", "--quiet", "."), {}),
        ("types", module("mypy"), {}),
        ("import direction", [sys.executable, "-c", LINT_IMPORTS], {}),
        ("missing migrations", manage("makemigrations", "--check", "--dry-run"), {}),
        ("settings", manage("check"), {}),
        ("settings of a server", manage("check", "--deploy", "--fail-level", "WARNING"), SERVER),
        ("tests", module("pytest", "--numprocesses", "2", "--dist", "loadfile", *arguments), {}),
    ]


def holds(name: str, command: list[str], extra: dict[str, str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run(command, env=os.environ | extra, check=False).returncode == 0
