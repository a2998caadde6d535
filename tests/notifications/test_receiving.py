"""A plain reply, as its sender and the desk meet it: what becomes a proposed answer, and what waits to be read, and why."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commitments import answers
from commitments.models import Change, FollowUp, Grant, Marking, Membership, ProgressReport, Request, User
from notifications import letters, receiving, replies, reply_items
from notifications.links import AnswerLink
from notifications.messages import ITEMS_HEADER
from notifications.models import Acknowledgment, Delivery, IncomingMail, Preference, Reminder
from notifications.receiving import receive
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_meeting,
    make_membership,
    make_officer,
    make_user,
)
from tests.raw_mails import quoted, raw_mail, reply_to
from tests.threads import together

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))
LATER = MONDAY + timedelta(hours=2)
BOX = "desk@mail.example/INBOX"
LEAD = "lead@ministry.example"
State = IncomingMail.State


@pytest.fixture(autouse=True)
def _that_monday():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def delivery(item: FollowUp) -> Delivery:
    remind(clock=lambda: MONDAY)
    return Delivery.objects.get()


@pytest.fixture
def other(item: FollowUp, lead) -> FollowUp:
    """A second item for the same recipient, due a day later and so the second in the message."""
    commitment = make_commitment(lead=lead, forum=item.commitment.forum)
    return make_follow_up(item.due_on + timedelta(days=1), commitment=commitment, dated_at=item.dated_at)


def take(raw: bytes, mailbox: str = BOX) -> IncomingMail | None:
    return receive(raw, mailbox=mailbox, now=LATER, received_at=LATER)


def waits_because(row: IncomingMail | None) -> str:
    assert row.state == State.WAITING
    assert list(IncomingMail.objects.waiting()) == [row]
    assert not ProgressReport.objects.exists()
    assert not Request.objects.exists()
    assert not Acknowledgment.objects.exists()
    return row.why_unclear


# One item: the words are its answer


def test_a_reply_becomes_a_report_that_waits_for_the_desk(delivery, item):
    row = take(reply_to(delivery, "The second round was held."))

    report = item.commitment.reports.get()
    assert (report.internal, report.state, report.source) == (
        "The second round was held.",
        "submitted",
        "mail",
    )
    assert (report.reported_by, report.reported_on) == (str(delivery.recipient), date(2026, 12, 14))
    assert (row.kind, row.state, row.follow_up, row.delivery) == ("reply", State.USED, item, delivery)


def test_the_desk_accepts_it_as_any_other_answer(delivery, item):
    take(reply_to(delivery, "변동 없음"))

    answers.clear_report(item.commitment.reports.get(), by=make_officer(item.forum), now=LATER)

    item.refresh_from_db()
    assert item.outcome == FollowUp.Outcome.REPORTED


def test_no_change_is_recorded_as_such(delivery, item):
    take(reply_to(delivery, "変更なし"))

    assert (item.commitment.reports.get().no_change, item.commitment.reports.get().internal) == (True, "")


def test_more_time_is_asked_with_the_date_and_the_words(delivery, item):
    take(reply_to(delivery, "1월 29일까지 기한 연장을 요청드립니다."))

    asked = item.requests.get()
    assert (asked.kind, asked.proposed_on, asked.state) == ("extension", date(2027, 1, 29), "proposed")
    assert asked.reason == "1월 29일까지 기한 연장을 요청드립니다."


def test_not_mine_goes_to_the_desk_with_what_was_said(delivery, item):
    take(reply_to(delivery, "Not mine. Ask the Energy Division."))

    assert (item.requests.get().kind, item.requests.get().proposed_owner) == ("not_mine", "")
    assert item.requests.get().reason == "Not mine. Ask the Energy Division."


def test_seen_silences_until_the_date(delivery, item):
    take(reply_to(delivery, "확인했습니다."))

    assert Acknowledgment.objects.get().until_on == item.due_on


def test_the_history_says_that_it_came_by_mail_and_for_which_post(delivery, item, lead):
    take(reply_to(delivery, "Done"))

    change = Change.objects.of(item.commitment.reports.get()).get()
    assert (change.via, change.on_behalf_of_id, change.why) == ("mail", lead.pk, str(delivery.recipient))


def test_an_answer_by_mail_silences_like_one_by_the_page(delivery, item):
    take(reply_to(delivery, "Done"))

    assert not Reminder.objects.to_tell(LATER + timedelta(days=4)).exists()


def test_attachments_are_named_for_the_desk_and_not_kept(delivery, item):
    row = take(reply_to(delivery, "See the paper.", files=("paper.pdf", "표.xlsx")))

    assert row.attachments == "paper.pdf\n표.xlsx"
    assert "paper.pdf, 표.xlsx" in item.commitment.reports.get().internal


def test_html_alone_is_read(delivery, item):
    page = "<p>The second round<br>was held.</p><blockquote>1. quoted</blockquote>"

    take(reply_to(delivery, "", html=page))

    assert item.commitment.reports.get().internal == "The second round\nwas held."


@pytest.mark.parametrize(
    ("charset", "text"),
    [("euc-kr", "2차 회의를 개최했습니다."), ("iso-2022-jp", "第二回会合を開催しました。")],
)
def test_old_charsets_are_read(delivery, item, charset, text):
    raw = raw_mail(text, charset=charset, **{"from": LEAD}, in_reply_to=delivery.message_id)

    take(raw)

    assert item.commitment.reports.get().internal == text


def test_the_recipients_name_is_written_as_in_their_language(delivery, item):
    type(delivery.recipient).objects.filter(pk=delivery.recipient_id).update(name_ko="김영희")

    take(reply_to(delivery, "Done"))

    assert (delivery.language, item.commitment.reports.get().reported_by) == ("ko", "김영희")


def test_the_signed_links_of_a_quotation_are_not_kept_for_others_to_open(delivery):
    row = take(reply_to(delivery, "Done"))

    assert "/a/…/" in row.text
    assert AnswerLink(delivery.pk, delivery.reminders.get().pk).token() in delivery.text
    assert ":1" not in row.text


# Matching


def test_the_message_is_found_by_what_the_thread_refers_to(delivery, item):
    take(
        reply_to(
            delivery, "Done", in_reply_to="<other@client>", references=f"<x@y> {delivery.message_id} <z@y>"
        )
    )

    assert item.commitment.reports.get().internal == "Done"


def test_a_relay_that_renames_messages_is_seen_through_by_the_link_that_is_quoted(delivery, item):
    take(reply_to(delivery, "Done", in_reply_to="<renamed@relay>", references=None))

    assert item.commitment.reports.get().internal == "Done"


def test_a_forged_link_matches_nothing(delivery, item):
    token = AnswerLink(delivery.pk, 1).token()[:-4] + "AAAA"

    assert take(raw_mail(f"Done\n\nhttp://x/a/{token}/", **{"from": "a@elsewhere.example"})) is None


def test_a_thread_alone_is_enough_for_its_recipient_but_not_to_silence(delivery, item):
    Delivery.objects.update(headers={"References": "<thread.1@site>"})
    bare = {"in_reply_to": "<thread.1@site>", "references": None}

    seen = take(raw_mail("Seen", **{"from": LEAD}, **bare))
    done = take(raw_mail("Done", **{"from": LEAD}, **bare))

    assert (seen.state, seen.why_unclear) == (State.WAITING, receiving.SEEN_BY_ANOTHER)
    assert (done.state, item.commitment.reports.get().internal) == (State.USED, "Done")
    assert done.why_unclear == receiving.BY_ITS_THREAD
    assert take(raw_mail("Done", **{"from": "a@elsewhere.example"}, **bare)) is None


def test_a_reply_proves_that_an_uncertain_message_arrived(delivery):
    Delivery.objects.update(state=Delivery.State.UNCERTAIN)

    take(reply_to(delivery))

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT


def test_an_unrelated_mail_is_left_where_it_is(delivery):
    assert take(raw_mail("Lunch?", **{"from": "friend@elsewhere.example"})) is None
    assert not IncomingMail.objects.exists()


def test_mail_of_somebody_asked_lately_waits_to_be_read(delivery):
    row = take(raw_mail("About your reminder: no change", **{"from": LEAD}))

    assert waits_because(row) == receiving.UNMATCHED
    assert row.kind == IncomingMail.Kind.OTHER


def test_mail_that_names_an_item_waits_to_be_read(delivery, item):
    row = take(raw_mail(f"{item.commitment.reference}: done", **{"from": "new@elsewhere.example"}))

    assert waits_because(row) == receiving.UNMATCHED
    assert (row.follow_up, row.forum) == (item, item.commitment.forum)


def test_our_own_message_and_the_desks_are_no_answers(delivery, settings):
    settings.DEFAULT_FROM_EMAIL = "Tracker <tracker@ministry.example>"

    assert (
        take(
            raw_mail(
                "Please do.", **{"from": "Desk <desk@ministry.example>"}, in_reply_to=delivery.message_id
            )
        )
        is None
    )
    assert (
        take(raw_mail("x", **{"from": "tracker@ministry.example"}, in_reply_to=delivery.message_id)) is None
    )
    assert take(raw_mail("x", message_id=delivery.message_id)) is None


def test_the_desk_that_was_asked_itself_answers(item, lead, desk):
    lead.holdings.get().end(on=date(2026, 12, 1))
    remind(clock=lambda: MONDAY)

    row = take(reply_to(Delivery.objects.get(), "Done"))

    assert (row.state, item.commitment.reports.get().reported_by) == (
        State.USED,
        str(desk.holdings.get().user),
    )


# Who answers


def test_somebody_elses_answer_bears_their_name_and_is_flagged(delivery, item):
    row = take(reply_to(delivery, "Done", **{"from": "Park <park@energy.example>"}))

    assert item.commitment.reports.get().reported_by == "Park <park@energy.example>"
    assert row.why_unclear == receiving.BY_ANOTHER


def test_somebody_elses_seen_silences_nothing(delivery):
    row = take(reply_to(delivery, "Seen", **{"from": "Park <park@energy.example>"}))

    assert waits_because(row) == receiving.SEEN_BY_ANOTHER


def test_whoever_left_the_post_still_answers_and_is_flagged(delivery, item, lead):
    lead.give_to(make_user(), from_on=date(2026, 12, 14))

    row = take(reply_to(delivery, "Done"))

    assert item.commitment.reports.get().internal == "Done"
    assert row.why_unclear == receiving.HOLDS_NO_MORE


def test_a_post_that_fell_vacant_is_flagged_too(delivery, item, lead):
    lead.holdings.get().end(on=date(2026, 12, 14))

    row = take(reply_to(delivery, "Done"))

    assert (row.state, row.why_unclear) == (State.USED, receiving.HOLDS_NO_MORE)


def test_why_is_told_in_the_readers_language(delivery):
    from django.utils import translation

    row = take(reply_to(delivery, "Done", **{"from": "Park <park@energy.example>"}))

    with translation.override("en"):
        assert row.why == "Answered by somebody else than the recipient."


# What cannot be an answer any more


def test_an_answer_for_a_closed_item_waits_to_be_read(delivery, item):
    item.close(FollowUp.Outcome.DONE, now=LATER)

    assert waits_because(take(reply_to(delivery, "Done"))) == receiving.CLOSED


def test_an_answer_for_a_date_that_moved_waits_to_be_read(delivery, item):
    item.move_to(date(2027, 3, 1), now=LATER, reason="agreed")

    assert waits_because(take(reply_to(delivery, "Done"))) == receiving.MOVED


def test_an_answer_of_a_post_that_handed_over_waits_to_be_read(delivery, item):
    item.commitment.assignments.get().end(on=date(2026, 12, 10))

    assert waits_because(take(reply_to(delivery, "Done"))) == receiving.HANDED_OVER


def test_a_report_for_a_meeting_waits_with_the_sentence_of_the_register(desk, lead):
    forum = make_forum(desk=desk)
    make_follow_up(
        date(2026, 12, 15), meeting=make_meeting(forum=forum), post=lead, dated_at=at(date(2026, 11, 1))
    )
    remind(clock=lambda: MONDAY)

    why = waits_because(take(reply_to(Delivery.objects.get(), "Done")))

    assert why == "This date belongs to a meeting; there is nothing to report on."


def test_a_second_request_that_says_something_else_waits_to_be_read(delivery, item):
    take(reply_to(delivery, "More time until 29 January 2027, please."))

    row = take(reply_to(delivery, "More time until 26 February 2027, please."))

    assert (row.state, item.requests.get().proposed_on) == (State.WAITING, date(2027, 1, 29))
    assert row.why_unclear == "This has been asked already and waits for the desk."


@pytest.mark.parametrize("text", ["", "감사합니다.", "-- \nKim"])
def test_an_empty_reply_waits_to_be_read(delivery, text):
    raw = raw_mail(f"{text}\n\n{quoted(delivery)}", **{"from": LEAD}, in_reply_to=delivery.message_id)

    assert waits_because(take(raw)) == reply_items.NO_WORDS


@pytest.mark.parametrize(
    "headers", [{"auto_submitted": "auto-replied"}, {"subject": "Out of office: Kim"}, {"precedence": "bulk"}]
)
def test_an_automatic_reply_is_noted_and_answers_nothing(delivery, headers):
    row = take(reply_to(delivery, "No change", **headers))

    assert (row.kind, row.state) == (IncomingMail.Kind.AUTOMATIC, State.DONE)
    assert not ProgressReport.objects.exists()


def test_nothing_is_ever_sent_in_return(delivery, mailoutbox):
    before = len(mailoutbox)

    for text in ("Done", "Seen", "???", ""):
        take(reply_to(delivery, text))

    assert len(mailoutbox) == before


def letter_about(item: FollowUp) -> Delivery:
    """What the desk wrote after the last step, by the usual way of a message."""
    silence = at(date(2026, 12, 29))
    remind(clock=lambda: silence)
    task = Reminder.objects.tasks_for_the_desk(silence).get(follow_up=item)
    officer = make_officer(item.forum)
    draft = letters.drafts(task, by=officer, now=silence)[0]
    letters.send(task, draft, subject="Please", text=draft.text, by=officer, now=silence)
    remind(clock=lambda: silence)
    return Delivery.objects.get(letter__isnull=False)


def test_an_answer_to_the_desks_letter_is_that_of_the_owner_it_was_written_to(delivery, item, lead):
    letter = letter_about(item)

    take(reply_to(letter, "Done"))

    assert (item.commitment.reports.get().internal, item.commitment.reports.get().post) == ("Done", lead)


def test_an_answer_to_a_letter_that_nothing_went_before_waits_to_be_read(delivery, item):
    letter = letter_about(item)
    Reminder.objects.exclude(delivery=letter).update(state=Reminder.State.MISSED)

    row = take(reply_to(letter, "Done"))

    assert waits_because(row) == receiving.NOTHING_ASKED
    assert row.follow_up == item


# Several items: all of it finds its item, or a person reads it


def test_each_numbered_answer_becomes_its_own(item, other):
    remind(clock=lambda: MONDAY)

    row = take(reply_to(Delivery.objects.get(), "1. No change\n2. Not mine"))

    assert (item.commitment.reports.get().no_change, other.requests.get().kind) == (True, "not_mine")
    assert (row.state, row.reminder, row.follow_up) == (State.USED, None, None)


def test_numbers_are_those_of_the_message_as_it_was_sent(item, other):
    remind(clock=lambda: MONDAY)
    delivery = Delivery.objects.get()
    first, second = delivery.reminders.order_by("due_on")
    Delivery.objects.update(headers={ITEMS_HEADER: f"1={second.pk} 2={first.pk}"})

    take(reply_to(Delivery.objects.get(), "2. Done"))

    assert item.commitment.reports.get().internal == "Done"


def test_a_reference_answers_one_of_several(item, other):
    remind(clock=lambda: MONDAY)

    take(reply_to(Delivery.objects.get(), f"{other.commitment.reference}: Done"))

    assert other.commitment.reports.get().internal == "Done"
    assert not item.commitment.reports.exists()


@pytest.mark.parametrize(
    ("text", "why"), [("Done", reply_items.WHICH_ITEM), ("1. Done\n7. Done", reply_items.NO_SUCH_ITEM)]
)
def test_what_is_unclear_in_one_answer_leaves_all_of_it_to_a_person(item, other, text, why):
    remind(clock=lambda: MONDAY)

    assert waits_because(take(reply_to(Delivery.objects.get(), text))) == why


def test_one_closed_item_among_the_answered_leaves_all_of_it_to_a_person(item, other):
    remind(clock=lambda: MONDAY)
    other.close(FollowUp.Outcome.DONE, now=LATER)

    assert waits_because(take(reply_to(Delivery.objects.get(), "1. Done\n2. Done"))) == receiving.CLOSED


SUGGESTED = re.compile("[“「]([^“”「」]+)[”」]")


def suggested(delivery: Delivery) -> list[str]:
    """The replies that our own mail gives as examples, from the part that breaks no lines."""
    return SUGGESTED.findall(unescape(delivery.html))


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_replies_that_our_mail_suggests_are_understood(item, other, lead, language):
    User.objects.update(language=language)
    remind(clock=lambda: MONDAY)
    by_number, not_mine = suggested(Delivery.objects.get())[-2:]

    take(reply_to(Delivery.objects.get(), by_number.replace("…", "SCCD 2")))
    take(reply_to(Delivery.objects.get(), not_mine))

    assert item.commitment.reports.get().no_change
    assert (other.commitment.reports.get().internal, other.requests.get().kind) == ("SCCD 2", "not_mine")
    assert not item.requests.exists()


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_reply_that_a_mail_about_one_item_suggests_is_understood(item, lead, language):
    User.objects.update(language=language)
    remind(clock=lambda: MONDAY)
    delivery = Delivery.objects.get()

    take(reply_to(delivery, suggested(delivery)[-1]))

    assert item.requests.get().kind == "not_mine"


def test_no_change_for_both_is_two_reports(item, other):
    remind(clock=lambda: MONDAY)

    take(reply_to(Delivery.objects.get(), "둘 다 변동 없습니다. 감사합니다."))

    assert item.commitment.reports.get().no_change
    assert other.commitment.reports.get().no_change


def test_a_promise_to_answer_next_week_silences_and_is_no_report(delivery, item):
    take(reply_to(delivery, "네, 확인했습니다. 다음 주에 회신드리겠습니다."))

    assert Acknowledgment.objects.get().until_on == item.due_on
    assert not ProgressReport.objects.exists()


# No more overviews


@pytest.fixture
def overview(delivery) -> Delivery:
    facts = {"message_class": Delivery.MessageClass.OVERVIEW, "text": "What the group owes."}
    Delivery.objects.filter(pk=delivery.pk).update(**facts)
    return Delivery.objects.get()


def gets_overviews(delivery: Delivery) -> bool:
    return Preference.of(delivery.recipient).overview


def by_mail_program(sender: str = LEAD, subject: str = "unsubscribe") -> bytes:
    """As a mail program sends it for `List-Unsubscribe: <mailto:…?subject=unsubscribe>`."""
    return raw_mail("", **{"from": sender, "subject": subject})


def test_the_mail_that_our_list_unsubscribe_asks_for_switches_the_overview_off(overview):
    row = take(by_mail_program())

    assert not gets_overviews(overview)
    assert (row.state, row.delivery, row.why_unclear) == (State.DONE, overview, receiving.SWITCHED_OFF)
    change = Change.objects.of(overview.recipient.preference).get()
    assert (change.via, change.why) == ("mail", str(overview.recipient))


@pytest.mark.parametrize("words", ["Unsubscribe", "unsubscribe.", "수신거부", "수신 거부", "配信停止"])
def test_a_reply_to_an_overview_may_say_it_in_words(overview, words):
    take(reply_to(overview, words))

    assert not gets_overviews(overview)


def test_a_program_that_marks_it_as_automatic_is_understood_too(overview):
    take(raw_mail("", **{"from": LEAD, "subject": "unsubscribe", "auto_submitted": "auto-generated"}))

    assert not gets_overviews(overview)


def test_nobody_switches_off_what_another_gets(overview):
    take(reply_to(overview, "unsubscribe", **{"from": "park@energy.example"}))
    take(by_mail_program(sender="park@energy.example"))

    assert gets_overviews(overview)


def test_more_than_the_word_switches_nothing_off(overview):
    take(reply_to(overview, "I do not want to unsubscribe."))

    assert gets_overviews(overview)


def test_who_gets_no_overview_cannot_switch_duties_off(delivery):
    waiting = take(by_mail_program())

    assert waits_because(waiting) == receiving.UNMATCHED
    assert not Preference.objects.exists()


# The same mail again, and mail that is broken


def test_the_same_mail_twice_is_one_answer(delivery, item):
    raw = reply_to(delivery, "Done")

    assert take(raw) is not None
    assert take(raw) is None
    assert (IncomingMail.objects.count(), item.commitment.reports.count()) == (1, 1)


def test_a_copy_in_another_mailbox_is_noted_only(delivery, item):
    raw = reply_to(delivery, "Done")

    take(raw)
    copy = take(raw, mailbox="other@mail.example/INBOX")

    assert (copy.state, copy.why_unclear) == (State.DONE, receiving.COPY)
    assert item.commitment.reports.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_read_the_same_mail_make_one_answer(delivery, item):
    raw = reply_to(delivery, "Done")

    rows = together(*[lambda: take(raw)] * 4)

    assert sum(isinstance(row, IncomingMail) for row in rows) == 1
    assert not [row for row in rows if isinstance(row, Exception)]
    assert item.commitment.reports.count() == 1


def test_a_mail_that_breaks_our_own_reading_goes_to_a_person(delivery, monkeypatch):
    monkeypatch.setattr(replies, "read_answer", lambda *_args, **_known: 1 / 0)

    row = take(reply_to(delivery, "Done"))

    assert waits_because(row) == receiving.BROKEN
    assert row.delivery == delivery


def test_a_database_that_fails_for_a_moment_is_not_the_mails_fault(delivery, monkeypatch):
    def fail(*_args, **_known):
        raise OperationalError("database is locked")

    raw = reply_to(delivery, "Done")
    with monkeypatch.context() as patch:
        patch.setattr(replies, "read_answer", fail)
        with pytest.raises(OperationalError):
            take(raw)

    assert take(raw).state == State.USED


def test_a_mail_nested_beyond_reason_goes_to_a_person(delivery):
    parts = [f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3_000)]
    raw = f"In-Reply-To: {delivery.message_id}\n".encode() + "".join(parts).encode()

    assert waits_because(take(raw)) == receiving.BROKEN


def test_nul_and_reversed_text_are_not_stored(delivery, item):
    take(reply_to(delivery, "Done\x00 \u202etxet\u202c"))

    assert item.commitment.reports.get().internal == "Done txet"


def test_a_long_attachment_does_not_hide_a_short_answer(delivery, item, monkeypatch):
    raw = reply_to(delivery, "Done", files=("paper.pdf",))
    monkeypatch.setattr("notifications.mail_reading.READ_AT_MOST", len(raw) - 20)

    take(raw[:-20])

    assert item.commitment.reports.get().internal.startswith("Done")


def test_a_text_that_was_cut_waits_to_be_read(delivery, monkeypatch):
    raw = reply_to(delivery, "Done " * 500)
    monkeypatch.setattr("notifications.mail_reading.READ_AT_MOST", 1_500)

    assert waits_because(take(raw[:1_500])) == receiving.NOT_WHOLE


def test_a_text_too_long_to_store_waits_to_be_read(delivery):
    row = take(reply_to(delivery, "Done. " * 4_000))

    assert "20000" in waits_because(row).replace(",", "")


@given(raw=st.binary(max_size=500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_whatever_comes_is_taken_in_or_left_alone(delivery, raw):
    head = f"From: {LEAD}\nIn-Reply-To: {delivery.message_id}\n".encode()

    take(head + raw)


# A person decides what a mail answers


def test_a_person_says_which_item_it_answers(item, other):
    remind(clock=lambda: MONDAY)
    delivery = Delivery.objects.get()
    row = take(reply_to(delivery, "The second round was held."))

    row.use_for(delivery.reminders.get(follow_up=other), now=LATER + timedelta(days=1))

    report = other.commitment.reports.get()
    assert (report.internal, report.source, report.state) == (
        "The second round was held.",
        "mail",
        "submitted",
    )
    assert (report.reported_by, report.reported_on) == (str(delivery.recipient), date(2026, 12, 14))
    assert (row.state, row.follow_up) == (State.USED, other)


def test_a_part_of_it_may_answer_one_item_and_a_part_another(item, other):
    remind(clock=lambda: MONDAY)
    delivery = Delivery.objects.get()
    row = take(reply_to(delivery, "The round was held, and the rest is not ours."))

    row.use_for(delivery.reminders.get(follow_up=item), words="The round was held", now=LATER)
    row.use_for(delivery.reminders.get(follow_up=other), words="not ours", now=LATER)

    assert (item.commitment.reports.get().internal, other.requests.get().kind) == (
        "The round was held",
        "not_mine",
    )
    assert row.reminder is None


def test_it_cannot_be_used_for_what_is_closed(delivery, item):
    row = take(reply_to(delivery, "감사합니다"))
    item.close(FollowUp.Outcome.DONE, now=LATER)

    with pytest.raises(ValidationError, match="closed since"):
        row.use_for(delivery.reminders.get(), now=LATER)

    assert IncomingMail.objects.waiting().get() == row


def test_it_cannot_be_used_for_a_post_that_handed_over_meanwhile(delivery, item):
    row = take(reply_to(delivery, "감사합니다"))
    item.commitment.assignments.get().end(on=date(2026, 12, 16))

    with time_machine.travel(LATER + timedelta(days=4)), pytest.raises(ValidationError, match="Another post"):
        row.use_for(delivery.reminders.get(), now=LATER + timedelta(days=4))


def test_read_and_nothing_to_do_is_said_once(delivery):
    row = take(reply_to(delivery, "감사합니다"))

    row.done()

    assert not IncomingMail.objects.waiting().exists()
    with pytest.raises(ValidationError):
        row.done()
    with pytest.raises(ValidationError):
        row.use_for(delivery.reminders.get(), now=LATER)


# Who reads it


def readers(row: IncomingMail, *users) -> list[bool]:
    return [IncomingMail.objects.visible_to(user).filter(pk=row.pk).exists() for user in users]


def test_a_reply_is_read_by_whoever_sees_its_item(delivery, item, lead):
    row = take(reply_to(delivery, "감사합니다"))
    elsewhere, owner = make_officer(make_forum()), lead.holdings.get().user

    assert readers(row, make_officer(item.forum), owner, elsewhere) == [True, True, False]
    assert not IncomingMail.objects.editable_by(owner).exists()
    assert IncomingMail.objects.editable_by(make_officer(item.forum)).get() == row


def test_a_reply_about_a_restricted_item_is_read_by_whom_it_was_granted_to(delivery, item):
    type(item.commitment).objects.update(marking=Marking.RESTRICTED)
    officer, granted = make_officer(item.forum), make_officer(item.forum)
    Grant.objects.create(commitment=item.commitment, user=granted, reason="Works on it")

    row = take(reply_to(delivery, "Done"))

    assert item.commitment.reports.get().internal == "Done"
    assert readers(row, officer, granted) == [False, True]


def test_a_reply_about_several_items_is_read_by_the_desk_that_sees_each(item, other):
    remind(clock=lambda: MONDAY)
    row = take(reply_to(Delivery.objects.get(), "All is well"))
    officer = make_officer(item.forum)

    assert readers(row, officer) == [True]
    type(item.commitment).objects.filter(pk=other.commitment_id).update(marking=Marking.RESTRICTED)
    assert readers(row, officer) == [False]


def test_mail_that_names_a_restricted_item_is_hidden_with_it(delivery, item, other):
    type(item.commitment).objects.filter(pk=other.commitment_id).update(marking=Marking.RESTRICTED)
    text = f"{item.commitment.reference} and {other.commitment.reference} are done"

    row = take(raw_mail(text, **{"from": LEAD}))

    assert readers(row, make_officer(item.forum)) == [False]


def test_mail_for_nothing_in_particular_is_read_by_the_desk_it_came_to_or_any(delivery, item):
    desk, elsewhere, reader = make_officer(item.forum), make_officer(make_forum()), make_user()
    make_membership(reader, Membership.Role.READER, forum=item.forum)

    to_desk = take(raw_mail("Hello", **{"from": LEAD}))
    to_nobody = take(raw_mail("Hello", **{"from": LEAD}, to="tracker@ministry.example"))

    assert readers(to_desk, desk, elsewhere, reader) == [True, False, False]
    assert readers(to_nobody, desk, elsewhere, reader) == [True, True, False]
