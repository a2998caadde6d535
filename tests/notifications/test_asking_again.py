"""What the desk gave back is asked again, even where the ladder has no step left."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core import mail

from commitments import answers
from notifications import answering
from notifications.models import Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import at, make_user
from tests.notifications.days import run_through

pytestmark = pytest.mark.django_db

MONDAY = date(2027, 1, 4)  # every step of the item that was due on 18 December has been told


@pytest.fixture
def told(item):
    run_through(date(2026, 12, 14), date(2026, 12, 28))
    return item


@pytest.fixture
def give_back(told) -> Callable[[], None]:
    def report_and_return() -> None:
        report = answering.report(_last(), name="A", text="Talks held.", now=at(MONDAY, 10))
        answers.return_report(report, by=make_user(), now=at(MONDAY, 15), decision="With whom?")

    return report_and_return


def _last() -> Reminder:
    return Reminder.objects.filter(state="told", audience="owner").latest("told_at")


def test_a_returned_answer_is_asked_again_on_the_next_day(give_back):
    give_back()

    assert run_through(date(2027, 1, 5), date(2027, 1, 12)) == [(date(2027, 1, 5), "lead@ministry.example")]
    assert "With whom?" in mail.outbox[-1].body


def test_what_is_returned_twice_is_asked_twice(give_back):
    give_back()
    run_through(date(2027, 1, 5), date(2027, 1, 6))
    report = answering.report(_last(), name="A", text="With Japan.", now=at(date(2027, 1, 6), 10))
    answers.return_report(report, by=make_user(), now=at(date(2027, 1, 6), 15), decision="When?")

    assert [day for day, _who in run_through(date(2027, 1, 7), date(2027, 1, 8))] == [date(2027, 1, 7)]


def test_an_answer_to_what_was_asked_again_silences_it(give_back):
    give_back()
    answering.report(_last(), name="A", text="With Japan.", now=at(MONDAY, 16))

    assert run_through(date(2027, 1, 5), date(2027, 1, 8)) == []


def test_a_tick_by_the_mark_asks_again_as_the_full_pass_does(give_back):
    plan_reminders(now=at(MONDAY), since_mark=True)
    give_back()

    plan_reminders(now=at(MONDAY, 16), since_mark=True)
    assert Reminder.objects.filter(step__startswith="again-").count() == 1
    plan_reminders(now=at(MONDAY, 17))
    assert Reminder.objects.filter(step__startswith="again-").count() == 1


def test_of_a_dormant_forum_nobody_is_asked_again(give_back, told):
    give_back()
    forum = told.commitment.forum
    forum.dormant = True
    forum.save()

    assert run_through(date(2027, 1, 5), date(2027, 1, 8)) == []


def test_the_desk_hears_nothing_of_its_own_question(give_back):
    give_back()
    remind(clock=lambda: at(date(2027, 1, 5)))

    assert "desk@ministry.example" not in mail.outbox[-1].to
