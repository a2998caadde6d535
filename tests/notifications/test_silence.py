"""The desk and whoever is above hear of silence, not of answers; and only after there was time to answer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from commitments import answers
from commitments.models import Post
from notifications import answering
from notifications.inheritance import Place
from notifications.ladders import Audience, Step, Unit
from notifications.laying_down import lay_down
from notifications.models import Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_follow_up,
    make_held_post,
    make_organisation,
    make_party,
    make_user,
)
from tests.notifications.days import run_through

pytestmark = pytest.mark.django_db

OVERDUE = date(2026, 12, 21)  # the day after it was due, with its message
TASK_DAY = date(2026, 12, 28)


def tasks(day: date) -> list[str]:
    plan_reminders(now=at(day))
    return list(Reminder.objects.tasks_for_the_desk(at(day)).values_list("step", flat=True))


def held_abroad(**fields: Any) -> Post:
    """A lead of the other party."""
    return make_held_post(
        make_user(email="other@ministry.example"),
        organisation=make_organisation(party=make_party("JPN")),
        **fields,
    )


def last_told() -> Reminder:
    return Reminder.objects.filter(state="told", audience="owner").latest("told_at")


@pytest.fixture
def overdue(item):
    run_through(date(2026, 12, 14), OVERDUE)
    return item


@pytest.fixture
def superior(lead, item):
    lead.superior = make_held_post(make_user(email="superior@ministry.example"))
    lead.save()
    step = Step(4, Unit.WORKING_DAYS, Audience.SUPERIOR, breaks_out=True, grace_days=1)
    lay_down("dated", Place(forum=item.commitment.forum), [Step(-7), Step(1, breaks_out=True), step])
    return lead.superior


def test_silence_is_a_task_for_the_desk(overdue):
    assert tasks(TASK_DAY) == ["desk-5"]


def test_a_report_that_waits_is_no_silence(overdue):
    answering.report(last_told(), name="A", text="Talks held.", now=at(OVERDUE, 10))

    assert tasks(TASK_DAY) == []


def test_a_request_for_more_time_is_no_silence(overdue):
    answering.ask_for_time(
        last_told(), name="A", reason="Elections.", until_on=date(2027, 3, 1), now=at(OVERDUE, 10)
    )

    assert tasks(TASK_DAY) == []


def test_seen_is_no_silence_until_its_day(overdue):
    answering.acknowledge(last_told(), name="A", now=at(date(2026, 12, 23), 10))

    assert tasks(date(2026, 12, 30)) == []
    assert tasks(date(2026, 12, 31)) == ["desk-5"]


def test_of_two_leads_the_one_who_is_silent_makes_the_task(overdue):
    other = held_abroad()
    make_assignment(overdue.commitment, other)
    run_through(date(2026, 12, 22), date(2026, 12, 22))
    answering.report(last_told(), name="A", text="Talks held.", now=at(date(2026, 12, 22), 10))

    assert tasks(date(2026, 12, 29)) == ["desk-5"]


def test_nobody_is_silent_who_was_not_asked(item):
    assert tasks(TASK_DAY) == []


def test_a_dormant_forum_gives_the_desk_its_yearly_look(item):
    item.commitment.forum.dormant = True
    item.commitment.forum.save()

    assert tasks(date(2026, 12, 18)) == ["desk-0"]


def test_a_ladder_without_a_step_for_the_owner_gives_the_desk_its_task(item):
    lay_down("dated", Place(forum=item.commitment.forum), [Step(3, audience=Audience.DESK)])

    assert tasks(TASK_DAY) == ["desk-3"]


def test_whoever_was_asked_stays_asked_when_the_ladder_is_edited(overdue):
    steps = [Step(-6), Step(5, Unit.WORKING_DAYS, Audience.DESK)]
    lay_down("dated", Place(forum=overdue.commitment.forum), steps)

    assert tasks(TASK_DAY) == ["desk-5"]


def test_an_edited_ladder_tells_a_superior_nothing_of_what_was_answered(overdue, superior):
    answering.report(last_told(), name="A", text="Talks held.", now=at(OVERDUE, 10))
    steps = [Step(-6), Step(4, audience=Audience.SUPERIOR, breaks_out=True, grace_days=0)]
    lay_down("dated", Place(forum=overdue.commitment.forum), steps)

    assert run_through(OVERDUE + timedelta(days=1), date(2026, 12, 31)) == []


def test_what_was_given_back_has_time_to_be_answered_before_it_is_a_task(overdue):
    report = answering.report(last_told(), name="A", text="Talks held.", now=at(OVERDUE, 10))
    answers.return_report(report, by=make_user(), now=at(TASK_DAY, 7), decision="With whom?")

    assert tasks(TASK_DAY) == []
    run_through(TASK_DAY, TASK_DAY)
    assert tasks(date(2026, 12, 30)) == []
    assert tasks(date(2026, 12, 31)) == ["desk-5"]


def test_an_escalation_names_the_post_of_its_own_side(item, superior, lead):
    make_assignment(item.commitment, held_abroad(superior=make_held_post()))
    run_through(date(2026, 12, 14), date(2026, 12, 31))

    said = next(m.body for m in mail.outbox if m.to == ["superior@ministry.example"])
    assert str(lead) in said
    assert str(Post.objects.get(holdings__user__email="other@ministry.example")) not in said


def test_who_heard_late_has_three_working_days_first(item):
    remind(clock=lambda: at(TASK_DAY))

    assert tasks(date(2026, 12, 30)) == []
    assert tasks(date(2026, 12, 31)) == ["desk-5"]


def test_a_superior_does_not_hear_of_what_was_answered(item, superior):
    run_through(date(2026, 12, 14), OVERDUE)
    answering.report(last_told(), name="A", text="Talks held.", now=at(OVERDUE, 10))

    assert run_through(OVERDUE + timedelta(days=1), date(2026, 12, 31)) == []


def test_a_superior_hears_of_silence(item, superior):
    told = run_through(date(2026, 12, 14), date(2026, 12, 31))

    assert "superior@ministry.example" in {who for _day, who in told}


def test_of_two_leads_only_the_superior_of_the_silent_one_hears(item, superior):
    above_other = make_held_post(make_user(email="above-other@ministry.example"))
    other = held_abroad(superior=above_other)
    make_assignment(item.commitment, other)
    run_through(date(2026, 12, 14), OVERDUE)
    answered = Reminder.objects.filter(state="told", post=other).latest("told_at")
    answering.report(answered, name="A", text="Talks held.", now=at(OVERDUE, 10))

    heard = {who for _day, who in run_through(OVERDUE + timedelta(days=1), date(2026, 12, 31))}
    assert "superior@ministry.example" in heard
    assert "above-other@ministry.example" not in heard


def test_a_date_of_its_own_post_is_answered_by_that_post(desk, lead, item):
    make_follow_up(date(2026, 12, 18), commitment=item.commitment, post=lead, dated_at=at(date(2026, 11, 1)))
    run_through(date(2026, 12, 14), OVERDUE)
    for told in Reminder.objects.filter(state="told", audience="owner", step="after-1"):
        answering.report(told, name="A", text="Talks held.", now=at(OVERDUE, 10))

    assert tasks(TASK_DAY) == []
