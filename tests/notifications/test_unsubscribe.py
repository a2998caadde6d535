"""The overview switched off by one press, by a person or by their mail program (RFC 8058)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from commitments.models import Change, User
from notifications.links import PreferenceLink
from notifications.models import Preference
from tests.factories import at, make_user

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def person() -> User:
    return make_user(name_en="Kim Minsu", language="en")


@pytest.fixture
def link(person: User) -> str:
    return PreferenceLink(person.pk).unsubscribe_path()


def overview(person: User) -> bool:
    return Preference.of(person).overview


def test_opening_it_changes_nothing_and_shows_a_button(client, link, person):
    shown = client.get(link)

    assert "Switch off the weekly overview" in shown.content.decode()
    assert overview(person)
    assert not Preference.objects.exists()


def test_a_mail_program_switches_it_off_without_cookies_or_a_second_page(link, person):
    answer = Client(enforce_csrf_checks=True).post(link, ONE_CLICK)

    assert answer.status_code == 200
    assert not answer.cookies
    assert not overview(person)


def test_a_mail_program_may_send_it_as_a_form_with_parts(link, person):
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'

    Client().post(link, body, content_type="multipart/form-data; boundary=x")

    assert not overview(person)


def test_pressing_it_again_changes_nothing(client, link, person):
    client.post(link, ONE_CLICK)
    before = Change.objects.count()

    answer = client.post(link, ONE_CLICK)

    assert answer.status_code == 200
    assert (overview(person), Change.objects.count()) == (False, before)


def test_it_is_switched_on_again_by_its_own_button_only(client, link, person):
    client.post(link, ONE_CLICK)
    assert "Switch it on again" in client.get(link).content.decode()
    assert not overview(person)

    client.post(link, {"overview": "on"})

    assert overview(person)


def test_the_rest_of_what_was_chosen_stays(client, link, person):
    Preference.objects.create(user=person, rhythm=Preference.Rhythm.DAILY)

    client.post(link, ONE_CLICK)

    assert Preference.of(person).rhythm == Preference.Rhythm.DAILY


def test_it_says_that_what_is_asked_still_comes(client, link):
    assert "it is bundled, and cannot be switched off" in client.post(link, ONE_CLICK).content.decode()


def test_the_history_says_by_which_door(client, link, person):
    client.post(link, ONE_CLICK)

    change = Change.objects.of(Preference.objects.get()).get()
    assert (change.via, change.by_id, change.after["overview"]) == ("preference page", None, False)


def test_it_does_not_open_the_other_preferences(client, link, person):
    assert PreferenceLink(person.pk).path() not in client.post(link, ONE_CLICK).content.decode()
    assert client.get(link.replace("/u/", "/p/")).status_code == 404


def test_an_old_link_says_how_to_go_on(client, person):
    with time_machine.travel(at(date(2026, 12, 14)), tick=False):
        link = PreferenceLink(person.pk).unsubscribe_path()

    with time_machine.travel(at(date(2026, 12, 14)) + timedelta(days=366), tick=False):
        answer = client.post(link, ONE_CLICK)

    assert answer.status_code == 410
    assert "Use the link of a newer message" in answer.content.decode()
    assert overview(person)


def test_of_somebody_who_is_gone_nothing_is_shown(client, link, person):
    User.objects.filter(pk=person.pk).update(is_active=False)

    answer = client.post(link, ONE_CLICK)

    assert answer.status_code == 410
    assert "Kim Minsu" not in answer.content.decode()
