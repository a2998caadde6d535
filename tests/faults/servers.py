"""Servers of the test's own, which can be killed, frozen and started again on the same port."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mail_server import free_port
from tracker import broker
from tracker.crew import end_with_parent

PATIENCE = 30.0  # seconds


def wait_until(done: Callable[[], Any], *, seconds: float = PATIENCE, what: str = "it") -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} seconds"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Redis:
    """The broker, without anything on disk: what dies with it is gone."""

    program = broker.find_program()

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert self.program
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [self.program, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            preexec_fn=end_with_parent,
        )
        wait_until(lambda: listens(self.port), what="Redis")

    def empty(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(16).startswith(b"+OK")

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()


def postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    program = shutil.which("pg_ctl")
    return Path(program).parent if program else None


class PostgreSQL:
    """A cluster of its own; root starts it as the user postgres, which refuses to be root."""

    def __init__(self, *, shared_buffers: str = "128MB") -> None:
        self.port = free_port()
        self.shared_buffers = shared_buffers
        self.user = "postgres" if os.getuid() == 0 else None
        self.home = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
        self.data = self.home / "data"
        self.kept: set[str] = set()
        if self.user:
            shutil.chown(self.home, self.user, self.user)

    @property
    def url(self) -> str:
        return f"postgres://tracker@127.0.0.1:{self.port}/tracker"

    @property
    def _options(self) -> str:
        of_its_own = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={self.home}"
        return f"-p {self.port} {of_its_own} -c shared_buffers={self.shared_buffers}"

    def start(self) -> None:
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "tracker", "-E", "UTF8", "--locale=C")
        self._run(
            "pg_ctl", "-D", str(self.data), "-w", "-o", self._options, "-l", str(self.home / "log"), "start"
        )
        self._run("createdb", *self._where(), "tracker")

    def empty(self) -> None:
        """A register that nothing has been written to."""
        self._replace("tracker")

    def keep(self, name: str) -> None:
        """The register as it stands, to begin with again."""
        self._replace(name, "--template", "tracker")
        self.kept.add(name)

    def begin_with(self, name: str) -> None:
        self._replace("tracker", "--template", name)

    def _replace(self, name: str, *options: str) -> None:
        self._run("dropdb", "--force", "--if-exists", *self._where(), name)
        self._run("createdb", *options, *self._where(), name)

    def dump(self) -> None:
        self._run("pg_dump", "-Fc", "-f", str(self.home / "dump"), *self._where(), "tracker")

    def restore(self) -> None:
        self.empty()
        self._run("pg_restore", "-d", "tracker", *self._where(), str(self.home / "dump"))

    def _where(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "tracker"]

    def crash(self) -> None:
        """As by a power cut: no checkpoint; it recovers from its log when it starts again."""
        self._run(
            *("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "-o", self._options),
            *("-l", str(self.home / "log"), "restart"),
        )

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        programs = postgresql_programs()
        assert programs
        group = pwd.getpwnam(self.user).pw_gid if self.user else None
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            user=self.user,
            group=group,
            extra_groups=[] if self.user else None,
            cwd="/",
            env=os.environ | {"PGOPTIONS": "-c client_min_messages=warning"},
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )


class Proxy:
    """Between a client and a port; `half_open` goes on accepting and forwards nothing, as a lost firewall state."""

    def __init__(self, to_port: int) -> None:
        self.to_port, self.port = to_port, free_port()
        self.half_open = False
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self.to_port))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=[one, other], daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                while self.half_open:
                    time.sleep(0.1)
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.close()

    def stop(self) -> None:
        self.half_open = False
        self.listener.close()
