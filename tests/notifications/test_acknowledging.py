"""“Seen” and “remind me later”: how long a post may be quiet about an item, and no longer."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from commitments.models import Change, FollowUp
from notifications import answering
from notifications.models import Acknowledgment, Reminder
from notifications.reminding import remind
from tests.factories import at, make_assignment, make_held_post, make_organisation, make_party, make_user
from tests.notifications.conftest import DUE

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 12, 14)
DAY = timedelta(days=1)


@pytest.fixture
def reminder(item: FollowUp) -> Reminder:
    remind(clock=lambda: at(MONDAY))
    return Reminder.objects.get(state="told")


def seen(reminder: Reminder, on: date, **said) -> Acknowledgment:
    return answering.acknowledge(reminder, name="Kim", now=at(on), **said)


def refused(reminder: Reminder, on: date, **said) -> list[str]:
    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        seen(reminder, on, **said)
    return refusal.value.messages


@pytest.mark.parametrize(
    ("on", "until"),
    [(MONDAY, DUE), (DUE, DUE), (DUE + DAY, DUE + 8 * DAY)],
    ids=["before the date", "on it", "after it"],
)
def test_seen_is_quiet_until_the_date_itself_or_for_a_week(reminder, on, until):
    assert seen(reminder, on).until_on == until


def told_late(on: date) -> bool:
    remind(clock=lambda: at(on))
    return Reminder.objects.get(state="told", told_at__date=on).late


def test_what_comes_after_the_day_they_asked_for_is_not_late(reminder):
    seen(reminder, MONDAY, until_on=DUE - DAY, reason="The minister decides on Thursday.")

    assert not told_late(on=DUE)


def test_what_comes_when_they_have_been_quiet_long_enough_is_not_late(reminder):
    seen(reminder, DUE + DAY)  # quiet until Saturday 26 December

    assert not told_late(on=date(2026, 12, 28))


def test_what_comes_later_still_is_late(reminder):
    seen(reminder, DUE + DAY)

    assert told_late(on=date(2026, 12, 29))


def test_a_second_press_does_not_lengthen_the_week(reminder):
    seen(reminder, DUE + DAY)

    assert seen(reminder, DUE + 5 * DAY).until_on == DUE + 8 * DAY
    assert seen(reminder, DUE + 30 * DAY).until_on == DUE + 8 * DAY


def test_who_had_seen_it_before_its_date_has_the_week_after_it_too(reminder):
    seen(reminder, MONDAY)

    assert seen(reminder, DUE + DAY).until_on == DUE + 8 * DAY


def test_another_day_takes_the_place_of_the_one_said_before(reminder):
    seen(reminder, MONDAY)

    seen(reminder, MONDAY, until_on=MONDAY + DAY, reason="The call is tomorrow.")

    said = Acknowledgment.objects.get()
    assert (said.until_on, said.reason) == (MONDAY + DAY, "The call is tomorrow.")
    assert [change.after["until_on"] for change in Change.objects.of(said)] == ["2026-12-18", "2026-12-15"]


def test_the_same_once_more_writes_nothing(reminder):
    seen(reminder, MONDAY)
    before = Change.objects.count()

    seen(reminder, MONDAY + DAY)

    assert Change.objects.count() == before


@pytest.mark.parametrize("reason", ["", "The call is on Wednesday."])
def test_nothing_is_quiet_past_its_date(reminder, reason):
    sentence = "Choose Fri 18 Dec 2026 or an earlier day. If you need longer, ask for more time instead."

    assert refused(reminder, MONDAY, until_on=DUE + DAY, reason=reason) == [sentence]
    assert not Acknowledgment.objects.exists()


def test_what_is_overdue_is_not_snoozed(reminder):
    sentence = "Its date has passed. Report, or ask for more time."

    assert refused(reminder, DUE + DAY, until_on=DUE + 3 * DAY, reason="Later.") == [sentence]


def test_a_day_that_has_passed_is_no_day_to_be_quiet_until(reminder):
    assert refused(reminder, MONDAY, until_on=MONDAY - DAY) == ["Choose today or a later day."]


def test_the_database_too_refuses_a_snooze_past_the_date(item, lead):
    said = Acknowledgment(follow_up=item, post=lead, due_on=DUE, until_on=DUE + DAY, reason="Later.")
    said.acknowledged_at = at(MONDAY)

    with pytest.raises(IntegrityError), transaction.atomic():
        said.save()


def test_an_accepted_extension_gives_a_new_date_to_snooze_until(item, reminder):
    item.move_to(date(2027, 1, 29), now=at(MONDAY), reason="The talks go on.")

    with pytest.raises(answering.NoLongerAsked):
        seen(reminder, MONDAY, until_on=date(2027, 1, 20), reason="After the talks.")


def test_it_is_the_day_where_the_post_works(reminder):
    early = at(DUE + DAY, 8, 40)  # still the day before by UTC

    assert answering.acknowledge(reminder, name="Kim", now=early).until_on == DUE + 8 * DAY
    report = answering.report(reminder, name="Kim", now=early, text="The group met.")
    assert report.reported_on == DUE + DAY


def test_reminders_go_on_when_the_quiet_is_over(item, reminder, mailoutbox):
    seen(reminder, MONDAY, until_on=DUE - DAY, reason="The call is on Thursday.")
    mailoutbox.clear()

    for day in range((DUE - MONDAY).days):
        remind(clock=lambda day=day: at(MONDAY + (day + 1) * DAY))
        assert bool(mailoutbox) == (MONDAY + (day + 1) * DAY == DUE)


def test_the_lead_of_another_party_is_told_all_the_same(item, lead, mailoutbox):
    theirs = make_user(email="usa@ministry.example")
    abroad = make_organisation(party=make_party("USA"))
    make_assignment(item.commitment, make_held_post(theirs, organisation=abroad))
    remind(clock=lambda: at(MONDAY, 23))
    mailoutbox.clear()

    seen(Reminder.objects.get(state="told", post=lead), MONDAY)
    remind(clock=lambda: at(DUE - DAY, 23))

    assert [message.to for message in mailoutbox] == [["usa@ministry.example"]]
