"""Ends what the supervisor has started when the supervisor itself was killed: `kill -9` reaches no handler.

It reads "+PID" and "-PID" of process groups from a pipe whose other end only the supervisor holds, so the end
of that pipe is the end of the supervisor. It works wherever there are pipes. Standard library only.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 5.0  # seconds between asking and killing


def main() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    tell(groups, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while groups and time.monotonic() < deadline:
        time.sleep(0.1)
        groups = {group for group in groups if is_alive(group)}
    tell(groups, signal.SIGKILL)


def tell(groups: set[int], what: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, what)


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS answers with the second for a group of zombies
        return False
    return True


if __name__ == "__main__":
    main()
