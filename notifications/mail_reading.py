"""What stands in a mail as it came: whatever its charset, however broken. Pure: no clock, no database."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html import unescape

from commitments.fields import FORBIDDEN, composed

# More than this of one mail is neither fetched nor read; what people write comes before what they attach.
READ_AT_MOST = 1_000_000  # bytes
HTML_AT_MOST = 200_000  # characters
TEXT_AT_MOST = 100_000
NAMES_AT_MOST = 20

# Windows writes its own, larger tables under the names of the standards.
LARGER = {
    **dict.fromkeys(["euc-kr", "euckr", "ks_c_5601-1987", "ks_c_5601", "ksc5601", "ks_x_1001"], "cp949"),
    **dict.fromkeys(["shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"], "cp932"),
    **dict.fromkeys(["gb2312", "gbk"], "gb18030"),
    "iso-8859-1": "cp1252",
}
NOT_OF_MAIL = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "charmap"}
MESSAGE_ID = re.compile(r"<[^<>\s]{3,480}>")
INVISIBLE = re.compile("[\u200b\ufeff\u00ad]")


class Unreadable(Exception):
    """Not a mail that can be taken apart."""


@dataclass(frozen=True)
class ReceivedMail:
    message_id: str
    from_address: str
    from_name: str
    to_addresses: frozenset[str]
    subject: str
    refers_to: tuple[str, ...]  # Message-IDs, the nearest first
    text: str
    attachments: tuple[str, ...]
    is_whole: bool  # its text was read to the end
    message: Message
    raw: bytes


def read_mail(raw: bytes) -> ReceivedMail:
    """`raw` may be the beginning of a longer mail. Raises Unreadable."""
    is_cut = len(raw) >= READ_AT_MOST
    try:
        message = message_from_bytes(raw[:READ_AT_MOST])
        parts = list(_leaves(message))
        spoken = _spoken(message)
    except (RecursionError, ValueError, LookupError, AttributeError) as error:
        raise Unreadable(repr(error)) from error
    name, address = _sender(message)
    return ReceivedMail(
        message_id=_message_id(message, raw),
        from_address=address,
        from_name=name,
        to_addresses=_addresses(message, "To", "Cc", "Delivered-To"),
        subject=header(message, "Subject")[:500],
        refers_to=_refers_to(message),
        text="\n\n".join(filter(None, (_text_of(part) for part in spoken)))[:TEXT_AT_MOST],
        attachments=tuple(_attached(parts)),
        is_whole=not is_cut or not spoken or spoken[-1] is not parts[-1],
        message=message,
        raw=raw[:READ_AT_MOST],
    )


def header(message: Message, name: str) -> str:
    """On one line, its encoded words read; empty if it is not there."""
    return in_words(message.get(name, ""))


def in_words(value: object) -> str:
    try:
        pieces = decode_header(value)  # type: ignore[arg-type]
    except (HeaderParseError, ValueError):
        return _on_one_line(str(value))
    return _on_one_line("".join(p if isinstance(p, str) else decoded(p, charset) for p, charset in pieces))


def _on_one_line(text: str) -> str:
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """Without what no database and no page should get: NUL, controls, overrides of the writing direction."""
    text = re.sub(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text).replace("\xa0", " ")
    return composed(INVISIBLE.sub("", FORBIDDEN.sub("", text)))


def _message_id(message: Message, raw: bytes) -> str:
    """Its own; else one of what its sender wrote, which is the same in each copy."""
    found = MESSAGE_ID.search(header(message, "Message-ID"))
    if found:
        return found.group()
    _trace, _blank, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    own = "\n".join(header(message, name) for name in ("From", "Date", "Subject"))
    return f"<{hashlib.sha256(own.encode() + body).hexdigest()}@no-message-id>"


def _refers_to(message: Message) -> tuple[str, ...]:
    nearest = MESSAGE_ID.findall(header(message, "In-Reply-To"))
    thread = MESSAGE_ID.findall(header(message, "References"))
    return tuple(dict.fromkeys([*nearest, *reversed(thread)]))[:100]


def _sender(message: Message) -> tuple[str, str]:
    name, address = parseaddr(str(message.get("From", "")))
    return in_words(name)[:200], _on_one_line(address)[:320].lower()


def _addresses(message: Message, *names: str) -> frozenset[str]:
    values = [str(value) for name in names for value in message.get_all(name, [])]
    return frozenset(address.lower() for _name, address in getaddresses(values) if address)


# -- parts


def _leaves(part: Message) -> Iterator[Message]:
    """In their order. What stands inside an attached mail belongs to that mail."""
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    for inner in part.get_payload():
        yield from _leaves(inner)  # type: ignore[arg-type]


def _spoken(part: Message) -> list[Message]:
    """The parts that hold what the sender wrote: of alternatives the plain one, unless it is empty."""
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        is_text = part.get_content_type() in {"text/plain", "text/html"}
        return [part] if is_text and part.get_content_disposition() != "attachment" else []
    found = [_spoken(inner) for inner in part.get_payload()]  # type: ignore[arg-type]
    if part.get_content_subtype() != "alternative":
        return [leaf for leaves in found for leaf in leaves]
    said = [leaves for leaves in found if any(str(leaf.get_payload()).strip() for leaf in leaves)]
    plain = [leaves for leaves in said if leaves[0].get_content_subtype() == "plain"]
    return next(iter(plain or said), [])


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    text = decoded(content, part.get_content_charset())
    is_html = part.get_content_subtype() == "html"
    return printable(text_of_html(text[:HTML_AT_MOST]) if is_html else text).strip()


def _attached(parts: list[Message]) -> Iterator[str]:
    """Names of what was attached; a picture that stands in the text, such as a logo, is none."""
    named = [part for part in parts if part.get_filename() or part.get_content_disposition() == "attachment"]
    for part in [part for part in named if not _stands_in_text(part)][:NAMES_AT_MOST]:
        yield in_words(part.get_filename() or part.get_content_type())[:200]


def _stands_in_text(part: Message) -> bool:
    return part.get_content_disposition() != "attachment" and "Content-ID" in part


# -- charsets


def decoded(content: bytes, charset: str | None) -> str:
    """By the charset it names if that reads it, else by a likely one; what nothing reads is marked."""
    if b"\x1b$" in content:
        return _iso_2022_jp(content)
    named = LARGER.get((charset or "").lower(), charset or "")
    first = [named] if content.isascii() or named.lower().startswith("utf") else ["utf-8", named]
    likely = ["cp932", "cp949"] if _is_shift_jis(content) else ["cp949", "cp932"]
    for name in [*first, "utf-8", *likely]:
        try:
            if codecs.lookup(name).name not in NOT_OF_MAIL:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _is_shift_jis(content: bytes) -> bool:
    """Korean read by that table is full of half-width kana."""
    read = content[:2_000].decode("cp932", "replace")
    return re.search("[ぁ-ん]", read) is not None and re.search("[ｦ-ﾟ]", read) is None


ESCAPED = re.compile(rb"(\x1b\$[@B]|\x1b\([BJI]|\n)?([^\x1b\n]*)")


def _iso_2022_jp(content: bytes) -> str:
    """By way of Windows' table: Outlook writes ① and ㈱ into this charset, which has no such characters."""
    table, read = b"", bytearray()
    for sign, run in ESCAPED.findall(content):
        table = sign if sign.startswith(b"\x1b") else b"" if sign else table
        read += b"\n" if sign == b"\n" else b""
        if table.startswith(b"\x1b$"):
            read += _in_shift_jis(run)
        else:
            read += bytes(byte | 0x80 for byte in run) if table == b"\x1b(I" else run
    return bytes(read).decode("cp932", "replace")


def _in_shift_jis(run: bytes) -> bytes:
    moved = bytearray()
    for row, cell in zip(run[::2], run[1::2], strict=False):
        moved.append(((row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)) & 0xFF)
        moved.append((cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E) & 0xFF)
    return bytes(moved)


# -- HTML, by hand: the parser of the standard library takes minutes for what is broken on purpose

TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,15})\b[^<>]{0,4000}>", re.IGNORECASE)
APART = {"p", "div", "li", "tr", "table", "ul", "ol", "blockquote", "hr", "br", "h1", "h2", "h3", "h4", "pre"}
UNSEEN = {"style", "script", "head", "title"}


class _Page:
    """Line by line as it is shown; what is quoted begins with “>”, numbered points with their number."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.quoted = self.unseen = 0
        self.lists: list[int | None] = []  # the last number of each list that is open, None if it has none

    def tag(self, name: str, *, ends: bool) -> None:
        step = -1 if ends else 1
        if name in APART and self.lines[-1]:
            self.lines.append("")
        if name in UNSEEN:
            self.unseen = max(0, self.unseen + step)
        elif name == "blockquote":
            self.quoted = max(0, self.quoted + step)
        elif name in {"ol", "ul"}:
            self._list(name, ends=ends)
        elif name == "li" and not ends:
            self._point()

    def _list(self, name: str, *, ends: bool) -> None:
        if not ends:
            self.lists.append(0 if name == "ol" else None)
        elif self.lists:
            self.lists.pop()

    def _point(self) -> None:
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            self.words(f"{self.lists[-1]}. ")

    def words(self, data: str) -> None:
        said = re.sub(r"\s+", " ", data)
        if self.unseen:
            return
        if self.lines[-1]:
            self.lines[-1] += said
        elif said.strip():
            self.lines[-1] = "> " * min(self.quoted, 5) + said.lstrip()


def text_of_html(html: str) -> str:
    page, at = _Page(), 0
    html = _without_comments(html)
    for found in TAG.finditer(html):
        page.words(unescape(html[at : found.start()]))
        page.tag(found[2].lower(), ends=bool(found[1]))
        at = found.end()
    page.words(unescape(html[at:]))
    return "\n".join(line.rstrip() for line in page.lines)


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)
