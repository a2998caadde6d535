"""Commitments over REST: what is declared, apart from it our reading, who owes it and when it is next due."""

from datetime import date
from typing import Any

import pytest

from commitments.models import Commitment, FollowUp, Forum, Interpretation, User
from tests.factories import (
    make_client,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_officer,
    make_party,
    make_post,
    make_provision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD", parties=[make_party("KOR"), make_party("USA")])


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum)


@pytest.fixture
def api(officer: User) -> Any:
    return make_client(officer)


def references(answer: Any) -> list[str]:
    return [row["reference"] for row in answer.json()["results"]]


def test_declared_words_stand_with_their_language_authority_and_source(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    commitment.provisions.add(make_provision("continue discussions"))

    words = api.get(f"/api/v1/commitments/{commitment.reference}/").json()["provisions"]

    assert [(w["quote"], w["language"], w["authority"], w["source"]) for w in words] == [
        ("continue discussions", "en", "press", "A newspaper")
    ]


def test_our_reading_stands_apart_from_the_declared_words(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    Interpretation.objects.create(
        commitment=commitment, about="owner", text="Working level", basis="A readout"
    )

    shown = api.get(f"/api/v1/commitments/{commitment.reference}/").json()

    assert shown["provisions"] == []
    assert [(r["about"], r["text"], r["confidence"]) for r in shown["our_reading"]] == [
        ("owner", "Working level", "low")
    ]


def test_a_commitment_shows_its_owners_and_the_soonest_open_date(api: Any, forum: Forum) -> None:
    lead = make_post(name_en="Director, Critical Minerals")
    commitment = make_commitment(forum=forum, lead=lead)
    make_follow_up(date(2030, 1, 1), commitment=commitment)
    make_follow_up(date(2029, 1, 1), commitment=commitment)

    shown = api.get(f"/api/v1/commitments/{commitment.reference}/").json()

    assert shown["assignments"][0]["post"] == {"id": lead.pk, "name": "Director, Critical Minerals"}
    assert (shown["assignments"][0]["role"], shown["assignments"][0]["party"]) == ("lead", "KOR")
    assert shown["next_follow_up"]["due_on"] == "2029-01-01"


def test_the_title_is_in_the_callers_language(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, title_en="Critical minerals", title_ko="핵심광물")

    shown = api.get(f"/api/v1/commitments/{commitment.reference}/", headers={"Accept-Language": "ko"}).json()

    assert (shown["title"], shown["title_en"]) == ("핵심광물", "Critical minerals")


def test_one_request_enters_a_commitment_with_its_owner_and_gives_it_a_next_date(
    api: Any, forum: Forum
) -> None:
    post, words = make_held_post(), make_provision(text=None)
    words.text.document.forum = forum
    words.text.document.save()
    said = {
        "title_en": "Third countries",
        "forum": "SCCD",
        "declared_on": "2024-06-27",
        "parties": ["KOR", "USA"],
    }

    answer = api.post("/api/v1/commitments/", {**said, "lead": post.pk, "provision_ids": [words.pk]})

    assert answer.status_code == 201, answer.content
    assert answer.headers["Location"] == "http://testserver/api/v1/commitments/SCCD-2024-01/"
    shown = answer.json()
    assert shown["parties"] == ["KOR", "USA"]
    assert [w["quote"] for w in shown["provisions"]] == ["continue discussions"]
    assert [a["post"]["id"] for a in shown["assignments"]] == [post.pk]
    assert shown["next_follow_up"]["kind"] == "cycle_review"


def test_a_write_stands_in_the_history_with_its_author(api: Any, officer: User, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    api.patch(f"/api/v1/commitments/{commitment.reference}/", {"outlook": "at_risk"})

    last = commitment.changes.last()
    assert last is not None
    assert (last.by_id, last.via, last.changed_fields) == (officer.pk, "api", ["outlook"])


def test_closing_ends_the_open_follow_ups_and_activating_gives_a_new_date(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    make_follow_up(date(2030, 1, 1), commitment=commitment)
    address = f"/api/v1/commitments/{commitment.reference}/"

    closed = api.post(
        f"{address}close/", {"implementation": "implemented", "reason": "Signed in March."}
    ).json()
    active = api.post(f"{address}activate/", {}).json()

    assert (closed["workflow"], closed["implementation"], closed["next_follow_up"]) == (
        "closed",
        "implemented",
        None,
    )
    assert active["workflow"] == "active"
    assert active["next_follow_up"]["kind"] == "cycle_review"


def test_a_state_cannot_be_set_beside_the_verbs(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    answer = api.patch(f"/api/v1/commitments/{commitment.reference}/", {"workflow": "closed"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/workflow", "detail": "This field cannot be written here."}
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=overdue", ["LATE-1"]),
        ("state=due_soon", ["SOON-1"]),
        ("due_before=2020-02-02", ["LATE-1"]),
        ("due_after=2020-02-02", ["SOON-1"]),
        ("q=minerals", ["SOON-1"]),
        ("q=late-1", ["LATE-1"]),
        ("forum=SCCD", ["LATE-1", "SOON-1"]),
        ("forum=SCCD&state=closed", []),
        ("ordering=-reference", ["SOON-1", "LATE-1"]),
    ],
)
def test_filters_ask_the_registers_own_questions(
    api: Any, forum: Forum, time_machine: Any, query: str, found: list[str]
) -> None:
    time_machine.move_to("2026-06-01T09:00:00Z", tick=False)
    late = make_commitment(forum=forum, reference="LATE-1")
    soon = make_commitment(forum=forum, reference="SOON-1", title_en="Critical minerals")
    make_follow_up(date(2020, 2, 1), commitment=late)
    make_follow_up(date(2026, 6, 10), commitment=soon)

    assert references(api.get(f"/api/v1/commitments/?{query}")) == found


def test_a_search_finds_hangul_however_it_was_typed(api: Any, forum: Forum) -> None:
    make_commitment(forum=forum, reference="A-1", title_ko="협력위원회")

    assert references(api.get("/api/v1/commitments/", {"q": "협력위원회"})) == ["A-1"]


def test_a_new_lead_follows_the_old_one(api: Any, forum: Forum) -> None:
    commitment, new = make_commitment(forum=forum, lead=make_post()), make_post()

    answer = api.post(f"/api/v1/commitments/{commitment.reference}/assign/", {"post": new.pk, "role": "lead"})

    assert answer.status_code == 200, answer.content
    assert [part["post"]["id"] for part in answer.json()["assignments"]] == [new.pk]


def test_whoever_restricts_a_commitment_goes_on_seeing_it(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    answer = api.patch(f"/api/v1/commitments/{commitment.reference}/", {"marking": "restricted"})

    assert answer.json()["marking"] == "restricted"


def test_what_is_wrong_with_a_new_commitment_leaves_nothing_behind(api: Any, forum: Forum) -> None:
    said = {"title_en": "X", "forum": "SCCD", "working_group": make_forum(code="OTHER").code}

    answer = api.post("/api/v1/commitments/", said)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/working_group", "detail": "That group does not belong to this forum."}
    ]
    assert not Commitment.objects.exists()
    assert not FollowUp.objects.exists()


def test_a_commitment_of_the_demonstration_says_so() -> None:
    forum = make_forum(demonstration=True)
    commitment = make_commitment(forum=forum)
    client = make_client(make_officer(forum))

    assert client.get(f"/api/v1/commitments/{commitment.reference}/").data["demonstration"] is True
