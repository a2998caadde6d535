"""One installation for one test: its register, broker, mail server, two workers, two beats; and the oracle."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.expectations import WAVES, Item, expected, items
from tests.faults.relay import Relay
from tests.faults.servers import PostgreSQL, Redis, wait_until
from tracker.crew import end_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent.parent
Due = dict[str, set[str]]
SETTLED = {"sent", "cancelled", "superseded"}


class House:
    """Workers and beats are celery's own, each in a session of its own and killed by its process id."""

    def __init__(
        self, home: Path, database: PostgreSQL | None, *, people: int, policy: str = "verify"
    ) -> None:
        self.home, self.database, self.people, self.policy = home, database, people, policy
        self.redis = Redis()
        self.relay = Relay(home / "relay.log")
        self.clock = home / "clock"
        self.extra: dict[str, str] = {}
        self.broker_url = ""
        self.crew: list[subprocess.Popen[bytes]] = []
        self.random = Random(7)
        self.killed: Counter[str] = Counter()
        self.known: list[Item] = []
        self.file_limit: int | None = None

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO", "PYTEST", "TEST_"))
        }
        database = self.database.url if self.database else f"sqlite:///{self.home / 'register.sqlite3'}"
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
            **self.extra,
        }

    def __enter__(self) -> House:
        self.redis.start()
        self.relay.__enter__()
        self._run("manage.py", "migrate", "--verbosity", "0")
        self._run("-m", "tests.faults.seed", str(self.people))
        self.known = list(items(self.people, first=1))
        self.show(WAVES[0])
        return self

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
        for n in range(workers):
            self.start_worker(n)
        for n in range(beats):
            self._start("beat", "--schedule", str(self.home / f"beat{n}"))

    def _in_the_child(self) -> None:
        """Nobody is left behind when the test itself is killed."""
        end_with_parent()
        if self.file_limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_limit, self.file_limit))

    def start_worker(self, n: int) -> None:
        name = f"{n}.{len(self.crew)}@faults"
        quiet = "--without-gossip", "--without-mingle", "--without-heartbeat"
        self._start("worker", "--concurrency", "2", "--hostname", name, *quiet)

    def _start(self, what: str, *options: str) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.faults.worker",
            what,
            "-l",
            "WARNING",
            *options,
        ]
        with (self.home / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self._in_the_child,
            )
        process.what = what
        self.crew.append(process)

    def living(self, what: str = "worker") -> list[subprocess.Popen[bytes]]:
        return [p for p in self.crew if p.what == what and p.poll() is None]

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

    def freeze_somebody(self) -> list[int]:
        """All children of one worker, so that whoever is sending among them stands still."""
        chosen = children_of(self.random.choice(self.living()).pid)
        for pid in chosen:
            os.kill(pid, signal.SIGSTOP)
        return chosen

    def thaw(self, frozen: list[int]) -> None:
        for pid in frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def end_crew(self) -> None:
        for process in self.crew:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.crew.clear()

    # The disk and the backup

    def limit_files(self, *, extra_bytes: int | None) -> None:
        """Workers started from now on meet a full disk when a file has grown by so much."""
        register = self.home / "register.sqlite3"
        self.file_limit = None if extra_bytes is None else register.stat().st_size + extra_bytes

    def has_met_the_limit(self) -> bool:
        log = self.home / "worker.log"
        return log.exists() and any(
            words in log.read_text() for words in ("disk is full", "disk I/O", "File too")
        )

    def back_up(self) -> None:
        if self.database is not None:
            self.database.dump()
            return
        names = "register.sqlite3", "backup.sqlite3"
        with sqlite3.connect(self.home / names[0]) as live, sqlite3.connect(self.home / names[1]) as copy:
            live.backup(copy)

    def put_back(self) -> None:
        if self.database is not None:
            self.database.restore()
            return
        for left in self.home.glob("register.sqlite3*"):
            left.unlink()
        (self.home / "backup.sqlite3").rename(self.home / "register.sqlite3")

    def after_restore(self) -> None:
        """What docs/operations.md tells to do before the workers start."""
        self._run("manage.py", "after_restore", "--now", self.time().isoformat())

    # What came of it

    def books(self) -> dict[str, list[dict[str, Any]]]:
        return json.loads(self._run("-m", "tests.faults.books"))

    def due(self, wave: int) -> dict[str, set[str]]:
        return expected(self.known, wave)

    def arrived(self, wave: int) -> Counter[str]:
        return Counter(message.to for message in list(self.relay.messages) if message.wave == wave)

    def wait_until_told(self, wave: int, *, seconds: float = 90.0, due: Due | None = None) -> None:
        """Until everybody has their message and no message is on its way any more."""
        expected_of = set(self.due(wave) if due is None else due)
        wait_until(lambda: expected_of <= set(self.arrived(wave)), seconds=seconds, what="everybody hearing")
        wait_until(self._is_settled, seconds=seconds, what="every message being settled")

    def wait_until_quiet(self, *, seconds: float = 120.0) -> None:
        """Until nothing is on its way; what is uncertain waits for a person."""
        at_rest = SETTLED | {"uncertain"}
        due = len(self.due(0))

        def is_quiet() -> bool:
            states = [row["state"] for row in self.books()["deliveries"]]
            return len(states) >= due and set(states) <= at_rest

        wait_until(is_quiet, seconds=seconds, what="every message being at rest")

    def _is_settled(self) -> bool:
        return {row["state"] for row in self.books()["deliveries"]} <= SETTLED

    def assert_oracle(self, wave: int, *, copies: int = 1, due: Due | None = None) -> None:
        """Nothing lost, nothing twice, nothing that was not due; the books and the mail server agree both ways."""
        due = self.due(wave) if due is None else due
        of_wave = [message for message in self.relay.messages if message.wave == wave]
        told: dict[str, set[str]] = {}
        for message in of_wave:
            told.setdefault(message.to, set()).update(message.references)
        assert told == due
        found = self.relay.by_message_id()
        assert max(len(same) for same in found.values()) <= copies
        for same in found.values():
            assert len({(message.date, message.content) for message in same}) == 1
        sent = [row["message_id"] for row in self.books()["deliveries"] if row["state"] == "sent"]
        assert sorted(sent) == sorted(found)


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
