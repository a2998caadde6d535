"""Nobody knows whether it was accepted: evidence decides, or it goes out once more as the same, or a person decides."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from commitments.models import Commitment, FollowUp
from notifications import channels, checks, evidence, imap, watching
from notifications.channels import Policy
from notifications.evidence.base import NoEvidence, Span
from notifications.evidence.journal import Journal
from notifications.evidence.relay_log import RelayLog
from notifications.models import Delivery, OutgoingMail, Reminder
from notifications.reminding import remind
from tests.factories import at, make_follow_up, make_held_post, make_user
from tests.imap_server import ImapServer
from tests.mail_server import LONG_AGO, MailServer, write_to_log

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
AFTER_GRACE = timedelta(minutes=16)
State = Delivery.State


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    with MailServer() as running:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = channels.SMTP, "127.0.0.1"
        settings.EMAIL_PORT = running.port
        OutgoingMail.switch(True)
        yield running


@pytest.fixture
def log(server: MailServer, settings, tmp_path: Path) -> Path:
    server.clock = lambda: MONDAY
    server.log = tmp_path / "mail.log"
    settings.RELAY_LOG = str(server.log)
    return server.log  # type: ignore[return-value]


def run(moment=MONDAY):
    return remind(clock=lambda: moment)


def run_on(moment):
    """Evidence is asked last, so what it says was not accepted goes out with the run that follows at once."""
    while run(moment).more:
        pass


def goes_on(server: MailServer, *, until: datetime) -> None:
    """The relay writes its log, of whatever else it has to do."""
    server.clock = lambda: until
    server.other_traffic()


def stops(server: MailServer) -> Path:
    """What we can read of the log grows no more, as a copy that lags behind."""
    kept, server._log = server._log, None
    return kept  # type: ignore[return-value]


def send_another(moment: datetime) -> Delivery:
    make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email="other@ministry.example")))
    run(moment)
    return Delivery.objects.get(state=State.SENT, address="other@ministry.example")


def state() -> str:
    return Delivery.objects.get().state


# The policy


def test_by_itself_what_can_be_verified_is_verified_and_the_rest_is_for_a_person(settings):
    policies = []
    for backend, log in [(channels.FILES, ""), (channels.SMTP, "/var/log/mail.log"), (channels.SMTP, "")]:
        settings.EMAIL_BACKEND, settings.RELAY_LOG = backend, log
        policies.append(channels.for_name("mail").policy())

    assert policies == [Policy.VERIFY, Policy.VERIFY, Policy.HOLD]


def test_a_policy_that_there_is_not_is_noticed_at_the_start(settings):
    settings.MAIL_UNCERTAIN = "guess"

    assert [found.id for found in checks.what_is_in_doubt_is_settled()] == ["notifications.E003"]


def test_verifying_without_anything_to_verify_by_is_noticed_at_the_start(settings):
    settings.MAIL_UNCERTAIN = "verify"

    assert [found.id for found in checks.what_is_in_doubt_is_settled()] == ["notifications.W002"]


# Verified by the relay's log


def test_what_the_log_names_has_arrived_and_goes_out_once(item, server, log):
    server.plan = ["drop after"]

    run()
    run(MONDAY + AFTER_GRACE)

    assert (state(), len(server.arrivals)) == (State.SENT, 1)
    assert Reminder.objects.get().state == Reminder.State.TOLD


def test_what_the_log_does_not_name_has_not_and_goes_out_with_the_same_identity(item, server, log):
    server.plan = ["drop before"]
    run()
    first = Delivery.objects.get()
    goes_on(server, until=MONDAY + AFTER_GRACE)

    run_on(MONDAY + AFTER_GRACE)

    sent = Delivery.objects.get()
    assert (sent.state, len(server.arrivals)) == (State.SENT, 1)
    assert (sent.message_id, sent.message_date) == (first.message_id, first.message_date)


def test_it_is_not_asked_before_the_grace_is_over(item, server, log):
    server.plan = ["drop before"]

    run()
    run(MONDAY + timedelta(minutes=14))

    assert state() == State.UNCERTAIN


def test_a_log_that_cannot_be_read_decides_nothing_and_is_complained_about(item, server, log, caplog):
    server.plan = ["drop before"]
    run()
    log.unlink()

    run(MONDAY + AFTER_GRACE)

    assert state() == State.UNCERTAIN
    assert "cannot be read" in caplog.text


def test_a_log_that_begins_after_the_message_decides_nothing(item, server, log, caplog):
    server.plan = ["drop before"]
    run()
    begins = (MONDAY + timedelta(minutes=1)).isoformat()
    log.write_text(f"{begins} relay postfix/smtpd[1]: connect from localhost\n")

    run(MONDAY + AFTER_GRACE)

    assert state() == State.UNCERTAIN
    assert "does not cover" in caplog.text


def test_a_log_that_lags_behind_decides_nothing(item, server, log):
    server.plan = ["drop after"]
    stops(server)

    run()
    run_on(MONDAY + AFTER_GRACE)

    assert (state(), len(server.arrivals)) == (State.UNCERTAIN, 1)


def test_what_was_accepted_before_says_nothing_of_what_came_after(item, server, log):
    item.move_to(date(2027, 6, 18), now=MONDAY - timedelta(days=1), reason="later")
    send_another(MONDAY)
    item.move_to(date(2026, 12, 18), now=MONDAY, reason="as it was")
    server.plan = ["drop after"]
    stops(server)

    run(MONDAY + timedelta(minutes=1))
    run_on(MONDAY + timedelta(minutes=17))

    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.SENT, State.UNCERTAIN]


def test_where_nothing_else_happens_the_next_message_of_its_own_settles_it(item, server, log):
    server.plan = ["drop before"]
    run()
    run_on(MONDAY + AFTER_GRACE)
    waits = state()

    send_another(MONDAY + timedelta(days=1))
    run_on(MONDAY + timedelta(days=1, minutes=1))

    assert (waits, len(server.arrivals)) == (State.UNCERTAIN, 2)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_log_that_lacks_what_we_know_was_accepted_then_decides_nothing(item, server, log):
    """Its copy lags behind, or it is another relay's."""
    server.plan = ["drop before"]
    run()
    log.write_text(LONG_AGO + "\n")
    stops(server)
    send_another(MONDAY + timedelta(minutes=14))

    run_on(MONDAY + AFTER_GRACE)

    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.SENT, State.UNCERTAIN]


def test_when_the_log_has_caught_up_it_decides(item, server, log):
    server.plan = ["drop before"]
    run()
    kept = stops(server)
    other = send_another(MONDAY + timedelta(minutes=14))

    write_to_log(kept, other.message_id, 1)
    run_on(MONDAY + AFTER_GRACE)

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_rotated_log_is_read_too(tmp_path):
    (tmp_path / "mail.log").write_text("2026-11-23T00:00:00+00:00 relay postfix/smtpd[1]: connect\n")
    write_to_log(tmp_path / "mail.log.1", "<rotated@x>", 1)
    relay = RelayLog(str(tmp_path / "mail.log"))

    assert relay.accepted({"<rotated@x>", "<other@x>"}) == {"<rotated@x>"}


def test_a_message_that_the_relay_only_began_to_read_was_not_accepted(tmp_path):
    log = tmp_path / "mail.log"
    write_to_log(log, "<whole@x>", 1)
    with log.open("a") as file:
        file.write("2026-11-23T00:00:00+00:00 relay postfix/cleanup[7]: 4XyZ2: message-id=<begun@x>\n")

    assert RelayLog(str(log)).accepted({"<whole@x>", "<begun@x>"}) == {"<whole@x>"}


def test_a_log_without_a_queue_manager_is_taken_at_its_word(tmp_path):
    log = tmp_path / "relay.log"
    log.write_text("Nov 23 00:00:00 relay: message-id=<one@x> accepted\n")

    assert RelayLog(str(log)).accepted({"<one@x>"}) == {"<one@x>"}


@pytest.mark.parametrize(
    ("first_line", "begins"),
    [
        ("2026-11-23T09:00:00.123+09:00 relay postfix", datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC)),
        # No zone: as late as it can be on earth.
        ("2026-11-23T09:00:00 relay postfix", datetime(2026, 11, 23, 21, tzinfo=UTC)),
        ("Nov 23 09:00:00 relay postfix", datetime(2026, 11, 23, 21, tzinfo=UTC)),
        ("Dec 30 09:00:00 relay postfix", datetime(2025, 12, 30, 21, tzinfo=UTC)),  # of last year
    ],
)
def test_it_is_known_since_when_a_log_is_kept(tmp_path, first_line, begins):
    log = tmp_path / "mail.log"
    log.write_text(f"{first_line}\n")
    written = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    os.utime(log, (written, written))

    span = RelayLog(str(log)).span()
    assert span.begins_before(begins)
    assert not span.begins_before(begins - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("last_lines", "ends"),
    [
        ("2026-11-23T09:00:00+09:00 relay postfix\n", datetime(2026, 11, 23, tzinfo=UTC)),
        # No zone: as early as it can be on earth.
        ("2026-11-23T09:00:00 relay postfix\n", datetime(2026, 11, 22, 19, tzinfo=UTC)),
        ("Nov 23 09:00:00 relay postfix\n", datetime(2026, 11, 22, 19, tzinfo=UTC)),
        # The last one is still being written.
        ("2026-11-23T09:00:00+09:00 relay\n2026-11-23T10:00:00+09", datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_it_is_known_until_when_a_log_is_kept(tmp_path, last_lines, ends):
    log = tmp_path / "mail.log"
    log.write_text(f"{LONG_AGO}\n{last_lines}")
    written = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    os.utime(log, (written, written))

    span = RelayLog(str(log)).span()
    assert span.reaches(ends)
    assert not span.reaches(ends + timedelta(seconds=1))


def test_a_log_whose_lines_have_no_time_proves_no_absence(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text("words\n")

    assert RelayLog(str(log)).span() == Span(begins=None, ends=None)


def test_a_message_of_which_the_relay_proves_each_time_that_it_broke_off_is_given_up(item, server, log):
    run(MONDAY - timedelta(days=1))
    server.always = "drop before"
    run()
    Delivery.objects.update(attempts=48)
    goes_on(server, until=MONDAY + AFTER_GRACE)

    run(MONDAY + AFTER_GRACE)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.problem) == (State.FAILED, delivery.error)
    assert "broke off" in delivery.error


# Verified by a journal


@pytest.fixture(scope="module")
def mailbox() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


@pytest.fixture
def journal(mailbox: ImapServer, settings, monkeypatch) -> ImapServer:
    mailbox.empty()
    for name, value in mailbox.trusted().items():
        monkeypatch.setenv(name, value)
    settings.JOURNAL_URL = mailbox.url()
    return mailbox


@pytest.mark.imap
@pytest.mark.parametrize("scheme", ["imap+ssl", "imap+tls", "imap"])
def test_the_journal_has_what_was_copied_into_it(journal, scheme):
    journal.deliver(b"Message-ID: <there@x>\r\n\r\nwords")

    assert Journal(journal.url(scheme)).accepted({"<there@x>", "<elsewhere@x>"}) == {"<there@x>"}


@pytest.mark.imap
def test_a_message_in_the_journal_has_arrived(item, server, journal):
    server.plan = ["drop after"]
    run()
    journal.deliver(server.arrivals[0].content)

    run(MONDAY + AFTER_GRACE)

    assert (state(), len(server.arrivals)) == (State.SENT, 1)


@pytest.mark.imap
@pytest.mark.parametrize(
    ("newest", "becomes"),
    [("16-Dec-2024 00:15:00 +0000", State.SENT), ("16-Dec-2024 00:14:59 +0000", State.UNCERTAIN)],
)
def test_a_message_that_is_not_in_the_journal_goes_out_if_newer_ones_are(server, journal, newest, becomes):
    monday = at(date(2024, 12, 16))  # long past: a server dates no mail in the future
    make_follow_up(date(2024, 12, 20), lead=make_held_post(), dated_at=at(date(2024, 11, 1)))
    for date_of_arrival in ("01-Jan-2020 00:00:00 +0000", newest):
        journal.deliver(b"Message-ID: <another@x>\r\n\r\n", date=f'"{date_of_arrival}"')
    server.plan = ["drop before"]
    run(monday)

    run_on(monday + AFTER_GRACE)

    assert (state(), len(server.arrivals)) == (becomes, int(becomes == State.SENT))


@pytest.mark.imap
def test_an_empty_journal_proves_no_absence(item, server, journal):
    server.plan = ["drop before"]
    run()

    run(MONDAY + AFTER_GRACE)

    assert state() == State.UNCERTAIN


@pytest.mark.imap
@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"folder": "none"}, {"password": "비밀번호"}, {"folder": "기록 없음"}]
)
def test_a_journal_that_does_not_open_decides_nothing(journal, wrong):
    with pytest.raises(NoEvidence):
        Journal(journal.url(**wrong)).accepted({"<there@x>"})


@pytest.mark.imap
def test_a_journal_may_have_a_name_in_any_script(journal):
    with journal.client() as client:
        client.create(imap.quoted("기록 & 控え"))
    journal.deliver(b"Message-ID: <there@x>\r\n\r\n", folder=imap.quoted("기록 & 控え"))

    assert Journal(journal.url(folder="기록 & 控え")).accepted({"<there@x>"}) == {"<there@x>"}


def test_a_journal_that_nobody_can_open_is_noticed_at_the_start(settings):
    settings.JOURNAL_URL = "imap+ssl://journal:secret@mail.example:port/"

    (found,) = checks.mailboxes_can_be_read()
    assert (found.id, "JOURNAL_URL" in found.msg, "secret" in found.msg) == (
        "notifications.E020",
        True,
        False,
    )


@pytest.mark.imap
def test_two_kinds_of_evidence_complete_each_other(item, server, journal, log):
    server.plan = ["drop after"]
    run()
    log.write_text(LONG_AGO + "\n")  # it says no, and the journal knows better
    journal.deliver(server.arrivals[0].content)

    assert evidence.verdicts([Delivery.objects.get()], now=MONDAY) == {Delivery.objects.get().pk: True}


# Evidence that is slow or fails


@pytest.fixture
def in_doubt(item, server, log) -> MailServer:
    """A message of which the log says nothing, and nothing newer."""
    server.plan = ["drop before"]
    run()
    return server


def test_nobody_waits_for_evidence_that_is_slow(in_doubt, monkeypatch):
    had_left = []
    monkeypatch.setattr(
        channels.MailChannel, "verdicts", lambda *_a, **_k: had_left.append(len(in_doubt.arrivals)) or {}
    )
    for n in range(20):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))

    run(MONDAY + AFTER_GRACE)

    assert had_left == [20]


@pytest.mark.parametrize("address", ["nonsense", "imap+ssl://journal:secret@mail.example:port/"])
def test_evidence_that_is_wrongly_addressed_stops_no_mail_and_is_said(in_doubt, settings, address):
    settings.RELAY_LOG, settings.JOURNAL_URL = "", address

    send_another(MONDAY + AFTER_GRACE)

    found = watching.looked_up(MONDAY)
    assert (found.worrying, "the journal cannot be read" in found.sentence) == (True, True)
    assert "secret" not in found.sentence


def test_evidence_that_fails_in_any_way_stops_no_mail_and_is_said(in_doubt, monkeypatch, caplog):
    monkeypatch.setattr(RelayLog, "accepted", lambda *_: 1 / 0)

    send_another(MONDAY + AFTER_GRACE)

    assert "ZeroDivisionError" in watching.looked_up(MONDAY).sentence
    assert "stay uncertain" in caplog.text


def test_when_it_can_be_read_again_nothing_is_said_any_more(in_doubt, log):
    kept = log.rename(log.with_suffix(".away"))
    run(MONDAY + AFTER_GRACE)
    assert watching.looked_up(MONDAY).worrying

    kept.rename(log)
    Delivery.objects.get().mark_sent(now=MONDAY)  # by a person
    run(MONDAY + 2 * AFTER_GRACE)

    assert not watching.looked_up(MONDAY).worrying


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """About how many messages, each time that it was asked."""
    times: list[int] = []

    def accepted(self, message_ids):
        times.append(len(message_ids))
        return set()

    monkeypatch.setattr(RelayLog, "accepted", accepted)
    return times


def test_what_it_cannot_settle_it_is_asked_again_after_a_quarter_of_an_hour(in_doubt, asked):
    for minutes in range(45):
        run(MONDAY + timedelta(minutes=minutes))

    assert asked == [1, 1]  # at 15 and 30


def test_what_is_newly_in_doubt_it_is_asked_at_once(in_doubt, asked):
    make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email="other@ministry.example")))
    in_doubt.plan = ["drop before"]

    for minutes in (5, 15, 16, 20, 21):
        run(MONDAY + timedelta(minutes=minutes))

    assert asked == [1, 2]  # at 15 and 20


# Sent once more


@pytest.fixture
def resending(server: MailServer, settings) -> MailServer:
    settings.MAIL_UNCERTAIN = "resend"
    return server


def test_it_goes_out_again_byte_for_byte(item, resending):
    resending.plan = ["drop after"]
    run()
    type(item.commitment).objects.update(title_en="Another title meanwhile")

    run(MONDAY + AFTER_GRACE)

    first, second = resending.arrivals
    assert first.content == second.content
    assert (first.recipients, first.sender) == (second.recipients, second.sender)
    assert (state(), Delivery.objects.get().attempts) == (State.SENT, 2)


def test_words_in_three_scripts_are_the_same_bytes_when_they_come_from_the_database(item, resending):
    item.commitment.title_ko, item.commitment.title_ja = "핵심광물 논의 지속", "重要鉱物に関する協議"
    Commitment.objects.filter(pk=item.commitment.pk).update(title_en="핵심광물 重要鉱物 “minerals”")
    resending.plan = ["drop after"]
    run()

    run(MONDAY + AFTER_GRACE)

    first, second = resending.arrivals
    assert first.content == second.content


def test_a_clock_in_another_zone_makes_no_other_date(item, resending):
    resending.plan = ["drop after"]
    remind(clock=lambda: MONDAY.astimezone(item.commitment.forum.desk.organisation.clock))

    run(MONDAY + AFTER_GRACE)

    first, second = resending.arrivals
    assert first.content == second.content


def test_what_is_no_longer_needed_is_not_repeated_and_waits_for_a_person(item, resending):
    resending.plan = ["drop after"]
    run()
    item.close(FollowUp.Outcome.DONE, now=MONDAY)

    run(MONDAY + AFTER_GRACE)

    assert (state(), len(resending.arrivals)) == (State.UNCERTAIN, 1)


def test_what_has_been_restricted_is_not_repeated(item, resending):
    resending.plan = ["drop after"]
    run()
    Commitment.objects.update(marking="restricted")

    run(MONDAY + AFTER_GRACE)

    assert (state(), len(resending.arrivals)) == (State.UNCERTAIN, 1)


def test_it_is_repeated_at_its_recipients_hour(item, resending):
    resending.plan = ["drop after"]
    run(at(date(2026, 11, 23), 23, 55))

    run(at(date(2026, 11, 24), 3))
    night = len(resending.arrivals)
    run(at(date(2026, 11, 24), 8, 30))

    assert (night, len(resending.arrivals)) == (1, 2)


def test_a_repetition_that_is_refused_for_now_stays_the_same_message(item, resending):
    resending.plan = ["drop after", "refuse for now"]
    for n in range(3):
        run(MONDAY + n * AFTER_GRACE)

    first, second = resending.arrivals
    assert first.content == second.content


def test_after_ten_times_a_person_decides(item, resending):
    resending.always = "drop after"

    for n in range(12):
        run(MONDAY + n * AFTER_GRACE)

    assert (state(), len(resending.arrivals)) == (State.UNCERTAIN, 10)


def test_the_answer_that_a_frozen_worker_gets_late_counts(item, resending):
    resending.plan = ["drop after"]
    run()
    delivery = Delivery.objects.get()

    delivery.mark_sent(now=MONDAY + timedelta(minutes=1))
    run(MONDAY + AFTER_GRACE)

    assert (state(), len(resending.arrivals)) == (State.SENT, 1)


# A person decides


def test_under_hold_nothing_happens_by_itself(item, server, settings):
    settings.MAIL_UNCERTAIN = "hold"
    server.plan = ["drop after"]

    run()
    run(MONDAY + timedelta(days=1))

    assert (state(), len(server.arrivals)) == (State.UNCERTAIN, 1)
    assert Delivery.objects.undelivered().count() == 1


@pytest.fixture
def killed_in_a_group(server: MailServer, log: Path, monkeypatch) -> None:
    """Thirty messages were due, and the worker died when it handed over the first."""
    for n in range(30):
        make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email=f"lead{n}@ministry.example")))

    class Killed(BaseException):
        pass

    def killed(*_arguments, **_named):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(channels.MailChannel, "send", killed)
        dying.setattr("notifications.fates.Fates.put_back", lambda *_: None)  # the dead do nothing more
        with pytest.raises(Killed):
            run()


def test_a_worker_that_dies_leaves_its_group_and_the_next_in_doubt_and_no_more(killed_in_a_group):
    states = list(Delivery.objects.values_list("state", flat=True))

    assert (states.count(State.SENDING), states.count(State.CLAIMED)) == (20, 10)


def test_and_everybody_hears_once_all_the_same(killed_in_a_group, server):
    for minutes in (3, 16, 32, 33):
        goes_on(server, until=MONDAY + timedelta(minutes=minutes))
        run(MONDAY + timedelta(minutes=minutes))

    assert len({arrival.recipients for arrival in server.arrivals}) == len(server.arrivals) == 30
