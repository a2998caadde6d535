"""Posts and who holds them, people and what they may do, keys for other systems, calendars."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commitments.models import ApiToken, Calendar, Forum, Holiday, Membership, Post, PostHolding, User
from tests.commitments.admin_pages import (
    address,
    errors,
    make_administrator,
    page_of,
    row_of,
    save,
    signed_in,
)
from tests.factories import (
    LONG_AGO,
    make_calendar,
    make_forum,
    make_held_post,
    make_holding,
    make_officer,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db

OVERLAP = "Somebody else holds this post in that time."


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


@pytest.fixture
def administrator() -> Client:
    return signed_in(make_administrator())


# -- posts


def test_a_post_is_given_to_another_person(client: Client) -> None:
    post, heir = make_held_post(), make_user()
    said = {"_confirmed": "1", "user": heir.pk, "from_on": "2026-12-01", "why": "Rotation"}

    client.post(page_of(post, "deed", "give"), said)

    former, now = post.holdings.order_by("from_on")
    assert (former.until_on, now.user) == (date(2026, 11, 30), heir)
    assert now.changes.get().why == "Rotation"


def test_a_post_changes_hands_on_its_page_in_one_go(client: Client) -> None:
    post, heir = make_held_post(), make_user()
    typed = {"holdings-0-until_on": "2026-11-30"} | row_of("holdings", 1, user=heir.pk, from_on="2026-12-01")

    save(client, page_of(post), **typed)

    assert post.holder_on(date(2026, 12, 1)) == heir


def test_two_holders_at_one_time_are_refused_at_the_row(client: Client) -> None:
    post = make_held_post()

    response = save(client, page_of(post), **row_of("holdings", 1, user=make_user().pk, from_on="2026-12-01"))

    assert errors(response) == [OVERLAP]
    assert post.holdings.count() == 1


def test_two_new_holders_at_one_time_are_refused_by_the_database_in_words(client: Client) -> None:
    post = make_post()
    first = row_of("holdings", 0, user=make_user().pk, from_on="2026-12-01")
    second = row_of("holdings", 1, user=make_user().pk, from_on="2026-12-02")

    response = save(client, page_of(post), **{**first, **second})

    assert errors(response) == [OVERLAP]
    assert response.context["inline_admin_formsets"][0].formset.non_form_errors() == [OVERLAP]
    assert not post.holdings.exists()


def test_the_list_of_posts_tells_who_holds_them_today(client: Client) -> None:
    make_held_post(make_user(name_en="Demonstration officer 1"))
    empty = make_post()

    page = client.get(address(Post, "changelist")).content.decode()
    vacant = client.get(address(Post, "changelist"), {"held": "no"}).context["cl"].result_list

    assert "Demonstration officer 1" in page
    assert list(vacant) == [empty]


def test_leave_shows_whoever_acts(client: Client) -> None:
    post = make_held_post(make_user(name_en="On leave"))
    acting = make_user(name_en="Acting")
    make_holding(post, acting, acting=True, from_on=timezone.localdate() - timedelta(days=1))

    page = client.get(address(Post, "changelist")).content.decode()

    assert ">Acting (acting for On leave)<" in page


# -- people


def test_an_administrator_enters_a_person_without_an_account(administrator: Client) -> None:
    url = address(User, "add")

    save(
        administrator,
        url,
        username="kim",
        name_ko="김",
        email="kim@ministry.example",
        usable_password="false",
    )

    person = User.objects.get(username="kim")
    assert (person.is_staff, person.has_usable_password(), person.name) == (False, False, "김")


def test_an_administrator_enters_somebody_who_may_sign_in(administrator: Client) -> None:
    typed = {"password1": "correct horse battery", "password2": "correct horse battery"}

    save(administrator, address(User, "add"), username="lee", name_en="Lee", is_staff="on", **typed)

    assert Client().login(username="lee", password="correct horse battery")


def test_a_weak_password_is_refused_at_its_field(administrator: Client) -> None:
    typed = {"password1": "short", "password2": "short"}

    response = save(administrator, address(User, "add"), username="lee", name_en="Lee", **typed)

    assert "password2" in response.context["adminform"].form.errors
    assert not User.objects.filter(username="lee").exists()


def test_an_administrator_sets_a_password(administrator: Client) -> None:
    person = make_user(is_staff=True)
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    typed = {"password1": "correct horse battery", "password2": "correct horse battery"}

    assert "../password/" in administrator.get(page_of(person)).content.decode()
    administrator.post(url, {**typed, "usable_password": "true"})

    assert Client().login(username=person.username, password="correct horse battery")


def test_roles_stand_on_the_page_of_the_person(administrator: Client, forum: Forum) -> None:
    person = make_user()
    role = row_of("memberships", role="desk_officer", forum=forum.pk, from_on="2026-01-01")

    save(administrator, page_of(person), **role)

    assert person.memberships.get().forum == forum


def test_a_role_without_its_scope_is_refused_in_words(administrator: Client) -> None:
    role = row_of("memberships", role="desk_officer", from_on="2026-01-01")

    response = save(administrator, page_of(make_user()), **role)

    assert errors(response)[0].startswith("A desk officer belongs to a forum")
    assert not Membership.objects.exists()


def test_a_sign_in_name_is_given_once(administrator: Client) -> None:
    make_user(username="kim")

    response = save(administrator, address(User, "add"), username="kim", name_en="K", usable_password="false")

    assert response.context["adminform"].form.errors["username"] == [
        "Somebody has this sign-in name already."
    ]


# -- keys


def add_key(administrator: Client, owner: User, **typed: Any) -> Any:
    known = {"user": owner.pk, "name": "Reporting system", "days": 30}
    return save(administrator, address(ApiToken, "add"), **{**known, **typed})


def test_a_new_key_is_shown_this_once(administrator: Client) -> None:
    owner = make_user()

    shown = add_key(administrator, owner)

    key = shown.context["key"]
    assert key in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert key not in administrator.get(address(ApiToken, "changelist")).content.decode()
    assert Client().get("/api/v1/", headers={"Authorization": f"Token {key}"}).status_code != 401


def test_a_key_ends_after_the_days_it_was_given_for(administrator: Client) -> None:
    add_key(administrator, make_user(), days=30)

    ends = ApiToken.objects.get().expiry

    assert ends is not None
    assert timedelta(days=29) < ends - timezone.now() <= timedelta(days=30)


@pytest.mark.parametrize("days", ["0", "-5", "99999", "1e400", ""])
def test_a_key_has_an_end(days: str, administrator: Client) -> None:
    response = add_key(administrator, make_user(), days=days)

    assert "days" in response.context["adminform"].form.errors
    assert not ApiToken.objects.exists()


def test_a_key_is_revoked_by_its_owner_and_by_no_other(client: Client, forum: Forum) -> None:
    officer = forum.memberships.get().user
    mine, _key = ApiToken.objects.create(officer)
    theirs, _key = ApiToken.objects.create(make_user())
    url = address(ApiToken, "changelist")

    assert list(client.get(url).context["cl"].result_list) == [mine]
    client.post(url, {"action": "revoke", "_selected_action": [mine.pk, theirs.pk], "_confirmed": "1"})

    assert list(ApiToken.objects.all()) == [theirs]


# -- calendars


def test_an_exceptional_day_is_entered_in_its_calendar(client: Client) -> None:
    calendar = make_calendar()

    save(client, page_of(calendar), **row_of("exceptions", day="2026-08-17", name="Ad-hoc holiday"))

    assert not calendar.working_days().is_working(date(2026, 8, 17))


def test_a_day_is_exceptional_once(client: Client) -> None:
    calendar = make_calendar()
    Holiday.objects.create(calendar=calendar, day=date(2026, 8, 17), name="Ad-hoc holiday")

    response = save(client, page_of(calendar), **row_of("exceptions", 1, day="2026-08-17", name="Again"))

    assert errors(response) != []
    assert calendar.exceptions.count() == 1


def test_a_code_is_given_once(client: Client) -> None:
    make_calendar("KR")

    response = save(client, address(Calendar, "add"), code="KR", name_en="Korea", zone="Asia/Seoul")

    assert "code" in response.context["adminform"].form.errors
    assert PostHolding.objects.filter(from_on=LONG_AGO).count() == 0
