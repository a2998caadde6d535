"""Splitting and merging on the desk: filled in, shown as it will be, done as it was shown."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from commitments import answers
from commitments.models import (
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
    Forum,
    Marking,
    Provision,
)
from tests.factories import (
    at,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_provision,
    make_text,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
NOW = at(TODAY)
SOON = TODAY + timedelta(days=14)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    return make_commitment(
        forum=forum, lead=make_held_post(name_en="Director, Minerals"), title_en="Share lists and meet"
    )


def speak(commitment: Commitment, quote: str) -> Provision:
    text = make_text(f"They will {quote}.", document=make_document(forum=commitment.forum))
    provision = make_provision(quote, text=text)
    CommitmentProvision.objects.create(commitment=commitment, provision=provision)
    return provision


def send(desk: Client, commitment: Commitment, deed: str, said: dict[str, Any]) -> Any:
    return desk.post(f"/commitments/{commitment.reference}/{deed}/", said, follow=True)


def confirm(desk: Client, commitment: Commitment, deed: str, said: dict[str, Any], preview: Any) -> Any:
    """Press the button under what was shown."""
    found = re.search(r'name="previewed" value="(\w+)"', preview.content.decode())
    assert found, "nothing was shown"
    return send(desk, commitment, deed, {**said, "do": "do", "previewed": found[1]})


# Splitting


def parts(commitment: Commitment, **said: Any) -> dict[str, Any]:
    owner = commitment.assignments.get().pk
    known = {
        "parts": "2",
        "reason": "Two owners.",
        "part_1-title": "Share lists",
        "part_1-owners": owner,
        "part_2-title": "다시 만난다",
        "part_2-owners": owner,
        "do": "preview",
    }
    return {**known, **said}


def test_a_split_is_shown_before_anything_happens(desk: Client, commitment: Commitment) -> None:
    lists, meet = speak(commitment, "share lists"), speak(commitment, "meet again")
    date_ = make_follow_up(SOON, commitment=commitment)
    said = parts(commitment, **{"part_1-words": lists.pk, "part_2-words": meet.pk, f"date_{date_.pk}": "2"})

    seen = words(send(desk, commitment, "split", said))

    shown = seen.partition("What will be")[2]
    assert "Share lists share lists lead: Director, Minerals its next date is computed" in shown
    assert "다시 만난다 meet again lead: Director, Minerals Mon 7 Dec 2026 deadline" in shown
    assert Commitment.objects.count() == 1


def test_a_split_is_done_as_it_was_shown(desk: Client, commitment: Commitment) -> None:
    date_ = make_follow_up(SOON, commitment=commitment)
    said = parts(commitment, **{f"date_{date_.pk}": "2"})

    answer = confirm(desk, commitment, "split", said, send(desk, commitment, "split", said))

    assert "Split into SCCD-2024-02, SCCD-2024-03." in words(answer)
    assert "In its place stands: SCCD-2024-02 Share lists , SCCD-2024-03 다시 만난다" in words(answer)
    date_.refresh_from_db()
    assert date_.commitment.title_ko == "다시 만난다"


def test_what_was_changed_after_the_preview_is_shown_anew(desk: Client, commitment: Commitment) -> None:
    preview = send(desk, commitment, "split", parts(commitment))

    answer = confirm(desk, commitment, "split", parts(commitment, **{"part_1-title": "Lists"}), preview)

    assert "What will be Lists" in words(answer)
    assert Commitment.objects.count() == 1


def test_one_part_more_keeps_what_was_filled_in(desk: Client, commitment: Commitment) -> None:
    answer = send(desk, commitment, "split", parts(commitment, do="more"))

    assert "Part 3" in words(answer)
    assert 'value="Share lists"' in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"part_1-title": ""}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"part_1-lead": "Nobody here"}, "is neither a post nor a division here"),
    ],
)
def test_what_is_missing_is_said(
    desk: Client, commitment: Commitment, wrong: dict[str, str], sentence: str
) -> None:
    answer = send(desk, commitment, "split", parts(commitment, **wrong))

    assert answer.status_code == 400
    assert sentence in words(answer)
    assert Commitment.objects.count() == 1


def test_a_passage_that_no_part_has_is_missed(desk: Client, commitment: Commitment) -> None:
    speak(commitment, "share lists")

    assert "Give each declared passage to at least one part." in words(
        send(desk, commitment, "split", parts(commitment))
    )


def test_words_that_one_may_not_see_go_with_every_part(desk: Client, commitment: Commitment) -> None:
    hidden = speak(commitment, "keep it quiet")
    secret = make_commitment(forum=make_forum(), marking=Marking.RESTRICTED)
    CommitmentProvision.objects.create(commitment=secret, provision=hidden)

    preview = send(desk, commitment, "split", parts(commitment))
    assert "keep it quiet" not in words(preview)

    confirm(desk, commitment, "split", parts(commitment), preview)
    assert hidden.commitments.exclude(pk__in=[secret.pk, commitment.pk]).count() == 2


# Merging


@pytest.fixture
def other(forum: Forum) -> Commitment:
    return make_commitment(forum=forum, lead=make_held_post(name_en="Director, Trade"), title_en="Meet")


def merging(*others: Commitment, **said: str) -> dict[str, str]:
    return {"others": ", ".join(each.reference for each in others), "reason": "The same thing.", **said}


def test_a_merger_is_shown_before_anything_happens(
    desk: Client, commitment: Commitment, other: Commitment
) -> None:
    speak(other, "meet again")
    make_follow_up(SOON, commitment=other)

    shown = words(send(desk, commitment, "merge", merging(other))).partition("What will be")[2]

    assert f"Close and point here {other}" in shown
    assert "meet again" in shown
    assert "Director, Trade supporting" in shown
    assert f"Mon 7 Dec 2026 deadline · {other.reference}" in shown
    other.refresh_from_db()
    assert other.is_live


def test_a_merger_is_done_as_it_was_shown(desk: Client, commitment: Commitment, other: Commitment) -> None:
    preview = send(desk, commitment, "merge", merging(other))

    answer = confirm(desk, commitment, "merge", merging(other), preview)

    assert "1 commitment has become part of this one." in words(answer)
    assert f"Supersedes {other}" in words(answer)
    assert f"In its place stands: {commitment}" in words(desk.get(f"/commitments/{other.reference}/"))


def test_the_old_reference_is_found_by_the_search(
    desk: Client, commitment: Commitment, other: Commitment
) -> None:
    confirm(desk, commitment, "merge", merging(other), send(desk, commitment, "merge", merging(other)))

    assert commitment.title in words(desk.get("/search/", {"q": other.reference[:-1]}))


def test_known_duplicates_are_filled_in(desk: Client, commitment: Commitment, other: Commitment) -> None:
    CommitmentRelation.objects.create(commitment=other, kind="duplicates", other=commitment)

    page = desk.get(f"/commitments/{commitment.reference}/merge/")

    assert f'value="{other.reference}"' in page.content.decode()


def test_another_desks_commitment_is_as_good_as_absent(desk: Client, commitment: Commitment) -> None:
    hidden = make_commitment()

    answer = send(desk, commitment, "merge", merging(hidden))

    assert f"None of your commitments has the reference {hidden.reference}." in words(answer)


@pytest.mark.parametrize("itself", [True, False])
def test_a_merger_needs_another_one(desk: Client, commitment: Commitment, itself: bool) -> None:
    others = commitment.reference if itself else " , "

    answer = send(desk, commitment, "merge", {"others": others, "reason": "The same thing."})

    assert answer.status_code == 400
    assert commitment.changes.count() == 1


def test_what_waits_for_a_decision_is_decided_first(
    desk: Client, commitment: Commitment, other: Commitment
) -> None:
    answers.propose_report(
        make_follow_up(SOON, commitment=other), post=None, now=NOW, internal="A call was held."
    )

    assert f"Something of {other.reference} waits for a decision. Decide it first." in words(
        send(desk, commitment, "merge", merging(other))
    )
