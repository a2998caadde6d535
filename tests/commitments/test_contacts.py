"""A talk is remembered, and is neither progress nor an answer."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from commitments import contacting
from commitments.models import Commitment, Contact, Forum, User
from notifications.models import Reminder
from notifications.planning import plan_reminders
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_organisation,
    make_post,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
NOW = at(TODAY)


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum)


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    return make_commitment(forum=forum, lead=make_held_post())


def note(commitment: Commitment, officer: User, **said: object) -> Contact:
    known = {"commitment": commitment, "contacted_on": TODAY, "note": "The list was discussed."}
    return contacting.note_contact(by=officer, now=NOW, **{**known, **said})


def test_a_contact_says_with_whom_by_any_name_that_is_known(commitment: Commitment, officer: User) -> None:
    post = make_post(name_en="Director, Trade")
    ministry = make_organisation(name_en="Ministry of Trade", name_ja="経済産業省", aliases="METI")

    contact = note(commitment, officer, who="director, trade\nMETI\nMs Example of the embassy\n")

    assert (list(contact.posts.all()), list(contact.organisations.all())) == ([post], [ministry])
    assert contact.others == "Ms Example of the embassy"


def test_it_is_no_progress(commitment: Commitment, officer: User) -> None:
    note(commitment, officer)

    assert commitment.freshness(TODAY) == Commitment.Freshness.NO_RECORD
    assert not commitment.reports.exists()


def test_it_is_no_answer_and_the_owner_is_reminded_all_the_same(
    commitment: Commitment, officer: User
) -> None:
    follow_up = make_follow_up(TODAY + timedelta(days=7), commitment=commitment)

    note(commitment, officer)
    plan_reminders(now=NOW)

    assert follow_up.is_open
    assert Reminder.objects.to_tell(NOW).filter(follow_up=follow_up).exists()


def test_it_may_be_about_a_meeting(forum: Forum, officer: User) -> None:
    meeting = make_meeting(forum=forum)

    contact = note(None, officer, meeting=meeting)

    assert contact.subject == meeting


def test_a_talk_to_come_is_not_noted(commitment: Commitment, officer: User) -> None:
    with pytest.raises(ValidationError, match="still to come"):
        note(commitment, officer, contacted_on=TODAY + timedelta(days=1))

    assert not Contact.objects.exists()


def test_the_history_says_what_was_noted_down(commitment: Commitment, officer: User) -> None:
    contact = note(commitment, officer)

    assert contact.changes.get().why == "The list was discussed."


def test_a_contact_of_a_forum_is_seen_by_its_readers_alone(forum: Forum, officer: User) -> None:
    contact = note(None, officer, forum=forum)

    assert Contact.objects.visible_to(officer).get() == contact
    assert not Contact.objects.visible_to(make_officer(make_forum())).exists()
