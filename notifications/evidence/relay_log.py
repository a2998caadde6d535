"""The log of our own relay, as Postfix writes it; the file before it (`.1`) is read too."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from notifications.evidence.base import Evidence, NoEvidence, Span

MESSAGE_ID = re.compile(rb"(?:(\w+): )?message-id=(<[^>\s]+>)")
IN_THE_QUEUE = re.compile(rb"qmgr\[\d+\]: (\w+): .*\(queue active\)")
# “Nov  2 01:00:03” says neither year nor zone: that of the first line is taken to be the last on earth in which it can
# be so late, that of the last line the first. So such a log covers less than it has.
WESTERNMOST, EASTERNMOST = timedelta(hours=12), timedelta(hours=-14)
LAST_LINES = 100_000  # bytes


class RelayLog(Evidence):
    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def __str__(self) -> str:
        return f"the relay's log {self.path}"

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        """Postfix names a message while it still reads it, and may lose the line then: only its queue manager
        has it for certain. A log without lines of a queue manager is taken at its word."""
        named: dict[bytes, set[str]] = {}
        queued: set[bytes] = set()
        has_queue = False
        for line in self._lines():
            if found := MESSAGE_ID.search(line):
                message_id = found[2].decode(errors="replace")
                if message_id in message_ids:
                    named.setdefault(found[1] or b"", set()).add(message_id)
            elif found := IN_THE_QUEUE.search(line):
                has_queue = True
                queued.add(found[1])
        certain = (ids for queue_id, ids in named.items() if queue_id in queued or not has_queue)
        return set().union(*certain)

    def span(self) -> Span:
        with contextlib.ExitStack() as opened:
            files = self._open(opened)
            first, last = files[0].readline(), _last_line(files[-1])
            return Span(
                begins=_moment_of(first, files[0], zone=WESTERNMOST),
                ends=_moment_of(last, files[-1], zone=EASTERNMOST),
            )

    def _lines(self) -> Iterator[bytes]:
        with contextlib.ExitStack() as opened:
            for file in self._open(opened):
                yield from _telling(file)

    def _open(self, opened: contextlib.ExitStack) -> list[BinaryIO]:
        """Oldest first. Opened the other way round: a rotation in between makes us read twice, not miss a file."""
        files: list[BinaryIO] = []
        try:
            files.append(opened.enter_context(self.path.open("rb")))
            with contextlib.suppress(FileNotFoundError):
                files.insert(0, opened.enter_context(self.path.with_name(f"{self.path.name}.1").open("rb")))
        except OSError as error:
            raise NoEvidence(f"{self} cannot be read: {error}") from error
        return files


def _telling(lines: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line in lines if b"message-id=" in line or b"(queue active)" in line)


def _last_line(file: BinaryIO) -> bytes:
    """Of those that are written to their end."""
    file.seek(max(0, file.seek(0, SEEK_END) - LAST_LINES))
    *lines, _unfinished = file.read().split(b"\n")
    return lines[-1] if lines else b""


def _moment_of(line: bytes, file: BinaryIO, *, zone: timedelta) -> datetime | None:
    """When the line was written; None if it does not say so. `zone`: how far UTC is ahead, where it does not say."""
    words = line.decode(errors="replace").split()
    with contextlib.suppress(ValueError, IndexError):
        found = datetime.fromisoformat(words[0])
        return found if found.tzinfo else found.replace(tzinfo=UTC) + zone
    with contextlib.suppress(ValueError):
        last = datetime.fromtimestamp(Path(file.name).stat().st_mtime, UTC)
        years = (f"{year} {' '.join(words[:3])}" for year in (last.year, last.year - 1))
        found, before = (datetime.strptime(each, "%Y %b %d %H:%M:%S").replace(tzinfo=UTC) for each in years)
        return (found if found <= last - EASTERNMOST else before) + zone
    return None
