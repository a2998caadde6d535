"""Calendar feeds as a calendar program reads them: parsed by the library, asked for by HTTP."""

import hashlib
import logging
from datetime import date, timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Assignment, Change, FollowUp, Forum, Grant, Marking, Meeting, Post, User
from notifications import feeds
from notifications.feeds import TOLD_AFTERWARDS, address_of
from notifications.models import CalendarFeed
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_membership,
    make_officer,
    make_organisation,
    make_party,
    make_user,
)
from tests.tracker.reading import words

pytestmark = pytest.mark.django_db

DUE = date(2026, 12, 18)
NOW = at(date(2026, 11, 20))


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def person() -> User:
    return make_user(name_en="Kim Minji", language="en")


@pytest.fixture
def post(person: User) -> Post:
    return make_held_post(person)


@pytest.fixture
def item(post: Post) -> FollowUp:
    forum = make_forum(code="SCCD", name_en="Supply Chain Dialogue")
    commitment = make_commitment(lead=post, forum=forum, title_en="Continue discussions")
    return make_follow_up(DUE, commitment=commitment)


@pytest.fixture
def officer(item: FollowUp) -> User:
    return make_officer(item.forum)


def subscribe(user: User, forum: Forum | None = None) -> str:
    """The path of a new feed."""
    _feed, secret = CalendarFeed.objects.make(user, forum=forum, now=NOW)
    return f"/calendar/{secret}.ics"


def read(path: str) -> icalendar.Calendar:
    answer = Client().get(path)
    assert answer.status_code == 200
    return icalendar.Calendar.from_ical(answer.content)


def events(path: str) -> dict[str, Any]:
    return {str(event["UID"]).partition("@")[0]: event for event in read(path).walk("VEVENT")}


def event_of(item: FollowUp, path: str) -> Any:
    return events(path)[f"followup-{item.pk}"]


def uids(path: str) -> set[str]:
    return set(events(path))


def uid(row: FollowUp | Meeting) -> str:
    return f"{'followup' if isinstance(row, FollowUp) else 'meeting'}-{row.pk}"


# -- how it reads


def test_a_date_is_a_whole_day_that_leaves_its_reader_free(item: FollowUp, person: User) -> None:
    event = event_of(item, subscribe(person))

    assert (event["DTSTART"].dt, event["DTEND"].dt) == (DUE, DUE + timedelta(days=1))
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert (event["TRANSP"], event["STATUS"], event["CLASS"]) == ("TRANSPARENT", "CONFIRMED", "PRIVATE")


def test_it_says_what_is_due_by_its_reference_with_our_summary_and_a_link(
    item: FollowUp, person: User
) -> None:
    event = event_of(item, subscribe(person))

    reference = item.commitment.reference
    address = f"http://127.0.0.1:8000/commitments/{reference}/"
    assert event["SUMMARY"] == f"{reference} Continue discussions (deadline)"
    assert event["DESCRIPTION"] == (f"Deadline, as declared\nOur summary: Continue discussions\n{address}")
    assert event["URL"] == address
    assert [str(each) for each in event["CATEGORIES"].cats] == ["SCCD", "Deadline"]


def test_it_speaks_the_language_of_its_person(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    person.language = "ko"
    person.save()

    assert "기한" in event_of(item, path)["SUMMARY"]


def test_it_speaks_the_language_of_the_post_where_the_person_chose_none(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    person.language = ""
    person.save()

    assert "기한" in event_of(item, path)["SUMMARY"]


def test_the_calendar_has_a_name_and_says_when_to_ask_again(item: FollowUp, person: User) -> None:
    calendar = read(subscribe(person))

    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "Commitments of Kim Minji"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"


def test_long_lines_are_folded_and_end_as_the_standard_says(item: FollowUp, person: User) -> None:
    commitment = item.commitment
    commitment.title_en, commitment.title_ko = "핵심광물, 공급망; 협력 " * 20, ""
    commitment.save()

    body = Client().get(subscribe(person)).content

    lines = body.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    assert "핵심광물, 공급망; 협력" in event_of(item, subscribe(person))["SUMMARY"]


def test_what_waits_for_a_meeting_without_a_date_is_tentative_and_says_so(post: Post, person: User) -> None:
    forum = make_forum()
    meeting = make_meeting(forum=forum)
    commitment = make_commitment(lead=post, forum=forum)
    item = make_follow_up(DUE, commitment=commitment, kind="meeting_review", anchor_meeting=meeting)

    event = event_of(item, subscribe(person))

    assert event["STATUS"] == "TENTATIVE"
    assert "The meeting has no date yet" in event["DESCRIPTION"]


def test_what_is_public_is_marked_public(item: FollowUp, person: User) -> None:
    item.commitment.marking = Marking.PUBLIC
    item.commitment.save()

    assert event_of(item, subscribe(person))["CLASS"] == "PUBLIC"


def test_a_demonstration_says_so() -> None:
    holder = make_user(language="en")
    forum = make_forum(demonstration=True)
    item = make_follow_up(DUE, commitment=make_commitment(lead=make_held_post(holder), forum=forum))

    assert str(event_of(item, subscribe(holder))["SUMMARY"]).startswith("Demonstration · ")


# -- changes


def test_a_date_that_moves_keeps_its_uid_and_counts_on(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    before = event_of(item, path)

    item.move_to(date(2027, 1, 29), now=NOW, reason="Asked")

    after = event_of(item, path)
    assert after["UID"] == before["UID"] == f"followup-{item.pk}@127.0.0.1"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["DTSTART"].dt == date(2027, 1, 29)


def test_it_is_stamped_with_its_last_change_and_not_with_the_hour_of_reading(
    item: FollowUp, person: User
) -> None:
    path = subscribe(person)
    with time_machine.travel(NOW + timedelta(hours=5), tick=False):
        item.move_to(date(2027, 1, 29), now=NOW, reason="Asked")
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        event = event_of(item, path)

    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOW + timedelta(hours=5)


def test_a_new_title_is_a_change_too(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    with time_machine.travel(NOW + timedelta(hours=5), tick=False):
        item.commitment.title_en = "Another title"
        item.commitment.save()

        event = event_of(item, path)

    assert event["LAST-MODIFIED"].dt == NOW + timedelta(hours=5)
    assert "Another title" in event["SUMMARY"]


@pytest.mark.parametrize("outcome", ["withdrawn", "superseded"])
def test_what_was_dropped_is_told_as_cancelled_for_ninety_days(
    item: FollowUp, person: User, outcome: str
) -> None:
    path = subscribe(person)
    item.close(outcome, now=NOW)

    assert event_of(item, path)["STATUS"] == "CANCELLED"
    with time_machine.travel(NOW + TOLD_AFTERWARDS, tick=False):
        assert uid(item) in uids(path)
    with time_machine.travel(NOW + TOLD_AFTERWARDS + timedelta(seconds=1), tick=False):
        assert uid(item) not in uids(path)


@pytest.mark.parametrize("outcome", ["reported", "done"])
def test_what_was_answered_stands_and_says_so(item: FollowUp, person: User, outcome: str) -> None:
    path = subscribe(person)
    item.close(outcome, now=NOW)

    event = event_of(item, path)

    assert event["STATUS"] == "CONFIRMED"
    assert str(event["SUMMARY"]).startswith(f"Answered: {item.commitment.reference}")


def test_a_closed_commitment_cancels_its_dates(item: FollowUp, person: User) -> None:
    path = subscribe(person)

    item.commitment.close("dropped", now=NOW, reason="Overtaken")

    assert event_of(item, path)["STATUS"] == "CANCELLED"


def test_what_hangs_on_a_cancelled_meeting_is_cancelled_with_it_for_as_long(post: Post, person: User) -> None:
    meeting = make_meeting(starts_on=DUE, state="confirmed")
    item = make_follow_up(DUE, meeting=meeting, post=post)
    make_membership(person, "reader", forum=meeting.forum)
    path = subscribe(person)
    meeting.state = Meeting.State.CANCELLED
    meeting.save()

    found = events(path)
    assert {name: event["STATUS"] for name, event in found.items()} == {
        uid(item): "CANCELLED",
        uid(meeting): "CANCELLED",
    }
    with time_machine.travel(NOW + TOLD_AFTERWARDS + timedelta(days=1), tick=False):
        assert not {uid(item), uid(meeting)} & uids(path)


def test_a_follow_up_without_a_history_is_shown_all_the_same(item: FollowUp, person: User) -> None:
    from commitments import facts

    facts.remove()
    Change.objects.all().delete()

    event = event_of(item, subscribe(person))

    assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (0, item.dated_at)


# -- what is in it


def test_a_person_s_feed_has_what_they_lead_or_are_named_for_and_nothing_else(
    item: FollowUp, post: Post, person: User
) -> None:
    named = make_follow_up(DUE, post=post, lead=make_held_post())
    make_assignment(named.commitment, post, role=Assignment.Role.SUPPORTING)
    others = make_follow_up(DUE, commitment=item.commitment, post=make_held_post(), kind="milestone")
    supported = make_follow_up(DUE, lead=make_held_post())
    make_assignment(supported.commitment, post, role=Assignment.Role.SUPPORTING)

    found = uids(subscribe(person))

    assert {uid(item), uid(named)} <= found
    assert not {uid(others), uid(supported)} & found


def test_a_lead_answers_for_their_own_party_alone(item: FollowUp, person: User) -> None:
    american = make_held_post(organisation=make_organisation(party=make_party("USA")))
    make_assignment(item.commitment, american)
    theirs = make_follow_up(
        DUE, commitment=item.commitment, kind="milestone", party=american.organisation.party
    )
    ours = make_follow_up(DUE, commitment=item.commitment, kind="input", party=make_party("KOR"))

    found = uids(subscribe(person))

    assert uid(ours) in found
    assert uid(theirs) not in found


def test_what_one_no_longer_answers_for_is_gone(item: FollowUp, post: Post, person: User) -> None:
    path = subscribe(person)
    make_held_post(person)

    post.give_to(make_user(), from_on=date(2026, 11, 20))

    assert events(path) == {}


def test_a_person_s_feed_has_the_meetings_of_their_forums(item: FollowUp, person: User) -> None:
    meeting = make_meeting(
        forum=item.commitment.forum,
        ordinal=3,
        starts_on=DUE,
        ends_on=DUE + timedelta(days=1),
        state="tentative",
        place="Seoul",
    )
    elsewhere = make_meeting(starts_on=DUE, state="confirmed")

    found = events(subscribe(person))

    event = found[uid(meeting)]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (DUE, DUE + timedelta(days=2))
    assert (event["SUMMARY"], event["STATUS"], event["LOCATION"]) == ("SCCD 3", "TENTATIVE", "Seoul")
    assert uid(elsewhere) not in found


def test_the_meetings_of_a_desk_and_of_a_role_are_theirs_too(person: User, post: Post) -> None:
    kept, read_by = make_forum(desk=post), make_forum()
    make_membership(person, "reader", forum=read_by)
    meetings = [make_meeting(forum=forum, starts_on=DUE, state="confirmed") for forum in (kept, read_by)]

    assert uids(subscribe(person)) == {uid(meeting) for meeting in meetings}


def test_a_meeting_without_a_date_and_one_of_long_ago_are_no_entries(item: FollowUp, officer: User) -> None:
    forum = item.commitment.forum
    make_meeting(forum=forum, window_start_on=DUE, window_end_on=DUE)
    make_meeting(forum=forum, starts_on=date(2024, 6, 26), state="held")

    assert uids(subscribe(officer, forum)) == {uid(item)}


def test_a_forum_s_feed_has_all_its_dates_and_those_of_the_bodies_below(
    item: FollowUp, officer: User
) -> None:
    group = make_forum(parent=item.commitment.forum)
    below = make_follow_up(DUE, commitment=make_commitment(forum=group))
    meeting = make_meeting(forum=group, starts_on=DUE, state="confirmed")
    elsewhere = make_follow_up(DUE)

    found = uids(subscribe(officer, item.commitment.forum))

    assert {uid(item), uid(below), uid(meeting)} <= found
    assert uid(elsewhere) not in found


def test_of_too_many_dates_the_earliest_are_shown_and_it_says_so(
    item: FollowUp, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_DATES", 2)
    overdue = make_follow_up(date(2026, 1, 5), commitment=item.commitment, kind="milestone")
    make_follow_up(date(2027, 1, 5), commitment=item.commitment, kind="input")
    path = subscribe(officer, item.forum)

    assert uids(path) == {uid(overdue), uid(item)}
    assert read(path)["X-WR-CALDESC"] == "There are more dates than these 2, which are the earliest."


def test_a_draft_has_no_date_yet(item: FollowUp, person: User) -> None:
    commitment = item.commitment
    commitment.workflow = "draft"
    commitment.save()

    assert events(subscribe(person)) == {}


def test_a_forum_s_feed_is_called_after_the_forum(item: FollowUp, officer: User) -> None:
    assert read(subscribe(officer, item.forum))["X-WR-CALNAME"] == "SCCD Supply Chain Dialogue"


def test_a_forum_s_feed_shows_only_what_its_person_sees(item: FollowUp) -> None:
    assert events(subscribe(make_officer(make_forum()), item.forum)) == {}


def test_a_role_that_ended_empties_the_calendar(item: FollowUp) -> None:
    reader = make_user()
    role = make_membership(reader, "reader", forum=item.forum)
    make_membership(reader, "reader", forum=make_forum())
    path = subscribe(reader, item.forum)
    assert uid(item) in uids(path)

    role.until_on = date(2026, 11, 19)
    role.save()

    assert events(path) == {}


def test_nothing_restricted_is_in_it_not_even_for_whoever_was_granted_it(
    item: FollowUp, person: User, officer: User
) -> None:
    paths = subscribe(person), subscribe(officer, item.forum)
    for user in (person, officer):
        Grant.objects.create(commitment=item.commitment, user=user, reason="Works on it")
    commitment = item.commitment
    commitment.marking = Marking.RESTRICTED
    commitment.save()
    make_meeting(forum=commitment.forum, starts_on=DUE, state="confirmed")
    item.close("withdrawn", now=NOW)

    for path in paths:
        body = Client().get(path).content.decode()
        assert commitment.reference not in body
        assert "followup-" not in body
    assert "meeting-" not in Client().get(paths[0]).content.decode()


# -- the door


def test_the_secret_is_long_and_only_its_fingerprint_is_kept(person: User) -> None:
    feed, secret = CalendarFeed.objects.make(person, now=NOW)

    assert len(secret) >= 43
    assert feed.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(Change.objects.of(feed).get().after)


def test_an_address_leads_to_its_feed(item: FollowUp, person: User) -> None:
    _feed, secret = CalendarFeed.objects.make(person, now=NOW)

    assert address_of(secret) == f"http://127.0.0.1:8000/calendar/{secret}.ics"


def test_what_is_wrong_or_taken_back_or_of_somebody_who_left_is_not_found_in_the_same_words(
    item: FollowUp, person: User, officer: User
) -> None:
    revoked, left = subscribe(person), subscribe(officer, item.forum)
    CalendarFeed.objects.get(user=person).revoke(now=NOW)
    officer.is_active = False
    officer.save()

    answers = [Client().get(path) for path in (revoked, left, "/calendar/wrong.ics", "/calendar/\u6f22.ics")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_an_address_that_is_not_found_is_not_written_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        Client().get("/calendar/a-secret-typed-wrong.ics")

    assert "a-secret-typed-wrong" not in caplog.text


def test_the_same_content_is_the_same_bytes_and_is_not_sent_again(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    first = Client().get(path)

    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        again = Client().get(path, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"


def test_other_content_has_another_tag(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    first = Client().get(path)

    item.move_to(date(2027, 1, 29), now=NOW, reason="Asked")

    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_it_is_a_calendar_for_its_reader_alone(item: FollowUp, person: User) -> None:
    answer = Client().get(subscribe(person))

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["ETag"].startswith('"')
    assert "Set-Cookie" not in answer


def test_only_its_head_may_be_asked_for_too(item: FollowUp, person: User) -> None:
    path = subscribe(person)

    head = Client().head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == Client().get(path)["ETag"]
    assert Client().post(path).status_code == 405


def test_when_it_was_read_last_is_noted_once_an_hour_and_in_no_history(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    changes = Change.objects.count()
    for minutes in (0, 59, 60):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            Client().get(path)
        noted = CalendarFeed.objects.get().last_read_at
        assert noted == NOW + timedelta(minutes=60 if minutes == 60 else 0)

    assert Change.objects.count() == changes


def test_reading_again_writes_nothing(item: FollowUp, person: User) -> None:
    path = subscribe(person)
    Client().get(path)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        Client().get(path)

    assert not [q["sql"] for q in captured if q["sql"].split()[0] in {"UPDATE", "INSERT", "DELETE"}]


def test_the_number_of_queries_does_not_grow_with_the_dates(
    item: FollowUp, post: Post, person: User, officer: User
) -> None:
    def queries(path: str) -> int:
        Client().get(path)
        with CaptureQueriesContext(connection) as captured:
            Client().get(path)
        return len(captured)

    paths = subscribe(person), subscribe(officer, item.forum)
    make_meeting(forum=item.commitment.forum, starts_on=DUE, state="confirmed")
    few = [queries(path) for path in paths]
    for _n in range(10):
        forum = make_forum(parent=item.commitment.forum)
        commitment = make_commitment(forum=item.commitment.forum, working_group=forum, lead=post)
        meeting = make_meeting(forum=forum, starts_on=DUE, state="confirmed")
        make_follow_up(DUE, commitment=commitment, anchor_meeting=meeting)
        make_follow_up(DUE, meeting=meeting, post=post)

    assert [queries(path) for path in paths] == few
    assert max(few) <= 20


def test_the_addresses_of_the_demonstration_go_with_it() -> None:
    call_command("load_demonstration", verbosity=0)
    subscribe(User.objects.filter(demonstration=True)[0])
    subscribe(make_user(), Forum.objects.filter(demonstration=True)[0])
    kept = subscribe(make_user())

    call_command("remove_demonstration", verbosity=0)

    assert not Forum.objects.exists()
    assert CalendarFeed.objects.count() == 1
    assert Client().get(kept).status_code == 200


# -- the page


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def test_an_officer_makes_an_address_and_sees_it_this_once(
    desk: Client, officer: User, item: FollowUp
) -> None:
    page = desk.post("/feeds/", {"forum": item.forum.pk})

    address = page.context["address"]
    assert f'value="{address}"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert uid(item) in uids(address.removeprefix("http://127.0.0.1:8000"))
    assert address not in desk.get("/feeds/").content.decode()


def test_what_a_feed_shows_is_a_choice_and_not_left_out(desk):
    assert "What it shows (optional)" not in words(desk.get("/feeds/"))


def test_without_a_forum_it_shows_what_one_answers_for(desk: Client, officer: User) -> None:
    own = make_follow_up(DUE, lead=make_held_post(officer))

    address = desk.post("/feeds/", {"forum": ""}).context["address"]

    assert uid(own) in uids(address.removeprefix("http://127.0.0.1:8000"))


def test_the_page_says_when_it_was_read_last(desk: Client, officer: User, item: FollowUp) -> None:
    path = subscribe(officer, item.forum)
    assert "SCCD Supply Chain Dialogue Fri 20 Nov 2026 00:00 not yet" in words(desk.get("/feeds/"))

    Client().get(path)

    assert "Fri 20 Nov 2026 00:00 Fri 20 Nov 2026 00:00" in words(desk.get("/feeds/"))


def test_an_address_is_taken_back(desk: Client, officer: User, item: FollowUp) -> None:
    path = subscribe(officer, item.forum)
    feed = CalendarFeed.objects.get()

    page = desk.post(f"/feeds/{feed.pk}/revoke/", follow=True)

    assert "The address is taken back." in words(page)
    assert "There is none yet." in words(page)
    assert Client().get(path).status_code == 404
    assert feed.changes.last().by == officer


def test_nobody_sees_or_takes_back_the_address_of_another(desk: Client, person: User) -> None:
    path = subscribe(person)

    assert "There is none yet." in words(desk.get("/feeds/"))
    assert desk.post(f"/feeds/{CalendarFeed.objects.get().pk}/revoke/").status_code == 404
    assert Client().get(path).status_code == 200


def test_looking_at_the_address_of_revoking_does_nothing(desk: Client, officer: User) -> None:
    subscribe(officer)

    assert desk.get(f"/feeds/{CalendarFeed.objects.get().pk}/revoke/").status_code == 405


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True, language="en"))
    return client


def test_an_administrator_sees_and_takes_back_everybody_s(administrator: Client, person: User) -> None:
    path = subscribe(person)
    assert "Kim Minji" in words(administrator.get("/feeds/"))

    administrator.post(f"/feeds/{CalendarFeed.objects.get().pk}/revoke/")

    assert Client().get(path).status_code == 404


def test_an_administrator_makes_one_for_somebody_without_an_account(
    administrator: Client, item: FollowUp, person: User
) -> None:
    page = administrator.post("/feeds/", {"person": person.email.upper(), "forum": ""})

    assert uid(item) in uids(page.context["address"].removeprefix("http://127.0.0.1:8000"))
    assert CalendarFeed.objects.get().user == person


def test_an_address_for_nobody_is_refused(administrator: Client) -> None:
    page = administrator.post("/feeds/", {"person": "nobody@ministry.example"})

    assert page.status_code == 400
    assert "Nobody, or more than one person, has this address." in words(page)


def test_an_officer_makes_none_for_somebody_else(desk: Client, officer: User, person: User) -> None:
    desk.post("/feeds/", {"person": person.email, "forum": ""})

    assert CalendarFeed.objects.get().user == officer


def test_what_is_chosen_from_a_list_that_names_every_choice_is_not_called_optional(desk: Client) -> None:
    assert "What it shows (optional)" not in words(desk.get("/feeds/"))


def test_the_page_stands_in_the_settings(desk: Client) -> None:
    assert "Calendar feeds" in words(desk.get("/settings/"))


def test_whoever_is_not_signed_in_is_asked_to(item: FollowUp) -> None:
    assert Client().get("/feeds/").status_code == 302
