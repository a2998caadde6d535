"""A backup is put back: what went out since is found again by its Message-ID, and nobody hears twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from commitments.models import Assignment
from notifications import channels
from notifications.models import Delivery, Heartbeat, OutgoingMail, Preference, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from notifications.restoring import Unknown, after_restore
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_user,
)
from tests.mail_server import LONG_AGO, MailServer, write_to_log

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23), 8, 20)  # ten minutes before anybody is told
EVENING = at(date(2026, 11, 23), 20)
State = Delivery.State


@pytest.fixture
def server(settings, tmp_path: Path) -> Iterator[MailServer]:
    with MailServer() as running:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = channels.SMTP, "127.0.0.1"
        settings.EMAIL_PORT = running.port
        running.log = tmp_path / "mail.log"
        settings.RELAY_LOG = str(running.log)
        OutgoingMail.switch(True)
        yield running


def run(server: MailServer, moment: datetime) -> None:
    server.clock = lambda: moment
    remind(clock=lambda: moment, since_mark=True)


@contextmanager
def lost() -> Iterator[None]:
    """What happens meanwhile is in no backup."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def heard(server: MailServer) -> list[str]:
    return [arrival.recipients[0] for arrival in server.arrivals]


def restore(*, since: datetime = MONDAY, now: datetime = EVENING, unknown: Unknown = Unknown.HELD):
    return after_restore(since=since, now=now, unknown=unknown)


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("state", flat=True))


def test_what_went_out_after_the_backup_is_written_down_and_not_told_again(item, server):
    with lost():
        run(server, at(date(2026, 11, 23)))

    restore()
    run(server, EVENING)

    assert heard(server) == ["lead@ministry.example"]
    assert (states(), Reminder.objects.exclude(audience="desk").get().state) == ([State.SENT], "told")


def test_what_had_waited_in_the_backup_and_left_afterwards_is_not_told_again(item, server):
    server.plan = ["refuse for now"]
    run(server, at(date(2026, 11, 23)))
    with lost():
        run(server, at(date(2026, 11, 23), 12))

    restore(since=at(date(2026, 11, 23), 9, 1))
    run(server, EVENING)

    assert (heard(server), states()) == (["lead@ministry.example"], [State.SENT])


@pytest.mark.parametrize("state", [State.CLAIMED, State.SENDING])
def test_what_a_worker_had_in_hand_at_the_backup_and_sent_is_not_told_again(item, server, state):
    run(server, at(date(2026, 11, 23)))
    Reminder.objects.update(state="planned", told_at=None)
    Delivery.objects.update(state=state, lease_until=EVENING, sent_at=None)

    restore(since=at(date(2026, 11, 23)))
    run(server, EVENING)

    assert (heard(server), states()) == (["lead@ministry.example"], [State.SENT])


def test_what_the_log_proves_unsent_goes_out_when_the_workers_start(item, server):
    write_to_log(server.log, "<anything@else>", 1, at=EVENING)

    restore()
    assert states() == [State.PENDING]
    run(server, EVENING)

    assert (heard(server), states()) == (["lead@ministry.example"], [State.SENT])


def test_several_days_are_found_again_and_what_comes_next_comes_once(item, server):
    Preference.objects.create(user=item.commitment.assignments.get().post.holdings.get().user, rhythm="daily")
    item.commitment.assignments.update(from_on=date(2026, 1, 1))
    days = [date(2026, 11, 23), date(2026, 12, 11), date(2026, 12, 17)]
    with lost():
        for day in days[:2]:
            run(server, at(day))

    restore(now=at(days[1], 10))
    run(server, at(days[1], 11))
    assert len(heard(server)) == 2
    run(server, at(days[2]))

    assert len(heard(server)) == 3
    assert list(Delivery.objects.order_by("pk").values_list("local_day", flat=True)) == days


def test_what_the_workers_told_a_day_late_is_found_on_that_day(item, server):
    with lost():
        run(server, at(date(2026, 11, 24), 12))

    restore(now=at(date(2026, 11, 24), 20))
    run(server, at(date(2026, 11, 24), 21))

    assert (heard(server), states()) == (["lead@ministry.example"], [State.SENT])
    assert Delivery.objects.get().local_day == date(2026, 11, 24)


def test_two_people_are_told_apart(item, server):
    make_follow_up(date(2026, 12, 18), lead=make_held_post(make_user(email="other@ministry.example")))
    server.no_mailbox = {"other@ministry.example"}
    with lost():
        run(server, at(date(2026, 11, 23)))
    write_to_log(server.log, "<anything@else>", 9, at=EVENING)
    server.no_mailbox = set()

    restore()
    run(server, EVENING)

    assert sorted(heard(server)) == ["lead@ministry.example", "other@ministry.example"]


def test_an_overview_that_went_out_does_not_come_again(item, server):
    group = make_held_post(make_user(email="group@ministry.example"))
    make_assignment(item.commitment, group, role=Assignment.Role.WORKING_GROUP_LEAD)
    make_follow_up(date(2026, 11, 20), commitment=item.commitment, dated_at=at(date(2026, 11, 1)))
    with lost():
        run(server, at(date(2026, 11, 23), 8, 30))
    told = heard(server)
    assert "group@ministry.example" in told

    restore()
    run(server, EVENING)

    assert heard(server) == told


# What cannot be known


def test_without_evidence_it_is_held_for_a_person_and_no_worker_decides(item, server, settings):
    settings.RELAY_LOG = ""
    settings.MAIL_UNCERTAIN = "resend"
    with lost():
        run(server, at(date(2026, 11, 23)))

    restore()
    run(server, EVENING)
    run(server, EVENING + timedelta(days=3))

    assert (len(heard(server)), states()) == (1, [State.UNCERTAIN])
    assert "backup" in Delivery.objects.undelivered().get().problem


def test_a_log_that_ends_before_the_backup_proves_of_nothing_that_it_was_not_sent(item, server):
    server.log.write_text(f"{LONG_AGO}\n2026-11-23T08:19:00+09:00 relay postfix/smtpd[1]: connect\n")

    restore()
    run(server, EVENING)

    assert (heard(server), states()) == ([], [State.UNCERTAIN])


def test_a_log_that_begins_after_the_backup_proves_of_nothing_that_it_was_not_sent(item, server):
    server.log.write_text("2026-11-23T08:21:00+09:00 relay postfix/smtpd[1]: connect\n")

    restore()

    assert states() == [State.UNCERTAIN]


def test_with_a_better_log_the_same_is_asked_again_and_what_was_held_goes_out(item, server):
    begins = server.log.read_text()
    server.log.unlink()
    restore()
    server.log.write_text(begins)
    write_to_log(server.log, "<anything@else>", 1, at=EVENING)

    restore()
    run(server, EVENING)

    assert (heard(server), states()) == (["lead@ministry.example"], [State.SENT])


@pytest.mark.parametrize(("unknown", "told"), [(Unknown.SENT, 0), (Unknown.NOT_SENT, 1)])
def test_a_person_can_decide_for_all_of_which_nothing_is_known(item, server, settings, unknown, told):
    settings.RELAY_LOG = ""

    restore(unknown=unknown)
    run(server, EVENING)

    assert (len(heard(server)), states()) == (told, [State.SENT])


def test_chat_knows_no_message_id_and_is_held(item, server):
    write_to_log(server.log, "<anything@else>", 1, at=EVENING)
    person = make_user()
    Delivery.to(
        person, local_day=date(2026, 11, 23), language="en", now=MONDAY, channel=Delivery.Channel.CHAT
    ).save()

    restore()

    assert Delivery.objects.get(recipient=person).state == State.UNCERTAIN


# What keeps the operator from a mistake


def test_with_another_secret_nothing_is_compared(item, server, settings):
    run(server, at(date(2026, 11, 23)))
    settings.SECRET_KEY = "another one, made when the machine was set up anew"

    with pytest.raises(CommandError, match="SECRET_KEY"):
        call_command("after_restore", "--now", EVENING.isoformat(), stdout=StringIO())


def test_while_outgoing_mail_is_off_nothing_would_be_found_and_it_says_so(item, server):
    OutgoingMail.switch(False)

    with pytest.raises(CommandError, match="off"):
        call_command("after_restore", "--since", MONDAY.isoformat(), "--now", EVENING.isoformat())


def test_it_begins_at_the_last_sign_of_life(item, server):
    Heartbeat.beat("tick", now=MONDAY)
    with lost():
        run(server, at(date(2026, 11, 23)))
    said = StringIO()

    call_command("after_restore", "--now", EVENING.isoformat(), stdout=said)

    assert "2026-11-22 23:20:00 UTC" in said.getvalue()
    assert re.search(r"1 had been sent.*\n.*lead@ministry.example", said.getvalue())


def test_an_empty_register_does_not_say_when_the_backup_was_made(server):
    with pytest.raises(CommandError, match="--since"):
        call_command("after_restore")


def test_a_dry_run_says_the_same_and_changes_nothing(item, server):
    said = StringIO()
    times = ["--since", MONDAY.isoformat(), "--now", EVENING.isoformat()]
    server.log.unlink()

    call_command("after_restore", *times, "--dry-run", stdout=said)

    assert "1 may have been sent" in said.getvalue()
    assert not Delivery.objects.exists()


def test_a_later_run_has_to_say_again_since_when(item, server, settings):
    settings.RELAY_LOG = ""
    restore()

    with pytest.raises(CommandError, match="--since"):
        call_command("after_restore", "--now", EVENING.isoformat())


def test_a_link_of_a_mail_that_went_out_since_opens_nothing_of_somebody_else(item, server, client):
    with lost():
        run(server, at(date(2026, 11, 23)))
    part = next(p for p in server.accepted[0].walk() if p.get_content_type() == "text/plain")
    link = re.search(r"/a/[^/]+/", part.get_payload(decode=True).decode())[0]
    before = set(Delivery.objects.values_list("pk", flat=True))

    restore()

    assert client.get(link).status_code == 404
    assert min(set(Delivery.objects.values_list("pk", flat=True)) - before) > 1_000_000


# Message-IDs


def message(**fields) -> Delivery:
    known = {"local_day": date(2026, 11, 23), "language": "en", "now": MONDAY}
    return Delivery.to(fields.pop("user", None) or make_user(), **{**known, **fields})


def test_the_same_message_has_the_same_message_id(settings):
    person = make_user()

    first, second = message(user=person), message(user=person)

    assert first.message_id == second.message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@[\w.-]+>", first.message_id)


def test_each_person_day_channel_and_class_has_its_own_and_each_installation_too(settings):
    person = make_user()
    made = [
        message(user=person),
        message(),
        message(user=person, local_day=date(2026, 11, 24)),
        message(user=person, channel="chat"),
        message(user=person, message_class="overview"),
        message(user=person, message_class="letter 1"),
    ]
    settings.SECRET_KEY = "of another installation"
    made.append(message(user=person))

    assert len({each.message_id for each in made}) == len(made)


def test_a_day_whose_message_left_on_another_day_can_have_one_more():
    person = make_user()
    first = message(user=person, state=State.SENT)
    first.save()
    Delivery.objects.update(local_day=date(2026, 11, 24))

    second = message(user=person)
    second.save()

    assert first.message_id != second.message_id


def test_a_message_that_is_joined_on_another_day_becomes_that_days(item, server, lead):
    server.always = "refuse for now"
    run(server, at(date(2026, 11, 23)))
    first = Delivery.objects.get().message_id
    Preference.objects.create(user=lead.holdings.get().user, rhythm="daily")
    make_follow_up(date(2026, 11, 25), lead=lead)
    server.always = "accept"

    run(server, at(date(2026, 11, 24), 12))

    sent = Delivery.objects.get()
    assert (sent.state, sent.local_day) == (State.SENT, date(2026, 11, 24))
    assert sent.message_id == sent.message_id_of() != first
    assert server.accepted[0]["Message-ID"] == sent.message_id


def test_one_that_is_being_written_keeps_its_message_id(item, server):
    plan_reminders(now=MONDAY)
    delivery = message()
    delivery.state, delivery.lease_until = State.CLAIMED, EVENING
    delivery.save()

    delivery.becomes_of(date(2026, 11, 24))

    assert Delivery.objects.get().message_id == delivery.message_id
    assert delivery.message_id != delivery.message_id_of()


def test_a_register_that_grows_meanwhile_is_asked_about_in_parts(server, monkeypatch):
    monkeypatch.setattr("notifications.restoring.AT_ONCE", 2)
    forum = make_forum(desk=make_held_post())
    for n in range(5):
        lead = make_held_post(make_user(email=f"lead{n}@ministry.example"))
        make_follow_up(date(2026, 12, 18), commitment=make_commitment(lead=lead, forum=forum))
    with lost():
        run(server, at(date(2026, 11, 23)))

    found = restore()

    assert (len(found.sent), found.to_send, found.held) == (5, [], [])
