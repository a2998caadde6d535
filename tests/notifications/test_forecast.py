"""What will be sent is known beforehand, and it is what then happens."""

import json
import os
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings

from commitments.models import FollowUp, User
from notifications.bundling import bundle_reminders
from notifications.forecast import Expected, forecast, within_reach
from notifications.inheritance import LadderBook, Place
from notifications.ladders import Audience, Step, Unit
from notifications.laying_down import lay_down
from notifications.models import OutgoingMail
from notifications.planning import plan_reminders
from notifications.reminding import rehearse, remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_post,
    make_user,
)
from tests.notifications import registers
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db


def as_told(row: Expected) -> registers.Told:
    assert row.recipient is not None
    return registers.Told(row.told_on, row.recipient.user.pk, row.follow_up.pk, row.step, row.post.pk)


def foreseen() -> tuple[set[registers.Told], set[tuple[int, str]]]:
    """As `live` says it afterwards."""
    now, days = registers.NOW, registers.DAYS
    rows = forecast(within_reach(now, days, LadderBook()), now=now, days=days)
    return {as_told(row) for row in rows if row.is_message}, {
        (row.follow_up.pk, row.step) for row in rows if row.is_task
    }


@example(registers.BUSY)
@given(registers.registers)
@settings(
    max_examples=400 if os.environ.get("FULL") else 5,
    derandomize=not os.environ.get("FULL"),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_forecast_is_what_is_then_done_day_by_day(register: dict[str, Any]) -> None:
    with transaction.atomic():
        registers.build(register)

        expected = foreseen()

        assert registers.live(registers.NOW, registers.DAYS) == expected
        transaction.set_rollback(True)


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


def test_of_a_meeting_that_was_cancelled_nobody_hears_not_even_a_certain_post(desk):
    forum, post = make_forum(desk=desk), make_held_post()
    lay_down("dated", Place(forum=forum), [Step(-7, audience=Audience.POST, post_id=post.pk, grace_days=0)])
    follow_up = make_follow_up(date(2026, 12, 18), meeting=make_meeting(forum=forum, state="cancelled"))

    assert forecast([follow_up], now=at(date(2026, 11, 1))) == []


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

    plan_reminders(now=at(date(2026, 10, 1)))  # the first run writes down the ladders
    one = queries()
    for _n in range(9):
        make_follow_up(DUE, lead=make_held_post(organisation=lead.organisation))
    plan_reminders(now=at(date(2026, 10, 1)))

    assert queries() == one


def test_what_a_removed_step_had_overtaken_is_forecast_again(item):
    eve = date(2026, 12, 17)
    remind(clock=lambda: at(eve, 0, 5))  # planned, and its hour has not come
    lay_down("dated", Place(forum=item.forum), [Step(-7, breaks_out=True)])

    rows = forecast([item], now=at(eve, 0, 6))

    assert [(row.step, row.told_on) for row in rows] == [("before-7", eve)]


def test_a_successor_who_begins_later_is_forecast_from_then_on(item, lead):
    deputy = make_user()
    make_holding(lead, deputy, acting=True, from_on=date(2026, 12, 16), until_on=date(2026, 12, 18))

    rows = forecast([item], now=at(date(2026, 12, 10)))

    people = [(row.step, row.recipient.user == deputy) for row in rows if row.recipient]
    assert people == [("before-30", False), ("before-7", False), ("before-1", True), ("after-1", False)]


def test_of_a_third_message_in_a_week_the_forecast_says_that_it_waits(item, lead, desk):
    for day in (date(2026, 12, 15), date(2026, 12, 16)):
        due_on = day + timedelta(days=1)
        commitment = make_commitment(lead=lead, forum=make_forum(desk=desk))
        make_follow_up(due_on, commitment=commitment, dated_at=at(date(2026, 11, 1)))
    remind(clock=lambda: at(date(2026, 12, 14)))  # 7 days before, all in one

    rows = forecast(FollowUp.objects.select_related("commitment"), now=at(date(2026, 12, 14), 10))

    days = [row.told_on for row in rows if row.is_message and row.told_on < date(2026, 12, 21)]
    assert days == [date(2026, 12, 15)]


# -- the command


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("forecast", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_day_by_day_who_is_told_what_by_their_own_clock(item, lead):
    holder = lead.holdings.get().user
    User.objects.filter(pk=holder.pk).update(zone="America/New_York", name_en="Kim Minji")

    said = printed("--now", "2026-12-10T09:00:00+09:00", "--days", "14")

    assert "Mon 14 Dec 2026\n  08:30 Kim Minji <lead@ministry.example>, America/New_York, by mail" in said
    assert f"{item.commitment}: 7 days before, Fri 18 Dec 2026; {lead}" in said
    assert "Mon 21 Dec 2026" in said
    assert "Mon 28 Dec 2026" not in said


def test_the_command_shows_what_comes_to_the_desk(item):
    said = printed("--now", "2026-12-16T09:00:00+09:00")

    monday = said.partition("Mon 28 Dec 2026")[2]
    assert f"  for the desk\n        {item.commitment}: 5 working days after" in monday


def test_the_command_shows_what_nobody_will_hear(item, lead, desk):
    lead.holdings.update(until_on=date(2026, 12, 15))
    desk.holdings.update(until_on=date(2026, 12, 15))

    said = printed("--now", "2026-12-16T09:00:00+09:00")

    assert f"Thu 17 Dec 2026\n  nobody to tell\n        {item.commitment}: 1 day before" in said


def test_the_command_says_first_that_mail_is_switched_off(item, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    OutgoingMail.switch(False)

    said = printed("--now", "2026-12-10T09:00:00+09:00")

    assert said.startswith("Closed now: mail")
    assert "Mon 14 Dec 2026" in said


def test_the_command_prints_one_json_object(item, lead):
    said = json.loads(printed("--now", "2026-12-10T09:00:00+09:00", "--days", "5", "--json"))

    _late, message = said["messages"]
    assert (message["at"], message["address"]) == ("2026-12-14T08:30+09:00", "lead@ministry.example")
    assert [(row["reference"], row["step"]) for row in message["items"]] == [
        (item.commitment.reference, "before-7")
    ]


def test_the_command_shows_one_forum_with_the_bodies_below_it(item, lead, desk):
    below = make_forum(parent=item.forum)
    there = make_follow_up(
        DUE, commitment=make_commitment(lead=lead, forum=below), dated_at=at(date(2026, 11, 1))
    )
    elsewhere = make_follow_up(DUE, commitment=make_commitment(lead=lead), dated_at=at(date(2026, 11, 1)))

    said = printed("--now", "2026-12-10T09:00:00+09:00", "--forum", item.forum.code)

    assert str(there.commitment) in said
    assert str(elsewhere.commitment) not in said


def test_the_command_names_what_it_does_not_understand(item):
    with pytest.raises(CommandError, match="no forum 'NONE'"):
        printed("--forum", "NONE")
    with pytest.raises(CommandError, match="from 0 to 400"):
        printed("--days", "401")


def test_the_forecast_asks_the_same_number_of_questions_for_one_date_and_for_ten(item, lead):
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            forecast(
                within_reach(at(date(2026, 12, 10)), 14, LadderBook()), now=at(date(2026, 12, 10)), days=14
            )
        return len(captured)

    one = questions()
    for _n in range(9):
        post = make_held_post(organisation=lead.organisation)
        make_follow_up(
            DUE, commitment=make_commitment(lead=post, forum=item.forum), dated_at=at(date(2026, 11, 1))
        )

    assert questions() == one


def test_a_date_far_off_is_within_reach_of_a_ladder_that_begins_early(item):
    lay_down("dated", Place(forum=item.forum), [Step(-300, Unit.WORKING_DAYS)])
    FollowUp.objects.update(due_on=date(2028, 2, 20))

    rows = forecast(
        within_reach(at(date(2026, 12, 10)), 14, LadderBook()), now=at(date(2026, 12, 10)), days=14
    )

    assert [row.step for row in rows] == ["before-300"]
