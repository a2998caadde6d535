"""`manage.py up` as a person meets it: real processes, their own directory and port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
import pytest

from tracker import supervisor
from tracker.bootstrap import CHECKOUT
from tracker.crew import Trouble


@dataclass
class Up:
    process: subprocess.Popen[str]
    var_dir: Path
    output: Path

    @property
    def url(self) -> str:
        return str(json.loads((self.var_dir / "up.lock").read_text())["url"])

    def said(self) -> str:
        return self.output.read_text()

    def pids(self, name: str = "") -> set[int]:
        """Return what it has started, directly or not, and what still runs of it."""
        return {pid for pid, command in descendants(self.process.pid).items() if name in command}


def descendants(root: int) -> dict[int, str]:
    rows = [row.split(None, 3) for row in list_processes()]
    found = {root: ""}
    for _ in rows:  # at most one generation a round
        found |= {int(pid): command for pid, parent, _state, command in rows if int(parent) in found}
    del found[root]
    return found


def list_processes() -> list[str]:
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True
    )
    return listing.stdout.splitlines()


def alive(pids: set[int]) -> set[int]:
    states = {int(row.split()[0]): row.split()[2] for row in list_processes()}
    return {pid for pid in pids if not states.get(pid, "Z").startswith("Z")}


def wait_until(done: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """An empty database of its own on the server under test; empty text for SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"test_up_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urllib.parse.urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> dict[str, str]:
    """The environment of one installation, which these tests start again and again as its owner would."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "EMAIL_URL")}
    return inherited | {"VAR_DIR": str(tmp_path_factory.mktemp("var")), "DATABASE_URL": database_url}


@contextmanager
def running(installation: dict[str, str], **environ: str) -> Iterator[Up]:
    command = [sys.executable, str(CHECKOUT / "manage.py"), "up"]
    descriptor, output = tempfile.mkstemp(dir=installation["VAR_DIR"], suffix=".txt")
    with os.fdopen(descriptor, "w") as file:
        process = subprocess.Popen(
            command, env=installation | environ, stdout=file, stderr=file, text=True, start_new_session=True
        )
    try:
        yield Up(process, Path(installation["VAR_DIR"]), Path(output))
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_start(up: Up) -> None:
    wait_until(lambda: "To stop" in up.said() or up.process.poll() is not None, seconds=60)
    assert up.process.poll() is None, up.said()
    wait_until(lambda: len(up.pids("celery -A tracker worker")) == 3)  # it forks after the web answers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sign_in(url: str, username: str, password: str) -> str:
    """Open the site, fill in the form it leads to, and return where that leads."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = opener.open(url)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.read().decode())
    assert token
    fields = {"username": username, "password": password, "csrfmiddlewaretoken": token[1], "next": "/"}
    answer = opener.open(form.url, urllib.parse.urlencode(fields).encode())
    return str(answer.url)


@pytest.mark.faults
class TestRunning:
    def test_it_answers_and_says_where_and_ctrl_c_ends_all_of_it(self, installation: dict[str, str]) -> None:
        port = free_port()
        with running(installation, PORT=str(port), DEMO_PASSWORD="a-password-for-now") as up:
            wait_for_start(up)
            started = up.pids()

            assert f"http://127.0.0.1:{port}/" in up.said()
            assert urllib.request.urlopen(f"{up.url}healthz").status == 200
            assert urllib.request.urlopen(f"{up.url}readyz").status == 200
            assert sign_in(up.url, "desk", "a-password-for-now") == up.url

            up.process.send_signal(signal.SIGINT)

            assert up.process.wait(timeout=30) == 0
            assert alive(started) == set()

    def test_a_taken_port_is_passed_over_and_a_second_run_told_where_the_first_is(
        self, installation: dict[str, str]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            with running(installation, PORT=str(taken)) as up:
                wait_for_start(up)
                with running(installation, PORT=str(taken)) as second:
                    second_exit = second.process.wait(timeout=20)

        assert f"Port {taken} is taken or not allowed; using" in up.said()
        assert second_exit == 1
        assert f"It runs already, at {up.url}" in second.said()

    def test_killed_without_warning_it_leaves_no_process(self, installation: dict[str, str]) -> None:
        with running(installation, PORT="0") as up:
            wait_for_start(up)
            started = up.pids()

            up.process.kill()

            assert len(started) >= 8  # reaper, broker, worker and web with two children each, beat
            wait_until(lambda: not alive(started))

    def test_a_part_that_ends_stops_everything_and_is_named(self, installation: dict[str, str]) -> None:
        with running(installation, PORT="0") as up:
            wait_for_start(up)
            started = up.pids()

            os.kill(min(up.pids("celery -A tracker beat")), signal.SIGKILL)

            assert up.process.wait(timeout=30) == 1
            assert "The beat was ended by SIGKILL, so everything stops." in up.said()
            assert alive(started) == set()


def test_a_port_that_is_no_number_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")

    with pytest.raises(Trouble, match="PORT has to be a number below 65536, not 'eighty'"):
        supervisor.wanted_port()


def test_the_next_free_port_is_used_and_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        with supervisor.listen(taken) as listener:
            used = listener.getsockname()[1]

    assert used != taken
    assert capsys.readouterr().out == f"Port {taken} is taken or not allowed; using {used} instead.\n"


def test_the_password_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)

    first, is_new = supervisor.demonstration_password(tmp_path)

    assert is_new
    assert supervisor.demonstration_password(tmp_path) == (first, False)
    assert (tmp_path / "admin-password").stat().st_mode & 0o777 == 0o600
