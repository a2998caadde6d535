"""The answer page, as somebody without an account meets it."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments import answers
from commitments.models import Authority, Change, FollowUp, Grant, Marking, ProgressReport, Request
from notifications.links import AnswerLink
from notifications.models import Acknowledgment, Delivery, Reminder
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_meeting,
    make_officer,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _that_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def link(item: FollowUp) -> str:
    item.commitment.provisions.add(make_provision("continue discussions"))
    remind(clock=lambda: MONDAY)
    return "a/" + next(word for word in mail.outbox[0].body.split() if "/a/" in word).partition("/a/")[2]


def page(client, link, **answer):
    return client.post(f"/{link}", {"name": "Kim", **answer}) if answer else client.get(f"/{link}")


def read(response):
    """What a reader reads, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(response.content.decode())).split())


def answered(client, link, **answer):
    """The page after an answer, in English."""
    response = client.post(f"/{link}?language=en", {"name": "Kim", **answer})
    return read(client.get(response["Location"]))


def in_english(client, link):
    return read(client.get(f"/{link}?language=en"))


def decided(report, state, **said):
    report.decide(state, by=make_user(), now=MONDAY, **said)


def unchanged(item, times):
    """So often has “no change” been said and cleared."""
    for _time in range(times):
        report = answers.propose_report(item, post=None, now=MONDAY, no_change=True)
        decided(report, ProgressReport.State.CLEARED)


def test_it_shows_the_declared_words_and_what_is_asked(client, link):
    shown = page(client, link).content.decode()

    assert "continue discussions" in shown
    assert "12월 18일" in shown or "18 Dec 2026" in shown


def declare(item, language, words, authority):
    text = make_text(words, language=language, authority=authority)
    item.commitment.provisions.add(make_provision(words, text=text))


def test_the_declared_words_of_ones_own_language_come_first_and_the_others_are_folded(client, link, item):
    declare(item, "ko", "논의를 지속하기로 하였다", Authority.READOUT)

    shown = client.get(f"/{link}?language=ko").content.decode()

    own, _fold, others = shown.partition('<details class="other-texts">')
    assert "논의를 지속하기로 하였다" in own
    assert "continue discussions" not in own
    assert "continue discussions" in others


def test_a_text_that_prevails_does_not_come_before_ones_own_language(client, link, item):
    declare(item, "ja", "議論を継続する", Authority.SIGNED)

    shown = client.get(f"/{link}?language=en").content.decode()

    assert "continue discussions" in shown.partition('<details class="other-texts">')[0]


def test_without_words_in_ones_language_the_text_that_prevails_is_shown(client, link, item):
    declare(item, "ja", "議論を継続する", Authority.SIGNED)

    shown = client.get(f"/{link}?language=ko").content.decode()

    own, _fold, others = shown.partition('<details class="other-texts">')
    assert "議論を継続する" in own
    assert "continue discussions" in others


def test_where_there_is_one_text_nothing_is_folded(client, link):
    assert "other-texts" not in page(client, link).content.decode()


def test_opening_it_ten_times_writes_to_no_table(client, link):
    with CaptureQueriesContext(connection) as asked:
        for _time in range(10):
            assert page(client, link).status_code == 200

    assert [query["sql"] for query in asked if WRITES.match(query["sql"])] == []
    assert not Acknowledgment.objects.exists()


def test_it_is_read_in_another_language_without_an_account(client, link):
    shown = client.get(f"/{link}?language=ja")

    assert '<html lang="ja">' in shown.content.decode()
    assert "2026年12月18日(金)" in shown.content.decode()
    assert settings.LANGUAGE_COOKIE_NAME not in shown.cookies


def test_an_answer_at_half_past_eight_in_seoul_bears_the_day_of_seoul(client, link):
    with time_machine.travel(at(date(2026, 12, 15), 8, 40), tick=False):
        page(client, link, answer="report", text="The second round was held.")

    assert ProgressReport.objects.get().reported_on == date(2026, 12, 15)


def test_seen_on_the_morning_after_the_date_is_quiet_for_a_week(client, link):
    with time_machine.travel(at(date(2026, 12, 19), 8, 40), tick=False):
        page(client, link, answer="seen")

    assert Acknowledgment.objects.get().until_on == date(2026, 12, 26)


def test_one_post_acknowledges_that_item_for_that_date(client, link, item):
    page(client, link, answer="seen")
    page(client, link, answer="seen")

    seen = Acknowledgment.objects.get()
    assert (seen.follow_up, seen.due_on, seen.by_name) == (item, item.due_on, "Kim")


def test_a_report_waits_on_the_commitment_for_the_desk(client, link, item):
    response = page(client, link, answer="report", text="Working-level call held.")

    assert response.status_code == 302
    report = item.commitment.reports.get()
    assert (report.internal, report.state) == ("Working-level call held.", ProgressReport.State.SUBMITTED)
    assert (report.reported_by, report.post) == ("Kim", Reminder.objects.get(state="told").post)


def test_pressing_twice_makes_one_report(client, link, item):
    page(client, link, answer="no_change")
    page(client, link, answer="no_change")

    assert item.commitment.reports.count() == 1


def test_more_time_is_asked_with_a_reason_and_a_later_date(client, link, item):
    page(client, link, answer="more_time", until_on="2027-01-29", reason="The talks were put off.")

    asked = item.requests.get()
    assert (asked.kind, asked.proposed_on, asked.state) == ("extension", date(2027, 1, 29), "proposed")


def test_an_earlier_date_gets_a_sentence_and_nothing_is_written(client, link):
    response = page(client, link, answer="more_time", until_on="2026-12-01", reason="x")

    assert response.status_code == 400
    assert "2026-12-18" in response.content.decode()
    assert not Request.objects.exists()


def test_not_mine_with_a_name_proposes_a_hand_over(client, link, item):
    page(client, link, answer="not_mine", owner="Energy Division")

    assert (item.requests.get().kind, item.requests.get().proposed_owner) == ("hand_over", "Energy Division")


def test_without_a_name_nothing_is_recorded(client, link, item):
    response = page(client, link, answer="no_change", name="")

    assert response.status_code == 400
    assert not item.commitment.reports.exists()


@pytest.mark.parametrize("text", ["\x00", "a\u202eb"])
def test_what_cannot_be_shown_is_refused_with_a_sentence(client, link, item, text):
    response = page(client, link, answer="report", text=text)

    assert response.status_code == 400
    assert not item.commitment.reports.exists()


def test_an_old_link_cannot_answer_for_a_new_date(client, link, item):
    item.move_to(date(2027, 1, 29), now=MONDAY, reason="agreed")

    response = page(client, link, answer="seen")

    assert response.status_code == 400
    assert not Acknowledgment.objects.exists()


def test_a_closed_item_asks_nothing_and_says_what_comes_next(client, link, item):
    item.close(FollowUp.Outcome.DONE, now=MONDAY)
    make_follow_up(date(2027, 3, 1), commitment=item.commitment)

    shown = in_english(client, link)

    assert "This date was closed on Mon 14 Dec 2026 : done." in shown
    assert "What comes next: deadline, Mon 1 Mar 2027" in shown
    assert 'name="answer"' not in page(client, link).content.decode()


def test_a_moved_item_says_its_new_date_and_why(client, link, item):
    item.move_to(date(2027, 1, 29), now=MONDAY, reason="The talks were put off.")

    shown = in_english(client, link)

    assert "Its date has moved from Fri 18 Dec 2026 to Fri 29 Jan 2027 ." in shown
    assert "The talks were put off." in shown
    assert "Need more time" not in shown


def test_a_post_that_has_handed_it_over_is_told_so_and_cannot_answer(client, link, item):
    item.commitment.assignments.update(post=make_held_post(), party=item.commitment.assignments.get().party)

    assert "does not answer for this item any more" in in_english(client, link)
    assert page(client, link, answer="report", text="Still I think …").status_code == 400
    assert not item.commitment.reports.exists()


def test_an_answer_says_what_was_recorded_and_what_happens_next(client, link):
    shown = answered(client, link, answer="report", text="The lists were exchanged.")

    assert "Thank you. Your report has gone to the desk." in shown
    assert "Report of Mon 14 Dec 2026 by Kim, waiting for the desk: The lists were exchanged." in shown
    assert "You are not reminded of this while the desk decides." in shown


def test_seen_says_until_when_it_is_quiet_and_when_reminders_go_on(client, link):
    shown = answered(client, link, answer="seen")

    assert "Seen by Kim; no reminder until Fri 18 Dec 2026 , that day included." in shown
    assert "If it is still open then, reminders go on from Mon 21 Dec 2026 ." in shown


def test_seen_may_be_quiet_for_a_shorter_time(client, link):
    page(client, link, answer="seen", until_on="2026-12-16")

    assert Acknowledgment.objects.get().until_on == date(2026, 12, 16)


def test_remind_me_later_keeps_its_reason(client, link, item):
    shown = answered(client, link, answer="later", until_on="2026-12-16", reason="The call is on Wednesday.")

    assert "Thank you. You will be reminded later." in shown
    assert "The call is on Wednesday." in shown
    assert Acknowledgment.objects.get().reason == "The call is on Wednesday."


@pytest.mark.parametrize("button", ["seen", "later"])
def test_quiet_past_the_date_itself_is_refused_with_the_way_out(client, link, button):
    response = client.post(
        f"/{link}?language=en", {"name": "Kim", "answer": button, "until_on": "2026-12-19", "reason": "x"}
    )

    assert response.status_code == 400
    assert "No reminder until: Choose Fri 18 Dec 2026 or an earlier day." in read(response)
    assert "ask for more time instead" in read(response)
    assert not Acknowledgment.objects.exists()


def test_what_is_overdue_cannot_be_put_off_but_more_time_can_be_asked(client, link):
    with time_machine.travel(at(date(2026, 12, 21)), tick=False):
        assert "Its date has passed, so it cannot wait any longer." in in_english(client, link)
        page(client, link, answer="later", until_on="2026-12-22", reason="x")
        page(client, link, answer="more_time", until_on="2027-01-29", reason="The talks go on.")

    assert not Acknowledgment.objects.exists()
    assert Request.objects.get().proposed_on == date(2027, 1, 29)


def test_the_last_cleared_line_stands_beside_no_change(client, link, item):
    report = answers.propose_report(item, post=None, now=MONDAY, internal="Working-level call held.")
    decided(report, ProgressReport.State.CLEARED)

    button = (
        page(client, link).content.decode().partition('id="answer-no_change"')[2].partition("</summary>")[0]
    )

    assert "Working-level call held." in button
    assert "2026-12-14" in button


@pytest.mark.parametrize(("times", "flagged"), [(1, False), (2, True)])
def test_the_third_no_change_in_a_row_is_flagged_before_it_is_said(client, link, item, times, flagged):
    unchanged(item, times)

    assert ("This would be the third “no change” in a row." in in_english(client, link)) == flagged


def test_a_sentence_beside_the_third_no_change_is_kept(client, link, item):
    unchanged(item, 2)

    page(client, link, answer="no_change", text="Both sides wait for the elections.")

    report = item.commitment.reports.waiting().get()
    assert (report.no_change, report.internal) == (True, "Both sides wait for the elections.")


def test_a_hand_over_is_proposed_to_somebody(client, link, item):
    page(client, link, answer="hand_over", owner="Energy Division", reason="It is about batteries.")

    asked = item.requests.get()
    assert (asked.kind, asked.proposed_owner) == (Request.Kind.HAND_OVER, "Energy Division")
    assert asked.reason == "It is about batteries."


def test_a_hand_over_to_nobody_is_asked_again(client, link, item):
    assert page(client, link, answer="hand_over").status_code == 400
    assert not item.requests.exists()


def test_not_mine_needs_no_name_of_another(client, link, item):
    page(client, link, answer="not_mine")

    assert item.requests.get().kind == Request.Kind.NOT_MINE


def test_another_date_while_one_is_asked_for_says_that_it_waits(client, link, item):
    page(client, link, answer="more_time", until_on="2027-01-29", reason="Talks.")

    response = client.post(
        f"/{link}?language=en",
        {"name": "Kim", "answer": "more_time", "until_on": "2027-02-26", "reason": "Talks."},
    )

    assert "This has been asked already and waits for the desk." in read(response)
    assert item.requests.get().proposed_on == date(2027, 1, 29)


def test_who_answered_already_is_told_so(client, link):
    page(client, link, answer="report", text="The lists were exchanged.")

    shown = in_english(client, link)

    assert "by Kim, waiting for the desk: The lists were exchanged." in shown
    assert "You need not answer again, but you may." in shown


def test_what_the_desk_returned_is_shown_in_its_words(client, link, item):
    page(client, link, answer="report", text="We met.")
    decided(item.commitment.reports.get(), ProgressReport.State.RETURNED, decision="With whom?")

    assert "The desk asks again Mon 14 Dec 2026 : With whom?" in in_english(client, link)


def test_what_was_answered_anew_is_not_asked_again(client, link, item):
    page(client, link, answer="report", text="We met.")
    decided(item.commitment.reports.get(), ProgressReport.State.RETURNED, decision="With whom?")
    page(client, link, answer="report", text="We met the Ministry of Energy.")

    assert "With whom?" not in in_english(client, link)


def test_an_error_is_named_at_its_field_and_has_the_focus(client, link):
    response = client.post(f"/{link}?language=en", {"name": "Kim", "answer": "more_time", "reason": "x"})

    html = response.content.decode()
    assert "New date: This field is required." in read(response)
    assert 'href="#more_time-until_on"' in html
    assert 'tabindex="-1" autofocus' in html
    assert "<title>Error:" in html


def test_the_date_of_an_extension_comes_after_the_present_one(client, link):
    response = client.post(
        f"/{link}?language=en",
        {"name": "Kim", "answer": "more_time", "until_on": "2026-12-18", "reason": "x"},
    )

    assert "New date: Give a date after 2026-12-18." in read(response)


def test_a_date_outside_the_calendar_is_refused_with_a_sentence(client, link, item):
    assert page(client, link, answer="more_time", until_on="9999-12-31", reason="x").status_code == 400
    assert not item.requests.exists()


# What a link opens, and what it does not


@pytest.fixture
def other(item, lead):
    """Another item of the same lead, and so of the same message."""
    commitment = make_commitment(lead=lead, forum=item.commitment.forum, title_en="Third countries")
    return make_follow_up(item.due_on, commitment=commitment, dated_at=item.dated_at)


@pytest.fixture
def link_of_item(other, item, link):
    told = Reminder.objects.get(follow_up=item, state="told")
    return AnswerLink(told.delivery_id, told.pk).path().lstrip("/")


def test_a_forwarded_link_shows_only_its_item(client, other, link_of_item):
    shown = page(client, link_of_item).content.decode()

    assert other.commitment.reference not in shown
    assert "Third countries" not in shown


def test_after_an_answer_somebody_else_hears_only_how_many_more_were_asked(client, other, link_of_item):
    shown = answered(client, link_of_item, answer="no_change")

    assert "The message asks about one more item; open it from the message." in shown
    assert "Third countries" not in shown
    assert other.commitment.reference not in shown


@pytest.fixture
def as_recipient(client, link_of_item):
    client.force_login(Delivery.objects.get().recipient)
    return client


def test_after_an_answer_the_recipient_is_offered_the_other_items(as_recipient, client, other, link_of_item):
    page_after = client.get(page(client, link_of_item, answer="no_change")["Location"]).content.decode()

    told = Reminder.objects.get(follow_up=other, state="told")
    assert "Third countries" in page_after
    assert AnswerLink(told.delivery_id, told.pk).path() in page_after


def test_of_the_other_items_only_those_that_still_wait_are_offered(as_recipient, client, other, link_of_item):
    told = Reminder.objects.get(follow_up=other, state="told")
    page(client, AnswerLink(told.delivery_id, told.pk).path().lstrip("/"), answer="seen")

    assert "Nothing else of this message waits for you." in answered(client, link_of_item, answer="no_change")


def test_one_link_is_no_way_to_flood_the_desk(client, link):
    for n in range(6):
        refused = page(client, link, answer="report", text=f"Talk {n}.")

    assert ProgressReport.objects.count() == 5
    assert "총괄 담당이 이미 제출하신 회신을 먼저 검토합니다." in refused.content.decode()


def test_items_of_somebody_elses_message_are_not_offered(client, item, link):
    theirs = make_commitment(lead=make_held_post(), forum=item.commitment.forum, title_en="Not for Kim")
    make_follow_up(item.due_on, commitment=theirs, dated_at=item.dated_at)
    remind(clock=lambda: MONDAY)

    assert "Not for Kim" not in answered(client, link, answer="no_change")


def test_a_receipt_that_was_made_up_opens_nothing(client, other, link_of_item):
    shown = client.get(f"/{link_of_item}?done=no_change").content.decode()

    assert "Third countries" not in shown


def test_a_receipt_is_of_one_link_only(client, other, link_of_item):
    receipt = page(client, link_of_item, answer="no_change")["Location"].partition("?")[2]
    told = Reminder.objects.get(follow_up=other, state="told")
    elsewhere = AnswerLink(told.delivery_id, told.pk).path()

    assert "Thank you" not in read(client.get(f"{elsewhere}?{receipt}&language=en"))


@pytest.fixture
def restricted(item, link):
    type(item.commitment).objects.update(marking=Marking.RESTRICTED, title_en="Secret title")
    return link


def test_whoever_may_see_a_restricted_item_sees_it_once_signed_in(client, item, restricted):
    reader = make_officer(item.commitment.forum)
    Grant.objects.create(commitment=item.commitment, user=reader, reason="Works on it")
    client.force_login(reader)

    assert "Secret title" in in_english(client, restricted)


def test_being_signed_in_is_not_enough_for_a_restricted_item(client, item, restricted):
    client.force_login(make_officer(item.commitment.forum))

    shown = in_english(client, restricted)

    assert "Secret title" not in shown
    assert "What it says is shown after signing in." in shown


def test_what_was_answered_about_a_restricted_item_is_not_shown(client, item, restricted):
    shown = answered(client, restricted, answer="report", text="Secret talks were held.")

    assert "An answer waits for the desk." in shown
    assert "Secret talks" not in shown + in_english(client, restricted)


def test_the_page_tells_no_other_site_where_it_is_and_can_still_be_answered(client, link):
    assert page(client, link)["Referrer-Policy"] == "same-origin"


def test_an_expired_link_says_how_to_go_on(client, link):
    with time_machine.travel(MONDAY + timedelta(days=121)):
        response = client.get(f"/{link}?language=en")

    assert response.status_code == 410
    assert "Please reply to the mail instead" in read(response)


def test_a_cut_link_says_what_to_do(client, link):
    response = client.get(f"/{link[:-6]}/")

    assert response.status_code == 404
    assert "Copy the whole address" in response.content.decode()


def test_a_restricted_item_shows_only_its_reference(client, item):
    item.commitment.provisions.add(make_provision("secret words"))
    type(item.commitment).objects.update(marking=Marking.RESTRICTED, title_en="Secret title")
    remind(clock=lambda: MONDAY)
    link = next(word for word in mail.outbox[0].body.split() if "/a/" in word).partition("/a/")[2]

    shown = client.get(f"/a/{link}").content.decode() + mail.outbox[0].body

    assert item.commitment.reference in shown
    assert "secret words" not in shown
    assert "Secret title" not in shown


def test_the_form_is_safe_from_other_sites(link, item):
    response = Client(enforce_csrf_checks=True).post(f"/{link}", {"name": "Kim", "answer": "seen"})

    assert response.status_code == 403


def test_a_cleared_answer_closes_the_item_and_sets_the_next_date(client, link, item):
    page(client, link, answer="report", text="Done.")
    officer = make_officer(item.commitment.forum)

    answers.clear_report(item.commitment.reports.get(), by=officer, now=MONDAY)

    item.refresh_from_db()
    assert item.outcome == FollowUp.Outcome.REPORTED
    assert item.commitment.follow_ups.open().count() == 1


def test_the_history_says_for_which_post_and_by_which_name(client, link, item):
    page(client, link, answer="no_change")

    change = Change.objects.of(item.commitment.reports.get()).get()
    assert (change.via, change.on_behalf_of_id) == ("answer page", Reminder.objects.get(state="told").post_id)


def test_the_answer_page_of_a_demonstrations_meeting_says_so(client, desk):
    forum = make_forum(desk=desk, demonstration=True)
    make_follow_up(date(2026, 12, 15), meeting=make_meeting(forum=forum), dated_at=at(date(2026, 11, 1)))
    remind(clock=lambda: MONDAY)
    link = AnswerLink(Delivery.objects.get().pk, Reminder.objects.get(state="told").pk).token()

    assert "demonstration, not the actual state" in client.get(f"/a/{link}/").content.decode()
