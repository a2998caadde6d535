"""What will be sent in the next two weeks, seen before it is."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from commitments.models import Assignment, Commitment, Forum, Marking, Membership, Post, User
from notifications.inheritance import Place
from notifications.ladders import Family, Step
from notifications.laying_down import lay_down
from notifications.models import OutgoingMail, Preference
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_membership,
    make_officer,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
KNOWN = at(date(2026, 9, 1))
WEEK_BEFORE = TODAY + timedelta(days=14)  # its step of 7 days before is told next Monday


@pytest.fixture(autouse=True)
def _monday_morning() -> object:
    with time_machine.travel(at(TODAY, 7), tick=False):
        yield


@pytest.fixture
def lead(db: None) -> Post:
    return make_held_post(make_user(name_en="Kim Minji"), name_en="Director, Minerals")


def due(forum: Forum, lead: Post, title: str = "Compare the lists", **fields: Any) -> Commitment:
    commitment = make_commitment(forum=forum, lead=lead, title_en=title, **fields)
    make_follow_up(WEEK_BEFORE, commitment=commitment, dated_at=KNOWN)
    return commitment


def shown(client: Client) -> str:
    return words(client.get("/forecast/"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_says_on_which_day_and_hour_who_hears_of_what(desk: Client, forum: Forum, lead: Post) -> None:
    commitment = due(forum, lead)

    page = shown(desk)

    day = page[page.index("Mon 30 Nov 2026") :]
    assert day.startswith("Mon 30 Nov 2026 in 7 days")
    assert "08:30 Kim Minji Director, Minerals" in day
    assert f"{commitment.reference} Compare the lists 7 days before · deadline Mon 7 Dec 2026" in day


def test_it_counts_messages_and_people(desk: Client, forum: Forum, lead: Post) -> None:
    due(forum, lead)
    due(forum, lead, "Publish the list")

    page = shown(desk)

    assert "Messages 5 People told 2" in page  # three to the lead, two overviews to the keeper of the desk


def test_what_goes_beyond_six_items_is_folded_and_still_there(desk: Client, forum: Forum, lead: Post) -> None:
    for n in range(8):
        due(forum, lead, f"Matter {n}")

    day = shown(desk).partition("Mon 30 Nov 2026")[2]

    assert day.index("Matter 5") < day.index("2 more") < day.index("Matter 6")


def test_the_hour_is_that_of_the_recipients_clock(desk: Client, forum: Forum, lead: Post) -> None:
    User.objects.filter(pk=lead.holdings.get().user_id).update(zone="America/New_York")
    due(forum, lead)

    assert "08:30 America/New_York Kim Minji" in shown(desk)


def test_both_names_stand_where_somebody_acts(desk: Client, forum: Forum, lead: Post) -> None:
    make_holding(lead, make_user(name_en="Lee Jun"), acting=True, from_on=TODAY, until_on=date(2026, 12, 18))
    due(forum, lead)

    assert "Lee Jun (acting for Kim Minji until Fri 18 Dec)" in shown(desk)


def test_it_says_who_cannot_be_told_and_leads_to_the_post(desk: Client) -> None:
    empty = make_post(name_en="Director, Vacant")
    forum = make_forum(code="NEW", desk=make_post())
    make_officer_of(forum, desk)
    due(forum, empty)

    answer = desk.get("/forecast/")

    assert "Nobody to tell Neither the post, nor an alternate, nor the desk has a holder" in words(answer)
    assert f'href="/posts/{empty.pk}/"' in answer.content.decode()


def make_officer_of(forum: Forum, desk: Client) -> None:
    user = User.objects.get(pk=desk.session["_auth_user_id"])
    make_membership(user, Membership.Role.DESK_OFFICER, forum=forum)


def test_what_comes_to_the_desk_is_shown_as_a_task(desk: Client, forum: Forum, lead: Post) -> None:
    commitment = make_commitment(forum=forum, lead=lead, title_en="Compare the lists")
    make_follow_up(TODAY - timedelta(days=1), commitment=commitment, dated_at=KNOWN)

    page = shown(desk)

    assert f"Task for the desk on My desk, no mail {commitment.reference}" in page


def test_a_date_of_a_meeting_leads_to_the_meeting(desk: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, ordinal=3, starts_on=date(2027, 4, 1), state="confirmed")
    make_follow_up(WEEK_BEFORE, meeting=meeting, dated_at=KNOWN)

    assert f'href="/meetings/{meeting.pk}/"' in desk.get("/forecast/").content.decode()


def test_what_it_says_is_what_then_goes_out(desk: Client, forum: Forum, lead: Post) -> None:
    due(forum, lead)
    page = shown(desk)

    remind(clock=lambda: at(date(2026, 11, 30)))

    told = [(m.recipient.name, m.local_day) for m in lead.holdings.get().user.deliveries.all()]
    assert told == [("Kim Minji", date(2026, 11, 30))]
    assert page.count("Kim Minji") == 3


def test_while_mail_is_off_it_says_that_nothing_leaves(
    desk: Client, forum: Forum, lead: Post, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    OutgoingMail.switch(False)
    due(forum, lead)

    page = shown(desk)

    assert "Outgoing mail is switched off: nothing leaves until it is switched on." in page
    assert "Kim Minji" in page


def test_where_nothing_is_to_come_it_says_why(desk: Client) -> None:
    Preference.objects.create(user=User.objects.get(pk=desk.session["_auth_user_id"]), overview=False)
    Forum.objects.update(desk=None)

    assert "Nothing is to be sent in these days: no date reaches a step of its ladder." in shown(desk)


def test_one_reaches_it_from_outgoing_mail_and_from_settings(desk: Client) -> None:
    assert 'href="/forecast/"' in desk.get("/mail/").content.decode()
    assert 'href="/forecast/"' in desk.get("/settings/").content.decode()


# -- the weekly overview


def group_of(forum: Forum, name: str = "Park Jiho") -> Post:
    """Whose group has something overdue that nobody is reminded of any more."""
    lay_down(Family.DATED, Place(forum=forum), [Step(300)])
    head = make_held_post(make_user(name_en=name), name_en="Head of the group")
    commitment = make_commitment(forum=forum, lead=make_held_post())
    make_assignment(commitment, head, role=Assignment.Role.WORKING_GROUP_LEAD)
    make_follow_up(TODAY - timedelta(days=30), commitment=commitment, dated_at=KNOWN)
    return head


def test_a_weekly_overview_is_shown_with_whom_it_goes_to(desk: Client, forum: Forum) -> None:
    group_of(forum)

    page = shown(desk)

    assert "08:30 Park Jiho Head of the group weekly overview for information" in page


def test_who_keeps_no_desk_and_watches_nothing_sees_no_overview_of_others(forum: Forum) -> None:
    group_of(forum)
    reader = make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=forum)

    assert "weekly overview" not in shown(signed_in(reader))


# -- who sees what


def test_one_sees_only_what_is_told_of_items_that_one_may_see(forum: Forum, lead: Post) -> None:
    elsewhere = make_forum(code="TCIM", desk=make_held_post())
    due(forum, lead, "Compare the lists")
    due(elsewhere, lead, "Open the office")

    page = shown(signed_in(make_officer(elsewhere)))

    assert "Open the office" in page
    assert "Compare the lists" not in page


def test_a_restricted_item_is_seen_only_by_whom_it_was_granted(
    desk: Client, forum: Forum, lead: Post
) -> None:
    due(forum, lead, "A matter of its own", marking=Marking.RESTRICTED)

    page = shown(desk)

    assert "A matter of its own" not in page
    assert "Kim Minji" not in page


def test_it_asks_the_same_number_of_questions_for_one_item_and_for_ten(
    desk: Client, forum: Forum, lead: Post
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get("/forecast/")
        return len(captured)

    due(forum, lead)
    group_of(forum)
    questions()
    one = questions()
    for n in range(9):
        due(forum, make_held_post(organisation=lead.organisation))
        group_of(forum, name=f"Head {n}")

    assert questions() == one
