"""Through the interface one sees and changes what one sees and changes at the desk, and nothing else."""

from datetime import date
from typing import Any

import pytest

from commitments.models import Commitment, Forum, Marking, Membership
from tests.factories import (
    make_client,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_membership,
    make_officer,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def api(forum: Forum) -> Any:
    return make_client(make_officer(forum))


@pytest.fixture
def reader(forum: Forum) -> Any:
    user = make_user()
    make_membership(user, Membership.Role.READER, forum=forum)
    return make_client(user)


@pytest.mark.parametrize("method", ["get", "patch"])
def test_what_one_may_not_see_is_not_there(api: Any, method: str) -> None:
    hidden = make_commitment()

    answer = getattr(api, method)(f"/api/v1/commitments/{hidden.reference}/")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "verb", "body"),
    [("patch", "", {"outlook": "at_risk"}), ("post", "close/", {"implementation": "dropped", "reason": "x"})],
)
def test_what_one_sees_without_keeping_it_cannot_be_changed(
    reader: Any, forum: Forum, method: str, verb: str, body: dict[str, str]
) -> None:
    commitment = make_commitment(forum=forum)

    answer = getattr(reader, method)(f"/api/v1/commitments/{commitment.reference}/{verb}", body)

    assert answer.status_code == 403
    assert answer.json()["detail"] == "You may see this, but not change it."
    assert not commitment.changes.filter(action="changed").exists()


def test_an_unseen_parent_is_as_good_as_absent(api: Any) -> None:
    hidden = make_commitment()

    unseen = api.post("/api/v1/follow-ups/", {"commitment": hidden.reference, "due_on": "2030-01-01"})
    absent = api.post("/api/v1/follow-ups/", {"commitment": "NONE-1", "due_on": "2030-01-01"})

    assert unseen.status_code == absent.status_code == 400
    assert unseen.json() == absent.json()


def test_nothing_is_entered_below_what_one_only_sees(reader: Any, forum: Forum) -> None:
    answer = reader.post("/api/v1/commitments/", {"title_en": "A", "forum": forum.code})

    assert answer.status_code == 403
    assert not Commitment.objects.exists()


def test_an_entry_cannot_be_pushed_into_another_desks_register(api: Any, forum: Forum) -> None:
    commitment, other = make_commitment(forum=forum), make_forum()

    answer = api.patch(f"/api/v1/commitments/{commitment.reference}/", {"forum": other.code})

    assert answer.status_code == 403
    commitment.refresh_from_db()
    assert commitment.forum == forum


def test_filters_do_not_tell_whether_an_unseen_entry_exists(api: Any) -> None:
    hidden = make_commitment()

    unseen = api.get("/api/v1/follow-ups/", {"commitment": hidden.reference})
    absent = api.get("/api/v1/follow-ups/", {"commitment": "NONE-1"})

    assert unseen.status_code == absent.status_code == 400
    assert unseen.content.replace(hidden.reference.encode(), b"") == absent.content.replace(b"NONE-1", b"")


def test_a_list_holds_only_what_one_sees(api: Any, forum: Forum) -> None:
    mine, hidden = make_commitment(forum=forum), make_commitment()
    restricted = make_commitment(forum=forum, marking=Marking.RESTRICTED)
    for commitment in (mine, hidden, restricted):
        make_follow_up(date(2030, 1, 1), commitment=commitment)

    found = api.get("/api/v1/follow-ups/").json()["results"]

    assert [row["commitment"] for row in found] == [mine.reference]


def test_words_do_not_betray_a_restricted_commitment(api: Any, forum: Forum) -> None:
    text = make_text("They will continue discussions.", document=make_document(forum=forum))
    words = make_provision("continue discussions", text=text)
    shared = make_provision("They will", text=text)
    open_one = make_commitment(forum=forum)
    restricted = make_commitment(forum=forum, marking=Marking.RESTRICTED)
    restricted.provisions.add(words)
    open_one.provisions.add(shared)

    listed = api.get("/api/v1/provisions/").json()["results"]

    assert [(row["quote"], row["commitments"]) for row in listed] == [("They will", [open_one.reference])]


def test_people_are_no_resource(api: Any) -> None:
    assert api.get("/api/v1/users/").status_code == 404
