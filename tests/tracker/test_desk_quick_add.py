from datetime import date

import pytest
import time_machine
from django.test import Client

from commitments.models import Change, Commitment, FollowUp, Forum, ReferenceCounter
from tests.factories import (
    at,
    make_document,
    make_forum,
    make_held_post,
    make_meeting,
    make_text,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def add(desk: Client, forum: Forum, **said: str) -> object:
    known = {"title": "Exchange lists", "forum": str(forum.pk), "basis": "verbal", "marking": "internal"}
    return desk.post("/commitments/add/", known | said, follow=True)


def test_title_and_forum_are_enough(desk: Client, forum: Forum) -> None:
    answer = add(desk, forum)

    assert "SCCD-2026-01 is in the register." in words(answer)
    assert Commitment.objects.get().follow_ups.open().exists()


def test_the_title_is_kept_in_its_own_language(desk: Client, forum: Forum) -> None:
    add(desk, forum, title="목록 교환")
    add(desk, forum, title="リストの交換")

    assert Commitment.objects.filter(title_ko="목록 교환").exists()
    assert Commitment.objects.filter(title_ja="リストの交換").exists()


def test_a_day_becomes_the_next_date(desk: Client, forum: Forum) -> None:
    add(desk, forum, when="2026-12-14")

    assert FollowUp.objects.open().get().due_on == date(2026, 12, 14)


def test_words_become_a_window_and_stay_beside_it(desk: Client, forum: Forum) -> None:
    add(desk, forum, when="by the end of March 2027", basis="declared")

    date_ = FollowUp.objects.open().get()
    assert (date_.due_on, date_.precision, date_.phrase) == (
        date(2027, 3, 31),
        "month",
        "by the end of March 2027",
    )


def test_a_rhythm_makes_it_recurring(desk: Client, forum: Forum) -> None:
    add(desk, forum, when="annually")

    commitment = Commitment.objects.get()
    assert (commitment.kind, commitment.cadence_months) == ("recurring", 12)


def test_at_the_next_meeting_never_becomes_an_invented_date(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3)

    answer = add(desk, forum, when="at the next meeting")

    assert "SCCD 3 has no date yet; until it has, this stands on the review cycle." in words(answer)


def test_words_that_name_no_time_are_refused_at_the_field(desk: Client, forum: Forum) -> None:
    answer = add(desk, forum, when="somehow")

    assert "These words name no time." in words(answer)
    assert 'href="#id_when"' in answer.content.decode()
    assert not Commitment.objects.exists()


def test_a_working_group_belongs_to_its_forum(desk: Client, forum: Forum) -> None:
    group = make_forum(code="SCCD-CM", kind="sub_working_group", parent=forum)

    add(desk, group)

    assert Commitment.objects.get().working_group == group
    assert Commitment.objects.get().reference == "SCCD-2026-01"


def test_division_name_and_mail_make_the_lead(desk: Client, forum: Forum) -> None:
    add(desk, forum, lead="Chips Division, Person Five, five@ministry.example")

    assert str(Commitment.objects.get().assignments.get().post.organisation) == "Chips Division"


def test_a_wrong_lead_leaves_nothing_behind(desk: Client, forum: Forum) -> None:
    answer = add(desk, forum, lead="Chips Division, Person Five, no-mail@")

    assert 'href="#id_lead"' in answer.content.decode()
    assert not Commitment.objects.exists()


def test_declared_words_are_linked_to_their_text(desk: Client, forum: Forum) -> None:
    text = make_text("They will exchange lists every year.", document=make_document(forum=forum))

    add(desk, forum, basis="declared", text=str(text.pk), quote="exchange lists every year")

    assert Commitment.objects.get().provisions.get().quote == "exchange lists every year"


def test_words_that_do_not_stand_in_the_text_are_refused(desk: Client, forum: Forum) -> None:
    text = make_text("They will exchange lists every year.", document=make_document(forum=forum))

    answer = add(desk, forum, text=str(text.pk), quote="exchange all lists")

    assert "These words do not stand in the text. Copy them from it exactly." in words(answer)


@pytest.mark.parametrize("title", ["x" * 301, "x" * 1_000_000, "a\x00b", "  "])
def test_a_title_that_cannot_be_kept_is_refused(desk: Client, forum: Forum, title: str) -> None:
    answer = add(desk, forum, title=title)

    assert answer.status_code == 400
    assert not Commitment.objects.exists()


def test_a_title_stays_in_one_line(desk: Client, forum: Forum) -> None:
    add(desk, forum, title="Exchange\nBcc: everybody@ministry.example")

    assert Commitment.objects.get().title == "Exchange Bcc: everybody@ministry.example"


def test_the_sentence_under_save_says_who_will_hear_of_it_and_when(desk: Client, forum: Forum) -> None:
    make_held_post(make_user(), name_en="Director, Minerals")
    said = {
        "title": "Exchange lists",
        "forum": str(forum.pk),
        "basis": "verbal",
        "marking": "internal",
        "lead": "Director, Minerals",
        "when": "2026-12-31",
    }

    answer = desk.post("/commitments/add/foresee/", said)

    assert answer.json()["sentence"] == "Saving sends nothing; first mail: Mon 7 Dec 2026, 1 person."


def test_foreseeing_writes_nothing(desk: Client, forum: Forum) -> None:
    before = Change.objects.count()

    add(desk, forum, preview="yes", lead="Chips Division, Person Five, five@ministry.example")

    assert not Commitment.objects.exists()
    assert not ReferenceCounter.objects.exists()
    assert Change.objects.count() == before


def test_foreseeing_says_nothing_while_the_form_is_not_complete(desk: Client, forum: Forum) -> None:
    assert desk.post("/commitments/add/foresee/", {"title": "Ex"}).json() == {"sentence": ""}


def test_a_forum_of_another_desk_cannot_be_chosen(desk: Client) -> None:
    assert "Select a valid choice." in words(add(desk, make_forum()))
