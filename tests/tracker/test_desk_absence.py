"""Leave in one press, who hears for a post now, and both names wherever a post is shown."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import Change, Forum, Membership, Post, PostHolding, User
from notifications.bundling import bundle_reminders
from notifications.models import Delivery
from notifications.planning import plan_reminders
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
LAST = date(2026, 12, 6)  # two weeks, the first day included


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def jun(db: None) -> User:
    return make_user(name_en="Lee Jun", email="jun@ministry.example")


@pytest.fixture
def minji(db: None) -> User:
    return make_user(name_en="Kim Minji", email="minji@ministry.example")


@pytest.fixture
def post(jun: User, minji: User) -> Post:
    alternate = make_held_post(minji, name_en="Deputy Director")
    return make_held_post(jun, name_en="Director, Critical Minerals", alternate=alternate)


def prefilled(desk: Client, post: Post) -> dict[str, Any]:
    """What the form posts if nobody touches it."""
    form = desk.get(f"/posts/{post.pk}/").context["form"]
    return {name: str(form[name].value()) for name in form.fields}


def go_on_leave(desk: Client, post: Post, **said: str) -> Any:
    return desk.post(f"/posts/{post.pk}/", prefilled(desk, post) | said, follow=True)


def test_one_press_is_two_weeks_in_which_the_alternates_holder_acts(
    desk: Client, post: Post, minji: User
) -> None:
    page = words(go_on_leave(desk, post))

    acting = PostHolding.objects.get(post=post, acting=True)
    assert (acting.user, acting.from_on, acting.until_on) == (minji, TODAY, LAST)
    assert "Kim Minji (acting for Lee Jun until Sun 6 Dec)" in page


def test_it_is_recorded_by_whom(desk: Client, post: Post, officer: User) -> None:
    go_on_leave(desk, post)

    change = Change.objects.of(PostHolding.objects.get(post=post, acting=True)).get()
    assert (change.by, change.via) == (officer, "desk")


def test_who_acts_gets_what_the_holder_would_have_got(desk: Client, post: Post, minji: User) -> None:
    make_follow_up(date(2026, 11, 24), lead=post)
    go_on_leave(desk, post)

    plan_reminders(now=at(TODAY))
    bundle_reminders(now=at(TODAY))

    assert Delivery.objects.get().recipient == minji


@pytest.mark.parametrize("line", ["minji@ministry.example", "Whoever <MINJI@ministry.example>"])
def test_who_acts_is_said_by_an_address(desk: Client, post: Post, minji: User, line: str) -> None:
    go_on_leave(desk, post, acting=line)

    assert PostHolding.objects.get(post=post, acting=True).user == minji


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"acting": "Kim Minji"}, "Nobody in the register has exactly this address."),
        ({"acting": ""}, "This field is required."),
        ({"acting": "jun@ministry.example"}, "Who holds the post cannot act for it as well."),
        ({"from_on": "2026-11-22"}, "Give today or a later day"),
        ({"until_on": "2026-11-22"}, "The leave ends before it starts."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    desk: Client, post: Post, said: dict[str, str], sentence: str
) -> None:
    answer = go_on_leave(desk, post, **said)

    assert answer.status_code == 400
    assert sentence in words(answer)
    assert not PostHolding.objects.filter(acting=True).exists()


def test_two_people_on_leave_from_one_post_are_refused_with_the_days(desk: Client, post: Post) -> None:
    go_on_leave(desk, post)

    answer = go_on_leave(desk, post, from_on="2026-12-01", until_on="2026-12-24")

    assert answer.status_code == 400
    assert "Kim Minji acts for this post from Mon 23 Nov 2026 until Sun 6 Dec 2026." in words(answer)


def test_withdrawn_the_same_day_it_never_was(desk: Client, post: Post) -> None:
    go_on_leave(desk, post)
    leave = PostHolding.objects.get(post=post, acting=True)

    page = words(desk.post(f"/leave/{leave.pk}/end/", follow=True))

    assert not PostHolding.objects.filter(acting=True).exists()
    assert "the holder hears again from today on" in page


def test_withdrawn_later_it_ends_the_day_before(desk: Client, post: Post, minji: User) -> None:
    leave = make_holding(post, minji, acting=True, from_on=TODAY - timedelta(days=3), until_on=LAST)

    desk.post(f"/leave/{leave.pk}/end/")

    leave.refresh_from_db()
    assert leave.until_on == TODAY - timedelta(days=1)


def test_a_holding_that_is_no_leave_is_not_ended_here(desk: Client, post: Post) -> None:
    assert desk.post(f"/leave/{post.holdings.get().pk}/end/").status_code == 404


def test_one_comes_back_to_the_page_one_came_from_and_to_no_other_site(desk: Client, post: Post) -> None:
    here = desk.post(f"/posts/{post.pk}/", prefilled(desk, post) | {"next": "/commitments/"})
    leave = PostHolding.objects.get(acting=True)
    there = desk.post(f"/leave/{leave.pk}/end/", {"next": "https://elsewhere.example/"})

    assert here["Location"] == "/commitments/"
    assert there["Location"] == f"/posts/{post.pk}/"


# -- who hears


def hears(desk: Client, post: Post) -> str:
    page = words(desk.get(f"/posts/{post.pk}/"))
    return page[page.index("Who hears now") : page.index("Leave", page.index("Who hears now"))]


def test_the_holder_hears(desk: Client, post: Post) -> None:
    assert "Lee Jun jun@ministry.example" in hears(desk, post)


def test_who_acts_hears_before_the_holder(desk: Client, post: Post, minji: User) -> None:
    make_holding(post, minji, acting=True, until_on=LAST)

    assert "Kim Minji (acting for Lee Jun until Sun 6 Dec)" in hears(desk, post)


def test_for_a_vacant_post_the_alternate_hears(desk: Client, post: Post) -> None:
    post.holdings.all().delete()

    assert "Kim Minji as Deputy Director, the alternate" in hears(desk, post)


def test_without_an_alternate_the_desk_of_each_forum_hears(desk: Client, forum: Forum) -> None:
    vacant = make_post()
    deaf = make_forum(code="TCIM")
    make_membership(forum.memberships.get().user, Membership.Role.DESK_OFFICER, forum=deaf)
    for body in (forum, deaf):
        make_assignment(make_commitment(forum=body), vacant)

    page = hears(desk, vacant)

    assert f"{forum.desk.holder_on(TODAY)} for SCCD, as {forum.desk}, its desk" in page
    assert "Nobody hears for TCIM" in page


def test_what_one_may_not_see_is_not_told_by_it(desk: Client) -> None:
    vacant = make_post()
    make_assignment(make_commitment(forum=make_forum(code="HIDDEN")), vacant)

    assert "HIDDEN" not in words(desk.get(f"/posts/{vacant.pk}/"))


def test_that_nobody_hears_is_said(desk: Client) -> None:
    assert "Nobody hears: neither this post nor an alternate" in hears(desk, make_post())


# -- where it is shown


def test_a_person_sees_the_leave_of_all_their_posts(desk: Client, post: Post, jun: User) -> None:
    make_held_post(jun, name_en="Chair of the Working Group")

    page = words(desk.get(f"/people/{jun.pk}/"))

    assert "Director, Critical Minerals" in page
    assert "Chair of the Working Group" in page
    assert page.count("On leave") == 2


def test_the_commitment_says_both_names_and_leads_to_the_leave(
    desk: Client, forum: Forum, post: Post, minji: User
) -> None:
    make_holding(post, minji, acting=True, until_on=LAST)
    commitment = make_commitment(forum=forum, lead=post)

    answer = desk.get(f"/commitments/{commitment.reference}/")

    assert "Kim Minji (acting for Lee Jun until Sun 6 Dec)" in words(answer)
    assert f"/posts/{post.pk}/?next=/commitments/{commitment.reference}/#leave" in answer.content.decode()


def test_the_list_and_the_page_of_posts_say_both_names_and_lead_there(
    desk: Client, post: Post, minji: User
) -> None:
    make_holding(post, minji, acting=True, until_on=LAST)

    assert "Kim Minji (acting for Lee Jun until Sun 6 Dec)" in words(desk.get("/commitments/post/"))
    assert f'href="/posts/{post.pk}/"' in desk.get(f"/commitments/post/{post.pk}/change/").content.decode()


def test_the_page_of_a_person_leads_to_their_posts(desk: Client, jun: User) -> None:
    assert f'href="/people/{jun.pk}/"' in desk.get(f"/commitments/user/{jun.pk}/change/").content.decode()


# -- rights and form


@pytest.mark.parametrize("role", [Membership.Role.AUDITOR, Membership.Role.READER])
def test_who_keeps_no_desk_looks_and_changes_nothing(
    forum: Forum, post: Post, minji: User, role: str
) -> None:
    client, leave = Client(), make_holding(post, minji, acting=True, until_on=LAST)
    person = make_user(is_staff=True)
    make_membership(person, role, **({"forum": forum} if role == Membership.Role.READER else {}))
    client.force_login(person)

    page = client.get(f"/posts/{post.pk}/")
    client.post(f"/posts/{post.pk}/", {"acting": "minji@ministry.example", "from_on": LAST, "until_on": LAST})

    assert "Kim Minji (acting for Lee Jun" in words(page)
    assert "On leave" not in words(page)
    assert client.post(f"/leave/{leave.pk}/end/").status_code == 404
    assert PostHolding.objects.get(acting=True).until_on == LAST


def test_a_look_changes_nothing(desk: Client, post: Post, minji: User) -> None:
    leave = make_holding(post, minji, acting=True, until_on=LAST)

    assert desk.get(f"/leave/{leave.pk}/end/").status_code == 405


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_pages_are_there_in_each_language(desk: Client, post: Post, jun: User, language: str) -> None:
    desk.post("/i18n/setlang/", {"language": language})

    for address in (f"/posts/{post.pk}/", f"/people/{jun.pk}/"):
        assert f'<html lang="{language}">' in desk.get(address).content.decode()


def test_the_page_asks_the_same_number_of_questions_however_much_there_is(
    desk: Client, forum: Forum, post: Post
) -> None:
    def fill() -> None:
        make_assignment(make_commitment(forum=forum), post)
        make_holding(post, from_on=LAST, until_on=LAST, acting=True)

    make_assignment(make_commitment(forum=forum), post)
    desk.get(f"/posts/{post.pk}/")
    with CaptureQueriesContext(connection) as few:
        desk.get(f"/posts/{post.pk}/")
    fill()
    with CaptureQueriesContext(connection) as many:
        desk.get(f"/posts/{post.pk}/")

    assert len(many) == len(few)
