"""Every page of every kind of entry, for whoever may sign in."""

import unicodedata
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import access
from commitments.models import ApiToken, Change, Commitment, User
from tests.commitments import any_row
from tests.commitments.admin_pages import address, make_administrator, page_of, registered, signed_in
from tests.factories import make_forum, make_officer, make_user

pytestmark = pytest.mark.django_db

KINDS = [model for model in registered() if model._meta.app_label == "commitments"]
every_kind = pytest.mark.parametrize("model", KINDS, ids=lambda model: model._meta.model_name)
# On the pages of what they belong to.
PARTS = {
    "assignment",
    "closing",
    "commitmentparty",
    "commitmentprovision",
    "commitmentrelation",
    "commitmenttopic",
    "contactorganisation",
    "contactpost",
    "evidence",
    "forumparty",
    "grant",
    "holiday",
    "interpretation",
    "membership",
    "movedpost",
    "organisationname",
    "postholding",
    "relatedforum",
    "reorganisation",
}


@pytest.fixture
def administrator() -> Client:
    return signed_in(make_administrator())


@pytest.fixture
def person() -> User:
    return make_officer(make_forum())


@pytest.fixture
def officer(person: User) -> Client:
    return signed_in(person)


def saved(model: Any) -> Any:
    return ApiToken.objects.create(make_user())[0] if model is ApiToken else any_row.saved(model)


def queries_of(client: Client, url: str) -> int:
    client.get(url)  # the first page of a session stores something
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_every_kind_of_entry_has_its_pages_or_stands_on_those_of_another() -> None:
    recorded = {m._meta.model_name for m in any_row.RECORDED if m._meta.app_label == "commitments"}

    assert {m._meta.model_name for m in KINDS} == recorded - PARTS | {"apitoken"}


@every_kind
def test_a_list_asks_the_same_number_of_questions_for_three_rows_and_for_twelve(
    model: Any, administrator: Client
) -> None:
    for _ in range(3):
        saved(model)
    few = queries_of(administrator, address(model, "changelist"))
    for _ in range(9):
        saved(model)

    many = queries_of(administrator, address(model, "changelist"))

    assert many == few


@every_kind
def test_an_administrator_opens_the_pages_of_an_entry(model: Any, administrator: Client) -> None:
    row = saved(model)
    closed_pages = {ApiToken: 404}

    opened = [administrator.get(page_of(row, page)).status_code for page in ("change", "history")]

    assert opened == [closed_pages.get(model, 200)] * 2


@every_kind
def test_an_administrator_opens_the_page_for_a_new_entry(model: Any, administrator: Client) -> None:
    expected = 403 if model._meta.model_name == "request" else 200

    assert administrator.get(address(model, "add")).status_code == expected


@every_kind
def test_an_officer_opens_the_list(model: Any, officer: Client) -> None:
    saved(model)

    assert officer.get(address(model, "changelist")).status_code == 200


@every_kind
def test_an_officer_enters_all_but_people_and_keys(model: Any, officer: Client) -> None:
    refused = model._meta.model_name in {"user", "apitoken", "request"}

    assert officer.get(address(model, "add")).status_code == (403 if refused else 200)


@every_kind
def test_an_entry_that_one_may_not_see_is_not_found(model: Any, person: User, officer: Client) -> None:
    row = saved(model)
    expected = 200 if row in access.visible(model.objects.all(), person) else 404

    opened = {officer.get(page_of(row, page)).status_code for page in ("change", "history")}

    assert opened == {expected}


@every_kind
def test_nothing_is_deleted_on_its_page(model: Any, administrator: Client) -> None:
    row = saved(model)

    assert administrator.get(page_of(row, "delete")).status_code == 403
    assert administrator.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@every_kind
def test_any_search_has_an_answer(model: Any, administrator: Client) -> None:
    saved(model)
    searches = ["q=x", "q=협력", "q=" + "a" * 60_000, "q=%ED%A0%80", "o=99", "p=99", "p=last", "e=1"]

    answers = {
        asked: administrator.get(f"{address(model, 'changelist')}?{asked}", follow=True).status_code
        for asked in searches
    }

    assert set(answers.values()) == {200}


@every_kind
def test_every_choice_of_every_filter_has_an_answer(model: Any, officer: Client) -> None:
    saved(model)
    url = address(model, "changelist")
    changelist = officer.get(url).context["cl"]
    choices = [c["query_string"] for spec in changelist.filter_specs for c in spec.choices(changelist)]

    answered = {officer.get(url + choice).status_code for choice in choices}

    assert answered <= {200}


@pytest.mark.parametrize("key", ["0", "abc", "99999999999999999999999", "1/../2"])
def test_a_key_that_is_no_entry_is_not_found(key: str, administrator: Client) -> None:
    assert administrator.get(address(Commitment, "change", key)).status_code == 404


def test_names_in_any_language_are_found(administrator: Client) -> None:
    for words in [{"title_ko": "핵심광물 논의 지속"}, {"title_ja": "重要鉱物"}, {"aliases": "CMSWG"}]:
        row = saved(Commitment)
        Commitment.objects.filter(pk=row.pk).update(**words)
        found = administrator.get(address(Commitment, "changelist"), {"q": next(iter(words.values()))})
        assert [one.pk for one in found.context["cl"].result_list] == [row.pk]


def test_hangul_typed_on_a_mac_is_found(administrator: Client) -> None:
    row = saved(Commitment)
    Commitment.objects.filter(pk=row.pk).update(title_ko="협력위원회")

    found = administrator.get(
        address(Commitment, "changelist"), {"q": unicodedata.normalize("NFD", "협력위원회")}
    )

    assert [one.pk for one in found.context["cl"].result_list] == [row.pk]


def test_no_address_can_guess_at_a_password_or_a_key(administrator: Client) -> None:
    guesses = [(User, "password__startswith"), (ApiToken, "digest__startswith"), (ApiToken, "token_key")]

    for model, lookup in guesses:
        assert administrator.get(address(model, "changelist"), {lookup: "a"}).status_code == 400


@every_kind
def test_no_page_needs_what_the_content_policy_forbids(model: Any, administrator: Client) -> None:
    row = saved(model)
    pages = [address(model, "changelist"), page_of(row), page_of(row, "history"), address(model, "add")]

    for page in pages:
        html = administrator.get(page).content.decode().lower()
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<script>" not in html
        assert "javascript:" not in html


def test_opening_pages_changes_nothing(administrator: Client) -> None:
    row = saved(Commitment)
    before = Change.objects.count()

    for page in ("change", "history"):
        administrator.get(page_of(row, page))

    assert Change.objects.count() == before
