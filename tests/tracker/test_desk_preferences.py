"""How a person is told, entered on the desk; where their chat is goes in and never comes out."""

from datetime import date, time
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Change, Forum, Membership, User
from notifications.channels import chat
from notifications.models import Preference
from tests.factories import at, make_held_post, make_membership, make_user
from tests.tracker.reading import words

SECRET = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
UNCHANGED = {"hour": "08:30", "days": list("12345"), "rhythm": "weekly", "overview": "on"}
BY_MAIL = {"duties_by": "mail", "overview_by": "mail"}


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(date(2026, 11, 23)), tick=False):
        yield


@pytest.fixture(autouse=True)
def _any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the optional package; whether an address is allowed has tests of its own."""
    monkeypatch.setattr(chat, "is_installed", lambda: True)
    monkeypatch.setattr(chat, "address_problem", lambda address: "" if "://" in address else "No address.")


@pytest.fixture
def person(db: None) -> User:
    user = make_user(name_en="Kim Minji", email="minji@ministry.example")
    make_held_post(user, name_en="Director, Minerals")
    return user


def page(client: Client, person: User) -> str:
    return words(client.get(f"/people/{person.pk}/"))


def choose(client: Client, person: User, **said: Any) -> Any:
    return client.post(f"/people/{person.pk}/preferences/", {**UNCHANGED, **BY_MAIL, **said}, follow=True)


def reader(forum: Forum) -> Client:
    user = make_user(is_staff=True)
    make_membership(user, Membership.Role.READER, forum=forum)
    client = Client()
    client.force_login(user)
    return client


# -- seen from the page of the person


def test_the_page_of_a_person_says_how_they_are_told_and_leads_to_changing_it(
    desk: Client, person: User
) -> None:
    answer = desk.get(f"/people/{person.pk}/")

    assert "How this person is told" in words(answer)
    assert "Once a week from 08:30, Mon, Tue, Wed, Thu, Fri" in words(answer)
    assert f'href="/people/{person.pk}/preferences/"' in answer.content.decode()


def test_the_entry_of_a_person_leads_to_it_too(desk: Client, person: User) -> None:
    html = desk.get(f"/commitments/user/{person.pk}/change/").content.decode()

    assert f'href="/people/{person.pk}/preferences/"' in html


def test_what_an_officer_chooses_for_a_person_stands_on_their_page(desk: Client, person: User) -> None:
    said = words(choose(desk, person, hour="07:15", days=["1", "3"], rhythm="daily", language="ko"))

    assert "Saved. It holds from the next message on." in said
    assert "from 07:15, Mon, Wed" in said
    chosen = Preference.of(person)
    assert (chosen.hour, chosen.days, chosen.rhythm) == (time(7, 15), "13", "daily")


def test_it_is_recorded_by_whom(desk: Client, person: User, officer: User) -> None:
    choose(desk, person, rhythm="daily")

    change = Change.objects.of(Preference.objects.get(user=person)).get()
    assert (change.by, change.via) == (officer, "desk")


def test_a_pause_stands_on_the_page_until_it_is_over(desk: Client, person: User) -> None:
    choose(desk, person, pause_from_on="2026-11-25", pause_until_on="2026-12-01")

    assert "Wed 25 Nov 2026 – Tue 1 Dec 2026" in page(desk, person)
    with time_machine.travel(at(date(2026, 12, 2)), tick=False):
        assert "25 Nov 2026" not in page(desk, person)


def test_what_cannot_be_is_refused_in_a_sentence_at_its_field(desk: Client, person: User) -> None:
    answer = choose(desk, person, hour="04:30", days=[])

    assert answer.status_code == 400
    assert "Choose an hour from 5:00 to 20:00." in words(answer)
    assert "Working days: Leave at least one day to be told on." in words(answer)


def test_the_page_of_a_person_takes_the_same_questions_for_one_preference_and_for_many(
    desk: Client, person: User
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(f"/people/{person.pk}/")
        return len(captured)

    Preference.objects.create(user=person)
    questions()
    one = questions()
    for _n in range(5):
        Preference.objects.create(user=make_user())

    assert questions() == one


# -- the chat


def test_an_officer_switches_on_chat_for_a_person(desk: Client, person: User) -> None:
    said = words(choose(desk, person, chat_address=SECRET, duties_by="chat"))

    assert "What is asked by chat chat address entered" in said
    assert Preference.of(person).chat_address == SECRET


def test_the_address_is_never_written_into_a_page_again(desk: Client, person: User) -> None:
    Preference.objects.create(user=person, chat_address=SECRET, duties_by="chat")

    pages = [desk.get(f"/people/{person.pk}/"), desk.get(f"/people/{person.pk}/preferences/")]
    pages.append(choose(desk, person, chat_address=SECRET, hour="04:00"))

    assert [SECRET in unescape(answer.content.decode()) for answer in pages] == [False] * 3
    assert "chat address entered" in words(pages[1])


def test_saved_without_touching_it_the_address_stays(desk: Client, person: User) -> None:
    Preference.objects.create(user=person, chat_address=SECRET, duties_by="chat")

    choose(desk, person, duties_by="chat", rhythm="daily")

    assert Preference.of(person).chat_address == SECRET


def test_the_address_is_removed_with_the_choice_of_mail(desk: Client, person: User) -> None:
    Preference.objects.create(user=person, chat_address=SECRET, duties_by="chat")

    choose(desk, person, forget_chat="on")

    chosen = Preference.of(person)
    assert (chosen.chat_address, chosen.duties_by) == ("", "mail")


@pytest.mark.parametrize("known", ["", SECRET])
def test_chat_without_an_address_is_refused(desk: Client, person: User, known: str) -> None:
    Preference.objects.create(user=person, chat_address=known)

    answer = choose(desk, person, duties_by="chat", forget_chat="on")

    assert answer.status_code == 400
    assert "Address of the chat: Give the address of the chat, or choose mail." in words(answer)
    assert Preference.of(person).chat_address == known


def test_what_is_no_address_is_refused(desk: Client, person: User) -> None:
    answer = choose(desk, person, chat_address="room 7", duties_by="chat")

    assert "Address of the chat: No address." in words(answer)


def test_the_address_stays_out_of_the_history(desk: Client, person: User) -> None:
    choose(desk, person, chat_address=SECRET, duties_by="chat")

    change = Change.objects.of(Preference.objects.get(user=person)).get()
    assert SECRET not in str(change.after)


def test_where_the_package_is_missing_it_says_so_and_offers_no_chat(
    desk: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "is_installed", lambda: False)

    answer = desk.get(f"/people/{person.pk}/preferences/")

    assert "Chat cannot be chosen here: its package is not installed." in words(answer)
    assert 'name="chat_address"' not in answer.content.decode()


# -- whose they are


def test_a_reader_neither_sees_nor_changes_how_others_are_told(forum: Forum, person: User) -> None:
    client = reader(forum)

    assert "How this person is told" not in page(client, person)
    assert client.get(f"/people/{person.pk}/preferences/").status_code == 404
    assert choose(client, person).status_code == 404
    assert not Preference.objects.exists()


def test_a_reader_changes_their_own_and_enters_no_chat(forum: Forum) -> None:
    client = reader(forum)
    user = Membership.objects.get(role=Membership.Role.READER).user

    answer = choose(client, user, rhythm="daily", chat_address=SECRET, duties_by="chat")

    assert answer.status_code == 200
    chosen = Preference.of(user)
    assert (chosen.rhythm, chosen.duties_by, chosen.chat_address) == ("daily", "mail", "")


def test_nobody_is_told_who_has_left(desk: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert "How this person is told" not in page(desk, person)
    assert desk.get(f"/people/{person.pk}/preferences/").status_code == 404


# -- one's own, from the menu of the desk


def test_whoever_works_on_the_desk_finds_their_own_there(desk: Client, officer: User) -> None:
    answer = desk.get("/p/me/", follow=True)

    assert answer.redirect_chain == [(f"/people/{officer.pk}/preferences/", 302)]
    assert "How you are told" in words(answer)
    assert "My desk" in words(answer)


def test_it_is_in_the_language_of_the_desk_whatever_the_last_mail_was_in(desk: Client, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(language="ko")

    assert '<html lang="en">' in desk.get("/p/me/", follow=True).content.decode()


def test_the_menu_leads_to_it(desk: Client, officer: User) -> None:
    assert f'href="/people/{officer.pk}/preferences/"' in desk.get("/").content.decode()


def test_saved_one_stays_on_ones_own_page(desk: Client, officer: User) -> None:
    answer = choose(desk, officer, rhythm="daily")

    assert answer.redirect_chain == [(f"/people/{officer.pk}/preferences/", 302)]
    assert "Saved. It holds from the next message on." in words(answer)
