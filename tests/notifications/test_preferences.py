"""How a person wants to be told, chosen by a link of their own."""

from datetime import date, time, timedelta
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from commitments.models import Change, User
from notifications.links import PreferenceLink
from notifications.models import Delivery, Preference
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_user,
)

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))
UNCHANGED = {"hour": "08:30", "days": list("12345"), "rhythm": "weekly", "overview": "on"}


@pytest.fixture(autouse=True)
def _that_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def person() -> User:
    return make_user(name_en="Kim Minsu", language="en")


@pytest.fixture
def link(person: User) -> str:
    return PreferenceLink(person.pk).path()


def choose(client, link, **chosen):
    return client.post(link, {**UNCHANGED, **chosen})


def shown(response):
    return unescape(response.content.decode())


def test_it_shows_what_holds_for_everybody_and_writes_nothing(client, link):
    page = shown(client.get(link))

    assert 'value="08:30"' in page
    assert "cannot be switched off" in page
    assert not Preference.objects.exists()


def test_what_is_chosen_holds(client, link, person):
    answer = choose(client, link, hour="07:15", days=["2", "1", "4"], rhythm="daily")

    assert "Saved." in shown(client.get(answer["Location"]))
    chosen = Preference.of(person)
    assert (chosen.hour, chosen.days, chosen.rhythm) == (time(7, 15), "124", "daily")


def test_language_and_zone_are_the_persons_own(client, link, person):
    answer = choose(client, link, language="ko", zone="Europe/Brussels")

    person.refresh_from_db()
    assert (person.language, person.zone) == ("ko", "Europe/Brussels")
    assert '<html lang="ko">' in shown(client.get(answer["Location"]))


def test_who_has_chosen_no_language_reads_that_of_the_last_message(client, link, person):
    User.objects.filter(pk=person.pk).update(language="")
    Delivery.objects.create(
        recipient=person, local_day=date(2026, 12, 7), language="ja", send_after=MONDAY, created_at=MONDAY
    )

    assert '<html lang="ja">' in shown(client.get(link))


def test_the_overview_is_switched_off_by_leaving_it_out(client, link, person):
    client.post(link, {name: value for name, value in UNCHANGED.items() if name != "overview"})

    assert not Preference.of(person).overview


def test_there_is_no_switch_for_what_is_asked(client, link):
    page = shown(client.get(link))

    assert page.count('type="checkbox"') == 7 + 1  # the days, and the overview


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"days": []}, "Leave at least one day to be told on."),
        ({"hour": "04:30"}, "Choose an hour from 5:00 to 20:00."),
        ({"hour": "20:01"}, "Choose an hour from 5:00 to 20:00."),
        ({"pause_from_on": "2026-12-21"}, "No message until: A pause needs its first and its last day."),
        ({"pause_until_on": "2026-12-21"}, "No message from: A pause needs its first and its last day."),
        ({"pause_from_on": "2026-12-21", "pause_until_on": "2026-12-20"}, "The pause ends before it starts."),
        (
            {"pause_from_on": "2026-12-21", "pause_until_on": "2027-01-21"},
            "At most 31 days. Who is away longer lets somebody act for them.",
        ),
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone. Example: Asia/Seoul."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_written(client, link, chosen, sentence):
    answer = choose(client, link, **chosen)

    assert answer.status_code == 400
    assert sentence in shown(answer)
    assert not Preference.objects.exists()


def test_a_pause_of_31_days_is_taken_and_no_longer_one(client, link, person):
    choose(client, link, pause_from_on="2026-12-21", pause_until_on="2027-01-20")

    pause = Preference.of(person)
    assert (pause.pauses_on(date(2026, 12, 21)), pause.pauses_on(date(2027, 1, 20))) == (True, True)
    pause.pause_until_on += timedelta(days=1)
    with pytest.raises(ValidationError):
        pause.full_clean()


def test_a_pause_is_taken_back_by_emptying_it(client, link, person):
    choose(client, link, pause_from_on="2026-12-21", pause_until_on="2027-01-20")
    choose(client, link)

    assert Preference.of(person).pause_from_on is None


def test_who_is_away_longer_reads_what_to_do(client, link):
    assert "ask the desk to enter who acts for you" in shown(client.get(link))


def test_without_a_chat_there_is_nothing_to_choose_about_channels(client, link, person):
    assert "duties_by" not in shown(client.get(link))

    choose(client, link, duties_by="chat", chat_address="https://elsewhere.example/hook")

    chosen = Preference.of(person)
    assert (chosen.duties_by, chosen.chat_address) == ("mail", "")


def test_where_an_officer_has_entered_a_chat_each_class_has_its_channel(client, link, person):
    Preference.objects.create(user=person, chat_address="https://chat.example/secret-hook")
    assert "secret-hook" not in shown(client.get(link))

    choose(client, link, duties_by="mail", overview_by="chat", chat_address="https://elsewhere.example/")

    chosen = Preference.of(person)
    assert (chosen.duties_by, chosen.overview_by) == ("mail", "chat")
    assert chosen.chat_address == "https://chat.example/secret-hook"


def test_the_page_tells_nothing_about_what_is_asked(client, person, link):
    lead = make_held_post(person)
    commitment = make_commitment(lead=lead, title_en="Compare the lists")
    make_follow_up(date(2026, 12, 18), commitment=commitment)

    page = shown(client.get(link))

    assert commitment.reference not in page
    assert "Compare the lists" not in page


def test_a_link_changes_nobody_else(client, link, person):
    other = make_user()

    choose(client, link, rhythm="daily")

    assert Preference.of(other).rhythm == "weekly"
    assert list(Preference.objects.values_list("user", flat=True)) == [person.pk]


def test_saving_the_same_twice_writes_once(client, link):
    choose(client, link, rhythm="daily")
    before = Change.objects.count()

    choose(client, link, rhythm="daily")

    assert Change.objects.count() == before


def test_the_history_says_by_which_door(client, link):
    choose(client, link, rhythm="daily")

    change = Change.objects.of(Preference.objects.get()).get()
    assert (change.via, change.by_id) == ("preference page", None)


def test_the_form_is_safe_from_other_sites(link):
    assert Client(enforce_csrf_checks=True).post(link, UNCHANGED).status_code == 403


def test_an_old_link_says_how_to_go_on(client, link):
    with time_machine.travel(MONDAY + timedelta(days=366)):
        answer = client.get(link)

    assert answer.status_code == 410
    assert "Use the link of a newer message, or ask the desk." in shown(answer)


def test_a_cut_link_says_what_to_do(client, link):
    answer = client.get(link[:-4] + "/")

    assert answer.status_code == 404
    assert "Copy the whole address" in shown(answer)


# Signed in


def test_whoever_is_signed_in_has_the_same_page_without_a_link(client, person):
    client.force_login(person)

    client.post("/p/me/", {**UNCHANGED, "rhythm": "daily"})

    assert Preference.of(person).rhythm == "daily"
    assert Change.objects.of(Preference.objects.get()).get().by_id == person.pk


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get("/p/me/")["Location"].startswith("/login/")


def test_a_person_sees_their_own_preferences_and_an_officer_those_of_all(person):
    officer = make_officer(make_forum())
    own, other = (Preference.objects.create(user=user) for user in (person, make_user()))

    assert list(Preference.objects.visible_to(person)) == [own]
    assert set(Preference.objects.editable_by(officer)) == {own, other}
    assert not Preference.objects.editable_by(person).exists()
