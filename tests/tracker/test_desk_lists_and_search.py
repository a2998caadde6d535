import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments import scheduling
from commitments.models import Commitment, CommitmentProvision, Forum
from notifications.models import Heartbeat
from tests.factories import (
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_provision,
    make_text,
)
from tests.tracker.reading import words


@pytest.fixture
def commitment(forum: Forum) -> Commitment:
    made = make_commitment(
        forum=forum,
        lead=make_held_post(),
        title_en="Continue discussions",
        title_ko="논의 지속",
        aliases="CM track",
    )
    scheduling.ensure_next_date(made, now=timezone.now())
    return made


def shown(answer: object) -> list[str]:
    return [row.reference for row in answer.context["page"]]


def test_the_list_shows_reference_title_next_date_and_lead(desk: Client, commitment: Commitment) -> None:
    page = words(desk.get("/commitments/"))

    assert "Commitments 1" in page
    assert f"{commitment.reference} Continue discussions ○ no record" in page
    assert "periodic review" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("q=discussions", 1),
        ("q=논의", 1),
        ("q=CM track", 1),
        ("q=nothing", 0),
        ("outlook=none", 1),
        ("outlook=at_risk", 0),
        ("state=closed", 0),
        ("state=all&order=date", 1),
        ("outlook=nonsense&forum=99999&page=abc", 1),
        ("page=999", 1),
    ],
)
def test_the_list_is_narrowed_by_what_one_asks(
    desk: Client, commitment: Commitment, query: str, count: int
) -> None:
    assert len(shown(desk.get(f"/commitments/?{query}"))) == count


def test_the_list_is_narrowed_to_a_working_group(desk: Client, forum: Forum) -> None:
    group = make_forum(kind="working_group", parent=forum)
    make_commitment(forum=forum)
    inside = make_commitment(forum=forum, working_group=group)

    assert shown(desk.get(f"/commitments/?forum={group.pk}")) == [inside.reference]


def test_an_occurrence_by_our_reading_that_has_passed_is_not_shown_as_late(
    desk: Client, forum: Forum
) -> None:
    make_follow_up(
        timezone.localdate().replace(year=2025),
        commitment=make_commitment(forum=forum),
        kind="occurrence",
        basis="interpreted",
    )

    answer = desk.get("/commitments/")

    assert "no record here" in words(answer)
    assert 'class="late"' not in answer.content.decode()


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(desk: Client, forum: Forum) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get("/commitments/")
        return len(asked)

    make_commitment(forum=forum, lead=make_held_post())
    desk.get("/commitments/")
    few = questions()
    for _number in range(8):
        made = make_commitment(forum=forum, lead=make_held_post())
        scheduling.ensure_next_date(made, now=timezone.now())

    assert questions() == few


@pytest.mark.parametrize("reference", ["SCCD-2024-01", "sccd-2024-01", " SCCD-2024-01 "])
def test_a_reference_leads_straight_to_its_commitment(
    desk: Client, commitment: Commitment, reference: str
) -> None:
    answer = desk.get("/search/", {"q": reference})

    assert answer.status_code == 302
    assert answer["Location"] == f"/commitments/{commitment.reference}/"


@pytest.mark.parametrize("asked", ["continue", "논의", "cm TRACK", "2024-0"])
def test_search_finds_titles_in_any_language_aliases_and_parts_of_references(
    desk: Client, commitment: Commitment, asked: str
) -> None:
    assert "Continue discussions" in words(desk.get("/search/", {"q": asked}))


def test_search_finds_declared_words_and_marks_them(desk: Client, commitment: Commitment) -> None:
    text = make_text(
        "They vowed to cooperate <b>closely</b>.", document=make_document(forum=commitment.forum)
    )
    provision = make_provision("vowed to cooperate <b>closely</b>", text=text)
    CommitmentProvision.objects.create(commitment=commitment, provision=provision)

    html = desk.get("/search/", {"q": "COOPERATE"}).content.decode()

    assert "vowed to <mark>cooperate</mark> &lt;b&gt;closely&lt;/b&gt;" in html
    assert commitment.reference in html


def test_search_finds_forums_and_meetings(desk: Client, forum: Forum) -> None:
    make_meeting(forum=forum, ordinal=3, name_en="Third supply chain meeting")

    page = words(desk.get("/search/", {"q": "supply chain"}))

    assert "Third supply chain meeting" in page
    assert "Supply Chain and Commercial Dialogue" in page


def test_search_shows_nothing_that_one_may_not_see(commitment: Commitment) -> None:
    stranger = Client()
    stranger.force_login(make_officer(make_forum()))

    assert "Nothing of that is in the register, or none of it is for you to see." in words(
        stranger.get("/search/", {"q": "discussions"})
    )
    assert stranger.get("/search/", {"q": commitment.reference}).status_code == 200


@pytest.mark.parametrize("asked", ["", "x" * 5_000, "%", "_", "'\"<script>", "\u202e", "가"])
def test_no_search_breaks_the_page(desk: Client, commitment: Commitment, asked: str) -> None:
    assert desk.get("/search/", {"q": asked}).status_code == 200


# Found as an officer would find it


@pytest.mark.parametrize(
    "asked", ["critical minerals", '"critical minerals"', "핵심광물", "핵심", "鉱物", "광물 minerals"]
)
def test_each_language_finds_the_declared_sentence(desk: Client, commitment: Commitment, asked: str) -> None:
    body = "Critical Minerals: 핵심 광물을 논의한다. 重要鉱物に関する協議。"
    text = make_text(body, document=make_document(forum=commitment.forum))
    CommitmentProvision.objects.create(commitment=commitment, provision=make_provision(body, text=text))

    page = words(desk.get("/search/", {"q": asked}))

    assert "Declared words 1" in page
    assert f"{commitment.reference} {body}" in page


def test_it_is_said_where_else_than_in_the_title_it_stands(desk: Client, commitment: Commitment) -> None:
    html = desk.get("/search/", {"q": "논의"}).content.decode()

    assert "Title in Korean: <mark>논의</mark> 지속" in html


def test_a_letter_number_leads_to_the_commitment_and_to_the_document(
    desk: Client, commitment: Commitment
) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(letter_number="미주통상과-1234")
    make_document(forum=commitment.forum, title_en="Joint minutes", letter_number="미주통상과-1234")

    page = words(desk.get("/search/", {"q": "미주통상과-1234"}))

    assert "Letter number: 미주통상과-1234" in page
    assert "Documents 1 Joint minutes" in page


def test_what_is_called_exactly_that_comes_first(desk: Client, forum: Forum) -> None:
    for title in ("Lists of minerals", "Minerals", "Minerals and metals"):
        make_commitment(forum=forum, title_en=title)

    page = words(desk.get("/search/", {"q": "minerals"}))

    assert page.index(" Minerals ○") < page.index("Minerals and metals ○") < page.index("Lists of minerals ○")


def test_restricted_words_show_neither_in_counts_nor_in_passages(desk: Client, forum: Forum) -> None:
    text = make_text("They agreed on secret minerals.", document=make_document(forum=forum))
    hidden = make_commitment(forum=forum, marking="restricted", title_en="Secret minerals")
    hidden.provisions.add(make_provision("secret minerals", text=text))

    assert "Nothing of that is in the register" in words(desk.get("/search/", {"q": "secret"}))


def test_more_than_are_shown_are_counted_and_said(desk: Client, forum: Forum) -> None:
    for _number in range(31):
        make_commitment(forum=forum, title_en="Minerals")

    page = words(desk.get("/search/", {"q": "minerals"}))

    assert "Commitments 31 The likeliest 30 are shown. Add a word to find fewer." in page


def test_searching_asks_the_same_few_questions_however_much_is_found(desk: Client, forum: Forum) -> None:
    def questions() -> int:
        desk.get("/search/", {"q": "minerals"})  # reads what was written
        with CaptureQueriesContext(connection) as asked:
            desk.get("/search/", {"q": "minerals"})
            return len(asked)

    def fill() -> None:
        commitment = make_commitment(forum=forum, title_en="Minerals")
        text = make_text("They buy minerals.", document=make_document(forum=forum, title_en="On minerals"))
        commitment.provisions.add(make_provision("minerals", text=text))
        make_meeting(forum=forum, name_en="On minerals")

    Heartbeat.beat("tick", now=timezone.now())
    fill()
    few = questions()
    for _round in range(5):
        fill()

    assert questions() == few <= 15
