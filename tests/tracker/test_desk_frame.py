"""What is on every page: the door, the menu, the languages, and nothing inline."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.contrib import admin
from django.test import Client, override_settings
from django.utils import timezone

from commitments import scheduling
from commitments.models import Forum, User
from notifications.models import OutgoingMail
from tests.factories import make_commitment, make_held_post, make_meeting, make_officer, make_user
from tests.tracker.reading import words
from tracker.desk.routes import PAGES

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|<style\b|<[^>]+\s(style|on[a-z]+)=", re.IGNORECASE
)

ITEM_DEEDS = ("", "report/", "assign/", "close/", "contact/", "split/", "merge/")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator(forum: Forum) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def addresses(forum: Forum) -> list[str]:
    """Every page that opens without a further question."""
    commitment = make_commitment(forum=forum, lead=make_held_post())
    scheduling.ensure_next_date(commitment, now=timezone.now())
    meeting = make_meeting(forum=forum)
    ours = ["/", "/desk/soon/", "/search/?q=a", "/commitments/", "/commitments/add/", "/meetings/", "/mail/"]
    ours += ["/settings/", "/import/", "/password_change/", f"/meetings/{meeting.pk}/"]
    lead = commitment.assignments.get().post
    ours += ["/weekly/", "/minister/", f"/meetings/{meeting.pk}/table/"]
    ours += ["/operations/", f"/posts/{lead.pk}/", f"/people/{lead.holdings.get().user_id}/"]
    ours += [f"/commitments/{commitment.reference}/{deed}" for deed in ITEM_DEEDS]
    ours += [f"/dates/{commitment.follow_ups.get().pk}/{deed}/" for deed in ("move", "snooze")]
    ours += [f"/meetings/{meeting.pk}/contact/"]
    models = [model._meta for model in admin.site._registry]
    ours += [f"/{meta.app_label}/{meta.model_name}/" for meta in models]
    ours += [f"/commitments/commitment/{commitment.pk}/{page}/" for page in ("change", "history")]
    ours += ["/commitments/commitment/add/", "/commitments/forum/add/", "/commitments/meeting/add/"]
    return ours


def test_no_page_has_anything_inline(administrator: Client, addresses: list[str]) -> None:
    found = {}
    for address in addresses:
        answer = administrator.get(address)
        assert answer.status_code == 200, address
        if inline := INLINE.search(answer.content.decode()):
            found[address] = inline.group()

    assert found == {}


def test_every_page_has_a_title_a_heading_and_the_way_to_its_content(
    administrator: Client, addresses: list[str]
) -> None:
    for address in addresses:
        html = administrator.get(address).content.decode()
        assert html.count("<h1") == 1, address
        assert re.search(r"<title>[^<|]+\S[^<]*</title>", html), address
        assert 'class="skip" href="#content-start"' in html, address


@pytest.mark.parametrize("route", [route for route, _view, _name in PAGES if "<" not in route])
def test_nobody_gets_in_without_signing_in(client: Client, route: str, db: None) -> None:
    answer = client.post(f"/{route}") if "foresee" in route else client.get(f"/{route}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_who_has_no_account_at_the_desk_gets_no_further_than_the_door(client: Client, db: None) -> None:
    client.force_login(make_user(is_staff=False))

    answer = client.get("/", follow=True)

    assert "who may not see this page" in words(answer)


def test_an_officer_signs_in_and_out(client: Client, officer: User) -> None:
    door = {"username": officer.username, "password": "correct horse battery", "next": "/"}

    assert "My desk" in words(client.post("/login/", door, follow=True))

    client.post("/logout/")

    assert client.get("/").status_code == 302


def test_a_wrong_password_is_said_on_top(client: Client, officer: User) -> None:
    answer = client.post("/login/", {"username": officer.username, "password": "wrong"})

    assert "Please enter the correct" in words(answer)


def test_the_menu_shows_where_one_is(desk: Client) -> None:
    assert '<a href="/meetings/" aria-current="page">' in desk.get("/meetings/").content.decode()
    assert '<a href="/" aria-current="page">' in desk.get("/desk/soon/").content.decode()


def test_settings_open_where_one_is_within_them(desk: Client) -> None:
    assert '<details class="side-settings" open>' in desk.get("/commitments/forum/").content.decode()
    assert '<details class="side-settings">' in desk.get("/commitments/").content.decode()


def test_every_kind_of_entry_can_be_reached_from_settings(administrator: Client) -> None:
    html = administrator.get("/settings/").content.decode()

    for model in set(admin.site._registry) - {OutgoingMail}:  # that is a switch on the page of outgoing mail
        assert f'"/{model._meta.app_label}/{model._meta.model_name}/"' in html


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "Mon 23 Nov 2026"), ("ko", "2026년 11월 23일(월)"), ("ja", "2026年11月23日(月)")],
)
def test_the_language_is_switched_and_dates_with_it(officer: User, language: str, day: str) -> None:
    with time_machine.travel("2026-11-23T01:00:00Z", tick=False):
        desk = signed_in(officer)
        answer = desk.post("/i18n/setlang/", {"language": language, "next": "/"}, follow=True)

    assert day in words(answer)
    assert f'<html lang="{language}">' in answer.content.decode()


def test_the_language_switch_leads_to_no_other_site(desk: Client) -> None:
    answer = desk.post("/i18n/setlang/", {"language": "ko", "next": "https://elsewhere.example/"})

    assert answer["Location"] == "/"


def test_today_is_the_day_of_the_officer(forum: Forum) -> None:
    in_seoul = make_officer(forum, zone="Asia/Seoul")
    in_new_york = make_officer(forum, zone="America/New_York")

    with time_machine.travel("2026-11-22T23:00:00Z", tick=False):
        assert "Mon 23 Nov 2026" in words(signed_in(in_seoul).get("/"))
        assert "Sun 22 Nov 2026" in words(signed_in(in_new_york).get("/"))


def test_without_a_zone_of_ones_own_it_is_that_of_the_post(forum: Forum) -> None:
    person = make_officer(forum)
    make_held_post(person)

    with time_machine.travel("2026-11-22T23:00:00Z", tick=False):
        assert "Mon 23 Nov 2026" in words(signed_in(person).get("/"))


def test_one_officers_day_is_not_left_to_the_next_request(desk: Client, client: Client) -> None:
    desk.get("/")
    client.get("/login/")

    assert timezone.get_current_timezone() == ZoneInfo(settings.TIME_ZONE)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_an_error_page_looks_like_the_others_and_reveals_nothing(status: int) -> None:
    from django.template.loader import render_to_string

    page = render_to_string(f"{status}.html", {"exception": "secret"})

    assert "secret" not in page
    assert "Commitment tracker" in page
    assert not INLINE.search(page)


def test_an_unknown_address_is_not_found_in_the_readers_language(client: Client, db: None) -> None:
    answer = client.get("/no-such-page", headers={"accept-language": "ko"})

    assert answer.status_code == 404
    assert '<html lang="ko">' in answer.content.decode()


def test_a_form_without_its_token_is_refused_on_our_own_page(officer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)

    answer = client.post("/mail/sample/")

    assert answer.status_code == 403
    assert "This form is no longer valid" in words(answer)


def test_a_fault_of_ours_says_so_without_asking_the_database(client: Client, officer: User) -> None:
    client.force_login(officer)
    client.raise_request_exception = False

    with override_settings(ROOT_URLCONF="tests.tracker.broken_urls"):
        answer = client.get("/broken/")

    assert answer.status_code == 500
    assert "Something went wrong here" in words(answer)


def test_every_style_and_script_that_pages_name_is_there() -> None:
    static = Path(settings.BASE_DIR) / "tracker" / "desk" / "static" / "desk"
    sheets = re.findall(r'@import url\("([a-z]+\.css)"\)', (static / "desk.css").read_text())

    assert sheets
    assert all((static / sheet).exists() for sheet in sheets)
