"""What will be sent is known beforehand, and it is what then happens."""

from datetime import date

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.bundling import bundle_reminders
from notifications.forecast import forecast
from notifications.planning import plan_reminders
from notifications.reminding import rehearse, remind
from tests.factories import at, make_follow_up, make_forum, make_held_post, make_meeting, make_post
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db


def test_the_forecast_is_the_worked_out_ladder(item):
    expected = forecast([item], now=at(date(2026, 11, 1)))

    assert [(row.step, row.told_on) for row in expected] == [
        ("before-30", date(2026, 11, 23)),
        ("before-7", date(2026, 12, 14)),
        ("before-1", date(2026, 12, 17)),
        ("after-1", date(2026, 12, 21)),
        ("desk-5", date(2026, 12, 28)),
    ]


def test_what_has_been_told_is_not_forecast_again(item):
    remind(clock=lambda: at(date(2026, 11, 23)))

    assert forecast([item], now=at(date(2026, 11, 23)))[0].step == "before-7"


def test_an_item_entered_late_is_forecast_from_its_next_step(item):
    item.dated_at = at(date(2026, 12, 15))

    assert forecast([item], now=at(date(2026, 12, 15)))[0].step == "before-1"


def test_it_works_before_anything_is_saved(item):
    item.pk = None

    assert len(forecast([item], now=at(date(2026, 11, 1)))) == 5


def test_nobody_to_tell_is_part_of_the_forecast():
    follow_up = make_follow_up(date(2026, 12, 18), lead=make_post())

    assert forecast([follow_up], now=at(date(2026, 11, 1)))[0].recipient is None


def test_a_meetings_date_is_the_desks(desk):
    follow_up = make_follow_up(date(2026, 12, 18), meeting=make_meeting(forum=make_forum(desk=desk)))

    assert {row.post for row in forecast([follow_up], now=at(date(2026, 11, 1)))} == {desk}


def test_a_rehearsal_says_who_would_be_told_and_changes_nothing(item):
    result = rehearse(now=at(date(2026, 11, 23)))

    assert [(m["recipient"], m["step"]) for m in result.messages] == [("lead@ministry.example", "before-30")]
    assert mail.outbox == []
    assert not item.reminders.exists()


def test_planning_and_bundling_take_the_same_number_of_queries_for_one_item_and_for_ten(item, lead):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan_reminders(now=at(date(2026, 11, 19)))
            bundle_reminders(now=at(date(2026, 11, 19)))
        return len(captured)

    one = queries()
    for _n in range(9):
        make_follow_up(DUE, lead=make_held_post(organisation=lead.organisation))

    assert queries() == one
