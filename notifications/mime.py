"""A mail as the bytes that go over the wire: from the same words the same bytes, each time.

Python's generator takes longer for a mail than writing and storing it; what it reads from ours is tested."""

from __future__ import annotations

import quopri
import re
from collections.abc import Mapping
from email.charset import SHORTEST, Charset
from email.header import Header
from textwrap import wrap

SHORT_LINE, LONGEST_LINE = 78, 998  # RFC 5322, 2.1.1
FOLDED = 60
UTF_8 = Charset("utf-8")  # our own: a package may change how the whole process encodes headers (apprise does)
UTF_8.header_encoding = SHORTEST
CRLF = "\r\n"
LINE_END, UNWRITABLE = re.compile(r"\r\n|\r|\n"), re.compile(r"[\r\n\0]")


def mail_as_bytes(headers: Mapping[str, str], text: str, html: str, *, boundary: str) -> bytes:
    """Raises ValueError where a header or a text cannot be written."""
    head = "".join(_header(name, value) for name, value in headers.items()) + "MIME-Version: 1.0\r\n"
    if not html:
        return head.encode("ascii") + _part("plain", text)
    kind = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
    opening = f"--{boundary}\r\n".encode()
    parts = b"".join(opening + _part(*each) + b"\r\n" for each in (("plain", text), ("html", html)))
    return (head + kind).encode("ascii") + parts + f"--{boundary}--\r\n".encode()


def _header(name: str, value: str) -> str:
    if UNWRITABLE.search(value):
        raise ValueError(f"The header {name} has a line break or a NUL.")
    if not value.isascii():
        folded = Header(value, UTF_8, header_name=name).encode(linesep=CRLF)
    elif len(name) + len(value) > SHORT_LINE - 2:
        folded = f"{CRLF} ".join(wrap(value, FOLDED, break_long_words=False, break_on_hyphens=False))
    else:
        folded = value
    return f"{name}: {folded}{CRLF}"


def _part(kind: str, words: str) -> bytes:
    if "\0" in words:
        raise ValueError("The text has a NUL.")
    body = LINE_END.sub("\n", words).encode()
    if max(map(len, body.split(b"\n"))) > LONGEST_LINE:
        encoding, body = "quoted-printable", quopri.encodestring(body)
    else:
        encoding = "7bit" if body.isascii() else "8bit"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + body.replace(b"\n", CRLF.encode())
