"""Of every date: what was sent, what was skipped and why, what is to come."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments import answers
from commitments.models import FollowUp, Forum, Request
from notifications import answering, proof
from notifications.inheritance import Place
from notifications.ladders import Audience, Family, Step
from notifications.laying_down import lay_down
from notifications.models import Acknowledgment, Delivery, OutgoingMail, Preference, Reminder
from notifications.proof import Kind, Line
from notifications.reminding import remind
from tests.factories import (
    at,
    make_commitment,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_message_id,
    make_user,
)
from tests.notifications.conftest import DUE
from tests.notifications.days import run_through

pytestmark = pytest.mark.django_db


def lines(follow_up: FollowUp, now: datetime) -> list[Line]:
    fresh = FollowUp.objects.select_related("commitment", "meeting").get(pk=follow_up.pk)
    return proof.of([fresh], now=now)[follow_up.pk]


def of_step(step: str, follow_up: FollowUp, now: datetime) -> Line:
    return next(line for line in lines(follow_up, now) if line.step == step)


def read(line: Line) -> tuple[str, str, str]:
    return line.step, line.kind, line.why


# -- what is to come


def test_before_anything_happened_every_step_is_planned_with_day_hour_and_person(item):
    found = lines(item, at(date(2026, 11, 1)))

    assert [(line.step, line.kind, line.at, line.person and line.person.email) for line in found] == [
        ("before-30", Kind.PLANNED, at(date(2026, 11, 23), 8, 30), "lead@ministry.example"),
        ("before-7", Kind.PLANNED, at(date(2026, 12, 14), 8, 30), "lead@ministry.example"),
        ("before-1", Kind.PLANNED, at(date(2026, 12, 17), 8, 30), "lead@ministry.example"),
        ("after-1", Kind.PLANNED, at(date(2026, 12, 21), 8, 30), "lead@ministry.example"),
        ("desk-5", Kind.PLANNED, None, None),
    ]


def test_it_is_told_at_the_hour_and_on_the_day_that_the_person_prefers(item, lead):
    holder = lead.holdings.get().user
    Preference.objects.create(user=holder, hour="10:15", days="24")

    assert of_step("before-1", item, at(date(2026, 12, 16))).at == at(date(2026, 12, 17), 10, 15)
    assert of_step("after-1", item, at(date(2026, 12, 16))).at == at(date(2026, 12, 22), 10, 15)


def test_a_step_that_the_next_one_will_overtake_says_so_beforehand(item, lead):
    holder = lead.holdings.get().user
    Preference.objects.create(user=holder, pause_from_on="2026-12-14", pause_until_on="2026-12-16")

    found = of_step("before-7", item, at(date(2026, 12, 1)))

    assert read(found) == ("before-7", Kind.SKIPPED, "overtaken by: 1 day before")


def test_a_step_that_a_pause_will_make_useless_says_so_beforehand(item, lead):
    lay_down(Family.DATED, Place(forum=item.forum), [Step(-7), Step(30)])
    holder = lead.holdings.get().user
    Preference.objects.create(user=holder, pause_from_on="2026-12-11", pause_until_on="2026-12-27")

    found = of_step("before-7", item, at(date(2026, 12, 1)))

    assert read(found) == ("before-7", Kind.SKIPPED, "too late to be of use")


# -- what happened


def test_what_was_sent_says_when_to_whom_and_through_which_channel(item):
    run_through(date(2026, 11, 23), date(2026, 11, 23))

    sent = of_step("before-30", item, at(date(2026, 11, 24)))

    assert (sent.kind, sent.at, sent.person.email) == (
        Kind.TOLD,
        at(date(2026, 11, 23), 8, 30),
        "lead@ministry.example",
    )
    assert sent.delivery == Delivery.objects.get()
    assert sent.delivery.channel == "mail"


def test_who_acted_is_named_with_whom_they_acted_for(item, lead):
    holder = lead.holdings.get().user
    deputy = make_user(name_en="Deputy Kim")
    make_holding(lead, deputy, acting=True, from_on=date(2026, 11, 20), until_on=date(2026, 11, 27))
    run_through(date(2026, 11, 23), date(2026, 11, 23))

    sent = of_step("before-30", item, at(date(2027, 1, 11)))

    assert sent.person_in_words == f"Deputy Kim (acting for {holder.name} until Fri 27 Nov)"


def test_whoever_heard_it_for_a_vacant_post_stands_in(item, lead):
    lead.holdings.update(until_on=date(2026, 11, 1))
    run_through(date(2026, 11, 23), date(2026, 11, 23))

    sent = of_step("before-30", item, at(date(2026, 11, 24)))

    assert (sent.person.email, sent.stands_in) == ("desk@ministry.example", True)


def test_what_was_overtaken_says_by_which_step(item):
    remind(clock=lambda: at(date(2026, 12, 18)))

    assert read(of_step("before-7", item, at(date(2026, 12, 18)))) == (
        "before-7",
        Kind.SKIPPED,
        "overtaken by: 1 day before",
    )


def test_what_came_too_late_is_said_to_be_missed(item):
    lay_down(Family.DATED, Place(forum=item.forum), [Step(-7), Step(30)])
    remind(clock=lambda: at(date(2026, 12, 27), 23))

    assert read(of_step("before-7", item, at(date(2026, 12, 28)))) == (
        "before-7",
        Kind.SKIPPED,
        "too late to be of use",
    )


def test_a_step_before_the_date_was_known_is_skipped_for_that(item):
    item.dated_at = at(date(2026, 12, 2))
    item.save()

    found = {line.step: line for line in lines(item, at(date(2026, 12, 15)))}

    assert found["before-30"].why == "its day had passed when the date was entered"
    assert found["before-1"].kind == Kind.PLANNED


def test_what_could_not_be_delivered_is_not_called_sent(item):
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    Delivery.objects.update(state=Delivery.State.FAILED, error="550 no such mailbox")
    Reminder.objects.update(state=Reminder.State.PLANNED, told_at=None)

    assert of_step("before-30", item, at(date(2026, 11, 24))).kind == Kind.UNDELIVERED


def test_a_task_is_on_the_desk_until_the_desk_has_seen_to_it(item):
    run_through(date(2026, 12, 21), date(2026, 12, 28))
    assert of_step("desk-5", item, at(date(2026, 12, 29))).kind == Kind.TASK

    item.reminders.get(step="desk-5").mark_done(now=at(date(2026, 12, 29)))

    assert of_step("desk-5", item, at(date(2026, 12, 30))).kind == Kind.DONE


# -- what waits, and why


def held(item: FollowUp, lead: object, reason: str = "") -> Line:
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    Acknowledgment.objects.create(
        follow_up=item,
        post=lead,
        due_on=item.due_on,
        until_on=date(2026, 12, 15),
        by_name="Kim",
        reason=reason,
        acknowledged_at=at(date(2026, 11, 24)),
    )
    run_through(date(2026, 12, 13), date(2026, 12, 13))
    return of_step("before-7", item, at(date(2026, 12, 14)))


def test_what_was_acknowledged_waits_until_the_day_that_is_said(item, lead):
    assert read(held(item, lead)) == ("before-7", Kind.PLANNED, "seen by Kim, quiet until Tue 15 Dec 2026")


def test_a_snooze_says_its_reason(item, lead):
    found = held(item, lead, reason="The minister travels")

    assert found.why == "to be told again after Tue 15 Dec 2026, as asked: The minister travels"
    assert found.at == at(date(2026, 12, 16), 8, 30)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Request.Kind.EXTENSION, "more time is asked for; the desk decides"),
        (Request.Kind.NOT_MINE, "a request waits for the desk"),
    ],
)
def test_what_was_asked_of_the_desk_makes_the_next_step_wait(item, lead, kind, said):
    run_through(date(2026, 12, 11), date(2026, 12, 11))
    answers.ask(
        item, kind, post=lead, now=at(date(2026, 12, 12)), proposed_on=date(2027, 2, 1), asked_by="Kim"
    )

    found = {line.step: read(line)[1:] for line in lines(item, at(date(2026, 12, 12)))}

    assert found["before-7"] == (Kind.WAITS, said)  # is planned already
    assert found["before-1"] == (Kind.WAITS, said)  # will be


def test_an_answer_that_waits_for_the_desk_makes_the_next_step_wait(item, lead):
    run_through(date(2026, 12, 14), date(2026, 12, 14))
    answering.report(
        Reminder.objects.get(state="told"), name="Kim", text="Talks held.", now=at(date(2026, 12, 15))
    )

    assert read(of_step("before-1", item, at(date(2026, 12, 17)))) == (
        "before-1",
        Kind.WAITS,
        "a report waits for the desk",
    )


def test_a_closed_date_says_what_had_been_planned_and_was_not_sent(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    item.close(FollowUp.Outcome.DONE, now=at(date(2026, 12, 13)))

    assert [read(line) for line in lines(item, at(date(2026, 12, 14))) if line.step == "before-7"] == [
        ("before-7", Kind.SKIPPED, "closed before")
    ]


def test_of_a_date_that_moved_the_old_steps_say_so_and_the_new_ones_are_planned(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    item.move_to(date(2027, 1, 29), now=at(date(2026, 12, 13)), reason="agreed by letter")

    found = [
        (line.due_on, *read(line)) for line in lines(item, at(date(2026, 12, 14))) if line.step == "before-7"
    ]

    assert found == [
        (DUE, "before-7", Kind.SKIPPED, "the date moved"),
        (date(2027, 1, 29), "before-7", Kind.PLANNED, ""),
    ]


def test_what_another_ladder_left_out_says_so(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    lay_down(Family.DATED, Place(forum=item.forum), [Step(1)])

    assert of_step("before-7", item, at(date(2026, 12, 14))).why == "the ladder has this step no more"


def test_in_a_dormant_forum_it_says_that_it_sleeps(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    Forum.objects.update(dormant=True)

    assert of_step("before-7", item, at(date(2026, 12, 14))).why == "the forum is dormant"


def test_handed_over_it_says_that_another_answers(item, lead):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    item.give_to(make_held_post(make_user(name_en="Successor")))

    found = {line.post.pk: line for line in lines(item, at(date(2026, 12, 13))) if line.step == "before-7"}

    assert found.pop(lead.pk).why == "another post answers for it now"
    assert [line.person.name for line in found.values()] == ["Successor"]


def test_nobody_to_tell_is_said_on_the_day_on_which_somebody_would_be_told(item, lead, desk):
    lead.holdings.update(until_on=date(2026, 11, 1))
    desk.holdings.update(until_on=date(2026, 11, 1))

    found = of_step("before-7", item, at(date(2026, 12, 12)))

    assert (read(found), found.on) == (("before-7", Kind.WAITS, "nobody to tell"), date(2026, 12, 14))


def test_switched_off_mail_is_said_where_something_is_due(item, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    OutgoingMail.switch(False)
    remind(clock=lambda: at(date(2026, 12, 14)))

    found = of_step("before-7", item, at(date(2026, 12, 14), 10))

    assert (found.kind, found.why) == (Kind.PLANNED, "outgoing mail is switched off")


def test_after_two_messages_in_a_week_the_third_waits_for_the_next(item, lead):
    for day in (date(2026, 12, 14), date(2026, 12, 15)):
        Delivery.objects.create(
            recipient=lead.holdings.get().user,
            local_day=day,
            state=Delivery.State.SENT,
            send_after=at(day),
            message_id=make_message_id(),
            created_at=at(day),
        )
    remind(clock=lambda: at(date(2026, 12, 17)))

    found = of_step("before-1", item, at(date(2026, 12, 17), 10))

    assert read(found) == ("before-1", Kind.SKIPPED, "had two messages this week")


def test_whoever_is_above_waits_until_the_owner_had_a_chance(item, lead):
    lead.superior = make_held_post(make_user(name_en="Above"))
    lead.save()
    above = Step(1, audience=Audience.SUPERIOR, breaks_out=True, grace_days=3)
    lay_down(Family.DATED, Place(forum=item.forum), [Step(1, breaks_out=True), above])
    run_through(date(2026, 12, 21), date(2026, 12, 21))

    found = of_step("superior-after-1", item, at(date(2026, 12, 21), 10))

    assert read(found)[1:] == (Kind.PLANNED, "whoever is below has not had a chance to answer yet")
    assert (found.person.name, found.at) == ("Above", at(date(2026, 12, 24), 8, 30))


# -- of the whole


def test_it_asks_the_same_number_of_questions_for_one_date_and_for_ten(item, lead, desk):
    forum = make_forum(desk=desk)

    def enter() -> None:
        post = make_held_post(organisation=lead.organisation)
        make_follow_up(
            DUE, commitment=make_commitment(lead=post, forum=forum), dated_at=at(date(2026, 11, 1))
        )

    def questions() -> int:
        remind(clock=lambda: at(date(2026, 12, 14)))
        rows = list(FollowUp.objects.select_related("commitment", "meeting"))
        with CaptureQueriesContext(connection) as captured:
            proof.of(rows, now=at(date(2026, 12, 15)))
        return len(captured)

    enter()
    one = questions()
    for _n in range(9):
        enter()

    assert questions() == one


def test_every_reason_that_makes_the_bundling_wait_is_a_word_of_the_list(item, lead):
    lead.holdings.all().delete()
    result = remind(clock=lambda: at(date(2026, 12, 14)))

    assert result.skipped_because == {}  # the desk stands in

    item.forum.desk.holdings.all().delete()
    result = remind(clock=lambda: at(date(2026, 12, 17)))

    assert result.skipped_because == {"nobody to tell": 1}
