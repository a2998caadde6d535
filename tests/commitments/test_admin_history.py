"""The history of an entry, as its page tells it."""

import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone, translation

from commitments.admin.history import DOORS
from commitments.models import Forum, Interpretation, Marking, Recorded, User, writing
from tests.commitments.admin_pages import page_of, row_of, save, signed_in
from tests.factories import (
    make_commitment,
    make_follow_up,
    make_forum,
    make_meeting,
    make_officer,
    make_organisation,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def forum() -> Forum:
    return make_forum()


@pytest.fixture
def client(forum: Forum) -> Client:
    return signed_in(make_officer(forum, name_en="Demonstration officer 1"))


def history(client: Client, row: Recorded) -> list[list[str]]:
    """For each entry on the page, newest first: kind, what, lines, why."""
    page = client.get(page_of(row, "history"))
    return [
        [
            f"{entry.kind}:{entry.change.get_action_display()}",
            *(f"{line.field}: {line.was} → {line.now}" for line in entry.lines),
            entry.change.why,
        ]
        for entry in page.context["entries"]
    ]


def test_a_change_tells_from_what_to_what_and_why(client: Client, forum: Forum) -> None:
    follow_up = make_follow_up(date(2030, 6, 3), commitment=make_commitment(forum=forum))

    save(client, page_of(follow_up), due_on="2030-09-02", why="Asked for by the counterpart")

    what, *lines, why = history(client, follow_up)[0]
    assert what == ":changed"
    assert "Due on: June 3, 2030 → Sept. 2, 2030" in lines
    assert why == "Asked for by the counterpart"


def test_the_page_names_who_and_by_which_way(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)

    save(client, page_of(commitment), outlook="at_risk", outlook_note="Talks stalled")

    page = client.get(page_of(commitment, "history")).content.decode()
    assert "Demonstration officer 1" in page
    assert "by way of: the pages of entries" in page
    assert "<del>no record</del> → <ins>at risk</ins>" in page


def test_links_are_told_by_name(client: Client) -> None:
    bureau, division = make_organisation(name_en="Trade Bureau"), make_organisation()

    save(client, page_of(division), parent=bureau.pk)

    assert "Part of: – → Trade Bureau" in history(client, division)[0]


def test_what_belongs_to_an_entry_is_told_with_it(client: Client, forum: Forum) -> None:
    commitment, post = make_commitment(forum=forum), make_post(name_en="Director, Minerals")

    lead = row_of("assignments", post=post.pk, role="lead", from_on="2026-01-01")
    save(client, page_of(commitment), why="Agreed with them", **lead)

    (what, *lines, why), *_rest = history(client, commitment)
    assert what == "Who is responsible:entered"
    assert {"Post: – → Director, Minerals", "Role: – → lead"} <= set(lines)
    assert why == "Agreed with them"


def test_a_link_that_was_taken_away_is_told(client: Client, forum: Forum) -> None:
    save(client, page_of(forum), **row_of("related_links", other=make_forum(code="IPEF").pk))
    save(client, page_of(forum), **{"related_links-0-DELETE": "on"})

    what, *lines, _why = history(client, forum)[0]
    assert what == "Related forum:deleted"
    assert any(line.startswith("Related forum: IPEF") for line in lines)


def test_what_was_written_for_fewer_eyes_is_not_told(client: Client, forum: Forum) -> None:
    commitment = make_commitment(forum=forum)
    reading = Interpretation.objects.create(
        commitment=commitment, about="date", text="Secret", basis="x", marking=Marking.RESTRICTED
    )
    while_there = client.get(page_of(commitment, "history")).content.decode()
    reading.delete()

    assert "Secret" not in while_there
    assert "Secret" not in client.get(page_of(commitment, "history")).content.decode()


def test_a_password_leaves_no_trace_in_the_history(client: Client) -> None:
    person = make_user()
    person.set_password("correct horse battery")
    person.save()

    assert "assword" not in str(history(client, person))


def test_whoever_wrote_on_behalf_of_a_post_is_told_so(client: Client, forum: Forum) -> None:
    meeting, post = make_meeting(forum=forum), make_post(name_en="Director, Minerals")
    with writing(on_behalf_of_id=post.pk, via="answer page"):
        meeting.place = "Seoul"
        meeting.save()

    assert "on behalf of Director, Minerals" in client.get(page_of(meeting, "history")).content.decode()


def test_a_long_history_has_pages(client: Client, forum: Forum) -> None:
    meeting = make_meeting(forum=forum)
    for number in range(60):
        meeting.place = f"Room {number}"
        meeting.save()

    assert history(client, meeting)[0][1].endswith("Room 59")
    older = client.get(page_of(meeting, "history"), {"p": 2}).context["entries"]
    assert len(older) == 11


def test_nothing_is_written_into_the_log_of_the_framework(client: Client, forum: Forum) -> None:
    save(client, page_of(forum), note="Changed")
    save(client, page_of(make_commitment(forum=forum)), outlook="at_risk")

    assert not LogEntry.objects.exists()
    assert User.objects.filter(pk=forum.memberships.get().user_id).exists()


@pytest.mark.parametrize("language", ["ko", "ja"])
@pytest.mark.parametrize("via", DOORS)
def test_by_which_door_a_change_came_is_said_in_the_readers_language(via: str, language: str) -> None:
    with translation.override(language):
        assert re.findall("[A-Za-z]+", str(DOORS[via])) == []


def test_what_came_by_mail_says_so(client: Client, forum: Forum) -> None:
    follow_up = make_follow_up(date(2030, 9, 2), commitment=make_commitment(forum=forum))
    with writing(via="mail"):
        follow_up.move_to(date(2031, 1, 2), now=timezone.now(), reason="Later.")

    assert "a reply by mail" in client.get(page_of(follow_up, "history")).content.decode()
