"""An owner in one line: found where it is in the register, otherwise entered."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from commitments.models import Organisation, Post, User
from commitments.owners import owner_from_line
from tests.factories import make_held_post, make_organisation, make_party, make_post, make_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def owner(line: str) -> Post:
    return owner_from_line(line, party=make_party(), today=TODAY)


def test_division_name_and_mail_make_what_is_missing():
    post = owner("핵심광물과, 김하나, kim@ministry.example")

    assert (post.organisation.name_ko, post.name_ko) == ("핵심광물과", "핵심광물과 담당")
    holder = post.holder_on(TODAY)
    assert (holder.name_ko, holder.email, holder.has_usable_password()) == (
        "김하나",
        "kim@ministry.example",
        False,
    )


def test_the_same_line_again_finds_the_same_post():
    first = owner("Minerals Division, Kim, kim@ministry.example")

    assert owner("minerals division ; Kim ; KIM@ministry.example") == first
    assert (Organisation.objects.count(), Post.objects.count(), User.objects.count()) == (1, 1, 1)


def test_a_second_person_of_a_division_has_a_post_of_their_own():
    first = owner("Minerals Division, Kim, kim@ministry.example")

    second = owner("Minerals Division, Lee, lee@ministry.example")

    assert second != first
    assert second.name_en == "Officer in charge, Minerals Division 2"
    assert first.holder_on(TODAY).name == "Kim"


def test_the_only_post_of_a_division_is_filled_if_nobody_holds_it():
    vacant = make_post(organisation=make_organisation(name_en="Minerals Division"))

    assert owner("Minerals Division, Kim, kim@ministry.example") == vacant


def test_a_person_is_known_by_the_mail_address():
    known = make_user(email="Kim@ministry.example")

    assert owner("Minerals Division, Somebody, kim@ministry.example").holder_on(TODAY) == known


def test_a_post_is_found_by_its_name_in_any_language():
    post = make_held_post(name_en="Director, Minerals", name_ja="鉱物課長", aliases="Chief\nHead of minerals")

    assert [owner("director, minerals"), owner("鉱物課長"), owner("Chief")] == [post] * 3


def test_a_division_with_one_post_is_enough():
    post = make_held_post(organisation=make_organisation(name_en="Minerals Division"))

    assert owner("Minerals Division") == post


def test_what_is_real_is_meant_rather_than_the_demonstration():
    make_post(name_en="Director", demonstration=True)
    real = make_post(name_en="Director")

    assert owner("Director") == real


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "Write “division, name, mail address”"),
        ("a, b, c, d@x.example", "Write “division, name, mail address”"),
        ("a, b@x.example, c@x.example", "Write “division, name, mail address”"),
        ("Minerals Division, Kim", "The mail address is missing."),
        ("Minerals Division, Kim, kim@ministry", "“kim@ministry” is no mail address."),
        ("Nobody knows this", "“Nobody knows this” is neither a post nor a division here."),
        ("a\x00b, Kim, kim@x.example", "cannot be shown (U+0000 at position 2)"),
        (f"{'D' * 301}, Kim, kim@x.example", "at most 300 characters"),
    ],
)
def test_a_line_that_cannot_be_understood_gets_a_sentence(line: str, sentence: str):
    with pytest.raises(ValidationError) as refused:
        owner(line)

    assert sentence in refused.value.messages[0]
    assert not Organisation.objects.exists()


def test_a_name_that_several_posts_have_is_refused():
    make_post(name_en="Director")
    make_post(name_en="Director")

    with pytest.raises(ValidationError, match="the name of several"):
        owner("Director")


def test_somebody_who_has_left_is_refused():
    make_user(email="kim@ministry.example", is_active=False)

    with pytest.raises(ValidationError, match="somebody who has left"):
        owner("Minerals Division, Kim, kim@ministry.example")


def test_without_a_party_nothing_new_is_entered_in_the_dark():
    with pytest.raises(ValidationError, match="which country"):
        owner_from_line("Minerals Division, Kim, kim@ministry.example", today=TODAY)
