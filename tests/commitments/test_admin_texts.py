"""Declared words are kept to the character, found in their text, and locked once approved."""

from typing import Any

import pytest
from django.test import Client

from commitments.models import DocumentText, Forum, Provision
from tests.commitments.admin_pages import address, errors, page_of, save, signed_in, told
from tests.factories import make_document, make_forum, make_officer, make_text

pytestmark = pytest.mark.django_db

BODY = "  They will meet.\nThey will continue discussions, and meet again.  "


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


def make_body(forum: Forum, body: str = BODY) -> DocumentText:
    return make_text(body, document=make_document(forum=forum))


def add_text(client: Client, forum: Forum, **typed: Any) -> Any:
    known = {"document": make_document(forum=forum).pk, "language": "en", "authority": 5, "source": "A paper"}
    return save(client, address(DocumentText, "add"), **{**known, **typed})


def add_words(client: Client, text: DocumentText, **typed: Any) -> Any:
    return save(client, address(Provision, "add"), text=text.pk, **typed)


def at_field(response: Any, name: str) -> list[str]:
    return list(response.context["adminform"].form.errors[name])


def test_the_line_breaks_of_the_browser_are_not_part_of_the_text(client: Client, forum: Forum) -> None:
    add_text(client, forum, body=BODY.replace("\n", "\r\n"))

    assert DocumentText.objects.get().body == BODY


def test_saving_other_fields_leaves_a_text_as_it_was_received(client: Client, forum: Forum) -> None:
    text = make_body(forum, "One\r\ntwo\rthree\nfour")

    save(client, page_of(text), source="Another paper", body="One\r\ntwo\r\nthree\r\nfour")

    text.refresh_from_db()
    assert (text.source, text.body) == ("Another paper", "One\r\ntwo\rthree\nfour")


def test_an_empty_text_is_refused(client: Client, forum: Forum) -> None:
    assert at_field(add_text(client, forum, body=""), "body") == ["This field is required."]


def test_approving_locks_the_words(client: Client, forum: Forum) -> None:
    text = make_body(forum)

    response = client.post(page_of(text, "deed", "approve"), {"_confirmed": "1"}, follow=True)
    save(client, page_of(text), body="Something else", language="ko", source="Named better")

    text.refresh_from_db()
    assert told(response) == ["Approved. The words are locked."]
    assert (text.body, text.language, text.source) == (BODY, "en", "Named better")
    assert "/do/approve/" not in client.get(page_of(text)).content.decode()


def test_several_texts_are_approved_from_the_list(client: Client, forum: Forum) -> None:
    texts = [make_body(forum), make_body(forum)]
    chosen = {"action": "approve", "_selected_action": [text.pk for text in texts]}
    url = address(DocumentText, "changelist")

    asked = client.post(url, {**chosen, "index": 0})
    client.post(url, {**chosen, "_confirmed": "1"})

    assert "From here on the words cannot be changed." in asked.content.decode()
    assert not DocumentText.objects.filter(approved_at=None).exists()


def test_texts_of_another_desk_are_not_approved(client: Client, forum: Forum) -> None:
    theirs = make_body(make_forum())
    url = address(DocumentText, "changelist")

    client.post(url, {"action": "approve", "_selected_action": [theirs.pk], "_confirmed": "1"})

    assert DocumentText.objects.filter(approved_at=None).exists()


def test_words_are_found_in_their_text(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), quote="continue discussions")

    words = Provision.objects.get()
    assert (words.start, words.end) == (28, 48)


def test_words_that_stand_twice_are_found_from_the_place_named(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), quote="meet", start="20")

    assert Provision.objects.get().start == BODY.rindex("meet")


def test_a_place_alone_gives_the_words(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), start="28", end="48")

    assert Provision.objects.get().quote == "continue discussions"


def test_words_over_two_lines_are_found(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), quote="meet.\r\nThey")

    assert Provision.objects.get().quote == "meet.\nThey"


def test_another_place_takes_other_words(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), quote="continue discussions")
    words = Provision.objects.get()

    save(client, page_of(words), end="36")

    words.refresh_from_db()
    assert words.quote == "continue"


def test_other_words_find_another_place(client: Client, forum: Forum) -> None:
    add_words(client, make_body(forum), quote="continue discussions")
    words = Provision.objects.get()

    save(client, page_of(words), quote="They will meet")

    words.refresh_from_db()
    assert words.start == 2


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({}, "quote", "Give the words, or the place where they stand."),
        ({"quote": "   "}, "quote", "Give the words, or the place where they stand."),
        (
            {"quote": "abandon discussions"},
            "quote",
            "These words do not stand in the text. Copy them from it exactly.",
        ),
        (
            {"quote": "abandon", "start": "28", "end": "36"},
            "quote",
            "These words differ from the passage: “continue”.",
        ),
        ({"start": "0", "end": "9999"}, "end", "The text ends at character 67."),
        ({"start": "9", "end": "9"}, "__all__", "The passage ends before it starts."),
        ({"start": "-1", "end": "9"}, "start", "Ensure this value is greater than or equal to 0."),
        ({"quote": "continue", "verdict": "not_a_commitment"}, "__all__", "Say why it is not a commitment."),
    ],
)
def test_words_that_are_not_there_are_refused_at_their_field(
    typed: dict[str, str], field: str, sentence: str, client: Client, forum: Forum
) -> None:
    response = add_words(client, make_body(forum), **typed)

    assert at_field(response, field) == [sentence]
    assert not Provision.objects.exists()


def test_a_text_is_not_changed_under_the_words_taken_from_it(client: Client, forum: Forum) -> None:
    text = make_body(forum)
    add_words(client, text, quote="continue discussions")

    response = save(client, page_of(text), body="Nothing of it remains.")

    text.refresh_from_db()
    assert errors(response) == [
        "Declared words that stand in the register would no longer stand in the text."
    ]
    assert text.body == BODY
