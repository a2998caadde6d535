"""Hands messages over, one after the other, in a thread of its own: whoever waits for another server wastes nothing.

The thread asks the database nothing. It ends with the first message that is not accepted, so that whoever started it
decides about the next one knowing of this."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from notifications.channels import Channel
from notifications.writing import Ready

SECONDS_OF_A_TURN = 0.0002
Meanwhile = Callable[[Callable[[], bool]], Any]  # is told how to ask whether all is handed over


def nothing_else(_is_handed_over: Callable[[], bool]) -> None:
    pass


@dataclass
class Handed:
    """What was accepted, and which message was not, with the reason."""

    accepted: list[Ready] = field(default_factory=list)
    failed: tuple[Ready, Exception] | None = None
    seconds: float = 0.0


@contextmanager
def _taking_turns() -> Iterator[None]:
    """The line needs the interpreter often and for a moment each time; its turn usually comes after 5 ms."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SECONDS_OF_A_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


class Line:
    """To one channel, for one run."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="line")
        self._is_to_stop = False

    def hand_over(self, left: deque[Ready], handed: Handed, meanwhile: Meanwhile) -> None:
        """Takes from `left` what it hands over; when this returns or raises, nothing is on its way any more."""
        with _taking_turns():
            running = self._thread.submit(self._hand_over, left, handed)
            try:
                meanwhile(running.done)
            except BaseException:
                self._is_to_stop = True
                raise
            finally:
                running.result()

    def _hand_over(self, left: deque[Ready], handed: Handed) -> None:
        started = time.monotonic()
        while left and handed.failed is None and not self._is_to_stop:
            ready = left.popleft()
            try:
                self.channel.send(ready.prepared, not_after=ready.not_after)
            except Exception as error:
                handed.failed = ready, error
            else:
                handed.accepted.append(ready)
        handed.seconds = time.monotonic() - started

    def close(self) -> None:
        self._thread.shutdown()
        self.channel.close()
