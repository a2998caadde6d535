"""The weekly overview: once a week at most, never beside a reminder, and only to who wants it."""

import json
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from commitments import answers
from commitments.models import Assignment, FollowUp, Forum, Marking, Membership, Post, User
from notifications.forecast import forecast, weekly_overviews, within_reach
from notifications.inheritance import LadderBook
from notifications.models import Delivery, Heartbeat, LadderStep, Preference, ReminderLadder
from notifications.overviews import bundle_overviews, compose_overview
from notifications.recipients import Directory
from notifications.reminding import rehearse, remind
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_user,
)

pytestmark = pytest.mark.django_db
LAST_FRIDAY = at(date(2026, 12, 11))
MONDAY = at(date(2026, 12, 14))
TUESDAY = at(date(2026, 12, 15))
NEXT_MONDAY = at(date(2026, 12, 21))
LONG_KNOWN = at(date(2026, 11, 1))
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def forum() -> Forum:
    """Where nobody is reminded, so that all there is to hear is the overview."""
    forum = make_forum(desk=make_held_post(), desk_mailbox="desk@ministry.example")
    LadderStep.objects.create(ladder=ReminderLadder.objects.create(forum=forum), offset=300)
    return forum


@pytest.fixture
def lead() -> Post:
    return make_held_post(make_user(email="group@ministry.example", language="en"))


@pytest.fixture
def item(forum: Forum, lead: Post) -> FollowUp:
    """Overdue, in the group of the lead."""
    commitment = make_commitment(lead=make_held_post(), forum=forum)
    make_assignment(commitment, lead, role=Assignment.Role.WORKING_GROUP_LEAD)
    return make_follow_up(date(2026, 12, 4), commitment=commitment)


def overviews() -> QuerySet[Delivery]:
    return Delivery.objects.filter(message_class=Delivery.MessageClass.OVERVIEW)


def person_of(post: Post) -> User:
    return post.holdings.get().user


def prefer(post: Post, **chosen: object) -> None:
    Preference.objects.create(user=person_of(post), **chosen)


def told(now: datetime = MONDAY) -> str:
    """The words of the one mail, as if no line had been broken."""
    remind(clock=lambda: now)
    (email,) = mail.outbox
    return " ".join(str(email.body).split())


# -- when


def test_it_is_made_from_the_hour_of_the_person_on(item):
    assert bundle_overviews(now=at(date(2026, 12, 14), 8, 29)) == 0
    assert bundle_overviews(now=at(date(2026, 12, 14), 8, 30)) == 1


def test_the_hour_that_a_person_prefers_counts(item, lead):
    prefer(lead, hour=time(14, 0))

    assert bundle_overviews(now=MONDAY) == 0
    assert bundle_overviews(now=at(date(2026, 12, 14), 14)) == 1


def test_it_is_made_once_a_week(item):
    made = [bundle_overviews(now=now) for now in (MONDAY, MONDAY, TUESDAY, NEXT_MONDAY)]

    assert made == [1, 0, 0, 1]


def test_on_other_days_there_is_none(item):
    Heartbeat.beat("overviews", now=MONDAY)

    assert bundle_overviews(now=TUESDAY) == 0


def test_of_a_monday_that_is_a_holiday_tuesday_takes_the_place(forum, lead):
    commitment = make_commitment(lead=make_held_post(), forum=forum)
    make_assignment(commitment, lead, role=Assignment.Role.WORKING_GROUP_LEAD)
    make_follow_up(date(2026, 8, 3), commitment=commitment)

    assert bundle_overviews(now=at(date(2026, 8, 17))) == 0  # instead of Liberation Day, a Saturday
    assert bundle_overviews(now=at(date(2026, 8, 18))) == 1


def test_after_an_outage_on_the_first_day_it_is_made_on_the_next(item):
    Heartbeat.beat("overviews", now=at(date(2026, 12, 11)))

    assert bundle_overviews(now=TUESDAY) == 1


def test_a_pause_is_kept(item, lead):
    prefer(lead, pause_from_on=date(2026, 12, 14), pause_until_on=date(2026, 12, 14))

    assert bundle_overviews(now=MONDAY) == 0


def test_a_rehearsal_in_the_future_does_not_stop_those_before(item):
    rehearse(now=at(date(2027, 3, 1)))
    Heartbeat.beat("overviews", now=at(date(2027, 3, 1)))

    assert bundle_overviews(now=MONDAY) == 1


# -- whether


def test_who_has_switched_it_off_gets_none(item, lead):
    prefer(lead, overview=False)

    assert bundle_overviews(now=MONDAY) == 0


def test_an_empty_one_is_not_sent(item):
    item.close(FollowUp.Outcome.DONE, now=MONDAY)

    assert bundle_overviews(now=MONDAY) == 0


def test_while_outgoing_mail_is_off_none_is_made(item, settings: Settings):
    settings.EMAIL_BACKEND = SMTP

    assert bundle_overviews(now=MONDAY) == 0


def test_who_gets_a_reminder_that_day_reads_it_there(item, lead):
    mine = make_follow_up(date(2026, 12, 18), commitment=make_commitment(lead=lead), dated_at=LONG_KNOWN)

    said = told()

    assert overviews().count() == 0
    assert said.index(mine.commitment.reference) < said.index("The group that you lead")


def test_a_reminder_that_comes_before_it_has_left_takes_its_place(item, lead):
    bundle_overviews(now=MONDAY)
    make_follow_up(date(2026, 12, 18), commitment=make_commitment(lead=lead), dated_at=LONG_KNOWN)

    assert "The group that you lead" in told()
    assert overviews().get().state == Delivery.State.CANCELLED


def test_what_is_settled_before_it_has_left_is_not_told(item):
    bundle_overviews(now=MONDAY)
    item.close(FollowUp.Outcome.DONE, now=MONDAY)

    assert compose_overview(overviews().get(), Directory(set(), now=MONDAY), now=MONDAY) is None


def test_who_switches_it_off_before_it_has_left_gets_none(item, lead):
    bundle_overviews(now=MONDAY)
    prefer(lead, overview=False)

    assert compose_overview(overviews().get(), Directory(set(), now=MONDAY), now=MONDAY) is None


def test_who_is_away_gets_none_and_who_acts_for_them_does(item, lead):
    deputy = make_user(email="deputy@ministry.example")
    make_holding(lead, deputy, acting=True)

    bundle_overviews(now=MONDAY)

    assert overviews().get().recipient == deputy


def test_whose_part_has_ended_gets_none(item, lead):
    lead.assignments.get().end(on=date(2026, 12, 10))

    assert bundle_overviews(now=MONDAY) == 0


# -- what


def test_a_group_is_told_with_dates_and_who_leads(item):
    post = item.commitment.assignments.get(role="lead").post

    said = told()

    assert "for information, nothing is asked of you here" in said
    assert f"- {item.commitment.reference} {item.commitment.title} · " in said
    assert f"Deadline: Fri 4 Dec 2026 (overdue) · lead: {post}" in said
    assert "/a/" not in said


def test_it_says_why_one_gets_it_and_where_to_switch_it_off(item, forum):
    said = told()

    assert f"You get this overview as lead of a working group ({forum.code})." in said
    assert "Switch it off, or change when and how you are told: http" in said


def test_its_subject_says_how_the_group_stands(item, forum):
    told()

    assert mail.outbox[0].subject == f"[{forum.code}] Weekly overview: 1 overdue, 0 due in 14 days"


def test_of_a_restricted_item_only_the_reference_is_told(item):
    item.commitment.marking = Marking.RESTRICTED
    item.commitment.save()

    said = told()

    assert item.commitment.reference in said
    assert item.commitment.title not in said


@pytest.fixture
def keeper() -> User:
    """Who keeps a desk where an answer waits."""
    keeper = make_user(email="keeper@ministry.example", language="en", is_staff=True)
    forum = make_forum(desk=make_held_post(keeper))
    make_membership(keeper, Membership.Role.DESK_OFFICER, forum=forum)
    item = make_follow_up(date(2027, 6, 30), commitment=make_commitment(forum=forum, lead=make_held_post()))
    answers.propose_report(item, post=None, now=LONG_KNOWN, no_change=True)
    return keeper


def test_the_keeper_of_a_desk_hears_what_waits_there(keeper, settings: Settings):
    said = told()

    assert "Answers that wait for you: 1" in said
    assert f"Open My desk (sign in): {settings.SITE_URL}/" in said
    assert "Tasks for the desk" not in said


def test_the_keeper_of_a_desk_reads_that_this_is_why(keeper):
    code = Forum.objects.get(desk__holdings__user=keeper).code

    assert f"You get this overview as keeper of a desk ({code})." in told()


def test_what_a_keeper_may_not_see_is_not_counted(keeper):
    elsewhere = make_follow_up(date(2027, 6, 30), lead=make_held_post())
    answers.propose_report(elsewhere, post=None, now=LONG_KNOWN, no_change=True)

    assert "Answers that wait for you: 1" in told()


def test_a_post_without_rights_counts_nothing(keeper):
    keeper.memberships.all().delete()

    assert bundle_overviews(now=MONDAY) == 0


# -- its headers


def test_it_can_be_switched_off_by_one_click_or_by_mail(item, settings: Settings):
    told()

    headers = mail.outbox[0].extra_headers
    by_click, by_mail = headers["List-Unsubscribe"].split(", ")
    assert by_click.startswith(f"<{settings.SITE_URL}/u/")
    assert by_mail == "<mailto:desk@ministry.example?subject=unsubscribe>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


# -- beforehand


def expected(post: Post, now: datetime = LAST_FRIDAY, days: int = 14) -> list[datetime]:
    """When the holder of this post is to get one, by their own clock."""
    reminders = forecast(within_reach(now, days, LadderBook()), now=now, days=days)
    messages = weekly_overviews(reminders, now=now, days=days)
    return [m.local_hour for m in messages if m.recipient.user == person_of(post)]


def test_it_is_known_beforehand_when_one_comes(item, lead):
    assert expected(lead) == [at(date(2026, 12, 14), 8, 30), at(date(2026, 12, 21), 8, 30)]


def test_what_is_known_beforehand_is_what_then_happens(item, lead):
    hour, _next = expected(lead)

    assert bundle_overviews(now=hour - timedelta(minutes=1)) == 0
    assert bundle_overviews(now=hour) == 1
    assert overviews().get().recipient == person_of(lead)


def test_of_a_week_that_has_had_one_none_is_expected_any_more(item, lead):
    bundle_overviews(now=MONDAY)

    assert expected(lead, MONDAY, days=7) == [at(date(2026, 12, 21), 8, 30)]


def test_of_one_that_is_about_to_be_made_it_is_said_that_it_goes_now(item, lead):
    assert expected(lead, MONDAY, days=1) == [MONDAY]


def test_who_is_reminded_that_week_is_expected_to_read_it_there(item, lead):
    asked = make_commitment(lead=lead, forum=make_forum(desk=make_held_post()))
    make_follow_up(date(2026, 12, 21), commitment=asked, dated_at=LONG_KNOWN)  # a week before: that Monday

    assert at(date(2026, 12, 14), 8, 30) not in expected(lead)


def test_who_has_switched_it_off_is_expected_to_get_none(item, lead):
    prefer(lead, overview=False)

    assert expected(lead) == []


def test_who_pauses_on_the_day_is_expected_to_get_none(item, lead):
    prefer(lead, pause_from_on=date(2026, 12, 14), pause_until_on=date(2026, 12, 23))

    assert expected(lead) == []


def test_who_has_nothing_open_is_expected_to_get_none(item, lead):
    item.close(FollowUp.Outcome.DONE, now=LONG_KNOWN)

    assert expected(lead) == []


def test_the_keeper_of_a_desk_is_expected_each_week_for_nobody_knows_what_will_wait_there(forum):
    assert len(expected(forum.desk)) == 2


def test_the_forecast_command_names_them_apart_from_reminders(item, lead):
    User.objects.filter(pk=person_of(lead).pk).update(name_en="Park Jiho")

    said, told = StringIO(), StringIO()
    call_command("forecast", "--now", "2026-12-11T09:00:00+09:00", stdout=said)
    call_command("forecast", "--now", "2026-12-11T09:00:00+09:00", "--json", stdout=told)

    line = "08:30 Park Jiho <group@ministry.example>, Asia/Seoul, by mail\n        weekly overview"
    assert line in said.getvalue()
    rows = json.loads(told.getvalue())["overviews"]
    assert [row["day"] for row in rows if row["recipient"] == "Park Jiho"] == ["2026-12-14", "2026-12-21"]


def test_a_rehearsal_names_to_whom_overviews_would_go(item):
    out = StringIO()
    call_command("remind", "--dry-run", "--now", "2026-12-14T09:00:00+09:00", stdout=out)

    assert "to group@ministry.example: weekly overview" in out.getvalue()
    assert rehearse(now=MONDAY).overviews_to == ["group@ministry.example"]


def test_asking_beforehand_takes_the_same_number_of_questions_for_one_and_for_ten(item, forum):
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            weekly_overviews([], now=LAST_FRIDAY, days=14)
        return len(captured)

    one = questions()
    for _n in range(9):
        commitment = make_commitment(lead=make_held_post(), forum=forum)
        make_assignment(commitment, make_held_post(), role=Assignment.Role.WORKING_GROUP_LEAD)
        make_follow_up(date(2026, 12, 4), commitment=commitment)

    assert questions() == one
