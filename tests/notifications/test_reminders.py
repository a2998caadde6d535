"""The way of a reminder: planned, bundled, sent, each once however often the job runs."""

from datetime import date

import pytest
from django.core import mail

from commitments.models import Assignment
from notifications import answering
from notifications.models import Delivery, Reminder
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_post,
    make_user,
)
from tests.notifications.conftest import DUE
from tests.notifications.days import run, run_through

pytestmark = pytest.mark.django_db


def test_messages_go_out_at_half_past_eight_on_the_recipients_clock(item):
    run(at(date(2026, 11, 23), 8, 29))
    assert mail.outbox == []

    run(at(date(2026, 11, 23), 8, 30))
    assert len(mail.outbox) == 1


def test_a_reminder_goes_out_once_however_often_the_job_runs(item):
    for _time in range(5):
        run(at(date(2026, 11, 23)))

    assert len(mail.outbox) == 1


def test_after_an_outage_only_the_newest_step_goes_out_marked_late(item):
    result = run(at(date(2026, 12, 18), 9))

    assert len(mail.outbox) == 1
    assert Reminder.objects.get(step="before-1").late
    assert (result.planned, result.superseded, result.late) == (1, 2, 1)
    states = dict(Reminder.objects.values_list("step", "state"))
    assert states == {"before-30": "superseded", "before-7": "superseded", "before-1": "told"}


def test_an_answer_that_waits_for_the_desk_silences_until_it_is_returned(item, lead):
    run(at(date(2026, 11, 23)))
    answering.report(Reminder.objects.get(), name="A", text="Talks held.", now=at(date(2026, 11, 24)))

    assert run_through(date(2026, 12, 14), date(2026, 12, 17)) == []


def test_an_acknowledgment_is_quiet_until_the_date_and_not_after_it(item):
    run(at(date(2026, 12, 14)))
    answering.acknowledge(Reminder.objects.get(state="told"), name="A", now=at(date(2026, 12, 14), 10))

    told = run_through(date(2026, 12, 15), date(2026, 12, 22))

    assert [day for day, _who in told] == [date(2026, 12, 21)]


def test_without_a_lead_the_desk_is_told(desk):
    make_follow_up(DUE, commitment=make_commitment(forum=make_forum(desk=desk)))

    run(at(date(2026, 11, 23)))

    assert mail.outbox[0].to == ["desk@ministry.example"]


def test_the_group_below_a_forum_has_the_forums_desk(desk, lead):
    group = make_forum(parent=make_forum(desk=desk))
    meeting = make_meeting(forum=group)
    make_follow_up(DUE, meeting=meeting)

    run(at(date(2026, 11, 23)))

    assert mail.outbox[0].to == ["desk@ministry.example"]


def test_nobody_to_tell_is_a_visible_state():
    post = make_post()
    make_follow_up(DUE, lead=post)

    result = remind(clock=lambda: at(date(2026, 11, 23)))

    assert result.skipped_because == {"nobody to tell": 1}
    assert not Delivery.objects.exists()


def test_each_party_has_its_own_lead_and_each_is_told(item, lead):
    other = make_held_post(make_user(email="other@ministry.example"))
    make_assignment(item.commitment, other, role=Assignment.Role.SUPPORTING)

    run(at(date(2026, 11, 23)))

    assert [m.to[0] for m in mail.outbox] == ["lead@ministry.example"]


def test_what_was_reassigned_before_sending_goes_to_the_new_lead_only(item, lead):
    run(at(date(2026, 11, 23), 7))
    item.commitment.assignments.get().end(on=date(2026, 11, 22))
    new = make_held_post(make_user(email="new@ministry.example"))
    make_assignment(item.commitment, new, from_on=date(2026, 11, 23))

    run(at(date(2026, 11, 23), 9))

    assert [m.to[0] for m in mail.outbox] == ["new@ministry.example"]
