"""The questions of the list of commitments: each alone, together, in the address and as chips that go."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments.models import Commitment, Forum, Post, ProgressReport, Request
from tests.factories import (
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_organisation,
    make_party,
    make_post,
    make_user,
)
from tests.tracker.reading import words

TODAY = timezone.localdate()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def shown(desk: Client, query: str) -> set[str]:
    return {row.reference for row in desk.get(f"/commitments/?{query}").context["page"]}


def make_report(commitment: Commitment, on: date, **fields: object) -> ProgressReport:
    known = {"state": "cleared", "reported_on": on, "internal": "A call was held."}
    return ProgressReport.objects.create(commitment=commitment, **{**known, **fields})


def covered(forum: Forum, **fields: object) -> Commitment:
    """With owner and next date."""
    made = make_commitment(forum=forum, lead=make_held_post(), **fields)
    make_follow_up(TOMORROW, commitment=made)
    return made


def test_overdue_finds_what_has_a_date_that_passed(desk: Client, forum: Forum) -> None:
    late = make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum)).commitment
    covered(forum)

    assert shown(desk, "ask=overdue") == {late.reference}


def test_no_owner_or_date_finds_either(desk: Client, forum: Forum) -> None:
    covered(forum)
    ownerless = make_follow_up(TOMORROW, commitment=make_commitment(forum=forum)).commitment
    undated = make_commitment(forum=forum, lead=make_held_post())

    assert shown(desk, "ask=uncovered") == {ownerless.reference, undated.reference}


def test_at_risk_finds_off_track_too_and_nothing_that_is_closed(desk: Client, forum: Forum) -> None:
    risky = make_commitment(forum=forum, outlook="at_risk")
    off = make_commitment(forum=forum, outlook="off_track")
    make_commitment(forum=forum, outlook="on_track")
    make_commitment(forum=forum, outlook="at_risk", workflow="closed", closed_on=TODAY)

    assert shown(desk, "ask=at_risk&state=all") == {risky.reference, off.reference}


def test_silent_finds_what_nobody_has_spoken_of_since_the_forum_last_met(desk: Client, forum: Forum) -> None:
    met_on = TODAY - timedelta(days=30)
    make_meeting(forum=forum, state="held", starts_on=met_on)
    silent, spoken = make_commitment(forum=forum), make_commitment(forum=forum)
    make_report(silent, met_on - timedelta(days=1))
    make_report(silent, YESTERDAY, state="submitted")
    make_report(spoken, met_on)

    assert shown(desk, "ask=silent") == {silent.reference}


def test_of_a_working_group_that_met_its_own_meeting_counts(desk: Client, forum: Forum) -> None:
    group = make_forum(kind="working_group", parent=forum)
    make_meeting(forum=forum, state="held", starts_on=TODAY - timedelta(days=9))
    make_meeting(forum=group, state="held", starts_on=TODAY - timedelta(days=90))
    inside = make_commitment(forum=forum, working_group=group)
    make_report(inside, TODAY - timedelta(days=50))

    assert shown(desk, "ask=silent") == set()


def test_nothing_is_silent_before_a_first_meeting(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, starts_on=TOMORROW, state="confirmed")
    make_meeting(forum=forum, starts_on=YESTERDAY, state="cancelled")
    make_commitment(forum=forum)

    assert shown(desk, "ask=silent") == set()


def test_waiting_for_me_finds_reports_and_requests_that_i_may_decide(desk: Client, forum: Forum) -> None:
    reported, asked = make_commitment(forum=forum), make_commitment(forum=forum)
    covered(forum)
    make_report(reported, TODAY, state="submitted")
    date_of_it = make_follow_up(TOMORROW, commitment=asked)
    Request.objects.create(
        follow_up=date_of_it, kind="not_mine", due_on=date_of_it.due_on, asked_at=timezone.now()
    )

    assert shown(desk, "ask=waiting") == {reported.reference, asked.reference}


def test_what_waits_for_another_desk_does_not_wait_for_me(
    desk: Client, officer: object, forum: Forum
) -> None:
    elsewhere = make_commitment(forum=make_forum())
    make_assignment(elsewhere, make_held_post(officer), role="supporting")
    make_report(elsewhere, TODAY, state="submitted")

    assert shown(desk, "") == {elsewhere.reference}
    assert shown(desk, "ask=waiting") == set()


@pytest.mark.parametrize("asked", ["Minerals Division", "Director of rocks", "hong", "HONG@ministry.example"])
def test_who_is_in_charge_is_found_by_post_person_or_division(desk: Client, forum: Forum, asked: str) -> None:
    division = make_organisation(name_en="Minerals Division")
    person = make_user(name_en="Hong Gildong", email="hong@ministry.example")
    post = make_held_post(person, organisation=division, name_en="Director of Rocks")
    led = make_commitment(forum=forum, lead=post)
    make_assignment(covered(forum), post, role="supporting")

    assert shown(desk, f"charge={asked}") == {led.reference}


def test_a_link_to_a_post_shows_all_it_has_a_part_in(desk: Client, forum: Forum) -> None:
    post = make_held_post()
    led, helped = make_commitment(forum=forum, lead=post), covered(forum)
    make_assignment(helped, post, role="supporting")
    covered(forum)

    assert shown(desk, f"post={post.pk}") == {led.reference, helped.reference}


def test_an_organisation_counts_with_all_below_it(desk: Client, forum: Forum) -> None:
    ministry = make_organisation(name_en="METI", party=make_party("JPN"))
    bureau = make_organisation(name_en="Trade Bureau", parent=ministry, party=ministry.party)
    ours = covered(forum)
    make_assignment(ours, make_post(organisation=bureau), role="counterpart")
    covered(forum)

    assert shown(desk, "organisation=meti") == {ours.reference}
    assert shown(desk, f"organisation={ministry.pk}") == {ours.reference}
    assert shown(desk, "organisation=nobody") == set()


def test_a_party_counts_where_it_is_named_or_has_a_part(desk: Client, forum: Forum) -> None:
    japan = make_party("JPN")
    named, part = covered(forum), covered(forum)
    named.parties.add(japan)
    make_assignment(part, make_post(organisation=make_organisation(party=japan)), role="counterpart")
    covered(forum)

    assert shown(desk, f"party={japan.pk}") == {named.reference, part.reference}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"due_from={TOMORROW}", 1),
        (f"due_from={TOMORROW}&due_until={TOMORROW}", 1),
        (f"due_until={TODAY}", 0),
        ("due_from=nonsense", 1),
    ],
)
def test_a_range_of_days_is_asked_of_the_open_dates(
    desk: Client, forum: Forum, query: str, count: int
) -> None:
    covered(forum)

    assert len(shown(desk, query)) == count


def test_questions_combine(desk: Client, forum: Forum) -> None:
    both = make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum, outlook="at_risk")).commitment
    make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum))
    make_commitment(forum=forum, outlook="at_risk")

    assert shown(desk, f"ask=overdue&ask=at_risk&forum={forum.pk}") == {both.reference}


def test_each_filter_stands_as_a_chip_and_goes_alone(desk: Client, forum: Forum) -> None:
    answer = desk.get(f"/commitments/?ask=overdue&ask=at_risk&forum={forum.pk}")

    chips = {chip.words: chip.without for chip in answer.context["form"].chips}
    assert list(chips) == ["Overdue", "At risk or off track", f"Forum: {forum}"]
    assert chips["Overdue"] == f"?ask=at_risk&forum={forum.pk}"
    assert "Overdue ×" in words(answer)


def test_the_last_chip_leads_to_the_whole_list(desk: Client, forum: Forum) -> None:
    chip = desk.get("/commitments/?ask=overdue").context["form"].chips[0]

    assert chip.without == "?view=all"


@pytest.mark.parametrize(
    "query",
    ["ask=nonsense", "post=99999", "charge=%EF%BF%BD", "party=x", "organisation=%25", "order=nonsense"],
)
def test_what_is_not_understood_is_left_out(desk: Client, forum: Forum, query: str) -> None:
    covered(forum)

    assert desk.get(f"/commitments/?{query}").status_code == 200


def test_the_drawer_needs_no_script(desk: Client, forum: Forum) -> None:
    covered(forum)

    html = desk.get("/commitments/").content.decode()

    assert '<details class="drawer filter-drawer">' in html
    assert 'name="ask" value="silent"' in html


@pytest.mark.parametrize(
    "order", ["reference", "-reference", "date", "-date", "outlook", "heard", "declared"]
)
def test_the_list_is_sorted_by_what_may_be_chosen(desk: Client, forum: Forum, order: str) -> None:
    first = covered(forum, outlook="at_risk", declared_on=date(2024, 1, 1))
    second = covered(forum, outlook="on_track", declared_on=date(2025, 1, 1))
    make_follow_up(TODAY, commitment=first)
    make_report(first, YESTERDAY)
    make_report(second, TODAY)

    found = [row.reference for row in desk.get(f"/commitments/?order={order}").context["page"]]

    expected = [first.reference, second.reference]
    assert found == (expected[::-1] if order.startswith("-") else expected)


def test_a_heading_sorts_and_then_turns_round(desk: Client, forum: Forum) -> None:
    covered(forum)

    answer = desk.get("/commitments/?order=date")

    assert 'aria-sort="ascending"' in answer.content.decode()
    assert 'href="?order=-date"' in answer.content.decode()


def questions(desk: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(address).status_code == 200
    return len(asked)


ALL_COLUMNS = "&".join(
    f"column={slug}" for slug in ("title", "forum", "outlook", "date", "due", "lead", "parties", "heard")
)


@pytest.mark.parametrize(
    "address",
    [
        f"/commitments/?{ALL_COLUMNS}&order=heard",
        "/commitments/?ask=overdue&ask=silent&ask=waiting&ask=uncovered&ask=at_risk&charge=a",
        f"/desk/soon/?{ALL_COLUMNS}",
    ],
)
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    desk: Client, forum: Forum, address: str
) -> None:
    make_report(covered(forum), TODAY)
    desk.get(address)
    few = questions(desk, address)
    for _number in range(7):
        made = covered(forum)
        make_report(made, TODAY)
        made.parties.add(make_party())

    assert questions(desk, address) == few
    assert few <= 20


def test_another_ministrys_officer_finds_nothing_of_ours(forum: Forum) -> None:
    ours = covered(forum, outlook="at_risk")
    make_follow_up(YESTERDAY, commitment=ours)
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    for query in ("", "ask=overdue", "ask=at_risk", "state=all", f"forum={forum.pk}"):
        assert shown(stranger, query) == set()
    assert ours.reference not in words(stranger.get("/desk/overdue/"))


def test_the_dates_behind_the_desk_are_narrowed_to_a_forum_with_one_press(desk: Client, forum: Forum) -> None:
    group = make_forum(code="SCCD-CM", kind="working_group", parent=forum)
    ours = make_commitment(forum=forum, working_group=group)
    make_follow_up(YESTERDAY, commitment=ours)
    make_follow_up(YESTERDAY, commitment=make_commitment(forum=forum))

    answer = desk.get("/desk/overdue/")
    address = {forum.code: address for forum, address in answer.context["listing"].forums}["SCCD-CM"]
    narrowed = desk.get(f"/desk/overdue/{address}")

    assert [row.commitment.reference for row in narrowed.context["page"]] == [ours.reference]


def test_the_date_of_a_meeting_stands_in_the_list_of_dates(desk: Client, forum: Forum) -> None:
    make_follow_up(YESTERDAY, meeting=make_meeting(forum=forum, ordinal=3))

    assert "SCCD 3" in words(desk.get(f"/desk/overdue/?{ALL_COLUMNS}"))


def test_the_page_of_a_post_leads_to_all_that_it_has_a_part_in(desk: Client, forum: Forum) -> None:
    post: Post = make_held_post()

    assert f'href="/commitments/?post={post.pk}' in desk.get(f"/posts/{post.pk}/").content.decode()
