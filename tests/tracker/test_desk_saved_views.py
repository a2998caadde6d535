"""Saved views and columns of choice: a person's own, shared with their desk, and nobody else's."""

import pytest
from django.test import Client
from django.utils import timezone

from commitments.models import Commitment, Forum, Post, User
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_officer,
    make_user,
)
from tests.tracker.reading import words
from tracker.desk.models import ListChoice, SavedView


@pytest.fixture
def risky(forum: Forum) -> Commitment:
    make_commitment(forum=forum, outlook="on_track")
    return make_commitment(forum=forum, outlook="at_risk", lead=make_held_post())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keep(desk: Client, query: str = "ask=at_risk&order=-reference", **said: object) -> SavedView:
    desk.post("/commitments/views/", {"name": "At risk", "query": query, **said})
    return SavedView.objects.get()


def shown(desk: Client, query: str) -> list[str]:
    return [row.reference for row in desk.get(f"/commitments/{query}").context["page"]]


def headings(desk: Client, address: str = "/commitments/") -> list[str]:
    return [str(heading.column.title) for heading in desk.get(address).context["listing"].headings]


def test_a_view_keeps_filters_order_and_columns(desk: Client, risky: Commitment) -> None:
    view = keep(desk, column=["reference", "outlook"])

    answer = desk.get(f"/commitments/?view={view.pk}")

    assert [row.reference for row in answer.context["page"]] == [risky.reference]
    assert [heading.column.slug for heading in answer.context["listing"].headings] == ["reference", "outlook"]
    assert "At risk or off track ×" in words(answer)
    assert view.query == "ask=at_risk&order=-reference"


def test_a_view_is_a_tab_over_the_list(desk: Client, risky: Commitment) -> None:
    view = keep(desk)

    assert f'<a href="?view={view.pk}">At risk</a>' in desk.get("/commitments/").content.decode()


def test_the_page_of_a_view_goes_on_with_it(desk: Client, risky: Commitment) -> None:
    view = keep(desk)

    assert shown(desk, f"?view={view.pk}&page=1") == [risky.reference]


def test_taking_a_filter_away_leaves_the_view_as_it_is(desk: Client, risky: Commitment) -> None:
    view = keep(desk)
    chip = desk.get(f"/commitments/?view={view.pk}").context["form"].chips[0]

    assert len(shown(desk, chip.without)) == 2
    assert SavedView.objects.get().query == view.query


def test_a_view_that_is_changed_is_kept_when_it_is_said(desk: Client, risky: Commitment) -> None:
    view = keep(desk)

    desk.post(f"/commitments/views/{view.pk}/", {"do": "update", "query": f"of={view.pk}&outlook=on_track"})

    assert SavedView.objects.get().query == "outlook=on_track"


def test_only_what_a_list_may_be_asked_is_kept(desk: Client, risky: Commitment) -> None:
    assert keep(desk, "ask=at_risk&evil=1&page=7&view=3&q=").query == "ask=at_risk"


def test_a_view_without_a_name_is_refused(desk: Client, risky: Commitment) -> None:
    desk.post("/commitments/views/", {"name": " ", "query": "ask=at_risk"})

    assert not SavedView.objects.exists()


def test_a_second_view_of_the_same_name_is_refused(desk: Client, risky: Commitment) -> None:
    keep(desk)

    answer = desk.post("/commitments/views/", {"name": "At risk", "query": ""}, follow=True)

    assert "You have a view of this name already. Choose another name." in words(answer)


def test_the_list_opens_with_the_view_that_one_chose(desk: Client, risky: Commitment) -> None:
    view = keep(desk)

    desk.post(f"/commitments/views/{view.pk}/", {"do": "first"})

    assert shown(desk, "") == [risky.reference]
    assert len(shown(desk, "?view=all")) == 2
    assert len(shown(desk, "?state=")) == 2


def test_the_list_opens_without_it_again(desk: Client, risky: Commitment) -> None:
    view = keep(desk)
    desk.post(f"/commitments/views/{view.pk}/", {"do": "first"})

    desk.post(f"/commitments/views/{view.pk}/", {"do": "not_first"})

    assert len(shown(desk, "")) == 2


def test_a_view_that_is_removed_opens_nothing_any_more(desk: Client, risky: Commitment) -> None:
    view = keep(desk)
    desk.post(f"/commitments/views/{view.pk}/", {"do": "first"})

    desk.post(f"/commitments/views/{view.pk}/", {"do": "delete"})

    assert len(shown(desk, "")) == 2
    assert not SavedView.objects.exists()


@pytest.fixture
def colleague(forum: Forum) -> User:
    """Of the ministry that keeps the desk of the forum, by a post held there."""
    assert forum.desk is not None
    user = make_user(is_staff=True)
    make_holding(make_held_post(organisation=forum.desk.organisation), user, acting=True)
    return user


def test_a_shared_view_is_seen_by_those_who_work_at_the_same_desk(
    desk: Client, risky: Commitment, colleague: User
) -> None:
    keep(desk, shared="yes")

    assert "At risk" in words(signed_in(colleague).get("/commitments/"))


def test_a_view_that_is_not_shared_is_seen_by_its_owner_alone(
    desk: Client, risky: Commitment, colleague: User
) -> None:
    view = keep(desk)
    client = signed_in(colleague)

    assert client.get("/commitments/").context["chosen"].views == []
    assert client.post(f"/commitments/views/{view.pk}/", {"do": "first"}).status_code == 404


def test_another_ministry_sees_no_view_of_ours(desk: Client, risky: Commitment) -> None:
    view = keep(desk, shared="yes")
    stranger = signed_in(make_officer(make_forum(desk=make_held_post())))

    assert stranger.get(f"/commitments/?view={view.pk}").context["chosen"].views == []
    for do in ("update", "delete", "first"):
        assert stranger.post(f"/commitments/views/{view.pk}/", {"do": do}).status_code == 404


def test_what_is_shared_is_its_owners_to_change(desk: Client, risky: Commitment, colleague: User) -> None:
    view = keep(desk, shared="yes")
    client = signed_in(colleague)

    assert client.post(f"/commitments/views/{view.pk}/", {"do": "delete"}).status_code == 404
    assert client.post(f"/commitments/views/{view.pk}/", {"do": "first"}).status_code == 302
    assert "Remove the view" not in words(client.get(f"/commitments/?view={view.pk}"))


def test_a_shared_view_shows_each_reader_what_that_reader_may_see(
    desk: Client, risky: Commitment, colleague: User
) -> None:
    view = keep(desk, shared="yes")

    assert shown(signed_in(colleague), f"?view={view.pk}") == []


def test_a_coordinator_shares_the_views_of_the_ministry(
    desk: Client, forum: Forum, risky: Commitment
) -> None:
    keep(desk, shared="yes")
    coordinator = make_user(is_staff=True)
    make_membership(coordinator, "coordinator", organisation=forum.desk.organisation)

    assert "At risk" in words(signed_in(coordinator).get("/commitments/"))


def test_columns_are_remembered_for_the_person(desk: Client, risky: Commitment, colleague: User) -> None:
    chosen = {"listing": "commitments", "column": ["forum", "title", "parties"]}

    desk.post("/commitments/columns/", chosen)

    assert headings(desk) == ["Reference", "Commitment", "Forum", "Parties"]
    assert headings(signed_in(colleague)) == ["Reference", "Commitment", "Outlook", "Next date", "Lead"]


def test_columns_of_the_dates_are_chosen_apart(desk: Client, risky: Commitment) -> None:
    make_follow_up(timezone.localdate(), commitment=risky)
    chosen = {"listing": "dates", "list": "soon", "column": ["due"], "query": "order=-due"}

    answer = desk.post("/commitments/columns/", chosen)

    assert answer["Location"] == "/desk/soon/?order=-due"
    assert headings(desk, "/desk/soon/") == ["Reference", "Date"]
    assert len(headings(desk)) == 5


def test_columns_chosen_on_a_view_show_at_once(desk: Client, risky: Commitment) -> None:
    view = keep(desk, column=["reference", "outlook"])
    chosen = {"listing": "commitments", "column": ["lead"], "query": f"ask=at_risk&of={view.pk}"}

    answer = desk.post("/commitments/columns/", chosen)

    assert headings(desk, answer["Location"]) == ["Reference", "Lead"]


@pytest.mark.parametrize(
    "said",
    [
        {"listing": "nonsense"},
        {"listing": "dates", "list": "nonsense"},
        {"listing": "dates", "list": "waiting"},
    ],
)
def test_columns_of_a_list_that_does_not_exist_are_not_found(desk: Client, forum: Forum, said: dict) -> None:
    assert desk.post("/commitments/columns/", said).status_code == 404


@pytest.mark.parametrize("address", ["/commitments/views/", "/commitments/columns/", "/commitments/views/1/"])
def test_looking_changes_no_setting(desk: Client, forum: Forum, address: str) -> None:
    assert desk.get(address).status_code == 405
    assert not ListChoice.objects.exists()


def test_a_view_goes_with_the_person_whose_it_is(desk: Client, risky: Commitment, officer: User) -> None:
    keep(desk)
    officer.memberships.all().delete()

    officer.delete()

    assert not SavedView.objects.exists()


def test_the_whole_choice_stands_in_the_list(desk: Client, forum: Forum) -> None:
    post: Post = make_held_post()
    made = make_commitment(forum=forum, lead=post, letter_number="과-1234", outlook_note="All is well.")

    page = words(desk.get("/commitments/?column=note&column=letter&column=state&column=implementation"))

    assert f"{made.reference} active All is well. not assessed 과-1234" in page
