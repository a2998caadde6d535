"""The triggers are there, on both databases alike, and let through what must be possible."""

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from commitments import checks, facts
from commitments.models import DocumentText, FollowUp
from tests.commitments.any_row import NOW
from tests.commitments.writing_paths import execute
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_holding,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
)

DAY = date(2026, 6, 1)


def days(n: int) -> date:
    return DAY + timedelta(days=n)


# What must be possible


@pytest.mark.django_db
def test_a_post_changes_hands_from_one_day_to_the_next() -> None:
    post = make_post()

    make_holding(post, from_on=LONG_AGO, until_on=DAY)
    make_holding(post, from_on=days(1))

    assert [holding.from_on for holding in post.holdings.all()] == [LONG_AGO, days(1)]


@pytest.mark.django_db
def test_somebody_acts_for_a_post_beside_its_holder() -> None:
    post = make_post()
    make_holding(post)

    acting = make_holding(post, from_on=DAY, until_on=days(9), acting=True)

    assert post.holder_on(days(9)) == acting.user


@pytest.mark.django_db
def test_the_lead_changes_from_one_day_to_the_next() -> None:
    lead = make_assignment(make_commitment(), make_post(), until_on=DAY)

    make_assignment(lead.commitment, make_post(), from_on=days(1))

    assert [lead.commitment.assignments.active(day).count() for day in (DAY, days(1))] == [1, 1]


@pytest.mark.django_db
def test_each_party_has_its_lead() -> None:
    commitment = make_commitment(lead=make_post())

    make_assignment(commitment, make_post(organisation=make_organisation(party=make_party("JPN"))))

    assert commitment.assignments.leads().count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("quote", ["😀", "각", "\u1112\u1161\u11ab", "👨‍👩‍👧", "𠮷野家", "end."])
def test_spans_are_counted_in_code_points(quote: str) -> None:
    passage = make_provision(quote, text=make_text("A 😀 각 \u1112\u1161\u11ab 👨‍👩‍👧 𠮷野家 end."))

    passage.refresh_from_db()
    assert passage.quote == quote == passage.text.body[passage.start : passage.end]


@pytest.mark.django_db
def test_a_demonstration_can_be_removed() -> None:
    forum = make_forum(demonstration=True)
    text = make_text(document=make_document(forum=forum))
    text.approve(now=NOW)
    date = make_follow_up(DAY, commitment=make_commitment(forum=forum))
    sitting = make_follow_up(DAY, meeting=make_meeting(forum=forum))

    for row in (text, date, sitting):
        row.delete()

    assert not FollowUp.objects.exists()
    assert not DocumentText.objects.exists()


# The triggers themselves


@pytest.mark.django_db
def test_a_missing_trigger_is_reported_and_migrating_puts_it_back() -> None:
    assert checks.facts_are_installed() == []
    execute(
        "DROP TRIGGER " + ("followup_kept ON commitments_followup" if on_postgresql() else "followup_kept")
    )

    [error] = checks.facts_are_installed()
    assert error.id == "commitments.W001"
    assert "followup_kept" in error.msg

    call_command("migrate", stdout=StringIO())
    assert checks.facts_are_installed() == []


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


@pytest.mark.django_db(transaction=True)
def test_rebuilding_a_table_loses_no_trigger_for_longer_than_the_migration() -> None:
    with connection.schema_editor() as editor:
        getattr(editor, "_remake_table", lambda model: None)(FollowUp)  # what SQLite does to alter a column
    call_command("migrate", stdout=StringIO())

    assert checks.facts_are_installed() == []


def test_both_databases_hold_the_same_facts() -> None:
    both = [
        {re.sub("_(insert|update|delete)$", "", name) for name in facts.names(vendor)}
        for vendor in ("sqlite", "postgresql")
    ]

    # SQLite cannot empty a table but by deleting; the other two are one function on PostgreSQL.
    only = {"documenttext_fingerprint", "documenttext_spans"}, {"changeposition_never_emptied"}
    assert (both[0] - both[1], both[1] - both[0]) == only


@pytest.mark.django_db
def test_all_triggers_can_be_taken_away_and_put_back() -> None:
    facts.remove()
    assert facts.names(connection.vendor) & facts.installed() == set()

    facts.install()
    facts.install()
    assert facts.names(connection.vendor) <= facts.installed()
