"""Bodies are renamed, split and transferred on their day; history keeps the names of its time."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from commitments import owners, reorganising
from commitments.models import (
    Change,
    Commitment,
    MovedPost,
    Organisation,
    Post,
    Reorganisation,
    User,
)
from notifications import tasks
from notifications.models import Heartbeat
from tests.factories import (
    at,
    make_commitment,
    make_held_post,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
LATER = date(2027, 1, 1)
EVE = LATER - timedelta(days=1)


@pytest.fixture
def ministry() -> Organisation:
    return make_organisation(name_en="Ministry of Trade", name_ko="통상부")


@pytest.fixture
def division(ministry: Organisation) -> Organisation:
    return make_organisation(parent=ministry, name_en="Minerals Division", name_ko="광물과")


def decide(
    body: Organisation, kind: str, on: date = TODAY, posts: Collection[Post] = (), **fields: Any
) -> Reorganisation:
    decided = Reorganisation(organisation=body, kind=kind, effective_on=on, **fields)
    return reorganising.plan(decided, posts, now=at(TODAY))


def fresh(body: Any) -> Any:
    return type(body).objects.get(pk=body.pk)


# New names


def test_a_new_name_holds_from_its_day_and_the_old_one_before(division: Organisation) -> None:
    decide(division, "rename", name_en="Resources Division", name_ko="자원과")

    names = [fresh(division).name_on(TODAY - timedelta(days=n)) for n in (1, 0)]
    assert names == ["Minerals Division", "Resources Division"]


def test_a_new_name_may_be_entered_after_its_day(division: Organisation) -> None:
    decide(division, "rename", date(2026, 7, 1), name_en="Resources Division")

    names = [fresh(division).name_on(day) for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert names == ["Minerals Division", "Resources Division"]


def test_posts_that_carry_the_name_follow_it(division: Organisation) -> None:
    named = make_post(organisation=division, name_en="Director, Minerals Division", name_ko="광물과장")
    other = make_post(organisation=division, name_en="Chief Negotiator")

    decide(division, "rename", name_en="Resources Division", name_ko="자원과")

    assert fresh(named).name_en == "Director, Resources Division"
    assert fresh(named).name_ko == "자원과장"
    assert fresh(other).name_en == "Chief Negotiator"


@pytest.mark.parametrize("searched", ["Minerals Division", "광물과", "Resources Division"])
def test_old_names_find_the_body_still(division: Organisation, searched: str) -> None:
    decide(division, "rename", name_en="Resources Division", name_ko="자원과")

    assert list(Organisation.objects.named(searched)) == [division]


def test_who_types_the_old_name_of_a_division_means_the_new_one(division: Organisation) -> None:
    make_post(organisation=division, name_en="Director")
    decide(division, "rename", name_en="Resources Division")

    post = owners.owner_from_line("Minerals Division", today=TODAY, party=division.party)

    assert post.organisation == division


@pytest.mark.parametrize(
    ("names", "on", "sentence"),
    [
        ({"name_en": "Minerals Division", "name_ko": "광물과"}, TODAY, "That is its name already"),
        ({"name_en": "", "name_ko": ""}, TODAY, "Give it a name in at least one language"),
        ({"name_en": "X"}, date(2013, 3, 1), "was called “Commerce Division” until Fri 22 Mar 2013"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(
    division: Organisation, names: dict[str, str], on: date, sentence: str
) -> None:
    division.earlier_names.create(name_en="Commerce Division", until_on=date(2013, 3, 22))

    with pytest.raises(ValidationError, match=sentence):
        decide(division, "rename", on, **names)

    assert fresh(division).name == "Minerals Division"
    assert not Reorganisation.objects.exists()


# On its day, once


def test_what_is_decided_for_later_changes_nothing_until_its_day(division: Organisation) -> None:
    decide(division, "rename", LATER, name_en="Resources Division")

    reorganising.carry_out_due(now=at(EVE, 23))
    before = fresh(division).name
    reorganising.carry_out_due(now=at(LATER, 0, 30))

    assert [before, fresh(division).name] == ["Minerals Division", "Resources Division"]


def test_the_day_is_that_of_the_body(division: Organisation) -> None:
    Organisation.objects.filter(pk=division.pk).update(zone="America/New_York")
    decide(division, "rename", LATER, name_en="Resources Division")

    counts = [reorganising.carry_out_due(now=at(LATER, hour)) for hour in (9, 15)]

    assert counts == [0, 1]  # 15:00 in Seoul is 01:00 in Washington


def test_carried_out_twice_is_once(division: Organisation) -> None:
    planned = decide(division, "split", LATER, [make_post(organisation=division)], name_en="New Division")

    counts = [reorganising.carry_out_due(now=at(LATER)) for _n in range(2)]

    assert counts == [1, 0]
    assert not reorganising.carry_out(planned.pk, now=at(LATER))
    assert Organisation.objects.filter(name_en="New Division").count() == 1


def test_a_missed_day_is_made_up_for(division: Organisation) -> None:
    decide(division, "rename", LATER, name_en="Resources Division")

    reorganising.carry_out_due(now=at(LATER + timedelta(days=9)))

    assert fresh(division).name_on(EVE) == "Minerals Division"
    assert fresh(division).name_on(LATER) == "Resources Division"


def test_one_that_is_refused_does_not_keep_the_others_back(
    division: Organisation, ministry: Organisation
) -> None:
    stuck = decide(division, "rename", LATER, name_en="Resources Division")
    division.earlier_names.create(name_en="Meanwhile", until_on=LATER)
    decide(ministry, "rename", LATER, name_en="Ministry of Commerce")

    reorganising.carry_out_due(now=at(LATER))

    assert fresh(ministry).name == "Ministry of Commerce"
    assert fresh(stuck).is_stuck(LATER + timedelta(days=1))


def test_it_is_recorded_who_decided_it_and_why(division: Organisation) -> None:
    officer = make_user()
    decide(division, "rename", LATER, name_en="X", planned_by=officer, reason="Decree 12")

    reorganising.carry_out_due(now=at(LATER))

    change = Change.objects.of(division).last()
    assert change is not None
    assert change.after is not None
    assert (change.by, change.why, change.after["name_en"]) == (officer, "Decree 12", "X")


def test_the_hourly_task_carries_it_out_and_leaves_a_sign_of_life(division: Organisation) -> None:
    Reorganisation.objects.create(
        organisation=division, kind="rename", effective_on=date(2020, 1, 1), name_en="Resources Division"
    )

    tasks.reorganise()

    assert fresh(division).name == "Resources Division"
    assert Heartbeat.last("reorganise") is not None


def test_what_is_to_come_can_be_withdrawn_and_what_is_done_cannot(division: Organisation) -> None:
    decide(division, "split", LATER, [make_post(organisation=division)], name_en="New").withdraw()
    done = decide(division, "rename", name_en="Resources Division")

    reorganising.carry_out_due(now=at(LATER))

    assert not Organisation.objects.filter(name_en="New").exists()
    with pytest.raises(ValidationError, match="has been carried out"):
        done.withdraw()


# Splits and transfers


def test_a_part_becomes_a_body_beside_the_old_one_with_its_posts(
    division: Organisation, ministry: Organisation
) -> None:
    goes, stays = make_post(organisation=division), make_post(organisation=division)

    done = decide(division, "split", posts=[goes], name_en="New Division")

    new = fresh(goes).organisation
    assert (new.name, new.parent, new.calendar) == ("New Division", ministry, division.calendar)
    assert fresh(stays).organisation == division
    assert done.target == new


def test_open_items_go_with_their_posts(division: Organisation) -> None:
    lead = make_held_post(organisation=division)
    commitment, other = make_commitment(lead=lead), make_organisation()

    decide(division, "transfer", target=other, whole=True)

    assert commitment.assignments.get().post.organisation == other
    assert list(Commitment.objects.without_owner(TODAY)) == []


def test_the_whole_body_takes_along_what_is_below_it(ministry: Organisation, division: Organisation) -> None:
    post, other = make_post(organisation=ministry), make_organisation()

    decide(ministry, "transfer", target=other, whole=True)

    assert fresh(post).organisation == other
    assert fresh(division).parent == other


def test_what_came_until_the_day_goes_with_the_whole(division: Organisation) -> None:
    other = make_organisation()
    decide(division, "transfer", LATER, target=other, whole=True)
    late = make_post(organisation=division)

    reorganising.carry_out_due(now=at(LATER))

    assert fresh(late).organisation == other


def test_a_post_that_went_elsewhere_meanwhile_stays_there(division: Organisation) -> None:
    posts = [make_post(organisation=division) for _n in range(2)]
    decide(division, "transfer", LATER, posts, target=make_organisation())
    elsewhere = make_organisation()
    Post.objects.filter(pk=posts[0].pk).update(organisation=elsewhere)

    reorganising.carry_out_due(now=at(LATER))

    assert fresh(posts[0]).organisation == elsewhere


def test_where_a_post_belonged_is_known_afterwards(division: Organisation) -> None:
    post, second, third = make_post(organisation=division), make_organisation(), make_organisation()
    decide(division, "transfer", date(2026, 3, 1), [post], target=second)
    decide(second, "transfer", date(2026, 9, 1), [post], target=third)

    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 8, 31), date(2026, 9, 1))
    assert [fresh(post).organisation_on(day) for day in days] == [division, second, second, third]


@pytest.mark.parametrize("which", ["abroad", "itself"])
def test_a_body_where_it_cannot_go_is_refused(division: Organisation, which: str) -> None:
    target = division if which == "itself" else make_organisation(party=make_party("JPN"))

    with pytest.raises(ValidationError) as refused:
        decide(division, "transfer", target=target, whole=True)

    assert list(refused.value.message_dict) == ["target"]


def test_a_body_does_not_go_below_itself(ministry: Organisation, division: Organisation) -> None:
    with pytest.raises(ValidationError):
        decide(ministry, "transfer", target=division, whole=True)

    assert fresh(division).parent == ministry


def test_what_a_demonstration_has_of_it_goes_with_the_demonstration(django_user_model: type[User]) -> None:
    from commitments import demonstration

    demonstration.load(now=at(TODAY))
    body = Organisation.objects.get(name_en__startswith="Critical Minerals Division")
    decide(body, "split", posts=list(body.posts.all()[:1]), name_en="Lithium Division")
    decide(body, "rename", LATER, name_en="Resources Division")

    kept = demonstration.remove(now=at(TODAY))

    assert kept == []
    assert not Reorganisation.objects.exists()
    assert not MovedPost.objects.exists()
    assert not Organisation.objects.exists()
