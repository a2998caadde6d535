"""The story of a commitment on its page: all of it in one list, by day, newest first."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import answers, assigning, contacting, merging
from commitments.models import Commitment, Forum, Marking, Post, User
from notifications.models import Acknowledgment, Reminder
from notifications.planning import plan_reminders
from tests.factories import (
    at,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
NOW = at(TODAY)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def lead(db: None) -> Post:
    return make_held_post(make_user(name_en="Holder Two"), name_en="Director, Minerals")


@pytest.fixture
def commitment(forum: Forum, lead: Post) -> Commitment:
    return make_commitment(forum=forum, lead=lead, title_en="Continue discussions")


def story(desk: Client, commitment: Commitment, asked: str = "") -> str:
    """The words of the timeline alone."""
    seen = words(desk.get(f"/commitments/{commitment.reference}/{asked}"))
    return seen.partition(" Timeline All ")[2].partition(" Next ")[0].partition(" Every change ")[2]


def test_a_date_is_set_moved_with_its_reason_and_closed(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    follow_up = make_follow_up(date(2026, 12, 1), commitment=commitment)
    desk.post(f"/dates/{follow_up.pk}/move/", {"due_on": "2026-12-15", "reason": "Elections abroad"})
    follow_up.refresh_from_db()
    answers.record_report(follow_up, by=officer, now=NOW, internal="It is done.")

    told = story(desk, commitment, "?kind=dates")

    assert "Date closed: deadline, reported Tue 15 Dec 2026" in told
    assert "Date moved: deadline Tue 1 Dec 2026 → Tue 15 Dec 2026: Elections abroad" in told
    assert "Date set: deadline Tue 1 Dec 2026" in told
    assert "09:00 · Officer One · the desk" in told


def test_it_is_told_by_day_with_the_newest_first(desk: Client, commitment: Commitment, officer: User) -> None:
    for day, said in ((date(2026, 11, 2), "First call."), (date(2026, 11, 16), "Second call.")):
        contacting.note_contact(by=officer, now=NOW, commitment=commitment, contacted_on=day, note=said)

    told = story(desk, commitment)

    days = [
        "Mon 23 Nov 2026",
        "Mon 16 Nov 2026 working level, call Second call.",
        "Mon 2 Nov 2026",
        "Thu 27 Jun 2024 Declared",
    ]
    assert [told.index(each) for each in days] == sorted(told.index(each) for each in days)


def test_a_report_and_what_the_desk_decided(desk: Client, commitment: Commitment, lead: Post) -> None:
    follow_up = make_follow_up(date(2026, 12, 1), commitment=commitment)
    report = answers.propose_report(follow_up, post=lead, now=NOW, internal="A call was held.")
    desk.post(f"/reports/{report.pk}/", {"do": "return", "decision": "Which result?"})

    told = story(desk, commitment, "?kind=reports")

    assert "Report returned A call was held." in told
    assert "Decision on a report returned : Which result? 09:00 · Officer One" in told


def test_a_reminder_that_was_told_and_that_it_was_seen(
    desk: Client, commitment: Commitment, lead: Post
) -> None:
    follow_up = make_follow_up(TODAY + timedelta(days=7), commitment=commitment)
    plan_reminders(now=NOW)
    Reminder.objects.filter(follow_up=follow_up).update(state="told", told_at=NOW)
    Acknowledgment.objects.create(
        follow_up=follow_up,
        post=lead,
        due_on=follow_up.due_on,
        until_on=date(2026, 11, 27),
        by_name="Holder Two",
        acknowledged_at=NOW,
    )

    told = story(desk, commitment, "?kind=reminders")

    assert "7 days before · for Mon 30 Nov 2026 09:00 · Director, Minerals" in told
    assert "Seen quiet until Fri 27 Nov 2026 09:00 · Holder Two · Director, Minerals" in told


def test_who_was_given_it_and_until_when(desk: Client, commitment: Commitment) -> None:
    new = make_held_post(name_en="Director, Export Control")
    assigning.assign(commitment, new, role="lead", now=NOW, reason="Reorganisation")

    told = story(desk, commitment, "?kind=owners")

    assert "Given to: Director, Export Control (lead) : Reorganisation" in told
    assert "Ends for: Director, Minerals (lead) Sun 22 Nov 2026" in told


def test_meetings_of_the_forum_since_it_was_declared(
    desk: Client, commitment: Commitment, forum: Forum
) -> None:
    make_meeting(forum=forum, ordinal=2, state="held", starts_on=date(2024, 6, 27), place="Washington")
    make_meeting(forum=forum, ordinal=1, state="held", starts_on=date(2023, 4, 27), place="Seoul")
    make_meeting(forum=forum, ordinal=3, state="tentative", starts_on=date(2027, 1, 27), place="Tokyo")

    told = story(desk, commitment, "?kind=meetings")

    assert "SCCD 2 held Washington" in told
    assert "Seoul" not in told
    assert "Tokyo" not in told


def test_a_contact_names_who_took_part_and_its_minutes(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    said = {"contacted_on": date(2026, 3, 12), "note": "The list was discussed.", "letter_number": "Trade-77"}
    contacting.note_contact(by=officer, now=NOW, commitment=commitment, who="Ms Example", **said)

    assert (
        "Thu 12 Mar 2026 working level, call · Ms Example The list was discussed. "
        "contact, no report · minutes: letter Trade-77 · recorded by Officer One"
    ) in story(desk, commitment, "?kind=contacts")


def test_minutes_that_one_may_not_see_are_not_named(
    desk: Client, commitment: Commitment, officer: User
) -> None:
    contact = contacting.note_contact(by=officer, now=NOW, commitment=commitment, contacted_on=TODAY)
    contact.document = make_document(forum=make_forum(), title_en="Canary of another desk")
    contact.save()

    assert "Canary" not in story(desk, commitment)


def test_every_change_can_be_read_field_by_field(desk: Client, commitment: Commitment) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(outlook_note="No lead abroad.")

    assert "Commitment changed In one sentence: – → No lead abroad." in story(
        desk, commitment, "?kind=changes"
    )


def test_a_long_story_goes_on_upon_the_next_page(desk: Client, commitment: Commitment) -> None:
    for number in range(35):
        Commitment.objects.filter(pk=commitment.pk).update(outlook_note=f"Note {number:02}")

    first, second = story(desk, commitment), story(desk, commitment, "?page=2")

    assert ("→ Note 34" in first, "→ Note 04" in first, "Earlier" in first) == (True, False, True)
    assert ("→ Note 34" in second, "→ Note 04" in second, "Later" in second) == (False, True, True)


@pytest.mark.parametrize("asked", ["?kind=nothing", "?page=-1", "?page=1e9", "?page=0", "?origins=1"])
def test_what_is_asked_wrongly_shows_all(desk: Client, commitment: Commitment, asked: str) -> None:
    assert "Declared" in story(desk, commitment, asked)


def test_the_story_of_what_it_replaced_can_be_read_with_it(
    desk: Client, commitment: Commitment, forum: Forum, officer: User
) -> None:
    other = make_commitment(forum=forum)
    contacting.note_contact(by=officer, now=NOW, commitment=other, contacted_on=TODAY, note="An old call.")
    merging.merge(commitment, [other], reason="The same thing.", now=NOW)

    assert "An old call." not in story(desk, commitment)
    assert f"An old call. contact, no report · recorded by Officer One {other.reference}" in story(
        desk, commitment, "?origins=1"
    )


def test_what_it_replaced_stays_unseen_where_it_is_restricted(
    desk: Client, commitment: Commitment, forum: Forum, officer: User
) -> None:
    other = make_commitment(forum=forum)
    said = {"contacted_on": TODAY, "note": "A canary sang."}
    contacting.note_contact(by=officer, now=NOW, commitment=other, **said)
    merging.merge(commitment, [other], reason="The same thing.", now=NOW)
    Commitment.objects.filter(pk=other.pk).update(marking=Marking.RESTRICTED)

    assert "canary" not in story(desk, commitment, "?origins=1")
    assert "With what it replaced" not in words(desk.get(f"/commitments/{commitment.reference}/"))


def test_who_may_only_read_reads_the_story_too(commitment: Commitment, forum: Forum) -> None:
    reader = Client()
    holder = make_user(is_staff=True)
    reader.force_login(holder)
    commitment.assignments.get().post.give_to(holder, from_on=TODAY - timedelta(days=1))

    assert "Declared" in story(reader, commitment)


def test_a_stranger_reads_nothing(commitment: Commitment) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert stranger.get(f"/commitments/{commitment.reference}/?kind=changes").status_code == 404


@pytest.mark.parametrize("kind", ["", "reports", "dates", "reminders", "contacts", "owners", "changes"])
def test_the_number_of_questions_does_not_grow_with_the_story(
    desk: Client, commitment: Commitment, officer: User, lead: Post, kind: str
) -> None:
    def live_on() -> None:
        follow_up = make_follow_up(date(2026, 12, 31), commitment=commitment)
        contacting.note_contact(
            by=officer, now=NOW, commitment=commitment, contacted_on=TODAY, who="Director, Minerals"
        )
        answers.record_report(follow_up, by=officer, now=NOW, internal="More was done.")
        answers.ask(follow_up, "not_mine", post=lead, now=NOW)
        plan_reminders(now=NOW)
        Reminder.objects.filter(told_at=None).update(state="told", told_at=NOW)

    live_on()
    story(desk, commitment)
    with CaptureQueriesContext(connection) as few:
        story(desk, commitment, f"?kind={kind}")
    for _round in range(4):
        live_on()
    with CaptureQueriesContext(connection) as many:
        story(desk, commitment, f"?kind={kind}")

    assert len(many) <= len(few)


def test_nor_with_the_number_of_open_dates(desk: Client, commitment: Commitment) -> None:
    def one_more() -> None:
        follow_up = make_follow_up(date(2026, 12, 1), commitment=commitment)
        follow_up.move_to(date(2026, 12, 15), now=NOW, reason="Elections abroad")

    one_more()
    story(desk, commitment)
    with CaptureQueriesContext(connection) as few:
        story(desk, commitment)
    for _round in range(3):
        one_more()
    with CaptureQueriesContext(connection) as many:
        story(desk, commitment)

    assert len(many) <= len(few)
