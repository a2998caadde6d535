"""Leave is a dated acting holding; both names are said while it lasts."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from commitments import holders
from commitments.models import Post, PostHolding, User
from tests.factories import make_holding, make_post, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
LAST = date(2026, 12, 12)


@pytest.fixture
def jun() -> User:
    return make_user(name_en="Lee Jun")


@pytest.fixture
def minji() -> User:
    return make_user(name_en="Kim Minji")


@pytest.fixture
def post(jun: User) -> Post:
    post = make_post()
    make_holding(post, jun)
    return post


def held(post: Post, day: date) -> list[PostHolding]:
    return list(post.holdings.on(day).select_related("user").order_by("-acting", "-from_on"))


def test_who_acts_answers_for_the_post_until_the_last_day(post: Post, jun: User, minji: User) -> None:
    post.let_act(minji, from_on=TODAY, until_on=LAST)

    days = [TODAY - timedelta(days=1), TODAY, LAST, LAST + timedelta(days=1)]
    assert [post.holder_on(day) for day in days] == [jun, minji, minji, jun]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (TODAY, LAST),
        (date(2026, 11, 1), TODAY),
        (LAST, date(2027, 1, 1)),
        (date(2026, 11, 1), date(2027, 1, 1)),
    ],
)
def test_a_second_leave_in_that_time_is_refused_with_the_name_and_the_days(
    post: Post, minji: User, first: date, last: date
) -> None:
    post.let_act(minji, from_on=TODAY, until_on=LAST)

    with pytest.raises(
        ValidationError, match="Kim Minji acts for this post from Mon 23 Nov 2026 until Sat 12 Dec"
    ):
        post.let_act(make_user(), from_on=first, until_on=last)

    assert post.holdings.filter(acting=True).count() == 1


def test_a_leave_may_follow_another(post: Post, minji: User) -> None:
    post.let_act(minji, from_on=TODAY, until_on=LAST)
    post.let_act(minji, from_on=LAST + timedelta(days=1), until_on=date(2027, 1, 5))

    assert post.holder_on(date(2027, 1, 5)) == minji


def test_somebody_who_acts_without_an_end_has_to_be_ended_first(post: Post, minji: User) -> None:
    post.give_to(minji, from_on=TODAY, acting=True)

    with pytest.raises(ValidationError, match="Kim Minji acts for this post since Mon 23 Nov 2026"):
        post.let_act(make_user(), from_on=LAST, until_on=LAST)


def test_nobody_acts_for_themselves(post: Post, jun: User) -> None:
    with pytest.raises(ValidationError, match="cannot act for it as well"):
        post.let_act(jun, from_on=TODAY, until_on=LAST)


def test_a_leave_ends_after_it_starts(post: Post, minji: User) -> None:
    with pytest.raises(ValidationError, match="ends before it starts"):
        post.let_act(minji, from_on=LAST, until_on=TODAY)


def test_a_post_is_given_until_a_day_or_until_the_next_who_was_agreed(post: Post, minji: User) -> None:
    make_holding(post, acting=True, from_on=LAST)

    until_the_next = post.give_to(minji, from_on=TODAY, acting=True, until_on=date(2027, 3, 1))

    assert until_the_next.until_on == LAST - timedelta(days=1)


def test_both_names_are_said_while_somebody_acts(post: Post, minji: User) -> None:
    post.let_act(minji, from_on=TODAY, until_on=LAST)

    assert holders.spoken(held(post, TODAY), "en") == "Kim Minji (acting for Lee Jun until Sat 12 Dec)"
    assert "12.12.(토)" in holders.spoken(held(post, TODAY), "ko")
    assert holders.spoken(held(post, LAST + timedelta(days=1)), "en") == "Lee Jun"


def test_for_a_vacant_post_there_is_one_name(minji: User) -> None:
    post = make_post()
    assert holders.spoken(held(post, TODAY), "en") == ""

    post.let_act(minji, from_on=TODAY, until_on=LAST)
    assert holders.spoken(held(post, TODAY), "en") == "Kim Minji (acting until Sat 12 Dec)"


def test_acting_until_further_notice_has_no_day(post: Post, minji: User) -> None:
    post.give_to(minji, from_on=TODAY, acting=True)

    assert holders.spoken(held(post, TODAY), "en") == "Kim Minji (acting for Lee Jun)"
