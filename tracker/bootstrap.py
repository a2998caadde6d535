"""From a bare checkout to a running virtual environment. Standard library only: nothing is installed yet."""

import collections
import contextlib
import fcntl
import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv"
COMMANDS = {  # what is installed, and the module that is run then
    "up": ("requirements.txt", "tracker.supervisor"),
    "verify": ("requirements-dev.txt", "tracker.verification"),
    "faults": ("requirements-dev.txt", "tests.faults.run"),
    "bench": ("requirements-dev.txt", "bench.run"),
}


def run(command: str, arguments: list[str]) -> int:
    """Carry out a command of COMMANDS inside the project's own environment, making it first where necessary."""
    if os.environ.get("VAR_DIR"):
        os.environ["VAR_DIR"] = str(Path(os.environ["VAR_DIR"]).resolve())
    os.chdir(CHECKOUT)
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        make_environment()
        python = str(ENVIRONMENT / "bin" / "python")
        os.execv(python, [python, str(CHECKOUT / "manage.py"), command, *arguments])
    lock, module = COMMANDS[command]
    try:
        install(CHECKOUT / lock)
        exit_code: int = importlib.import_module(module).main(arguments)
    except KeyboardInterrupt:
        return 130  # as a shell reports it; the same command goes on from here
    return exit_code


def make_environment() -> None:
    with one_at_a_time():
        if (ENVIRONMENT / "bin" / "python").exists():
            return
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit(
                "This Python cannot make virtual environments: its module ensurepip is missing.\n"
                "On Debian and Ubuntu: sudo apt-get install python3-venv"
            )
        print(f"Making a Python environment in {ENVIRONMENT} …", flush=True)
        command = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
        if subprocess.run(command, check=False).returncode:
            sys.exit("The environment could not be made; the lines above say why.")


def install(lock: Path) -> None:
    """Install what `lock` names, unless this Python has exactly that already."""
    stamp = ENVIRONMENT / f".installed-{lock.stem}"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    with one_at_a_time():
        if stamp.exists() and stamp.read_text() == wanted:
            return
        if importlib.util.find_spec("pip") is None:  # the system has replaced the Python underneath
            subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
        run_pip(lock)
        stamp.write_text(wanted)  # last, so that an interrupted installation is taken up again


def run_pip(lock: Path) -> None:
    print("Installing the locked packages; the first time takes about half a minute.", flush=True)
    options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(lock)]
    last_lines: collections.deque[str] = collections.deque(maxlen=12)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            last_lines.append(line)
            show_progress(line)
    if pip.returncode:
        sys.exit(
            f"\n{''.join(last_lines)}\npip could not install {lock.name}; its last lines are above.\n"
            "Where packages come from a mirror, configure pip as usual (pip.conf or PIP_INDEX_URL). "
            "Then give the same command again: it goes on from here."
        )


def show_progress(line: str) -> None:
    """Turn pip's own words into a line that is overwritten, or a few lines where there is no terminal."""
    started, _, rest = line.partition(" ")
    if started == "Installing":
        print("\r\033[K  unpacking …" if sys.stdout.isatty() else "  unpacking …", flush=True)
    elif started == "Collecting" and sys.stdout.isatty():
        print(f"\r\033[K  {rest.split()[0]}", end="", flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for any other command that is making or filling the environment of this checkout."""
    directory = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
