"""What every address of the interface has in common: who may call, how it refuses, how it pages."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from commitments.models import ApiToken, Commitment, Forum, Party, User
from tests.factories import (
    make_client,
    make_commitment,
    make_follow_up,
    make_forum,
    make_officer,
    make_party,
)

pytestmark = pytest.mark.django_db
COMMITMENTS = "/api/v1/commitments/"


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum)


@pytest.fixture
def api(officer: User) -> Any:
    return make_client(officer)


def is_problem(answer: Any, status: int) -> bool:
    media_type = answer.headers["Content-Type"]
    return (answer.status_code, media_type, answer.json()["status"]) == (
        status,
        "application/problem+json",
        status,
    )


# Who may call


def test_without_a_token_the_answer_says_what_to_send(client: Client) -> None:
    answer = client.get(COMMITMENTS)

    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("token", ["nonsense", "cft_" + "0" * 64, "a b", "é", "a\tb", "", "x" * 5_000])
def test_a_wrong_token_is_refused_like_none(client: Client, token: str) -> None:
    assert is_problem(client.get(COMMITMENTS, headers={"Authorization": f"Token {token}"}), 401)


def test_a_token_ends_with_its_days_and_stays_to_be_looked_at(api: Any, time_machine: Any) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=91))

    assert api.get(COMMITMENTS).status_code == 401
    assert ApiToken.objects.count() == 1


def test_a_token_of_somebody_who_left_opens_nothing(api: Any, officer: User) -> None:
    officer.is_active = False
    officer.save()

    assert api.get(COMMITMENTS).status_code == 401


def test_a_token_sees_what_its_owner_sees_now(api: Any, officer: User, forum: Forum) -> None:
    address = f"{COMMITMENTS}{make_commitment(forum=forum).reference}/"
    before = api.get(address).status_code

    officer.memberships.all().delete()

    assert (before, api.get(address).status_code) == (200, 404)


def test_a_token_for_reading_does_not_write(officer: User, forum: Forum) -> None:
    address = f"{COMMITMENTS}{make_commitment(forum=forum).reference}/"
    reader = make_client(officer, scope="read")

    answer = reader.patch(address, {"outlook": "at_risk"})

    assert reader.get(address).status_code == 200
    assert is_problem(answer, 403)
    assert answer.json()["detail"] == "This token may only read."


def test_the_desks_own_session_works_and_needs_the_csrf_token_to_write(officer: User) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.login(username=officer.username, password="correct horse battery")

    assert browser.get(COMMITMENTS).status_code == 200
    assert is_problem(browser.post(COMMITMENTS, {}), 403)


def test_a_token_is_printed_once_and_only_its_hash_is_kept(officer: User, capsys: Any) -> None:
    call_command("make_token", officer.username, "--name", "portal", "--days", "30", "--scope", "read")

    token, kept = capsys.readouterr().out.strip(), ApiToken.objects.get()
    assert token.startswith("cft_")
    assert token not in str(kept.__dict__)
    assert (kept.name, kept.scope, kept.user) == ("portal", "read", officer)
    answer = APIClient().get(COMMITMENTS, headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "arguments", [["nobody", "--name", "x"], ["{}", "--name", " "], ["{}", "--name", "x", "--days", "0"]]
)
def test_a_token_that_makes_no_sense_is_refused_in_a_sentence(officer: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("make_token", *(word.format(officer.username) for word in arguments))

    assert not ApiToken.objects.exists()


# How it refuses


@pytest.mark.parametrize(
    "address",
    ["/api/v1/no-such-thing/", "/api/", f"{COMMITMENTS}NONE-1/", "/api/v1/posts/999/", f"/api/v1/posts/{'9' * 20}/", f"/api/v1/posts/{'9' * 5000}/", "/api/v1/posts/true/", "/api/v1/meetings/1.5/"],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_and_no_page(api: Any, address: str) -> None:
    assert is_problem(api.get(address), 404)


def test_a_method_a_format_or_a_type_that_is_not_there_is_a_problem(api: Any) -> None:
    xml = api.post(COMMITMENTS, "<a/>", content_type="application/xml")

    assert is_problem(api.delete(COMMITMENTS), 405)
    assert is_problem(api.options(COMMITMENTS), 405)
    assert is_problem(xml, 415)
    assert is_problem(api.get(COMMITMENTS, headers={"Accept": "text/html"}), 406)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b'{"forum": NaN}',
        b'{"forum": Infinity}',
        b'{"cadence_months": 1e400}',
        b'{"cadence_months": ' + b"9" * 5_000 + b"}",
        b'{"title_en": "a", "title_en": "b"}',
        b'{"title_en": "\xff"}',
        b'\xef\xbb\xbf{"title_en": "a"}',
        '{"title_en": "한"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title_en": "\\u0000"}',
        b'{"forum": "\\u0000"}',
        b'{"kind": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"parties": ["\\udfff"]}',
    ],
)
def test_a_body_that_is_no_sound_json_is_refused(api: Any, body: bytes) -> None:
    answer = api.generic("POST", COMMITMENTS, body, content_type="application/json")

    assert is_problem(answer, 400)
    assert not Commitment.objects.exists()


def test_a_body_in_chunks_is_refused_rather_than_lost(api: Any, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    answer = api.patch(f"{COMMITMENTS}{commitment.reference}/", {}, headers={"Transfer-Encoding": "chunked"})

    assert is_problem(answer, 411)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000

    answer = api.post(COMMITMENTS, {"title_en": "x" * 10_000})

    assert is_problem(answer, 413)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title_en", "x" * 1_000_000),
        ("title_en", 12),
        ("title_en", "a\u202eb"),
        ("forum", "NONE"),
        ("forum", "\x01"),
        ("forum", 1),
        ("forum", None),
        ("forum", ["SCCD"]),
        ("lead", True),
        ("lead", 1.5),
        ("lead", "1"),
        ("lead", 10**20),
        ("lead", -1),
        ("cadence_months", "6"),
        ("cadence_months", 6.0),
        ("cadence_months", 10**20),
        ("cadence_months", 0),
        ("high_priority", "yes"),
        ("high_priority", 1),
        ("declared_on", "0001-01-01"),
        ("declared_on", "9999-12-31"),
        ("declared_on", "2024-02-30"),
        ("declared_on", "20240627"),
        ("declared_on", 20240627),
        ("kind", "x" * 1_000_000),
        ("kind", {"a": "b"}),
        ("parties", "KOR"),
        ("parties", {"KOR": 1}),
        ("parties", ["KOR"] * 101),
        ("reference", "MINE-1"),
        ("workflow", "closed"),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("forum__desk", 1),
        ("pk", 1),
    ],
)
def test_a_field_that_is_wrong_is_named(api: Any, forum: Forum, field: str, value: Any) -> None:
    sound = {"title_en": "Continue discussions", "forum": forum.code}

    answer = api.post(COMMITMENTS, sound | {field: value})

    assert is_problem(answer, 400)
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
    assert len(answer.content) < 1_000
    assert not Commitment.objects.exists()


def test_an_item_of_a_list_is_named_by_its_place(api: Any, forum: Forum) -> None:
    make_party("KOR")

    answer = api.post(COMMITMENTS, {"title_en": "A", "forum": forum.code, "parties": ["KOR", "XXX"]})

    assert answer.json()["errors"] == [{"pointer": "#/parties/1", "detail": "There is no such entry."}]


def test_a_fact_about_the_whole_is_said_of_the_whole(api: Any, forum: Forum) -> None:
    answer = api.post(COMMITMENTS, {"forum": forum.code})

    assert answer.json()["errors"] == [{"pointer": "#", "detail": "Give it a name in at least one language."}]


def test_a_line_break_in_a_title_becomes_a_space_and_hangul_is_composed(api: Any, forum: Forum) -> None:
    said = {"title_en": "One\r\nBcc: two", "title_ko": "협력", "forum": forum.code}

    shown = api.post(COMMITMENTS, said).json()

    assert (shown["title_en"], shown["title_ko"]) == ("One Bcc: two", "협력")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("forum__code=SCCD", "forum__code"),
        ("parent__title__startswith=a", "parent__title__startswith"),
        ("format=api", "format"),
        ("forum=NONE", "forum"),
        ("forum=SCCD&forum=SCCD", "forum"),
        ("state=late", "state"),
        ("due_before=tomorrow", "due_before"),
        ("due_before=12/31/2026", "due_before"),
        ("q=" + "x" * 201, "q"),
        ("ordering=forum__desk", "ordering"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=1e3", "limit"),
        ("limit=²", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=é:é:é", "cursor"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(api: Any, forum: Forum, query: str, parameter: str) -> None:
    answer = api.get(f"{COMMITMENTS}?{query}")

    assert is_problem(answer, 400)
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize("query", ["q=%FF", "q=%ED%A0%80", "q=%01", "q=%25", "forum=%01"])
def test_no_search_text_breaks_the_search(api: Any, query: str) -> None:
    assert api.get(f"{COMMITMENTS}?{query}").status_code in (200, 400)


def test_a_refusal_is_in_the_callers_language_as_far_as_it_is_translated(api: Any) -> None:
    answer = api.post(COMMITMENTS, {}, headers={"Accept-Language": "ko"})

    assert is_problem(answer, 400)
    assert answer.headers["Content-Language"] == "ko"


def test_what_the_database_refuses_is_a_conflict_in_its_sentence(api: Any, monkeypatch: Any) -> None:
    make_party("KOR")
    monkeypatch.setattr(Party, "full_clean", lambda *args, **kwargs: None)
    monkeypatch.setattr(Party, "validate_constraints", lambda *args, **kwargs: None)
    said = {"code": "KOR", "name_en": "Twice", "calendar": "KR"}

    answer = api.post("/api/v1/parties/", said)

    assert is_problem(answer, 409)
    assert answer.json()["detail"] == "This is in the register already."
    assert Party.objects.count() == 1


def test_a_fault_of_ours_shows_no_trace(officer: User, monkeypatch: Any) -> None:
    _row, token = ApiToken.objects.create(officer)
    browser = Client(raise_request_exception=False)
    monkeypatch.setattr("tracker.paging.KeysetPagination.limit", lambda self: 1 / 0)

    answer = browser.get(COMMITMENTS, headers={"Authorization": f"Token {token}"})

    assert is_problem(answer, 500)
    assert "division" not in answer.content.decode()


def test_no_answer_stays_in_a_cache(api: Any) -> None:
    assert api.get(COMMITMENTS).headers["Cache-Control"] == "no-store"


# How it pages


def pages(api: Any, address: str) -> list[list[Any]]:
    found = []
    while address:
        answer = api.get(address).json()
        found.append(answer["results"])
        address = answer["next"]
    return found


@pytest.mark.parametrize("ordering", ["due_on", "-due_on"])
def test_pages_follow_each_other_though_all_fall_due_on_one_day(
    api: Any, forum: Forum, ordering: str
) -> None:
    commitment = make_commitment(forum=forum)
    made = [make_follow_up(date(2030, 6, 15), commitment=commitment).pk for _number in range(7)]

    found = pages(api, f"/api/v1/follow-ups/?limit=3&ordering={ordering}&state=open")

    assert [len(page) for page in found] == [3, 3, 1]
    assert [row["id"] for page in found for row in page] == (made if ordering == "due_on" else made[::-1])


def test_what_is_entered_meanwhile_moves_nothing(api: Any, forum: Forum) -> None:
    for number in range(2, 6):
        make_commitment(forum=forum, reference=f"B-{number}")
    first = api.get(f"{COMMITMENTS}?limit=2").json()

    make_commitment(forum=forum, reference="A-1")

    assert [row["reference"] for row in api.get(first["next"]).json()["results"]] == ["B-4", "B-5"]


def test_a_cursor_of_one_ordering_is_refused_by_another(api: Any, forum: Forum) -> None:
    make_commitment(forum=forum), make_commitment(forum=forum)
    following = api.get(f"{COMMITMENTS}?limit=1").json()["next"]

    assert is_problem(api.get(f"{following}&ordering=-reference"), 400)


# What it says about itself


def test_the_document_is_valid_and_complete(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))

    assert "openapi: 3.1" in (tmp_path / "openapi.yaml").read_text()


def test_the_document_is_for_people_and_systems_that_signed_in(api: Any, client: Client) -> None:
    document = json.loads(api.get("/api/v1/schema/", headers={"Accept": "application/json"}).content)

    assert document["paths"]["/api/v1/commitments/"]["get"]["responses"]["default"]
    assert is_problem(client.get("/api/v1/schema/"), 401)


def test_the_page_about_it_runs_under_the_strict_policy(client: Client, officer: User) -> None:
    client.force_login(officer)

    page = client.get("/api/v1/docs/")
    script = client.get("/api/v1/docs/?script=")

    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "<style" not in page.content.decode()
    assert page.content.count(b"<script ") == page.content.count(b"<script src=")
    assert "http" not in page.content.decode().replace('content="width', "")
    assert script.headers["Content-Type"] == "application/javascript"


def test_the_page_about_it_asks_a_person_to_sign_in(client: Client) -> None:
    assert client.get("/api/v1/docs/").status_code == 302


def test_the_root_lists_what_there_is(api: Any) -> None:
    assert api.get("/api/v1/").json()["commitments"] == "http://testserver/api/v1/commitments/"
