"""A post changes hands on one page, and the dossier for whoever comes."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document as read_docx

from commitments import answers
from commitments.models import (
    Assignment,
    Change,
    CommitmentProvision,
    FollowUp,
    Forum,
    Grant,
    Marking,
    Membership,
    Post,
    PostHolding,
    Request,
    User,
)
from notifications.models import Acknowledgment
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_held_post,
    make_holding,
    make_meeting,
    make_membership,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_user,
)
from tests.tracker.reading import words

TODAY = date(2026, 11, 23)
NEXT_WEEK = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with time_machine.travel(at(TODAY), tick=False):
        yield


@pytest.fixture
def jun(db: None) -> User:
    return make_user(name_en="Lee Jun", email="jun@ministry.example")


@pytest.fixture
def minji(db: None) -> User:
    return make_user(name_en="Kim Minji", email="minji@ministry.example")


@pytest.fixture
def post(jun: User) -> Post:
    return make_held_post(jun, name_en="Director, Critical Minerals")


@pytest.fixture
def item(forum: Forum, post: Post) -> FollowUp:
    commitment = make_commitment(forum=forum, lead=post, title_en="Continue discussions on minerals")
    return make_follow_up(date(2026, 12, 18), commitment=commitment)


def press(desk: Client, post: Post, **said: str) -> Any:
    known = {
        "comes": "minji@ministry.example",
        "from_on": NEXT_WEEK.isoformat(),
        "reason": "",
        "do": "preview",
    }
    return desk.post(f"/posts/{post.pk}/handover/", known | said, follow=True)


def hand_over(desk: Client, post: Post, **said: str) -> Any:
    """Look, and press once more."""
    shown = press(desk, post, **said)
    return press(desk, post, **said, do="save", shown=shown.context["preview"]["shown"])


# Who leaves, who comes, from which day


def test_a_look_changes_nothing_and_says_who_leaves_and_who_comes(
    desk: Client, post: Post, minji: User
) -> None:
    page = words(press(desk, post))

    assert "Leaves Lee Jun last day: Mon 30 Nov 2026" in page
    assert "Comes Kim Minji first day: Tue 1 Dec 2026" in page
    assert PostHolding.objects.filter(post=post).count() == 1


def test_the_second_press_hands_it_over_and_shows_the_dossier(
    desk: Client, post: Post, jun: User, minji: User
) -> None:
    answer = hand_over(desk, post)

    assert [post.holder_on(NEXT_WEEK - timedelta(days=n)) for n in (1, 0)] == [jun, minji]
    assert answer.redirect_chain[-1][0] == f"/posts/{post.pk}/dossier/"
    assert "Handover dossier: Director, Critical Minerals" in words(answer)


def test_pressing_twice_changes_hands_once(desk: Client, post: Post, minji: User) -> None:
    shown = press(desk, post).context["preview"]["shown"]
    for _n in range(2):
        press(desk, post, do="save", shown=shown)

    assert PostHolding.objects.filter(post=post, user=minji).count() == 1


def test_it_is_recorded_by_whom_and_why(desk: Client, post: Post, minji: User, officer: User) -> None:
    hand_over(desk, post, reason="Order 77")

    change = Change.objects.of(PostHolding.objects.get(post=post, user=minji)).get()
    assert (change.by, change.via, change.why) == (officer, "desk", "Order 77")


def test_somebody_new_is_entered_with_it_and_not_by_the_preview(desk: Client, post: Post) -> None:
    shown = press(desk, post, comes="Choi Sora, sora@ministry.example")
    assert "is entered in the register, without an account" in words(shown)
    assert not User.objects.filter(email="sora@ministry.example").exists()

    hand_over(desk, post, comes="Choi Sora, sora@ministry.example")

    holder = post.holder_on(NEXT_WEEK)
    assert (holder.name_en, holder.email) == ("Choi Sora", "sora@ministry.example")
    assert not holder.has_usable_password()


def test_nobody_may_come_yet(desk: Client, post: Post) -> None:
    assert "nobody yet" in words(press(desk, post, comes=""))

    hand_over(desk, post, comes="")

    assert post.holder_on(NEXT_WEEK) is None
    assert post.holdings.get().until_on == NEXT_WEEK - timedelta(days=1)


def test_what_was_shown_is_what_is_done(desk: Client, post: Post, minji: User) -> None:
    shown = press(desk, post).context["preview"]["shown"]

    page = press(desk, post, from_on="2026-12-15", do="save", shown=shown)

    assert "Something has changed since it was shown" in words(page)
    assert not PostHolding.objects.filter(user=minji).exists()


def test_who_was_quicker_is_not_overwritten(desk: Client, post: Post, minji: User) -> None:
    shown = press(desk, post).context["preview"]["shown"]
    sora = make_user()
    post.give_to(sora, from_on=NEXT_WEEK)

    page = press(desk, post, do="save", shown=shown)

    assert "Something has changed since it was shown" in words(page)
    assert post.holder_on(NEXT_WEEK) == sora


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"comes": "Kim Minji"}, "Write “name, mail address”, or choose somebody from the list."),
        ({"comes": "a, b@x"}, "is no mail address"),
        ({"comes": "jun@ministry.example"}, "This person holds the post already."),
        ({"comes": "gone@ministry.example"}, "belongs to somebody who has left"),
        ({"from_on": ""}, "This field is required."),
        (
            {"from_on": "2019-12-31"},
            "Lee Jun holds the post since Wed 1 Jan 2020. Give that day or a later one.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    desk: Client, post: Post, minji: User, said: dict[str, str], sentence: str
) -> None:
    make_user(email="gone@ministry.example", is_active=False)

    answer = press(desk, post, **said)

    assert answer.status_code == 400
    assert sentence in words(answer)


def test_for_a_vacant_post_somebody_has_to_come(desk: Client, minji: User) -> None:
    vacant = make_post()

    assert "Nobody holds the post on that day. Say who comes." in words(press(desk, vacant, comes=""))
    hand_over(desk, vacant)

    assert vacant.holder_on(NEXT_WEEK) == minji


def test_leave_of_who_leaves_ends_with_it(desk: Client, post: Post, minji: User) -> None:
    acting = make_user(name_en="Park Acting")
    make_holding(post, acting, acting=True, from_on=TODAY, until_on=date(2026, 12, 24))

    page = words(press(desk, post))
    hand_over(desk, post)

    assert "Park Acting no longer acts: the leave ends with who leaves" in page
    assert post.holder_on(NEXT_WEEK) == minji


def test_it_says_what_else_who_leaves_keeps(desk: Client, post: Post, jun: User, minji: User) -> None:
    make_held_post(jun, name_en="Chair of the Working Group")

    assert "Keeps Chair of the Working Group" in words(press(desk, post))


# What goes with it


def test_the_page_counts_what_goes_with_the_post(desk: Client, post: Post, item: FollowUp) -> None:
    answers.propose_report(item, post=post, internal="Call held", now=at(TODAY))

    page = words(desk.get(f"/posts/{post.pk}/handover/"))

    assert "Open items 1 1 of them as lead" in page
    assert "Next date Fri 18 Dec 2026" in page
    assert "Answers that wait for the desk 1" in page


def dossier(desk: Client, post: Post, query: str = "") -> str:
    return words(desk.get(f"/posts/{post.pk}/dossier/{query}"))


def test_the_dossier_has_items_dates_words_and_persons(
    desk: Client, forum: Forum, post: Post, item: FollowUp, officer: User
) -> None:
    commitment = item.commitment
    spoken = make_provision("continue discussions through the working group")
    spoken.text.document.forum = forum
    spoken.text.document.save()
    CommitmentProvision.objects.create(commitment=commitment, provision=spoken)
    answers.record_report(item, by=officer, now=at(TODAY), internal="Working-level call held", keep_open=True)

    page = dossier(desk, post)

    assert f"{commitment.reference} Continue discussions on minerals Lead" in page
    assert "“continue discussions through the working group”" in page
    assert "Fri 18 Dec 2026 deadline" in page
    assert "Working-level call held" in page
    assert "Lee Jun Wed 1 Jan 2020 until further notice jun@ministry.example" in page


def test_the_dossier_has_contacts_with_their_addresses(desk: Client, post: Post, item: FollowUp) -> None:
    meti = make_organisation(party=make_party("JPN"), name_en="METI", telephone="+81 3 0000")
    contact = make_held_post(make_user(name_en="Sato Ken", email="ken@meti.example"), organisation=meti)
    make_assignment(item.commitment, contact, role=Assignment.Role.COUNTERPART)

    page = dossier(desk, post)

    assert f"{contact} METI Counterpart contact Sato Ken ken@meti.example +81 3 0000" in page


def test_the_dossier_has_answers_that_wait_and_what_is_quiet(
    desk: Client, post: Post, item: FollowUp
) -> None:
    answers.ask(item, Request.Kind.EXTENSION, post=post, proposed_on=date(2027, 1, 29), now=at(TODAY))
    Acknowledgment.objects.create(
        follow_up=item,
        post=post,
        due_on=item.due_on,
        until_on=date(2026, 12, 4),
        by_name="Lee Jun",
        acknowledged_at=at(TODAY),
    )

    page = dossier(desk, post)

    assert "More time Fri 29 Jan 2027" in page
    assert "no reminder until Fri 4 Dec 2026, as Lee Jun asked" in page


def test_the_dossier_has_dates_of_meetings_that_the_post_answers_for(
    desk: Client, forum: Forum, post: Post
) -> None:
    meeting = make_meeting(forum=forum, ordinal=3)
    make_follow_up(date(2027, 2, 1), meeting=meeting, post=post)

    assert f"{meeting} Mon 1 Feb 2027" in dossier(desk, post)


def test_what_is_closed_is_no_longer_handed_over(desk: Client, post: Post, item: FollowUp) -> None:
    item.commitment.close("implemented", now=at(TODAY), reason="Done")

    assert "The post has no part in anything that is open." in dossier(desk, post)


def test_nothing_restricted_is_in_a_dossier_and_it_says_so(
    desk: Client, forum: Forum, post: Post, officer: User
) -> None:
    secret = make_commitment(forum=forum, lead=post, title_en="Canary", marking=Marking.RESTRICTED)
    make_follow_up(date(2026, 12, 18), commitment=secret, phrase="Canary")
    assert "restricted item" not in dossier(desk, post)
    Grant.objects.create(commitment=secret, user=officer, reason="Works on it")

    page = dossier(desk, post)

    assert "1 restricted item is not in this dossier" in page
    assert "Canary" not in page
    assert secret.reference not in page


def test_it_shows_only_what_its_reader_may_see(desk: Client, post: Post) -> None:
    elsewhere = make_commitment(lead=post, title_en="Canary")

    for page in (dossier(desk, post), words(desk.get(f"/posts/{post.pk}/handover/"))):
        assert "Canary" not in page
        assert elsewhere.reference not in page


def test_the_file_says_what_the_page_says(desk: Client, post: Post, item: FollowUp) -> None:
    answer = desk.get(f"/posts/{post.pk}/dossier/?format=docx")

    document = read_docx(io.BytesIO(answer.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"handover-{post.pk}-20261123.docx" in answer["Content-Disposition"]
    assert any(item.commitment.reference in text for text in cells)
    assert any("jun@ministry.example" in text for text in cells)


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_dossier_is_there_in_each_language(
    desk: Client, post: Post, item: FollowUp, language: str
) -> None:
    page = desk.get(f"/posts/{post.pk}/dossier/?language={language}").content.decode()

    assert f'lang="{language}" aria-labelledby="paper-title"' in page


# Who may


def test_a_post_of_another_party_is_handed_over_by_the_administrator_only(desk: Client, minji: User) -> None:
    foreign = make_held_post(organisation=make_organisation(party=make_party("JPN")))
    make_commitment(lead=foreign)
    administrator = Client()
    administrator.force_login(make_user(is_staff=True, is_superuser=True))

    assert desk.get(f"/posts/{foreign.pk}/handover/").status_code == 404
    assert press(desk, foreign).status_code == 404
    assert f"/posts/{foreign.pk}/handover/" not in desk.get(f"/posts/{foreign.pk}/").content.decode()
    hand_over(administrator, foreign)
    assert foreign.holder_on(NEXT_WEEK) == minji


def test_who_keeps_no_desk_reads_the_dossier_and_hands_nothing_over(
    forum: Forum, post: Post, item: FollowUp
) -> None:
    client, reader = Client(), make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=forum)
    client.force_login(reader)

    assert item.commitment.reference in dossier(client, post)
    assert press(client, post).status_code == 404


def test_the_pages_ask_the_same_number_of_questions_however_much_there_is(
    desk: Client, forum: Forum, post: Post, item: FollowUp
) -> None:
    def fill() -> None:
        contact = make_held_post()
        commitment = make_commitment(forum=forum, lead=post)
        make_assignment(commitment, contact, role=Assignment.Role.SUPPORTING)
        follow_up = make_follow_up(date(2026, 12, 18), commitment=commitment)
        answers.propose_report(follow_up, post=post, internal="Call held", now=at(TODAY))

    fill()
    for address in (f"/posts/{post.pk}/dossier/", f"/posts/{post.pk}/handover/"):
        desk.get(address)
        with CaptureQueriesContext(connection) as few:
            desk.get(address)
        fill()
        with CaptureQueriesContext(connection) as many:
            desk.get(address)

        assert len(many) == len(few), address
