"""Child processes that live and die together. Standard library only, one thread, no Django."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker import reaper

PATIENCE = 20.0  # seconds that a child has to end by itself; the worker finishes what it is sending
PR_SET_PDEATHSIG = 1


class Trouble(Exception):
    """Something that a person has to read; the text is the whole message."""


class Stopped(Exception):
    """Somebody asked for the end: Ctrl-C, a signal, a closed terminal."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self, count: int = 15) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines)


class Crew:
    """Starts children and ends all of them, last started first, whatever happens to this process."""

    def __init__(self, log_dir: Path, *, keep_open: int) -> None:
        """All children inherit the descriptor `keep_open`: a lock that is free when the last of them has ended."""
        self.log_dir = log_dir
        self.keep_open = keep_open
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self.children: list[Child] = []
        self.asked_to_stop = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._ask_to_stop)
        self.reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop += 1

    def start(
        self, name: str, command: Sequence[str], *, environ: dict[str, str], inherit: Sequence[int] = ()
    ) -> Child:
        """Start a child in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor."""
        log = self.log_dir / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self.keep_open, *inherit],
                start_new_session=True,
                preexec_fn=end_with_parent if sys.platform == "linux" else None,
            )
        self._tell_reaper("+", process.pid)
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def finish(self, child: Child) -> int:
        """Wait for a child that is meant to end, and return its exit code."""
        self.children.remove(child)
        try:
            self.wait_until(lambda: child.process.poll() is not None)
        finally:
            self._end(child)
        return child.process.returncode

    def wait_until(self, done: Callable[[], bool], *, seconds: float = float("inf"), what: str = "") -> None:
        """Wait while all children live and nobody asks for the end."""
        deadline = time.monotonic() + seconds
        while not done():
            if self.asked_to_stop:
                raise Stopped
            for child in self.children:
                if child.process.poll() is not None:
                    raise Trouble(f"{describe_end(child)}\n{child.last_lines()}\nIts log: {child.log}")
            if time.monotonic() > deadline:
                raise Trouble(f"{what} did not answer within {seconds:.0f} seconds. Logs: {self.log_dir}")
            time.sleep(0.05 if seconds < float("inf") else 0.2)

    def end_all(self) -> None:
        """End the children one after the other; whoever asks a second time does not want to wait."""
        requests = self.asked_to_stop
        while self.children:
            self._end(self.children.pop(), impatient=lambda: self.asked_to_stop > requests)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.reaper.communicate(timeout=PATIENCE)

    def _end(self, child: Child, impatient: Callable[[], bool] = lambda: False) -> None:
        deadline = time.monotonic() + PATIENCE
        if child.process.poll() is None:
            child.process.terminate()
        while child.process.poll() is None and time.monotonic() < deadline and not impatient():
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)  # itself or what it has left behind
        child.process.wait()
        self._tell_reaper("-", child.process.pid)

    def _tell_reaper(self, sign: str, pid: int) -> None:
        assert self.reaper.stdin
        with contextlib.suppress(BrokenPipeError):
            self.reaper.stdin.write(f"{sign}{pid}\n".encode())
            self.reaper.stdin.flush()


def describe_end(child: Child) -> str:
    code = child.process.returncode
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"The {child.name} {how}, so everything stops."


def end_with_parent() -> None:
    """Run in the child: the kernel sends SIGTERM the moment its parent is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
