"""The desk's mailbox on a real IMAP server: read once, marked only when kept, and no failure stops anything."""

import imaplib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from commitments.models import FollowUp, Post
from notifications import checks, imap, mailboxes, tasks
from notifications.imap import Mailbox, MailboxError
from notifications.mailboxes import Result, read_mailboxes
from notifications.models import Delivery, Heartbeat, IncomingMail, MailboxMark
from notifications.reminding import remind
from tests.factories import at, make_commitment, make_follow_up, make_forum
from tests.imap_server import ImapServer
from tests.mail_server import free_port
from tests.raw_mails import delivery_status, raw_mail, reply_to

pytestmark = pytest.mark.django_db
needs_server = pytest.mark.imap
MONDAY = at(date(2024, 12, 16))  # long past: a server dates no mail in the future
NOON = MONDAY + timedelta(hours=3)
LEAD = "lead@ministry.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def server(dovecot: ImapServer, settings, monkeypatch) -> ImapServer:
    """Empty, trusted and configured."""
    dovecot.empty()
    for name, value in dovecot.trusted().items():
        monkeypatch.setenv(name, value)
    settings.MAILBOX_URLS = [dovecot.url()]
    return dovecot


@pytest.fixture
def item(lead: Post, desk: Post) -> FollowUp:
    commitment = make_commitment(lead=lead, forum=make_forum(desk=desk, desk_mailbox="desk@ministry.example"))
    return make_follow_up(date(2024, 12, 20), commitment=commitment, dated_at=at(date(2024, 11, 1)))


@pytest.fixture
def delivery(item: FollowUp) -> Delivery:
    remind(clock=lambda: MONDAY)
    return Delivery.objects.get()


@pytest.fixture
def put(server: ImapServer) -> Callable[[bytes], None]:
    """Into the mailbox, as arrived an hour ago."""
    arrived = imaplib.Time2Internaldate(NOON - timedelta(hours=1))
    return lambda raw: server.deliver(raw, date=arrived)


def read(moment=NOON) -> Result:
    return read_mailboxes(clock=lambda: moment)


def note() -> str:
    return Heartbeat.objects.get(part="mailbox").note


# Reading


@needs_server
def test_a_reply_in_the_mailbox_becomes_a_proposed_answer(put, delivery, item):
    put(reply_to(delivery, "2차 회의를 개최했습니다."))

    assert read() == Result(answers=1)
    row = IncomingMail.objects.get()
    assert (item.commitment.reports.get().internal, row.mailbox) == (
        "2차 회의를 개최했습니다.",
        "desk@mail.example@localhost/INBOX",
    )
    assert row.received_at == NOON - timedelta(hours=1)


@needs_server
def test_what_was_read_is_not_read_again(put, delivery, item):
    put(reply_to(delivery, "Done"))

    read()
    put(raw_mail("Hello", **{"from": LEAD}))

    assert read() == Result(waiting=1)
    assert read() == Result()


@needs_server
def test_only_what_needs_nobody_is_marked_as_read(server, put, delivery):
    put(reply_to(delivery, "Done"))
    put(reply_to(delivery, "감사합니다"))
    put(raw_mail("Lunch?", **{"from": "friend@elsewhere.example"}))
    put(delivery_status(delivery))

    assert read() == Result(answers=1, waiting=1, left_alone=1, noted=1)
    assert server.flags() == ["S", "", "", "S"]


@needs_server
def test_a_mail_that_a_person_opened_first_is_read_all_the_same(server, delivery, item):
    server.deliver(reply_to(delivery, "Done"), flags=r"(\Seen)")

    assert read().answers == 1


@needs_server
def test_a_crash_between_keeping_and_marking_is_harmless(server, put, delivery, item, monkeypatch):
    put(reply_to(delivery, "Done"))
    with monkeypatch.context() as patch:
        patch.setattr(mailboxes.Server, "mark_as_read", lambda *_arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read()

    assert (read(), read()) == (Result(left_alone=1), Result())
    assert (IncomingMail.objects.count(), item.commitment.reports.count()) == (1, 1)


@needs_server
def test_a_crash_before_keeping_loses_nothing(server, put, delivery, item, monkeypatch):
    put(reply_to(delivery, "Done"))
    with monkeypatch.context() as patch:
        patch.setattr(mailboxes, "receive", lambda *_arguments, **_known: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read()

    assert server.flags() == [""]
    assert read().answers == 1


@needs_server
def test_when_the_server_numbers_its_mail_anew_nothing_is_taken_twice(put, delivery, item):
    put(reply_to(delivery, "Done"))
    read()
    MailboxMark.objects.update(uid_validity=1)

    assert read() == Result(left_alone=1)
    assert item.commitment.reports.count() == 1
    assert read() == Result()


@needs_server
def test_the_first_reading_goes_back_two_weeks(server, delivery):
    for days in (15, 13):
        server.deliver(
            reply_to(delivery, f"{days}"), date=imaplib.Time2Internaldate(NOON - timedelta(days=days))
        )

    read()

    assert [row.words for row in IncomingMail.objects.all()] == ["13"]


@needs_server
def test_a_long_mail_is_fetched_in_its_beginning_only(put, delivery, item, monkeypatch):
    monkeypatch.setattr(imap, "READ_AT_MOST", 20_000)
    monkeypatch.setattr("notifications.mail_reading.READ_AT_MOST", 20_000)
    put(reply_to(delivery, "Done", files=("paper.pdf",)).replace(b"JVBERg==", b"JVBERg==\n" * 90_000))

    assert read().answers == 1
    assert item.commitment.reports.get().internal.startswith("Done")


@needs_server
def test_so_many_mails_are_read_over_several_runs(put, delivery, monkeypatch):
    monkeypatch.setattr(mailboxes, "MAILS_AT_ONCE", 2)
    for _mail in range(3):
        put(raw_mail("Hello", **{"from": LEAD}))

    assert [read().waiting for _run in range(3)] == [2, 1, 0]


@needs_server
def test_folders_in_other_scripts_are_read(server, settings, delivery):
    name = "회신 & 返信"
    with server.client() as client:
        client.create(imap.quoted(name))
    server.deliver(reply_to(delivery, "Done"), folder=imap.quoted(name))
    settings.MAILBOX_URLS = [server.url(folder=name)]

    assert read().answers == 1


@needs_server
@pytest.mark.parametrize("scheme", ["imap+tls", "imap"])
def test_the_other_ways_to_connect(server, settings, put, delivery, scheme):
    settings.MAILBOX_URLS = [server.url(scheme)]
    put(reply_to(delivery, "Done"))

    assert read().answers == 1


# Failures end as a line of the log and a note, and the next run asks again


@needs_server
def test_a_wrong_password_is_noted_without_repeating_it(server, settings, caplog):
    settings.MAILBOX_URLS = [server.url(password="no such secret")]

    assert "uthentication failed" in read().troubles[server.name]
    assert "Authentication failed" in note()
    assert "no such secret" not in note() + caplog.text
    assert server.name in caplog.text


@needs_server
@pytest.mark.parametrize("scheme", ["imap+ssl", "imap+tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(server, settings, monkeypatch, scheme):
    monkeypatch.delenv("SSL_CERT_FILE")
    settings.MAILBOX_URLS = [server.url(scheme)]

    read()

    assert "certificate verify failed" in note()


def test_a_server_that_is_away_is_noted(settings):
    settings.MAILBOX_URLS = [f"imap://desk:x@127.0.0.1:{free_port()}"]

    read()

    assert "refused" in note()


@needs_server
def test_a_folder_that_is_not_there_is_noted(server, settings):
    settings.MAILBOX_URLS = [server.url(folder="Nowhere")]

    read()

    assert "Nowhere" in note()


@needs_server
def test_a_server_that_breaks_off_is_noted_and_read_on_when_it_is_back(server, put, delivery, monkeypatch):
    put(reply_to(delivery, "Done"))
    fetch = mailboxes.Server.fetch

    def breaks_off(self, uid):
        server.crash()
        return fetch(self, uid)

    with monkeypatch.context() as patch:
        patch.setattr(mailboxes.Server, "fetch", breaks_off)
        assert read().troubles
    server.start()

    assert server.name in note()
    assert read().answers == 1


@needs_server
def test_one_mailbox_that_fails_keeps_the_others_from_nothing(server, settings, put, delivery):
    settings.MAILBOX_URLS = ["imap+ssl://desk@localhost:1/", "nonsense", server.url()]
    put(reply_to(delivery, "Done"))

    result = read()

    assert (result.answers, len(result.troubles)) == (1, 2)
    assert note().count("\n") == 1


@needs_server
def test_the_sign_of_life_says_when_all_was_read_to_the_end(server, settings):
    read(NOON)
    settings.MAILBOX_URLS = [server.url(password="wrong")]
    read(NOON + timedelta(hours=1))

    sign = Heartbeat.objects.get(part="mailbox")
    assert (sign.at, bool(sign.note)) == (NOON, True)

    settings.MAILBOX_URLS = [server.url()]
    read(NOON + timedelta(hours=2))

    sign.refresh_from_db()
    assert (sign.at, sign.note) == (NOON + timedelta(hours=2), "")


def test_without_a_mailbox_nothing_is_said(settings):
    settings.MAILBOX_URLS = []

    assert read() == Result()
    assert not Heartbeat.objects.exists()


@needs_server
def test_the_task_and_the_command_read_the_same(server, put, delivery):
    with time_machine.travel(NOON, tick=False):
        put(reply_to(delivery, "Done"))
        tasks.read_mailboxes()
        put(reply_to(delivery, "감사합니다"))
        call_command("read_mailboxes", stdout=(said := StringIO()))

    assert IncomingMail.objects.count() == 2
    assert "1 wait on the desk" in said.getvalue()


def test_the_command_says_what_went_wrong(settings):
    settings.MAILBOX_URLS = []
    with pytest.raises(CommandError, match="MAILBOX_URL is not set"):
        call_command("read_mailboxes")

    settings.MAILBOX_URLS = ["imap://desk@127.0.0.1:1"]
    with pytest.raises(CommandError, match="refused"):
        call_command("read_mailboxes", stdout=StringIO())


# The address of a mailbox


def test_an_address_is_read_with_its_escapes():
    mailbox = Mailbox.of("imap+ssl://desk%40min.example:a%2Cb%2F1@imap.min.example/Answers%20here")

    assert (mailbox.user, mailbox.password, mailbox.port) == ("desk@min.example", "a,b/1", 993)
    assert (mailbox.folder, mailbox.name) == (
        "Answers here",
        "desk@min.example@imap.min.example/Answers here",
    )
    assert "a,b" not in repr(mailbox)


@pytest.mark.parametrize(
    "url", ["", "http://a:secret@b", "imap+ssl://b/INBOX", "imap://a:secret@b:port/", "imap://[a:secret"]
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(url, settings):
    with pytest.raises(MailboxError) as refused:
        Mailbox.of(url)

    settings.MAILBOX_URLS = [url]
    said = str(refused.value) + str(checks.mailboxes_can_be_read())
    assert "secret" not in said
    assert [found.id for found in checks.mailboxes_can_be_read()] == ["notifications.E020"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("imap://a:b@mail.example", ["notifications.W020"]),
        ("imap://a:b@localhost", []),
        ("imap+tls://a:b@m.example", []),
    ],
)
def test_a_password_in_the_open_is_warned_of(url, found, settings):
    settings.MAILBOX_URLS = [url]

    assert [message.id for message in checks.mailboxes_can_be_read()] == found
