"""Bodies on the desk: a new name, a split, a transfer, each with its preview; and who is missing."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import reorganising
from commitments.models import Change, Forum, Membership, Organisation, Post, Reorganisation, User
from tests.factories import (
    at,
    make_commitment,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_organisation,
    make_party,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
LATER = date(2027, 1, 1)
RENAMED = {"name_en": "Resources Division", "name_ko": "자원과", "name_ja": ""}


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def division(db: None) -> Organisation:
    return make_organisation(name_en="Minerals Division", name_ko="광물과")


@pytest.fixture
def director(division: Organisation) -> Post:
    return make_held_post(
        make_user(name_en="Lee Jun"), organisation=division, name_en="Director, Minerals Division"
    )


def press(desk: Client, body: Organisation, kind: str, **said: Any) -> Any:
    known = {"effective_on": TODAY.isoformat(), "reason": "", "do": "preview"}
    return desk.post(f"/organisations/{body.pk}/{kind}/", known | said, follow=True)


def decide(desk: Client, body: Organisation, kind: str, **said: Any) -> Any:
    shown = press(desk, body, kind, **said).context["preview"]["shown"]
    return press(desk, body, kind, **said, do="save", shown=shown)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


# Previews


def test_a_look_at_a_new_name_says_what_carries_it_and_changes_nothing(
    desk: Client, division: Organisation, director: Post
) -> None:
    page = words(press(desk, division, "rename", **RENAMED))

    assert "Minerals Division Resources Division" in page
    assert "Director, Minerals Division → Director, Resources Division" in page
    assert fresh(division).name_en == "Minerals Division"
    assert not Reorganisation.objects.exists()


def test_the_second_press_renames_and_the_old_name_stays_to_be_read(
    desk: Client, division: Organisation, director: Post
) -> None:
    page = words(decide(desk, division, "rename", **RENAMED))

    assert fresh(division).name_en == "Resources Division"
    assert "until Sun 22 Nov 2026 Minerals Division" in page


def test_what_is_for_later_stands_on_the_page_and_is_withdrawn_there(
    desk: Client, division: Organisation
) -> None:
    page = words(decide(desk, division, "rename", **RENAMED, effective_on=LATER.isoformat(), reason="Decree"))
    assert "To come" in page
    assert "New name Resources Division Decree Withdraw" in page
    assert fresh(division).name_en == "Minerals Division"

    desk.post(f"/reorganisations/{Reorganisation.objects.get().pk}/withdraw/")

    reorganising.carry_out_due(now=at(LATER))
    assert fresh(division).name_en == "Minerals Division"


def test_a_split_shows_who_goes_with_how_many_items(
    desk: Client, forum: Forum, division: Organisation, director: Post
) -> None:
    make_commitment(forum=forum, lead=director)
    make_commitment(lead=director)  # of a desk that the officer does not see
    said = {"name_en": "Lithium Division", "posts": [director.pk]}

    page = words(press(desk, division, "split", **said))
    decide(desk, division, "split", **said)

    assert "Director, Minerals Division Lee Jun 1 open item" in page
    assert fresh(director).organisation.name == "Lithium Division"


def test_a_transfer_takes_everything_or_the_posts_that_are_chosen(
    desk: Client, division: Organisation, director: Post
) -> None:
    stays, other = make_post(organisation=division), make_organisation()

    decide(desk, division, "transfer", target=other.pk, posts=[director.pk])
    assert [fresh(director).organisation, fresh(stays).organisation] == [other, division]

    decide(desk, division, "transfer", target=other.pk, whole="on")
    assert fresh(stays).organisation == other


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        ("rename", {"name_en": "Minerals Division", "name_ko": "광물과"}, "That is its name already."),
        ("rename", {}, "Give it a name in at least one language."),
        ("split", {"name_en": "New"}, "This field is required."),
        ("transfer", {"whole": "on"}, "This field is required."),
        ("transfer", {"to": "other"}, "Choose the posts that go, or all of it."),
        ("transfer", {"to": "abroad", "whole": "on"}, "Select a valid choice."),
        ("rename", {"name_en": "X", "effective_on": "soon"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    desk: Client, division: Organisation, director: Post, kind: str, said: dict[str, Any], sentence: str
) -> None:
    bodies = {"other": make_organisation(), "abroad": make_organisation(party=make_party("JPN"))}
    known = {"target": bodies[said["to"]].pk} if "to" in said else {}

    answer = press(desk, division, kind, **known, **{name: said[name] for name in said if name != "to"})

    assert answer.status_code == 400
    assert sentence in words(answer)
    assert not Reorganisation.objects.exists()


def test_a_second_new_name_for_one_day_is_refused(desk: Client, division: Organisation) -> None:
    decide(desk, division, "rename", **RENAMED, effective_on=LATER.isoformat())

    answer = press(desk, division, "rename", name_en="Other", effective_on=LATER.isoformat())

    assert "A new name is entered for that day already. Withdraw it first." in words(answer)


def test_what_has_changed_since_it_was_shown_is_shown_again(
    desk: Client, division: Organisation, director: Post
) -> None:
    shown = press(desk, division, "rename", **RENAMED).context["preview"]["shown"]
    make_post(organisation=division, name_en="Deputy, Minerals Division")

    page = words(press(desk, division, "rename", **RENAMED, do="save", shown=shown))

    assert "Something has changed since it was shown" in page
    assert "Deputy, Resources Division" in page
    assert fresh(division).name_en == "Minerals Division"


def test_it_is_recorded_by_whom_and_why(desk: Client, division: Organisation, officer: User) -> None:
    decide(desk, division, "rename", **RENAMED, reason="Decree 12")

    change = Change.objects.of(division).last()
    assert (change.by, change.via, change.why) == (officer, "desk", "Decree 12")


# What was valid on a day


def test_a_commitment_says_how_the_body_was_called_when_it_was_declared(
    desk: Client, forum: Forum, division: Organisation, director: Post
) -> None:
    commitment = make_commitment(forum=forum, lead=director, declared_on=date(2024, 6, 27))
    later = make_commitment(forum=forum, lead=director, declared_on=TODAY)
    decide(desk, division, "rename", **RENAMED)

    assert "Resources Division (then Minerals Division)" in words(
        desk.get(f"/commitments/{commitment.reference}/")
    )
    assert "(then" not in words(desk.get(f"/commitments/{later.reference}/"))


def test_and_to_which_body_its_post_belonged_then(
    desk: Client, forum: Forum, division: Organisation, director: Post
) -> None:
    commitment = make_commitment(forum=forum, lead=director, declared_on=date(2024, 6, 27))
    other = make_organisation(name_en="Export Division")
    decide(desk, division, "transfer", target=other.pk, whole="on")

    page = words(desk.get(f"/commitments/{commitment.reference}/"))

    assert "Export Division (then Minerals Division)" in page


# Who may


@pytest.mark.parametrize("kind", ["rename", "split", "transfer"])
def test_a_body_of_another_party_is_left_alone(desk: Client, kind: str) -> None:
    foreign = make_organisation(party=make_party("JPN"))
    make_commitment(lead=make_held_post(organisation=foreign))

    assert desk.get(f"/organisations/{foreign.pk}/{kind}/").status_code == 404
    assert press(desk, foreign, kind, **RENAMED).status_code == 404
    assert "Transfer" not in words(desk.get(f"/organisations/{foreign.pk}/"))


def test_who_keeps_no_desk_sees_neither_what_is_planned_nor_the_buttons(
    forum: Forum, division: Organisation
) -> None:
    reorganising.plan(
        Reorganisation(organisation=division, kind="rename", effective_on=LATER, name_en="Canary"),
        now=at(TODAY),
    )
    client, reader = Client(), make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=forum)
    client.force_login(reader)

    for address in (f"/organisations/{division.pk}/", "/orphans/"):
        assert "Canary" not in words(client.get(address))
    assert client.get(f"/organisations/{division.pk}/rename/").status_code == 404
    planned = Reorganisation.objects.get()
    assert client.post(f"/reorganisations/{planned.pk}/withdraw/").status_code == 404
    assert Reorganisation.objects.exists()


def test_a_look_withdraws_nothing(desk: Client, division: Organisation) -> None:
    decide(desk, division, "rename", **RENAMED, effective_on=LATER.isoformat())

    assert desk.get(f"/reorganisations/{Reorganisation.objects.get().pk}/withdraw/").status_code == 405


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_pages_are_there_in_each_language(desk: Client, division: Organisation, language: str) -> None:
    desk.post("/i18n/setlang/", {"language": language})

    pages = ["", "rename/", "split/", "transfer/"]
    for address in [*(f"/organisations/{division.pk}/{page}" for page in pages), "/orphans/"]:
        assert f'<html lang="{language}">' in desk.get(address).content.decode()


# Who is missing


def part(desk: Client, title: str) -> str:
    """From one heading of the page to the next."""
    page = words(desk.get("/orphans/"))
    titles = [
        "Open items whose lead nobody holds",
        "Desks without a keeper",
        "Who leaves within 30 days, and nobody follows",
        "Organisations with open items and nobody at their head",
        "Changes of organisations that are to come",
    ]
    begins = page.index(title)
    ends = [page.index(each) for each in titles if page.index(each) > begins]
    return page[begins : min(ends, default=len(page))]


def test_an_open_item_is_listed_whose_lead_nobody_holds(desk: Client, forum: Forum, director: Post) -> None:
    held, orphan = make_commitment(forum=forum, lead=director), make_commitment(forum=forum, lead=make_post())
    closed = make_commitment(forum=forum, lead=make_post())
    closed.close("dropped", now=at(TODAY), reason="x")

    found = part(desk, "Open items")

    assert orphan.reference in found
    assert held.reference not in found
    assert closed.reference not in found


def test_an_item_of_who_left_the_service_is_one(desk: Client, forum: Forum, director: Post) -> None:
    commitment = make_commitment(forum=forum, lead=director)
    User.objects.filter(holdings__post=director).update(is_active=False)

    assert commitment.reference in part(desk, "Open items")


def test_an_item_that_one_may_not_see_is_not_listed(desk: Client) -> None:
    hidden = make_commitment(lead=make_post(), title_en="Canary")

    page = words(desk.get("/orphans/"))
    assert hidden.reference not in page
    assert "Canary" not in page


def test_a_desk_is_listed_that_nobody_keeps(desk: Client, forum: Forum) -> None:
    make_forum(code="VACANT", desk=make_post())
    make_forum(code="NODESK")
    make_forum(code="BELOW", parent=forum)

    found = part(desk, "Desks without")

    assert "VACANT" in found
    assert "NODESK" in found
    assert "BELOW" not in found
    assert "SCCD" not in found


@pytest.mark.parametrize(
    ("days", "followed", "listed"),
    [(0, False, True), (30, False, True), (31, False, False), (9, True, False)],
)
def test_who_leaves_soon_is_listed_unless_somebody_follows(
    desk: Client, days: int, followed: bool, listed: bool
) -> None:
    post, last = make_post(), TODAY + timedelta(days=days)
    make_holding(post, make_user(name_en="Leaver"), until_on=last)
    if followed:
        make_holding(post, from_on=last + timedelta(days=1))

    assert ("Leaver" in part(desk, "Who leaves")) == listed


def test_a_body_is_listed_that_nobody_heads(desk: Client, forum: Forum, division: Organisation) -> None:
    head = make_post(organisation=division)
    desk_officer = make_held_post(organisation=division, superior=head)
    make_commitment(forum=forum, lead=desk_officer)
    assert "Minerals Division" in part(desk, "Organisations with")

    make_holding(head)

    assert "Minerals Division" not in part(desk, "Organisations with")


def test_what_is_to_come_is_listed_and_said_if_its_day_has_passed(
    desk: Client, division: Organisation
) -> None:
    planned = Reorganisation.objects.create(
        organisation=division, kind="rename", effective_on=LATER, name_en="Resources Division"
    )
    assert "Minerals Division New name Resources Division" in part(desk, "Changes of")
    assert "something keeps them" not in part(desk, "Changes of")

    Reorganisation.objects.filter(pk=planned.pk).update(effective_on=date(2026, 11, 1))

    assert "something keeps them" in part(desk, "Changes of")


def test_the_list_is_found_from_my_desk_and_from_settings(desk: Client, forum: Forum) -> None:
    make_commitment(forum=forum)

    assert 'href="/orphans/"' in desk.get("/").content.decode()
    assert 'href="/orphans/"' in desk.get("/settings/").content.decode()


def test_the_list_asks_the_same_number_of_questions_however_much_there_is(desk: Client, forum: Forum) -> None:
    def fill() -> None:
        make_commitment(forum=forum, lead=make_post())
        make_forum(desk=make_post())
        make_holding(make_post(), until_on=TODAY)
        Reorganisation.objects.create(
            organisation=make_organisation(), kind="rename", effective_on=LATER, name_en="X"
        )

    fill()
    desk.get("/orphans/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/orphans/")
    fill()
    with CaptureQueriesContext(connection) as many:
        desk.get("/orphans/")

    assert len(many) == len(few)
    assert len(few) <= 18
