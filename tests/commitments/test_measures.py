from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments import measures
from commitments.measures import Tally
from commitments.models import Commitment, FollowUp, Forum, ProgressReport
from tests.factories import (
    SEOUL,
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

TODAY = date(2026, 11, 23)
MEETING = date(2025, 6, 1)
pytestmark = pytest.mark.django_db


def all_of_them() -> Any:
    return Commitment.objects.all()


def report(commitment: Commitment, on: date, state: str = "cleared", **fields: Any) -> ProgressReport:
    known = {"no_change": True, "reported_on": on, "state": state}
    return ProgressReport.objects.create(commitment=commitment, **{**known, **fields})


def close(follow_up: FollowUp, on: date) -> None:
    follow_up.close(FollowUp.Outcome.REPORTED, now=at(on))


def tally(day: date = MEETING, zone: ZoneInfo = SEOUL) -> Tally:
    return measures.tallies(all_of_them(), [day], zone)[0]


# -- which


def test_a_body_includes_what_its_groups_have(db: None) -> None:
    body = make_forum()
    group = make_forum(parent=body)
    own, of_group = make_commitment(forum=body), make_commitment(forum=body, working_group=group)
    given = make_commitment(forum=make_forum(), working_group=group)
    make_commitment()

    assert set(Commitment.objects.within(body)) == {own, of_group, given}
    assert set(Commitment.objects.within(group)) == {of_group, given}


def test_an_organisation_has_what_its_posts_lead_today_and_nothing_else() -> None:
    organisation = make_organisation()
    post = make_post(organisation=organisation)
    led = make_commitment(lead=post)
    make_assignment(make_commitment(), post, role="supporting")
    make_assignment(make_commitment(), post, until_on=TODAY - timedelta(days=1))
    make_commitment(lead=make_post())

    assert list(Commitment.objects.led_by(organisation.posts.all(), TODAY)) == [led]


def test_a_person_is_concerned_by_their_parts_and_by_the_forums_whose_desk_they_keep() -> None:
    person = make_user()
    post = make_held_post(person)
    kept = make_forum(desk=post)
    part = make_commitment()
    make_assignment(part, post, role="supporting")
    below = make_commitment(forum=make_forum(parent=kept))
    across = make_commitment()
    make_assignment(across, post, role="counterpart")
    make_commitment()

    assert set(Commitment.objects.concerning(person, TODAY)) == {part, below}


# -- lights


def test_lights_are_those_of_live_commitments() -> None:
    forum = make_forum()
    make_commitment(forum=forum, outlook="at_risk")
    make_commitment(forum=forum, outlook="at_risk")
    make_commitment(forum=forum, outlook="off_track", workflow="draft")
    make_commitment(forum=forum, outlook="on_track", workflow="closed", closed_on=TODAY)

    assert measures.outlooks_by_body(all_of_them()) == {forum.pk: {"at_risk": 2}}


def test_what_two_parties_lead_counts_once_for_each() -> None:
    ours, theirs = make_post(), make_post(organisation=make_organisation(party=make_party("USA")))
    make_assignment(make_commitment(lead=ours, outlook="at_risk"), theirs)

    for post in (ours, theirs):
        key = post.organisation_id
        assert measures.outlooks_by_lead(all_of_them(), [key], TODAY) == {key: {"at_risk": 1}}


# -- age of the last word


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "quarter"),
        (91, "quarter"),
        (92, "half"),
        (183, "half"),
        (184, "year"),
        (365, "year"),
        (366, "older"),
    ],
)
def test_the_age_is_that_of_the_newest_cleared_report(days: int, age: str) -> None:
    commitment = make_commitment()
    report(commitment, TODAY - timedelta(days=days))
    report(commitment, TODAY - timedelta(days=days + 100))

    assert {name for name, count in measures.ages(all_of_them(), TODAY).items() if count} == {age}


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
def test_what_the_desk_has_not_cleared_is_no_record(state: str) -> None:
    report(make_commitment(), TODAY, state)

    assert measures.ages(all_of_them(), TODAY)["none"] == 1


@pytest.mark.parametrize("days", [0, 91, 183, 184, 400, None])
def test_the_ages_and_the_freshness_of_one_commitment_agree(days: int | None) -> None:
    commitment = make_commitment()
    if days is not None:
        report(commitment, TODAY - timedelta(days=days))

    ages = measures.ages(all_of_them(), TODAY)

    recent, stale = ages["quarter"] + ages["half"], ages["year"] + ages["older"]
    said = {"fresh": recent, "stale": stale, "no_record": ages["none"]}
    assert said[commitment.freshness(TODAY)] == 1
    assert sum(ages.values()) == 1


# -- the course


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({"declared_on": MEETING}, 1),
        ({"declared_on": MEETING + timedelta(days=1)}, 0),
        ({"workflow": "draft"}, 0),
        ({"workflow": "closed", "closed_on": TODAY}, 1),
    ],
)
def test_declared_is_what_was_declared_by_then(fields: dict[str, Any], counted: int) -> None:
    make_commitment(**fields)

    assert tally().declared == counted


def test_without_a_day_it_counts_from_its_entry() -> None:
    commitment = make_commitment(declared_on=None)
    Commitment.objects.filter(pk=commitment.pk).update(created_at=at(MEETING, 23, 30))

    assert tally(MEETING - timedelta(days=1)).declared == 0
    assert tally(MEETING).declared == 1


@pytest.mark.parametrize(
    ("implementation", "closed_on", "expected"),
    [
        ("implemented", MEETING, Tally(declared=1, done=1, ended=0, overdue=0)),
        ("dropped", MEETING, Tally(declared=1, done=0, ended=1, overdue=0)),
        ("implemented", MEETING + timedelta(days=1), Tally(declared=1, done=0, ended=0, overdue=0)),
    ],
)
def test_done_is_what_was_closed_as_implemented_by_then(
    implementation: str, closed_on: date, expected: Tally
) -> None:
    make_commitment(workflow="closed", implementation=implementation, closed_on=closed_on)

    assert tally() == expected


def test_overdue_is_what_had_an_open_date_that_had_passed() -> None:
    close(make_follow_up(MEETING - timedelta(days=5)), MEETING + timedelta(days=1))

    assert tally().overdue == 1


def test_what_was_answered_on_the_day_of_the_meeting_was_not_overdue() -> None:
    close(make_follow_up(MEETING - timedelta(days=5)), MEETING)

    assert tally() == Tally(declared=1, done=0, ended=0, overdue=0)


def test_the_day_ends_by_the_clock_of_the_body() -> None:
    follow_up = make_follow_up(MEETING - timedelta(days=5))
    follow_up.close(FollowUp.Outcome.REPORTED, now=at(MEETING, 20, zone=ZoneInfo("UTC")))

    assert tally(zone=ZoneInfo("UTC")).overdue == 0
    assert tally(zone=SEOUL).overdue == 1


def test_a_date_of_the_day_itself_is_not_overdue() -> None:
    make_follow_up(MEETING)

    assert tally().overdue == 0


def test_two_late_dates_of_one_commitment_count_once() -> None:
    commitment = make_commitment()
    for days in (3, 5):
        make_follow_up(MEETING - timedelta(days=days), commitment=commitment)

    assert tally() == Tally(declared=1, done=0, ended=0, overdue=1)


@pytest.mark.parametrize("kind", ["deadline", "occurrence"])
@pytest.mark.parametrize("basis", ["declared", "interpreted"])
@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("heard", [True, False])
def test_today_it_is_what_the_lists_call_overdue(kind: str, basis: str, days: int, heard: bool) -> None:
    due_on = TODAY + timedelta(days=days)
    follow_up = make_follow_up(due_on, kind=kind, basis=basis)
    if heard:
        report(follow_up.commitment, TODAY - timedelta(days=2), follow_up=follow_up)

    assert tally(TODAY).overdue == FollowUp.objects.overdue(TODAY).count()


def test_the_parts_add_up(forum_with_everything: Forum) -> None:
    found = measures.tallies(all_of_them(), [date(2024, 1, 1), MEETING, TODAY], SEOUL)

    assert [each.declared for each in found] == [0, 4, 5]
    assert found[1] == Tally(declared=4, done=1, ended=0, overdue=1)
    assert found[1].under_way == 2
    assert found[2] == Tally(declared=5, done=1, ended=1, overdue=1)
    assert found[2].under_way == 2


@pytest.fixture
def forum_with_everything() -> Forum:
    forum = make_forum()
    make_follow_up(date(2025, 1, 1), commitment=make_commitment(forum=forum))
    make_commitment(forum=forum)
    make_commitment(forum=forum, declared_on=date(2026, 1, 1))
    done = {"implementation": "implemented", "closed_on": date(2025, 3, 1)}
    make_commitment(forum=forum, workflow="closed", **done)
    make_commitment(forum=forum, workflow="closed", implementation="superseded", closed_on=date(2026, 2, 1))
    return forum


def test_any_number_of_days_is_one_question(forum_with_everything: Forum) -> None:
    with CaptureQueriesContext(connection) as asked:
        measures.tallies(all_of_them(), [TODAY - timedelta(days=n) for n in range(8)], SEOUL)

    assert len(asked) == 1


def test_no_day_is_no_question() -> None:
    assert measures.tallies(all_of_them(), [], SEOUL) == []
