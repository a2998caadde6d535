"""What the mail says, in the recipient's language, and what it never does."""

from datetime import date

import pytest
from django.core import mail

from commitments.models import Authority, FollowUp, ProgressReport
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_provision,
    make_text,
)
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))


@pytest.fixture
def message(item: FollowUp):
    item.commitment.provisions.add(make_provision("continue discussions"))
    remind(clock=lambda: MONDAY)
    return mail.outbox[0]


def in_english(item: FollowUp) -> None:
    person = item.commitment.assignments.get().post.holdings.get().user
    person.language = "en"
    person.save()


def test_the_subject_says_which_forum_what_and_by_when(item):
    in_english(item)

    remind(clock=lambda: MONDAY)

    code = item.commitment.forum.code
    assert mail.outbox[0].subject == f"[{code}] Status of 1 item requested by Fri 18 Dec"


def test_declared_words_stand_there_word_for_word(item):
    in_english(item)
    item.commitment.provisions.add(make_provision("continue discussions"))

    remind(clock=lambda: MONDAY)

    assert "“continue discussions”" in mail.outbox[0].body


def test_of_several_texts_the_one_that_prevails_speaks(item):
    in_english(item)
    document = make_document()
    press = make_text("They vowed to talk.", document=document, authority=Authority.PRESS)
    signed = make_text("They will talk.", document=document, authority=Authority.SIGNED)
    item.commitment.provisions.add(
        make_provision("vowed to talk", text=press), make_provision("will talk", text=signed)
    )

    remind(clock=lambda: MONDAY)

    assert "“will talk”" in mail.outbox[0].body


def test_without_words_in_the_language_our_title_stands_marked_as_ours(item):
    item.commitment.title_ko = "핵심광물 논의 지속"
    item.commitment.save()

    remind(clock=lambda: MONDAY)

    assert "핵심광물 논의 지속" in mail.outbox[0].body
    assert "“핵심광물" not in mail.outbox[0].body


def test_replies_go_to_the_desk_and_machines_are_told_not_to_answer(message):
    assert message.reply_to == ["desk@ministry.example"]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_both_parts_carry_the_link_and_nothing_is_attached(message):
    html = message.alternatives[0].content

    assert "/a/" in message.body
    assert "/a/" in html
    assert "<img" not in html
    assert message.attachments == []


def test_the_last_cleared_status_is_shown_with_its_day(item):
    in_english(item)
    item.commitment.reports.create(
        state=ProgressReport.State.CLEARED, internal="Call held.", reported_on=date(2026, 6, 12)
    )

    remind(clock=lambda: MONDAY)

    assert "Fri 12 Jun: Call held." in mail.outbox[0].body


def test_the_reason_for_getting_it_names_the_post(item):
    in_english(item)

    remind(clock=lambda: MONDAY)

    assert (
        f"You get this because you hold the post {item.commitment.assignments.get().post}"
        in mail.outbox[0].body
    )


def test_what_the_text_holds_is_not_escaped_and_in_html_it_is(item):
    in_english(item)
    item.commitment.title_en = "R&D <img src=x>"
    item.commitment.save()

    remind(clock=lambda: MONDAY)

    assert "R&D <img src=x>" in mail.outbox[0].body
    assert "R&amp;D &lt;img src=x&gt;" in mail.outbox[0].alternatives[0].content


def test_a_demonstration_says_so_in_subject_and_text(lead, desk):
    forum = make_forum(demonstration=True, desk=desk)
    make_follow_up(DUE, commitment=make_commitment(lead=lead, forum=forum))

    remind(clock=lambda: at(date(2026, 12, 17)))

    assert "demonstration, not the actual state" in mail.outbox[0].body


def test_a_date_of_our_own_reading_is_never_called_overdue(lead, desk):
    forum = make_forum(desk=desk)
    kind, basis = FollowUp.Kind.OCCURRENCE, FollowUp.Basis.INTERPRETED
    item = make_follow_up(
        date(2025, 12, 31), commitment=make_commitment(lead=lead, forum=forum), kind=kind, basis=basis
    )
    in_english(item)

    remind(clock=lambda: MONDAY)

    assert "no record here, please check" in mail.outbox[0].body
    assert "overdue" not in mail.outbox[0].subject
