"""Which ladder counts where, and what happens to the mail when somebody lays down another."""

from datetime import date, timedelta

import pytest
from django.core import mail

from commitments import scheduling
from commitments.models import FollowUp, Forum
from notifications.inheritance import LadderBook, Place
from notifications.ladders import DATED, DORMANT, REVIEW, Audience, Family, Ladder, Step, Unit
from notifications.laying_down import go_back, lay_down
from notifications.models import ReminderLadder
from tests.factories import at, make_commitment, make_follow_up, make_forum, make_held_post, make_user
from tests.notifications.conftest import DUE
from tests.notifications.days import run_through

pytestmark = pytest.mark.django_db

EARLY, LATE = Step(-60), Step(-1, breaks_out=True)


def ladder_of(follow_up: FollowUp) -> Ladder:
    return LadderBook().of_follow_up(FollowUp.objects.get(pk=follow_up.pk)).ladder


def lay(place: Place, *steps: Step, family: Family = Family.DATED) -> ReminderLadder:
    return lay_down(family, place, steps)


def days_told(first: date, last: date) -> list[date]:
    return [day for day, _who in run_through(first, last)]


# -- levels


def test_without_any_other_our_default_counts(item):
    assert ladder_of(item) == DATED


def test_what_the_register_lays_down_counts_in_every_forum(item):
    lay(Place(), EARLY)

    assert ladder_of(item) == Ladder((EARLY,))


def test_a_forum_has_its_own_instead_of_that_of_the_register(item):
    lay(Place(), EARLY)
    lay(Place(forum=item.forum), LATE)

    assert ladder_of(item) == Ladder((LATE,))


def test_a_body_inherits_from_the_nearest_above_that_has_one(item):
    top = make_forum()
    Forum.objects.filter(pk=item.forum.pk).update(parent=make_forum(parent=top))
    lay(Place(forum=top), EARLY)

    found = LadderBook().of_follow_up(item)

    assert (found.ladder, found.forum) == (Ladder((EARLY,)), top)


def test_a_sub_forum_has_its_own_instead_of_its_forums(item):
    group = make_forum(parent=item.forum)
    lay(Place(forum=item.forum), EARLY)
    lay(Place(forum=group), LATE)

    book = LadderBook()

    assert book.of_forum(group.pk, Family.DATED).ladder == Ladder((LATE,))
    assert book.of_forum(item.forum.pk, Family.DATED).ladder == Ladder((EARLY,))


def test_a_commitment_has_its_own_as_a_whole_and_none_of_the_others_steps(item):
    lay(Place(forum=item.forum), EARLY, LATE)
    lay(Place(commitment=item.commitment), Step(-3, breaks_out=True))

    assert days_told(date(2026, 12, 11), date(2026, 12, 22)) == [date(2026, 12, 15)]


def test_what_is_laid_down_for_dates_leaves_reviews_alone(item):
    lay(Place(forum=item.forum), EARLY)

    assert LadderBook().of_forum(item.forum.pk, Family.REVIEW).ladder == REVIEW


def test_two_commitments_may_each_have_their_own(item):
    other = make_commitment(forum=item.forum)
    lay(Place(commitment=item.commitment), EARLY)

    lay(Place(commitment=other), LATE)

    assert ReminderLadder.objects.count() == 2


def test_going_back_lets_the_inherited_one_count_again(item):
    lay(Place(forum=item.forum), EARLY)

    assert go_back(Family.DATED, Place(forum=item.forum))
    assert not go_back(Family.DATED, Place(forum=item.forum))
    assert ladder_of(item) == DATED


def test_supposing_another_one_changes_nothing(item):
    book, place = LadderBook(), Place(forum=item.forum)

    supposed = book.supposing(Family.DATED, place, Ladder((EARLY,)))

    assert supposed.at(place, Family.DATED).ladder == Ladder((EARLY,))
    assert book.at(place, Family.DATED).ladder == ladder_of(item) == DATED


def test_a_ladder_is_copied_as_it_was_written_with_its_repeats(item):
    repeating = Step(1, repeat_every=7, repeat_times=3)
    lay(Place(forum=item.forum), EARLY, repeating)

    assert LadderBook().at(Place(forum=item.forum), Family.DATED).laid_down() == [EARLY, repeating]


def test_laying_down_anew_keeps_the_rows_of_the_steps_that_stay(item):
    place = Place(forum=item.forum)
    kept = lay(place, EARLY, LATE).steps.get(offset=-1)

    lay(place, LATE, Step(5))

    assert [step.offset for step in ReminderLadder.objects.get().steps.all()] == [-1, 5]
    assert ReminderLadder.objects.get().steps.get(offset=-1).pk == kept.pk


# -- a dormant forum


@pytest.fixture
def sleeping(item: FollowUp) -> Forum:
    Forum.objects.filter(pk=item.forum.pk).update(dormant=True)
    return Forum.objects.get(pk=item.forum.pk)


def test_in_a_dormant_forum_nobody_is_mailed_and_the_desk_looks_on_the_day(item, sleeping):
    told = days_told(date(2026, 12, 14), date(2026, 12, 22))

    assert told == []
    assert [(row.step, row.remind_on) for row in item.reminders.all()] == [("desk-0", DUE)]


def test_a_dormant_forum_puts_even_a_ladder_of_the_commitment_to_sleep(item, sleeping):
    lay(Place(commitment=item.commitment), LATE)

    assert ladder_of(item) == DORMANT


def test_what_is_open_in_a_dormant_forum_is_looked_at_once_a_year(sleeping):
    commitment = make_commitment(forum=sleeping)
    scheduling.ensure_next_date(commitment, now=at(date(2026, 11, 2)))
    first = commitment.follow_ups.get()
    scheduling.close_date(first, FollowUp.Outcome.DONE, now=at(first.due_on))

    following = commitment.follow_ups.get(closed_at=None)

    assert following.due_on - first.due_on in {timedelta(365), timedelta(366)}


def test_awake_again_it_goes_on_with_the_next_step(item, sleeping):
    assert days_told(date(2026, 11, 20), date(2026, 12, 12)) == []
    Forum.objects.update(dormant=False)

    assert days_told(date(2026, 12, 13), date(2026, 12, 18)) == [date(2026, 12, 14), date(2026, 12, 17)]


def test_put_to_sleep_what_was_planned_waits_and_resumes(item):
    run_through(date(2026, 11, 20), date(2026, 11, 20))  # 30 days before is planned for Monday
    Forum.objects.update(dormant=True)
    assert days_told(date(2026, 11, 21), date(2026, 11, 24)) == []
    Forum.objects.update(dormant=False)

    assert days_told(date(2026, 11, 25), date(2026, 11, 27)) == [date(2026, 11, 25)]


# -- another one, while reminders are on their way


def test_another_ladder_with_the_same_step_tells_nothing_twice(item):
    run_through(date(2026, 12, 17), date(2026, 12, 17))
    lay(Place(forum=item.forum), Step(-1, breaks_out=False), Step(-40))

    assert days_told(date(2026, 12, 17), date(2026, 12, 24)) == []


def test_a_step_that_was_taken_out_is_not_sent(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))  # 7 days before is planned for Monday
    lay(Place(forum=item.forum), LATE)

    assert days_told(date(2026, 12, 13), date(2026, 12, 18)) == [date(2026, 12, 17)]


def test_a_step_that_is_put_in_again_resumes(item):
    run_through(date(2026, 12, 11), date(2026, 12, 12))
    lay(Place(forum=item.forum), LATE)
    run_through(date(2026, 12, 13), date(2026, 12, 14))
    go_back(Family.DATED, Place(forum=item.forum))

    assert days_told(date(2026, 12, 15), date(2026, 12, 15)) == [date(2026, 12, 15)]


def test_whoever_is_above_hears_only_after_the_grace(item, lead):
    lead.superior = make_held_post(make_user(email="above@ministry.example"))
    lead.save()
    above = Step(2, audience=Audience.SUPERIOR, breaks_out=True, grace_days=3)
    lay(Place(forum=item.forum), Step(1, breaks_out=True), above)

    told = run_through(date(2026, 12, 18), date(2026, 12, 31))

    # Told on Monday the 21st; the 22nd, 23rd and 24th are the three working days.
    assert told == [
        (date(2026, 12, 21), "lead@ministry.example"),
        (date(2026, 12, 24), "above@ministry.example"),
    ]


def test_whoever_is_above_does_not_hear_before_the_owner_was_told_at_all(item, lead):
    lead.superior = make_held_post()
    lead.save()
    lay(Place(forum=item.forum), Step(2, audience=Audience.SUPERIOR, breaks_out=True, grace_days=0))

    assert days_told(date(2026, 12, 18), date(2026, 12, 31)) == []


def test_an_escalation_finds_what_was_told_by_a_longer_ladder_before(item, lead):
    lead.superior = make_held_post(make_user(email="above@ministry.example"))
    lead.save()
    run_through(date(2026, 12, 21), date(2026, 12, 21))  # told by the fourth step of ours
    above = Step(3, audience=Audience.SUPERIOR, breaks_out=True, grace_days=1)
    lay(Place(forum=item.forum), Step(1, breaks_out=True), above)

    told = run_through(date(2026, 12, 22), date(2026, 12, 24))

    assert told == [(date(2026, 12, 22), "above@ministry.example")]


def test_a_step_that_repeats_stops_at_its_maximum(item):
    weekly = Step(1, Unit.WORKING_DAYS, breaks_out=True, repeat_every=5, repeat_times=2)
    lay(Place(forum=item.forum), weekly)

    told = days_told(date(2026, 12, 18), date(2027, 1, 15))

    # After 25 December and 1 January, which are holidays.
    assert told == [date(2026, 12, 21), date(2026, 12, 29), date(2027, 1, 6)]


def test_a_new_step_is_told_at_once_for_what_is_long_overdue(lead, desk):
    forum = make_forum(desk=desk)
    make_follow_up(date(2026, 6, 1), commitment=make_commitment(lead=lead, forum=forum))
    run_through(date(2026, 11, 23), date(2026, 11, 23))
    mail.outbox.clear()
    lay(Place(forum=forum), Step(60, breaks_out=True))

    assert days_told(date(2026, 11, 24), date(2026, 11, 30)) == [date(2026, 11, 24)]
