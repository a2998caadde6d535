"""Bad input gets a sentence at its field, and nothing is half written."""

import unicodedata
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from commitments.models import Change, Commitment, Forum, Organisation, RelatedForum, User
from tests.commitments.admin_pages import (
    address,
    errors,
    filled_in,
    make_administrator,
    page_of,
    row_of,
    save,
    signed_in,
)
from tests.factories import (
    make_commitment,
    make_document,
    make_forum,
    make_meeting,
    make_officer,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db

ADD = address(Commitment, "add")
LEAD_TWICE = "This party has a lead for it already. End that one first."


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum))


def add(client: Client, forum: Forum, **typed: Any) -> Any:
    return save(client, ADD, **{"title_en": "A title", "forum": forum.pk, **typed})


def at_field(response: Any, name: str) -> list[str]:
    return list(response.context["adminform"].form.errors[name])


# -- text


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("with \x00 in it", "Null characters are not allowed."),
        (
            "bell \x07",
            "The text has a character that cannot be shown (U+0007 at position 6). Remove it.",
        ),
        (
            "turned \u202egnp.exe",
            "The text has a character that cannot be shown (U+202E at position 8). Remove it.",
        ),
        ("a" * 1_000_000, "Ensure this value has at most 300 characters (it has 1000000)."),
    ],
    ids=["nul", "control", "direction", "megabyte"],
)
def test_a_title_that_cannot_be_shown_is_refused_at_its_field(
    title: str, sentence: str, client: Client, forum: Forum
) -> None:
    response = add(client, forum, title_en=title)

    assert at_field(response, "title_en") == [sentence]
    assert not Commitment.objects.exists()


def test_half_a_character_does_not_reach_the_register(client: Client, forum: Forum) -> None:
    """A lone surrogate, as its bytes would be in UTF-8; the web framework reads them as U+FFFD."""
    sent = {**filled_in(client.get(ADD)), "forum": forum.pk, "title_en": "HALF"}
    body = urlencode(sent).replace("HALF", "half%ED%A0%80")

    response = client.post(ADD, body, content_type="application/x-www-form-urlencoded")

    assert response.status_code in {200, 302}
    assert not any("\ud800" in commitment.title_en for commitment in Commitment.objects.all())


def test_a_title_is_one_line_whatever_was_pasted(client: Client, forum: Forum) -> None:
    add(client, forum, title_en="One\r\nBcc: everybody@ministry.example\u2028three")

    assert Commitment.objects.get().title_en == "One Bcc: everybody@ministry.example three"


def test_hangul_typed_on_a_mac_is_stored_as_everybody_types_it(client: Client, forum: Forum) -> None:
    add(client, forum, title_en="", title_ko=unicodedata.normalize("NFD", "핵심광물"))

    assert Commitment.objects.get().title_ko == "핵심광물"


def test_a_commitment_needs_a_title_in_some_language(client: Client, forum: Forum) -> None:
    assert errors(add(client, forum, title_en=" ")) == ["Give it a name in at least one language."]


def test_a_reason_that_cannot_be_shown_is_refused_at_its_field(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    response = save(client, page_of(commitment), outlook="at_risk", why="bell \x07")

    assert "U+0007" in at_field(response, "why")[0]
    assert Commitment.objects.get().outlook == ""


# -- numbers and links


@pytest.mark.parametrize("months", ["1e400", "NaN", "-1", "121", "99999999999999999999", "six"])
def test_a_rhythm_that_cannot_be_is_refused_at_its_field(months: str, client: Client, forum: Forum) -> None:
    response = add(client, forum, cadence_months=months)

    assert len(at_field(response, "cadence_months")) >= 1
    assert not Commitment.objects.exists()


@pytest.mark.parametrize("key", ["", "0", "abc", "99999999999999999999", "1e400"])
def test_a_forum_that_is_not_there_is_refused_at_its_field(key: str, client: Client) -> None:
    response = save(client, ADD, title_en="A title", forum=key)

    assert len(at_field(response, "forum")) == 1


def test_a_working_group_of_another_forum_is_refused_at_its_field(client: Client, forum: Forum) -> None:
    response = add(client, forum, working_group=make_forum().pk)

    assert at_field(response, "working_group") == ["That group does not belong to this forum."]


def test_a_meeting_of_another_forum_is_refused_at_its_field(client: Client, forum: Forum) -> None:
    document, elsewhere = make_document(forum=forum), make_meeting()

    response = save(client, page_of(document), meeting=elsewhere.pk)

    assert at_field(response, "meeting") == ["That meeting belongs to another forum."]


def test_a_forum_is_not_above_itself(client: Client, forum: Forum) -> None:
    below = make_forum(parent=make_forum(parent=forum))

    response = save(client, page_of(forum), parent=below.pk)

    forum.refresh_from_db()
    assert at_field(response, "parent") == ["This would put the entry above itself. Choose another."]
    assert forum.parent is None


def test_a_division_is_not_above_itself() -> None:
    bureau = make_organisation()
    division = make_organisation(parent=bureau)
    client = signed_in(make_user(is_staff=True, is_superuser=True))

    response = save(client, page_of(bureau), parent=division.pk)

    assert at_field(response, "parent") == ["This would put the entry above itself. Choose another."]


def test_a_division_is_part_of_a_body_of_its_own_country(client: Client) -> None:
    url = address(Organisation, "add")

    response = save(
        client, url, name_en="X", party=make_party("JPN").pk, parent=make_organisation(party=make_party()).pk
    )

    assert at_field(response, "parent") == ["The body it is part of belongs to another party."]


def test_a_forum_is_not_related_to_itself(client: Client, forum: Forum) -> None:
    response = save(client, page_of(forum), **row_of("related_links", other=forum.pk))

    assert len(errors(response)) == 1
    assert not RelatedForum.objects.exists()


# -- leads, relations


def test_a_second_lead_of_a_party_is_refused_at_its_row(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, lead=make_post())
    second = row_of("assignments", 1, post=make_post().pk, role="lead", from_on="2026-01-01")

    response = save(client, page_of(commitment), outlook="at_risk", **second)

    owners = response.context["inline_admin_formsets"][0].formset
    assert owners.forms[1].errors == {"role": [LEAD_TWICE]}
    assert commitment.assignments.count() == 1
    assert Commitment.objects.get().outlook == ""


def test_two_new_leads_of_a_party_are_refused_by_the_database_in_words(client: Client, forum: Forum) -> None:
    lead = {"role": "lead", "from_on": "2026-01-01", "until_on": "2030-01-01"}
    first = row_of("assignments", 0, post=make_post().pk, **lead)
    second = row_of("assignments", 1, post=make_post().pk, **lead)

    response = add(client, forum, **{**first, **second})

    assert response.context["inline_admin_formsets"][0].formset.non_form_errors() == [
        "The party has another lead in that time, or the post validates what it leads."
    ]
    assert not Commitment.objects.exists()
    assert not Change.objects.filter(model="commitments.commitment").exists()


def test_the_validator_is_not_the_lead(client: Client, forum: Forum) -> None:
    post = make_post()
    commitment = make_commitment(forum=forum, lead=post)
    validator = row_of("assignments", 1, post=post.pk, role="validator", from_on="2026-01-01")

    response = save(client, page_of(commitment), **validator)

    assert errors(response) == ["The validator must be another post than the lead."]


def test_a_responsibility_does_not_end_before_it_starts(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum, lead=make_post())

    response = save(client, page_of(commitment), **{"assignments-0-until_on": "2001-01-01"})

    assert errors(response) == ["The responsibility ends before it starts."]


def test_a_commitment_does_not_advance_what_advances_it(client: Client, forum: Forum) -> None:
    older, newer = make_commitment(forum=forum), make_commitment(forum=forum)
    save(client, page_of(newer), **row_of("relations", kind="advances", other=older.pk))

    response = save(client, page_of(older), **row_of("relations", kind="advances", other=newer.pk))

    assert errors(response) == ["This would put the entry above itself. Choose another."]
    assert not older.relations.exists()


def test_a_relation_is_to_one_thing(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    response = save(client, page_of(commitment), **row_of("relations", kind="advances"))

    assert errors(response) == ["Choose either the other commitment or the document."]


# -- all or nothing


def test_what_is_refused_in_a_part_leaves_the_whole_page_unsaved(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    changes = Change.objects.count()

    save(
        client,
        page_of(commitment),
        outlook="on_track",
        **row_of("relations", kind="advances", other=commitment.pk),
    )

    assert Commitment.objects.get().outlook == ""
    assert Change.objects.count() == changes


def test_what_the_person_typed_is_still_there_after_a_refusal(client: Client, forum: Forum) -> None:
    first = row_of("assignments", 0, post=make_post().pk, role="lead", from_on="2026-01-01")
    second = row_of("assignments", 1, post=make_post().pk, role="lead", from_on="2026-01-01")

    response = add(client, forum, title_en="Typed with care", **{**first, **second})

    assert 'value="Typed with care"' in response.content.decode()


def test_a_post_without_its_form_is_refused(client: Client, forum: Forum) -> None:
    for url in [ADD, page_of(make_commitment(forum=forum))]:
        assert client.post(url, {}).status_code == 400


def test_a_person_needs_a_name(client: Client) -> None:
    administrator = signed_in(make_administrator())
    people = User.objects.count()

    response = save(administrator, address(User, "add"), username="kim", usable_password="false")

    assert errors(response) == ["Give it a name in at least one language."]
    assert User.objects.count() == people
