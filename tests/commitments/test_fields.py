import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from commitments.fields import LineField, ProseField
from commitments.models import DocumentText, Forum, Topic
from commitments.models.documents import fingerprint
from tests.factories import make_document, make_forum, make_text

COMPOSED = "핵심광물 협력"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)  # as a Mac types it
UNPRINTABLE = {
    "NUL": "\x00",
    "bell": "\x07",
    "delete": "\x7f",
    "lone surrogate": "\ud83d",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
}
LINE_BREAKS = ["\n", "\r", "\r\n", "\n\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"]

WAYS: dict[str, Callable[..., Any]] = {
    "save": lambda **fields: Topic(code="minerals", **fields).save(),
    "create": lambda **fields: Topic.objects.create(code="minerals", **fields),
    "bulk_create": lambda **fields: Topic.objects.bulk_create([Topic(code="minerals", **fields)]),
    "get_or_create": lambda **fields: Topic.objects.get_or_create(code="minerals", defaults=fields),
    "update": lambda **fields: Topic.objects.filter(pk=topic().pk).update(**fields),
    "bulk_update": lambda **fields: Topic.objects.bulk_update([topic(**fields)], list(fields)),
}
every_way = pytest.mark.parametrize("write", WAYS.values(), ids=list(WAYS))


def topic(**fields: Any) -> Topic:
    """A stored topic with `fields` set and not saved."""
    found = Topic.objects.create(code="minerals", name_en="Minerals")
    for name, value in fields.items():
        setattr(found, name, value)
    return found


@pytest.mark.django_db
@every_way
def test_hangul_from_any_keyboard_is_stored_alike(write: Callable[..., Any]) -> None:
    write(name_ko=DECOMPOSED, aliases=DECOMPOSED)

    stored = Topic.objects.get()
    assert (stored.name_ko, stored.aliases) == (COMPOSED, COMPOSED)


@pytest.mark.django_db
def test_hangul_from_any_keyboard_finds_the_same() -> None:
    forum = make_forum(name_ko=COMPOSED)

    assert list(Forum.objects.named(DECOMPOSED[:6])) == [forum]
    assert Forum.objects.get(name_ko=DECOMPOSED) == forum
    for part in ("contains", "icontains", "startswith", "istartswith"):
        assert Forum.objects.get(**{f"name_ko__{part}": DECOMPOSED[:6]}) == forum


@pytest.mark.django_db
@every_way
@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_title_stays_one_line(write: Callable[..., Any], line_break: str) -> None:
    write(name_en=f"Minerals{line_break}Bcc: everybody@example.org{line_break}")

    name = Topic.objects.get().name_en
    assert name == "Minerals Bcc: everybody@example.org"
    assert EmailMessage(subject=name).message()["Subject"] == name


@pytest.mark.django_db
def test_the_row_at_hand_reads_as_it_was_stored() -> None:
    forum = make_forum(name_en=" Two\nlines ", note="One\r\ntwo\rthree\ffour")

    assert (forum.name_en, forum.note) == ("Two lines", "One\ntwo\nthree\nfour")


@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=list(UNPRINTABLE))
@pytest.mark.parametrize("field", ["name_en", "note"])
def test_what_cannot_be_shown_is_refused_at_its_field(field: str, character: str) -> None:
    forum = Forum(code="SCCD", **{"name_en": "Dialogue", field: f"Four{character}"})

    with pytest.raises(ValidationError) as refusal:
        forum.clean_fields()

    [said] = refusal.value.message_dict[field]
    assert f"U+{ord(character):04X} at position 5" in said


@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=list(UNPRINTABLE))
def test_what_cannot_be_shown_is_refused_in_declared_words(character: str) -> None:
    text = DocumentText(language="en", authority=5, source="S", body=f"They will{character} act.")

    with pytest.raises(ValidationError) as refusal:
        text.clean_fields(exclude=["document", "sha256"])

    assert list(refusal.value.message_dict) == ["body"]


@pytest.mark.django_db
@every_way
@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=list(UNPRINTABLE))
def test_what_cannot_be_shown_is_not_stored_on_any_path(write: Callable[..., Any], character: str) -> None:
    for field in ("name_en", "aliases"):
        with pytest.raises(ValidationError), transaction.atomic():
            write(**{"name_en": "Minerals", field: f"Four{character}"})

    assert not Topic.objects.filter(name_en__startswith="Four").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=list(UNPRINTABLE))
def test_looking_for_what_cannot_be_stored_finds_nothing(character: str) -> None:
    make_forum(name_en="Dialogue")

    assert not Forum.objects.named(character).exists()
    assert not Forum.objects.filter(name_en=f"Dialogue{character}").exists()


@pytest.mark.parametrize(("field", "longest"), [("name_en", 300), ("note", 20_000)])
def test_a_megabyte_is_refused_at_its_field(field: str, longest: int) -> None:
    forum = Forum(code="SCCD", **{"name_en": "Dialogue", field: "x" * 1_000_000})

    with pytest.raises(ValidationError, match=f"at most {longest} characters") as refusal:
        forum.clean_fields()

    assert list(refusal.value.message_dict) == [field]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [DECOMPOSED, "One\r\ntwo ", " \tIndented\f", "é e\u0301", "\ufeffMark", "각 👨‍👩‍👧 𠮷"]
)
def test_declared_words_stay_exactly_as_received(body: str) -> None:
    text = make_text(body)
    text.full_clean()
    text.save()

    text.refresh_from_db()
    assert text.body == body
    assert text.sha256 == fingerprint(body)


@pytest.mark.django_db
def test_declared_words_stay_as_received_in_bulk_too() -> None:
    text = DocumentText(
        document=make_document(), language="ko", authority=5, body=DECOMPOSED, sha256=fingerprint(DECOMPOSED)
    )
    DocumentText.objects.bulk_create([text])

    assert DocumentText.objects.filter(body=DECOMPOSED).exists()


anything = st.text(st.characters(exclude_categories=["Cs"]))


@given(anything)
def test_one_line_is_one_line_composed_and_tidied_once(text: str) -> None:
    tidy = LineField().tidy(text)

    assert len(tidy.splitlines()) <= 1
    assert unicodedata.is_normalized("NFC", tidy)
    assert LineField().tidy(tidy) == tidy


@given(anything)
def test_prose_is_composed_and_tidied_once(text: str) -> None:
    tidy = ProseField().tidy(text)

    assert "\r" not in tidy
    assert unicodedata.is_normalized("NFC", tidy)
    assert ProseField().tidy(tidy) == tidy
