"""Sending against a bare loop of smtplib over one connection with the very same messages, and against the usual way.

Each process is one of its own: mail server, workers, loop (bench/sending.py). The mail server is aiosmtpd as in the
tests: it takes each message to its records and into its log, and offers PIPELINING and 8BITMIME as Postfix does. What
our worker does in that time is all of its work: claim, ask what is needed, write, ask once more, store, hand over,
write down the answers; commits are durable. A ratio above 1 would mean that it is faster than the loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.faults.servers import PostgreSQL, postgresql_programs
from tests.mail_server import free_port

CHECKOUT = Path(__file__).resolve().parent.parent
FULL = bool(os.environ.get("FULL"))
SLOW = "0.010"  # seconds of the relay for each message
MESSAGES, MANY = (2_000, 20_000) if FULL else (1_000, 3_000)
ITEMS = 1  # in each message
# The usual way: a hundred open items for each of so many people, a fifth of them due.
PEOPLE, DUE_EACH, OPEN_BESIDES = 100, 20, 8_000
USUAL_SAMPLE = 500  # of its items; the rest takes as long for each

Facts = dict[str, Any]


def run() -> list[Facts]:
    found = _of("SQLite", None)
    if postgresql_programs() is not None:
        cluster = PostgreSQL()
        cluster.start()
        try:
            found += _of("PostgreSQL", cluster)
        finally:
            cluster.stop()
    return found


def _of(name: str, cluster: PostgreSQL | None) -> list[Facts]:
    figures = [
        _at_least(f"dispatch, relay of 10 ms, {name}", _against_bare(cluster, SLOW), "of a bare loop", 0.8),
        _at_least(f"dispatch, instant relay, {name}", _against_bare(cluster, "0"), "of a bare loop", 0.4),
        _at_least(f"two workers, {name}", _two_workers(cluster), "times one", 1.6),
        _at_least(f"against the usual way, {name}", _against_usual(cluster), "times faster", 30.0),
    ]
    memory = _memory(cluster)
    return [
        *figures,
        {"name": f"memory, {MANY} messages, {name}", "value": memory, "unit": "MB", "at_most": 250},
    ]


def _at_least(name: str, value: float, unit: str, least: float) -> Facts:
    return {"name": name, "value": round(value, 2), "unit": unit, "at_least": least}


def _against_bare(cluster: PostgreSQL | None, seconds: str) -> float:
    with House(cluster) as house, house.relay(seconds):
        house.fill(MESSAGES, ITEMS)
        ours = house.work(workers=1)
        bare = house.do("bare", str(house.recorded), str(house.port))
        assert ours["sent"] == bare["sent"] == MESSAGES
        return bare["seconds"] / ours["seconds"]


def _two_workers(cluster: PostgreSQL | None) -> float:
    took = []
    for workers in (1, 2):
        with House(cluster) as house, house.relay(SLOW):
            house.fill(2 * MESSAGES, ITEMS)
            found = house.work(workers=workers)
            assert found["sent"] == 2 * MESSAGES
            took.append(found["seconds"])
    return took[0] / took[1]


def _against_usual(cluster: PostgreSQL | None) -> float:
    """Ours from dates to mails: planned, bundled, sent. Against a loop over all open items, as often seen: a query and
    a mail over a connection of its own for each. That we ask what has come due, and write to a person once, is the
    larger part of the difference."""
    with House(cluster) as house, house.relay(SLOW):
        house.do("seed", str(PEOPLE), str(DUE_EACH), str(OPEN_BESIDES))
        usual = house.do("usual", str(USUAL_SAMPLE))
        ours = house.do("whole")
        assert (ours["sent"], usual["sent"]) == (PEOPLE, USUAL_SAMPLE)
        everything = PEOPLE * DUE_EACH + OPEN_BESIDES
        return usual["seconds"] / USUAL_SAMPLE * everything / ours["seconds"]


def _memory(cluster: PostgreSQL | None) -> float:
    with House(cluster) as house, house.relay("0"):
        house.fill(MANY, ITEMS)
        found = house.work(workers=1)
        assert found["sent"] == MANY
        return round(found["megabytes"])


class House:
    """A register, a mail server and workers, on ports of their own."""

    def __init__(self, cluster: PostgreSQL | None) -> None:
        self.cluster, self.port = cluster, free_port()
        self.stack = ExitStack()

    def __enter__(self) -> House:
        self.home = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.recorded = self.home / "recorded"
        if self.cluster is not None:
            self.cluster.empty()
        self._run("manage.py", "migrate", "--verbosity", "0")
        return self

    def __exit__(self, *error: Any) -> None:
        self.stack.close()

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        database = {"DATABASE_URL": self.cluster.url} if self.cluster else {}
        return {
            **kept,
            **database,
            "VAR_DIR": str(self.home),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}",
            "DEFAULT_FROM_EMAIL": "tracker@ministry.example",
            "SITE_URL": "https://tracker.ministry.example",
            "DJANGO_SETTINGS_MODULE": "tracker.settings",
            "MAIL_UNCERTAIN": "verify",
            "RELAY_LOG": str(self.home / "relay.log"),
        }

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.environ, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode()

    def do(self, deed: str, *arguments: str) -> Facts:
        said = self._run("-m", "bench.sending", deed, *arguments).splitlines()
        return json.loads(said[-1]) if said else {}

    def fill(self, messages: int, items: int) -> None:
        self.do("seed", str(messages), str(items), "0")
        self.do("bundle")

    @contextmanager
    def relay(self, seconds: str) -> Iterator[None]:
        with self._start("relay", str(self.port), seconds, str(self.home)) as process:
            assert process.stdout
            process.stdout.readline()
            try:
                yield
            finally:
                process.terminate()

    def work(self, *, workers: int) -> Facts:
        gate = self.home / "gate"
        running = [self._start("work", str(gate)) for _n in range(workers)]
        for process in running:
            assert process.stdout
            process.stdout.readline()  # it is ready
        gate.touch()
        found = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
        return {
            "sent": sum(facts["sent"] for facts in found),
            "seconds": max(facts["seconds"] for facts in found),
            "megabytes": max(facts["megabytes"] for facts in found),
        }

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bench.sending", *arguments]
        return subprocess.Popen(command, cwd=CHECKOUT, env=self.environ, stdout=subprocess.PIPE)


if __name__ == "__main__":
    for figure in run():
        print(json.dumps(figure))
