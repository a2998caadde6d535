"""A real Dovecot on local ports with one mailbox, which a test fills and breaks. It needs no rights and leaves nothing."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.mail_server import free_port

USER, PASSWORD = "desk@mail.example", "pass word, 1%"
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
first_valid_uid = 1
mail_location = maildir:{home}/mail
ssl = yes
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = {home}/users
}}
userdb {{
  driver = static
  args = uid={account} gid={group} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service imap {{
  process_limit = 20
}}
"""


class ImapServer:
    """`with ImapServer() as server`: mail by `deliver`, what a client finds by `seen`, broken by `stop`."""

    def __init__(self) -> None:
        # Dovecot serves nobody's mail as root, and a directory of pytest's lets nobody else in.
        self.account = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
        self.home = Path(tempfile.mkdtemp(prefix="imap-"))
        self.port, self.tls_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ImapServer:
        self._write()
        self.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def certificate(self) -> Path:
        return self.home / "certificate.pem"

    def _write(self) -> None:
        request = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
        files = ["-keyout", str(self.home / "key.pem"), "-out", str(self.certificate)]
        subprocess.run([*request, *names, *files], check=True, capture_output=True)
        configuration = CONFIGURATION.format(
            home=self.home,
            account=self.account.pw_name,
            group=_group_of(self.account),
            port=self.port,
            tls_port=self.tls_port,
        )
        (self.home / "dovecot.conf").write_text(configuration)
        (self.home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        for name in ("mail", "mail/cur", "mail/new", "mail/tmp", "run", "state"):
            (self.home / name).mkdir()
        if os.getuid() == 0:
            for path in [self.home, *self.home.rglob("*")]:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def start(self) -> None:
        command = ["dovecot", "-F", "-c", str(self.home / "dovecot.conf")]
        who: dict[str, Any] = {}
        if os.getuid() == 0:
            who = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True, **who)
        for _attempt in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.home / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def crash(self) -> None:
        """It and all that serve its clients."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
            self.process = None

    def url(self, scheme: str = "imap+ssl", *, password: str = PASSWORD, folder: str = "INBOX") -> str:
        port = self.tls_port if scheme == "imap+ssl" else self.port
        return f"{scheme}://{quote(USER)}:{quote(password, safe='')}@localhost:{port}/{quote(folder)}"

    @property
    def name(self) -> str:
        return f"{USER}@localhost/INBOX"

    # -- what a person does with the mailbox

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(USER, PASSWORD)
        return client

    def deliver(self, raw: bytes, *, folder: str = "INBOX", flags: str = "", date: str = "") -> None:
        with self.client() as client:
            answer, said = client.append(folder, flags, date, raw)
            assert answer == "OK", said

    def empty(self) -> None:
        with self.client() as client:
            client.select()
            client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()

    def flags(self) -> list[str]:
        """Of each mail of the inbox, in its order: “S” where it counts as read."""
        with self.client() as client:
            client.select("INBOX", readonly=True)
            _answer, data = client.fetch("1:*", "(FLAGS)")
            return ["S" if b"\\Seen" in line else "" for line in data if line]

    def trusted(self) -> dict[str, str]:
        """For the environment: the certificate counts as one of a known authority."""
        return {"SSL_CERT_FILE": str(self.certificate)}


def _group_of(account: pwd.struct_passwd) -> str:
    return grp.getgrgid(account.pw_gid).gr_name
