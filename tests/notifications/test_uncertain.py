"""Nobody knows whether it was accepted: evidence decides, or it goes out once more as the same, or a person decides."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from commitments.models import Commitment, FollowUp
from notifications import channels, checks, evidence
from notifications.channels import Policy
from notifications.evidence.base import NoEvidence
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
    server.log = tmp_path / "mail.log"
    settings.RELAY_LOG = str(server.log)
    return server.log  # type: ignore[return-value]


def run(moment=MONDAY):
    return remind(clock=lambda: moment)


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

    run(MONDAY + AFTER_GRACE)

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


def test_a_log_that_lacks_what_we_know_was_accepted_then_decides_nothing(item, server, log):
    """Its copy lags behind, or it is another relay's."""
    server.plan = ["drop before"]
    run()
    log.write_text(LONG_AGO + "\n")
    make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email="other@ministry.example")))
    server._log = None
    run(MONDAY + timedelta(minutes=14))

    run(MONDAY + AFTER_GRACE)

    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.SENT, State.UNCERTAIN]


def test_when_the_log_has_caught_up_it_decides(item, server, log):
    server.plan = ["drop before"]
    run()
    make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email="other@ministry.example")))
    kept, server._log = server._log, None
    run(MONDAY + timedelta(minutes=14))
    other = Delivery.objects.get(state=State.SENT)

    write_to_log(kept, other.message_id, 1)
    run(MONDAY + AFTER_GRACE)

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

    relay = RelayLog(str(log))
    assert relay.begins_before(begins)
    assert not relay.begins_before(begins - timedelta(seconds=1))


def test_a_log_whose_lines_have_no_time_proves_no_absence(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text("words\n")

    assert not RelayLog(str(log)).begins_before(MONDAY)


def test_a_message_of_which_the_relay_proves_each_time_that_it_broke_off_is_given_up(item, server, log):
    run(MONDAY - timedelta(days=1))
    server.always = "drop before"
    run()
    Delivery.objects.update(attempts=48)

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
def test_a_message_that_is_not_in_the_journal_goes_out(item, server, journal):
    journal.deliver(b"Message-ID: <older@x>\r\n\r\n", date='"01-Jan-2020 00:00:00 +0000"')
    server.plan = ["drop before"]
    run()

    run(MONDAY + AFTER_GRACE)

    assert (state(), len(server.arrivals)) == (State.SENT, 1)


@pytest.mark.imap
def test_an_empty_journal_proves_no_absence(item, server, journal):
    server.plan = ["drop before"]
    run()

    run(MONDAY + AFTER_GRACE)

    assert state() == State.UNCERTAIN


@pytest.mark.imap
@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"folder": "none"}])
def test_a_journal_that_does_not_open_decides_nothing(journal, wrong):
    with pytest.raises(NoEvidence):
        Journal(journal.url(**wrong)).accepted({"<there@x>"})


@pytest.mark.imap
def test_two_kinds_of_evidence_complete_each_other(item, server, journal, log):
    server.plan = ["drop after"]
    run()
    log.write_text(LONG_AGO + "\n")  # it says no, and the journal knows better
    journal.deliver(server.arrivals[0].content)

    assert evidence.verdicts([Delivery.objects.get()]) == {Delivery.objects.get().pk: True}


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

    def killed(*_arguments):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(channels.MailChannel, "send", killed)
        dying.setattr("notifications.fates.Fates.put_back", lambda *_: None)  # the dead do nothing more
        with pytest.raises(Killed):
            run()


def test_a_worker_that_dies_leaves_only_its_group_in_doubt(killed_in_a_group):
    states = list(Delivery.objects.values_list("state", flat=True))

    assert (states.count(State.SENDING), states.count(State.CLAIMED)) == (10, 20)


def test_and_everybody_hears_once_all_the_same(killed_in_a_group, server):
    for minutes in (3, 16, 32, 33):
        run(MONDAY + timedelta(minutes=minutes))

    assert len({arrival.recipients for arrival in server.arrivals}) == len(server.arrivals) == 30
