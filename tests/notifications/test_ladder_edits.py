"""A ladder is edited while reminders stand: nobody hears twice, a removed step is not told, nothing falls between.

Nor does it where two of its steps meet."""

from datetime import date

import pytest
from django.core import mail

from notifications.models import LadderStep, Reminder, ReminderLadder
from notifications.reminding import remind
from tests.factories import at
from tests.notifications.days import run, run_through

pytestmark = pytest.mark.django_db
DECEMBER_17 = date(2026, 12, 17)  # the eve of the date: before-1 is told


def lay_down(item, *offsets):
    ladder = ReminderLadder.objects.create(forum=item.commitment.forum, family="dated")
    for offset in offsets:
        LadderStep.objects.create(ladder=ladder, offset=offset, breaks_out=True)
    return ladder


def told():
    return set(Reminder.objects.filter(state="told").values_list("step", flat=True))


def test_a_step_that_was_taken_away_is_not_told(item):
    run(at(DECEMBER_17, 0, 5))  # planned, and its hour has not come
    lay_down(item, -40)

    assert run_through(DECEMBER_17, DECEMBER_17) == [(DECEMBER_17, "lead@ministry.example")]
    assert told() == {"before-40"}


def test_what_a_removed_step_had_overtaken_comes_back(item):
    run(at(DECEMBER_17, 0, 5))  # before-7 is overtaken by before-1
    lay_down(item, -7)

    run_through(DECEMBER_17, DECEMBER_17)

    assert told() == {"before-7"}


def test_a_step_that_was_told_is_not_told_again_when_the_ladder_comes_back(item):
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    lay_down(item, -3).remove()

    run_through(date(2026, 11, 24), date(2026, 12, 10))

    assert len(mail.outbox) == 1


def test_a_step_that_is_laid_down_again_is_told(item):
    run(at(DECEMBER_17, 0, 5))
    ladder = lay_down(item, -40)
    run(at(DECEMBER_17, 0, 10))
    ladder.remove()

    run_through(DECEMBER_17, DECEMBER_17)

    assert told() == {"before-1"}


def test_another_unit_makes_no_second_message(item):
    run_through(DECEMBER_17, DECEMBER_17)
    ladder = lay_down(item)
    LadderStep.objects.create(ladder=ladder, offset=-1, unit="working_days", breaks_out=True)

    assert run_through(DECEMBER_17, date(2026, 12, 31)) == []


def test_of_two_steps_on_one_day_one_is_told(item):
    ladder = lay_down(item, 7)
    LadderStep.objects.create(ladder=ladder, offset=5, unit="working_days", breaks_out=True)

    run_through(date(2026, 12, 28), date(2026, 12, 29))

    assert len(told()) == 1


def test_a_step_in_working_days_that_comes_after_one_in_calendar_days_is_told_on_its_day(item):
    ladder = lay_down(item, 3)  # Monday the 21st
    LadderStep.objects.create(ladder=ladder, offset=2, unit="working_days", breaks_out=True)
    remind(clock=lambda: at(date(2026, 12, 21), 15), since_mark=True)

    remind(clock=lambda: at(date(2026, 12, 22), 8, 30), since_mark=True)

    assert told() == {"after-3", "after-2"}
