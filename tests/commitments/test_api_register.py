"""Parties, forums, meetings, documents and their words over REST."""

from datetime import date
from typing import Any

import pytest

from commitments.models import DocumentText, Forum, Meeting, Provision
from tests.factories import (
    make_client,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_meeting,
    make_officer,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def api(forum: Forum) -> Any:
    return make_client(make_officer(forum))


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}


def test_parties_and_forums_are_found_by_their_codes(api: Any, forum: Forum) -> None:
    make_party("KOR", name_ko="대한민국")

    party = api.get("/api/v1/parties/KOR/").json()

    assert (party["code"], party["name_ko"], party["calendar"]) == ("KOR", "대한민국", "KR")
    assert api.get("/api/v1/forums/SCCD/").json()["code"] == "SCCD"


def test_an_organisation_takes_the_calendar_of_its_party(api: Any) -> None:
    make_party("KOR")

    made = api.post("/api/v1/organisations/", {"party": "KOR", "name_ko": "미주통상과"})

    assert made.status_code == 201, made.content
    assert made.json()["calendar"] == "KR"


def test_a_body_of_another_party_cannot_be_above(api: Any) -> None:
    foreign = make_organisation(party=make_party("USA"))
    make_party("KOR")

    answer = api.post("/api/v1/organisations/", {"party": "KOR", "name_en": "A", "parent": foreign.pk})

    assert list(errors(answer)) == ["#/parent"]


def test_posts_are_found_by_their_organisation(api: Any) -> None:
    post, _other = make_post(), make_post()

    found = api.get("/api/v1/posts/", {"organisation": post.organisation_id}).json()["results"]

    assert [row["id"] for row in found] == [post.pk]


def test_a_desk_sets_up_a_working_group_below_its_own_forum_only(api: Any, forum: Forum) -> None:
    make_party("KOR"), make_forum(code="OTHER")
    group = {"name_en": "Export controls", "kind": "working_group", "parties": ["KOR"]}

    own = api.post("/api/v1/forums/", {**group, "code": "SCCD-EC", "parent": "SCCD"})
    foreign = api.post("/api/v1/forums/", {**group, "code": "OTHER-EC", "parent": "OTHER"})

    assert (own.status_code, foreign.status_code) == (201, 403)
    assert own.json()["parties"] == ["KOR"]
    assert not Forum.objects.filter(code="OTHER-EC").exists()


def test_forums_do_not_go_round_in_a_circle(api: Any, forum: Forum) -> None:
    make_forum(code="GROUP", parent=forum)

    answer = api.patch("/api/v1/forums/SCCD/", {"parent": "GROUP"})

    assert errors(answer) == {"#/parent": "This would put the entry above itself. Choose another."}


def test_a_moved_meeting_takes_with_it_what_hangs_on_it(api: Any, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, starts_on=date(2030, 5, 1), state=Meeting.State.TENTATIVE)
    commitment = make_commitment(forum=forum)
    hanging = make_follow_up(
        date(2030, 5, 1), commitment=commitment, anchor_meeting=meeting, offset_days=0, kind="deadline"
    )

    answer = api.post(
        f"/api/v1/meetings/{meeting.pk}/move/", {"starts_on": "2030-06-01", "reason": "Elections."}
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["starts_on"] == "2030-06-01"
    hanging.refresh_from_db()
    assert hanging.due_on == date(2030, 6, 1)


def test_the_days_of_a_known_meeting_are_moved_by_the_verb_alone(api: Any, forum: Forum) -> None:
    meeting = make_meeting(forum=forum)

    answer = api.patch(f"/api/v1/meetings/{meeting.pk}/", {"starts_on": "2030-06-01"})

    assert list(errors(answer)) == ["#/starts_on"]


def test_an_expected_meeting_whose_period_has_passed_says_no_record(api: Any, forum: Forum) -> None:
    meeting = make_meeting(forum=forum, window_end_on=date(2025, 12, 31))

    shown = api.get(f"/api/v1/meetings/{meeting.pk}/").json()

    assert (shown["state"], shown["no_record"]) == ("expected", True)


def test_a_meeting_ends_after_it_starts(api: Any) -> None:
    said = {"forum": "SCCD", "ordinal": 1, "starts_on": "2030-06-02", "ends_on": "2030-06-01"}

    answer = api.post("/api/v1/meetings/", said)

    assert errors(answer) == {"#": "The meeting ends before it starts."}


def test_a_document_is_pushed_in_with_its_text_and_declared_words(api: Any) -> None:
    document = api.post(
        "/api/v1/documents/",
        {"forum": "SCCD", "kind": "joint_statement", "title_en": "Statement", "adopted_on": "2024-06-27"},
    ).json()
    body = " They will continue discussions. "
    text = api.post(
        "/api/v1/document-texts/",
        {
            "document": document["id"],
            "language": "en",
            "authority": "signed",
            "source": "Original",
            "body": body,
        },
    ).json()

    words = api.post("/api/v1/provisions/", {"text": text["id"], "start": 11, "end": 31}).json()

    assert text["body"] == body
    assert (words["quote"], words["authority"], words["verdict"]) == (
        "continue discussions",
        "signed",
        "proposed",
    )
    shown = api.get(f"/api/v1/documents/{document['id']}/").json()
    assert [(line["id"], line["authority"], "body" in line) for line in shown["texts"]] == [
        (text["id"], "signed", False)
    ]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"start": 0, "end": 4_000}, "#/end"),
        ({"start": 5, "end": 5}, "#"),
        ({"start": 0, "end": 4, "quote": "Thez"}, "#/quote"),
        ({"start": -1, "end": 4}, "#/start"),
        ({"start": 0, "end": 4, "verdict": "borderline"}, "#"),
    ],
)
def test_a_span_that_does_not_fit_its_text_is_refused(
    api: Any, forum: Forum, said: dict[str, Any], pointer: str
) -> None:
    text = make_text(document=make_document(forum=forum))

    answer = api.post("/api/v1/provisions/", {"text": text.pk, **said})

    assert list(errors(answer)) == [pointer]
    assert not Provision.objects.exists()


def test_an_approved_text_refuses_to_change_in_a_sentence(api: Any, forum: Forum) -> None:
    text = make_text(document=make_document(forum=forum))
    address = f"/api/v1/document-texts/{text.pk}/"
    assert api.post(f"{address}approve/", {}).json()["approved_at"]

    answer = api.patch(address, {"body": "They will not."})

    assert answer.status_code == 409
    assert answer.json()["detail"] == "An approved text cannot be changed; enter a correction."
    assert DocumentText.objects.get().body == "They will continue discussions."


def test_a_verdict_is_given_with_its_reason(api: Any, forum: Forum) -> None:
    words = make_provision(
        text=make_text("They will continue discussions.", document=make_document(forum=forum))
    )

    said = {"verdict": "not_a_commitment", "reason": "A look back.", "strength": "note"}
    shown = api.patch(f"/api/v1/provisions/{words.pk}/", said).json()

    assert (shown["verdict"], shown["reason"], shown["strength"]) == (
        "not_a_commitment",
        "A look back.",
        "note",
    )


def test_a_verb_takes_no_more_than_it_names(api: Any, forum: Forum) -> None:
    text = make_text(document=make_document(forum=forum))

    answer = api.post(f"/api/v1/document-texts/{text.pk}/approve/", {"approved_at": "2020-01-01"})

    assert list(errors(answer)) == ["#/approved_at"]
