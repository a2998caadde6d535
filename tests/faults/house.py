"""One installation for one test: its register, broker, mail server, two workers, two beats; and the oracle."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.books import Books
from tests.faults.expectations import WAVES, Item, expected, items
from tests.faults.relay import Relay
from tests.faults.servers import PostgreSQL, Redis, listens, wait_until
from tests.faults.web import Bell, Web
from tracker.crew import end_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent.parent
Due = dict[str, set[str]]
SETTLED = {"sent", "cancelled", "superseded", "failed"}
# Seconds after which a test gives up; nothing is measured by it.
PATIENCE = 600.0


@dataclass(frozen=True)
class Member:
    """Of the crew; `what`: worker, beat or web."""

    what: str
    process: subprocess.Popen[bytes]


class House:
    """Workers and beats are celery's own, each in a session of its own and killed by its process id."""

    def __init__(
        self, home: Path, database: PostgreSQL | None, *, people: int, policy: str = "verify"
    ) -> None:
        self.home, self.database, self.people, self.policy = home, database, people, policy
        self.redis = Redis()
        self.relay = Relay(home / "relay.log")
        self.clock = home / "clock"
        self.relay.clock = self.time
        self.extra: dict[str, str] = {}
        self.broker_url = ""
        self.database_options = ""
        self.crew: list[Member] = []
        self.workers = 0
        self.random = Random(7)
        self.killed: Counter[str] = Counter()
        self.restarted = 0
        self.known: list[Item] = []
        self.file_limit: int | None = None
        self.register = home / "register.sqlite3"
        self.ledger = Books(database or self.register)
        self.began = time.monotonic()
        self.noted: dict[str, Any] = {}

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO", "PYTEST", "TEST_"))
        }
        database = self.database.url if self.database else f"sqlite:///{self.register}"
        database += self.database_options
        return {
            **kept,
            "DATABASE_URL": database,
            "REDIS_URL": self.broker_url or self.redis.url,
            "VAR_DIR": str(self.home),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.relay.port}",
            "DEFAULT_FROM_EMAIL": "tracker@ministry.example",
            "SITE_URL": "https://tracker.ministry.example",
            "DJANGO_SETTINGS_MODULE": "tracker.settings",
            "MAIL_UNCERTAIN": self.policy,
            "RELAY_LOG": str(self.home / "relay.log"),
            "FAULTS_CLOCK": str(self.clock),
            "SECRET_KEY": "of the fault tests",
            **self.extra,
        }

    def __enter__(self) -> House:
        self.redis.start()
        self.relay.__enter__()
        self._lay_out()
        self.known = list(items(self.people, first=1))
        self.show(WAVES[0])
        self.began = time.monotonic()
        return self

    def _lay_out(self) -> None:
        """The register of so many people: made once, then copied."""
        kept = self.home.parent / f"register-{self.people}.sqlite3"
        name = f"people_{self.people}"
        if self.database is None and kept.exists():
            shutil.copy(kept, self.register)
        elif self.database is not None and name in self.database.kept:
            self.database.begin_with(name)
        else:
            if self.database is not None:
                self.database.empty()
            self._run("manage.py", "migrate", "--verbosity", "0")
            self._run("-m", "tests.faults.seed", str(self.people))
            if self.database is not None:
                self.database.keep(name)
            else:
                self._copy(self.register, kept)

    def __exit__(self, *_error: Any) -> None:
        self.end_crew()
        self.relay.__exit__()
        self.redis.stop()

    def show(self, moment: datetime) -> None:
        """What the installation's clocks say from now on."""
        part = self.clock.with_suffix(".part")
        part.write_text(f"{moment.astimezone(UTC).isoformat()} {datetime.now(UTC).isoformat()}")
        part.replace(self.clock)

    def time(self) -> datetime:
        shown, at = (datetime.fromisoformat(part) for part in self.clock.read_text().split())
        return shown + (datetime.now(UTC) - at)

    def _run(self, *arguments: str) -> bytes:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.environ, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return done.stdout

    # The crew

    def start_crew(self, *, workers: int = 2, beats: int = 2) -> None:
        self.workers = workers
        for n in range(workers):
            self.start_worker(n)
        for n in range(beats):
            self._start_celery("beat", "--schedule", str(self.home / f"beat{n}"))

    def _in_the_child(self) -> None:
        """Nobody is left behind when the test itself is killed."""
        end_with_parent()
        if self.file_limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_limit, resource.RLIM_INFINITY))

    def start_worker(self, n: int) -> None:
        name = f"{n}.{len(self.crew)}@faults"
        quiet = "--without-gossip", "--without-mingle", "--without-heartbeat"
        self._start_celery("worker", "--concurrency", "2", "--hostname", name, *quiet)

    def start_web(self) -> Web:
        web = Web()
        options = "--bind", f"127.0.0.1:{web.port}", "--threads", "2", "--no-control-socket"
        self._start("web", "gunicorn", "tracker.wsgi", "--worker-class", "gthread", *options)
        wait_until(lambda: listens(web.port), seconds=PATIENCE, what="the web server")
        return web

    @contextlib.contextmanager
    def bell(self) -> Iterator[Bell]:
        command = [sys.executable, "-m", "tests.faults.ringing"]
        pipes: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
        }
        with subprocess.Popen(command, cwd=CHECKOUT, env=self.environ, **pipes) as process:
            yield Bell(process)
            process.kill()

    def remind(self) -> None:
        """By hand, as a cron table does."""
        self._run("manage.py", "remind", "--now", self.time().isoformat())

    def _start_celery(self, what: str, *options: str) -> None:
        self._start(what, "celery", "-A", "tests.faults.worker", what, "-l", "WARNING", *options)

    def _start(self, what: str, *command: str) -> None:
        with (self.home / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=CHECKOUT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self._in_the_child,
            )
        self.crew.append(Member(what, process))

    def living(self, what: str = "worker") -> list[subprocess.Popen[bytes]]:
        of_kind = (member.process for member in self.crew if member.what == what)
        return [process for process in of_kind if process.poll() is None]

    def kill_somebody(self) -> None:
        """A whole worker, whose supervisor starts it again, or one of its children."""
        worker = self.random.choice(self.living())
        children = children_of(worker.pid)
        if children and self.random.random() < 0.5:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(children), signal.SIGKILL)
                self.killed["child"] += 1
            return
        self.kill(worker)
        self.start_worker(9)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.killed["worker"] += 1

    def start_again_who_ended(self) -> None:
        """As systemd does: celery gives up at some failures of its broker."""
        for _n in range(self.workers - len(self.living())):
            self.start_worker(9)
            self.restarted += 1

    def freeze_somebody(self) -> list[int]:
        """All children of one worker, so that whoever is sending among them stands still."""
        chosen = children_of(self.random.choice(self.living()).pid)
        for pid in chosen:
            os.kill(pid, signal.SIGSTOP)
        return chosen

    def freeze_in_the_middle(self) -> tuple[list[int], dict[str, str]]:
        """Somebody who has passed the point of no return and not handed over yet; the second: what, and to whom."""
        for _attempt in range(1000):
            frozen = self.freeze_somebody()
            time.sleep(0.2)  # what has left already arrives
            held = self._held_by(frozen)
            if len(held) > 3 and not self.ledger.is_held_up():
                return frozen, held
            self.thaw(frozen)
        raise AssertionError("nobody was ever met in the middle of sending")

    def freeze_while_writing(self) -> list[int]:
        """Somebody who keeps everybody else from writing."""
        for _attempt in range(1000):
            frozen = self.freeze_somebody()
            if self.ledger.is_held_up():
                return frozen
            self.thaw(frozen)
        raise AssertionError("nobody was ever met in the middle of writing")

    def _held_by(self, pids: list[int]) -> dict[str, str]:
        signatures = tuple(f"{pid:08d}" for pid in pids)
        return {
            row["message_id"]: row["address"]
            for row in self.ledger.deliveries()
            if row["state"] == "sending"
            and row["lease_token"].startswith(signatures)
            and row["message_id"] not in self.relay.by_message_id()
        }

    def thaw(self, frozen: list[int]) -> None:
        for pid in frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def end_crew(self) -> None:
        for member in self.crew:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(member.process.pid, signal.SIGCONT)
                os.killpg(member.process.pid, signal.SIGKILL)
            member.process.wait()
        self.crew.clear()
        self.workers = 0

    # The disk and the backup

    def limit_files(self, *, extra_bytes: int) -> None:
        """Who is started from now on meets a full disk when a file has grown by so much."""
        self.file_limit = self.register.stat().st_size + extra_bytes

    def make_room(self) -> None:
        self.file_limit = None
        without = resource.RLIM_INFINITY, resource.RLIM_INFINITY
        for member in self.crew:
            for pid in (member.process.pid, *children_of(member.process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, without)

    def has_met_the_limit(self) -> bool:
        log = self.home / "worker.log"
        return log.exists() and any(
            words in log.read_text() for words in ("disk is full", "disk I/O", "File too")
        )

    def back_up(self) -> None:
        if self.database is not None:
            self.database.dump()
            return
        self._copy(self.register, self.home / "backup.sqlite3")

    def _copy(self, register: Path, to: Path) -> None:
        with (
            contextlib.closing(sqlite3.connect(register)) as live,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            live.backup(copy)

    def put_back(self) -> None:
        if self.database is not None:
            self.database.restore()
            return
        for left in self.home.glob("register.sqlite3*"):
            left.unlink()
        (self.home / "backup.sqlite3").rename(self.register)

    def after_restore(self) -> None:
        """What docs/operations.md tells to do before the workers start."""
        self._run("manage.py", "after_restore", "--now", self.time().isoformat())

    # What came of it

    def books(self) -> dict[str, list[dict[str, Any]]]:
        return self.ledger.read()

    def given_up(self) -> set[str]:
        """Addresses of messages that failed for good."""
        return {row["address"] for row in self.ledger.deliveries() if row["state"] == "failed"}

    def sent(self) -> set[str]:
        return {row["message_id"] for row in self.ledger.deliveries() if row["state"] == "sent"}

    def due(self, wave: int) -> dict[str, set[str]]:
        return expected(self.known, wave)

    def arrived(self, wave: int) -> Counter[str]:
        return Counter(message.to for message in list(self.relay.messages) if message.wave == wave)

    def wait_until(self, done: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> None:
        def look() -> bool:
            self.start_again_who_ended()
            return bool(done())

        wait_until(look, seconds=seconds, what=what)

    def wait_for_share(self, share: float, *, wave: int = 0) -> None:
        """Until so much of what is due has arrived."""
        least = share * len(self.due(wave))
        self.wait_until(lambda: len(self.arrived(wave)) >= least, f"{share:.0%} of the mail")

    def wait_until_told(self, wave: int, *, seconds: float = PATIENCE, due: Due | None = None) -> None:
        """Until everybody has their message and no message is on its way any more."""
        expected_of = set(self.due(wave) if due is None else due)
        told = "everybody hearing", "every message being settled"
        self.wait_until(lambda: expected_of <= set(self.arrived(wave)), told[0], seconds=seconds)
        self.wait_until(self._is_settled, told[1], seconds=seconds)

    def _is_settled(self) -> bool:
        return self.ledger.states() <= SETTLED

    def wait_until_quiet(self) -> None:
        """Until nothing is on its way; what is uncertain waits for a person."""
        due, at_rest = len(self.due(0)), SETTLED | {"uncertain"}
        self.wait_until(lambda: len(self.books()["deliveries"]) >= due, "every message being made")
        self.wait_until(lambda: self.ledger.states() <= at_rest, "every message being at rest")

    def assert_oracle(self, wave: int, *, copies: int = 1, due: Due | None = None) -> None:
        """Nothing lost, nothing twice, nothing that was not due; the books and the mail server agree both ways."""
        due = self.due(wave) if due is None else due
        of_wave = [message for message in self.relay.messages if message.wave == wave]
        told: dict[str, set[str]] = {}
        for message in of_wave:
            told.setdefault(message.to, set()).update(message.references)
        assert told == due
        assert Counter(to for to, _id in {(m.to, m.message_id) for m in of_wave}) == Counter(set(due))
        found = self.relay.by_message_id()
        assert max(len(same) for same in found.values()) <= copies
        for same in found.values():
            assert len({(message.date, message.content) for message in same}) == 1
        sent = [row["message_id"] for row in self.books()["deliveries"] if row["state"] == "sent"]
        assert sorted(sent) == sorted(found)

    def figures(self) -> str:
        """In one line."""
        found = self.relay.by_message_id().values()
        copies = sum(len(same) - 1 for same in found)
        kills = f"{sum(self.killed.values())} kills, " if self.killed else ""
        ended = {"workers ended by themselves": self.restarted} if self.restarted else {}
        noted = "".join(f", {name} {value}" for name, value in (self.noted | ended).items())
        seconds = time.monotonic() - self.began
        return f"{kills}{len(found)} messages, {copies} copies, {seconds:.0f} s{noted}"


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
