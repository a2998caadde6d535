"""The answer page, as somebody without an account meets it."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail

from commitments import answers
from commitments.models import Change, FollowUp, Marking, ProgressReport, Request
from notifications.links import AnswerLink
from notifications.models import Acknowledgment, Delivery, Reminder
from notifications.reminding import remind
from tests.factories import at, make_follow_up, make_forum, make_meeting, make_officer, make_provision

pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 12, 14))


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


def test_it_shows_the_declared_words_and_what_is_asked(client, link):
    shown = page(client, link).content.decode()

    assert "continue discussions" in shown
    assert "12월 18일" in shown or "18 Dec 2026" in shown


def test_opening_it_ten_times_changes_nothing(client, link):
    before = Change.objects.count()

    for _time in range(10):
        assert page(client, link).status_code == 200

    assert Change.objects.count() == before
    assert not Acknowledgment.objects.exists()


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


def test_a_closed_item_asks_nothing(client, link, item):
    item.close(FollowUp.Outcome.DONE, now=MONDAY)

    assert 'name="answer"' not in page(client, link).content.decode()


def test_a_cut_link_says_what_to_do(client, link):
    response = client.get(f"/{link[:-6]}/")

    assert response.status_code == 404
    assert "Copy the whole address" in response.content.decode()


def test_an_old_link_expires(client, link):
    with time_machine.travel(MONDAY + timedelta(days=121)):
        assert client.get(f"/{link}").status_code == 410


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
    from django.test import Client

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
