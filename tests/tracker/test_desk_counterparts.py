"""Everything with one counterpart, on one page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments.models import Commitment, Forum, Organisation, ProgressReport
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


@pytest.fixture
def meti() -> Organisation:
    return make_organisation(name_en="METI", party=make_party("JPN", name_en="Japan"))


@pytest.fixture
def shared(forum: Forum, meti: Organisation) -> Commitment:
    made = make_commitment(forum=forum, title_en="Share early warnings", lead=make_held_post())
    bureau = make_organisation(name_en="Trade Bureau", parent=meti, party=meti.party)
    contact = make_held_post(make_user(name_en="Sato"), organisation=bureau, name_en="Counterpart")
    make_assignment(made, contact, role="counterpart")
    make_follow_up(TODAY + timedelta(days=9), commitment=made, kind="milestone")
    ProgressReport.objects.create(
        commitment=made, state="cleared", reported_on=TODAY, internal="Lists were exchanged."
    )
    make_meeting(forum=forum, ordinal=7)
    make_meeting(forum=forum, ordinal=6, state="held", starts_on=TODAY - timedelta(days=99))
    return made


def page_of(desk: Client, kind: str, found: object) -> str:
    return words(desk.get(f"/counterparts/{kind}/{found.pk}/"))


@pytest.mark.parametrize("kind", ["organisation", "party"])
def test_a_page_has_everything_with_a_counterpart(
    desk: Client, shared: Commitment, meti: Organisation, kind: str
) -> None:
    page = page_of(desk, kind, meti if kind == "organisation" else meti.party)

    for said in ("Share early warnings", "milestone", "Lists were exchanged.", "SCCD 7", "SCCD 6", "Sato"):
        assert said in page


def test_what_is_with_others_is_not_on_it(desk: Client, forum: Forum, shared: Commitment) -> None:
    other = make_organisation(name_en="State Department", party=make_party("USA"))

    page = page_of(desk, "organisation", other)

    assert "Share early warnings" not in page
    assert "No open commitment that you may see names this counterpart" in page


def test_what_is_closed_is_one_press_away(desk: Client, shared: Commitment, meti: Organisation) -> None:
    shared.close("implemented", now=timezone.now(), reason="done")
    answer = desk.get(f"/counterparts/organisation/{meti.pk}/")

    assert "Share early warnings" not in words(answer)
    closed = desk.get(f"/commitments/?organisation={meti.pk}&state=closed")
    assert "Share early warnings" in words(closed)
    assert f'href="/commitments/?organisation={meti.pk}&amp;state=closed"' in answer.content.decode()


def test_the_names_in_a_list_lead_to_it(desk: Client, forum: Forum, meti: Organisation) -> None:
    made = make_commitment(forum=forum, lead=make_post(organisation=meti))
    made.parties.add(meti.party)

    html = desk.get("/commitments/?column=lead&column=parties").content.decode()

    assert f'href="/counterparts/organisation/{meti.pk}/"' in html
    assert f'href="/counterparts/party/{meti.party_id}/"' in html


def test_search_leads_to_it(desk: Client, meti: Organisation) -> None:
    html = desk.get("/search/", {"q": "meti"}).content.decode()

    assert f'href="/counterparts/organisation/{meti.pk}/"' in html


@pytest.mark.parametrize("address", ["/counterparts/organisation/99999/", "/counterparts/user/1/"])
def test_a_counterpart_that_does_not_exist_is_not_found(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 404


def test_another_ministrys_officer_reads_nothing_of_ours_there(
    shared: Commitment, meti: Organisation
) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    for kind, found in (("organisation", meti), ("party", meti.party)):
        page = page_of(stranger, kind, found)
        for canary in ("Share early warnings", "Lists were exchanged.", "milestone", "Sato"):
            assert canary not in page


def test_it_asks_the_same_number_of_questions_however_much_there_is(
    desk: Client, forum: Forum, shared: Commitment, meti: Organisation
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"/counterparts/organisation/{meti.pk}/")
        return len(asked)

    questions()
    few = questions()
    for _number in range(4):
        made = make_commitment(forum=forum, lead=make_held_post(organisation=meti))
        make_follow_up(TODAY, commitment=made)
        ProgressReport.objects.create(commitment=made, state="cleared", reported_on=TODAY, no_change=True)

    assert questions() == few
