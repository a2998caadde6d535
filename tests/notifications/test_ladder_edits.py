"""A ladder is edited while reminders stand: nobody hears twice, a removed step is not told, nothing falls between."""

from datetime import date

import pytest
from django.core import mail

from notifications.models import LadderStep, Reminder, ReminderLadder
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
