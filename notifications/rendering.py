"""The frame around every message: text, HTML, headers and the lines at its foot. Asks the database nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from email.utils import quote as quoted
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from commitments.models import Forum, Organisation
from notifications.links import PreferenceLink
from notifications.models import Delivery
from notifications.recipients import Directory
from notifications.wrapping import wrapped

DEMONSTRATION = "시연용 · demonstration, not the actual state · 実演用"
ITEMS_HEADER = "X-Register-Items"  # which reminder each number is: a plain reply refers to the numbers


@dataclass(frozen=True)
class Message:
    subject: str
    text: str
    html: str
    address: str
    reply_to: list[str]
    reminder_ids: frozenset[int]
    withheld: frozenset[int] = frozenset()  # reminders of which only the reference is told
    headers: dict[str, str] = field(default_factory=dict)  # beyond those that every message has
    # Follow-ups that it tells of without asking, and whether only the reference.
    mentions: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """Something that is asked, as it reads."""

    number: int
    reference: str
    title: str  # our summary, or the name of the meeting
    when: str
    link: str
    link_text: str
    why: str
    is_summary: bool = False
    words: str = ""  # declared, in the recipient's language; empty if there are none
    status: str = ""
    letter: str = ""  # the number of the one with which the document came
    note: str = ""  # who was told before; what the desk said
    late: str = ""


@dataclass(frozen=True)
class Section:
    part: str
    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Row:
    """A line that asks nothing."""

    said: str
    reference: str = ""
    title: str = ""


@dataclass(frozen=True)
class Listing:
    heading: str
    said: str
    rows: tuple[Row, ...]
    more: str = ""  # how many are left out
    link: str = ""
    link_text: str = ""


@dataclass(frozen=True)
class Contents:
    """What one message says, before it is put into its frame."""

    subject: str
    intro: str
    forums: list[Forum]
    answer_by: str = ""
    why: str = ""  # of what asks nothing; what asks says so item by item
    sections: tuple[Section, ...] = ()
    listings: tuple[Listing, ...] = ()
    reminder_ids: frozenset[int] = frozenset()
    withheld: frozenset[int] = frozenset()
    mentions: Mapping[int, bool] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def render(contents: Contents, delivery: Delivery, directory: Directory) -> Message:
    """In the language that is switched on: the recipient's."""
    items = [item for section in contents.sections for item in section.items]
    mailboxes = sorted({box for forum in contents.forums if (box := directory.mailbox(forum.pk))})
    frame = {
        "demonstration": DEMONSTRATION if _is_demonstration(contents.forums) else "",
        "desk": _desk_line(contents.forums, directory),
        "preferences": PreferenceLink(delivery.recipient_id).address(),
        **_phrases(delivery.language, several=len(items) > 1, is_overview=delivery.is_overview),
    }
    context = {"contents": contents, "language": delivery.language, "asks": bool(items), **frame}
    by_chat = delivery.channel == Delivery.Channel.CHAT
    lines = _short_lines(contents, frame) if by_chat else map(wrapped, _lines(contents, frame))
    return Message(
        subject=subject_of(contents.forums, contents.subject),
        text="".join(f"{line}\n" for line in lines),
        html="" if by_chat else render_to_string("notifications/mail/message.html", context),
        address=delivery.recipient.email,
        reply_to=mailboxes,
        reminder_ids=contents.reminder_ids,
        withheld=contents.withheld,
        mentions=contents.mentions,
        headers={**_sender_of(contents.forums, directory), **_headers(contents, delivery, mailboxes)},
    )


def subject_of(forums: Iterable[Forum], said: str) -> str:
    """First of which register it speaks."""
    codes = ", ".join(forum.code for forum in forums)
    mark = _("Demonstration") + " · " if _is_demonstration(forums) else ""
    return f"[{codes}] {mark}{said}" if codes else f"{mark}{said}"


def sender(name: str) -> str:
    """By this name, at the one address that may send for us (SPF)."""
    return f'"{quoted(name)}" <{_address_in(settings.DEFAULT_FROM_EMAIL)}>'


@lru_cache(maxsize=4)
def _address_in(sender: str) -> str:
    return parseaddr(sender)[1]


def with_telephone(organisation: Organisation) -> str:
    if not organisation.telephone:
        return str(organisation)
    return _("%(desk)s, %(telephone)s") % {"desk": organisation, "telephone": organisation.telephone}


def our_summary() -> str:
    return _("(our summary)")


def _is_demonstration(forums: Iterable[Forum]) -> bool:
    return any(forum.demonstration for forum in forums)


@lru_cache(maxsize=16)
def _phrases(language: str, *, several: bool, is_overview: bool) -> dict[str, str]:
    """In the language that is switched on, which is this one."""
    reply = (
        _("Or reply to this mail by number: “1 no change; 2 …”. Not yours? Reply “2 not mine”.")
        if several
        else _("Or simply reply to this mail. Not yours? Reply “not mine”.")
    )
    return {
        "ours": our_summary(),
        "answer": _("Answer"),
        "reply": reply,
        "change": (
            _("Switch it off, or change when and how you are told:")
            if is_overview
            else _("Change when and how you are told:")
        ),
        "never": _("We never ask for passwords and never send attachments."),
    }


def _lines(contents: Contents, frame: Mapping[str, str]) -> Iterator[str]:
    """Of the text part, as long as they come."""
    if frame["demonstration"]:
        yield from (frame["demonstration"], "")
    yield from filter(None, (contents.intro, contents.answer_by))
    for section in contents.sections:
        yield from ("", f"■ {section.heading}") if section.heading else ()
        for item in section.items:
            yield from _lines_of(item, frame["ours"])
    if contents.sections:
        yield from ("", frame["reply"])
    for listing in contents.listings:
        yield from ("", f"■ {listing.heading}", listing.said)
        yield from (f"- {_of_row(row)}" for row in listing.rows)
        yield from filter(
            None, (listing.more and f"- {listing.more}", f"{listing.link_text} {listing.link}".strip())
        )
    if contents.why:
        yield from ("", contents.why)
    yield from ("", "-- ", *filter(None, [frame["desk"]]))
    yield from (f"{frame['change']} {frame['preferences']}", frame["never"])


def _short_lines(contents: Contents, frame: Mapping[str, str]) -> Iterator[str]:
    """For a chat: what is asked, why, and where to answer; it breaks its lines itself."""
    yield from filter(None, (frame["demonstration"], contents.answer_by or contents.intro))
    for item in (item for section in contents.sections for item in section.items):
        yield f"{_named(item, frame['ours'])} · {item.when}"
        yield from filter(None, (item.words, item.late, item.note, item.status, item.link, item.why))
    for listing in contents.listings:
        yield f"{listing.heading}: {listing.said}"
        yield from filter(None, (f"{listing.link_text} {listing.link}".strip(),))
    yield from filter(None, (contents.why, f"{frame['change']} {frame['preferences']}"))


def _lines_of(item: Item, ours: str) -> Iterator[str]:
    yield ""
    yield _named(item, ours)
    link = f"{item.link_text} {item.link}" if item.link else ""
    said = item.words, item.when, item.late, item.note, item.status, item.letter, link, item.why
    yield from ("   " + each.replace("\n", "\n   ") for each in said if each)


def _named(item: Item, ours: str) -> str:
    said = f"{item.number}.", item.reference, ours if item.is_summary else "", item.title
    return " ".join(filter(None, said))


def _of_row(row: Row) -> str:
    named = " ".join(filter(None, (row.reference, row.title)))
    return f"{named} · {row.said}" if named else row.said


def _desk_line(forums: Iterable[Forum], directory: Directory) -> str:
    desks = " / ".join(dict.fromkeys(map(with_telephone, _desks(forums, directory))))
    return _("Questions: %(desks)s") % {"desks": desks} if desks else ""


def _desks(forums: Iterable[Forum], directory: Directory) -> list[Organisation]:
    posts = (directory.posts.get(directory.desk_post_id(forum.pk) or 0) for forum in forums)
    return [post.organisation for post in posts if post is not None]


def _sender_of(forums: Iterable[Forum], directory: Directory) -> dict[str, str]:
    desks = dict.fromkeys(map(str, _desks(forums, directory)))
    return {"From": sender(" / ".join(desks))} if desks else {}


def _headers(contents: Contents, delivery: Delivery, mailboxes: list[str]) -> dict[str, str]:
    """Machines are asked not to answer; mail programs keep what one person hears of a register together."""
    host = delivery.message_id.rpartition("@")[2].rstrip(">")
    thread = f"<thread.{delivery.recipient_id}.{_fingerprint(contents.forums)}@{host}>"
    always = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"<register.{host}>",
        "References": thread,
        "In-Reply-To": thread,
    }
    is_overview = delivery.message_class == Delivery.MessageClass.OVERVIEW
    return {
        **always,
        **contents.headers,
        **(_unsubscribing(delivery.recipient_id, mailboxes) if is_overview else {}),
    }


def _fingerprint(forums: Iterable[Forum]) -> str:
    codes = ",".join(sorted(forum.code for forum in forums))
    return hashlib.sha256(codes.encode()).hexdigest()[:12]


def _unsubscribing(user_id: int, mailboxes: list[str]) -> dict[str, str]:
    """Only of what may be switched off (RFC 2369, RFC 8058)."""
    ways = [f"<{PreferenceLink(user_id).unsubscribe_address()}>"]
    ways += [f"<mailto:{quote(mailbox, safe='@')}?subject=unsubscribe>" for mailbox in mailboxes[:1]]
    return {"List-Unsubscribe": ", ".join(ways), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
