"""Who owes and who is told: organisations, posts and the people who hold them."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from commitments.models import Forum, Organisation, OrganisationName, Post, User
from tests.factories import (
    make_assignment,
    make_calendar,
    make_commitment,
    make_forum,
    make_held_post,
    make_holding,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

DAY = date(2026, 6, 1)

pytestmark = pytest.mark.django_db


def days(n: int) -> date:
    return DAY + timedelta(days=n)


def refusal(row: Organisation | Post) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


# Who holds a post


def test_a_holding_counts_from_its_first_to_its_last_day() -> None:
    post = make_post()
    holding = make_holding(post, from_on=DAY, until_on=days(9))

    holders = [post.holder_on(days(n)) for n in (-1, 0, 9, 10)]

    assert holders == [None, holding.user, holding.user, None]


def test_whoever_acts_answers_while_the_holder_is_on_leave() -> None:
    holder = make_user()
    post = make_held_post(holder)
    acting = make_holding(post, from_on=DAY, until_on=days(9), acting=True).user

    assert [post.holder_on(days(n)) for n in (-1, 0, 9, 10)] == [holder, acting, acting, holder]


def test_somebody_who_left_the_service_holds_nothing() -> None:
    post = make_held_post(make_user(is_active=False))

    assert post.holder_on(DAY) is None
    assert post in Post.objects.vacant_on(DAY)


def test_a_post_is_vacant_between_two_holders() -> None:
    post = make_post()
    make_holding(post, until_on=DAY)
    make_holding(post, from_on=days(9))

    assert [post in Post.objects.vacant_on(days(n)) for n in (0, 1, 8, 9)] == [False, True, True, False]


def test_a_post_changes_hands_on_the_day_said() -> None:
    before, after = make_user(), make_user()
    post = make_held_post(before)

    post.give_to(after, from_on=DAY)

    assert [post.holder_on(days(n)) for n in (-1, 0)] == [before, after]


def test_leave_does_not_end_the_holding() -> None:
    holder = make_user()
    post = make_held_post(holder)

    post.give_to(make_user(), from_on=DAY, acting=True)

    assert post.holdings.get(user=holder).until_on is None


def test_a_holding_that_began_the_same_day_is_withdrawn() -> None:
    post, second = make_post(), make_user()
    post.give_to(make_user(), from_on=DAY)

    post.give_to(second, from_on=DAY)

    assert [holding.user for holding in post.holdings.all()] == [second]


def test_what_is_agreed_for_later_stands() -> None:
    post, soon, later = make_held_post(), make_user(), make_user()
    post.give_to(later, from_on=days(30))

    post.give_to(soon, from_on=DAY)

    assert [post.holder_on(days(n)) for n in (0, 29, 30)] == [soon, soon, later]


def test_a_form_says_that_somebody_else_holds_the_post() -> None:
    holding = make_holding(make_post(), until_on=DAY)
    second = type(holding)(post=holding.post, user=make_user(), from_on=DAY)

    with pytest.raises(ValidationError) as refused:
        second.full_clean()

    assert list(refused.value.message_dict) == ["from_on"]


# Organisations


def test_an_organisation_works_by_the_calendar_of_what_it_is_part_of() -> None:
    ministry = make_organisation(calendar=make_calendar("JP"))

    division = make_organisation(parent=ministry)

    assert division.calendar.code == "JP"
    assert make_organisation().calendar.code == "KR"


def test_an_organisation_is_part_of_one_of_its_own_party() -> None:
    division = Organisation(party=make_party("JPN"), parent=make_organisation(), name_en="Division")

    assert list(refusal(division)) == ["parent"]


def test_declared_words_keep_the_name_of_their_time() -> None:
    ministry = make_organisation(name_en="Ministry of Trade")
    for name, until_on in (
        ("Ministry of Commerce", date(2013, 3, 22)),
        ("Board of Trade", date(1998, 2, 27)),
    ):
        OrganisationName.objects.create(organisation=ministry, name_en=name, until_on=until_on)

    names = [ministry.name_on(date(year, 1, 1)) for year in (1990, 2000, 2014)]

    assert names == ["Board of Trade", "Ministry of Commerce", "Ministry of Trade"]


def test_a_form_says_that_responsible_posts_stay_with_their_party() -> None:
    post = make_assignment(make_commitment(), make_post()).post
    post.organisation.party = make_party("JPN")
    assert list(refusal(post.organisation)) == ["party"]

    post.organisation = make_organisation(party=make_party("JPN"))
    assert list(refusal(post)) == ["organisation"]


def test_a_post_without_responsibilities_may_go_to_another_party() -> None:
    post, abroad = make_post(), make_organisation(party=make_party("JPN"))

    post.organisation = abroad
    post.full_clean()
    post.save()

    assert abroad.posts.get() == post


# Names


@pytest.mark.parametrize("searched", ["supply chain", "공급망", "サプライ", "SCCD", "sccd"])
def test_a_forum_is_found_by_any_of_its_names(searched: str) -> None:
    forum = make_forum(
        code="SC",
        name_en="Supply Chain Dialogue",
        name_ko="공급망 대화",
        name_ja="サプライチェーン対話",
        aliases="SCCD\nSCD",
    )
    make_forum(name_en="Another")

    assert list(Forum.objects.named(searched)) == [forum]


def test_a_name_is_shown_in_the_language_asked_for_or_one_that_there_is() -> None:
    shown = []
    forum = Forum(name_ko="공급망 대화", name_ja="対話")
    for language in ("ja", "ko", "en"):
        with translation.override(language):
            shown.append(forum.name)

    assert shown == ["対話", "공급망 대화", "공급망 대화"]


def test_somebody_who_only_answers_by_mail_cannot_sign_in() -> None:
    person = User.objects.create_user("person", email="person@ministry.example")

    assert not person.has_usable_password()
    assert not person.has_perm("commitments.view_commitment")
    assert person.name == "person"
