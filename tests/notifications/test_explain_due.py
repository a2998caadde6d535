"""How a step was counted, day by day, and what became of it: what an officer can show to whoever doubts it."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from pytest_django import Settings

from commitments.models import Calendar, FollowUp, Holiday, Post, ProgressReport
from notifications.explaining import Explained, explain
from notifications.models import Delivery, OutgoingMail, Preference, Reminder
from notifications.planning import plan_reminders
from notifications.reminding import remind
from tests.factories import (
    at,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
)
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db

ENTERED = at(date(2026, 11, 1))


def steps(item: FollowUp, now: datetime = ENTERED) -> dict[str, Explained]:
    item.refresh_from_db()
    return {row.step: row for row in explain(item, now)}


def told(item: FollowUp, now: datetime = ENTERED) -> dict[str, str]:
    return {code: row.became for code, row in steps(item, now).items()}


def went_through(item: FollowUp, until: date, since: date = date(2026, 11, 2)) -> None:
    """Each morning from then on, as the tick does."""
    OutgoingMail.switch(True)
    day = since
    while day <= until:
        remind(clock=lambda day=day: at(day, 9))
        day += timedelta(days=1)


def test_each_day_to_a_step_in_working_days_is_counted_or_skipped_with_its_reason(item: FollowUp) -> None:
    way = steps(item)["desk-5"].way

    assert [(day.day.day, day.nth, day.reason) for day in way] == [
        (19, 0, "weekend"),
        (20, 0, "weekend"),
        (21, 1, ""),
        (22, 2, ""),
        (23, 3, ""),
        (24, 4, ""),
        (25, 4, "Christmas Day"),
        (26, 4, "weekend"),
        (27, 4, "weekend"),
        (28, 5, ""),
    ]


def test_a_step_in_calendar_days_tells_how_it_left_a_day_off(item: FollowUp) -> None:
    after = steps(item)["after-1"]

    assert [(day.day.day, day.reason) for day in after.way] == [(19, "weekend"), (20, "weekend"), (21, "")]
    assert after.reached_on == date(2026, 12, 21)


def test_a_closure_is_called_by_its_name(item: FollowUp) -> None:
    korea = Calendar.objects.get(code="KR")
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 21), name="Moving house")
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 26), name="Budget", working=True)

    reasons = {day.day.day: day.reason for day in steps(item)["desk-5"].way}

    assert reasons[21] == "closed: Moving house"
    assert reasons[26] == "worked by exception: Budget"


def test_a_holiday_is_called_as_the_reader_calls_it(item: FollowUp) -> None:
    with translation.override("ko"):
        assert "기독탄신일" in {day.reason for day in steps(item)["desk-5"].way}


def test_the_day_of_the_weekly_message_is_explained_too(item: FollowUp) -> None:
    korea = Calendar.objects.get(code="KR")
    Holiday.objects.create(calendar=korea, day=date(2026, 12, 14), name="Election")

    step = steps(item)["before-7"]

    assert step.how == "with the weekly message"
    assert [(day.day.day, day.reason) for day in step.told_way] == [(14, "closed: Election"), (15, "")]
    assert step.told_on == date(2026, 12, 15)


def test_the_hour_and_the_zone_are_those_of_whoever_is_told(item: FollowUp, lead: Post) -> None:
    person = lead.holdings.get().user
    person.zone = "America/New_York"
    person.save()
    Preference.objects.create(user=person, hour="10:00")

    step = steps(item)["before-1"]

    assert (step.how, str(step.hour), str(step.zone)) == (
        "does not wait for the weekly message",
        "10:00:00",
        "America/New_York",
    )


def test_the_desk_s_step_is_a_task_with_no_hour(item: FollowUp) -> None:
    step = steps(item)["desk-5"]

    assert (step.how, step.hour, step.told_way) == ("a task on the desk", None, [])


def test_before_anything_has_come_everything_is_to_come(item: FollowUp) -> None:
    became = told(item)

    assert became["before-1"].startswith("planned · Person")
    assert became["before-1"].endswith("· Thu 17 Dec 2026 08:30")
    assert {words.split(" · ")[0] for words in became.values()} == {"planned"}


def test_what_was_told_says_to_whom_and_when(item: FollowUp) -> None:
    went_through(item, date(2026, 11, 23))

    became = told(item, at(date(2026, 11, 24)))["before-30"]

    person = Delivery.objects.get().recipient
    assert became == f"sent · {person} · Mon 23 Nov 2026 09:00"


def test_a_step_that_was_overtaken_says_so(item: FollowUp) -> None:
    plan_reminders(now=at(date(2026, 12, 17)))

    assert told(item, at(date(2026, 12, 17)))["before-7"] == ("skipped · overtaken by: 1 day before")


def test_a_step_whose_day_had_passed_says_why_there_is_none(item: FollowUp) -> None:
    item.move_to(date(2026, 12, 22), now=at(date(2026, 12, 17)), reason="Asked")

    became = told(item, at(date(2026, 12, 17), 10))

    assert became["before-30"] == "skipped · its day had passed when the date was entered"


def test_what_waits_says_why(item: FollowUp, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    OutgoingMail.switch(False)
    plan_reminders(now=at(date(2026, 11, 23)))

    assert "outgoing mail is switched off" in told(item, at(date(2026, 11, 23)))["before-30"]


def test_nobody_to_tell_is_said(item: FollowUp, lead: Post, desk: Post) -> None:
    for post in (lead, desk):
        post.holdings.all().delete()
    plan_reminders(now=at(date(2026, 11, 23)))

    step = steps(item, at(date(2026, 11, 23)))["before-30"]

    assert "nobody to tell" in step.became
    assert (step.recipient, step.hour) == (None, None)


def test_an_answer_that_waits_for_the_desk_is_said(item: FollowUp, lead: Post) -> None:
    plan_reminders(now=at(date(2026, 11, 23)))
    ProgressReport.objects.create(
        commitment=item.commitment,
        follow_up=item,
        post=lead,
        reported_on=date(2026, 11, 23),
        state="submitted",
        internal="Done",
    )

    assert told(item, at(date(2026, 11, 23)))["before-30"] == ("waits · a report waits for the desk")


def test_a_closed_date_says_of_what_was_not_told_that_it_was_closed(item: FollowUp) -> None:
    went_through(item, date(2026, 11, 23))
    item.refresh_from_db()
    item.close("done", now=at(date(2026, 11, 25)))

    became = told(item, at(date(2026, 12, 30)))

    assert became["before-30"].startswith("sent · ")
    assert became["before-1"] == "closed before"


def test_what_was_told_of_an_earlier_date_is_still_shown_last(item: FollowUp) -> None:
    went_through(item, date(2026, 11, 23))
    item.refresh_from_db()
    item.move_to(date(2027, 1, 29), now=at(date(2026, 11, 25)), reason="Asked")

    last = explain(item, at(date(2026, 11, 25)))[-1]

    assert (last.due_on, last.way, last.became[:4]) == (DUE, [], "sent")


def test_what_was_told_to_a_post_that_no_longer_answers_is_still_shown(item: FollowUp, lead: Post) -> None:
    went_through(item, date(2026, 11, 23))
    item.refresh_from_db()
    item.give_to(make_held_post())

    rows = explain(item, at(date(2026, 11, 24)))

    assert [row.became[:4] for row in rows if row.post == lead] == ["sent"]


def test_a_post_abroad_counts_by_its_own_calendar(item: FollowUp) -> None:
    tokyo = make_held_post(organisation=make_organisation(party=make_party("JPN")))
    item.give_to(tokyo)

    step = steps(item)["before-1"]

    assert step.calendar == "Calendar JP"


def test_a_date_of_a_meeting_is_explained_too(desk: Post) -> None:
    meeting = make_meeting(forum=make_forum(desk=desk))

    rows = explain(make_follow_up(DUE, meeting=meeting, post=desk), ENTERED)

    assert {row.step for row in rows} == {"before-30", "before-7", "before-1", "after-1", "desk-5"}


def test_what_is_explained_is_what_planning_writes(item: FollowUp) -> None:
    plan_reminders(now=at(date(2027, 1, 15)))

    planned = dict(Reminder.objects.values_list("step", "remind_on"))

    assert {code: row.reached_on for code, row in steps(item, at(date(2027, 1, 15))).items()} == planned


# -- by command


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    call_command("explain_due", *args)
    return capsys.readouterr().out


def test_the_command_prints_it_for_a_number_or_a_reference(
    item: FollowUp, capsys: pytest.CaptureFixture[str]
) -> None:
    by_number = printed(capsys, str(item.pk), "--now", "2026-11-02T09:00+09:00")
    by_reference = printed(capsys, item.commitment.reference, "--now", "2026-11-02T09:00+09:00")

    assert by_number == by_reference
    assert "deadline on Fri 18 Dec 2026; the date stands since Sun 1 Nov 2026" in by_number
    assert "Ladder of the whole register" in by_number
    assert "    Fri 25 Dec 2026  not counted: Christmas Day" in by_number
    assert "    Mon 28 Dec 2026  5" in by_number
    assert "  does not wait for the weekly message: Thu 17 Dec 2026, 08:30 in Asia/Seoul, " in by_number


def test_the_command_speaks_the_language_it_is_asked_for(
    item: FollowUp, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "기독탄신일" in printed(capsys, str(item.pk), "--language", "ko", "--now", "2026-11-02")


def test_the_command_says_whose_ladder_counts(item: FollowUp, capsys: pytest.CaptureFixture[str]) -> None:
    forum = item.forum
    forum.dormant = True
    forum.save()

    assert f"The forum {forum} is dormant" in printed(capsys, str(item.pk))


@pytest.mark.parametrize("given", ["999999", "9" * 40, "NONE-2026-01", "x"])
def test_the_command_refuses_what_is_not_there(given: str) -> None:
    with pytest.raises(CommandError, match="No follow-up has the number"):
        call_command("explain_due", given)


def test_a_step_for_a_post_without_a_holder_is_counted_all_the_same(item: FollowUp) -> None:
    vacant = make_post()
    item.give_to(vacant)

    step = steps(item)["before-1"]

    assert step.reached_on == date(2026, 12, 17)
    assert step.recipient.user.email == "desk@ministry.example"


def test_whoever_chose_to_be_told_daily_does_not_wait_for_the_week(item: FollowUp, lead: Post) -> None:
    Preference.objects.create(user=lead.holdings.get().user, rhythm="daily")

    step = steps(item)["before-7"]

    assert (step.how, step.told_on) == ("does not wait for the weekly message", date(2026, 12, 11))
