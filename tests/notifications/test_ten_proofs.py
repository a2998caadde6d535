"""The ten proofs and the worked-out ladder, each under its own name."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client

from commitments.models import FollowUp, Post
from commitments.recurrence import next_after
from notifications.models import Delivery, Reminder
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_officer,
    make_user,
)
from tests.mail_server import MailServer
from tests.notifications.conftest import DUE
from tests.notifications.days import run, run_through
from tests.threads import together

pytestmark = pytest.mark.django_db
LEAD = "lead@ministry.example"


def items(n: int, *, lead: Post, desk: Post, due_on: date = DUE) -> list[FollowUp]:
    forum = make_forum(desk=desk)
    made = [make_commitment(lead=lead, forum=forum) for _n in range(n)]
    return [make_follow_up(due_on, commitment=each, dated_at=at(date(2026, 11, 1))) for each in made]


def heard() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def test_proof_1_after_three_days_without_a_worker_each_planned_reminder_goes_out_once_late_and_marked_late(
    lead, desk
):
    items(2, lead=lead, desk=desk)
    run_through(date(2026, 11, 20), date(2026, 12, 13))  # on Monday the 14th nothing runs, nor on Tuesday

    told = run_through(date(2026, 12, 16), date(2026, 12, 16))

    assert told == [(date(2026, 12, 16), LEAD)]
    assert mail.outbox[-1].body.count("/a/") == 2
    assert list(Reminder.objects.filter(step="before-7").values_list("state", "late")) == [("told", True)] * 2


@pytest.mark.django_db(transaction=True)
def test_proof_2_two_beats_at_the_same_moment_make_one_mail(item):
    together(*[lambda: run(at(date(2026, 11, 23)))] * 4)

    assert heard() == [LEAD]


def test_proof_3_a_moved_meeting_plans_anew_what_was_not_sent_and_repeats_nothing_that_was(lead, desk):
    meeting = make_meeting(forum=make_forum(desk=desk), starts_on=DUE, state="confirmed")
    commitment = make_commitment(lead=lead, forum=meeting.forum)
    make_follow_up(DUE, commitment=commitment, anchor_meeting=meeting, dated_at=at(date(2026, 11, 1)))
    assert run_through(date(2026, 11, 20), date(2026, 12, 1)) == [(date(2026, 11, 23), LEAD)]

    meeting.move_to(date(2027, 1, 29), reason="agreed by letter", now=at(date(2026, 12, 2)))

    told = run_through(date(2026, 12, 2), date(2027, 1, 30))
    assert [day for day, _who in told] == [date(2027, 1, 4), date(2027, 1, 25), date(2027, 1, 28)]


def test_proof_3_moved_away_and_back_it_is_not_told_again(item):
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    item.move_to(date(2027, 1, 29), now=at(date(2026, 11, 24)), reason="a slip")
    item.move_to(DUE, now=at(date(2026, 11, 25)), reason="as it was")

    assert [day for day, _who in run_through(date(2026, 11, 25), DUE)] == [
        date(2026, 12, 14),
        date(2026, 12, 17),
    ]


def test_proof_4_a_draft_report_does_not_silence(item):
    item.commitment.reports.create(follow_up=item, reported_on=date(2026, 12, 1))

    run(at(date(2026, 12, 17)))

    assert heard() == [LEAD]


@pytest.mark.parametrize("workflow", ["closed", "draft"])
def test_proof_5_an_item_that_is_not_live_is_silent(item, workflow):
    closed_on = date(2026, 11, 2) if workflow == "closed" else None
    type(item.commitment).objects.filter(pk=item.commitment_id).update(workflow=workflow, closed_on=closed_on)

    assert run_through(date(2026, 11, 16), date(2026, 12, 31)) == []


def test_proof_5_a_date_that_was_replaced_is_silent(item):
    item.close(FollowUp.Outcome.SUPERSEDED, now=at(date(2026, 11, 2)))

    assert run_through(date(2026, 11, 16), date(2026, 12, 31)) == []


def test_proof_6_while_the_lead_is_away_the_acting_holder_is_told(item, lead):
    acting = make_user(email="acting@ministry.example")
    make_holding(lead, acting, acting=True, from_on=date(2026, 11, 20), until_on=date(2026, 11, 30))

    run(at(date(2026, 11, 23)))

    assert heard() == ["acting@ministry.example"]


def test_proof_6_a_vacant_post_is_heard_by_its_alternate(item, lead):
    lead.holdings.update(until_on=date(2026, 11, 1))
    lead.alternate = make_held_post(make_user(email="alternate@ministry.example"))
    lead.save()

    run(at(date(2026, 11, 23)))

    assert heard() == ["alternate@ministry.example"]


def test_proof_6_a_vacant_post_without_alternate_is_heard_by_the_desk(item, lead):
    lead.holdings.update(until_on=date(2026, 11, 1))

    run(at(date(2026, 11, 23)))

    assert heard() == ["desk@ministry.example"]


@pytest.mark.parametrize("due_on", [date(2026, 12, 25), date(2026, 12, 26)])
def test_proof_7_due_on_or_after_a_holiday_the_eve_is_told_on_the_working_day_before(lead, desk, due_on):
    items(1, lead=lead, desk=desk, due_on=due_on)

    run_through(date(2026, 11, 20), date(2026, 12, 23))

    assert run_through(date(2026, 12, 24), date(2026, 12, 27)) == [(date(2026, 12, 24), LEAD)]


def test_proof_8_a_monthly_series_from_the_31st_does_not_drift():
    first, days = date(2027, 1, 31), [date(2027, 1, 31)]
    while len(days) < 4:
        days.append(next_after(first, 1, days[-1]))

    assert days == [first, date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_proof_9_who_has_a_dozen_items_has_one_digest(lead, desk):
    items(12, lead=lead, desk=desk)

    run(at(date(2026, 11, 23)))

    assert heard() == [LEAD]
    assert mail.outbox[0].body.count("/a/") == 12


@pytest.fixture
def relay(settings) -> Iterator[MailServer]:
    from notifications.models import OutgoingMail

    OutgoingMail.switch(True)
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def test_proof_10_what_the_mail_server_refuses_for_now_is_tried_again(item, relay):
    relay.plan = ["refuse for now"]
    run(at(date(2026, 11, 23)))
    assert Delivery.objects.get().error.startswith("451")

    remind(clock=lambda: at(date(2026, 11, 23)) + timedelta(hours=1))

    assert [message["To"] for message in relay.accepted] == [LEAD]


def test_proof_10_what_it_refuses_for_good_stands_on_the_desk(item, relay, desk):
    relay.plan = ["refuse for good"]
    run(at(date(2026, 11, 23)))
    officer = Client()
    officer.force_login(make_officer(item.commitment.forum))

    page = officer.get("/desk/undelivered/").content.decode()

    assert "550 5.1.1 no such mailbox" in page


def test_the_worked_out_ladder_is_told_on_exactly_its_days(item):
    told = run_through(date(2026, 11, 16), date(2027, 1, 8))

    days = [date(2026, 11, 23), date(2026, 12, 14), date(2026, 12, 17), date(2026, 12, 21)]
    assert told == [(day, LEAD) for day in days]


def test_the_worked_out_ladder_ends_with_a_task_for_the_desk(item):
    run_through(date(2026, 12, 14), date(2026, 12, 27))
    assert not Reminder.objects.tasks_for_the_desk(at(date(2026, 12, 28))).exists()

    run(at(date(2026, 12, 28), 0, 5))
    assert [task.step for task in Reminder.objects.tasks_for_the_desk(at(date(2026, 12, 28)))] == ["desk-5"]


def test_the_worked_out_ladder_closed_on_the_16th_says_nothing_on_the_17th(item):
    run_through(date(2026, 12, 14), date(2026, 12, 14))
    item.close(FollowUp.Outcome.DONE, now=at(date(2026, 12, 16)))

    assert run_through(date(2026, 12, 17), date(2026, 12, 31)) == []


def test_the_worked_out_ladder_moved_on_the_10th_begins_anew_in_january(item):
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    item.move_to(date(2027, 1, 29), now=at(date(2026, 12, 10)), reason="agreed by letter")

    told = run_through(date(2026, 12, 10), date(2027, 1, 10))

    assert [day for day, _who in told] == [date(2027, 1, 4)]


def test_the_worked_out_ladder_entered_on_the_15th_makes_one_message_that_is_not_late(lead, desk):
    commitment = make_commitment(lead=lead, forum=make_forum(desk=desk))
    make_follow_up(DUE, commitment=commitment, dated_at=at(date(2026, 12, 15)))

    told = run_through(date(2026, 12, 15), date(2026, 12, 18))

    assert [day for day, _who in told] == [date(2026, 12, 17)]
    states = dict(Reminder.objects.values_list("step", "state"))
    assert states == {"before-7": "superseded", "before-1": "told"}
    assert not Reminder.objects.filter(late=True).exists()
