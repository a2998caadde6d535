"""Small deeds on the page of a commitment: each asks what it needs and says what it did."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from commitments import answers, closing
from commitments.models import Closing, Commitment, Contact, FollowUp, Forum, Post, ProgressReport, User
from notifications.models import Acknowledgment, Reminder
from notifications.planning import plan_reminders
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_officer,
    make_organisation,
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
    return make_held_post(name_en="Director, Minerals")


@pytest.fixture
def commitment(forum: Forum, lead: Post) -> Commitment:
    return make_commitment(forum=forum, lead=lead)


@pytest.fixture
def follow_up(commitment: Commitment) -> FollowUp:
    return make_follow_up(TODAY + timedelta(days=14), commitment=commitment)


def page(commitment: Commitment, deed: str = "") -> str:
    return f"/commitments/{commitment.reference}/{deed}"


# An answer for somebody


def test_an_answer_is_recorded_for_whoever_gave_it(desk: Client, follow_up: FollowUp, lead: Post) -> None:
    said = {
        "post": lead.pk,
        "source": "telephone",
        "internal": "A call was held.",
        "reported_on": "2026-11-20",
    }

    answer = desk.post(page(follow_up.commitment, "report/"), said, follow=True)

    report = ProgressReport.objects.get()
    assert (report.post, report.party) == (lead, lead.organisation.party)
    assert report.changes.first().on_behalf_of == lead
    assert "Fri 20 Nov 2026 cleared A call was held. telephone · Director, Minerals" in words(answer)


def test_nobody_answers_tomorrow(desk: Client, commitment: Commitment) -> None:
    said = {"source": "telephone", "internal": "A call was held.", "reported_on": "2026-11-24"}

    answer = desk.post(page(commitment, "report/"), said)

    assert "This day is still to come." in words(answer)


def test_only_posts_with_a_part_in_it_are_offered(desk: Client, commitment: Commitment) -> None:
    stranger = make_held_post()
    said = {"post": stranger.pk, "source": "telephone", "internal": "Yes.", "reported_on": "2026-11-23"}

    assert desk.post(page(commitment, "report/"), said).status_code == 400


# No change since


@pytest.fixture
def said(commitment: Commitment, officer: User) -> ProgressReport:
    return answers.record_report(
        make_follow_up(date(2026, 6, 15), commitment=commitment, kind="milestone"),
        by=officer,
        now=NOW,
        internal="Working-level call held.",
        reported_on=date(2026, 6, 12),
    )


def test_the_last_cleared_words_are_said_again_with_one_click(
    desk: Client, commitment: Commitment, said: ProgressReport
) -> None:
    assert "No change since Fri 12 Jun 2026: say so today" in words(desk.get(page(commitment)))

    answer = desk.post(page(commitment, "roll-forward/"), follow=True)

    assert (
        "Mon 23 Nov 2026 cleared no change since Fri 12 Jun 2026 No change. Working-level call held."
        in words(answer)
    )


def test_no_change_answers_a_review(desk: Client, commitment: Commitment, said: ProgressReport) -> None:
    review = commitment.follow_ups.open().get()
    assert review.kind == "cycle_review"

    desk.post(page(commitment, "roll-forward/"))

    review.refresh_from_db()
    assert not review.is_open


def test_no_change_does_not_close_a_deadline(
    desk: Client, commitment: Commitment, said: ProgressReport, follow_up: FollowUp
) -> None:
    commitment.follow_ups.filter(kind="cycle_review").update(closed_at=NOW, outcome="withdrawn")

    desk.post(page(commitment, "roll-forward/"))

    follow_up.refresh_from_db()
    assert follow_up.is_open


def test_pressed_twice_it_is_said_once(desk: Client, commitment: Commitment, said: ProgressReport) -> None:
    for _time in range(2):
        desk.post(page(commitment, "roll-forward/"))

    assert commitment.reports.filter(no_change=True).count() == 1


def test_without_words_there_is_nothing_to_roll_forward(desk: Client, commitment: Commitment) -> None:
    assert "say so today" not in words(desk.get(page(commitment)))

    answer = desk.post(page(commitment, "roll-forward/"), follow=True)

    assert "Nothing has been reported and accepted yet. Write a report." in words(answer)


def test_looking_rolls_nothing_forward(desk: Client, commitment: Commitment, said: ProgressReport) -> None:
    assert desk.get(page(commitment, "roll-forward/")).status_code == 405


# Putting off


def test_reminders_are_put_off_until_a_day_with_a_reason(
    desk: Client, follow_up: FollowUp, lead: Post
) -> None:
    plan_reminders(now=NOW)

    answer = desk.post(
        f"/dates/{follow_up.pk}/snooze/",
        {"until_on": "2026-12-04", "reason": "They call on Friday"},
        follow=True,
    )

    seen = Acknowledgment.objects.get()
    assert (seen.post, seen.until_on, seen.by_name) == (lead, date(2026, 12, 4), "Officer One")
    assert "To be told again after Fri 4 Dec 2026, as asked: They call on Friday" in words(answer)
    assert all(reminder.is_held(TODAY) for reminder in Reminder.objects.to_tell(NOW))


@pytest.mark.parametrize(
    ("until_on", "reason", "sentence"),
    [
        ("2026-12-08", "Elections", "Choose Mon 7 Dec 2026 or an earlier day."),
        ("2026-11-20", "Elections", "Choose today or a later day."),
        ("2026-12-01", "", "This field is required."),
    ],
)
def test_they_are_not_put_off_past_the_date_nor_without_a_reason(
    desk: Client, follow_up: FollowUp, until_on: str, reason: str, sentence: str
) -> None:
    answer = desk.post(f"/dates/{follow_up.pk}/snooze/", {"until_on": until_on, "reason": reason})

    assert answer.status_code == 400
    assert sentence in words(answer)
    assert not Acknowledgment.objects.exists()


@pytest.mark.django_db
def test_where_nobody_is_asked_nothing_is_put_off() -> None:
    alone, browser = make_forum(), Client()
    browser.force_login(make_officer(alone))
    lonely = make_follow_up(TODAY + timedelta(days=7), commitment=make_commitment(forum=alone))

    answer = browser.post(f"/dates/{lonely.pk}/snooze/", {"until_on": "2026-11-25", "reason": "Elections"})

    assert "Nobody is asked for this date" in words(answer)


# Contacts


def test_a_contact_is_noted_on_the_commitment(desk: Client, commitment: Commitment) -> None:
    make_organisation(name_en="Ministry of Trade", aliases="METI")
    said = {"contacted_on": "2026-03-12", "kind": "call", "level": "working", "who": "METI", "note": "Lists."}

    answer = desk.post(page(commitment, "contact/"), said, follow=True)

    assert "The contact is noted. It is no report: the date stays open." in words(answer)
    assert "working level, call · Ministry of Trade Lists. contact, no report" in words(answer)
    assert "nothing reported yet" in words(answer)


def test_a_contact_is_noted_at_a_meeting(desk: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum)
    said = {
        "contacted_on": "2026-03-12",
        "kind": "margins",
        "level": "minister",
        "who": "",
        "note": "Agreed.",
    }

    answer = desk.post(f"/meetings/{meeting.pk}/contact/", said, follow=True)

    assert "Thu 12 Mar 2026 ministers, in the margins of a meeting Agreed." in words(answer)


def test_only_documents_that_one_sees_can_be_minutes(desk: Client, commitment: Commitment) -> None:
    hidden = make_document(forum=make_forum())
    said = {"contacted_on": "2026-03-12", "kind": "call", "level": "working", "document": hidden.pk}

    assert desk.post(page(commitment, "contact/"), said).status_code == 400
    assert not Contact.objects.exists()


@pytest.mark.parametrize("deed", ["contact", "split", "merge", "roll-forward"])
def test_another_desk_can_do_none_of_it(commitment: Commitment, deed: str) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert stranger.post(page(commitment, f"{deed}/")).status_code == 404


def test_another_desk_notes_nothing_at_a_meeting(forum: Forum) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert stranger.post(f"/meetings/{make_meeting(forum=forum).pk}/contact/").status_code == 404


# Closing by two


@pytest.fixture
def important(forum: Forum, lead: Post) -> Commitment:
    return make_commitment(forum=forum, lead=lead, high_priority=True)


CLOSING = {
    "implementation": "implemented",
    "reason": "Signed in Seoul.",
    "evidence": "Minutes",
    "evidence_letter_number": "Trade-12",
}


@pytest.fixture
def second(forum: Forum) -> Client:
    """The browser of another officer of the desk."""
    client = Client()
    client.force_login(make_officer(forum, name_en="Officer Two"))
    return client


def test_high_priority_is_proposed_by_one_and_confirmed_by_another(
    desk: Client, second: Client, important: Commitment
) -> None:
    first = desk.post(page(important, "close/"), CLOSING, follow=True)
    assert "The closing is proposed; a second person confirms it." in words(first)
    assert "Confirm the closing" not in words(first)

    seen = words(second.get(page(important)))
    assert "A closing waits for a second person" in seen
    assert "evidence: Minutes Trade-12" in seen

    second.post(f"/closings/{Closing.objects.get().pk}/", {"do": "accept"})
    important.refresh_from_db()
    assert important.workflow == Commitment.Workflow.CLOSED


def test_the_first_cannot_confirm_by_writing_the_address(desk: Client, important: Commitment) -> None:
    desk.post(page(important, "close/"), CLOSING)

    answer = desk.post(f"/closings/{Closing.objects.get().pk}/", {"do": "accept"})

    assert "Whoever proposed the closing cannot confirm it." in words(answer)
    important.refresh_from_db()
    assert important.is_live


def test_the_first_can_take_it_back(desk: Client, important: Commitment) -> None:
    desk.post(page(important, "close/"), CLOSING)

    desk.post(f"/closings/{Closing.objects.get().pk}/", {"do": "return", "decision": "Too early."})

    assert Closing.objects.get().state == Closing.State.RETURNED


def test_without_evidence_the_form_asks_for_it(desk: Client, important: Commitment) -> None:
    answer = desk.post(page(important, "close/"), {"implementation": "implemented", "reason": "Signed."})

    assert "Say what shows it: an address or the number of a letter." in words(answer)
    assert not Closing.objects.exists()


def test_it_waits_on_the_desk_of_the_second_only(desk: Client, second: Client, important: Commitment) -> None:
    desk.post(page(important, "close/"), CLOSING)

    assert "1 Closings to confirm" in words(second.get("/"))
    assert "Closings to confirm" not in words(desk.get("/"))
    assert "Signed in Seoul." in words(second.get("/desk/closings/"))


def test_another_desk_does_not_confirm(desk: Client, important: Commitment) -> None:
    desk.post(page(important, "close/"), CLOSING)
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert stranger.post(f"/closings/{Closing.objects.get().pk}/", {"do": "accept"}).status_code == 404


def test_an_ordinary_commitment_is_not_asked_for_evidence(desk: Client, commitment: Commitment) -> None:
    assert "What shows it" not in words(desk.get(page(commitment, "close/")))


def test_the_story_tells_who_proposed_and_who_confirmed(
    desk: Client, second: Client, important: Commitment, officer: User
) -> None:
    proposed = closing.close_or_propose(
        important,
        "implemented",
        reason="Signed.",
        by=officer,
        now=NOW,
        shown=closing.Shown(letter_number="T-1"),
    )
    assert proposed is not None
    second.post(f"/closings/{proposed.pk}/", {"do": "accept"})

    seen = words(desk.get(page(important, "?kind=reports")))

    assert (
        "Closing proposed: implemented confirmed Signed. 09:00 · Officer One · decided by Officer Two" in seen
    )


def test_one_person_in_both_parts_is_said_on_the_page(
    desk: Client, commitment: Commitment, lead: Post
) -> None:
    validating = make_held_post(name_en="Inspector")
    make_assignment(commitment, validating, role="validator")
    assert "leads it too" not in words(desk.get(page(commitment)))

    person = make_user()
    for post in (lead, validating):
        make_holding(post, person, acting=True, from_on=TODAY)

    assert "leads it too" in words(desk.get(page(commitment)))
