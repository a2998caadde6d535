"""The search follows the register on every way of writing, by an index, on both databases."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from commitments import checks, facts, indexing, searching
from commitments.models import Findable, Provision, Unread, User
from commitments.search_words import asked
from tests.commitments.any_row import Row
from tests.commitments.writing_paths import CHANGING, DELETING, ENTERING, execute
from tests.factories import (
    make_commitment,
    make_document,
    make_forum,
    make_meeting,
    make_officer,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make_user(is_superuser=True, is_staff=True)


def found(typed: str, user: User) -> list[tuple[str, int]]:
    indexing.catch_up()
    return [(kind, row.key) for kind, rows in searching.find(typed, user).items() for row in rows]


# Each kind of entry: one to be entered, the column that names it, and what finds it.
MADE: dict[str, Callable[[], Row]] = {
    "commitment": make_commitment,
    "forum": make_forum,
    "meeting": make_meeting,
    "document": make_document,
}
COLUMN = {"commitment": "title_ko", "forum": "name_ja", "meeting": "aliases", "document": "letter_number"}


def copied(row: Row, **changes: Any) -> Row:
    """A new one like it, unsaved."""
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    unique = {"reference": "X-2026-99", "code": "XX", "ordinal": 99}
    return type(row)(**{**columns, **{k: v for k, v in unique.items() if k in columns}, **changes})


@pytest.mark.parametrize("path", ENTERING)
@pytest.mark.parametrize("kind", MADE)
def test_what_is_entered_is_found(kind: str, path: str, administrator: User) -> None:
    row = copied(MADE[kind](), **{COLUMN[kind]: "핵심광물 협의"})

    ENTERING[path](row)

    assert [each for each, _key in found("핵심", administrator)] == [kind]


@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize("kind", MADE)
def test_what_is_changed_is_found_by_its_new_words_only(kind: str, path: str, administrator: User) -> None:
    row = MADE[kind]()
    CHANGING["update"](row, {COLUMN[kind]: "반도체"})
    indexing.catch_up()

    CHANGING[path](row, {COLUMN[kind]: "鉱物"})

    assert found("鉱物", administrator) == [(kind, row.pk)]
    assert found("반도체", administrator) == []


@pytest.mark.parametrize("path", DELETING)
def test_what_is_deleted_is_not_found(path: str, administrator: User) -> None:
    row = make_document(title_en="Chair's summary")
    indexing.catch_up()

    DELETING[path](row)

    assert found("summary", administrator) == []
    assert not Findable.objects.filter(kind="document").exists()


@pytest.mark.parametrize("path", ENTERING)
def test_declared_words_are_found_however_they_are_entered(path: str, administrator: User) -> None:
    body = "長官은 핵심광물 분야의 협력을 지속한다."
    ENTERING[path](
        Provision(text=make_text(body, language="ko"), start=0, end=len(body), quote=body, verdict="proposed")
    )

    assert [kind for kind, _key in found("광물 협력", administrator)] == ["provision"]


@pytest.mark.parametrize("path", CHANGING)
def test_a_number_of_a_letter_finds_the_commitment_that_it_reports_on(path: str, administrator: User) -> None:
    report = make_report(letter_number="미주통상과-7")
    indexing.catch_up()

    CHANGING[path](report, {"letter_number": "미주통상과-1234"})

    assert found("1234", administrator) == [("commitment", report.commitment_id)]
    assert found('"미주통상과-7"', administrator) == []


@pytest.mark.parametrize("path", ENTERING)
def test_a_letter_that_shows_it_finds_the_commitment(path: str, administrator: User) -> None:
    report = make_report()

    ENTERING[path](report.evidence.model(report=report, title="Minutes", letter_number="에너지과-88"))

    assert found("에너지과-88", administrator) == [("commitment", report.commitment_id)]


def make_report(**fields: Any) -> Row:
    commitment = make_commitment()
    source = "letter" if "letter_number" in fields else "register"
    return commitment.reports.create(
        **{"no_change": True, "reported_on": commitment.declared_on, "source": source, **fields}
    )


@pytest.mark.parametrize("path", CHANGING)
def test_a_meeting_is_found_by_the_new_short_name_of_its_forum(path: str, administrator: User) -> None:
    meeting = make_meeting(ordinal=3)
    indexing.catch_up()

    CHANGING[path](meeting.forum, {"code": "SCCD"})

    assert found('"SCCD 3"', administrator) == [("meeting", meeting.pk)]


def test_what_does_not_concern_the_words_is_not_read_again() -> None:
    commitment = make_commitment()
    indexing.catch_up()

    commitment.outlook = "at_risk"
    commitment.save()

    assert not Unread.objects.exists()


def test_reading_anew_may_run_any_number_of_times(administrator: User) -> None:
    commitment = make_commitment(title_en="Critical minerals")
    make_provision("continue discussions")
    Findable.objects.create(kind="commitment", object_id=10**6, texts=[], tokens="critical")

    counts = [indexing.rebuild() for _time in range(3)]

    assert counts == [5, 5, 5]  # with two forums and a document
    assert found("critical", administrator) == [("commitment", commitment.pk)]


def test_the_command_says_how_many_entries_can_be_found() -> None:
    make_commitment()
    said = StringIO()

    call_command("index_words", stdout=said)
    call_command("index_words", "--since", stdout=said)

    assert said.getvalue() == "2 entries can be found.\n0 entries were read.\n"


# By an index


def plan(typed: str) -> str:
    rows = Findable.objects.holding(asked(typed)).values("object_id")
    if connection.vendor == "postgresql":
        execute("SET LOCAL enable_seqscan = off")  # for so few rows it would not trouble
    return rows.explain()


@pytest.mark.parametrize(
    "typed", ["minerals", '"critical minerals"', "핵심", "광물", "핵심광물", "鉱物", "물"]
)
def test_words_are_looked_up_in_the_index(typed: str) -> None:
    expected = {
        "postgresql": "Bitmap Index Scan on commitments_findable_words",
        "sqlite": "SCAN commitments_findable_words VIRTUAL TABLE INDEX",
    }[connection.vendor]

    said = plan(typed)

    assert expected in said
    assert "SCAN commitments_findable\n" not in f"{said}\n"


# Who may see it


def test_an_officer_finds_what_is_theirs_and_nothing_else() -> None:
    mine, other = (make_commitment(title_en="Critical minerals") for _n in range(2))

    assert found("minerals", make_officer(mine.forum)) == [("commitment", mine.pk)]
    assert other.pk != mine.pk


def test_restricted_words_are_found_by_those_only_to_whom_they_are_granted() -> None:
    commitment = make_commitment(marking="restricted", title_en="Secret minerals")
    text = make_text("They agreed on secret minerals.", document=make_document(forum=commitment.forum))
    commitment.provisions.add(make_provision("secret minerals", text=text))
    officer, granted = (make_officer(commitment.forum) for _n in range(2))
    commitment.grants.create(user=granted, reason="Keeps it")

    assert found("secret", officer) == []
    assert {kind for kind, _key in found("secret", granted)} == {"commitment", "provision"}


def test_nobody_who_has_left_finds_anything() -> None:
    commitment = make_commitment(title_en="Critical minerals")
    officer = make_officer(commitment.forum, is_active=False)

    assert found("minerals", officer) == []


# The triggers


def test_a_missing_trigger_is_reported_and_migrating_reads_everything_anew(administrator: User) -> None:
    assert checks.words_are_followed() == []
    indexing.remove()
    commitment = make_commitment(title_en="Unnoticed")
    [warning] = checks.words_are_followed()
    assert warning.id == "commitments.W002"

    call_command("migrate", stdout=StringIO())

    assert checks.words_are_followed() == []
    assert found("unnoticed", administrator) == [("commitment", commitment.pk)]


def test_both_databases_note_the_same() -> None:
    kept = set(indexing.FULL_TEXT_KEPT)  # SQLite's table beside the table, an index on PostgreSQL

    assert indexing.names("sqlite") - kept == indexing.names("postgresql")
    assert indexing.names(connection.vendor) <= facts.installed()
