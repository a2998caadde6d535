"""What an officer does on the pages of a commitment."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from commitments import answers
from commitments.models import Change, Commitment, FollowUp, Forum, Post, ProgressReport, User
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_held_post,
    make_organisation,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def lead(db: None) -> Post:
    return make_held_post(name_en="Director, Minerals")


@pytest.fixture
def commitment(forum: Forum, lead: Post) -> Commitment:
    return make_commitment(forum=forum, lead=lead)


@pytest.fixture
def follow_up(commitment: Commitment) -> FollowUp:
    return make_follow_up(date(2026, 12, 31), commitment=commitment)


def report(desk: Client, follow_up: FollowUp, **said: str) -> object:
    assert follow_up.commitment is not None
    known = {
        "source": "telephone",
        "internal": "A call was held.",
        "reported_on": "2026-11-23",
        "follow_up": str(follow_up.pk),
    }
    return desk.post(f"/commitments/{follow_up.commitment.reference}/report/", known | said, follow=True)


def test_what_was_told_by_telephone_stands_on_the_commitment(desk: Client, follow_up: FollowUp) -> None:
    answer = report(desk, follow_up)

    assert "The report stands on the commitment." in words(answer)
    assert "A call was held. telephone · recorded by Officer One" in words(answer)


def test_a_recorded_report_answers_its_date_and_the_next_one_is_set(
    desk: Client, follow_up: FollowUp, commitment: Commitment
) -> None:
    report(desk, follow_up)

    follow_up.refresh_from_db()
    assert follow_up.outcome == FollowUp.Outcome.REPORTED
    assert commitment.follow_ups.open().exists()


def test_the_date_can_be_kept_open(desk: Client, follow_up: FollowUp) -> None:
    report(desk, follow_up, keep_open="on")

    follow_up.refresh_from_db()
    assert follow_up.is_open


def test_a_report_can_say_how_it_looks_now(desk: Client, follow_up: FollowUp, commitment: Commitment) -> None:
    report(desk, follow_up, outlook="off_track", internal="The partner has withdrawn.")

    commitment.refresh_from_db()
    assert (commitment.outlook, commitment.outlook_note) == ("off_track", "The partner has withdrawn.")


def test_a_report_without_a_date_to_answer_is_recorded_all_the_same(
    desk: Client, commitment: Commitment
) -> None:
    said = {"source": "meeting", "internal": "It was raised.", "reported_on": "2026-11-23"}

    desk.post(f"/commitments/{commitment.reference}/report/", said)

    assert commitment.reports.get().state == ProgressReport.State.CLEARED


def test_an_empty_report_is_refused_in_a_sentence(desk: Client, follow_up: FollowUp) -> None:
    answer = report(desk, follow_up, internal="")

    assert "Please put this right" in words(answer)
    assert "Write one sentence, or choose “no change”." in words(answer)
    assert not ProgressReport.objects.exists()


def test_a_letter_needs_its_number(desk: Client, follow_up: FollowUp) -> None:
    assert "Give the number of the letter." in words(report(desk, follow_up, source="letter"))


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\ud800b".encode("utf-8", "surrogatepass").decode("utf-8", "replace")]
)
def test_unprintable_characters_never_break_the_page(desk: Client, follow_up: FollowUp, text: str) -> None:
    answer = report(desk, follow_up, internal=text)

    assert answer.status_code in {200, 400}


def test_a_refused_report_leaves_nothing_half_written(
    desk: Client, follow_up: FollowUp, commitment: Commitment
) -> None:
    report(desk, follow_up, source="letter", outlook="off_track")

    commitment.refresh_from_db()
    assert commitment.outlook == ""


def test_a_moved_date_keeps_its_reason(desk: Client, follow_up: FollowUp) -> None:
    desk.post(f"/dates/{follow_up.pk}/move/", {"due_on": "2027-01-15", "reason": "Elections"})

    follow_up.refresh_from_db()
    assert follow_up.due_on == date(2027, 1, 15)
    assert follow_up.basis == FollowUp.Basis.INTERPRETED
    assert follow_up.earlier_dates()[0][2] == "Elections"


@pytest.mark.parametrize(
    ("due_on", "reason", "sentence"),
    [
        ("2026-11-23", "Elections", "Give a date after today."),
        ("", "Elections", "This field is required."),
        ("2027-01-15", "", "This field is required."),
        ("2027-13-45", "Elections", "Enter a valid date."),
    ],
)
def test_a_date_is_not_moved_without_a_day_to_come_and_a_reason(
    desk: Client, follow_up: FollowUp, due_on: str, reason: str, sentence: str
) -> None:
    answer = desk.post(f"/dates/{follow_up.pk}/move/", {"due_on": due_on, "reason": reason})

    assert answer.status_code == 400
    assert sentence in words(answer)
    follow_up.refresh_from_db()
    assert follow_up.due_on == date(2026, 12, 31)


def test_a_new_lead_follows_the_old_one(desk: Client, commitment: Commitment, lead: Post) -> None:
    new = make_held_post(name_en="Director, Export Control")

    desk.post(
        f"/commitments/{commitment.reference}/assign/",
        {"role": "lead", "owner": "Director, Export Control", "reason": "Reorganisation"},
    )

    assert commitment.assignments.active(TODAY).leads().get().post == new
    assert commitment.assignments.get(post=lead).until_on == date(2026, 11, 22)


def test_division_name_and_mail_make_what_is_missing(desk: Client, commitment: Commitment) -> None:
    make_organisation(name_en="Chips Division")

    desk.post(
        f"/commitments/{commitment.reference}/assign/",
        {"role": "supporting", "owner": "Chips Division, Person Five, five@ministry.example"},
    )

    added = commitment.assignments.get(role="supporting").post
    assert str(added.organisation) == "Chips Division"
    assert added.holder_on(TODAY) == User.objects.get(email="five@ministry.example")


def test_who_leads_already_is_not_made_lead_again(desk: Client, commitment: Commitment) -> None:
    answer = desk.post(
        f"/commitments/{commitment.reference}/assign/", {"role": "lead", "owner": "Director, Minerals"}
    )

    assert "This post is the owner already. Choose another." in words(answer)


def test_an_unknown_owner_is_refused_at_the_field(desk: Client, commitment: Commitment) -> None:
    answer = desk.post(
        f"/commitments/{commitment.reference}/assign/", {"role": "lead", "owner": "Nobody at all"}
    )

    assert answer.status_code == 400
    assert 'href="#id_owner"' in answer.content.decode()


def test_a_closed_commitment_expects_nothing_more_and_can_be_opened_again(
    desk: Client, commitment: Commitment, follow_up: FollowUp
) -> None:
    closing = {"implementation": "implemented", "reason": "Done at the second meeting."}
    closed = desk.post(f"/commitments/{commitment.reference}/close/", closing, follow=True)

    assert "Nothing more is expected." in words(closed)

    reopened = desk.post(f"/commitments/{commitment.reference}/reopen/", follow=True)

    assert "The commitment is active, and has a next date." in words(reopened)


def test_an_accepted_report_closes_its_date(desk: Client, follow_up: FollowUp, lead: Post) -> None:
    waiting = answers.propose_report(follow_up, post=lead, now=at(TODAY), internal="A call was held.")

    desk.post(f"/reports/{waiting.pk}/", {"do": "accept"})

    waiting.refresh_from_db()
    follow_up.refresh_from_db()
    assert waiting.state == ProgressReport.State.CLEARED
    assert not follow_up.is_open


def test_a_report_is_not_returned_without_a_word(desk: Client, follow_up: FollowUp, lead: Post) -> None:
    waiting = answers.propose_report(follow_up, post=lead, now=at(TODAY), internal="A call was held.")

    answer = desk.post(f"/reports/{waiting.pk}/", {"do": "return"})

    assert "Say in a sentence why you return it." in words(answer)
    waiting.refresh_from_db()
    assert waiting.state == ProgressReport.State.SUBMITTED


def test_a_report_is_decided_once(desk: Client, follow_up: FollowUp, lead: Post) -> None:
    waiting = answers.propose_report(follow_up, post=lead, now=at(TODAY), internal="A call was held.")
    desk.post(f"/reports/{waiting.pk}/", {"do": "accept"})

    assert desk.post(f"/reports/{waiting.pk}/", {"do": "return", "decision": "No"}).status_code == 404


def test_an_accepted_extension_moves_the_date(desk: Client, follow_up: FollowUp, lead: Post) -> None:
    asked = answers.ask(
        follow_up, "extension", post=lead, now=at(TODAY), proposed_on=date(2027, 2, 1), reason="Elections"
    )

    desk.post(f"/requests/{asked.pk}/", {"do": "accept"})

    follow_up.refresh_from_db()
    assert follow_up.due_on == date(2027, 2, 1)


def test_an_accepted_hand_over_gives_it_to_the_chosen_post(
    desk: Client, follow_up: FollowUp, commitment: Commitment, lead: Post
) -> None:
    new = make_held_post(name_en="Director, Export Control")
    asked = answers.ask(follow_up, "hand_over", post=lead, now=at(TODAY), proposed_owner="Export Control")

    desk.post(f"/requests/{asked.pk}/", {"do": "accept", "owner": "Director, Export Control"})

    assert commitment.assignments.active(TODAY).leads().get().post == new


def test_not_mine_leaves_it_without_owner_and_alarms_the_desk(
    desk: Client, follow_up: FollowUp, lead: Post
) -> None:
    asked = answers.ask(follow_up, "not_mine", post=lead, now=at(TODAY))

    desk.post(f"/requests/{asked.pk}/", {"do": "accept"})

    assert "1 No owner or date" in words(desk.get("/"))


def test_what_an_officer_writes_is_recorded_with_name_and_door(
    desk: Client, follow_up: FollowUp, officer: User
) -> None:
    desk.post(f"/dates/{follow_up.pk}/move/", {"due_on": "2027-01-15", "reason": "Elections"})

    change = Change.objects.of(follow_up).last()
    assert change is not None
    assert (change.by, change.via, change.why) == (officer, "desk", "Elections")


@pytest.mark.parametrize("deed", ["report", "assign", "close"])
def test_a_deed_can_be_asked_for_without_script(desk: Client, commitment: Commitment, deed: str) -> None:
    answer = desk.get(f"/commitments/{commitment.reference}/{deed}/")

    assert answer.status_code == 200
    assert "<form" in answer.content.decode()
