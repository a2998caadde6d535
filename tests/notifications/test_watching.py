"""Each question of the operations page: what it counts, when it worries, what it says to do."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from commitments.models import Commitment, FollowUp, Post, User
from notifications import watching
from notifications.inheritance import LadderBook
from notifications.models import (
    AddressProblem,
    ChannelPause,
    Delivery,
    Heartbeat,
    IncomingMail,
    PlanningMark,
    Reminder,
)
from notifications.planning import plan_reminders
from notifications.recipients import Directory
from notifications.watching import Finding
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_message_id,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
NOW = at(TODAY)


@pytest.fixture(autouse=True)
def _for_a_day(settings: Settings) -> None:
    settings.STARTED_AT = NOW - timedelta(days=1)


def ago(**age: int) -> datetime:
    return NOW - timedelta(**age)


def ask(name: str) -> Finding:
    return next(finding for finding in watching.look(NOW) if finding.name == name)


def make_delivery(state: str, **fields: Any) -> Delivery:
    known = {"recipient": make_user(), "local_day": TODAY, "send_after": NOW, "created_at": NOW}
    return Delivery.objects.create(state=state, message_id=make_message_id(), **{**known, **fields})


def make_reminder(follow_up: FollowUp, **fields: Any) -> Reminder:
    known = {"step": "before-7", "ordinal": 1, "audience": "owner", "breaks_out": False, "remind_on": TODAY}
    known |= {"post": make_post(), "due_on": follow_up.due_on, "planned_at": NOW}
    return Reminder.objects.create(follow_up=follow_up, **{**known, **fields})


def soon() -> FollowUp:
    return make_follow_up(date(2026, 12, 1), lead=make_held_post())


def test_a_worker_that_does_its_rounds_is_no_worry() -> None:
    Heartbeat.beat("tick", now=ago(seconds=90))

    found = ask("tick")

    assert not found.worrying
    assert found.value == 90
    assert "The worker answers: 1\xa0minute ago" in found.sentence


def test_a_silent_worker_is_said_with_its_last_sign_of_life_and_what_to_do() -> None:
    Heartbeat.beat("tick", now=ago(minutes=4))

    found = ask("tick")

    assert found.worrying
    assert "has not answered since Sun 22 Nov 2026 23:56" in found.sentence
    assert "manage.py remind" in found.advice


def test_a_worker_that_never_came_is_a_worry() -> None:
    assert ask("tick").worrying
    assert "has not answered yet" in ask("tick").sentence


def test_whoever_has_just_started_is_given_time(settings: Settings) -> None:
    settings.STARTED_AT = ago(minutes=2)

    assert not ask("tick").worrying


def test_next_dates_out_of_step_are_a_worry_after_three_hours() -> None:
    Heartbeat.beat("keep_in_step", now=ago(hours=2))
    assert not ask("keep_in_step").worrying

    Heartbeat.beat("keep_in_step", now=ago(hours=4))
    assert ask("keep_in_step").worrying


def test_planning_that_was_not_done_anew_for_a_day_is_a_worry() -> None:
    PlanningMark.objects.create(calendar_id=1, planned_on=TODAY, full_at=ago(hours=19))
    assert not ask("planning").worrying

    PlanningMark.objects.create(calendar_id=2, planned_on=TODAY, full_at=ago(hours=25))
    assert ask("planning").worrying


def test_a_register_without_anything_to_plan_is_no_worry() -> None:
    assert not ask("planning").worrying


def test_messages_that_wait_past_their_time_are_a_worry_after_ten_minutes() -> None:
    delivery = make_delivery(Delivery.State.PENDING, send_after=ago(minutes=9))
    make_delivery(Delivery.State.PENDING, send_after=NOW + timedelta(days=1))
    assert not ask("queue").worrying

    Delivery.objects.filter(pk=delivery.pk).update(send_after=ago(minutes=25))
    assert ask("queue").worrying
    assert "25\xa0minutes" in ask("queue").sentence
    assert ask("queue").link == "pending"


def test_reminders_in_such_messages_are_counted() -> None:
    late, early = (make_delivery(Delivery.State.PENDING, send_after=ago(minutes=n)) for n in (11, 9))
    make_reminder(soon(), delivery=late)
    make_reminder(soon(), delivery=late)
    make_reminder(soon(), delivery=early)

    assert ask("overdue").value == 2
    assert ask("overdue").worrying


def test_a_lease_that_ran_over_by_five_minutes_is_a_worry() -> None:
    make_delivery(Delivery.State.CLAIMED, lease_until=ago(minutes=4))
    assert not ask("leases").worrying

    make_delivery(Delivery.State.SENDING, lease_until=ago(minutes=6))
    assert ask("leases").value == 1


def test_a_message_that_is_uncertain_for_an_hour_is_a_worry() -> None:
    make_delivery(Delivery.State.UNCERTAIN, message_date=ago(minutes=59))
    assert not ask("uncertain").worrying

    make_delivery(Delivery.State.UNCERTAIN, message_date=ago(minutes=61))
    assert ask("uncertain").value == 1
    assert ask("uncertain").link == "undelivered"


def test_a_failed_message_is_a_worry_until_somebody_has_seen_to_it() -> None:
    delivery = make_delivery(Delivery.State.FAILED)
    assert ask("failed").value == 1

    delivery.see_to(by=make_user(), now=NOW)
    assert ask("failed").value == 0


def test_what_is_sent_again_and_fails_again_is_a_worry_again() -> None:
    delivery = make_delivery(Delivery.State.FAILED)
    delivery.see_to(by=make_user(), now=NOW)

    delivery.send_again(now=NOW)
    Delivery.objects.update(state=Delivery.State.FAILED)

    assert ask("failed").value == 1


def test_a_paused_channel_is_said_with_the_servers_words() -> None:
    assert not ask("paused").worrying
    ChannelPause.objects.create(channel="mail", reason="535 wrong password", since=NOW, until=NOW)

    assert ask("paused").worrying
    assert "mail: 535 wrong password" in ask("paused").sentence


def test_what_came_too_late_to_be_of_use_is_a_worry() -> None:
    make_reminder(soon(), state=Reminder.State.MISSED)

    assert ask("missed").value == 1


def test_an_address_that_refuses_mail_is_a_worry() -> None:
    make_user(email="gone@ministry.example")
    AddressProblem.objects.create(address="gone@ministry.example", reason="550", since=NOW)

    assert ask("addresses").worrying


def test_mail_that_waits_for_a_reader_worries_after_a_day() -> None:
    known = {"mailbox": "desk@ministry.example", "kind": IncomingMail.Kind.OTHER}
    IncomingMail.objects.create(message_id="1", received_at=ago(hours=23), **known)
    assert (ask("incoming").value, ask("incoming").worrying, ask("incoming").to_know) == (1, False, True)

    IncomingMail.objects.create(message_id="2", received_at=ago(hours=25), **known)
    assert (ask("incoming").worrying, ask("incoming").to_know) == (True, False)


def test_a_commitment_without_owner_or_date_is_a_worry() -> None:
    make_commitment()

    assert ask("uncovered").value == 1


def test_what_worries_comes_first() -> None:
    AddressProblem.objects.create(address="gone@ministry.example", reason="550", since=NOW)

    worrying = [finding.worrying for finding in watching.look(NOW)]

    assert worrying == sorted(worrying, reverse=True)
    assert worrying[0]


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_every_finding_is_a_sentence_and_says_what_to_do_where_it_worries(language: str) -> None:
    AddressProblem.objects.create(address="gone@ministry.example", reason="550", since=NOW)
    make_delivery(Delivery.State.FAILED)

    with translation.override(language):
        findings = watching.look(NOW)

    assert all(finding.sentence and "%" not in finding.sentence for finding in findings)
    assert all(finding.advice for finding in findings if finding.worrying)


def test_without_a_mailbox_to_read_nobody_worries_but_it_is_good_to_know() -> None:
    found = ask("mailbox")

    assert (found.worrying, found.to_know) == (False, True)
    assert "Every message invites a reply." in found.advice


def test_a_mailbox_that_cannot_be_read_is_said_with_the_servers_words(settings: Settings) -> None:
    settings.MAILBOX_URLS = ["imap+ssl://desk:secret@mail.ministry.example/INBOX"]
    sign = Heartbeat.objects.create(part="mailbox", at=ago(minutes=2))
    assert not ask("mailbox").worrying

    sign.note = "desk@mail.ministry.example/INBOX: login refused"
    sign.save()
    assert ask("mailbox").worrying
    assert "login refused" in ask("mailbox").sentence


def test_a_mailbox_that_nobody_has_read_for_a_quarter_of_an_hour_is_a_worry(settings: Settings) -> None:
    settings.MAILBOX_URLS = ["imap+ssl://desk:secret@mail.ministry.example/INBOX"]
    Heartbeat.objects.create(part="mailbox", at=ago(minutes=16))

    assert ask("mailbox").worrying


# -- nobody to tell


def untold() -> list[Commitment]:
    return list(watching.nobody_to_tell(Commitment.objects.all(), now=NOW))


def mute() -> User:
    return make_user(email="")


def item(lead: Post | None) -> Commitment:
    """Live, with a date that stands."""
    commitment = make_commitment(lead=lead)
    make_follow_up(date(2026, 12, 1), commitment=commitment)
    return commitment


def test_where_the_desk_hears_somebody_is_told_of_everything() -> None:
    forum = make_forum(desk=make_held_post())
    make_follow_up(date(2026, 12, 1), commitment=make_commitment(forum=forum, lead=make_post()))

    assert untold() == []


def test_an_owner_that_hears_is_enough() -> None:
    item(make_held_post())

    assert untold() == []


@pytest.mark.parametrize(
    "holder",
    [
        lambda: None,
        mute,
        lambda: make_user(is_active=False),
    ],
)
def test_nobody_is_told_of_a_date_whose_post_has_nobody_with_an_address(holder: Any) -> None:
    post, user = make_post(), holder()
    if user:
        make_holding(post, user)
    commitment = item(post)

    assert untold() == [commitment]


def test_an_alternate_that_hears_is_enough_also_that_of_the_desk() -> None:
    item(make_post(alternate=make_post(alternate=make_held_post())))
    forum = make_forum(desk=make_post(alternate=make_held_post()))
    make_follow_up(date(2026, 12, 1), commitment=make_commitment(forum=forum, lead=make_post()))

    assert untold() == []


def test_whoever_acts_hears_until_the_last_day_of_it() -> None:
    post = make_post()
    acting = make_holding(post, acting=True, until_on=TODAY)
    commitment = item(post)
    assert untold() == []

    acting.until_on = TODAY - timedelta(days=2)
    acting.save()
    assert untold() == [commitment]


def test_the_desk_of_the_body_above_hears_for_its_working_group() -> None:
    above = make_forum(desk=make_held_post())
    group = make_forum(parent=above)
    commitment = make_commitment(forum=above, working_group=group, lead=make_post())
    make_follow_up(date(2026, 12, 1), commitment=commitment)

    assert untold() == []


def test_a_desk_of_the_working_group_hears_where_that_of_the_body_above_does_not() -> None:
    above = make_forum(desk=make_post())
    group = make_forum(parent=above, desk=make_held_post())
    commitment = make_commitment(forum=above, working_group=group, lead=make_post())
    make_follow_up(date(2026, 12, 1), commitment=commitment)

    assert untold() == []


def test_a_date_for_a_named_post_asks_for_that_and_not_for_the_lead() -> None:
    commitment = make_commitment(lead=make_held_post())
    make_follow_up(date(2026, 12, 1), commitment=commitment, post=make_post())

    assert untold() == [commitment]


def test_a_date_of_one_party_asks_for_the_lead_of_that_party() -> None:
    japan = make_party("JPN")
    commitment = make_commitment(lead=make_held_post())
    make_follow_up(date(2026, 12, 1), commitment=commitment, party=japan)

    assert untold() == [commitment]


def test_one_of_two_leads_that_hears_is_enough() -> None:
    commitment = item(make_post())
    assert untold() == [commitment]

    make_assignment(commitment, make_held_post(organisation=make_organisation(party=make_party("USA"))))
    assert untold() == []


def test_what_is_closed_answered_or_a_draft_needs_nobody() -> None:
    closed = item(make_post())
    closed.close("implemented", now=NOW, reason="done")
    answered = item(make_post())
    answered.follow_ups.update(closed_at=NOW, outcome="done")
    draft = item(make_post())
    Commitment.objects.filter(pk=draft.pk).update(workflow=Commitment.Workflow.DRAFT)

    assert untold() == []


def test_it_says_what_the_directory_says() -> None:
    """The same question, asked of the planned reminders one by one."""
    desks = [make_held_post(), make_post(), make_held_post(mute())]
    leads = [make_held_post, make_post, lambda: make_post(alternate=make_held_post()), lambda: None]
    for desk in desks:
        forum = make_forum(desk=desk)
        for lead in leads:
            make_follow_up(TODAY, commitment=make_commitment(forum=forum, lead=lead()))
    plan_reminders(now=NOW)
    owners = Reminder.objects.filter(audience="owner").select_related("follow_up__commitment")
    directory = Directory({reminder.post_id for reminder in owners}, now=NOW)

    def hears(reminder: Reminder) -> bool:
        return directory.recipient(reminder.post_id, reminder.follow_up.commitment.forum_id) is not None

    deaf = {r.follow_up.commitment.pk for r in owners if not hears(r)}
    assert deaf
    assert {commitment.pk for commitment in untold()} == deaf


def test_the_number_of_questions_does_not_grow_with_the_register() -> None:
    def fill() -> None:
        make_follow_up(
            TODAY, commitment=make_commitment(forum=make_forum(desk=make_post()), lead=make_post())
        )
        make_delivery(Delivery.State.FAILED)
        make_reminder(soon(), state=Reminder.State.MISSED)

    fill()
    LadderBook().write_rules()
    with CaptureQueriesContext(connection) as few:
        watching.look(NOW)
    for _round in range(4):
        fill()
    with CaptureQueriesContext(connection) as many:
        watching.look(NOW)

    assert len(many) == len(few)
    assert len(few) <= len(watching.QUESTIONS) + 10
