"""Whose posts and bodies an officer may change: those of the own side, and mere addresses of the others."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from commitments.models import (
    Assignment,
    Membership,
    Organisation,
    OrganisationName,
    Post,
    PostHolding,
    Reorganisation,
    User,
)
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_forum,
    make_held_post,
    make_holding,
    make_membership,
    make_officer,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


def at_work(party: str = "KOR", organisation: Organisation | None = None) -> Post:
    """A held post that leads something."""
    post = make_held_post(organisation=organisation or make_organisation(party=make_party(party)))
    make_commitment(lead=post)
    return post


def may_change(user: User, post: Post) -> bool:
    return Post.objects.editable_by(user).filter(pk=post.pk).exists()


@pytest.fixture
def officer() -> User:
    return make_officer(make_forum(desk=make_held_post()))


def test_an_officer_changes_the_posts_of_the_own_party_and_of_no_other(officer: User) -> None:
    assert may_change(officer, at_work("KOR"))
    assert not may_change(officer, at_work("JPN"))


def test_what_hangs_on_a_post_or_body_follows_it(officer: User) -> None:
    own, foreign = at_work("KOR"), at_work("JPN")
    for post in (own, foreign):
        body = post.organisation
        OrganisationName.objects.create(organisation=body, name_en="Old", until_on=date(2020, 1, 1))
        Reorganisation.objects.create(organisation=body, kind="rename", effective_on=TODAY, name_en="New")

    for model, link in (
        (PostHolding, "post"),
        (OrganisationName, "organisation"),
        (Reorganisation, "organisation"),
    ):
        rows = model.objects.editable_by(officer)
        assert rows.filter(**{f"{link}__in": [own.organisation if link != "post" else own]}).exists()
        assert not rows.filter(
            **{f"{link}__in": [foreign.organisation if link != "post" else foreign]}
        ).exists()


def test_the_desk_of_a_working_group_is_that_of_the_body_above() -> None:
    forum = make_forum(desk=make_held_post())
    officer = make_officer(make_forum(parent=forum))

    assert may_change(officer, at_work("KOR"))
    assert not may_change(officer, at_work("JPN"))


def test_where_no_desk_is_named_the_officers_own_post_tells_the_side() -> None:
    officer = make_officer(make_forum())
    post = at_work("KOR")
    assert not may_change(officer, post)

    make_held_post(officer)

    assert may_change(officer, post)


def test_a_coordinator_changes_the_posts_of_the_own_ministry_only() -> None:
    ministry, user = make_organisation(), make_user(is_staff=True)
    make_membership(user, Membership.Role.COORDINATOR, organisation=ministry)

    assert may_change(user, at_work(organisation=make_organisation(parent=ministry)))
    assert not may_change(user, at_work())


def test_the_administrator_changes_all() -> None:
    assert may_change(make_user(is_superuser=True, is_staff=True), at_work("JPN"))


@pytest.mark.parametrize("role", [Membership.Role.READER, Membership.Role.AUDITOR])
def test_who_keeps_nothing_changes_nothing(role: str) -> None:
    user = make_user(is_staff=True)
    make_membership(user, role, **({"forum": make_forum()} if role == Membership.Role.READER else {}))

    assert not Post.objects.editable_by(user).exists()


def test_a_contact_of_another_party_is_kept_by_whoever_works_with_it(officer: User) -> None:
    contact = make_held_post(organisation=make_organisation(party=make_party("JPN")))
    make_assignment(make_commitment(), contact, role=Assignment.Role.COUNTERPART)

    assert may_change(officer, contact)
    assert Organisation.objects.editable_by(officer).filter(pk=contact.organisation_id).exists()


@pytest.mark.parametrize("duty", ["part", "desk", "superior", "alternate"])
def test_as_soon_as_anything_may_be_sent_to_it_it_is_no_mere_contact(officer: User, duty: str) -> None:
    contact = make_held_post(organisation=make_organisation(party=make_party("JPN")))
    match duty:
        case "part":
            make_assignment(make_commitment(), contact, role=Assignment.Role.SUPPORTING)
        case "desk":
            make_forum(desk=contact)
        case _:
            make_post(organisation=contact.organisation, **{duty: contact})

    assert not may_change(officer, contact)


def test_a_ministry_of_another_party_is_not_renamed_because_it_has_no_posts_itself(officer: User) -> None:
    ministry = make_organisation(party=make_party("JPN"))
    make_organisation(party=ministry.party, parent=ministry)

    assert not Organisation.objects.editable_by(officer).filter(pk=ministry.pk).exists()


def test_what_is_decided_for_later_is_known_to_officers_only(officer: User) -> None:
    Reorganisation.objects.create(
        organisation=make_organisation(), kind="rename", effective_on=date(2027, 1, 1), name_en="Secret"
    )
    reader = make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=make_forum())

    assert Reorganisation.objects.visible_to(officer).exists()
    assert not Reorganisation.objects.visible_to(reader).exists()


def test_the_pages_of_entries_keep_to_it(officer: User) -> None:
    client, foreign = Client(), at_work("JPN")
    client.force_login(officer)

    given = client.post(
        f"/commitments/post/{foreign.pk}/do/give/",
        {"_confirmed": "1", "user": make_user().pk, "from_on": "2026-11-23"},
    )

    assert given.status_code == 403
    assert foreign.holdings.count() == 1


def test_who_holds_a_post_is_given_by_other_systems_to_the_own_side_only(officer: User) -> None:
    from tests.factories import make_client

    foreign = at_work("JPN")
    answer = make_client(officer).patch(f"/api/v1/posts/{foreign.pk}/", {"name_en": "Mine"})

    assert answer.status_code in {403, 404}
    assert Post.objects.get(pk=foreign.pk).name_en == foreign.name_en


# Changing hands


def test_a_post_changes_hands_on_its_day_and_leave_ends_with_who_leaves() -> None:
    post, minji = make_held_post(make_user(name_en="Lee Jun")), make_user()
    make_holding(post, acting=True, from_on=date(2026, 11, 20), until_on=date(2026, 12, 12))

    post.hand_over(minji, from_on=date(2026, 12, 1), today=TODAY)

    assert post.holder_on(date(2026, 12, 1)) == minji
    assert post.holdings.get(acting=True).until_on == date(2026, 11, 30)


def test_leave_that_was_to_come_is_withdrawn() -> None:
    post = make_held_post()
    make_holding(post, acting=True, from_on=date(2026, 12, 10), until_on=date(2026, 12, 12))

    post.hand_over(make_user(), from_on=date(2026, 12, 1), today=TODAY)

    assert not post.holdings.filter(acting=True).exists()


def test_nobody_may_come_yet() -> None:
    post = make_held_post()

    post.hand_over(None, from_on=TODAY, today=TODAY)

    assert post.holder_on(TODAY) is None
    assert post.holdings.get().until_on == date(2026, 11, 22)
