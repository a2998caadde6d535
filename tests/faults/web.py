"""Who must not wait for a broker: the web, as a browser meets it, and whoever rings."""

from __future__ import annotations

import http.client
import re
import subprocess
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.mail_server import free_port

HOST = "tracker.ministry.example"
LINK = re.compile(rf"https://{HOST}(/a/\S+)")
BEHIND_A_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "Referer": f"https://{HOST}/"}
COOKIE, TOKEN = re.compile(r"__Host-csrftoken=([^;]+)"), re.compile(r'csrfmiddlewaretoken" value="([^"]+)')


@dataclass
class Web:
    port: int = field(default_factory=free_port)

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, content, cookies."""
        return self._ask("GET", path)

    def seconds_to_post(self, path: str, **fields: str) -> float:
        """What a form of that page says, accepted."""
        _status, page, cookies = self.get(path)
        cookie, token = COOKIE.search(cookies), TOKEN.search(page)
        assert cookie, cookies
        assert token, page[:2000]
        began = time.monotonic()
        body = urlencode({"csrfmiddlewaretoken": token[1], **fields})
        headers = {
            "Cookie": f"__Host-csrftoken={cookie[1]}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        status, said, _cookies = self._ask("POST", path, body=body, headers=headers)
        assert status == 302, said[:2000]
        return time.monotonic() - began

    def _ask(
        self, method: str, path: str, *, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, BEHIND_A_PROXY | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Set-Cookie", "")


class Bell:
    """A process that rings each time it is told to: `python -m tests.faults.ringing`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def seconds_to_ring(self) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())
