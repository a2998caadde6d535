"""One becomes several, several become one; nothing that was said or told is lost."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from commitments import answers, merging, replacing, splitting
from commitments.models import (
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    Marking,
    Provision,
)
from commitments.splitting import Part
from notifications.models import Reminder
from notifications.planning import plan_reminders
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_post,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
NOW = at(TODAY)
SOON = TODAY + timedelta(days=7)


@pytest.fixture
def forum() -> Forum:
    return make_forum(code="SCCD")


@pytest.fixture
def old(forum: Forum) -> Commitment:
    return make_commitment(forum=forum, lead=make_held_post(), title_en="Share lists and meet")


def speak(commitment: Commitment, quote: str) -> Provision:
    text = make_text(f"They will {quote}.", document=make_document(forum=commitment.forum))
    provision = make_provision(quote, text=text)
    CommitmentProvision.objects.create(commitment=commitment, provision=provision)
    return provision


def split(old: Commitment, first: dict[str, Any], second: dict[str, Any]) -> list[Commitment]:
    parts = [
        Part(**{"title": f"Part {n}", "language": "en", **each}) for n, each in enumerate((first, second))
    ]
    return splitting.split(old, parts, reason="Two owners.", now=NOW)


def merge(into: Commitment, *others: Commitment) -> Commitment:
    return merging.merge(into, others, reason="The same thing.", now=NOW)


# Splitting


def test_each_part_has_its_words_posts_and_dates(old: Commitment) -> None:
    lists, meet = speak(old, "share lists"), speak(old, "meet again")
    lead, date_ = old.assignments.get(), make_follow_up(SOON, commitment=old)

    one, two = split(old, {"words": [lists], "owners": [lead]}, {"words": [meet], "dates": [date_]})

    assert (list(one.provisions.all()), list(two.provisions.all())) == ([lists], [meet])
    assert one.assignments.get().post == lead.post
    assert not two.assignments.exists()
    assert two.follow_ups.open().get(kind="deadline") == date_


def test_the_old_one_closes_and_points_to_its_parts(old: Commitment) -> None:
    parts = split(old, {}, {})

    old.refresh_from_db()
    assert (old.workflow, old.implementation) == ("closed", "superseded")
    assert replacing.replacements(old) == [part.pk for part in parts]


def test_the_old_reference_finds_the_parts(old: Commitment) -> None:
    parts = split(old, {}, {})

    assert set(Commitment.objects.named(old.reference)) == set(parts)


def test_every_part_has_a_next_date_at_once(old: Commitment) -> None:
    split(old, {}, {})

    assert not Commitment.objects.without_next_date().exists()


def test_relations_and_readings_are_kept(old: Commitment, forum: Forum) -> None:
    earlier, later = make_commitment(forum=forum), make_commitment(forum=forum)
    CommitmentRelation.objects.create(commitment=old, kind="reaffirms", other=earlier)
    CommitmentRelation.objects.create(commitment=later, kind="implements", other=old)
    Interpretation.objects.create(commitment=old, about="owner", text="Working level", basis="Readout")

    for part in split(old, {}, {}):
        assert part.relations.filter(kind="reaffirms", other=earlier).exists()
        assert part.related_from.filter(kind="implements", commitment=later).exists()
        assert part.interpretations.get().text == "Working level"


def test_whoever_was_told_of_a_date_is_not_told_again(old: Commitment) -> None:
    follow_up = make_follow_up(SOON, commitment=old)
    plan_reminders(now=NOW)
    Reminder.objects.filter(follow_up=follow_up).update(state="told", told_at=NOW)

    split(old, {"owners": list(old.assignments.all()), "dates": [follow_up]}, {})
    plan_reminders(now=NOW + timedelta(hours=1))

    assert not Reminder.objects.to_tell(NOW + timedelta(hours=1)).exists()


def test_a_part_may_get_another_lead(old: Commitment) -> None:
    other = make_held_post(name_en="Director, Export Control")

    one, _two = split(old, {"lead": "Director, Export Control"}, {})

    assert one.assignments.get().post == other


@pytest.mark.parametrize("lost", ["words", "dates"])
def test_nothing_is_lost_on_the_way(old: Commitment, lost: str) -> None:
    speak(old, "share lists") if lost == "words" else make_follow_up(SOON, commitment=old)

    with pytest.raises(ValidationError, match="Give each"):
        split(old, {}, {})

    assert Commitment.objects.get() == old


def test_a_date_goes_to_one_part_only(old: Commitment) -> None:
    date_ = make_follow_up(SOON, commitment=old)

    with pytest.raises(ValidationError, match="Give each open date to one part."):
        split(old, {"dates": [date_]}, {"dates": [date_]})


def test_what_waits_is_decided_first(old: Commitment) -> None:
    follow_up = make_follow_up(SOON, commitment=old)
    answers.propose_report(follow_up, post=None, now=NOW, internal="A call was held.")

    with pytest.raises(ValidationError, match="waits for a decision"):
        split(old, {"dates": [follow_up]}, {})


def test_whoever_sees_a_restricted_commitment_sees_its_parts(old: Commitment) -> None:
    person = make_user()
    Commitment.objects.filter(pk=old.pk).update(marking=Marking.RESTRICTED)
    Grant.objects.create(commitment=old, user=person, reason="Works on it")

    for part in split(old, {}, {}):
        assert part.grants.get().user == person


def test_high_priority_may_be_split_without_a_second_person(old: Commitment) -> None:
    Commitment.objects.filter(pk=old.pk).update(high_priority=True)

    assert all(part.high_priority for part in split(old, {}, {}))


def test_the_reason_stands_in_the_history_of_each(old: Commitment) -> None:
    parts = split(old, {}, {})

    assert {each.changes.last().why for each in [old, *parts]} == {"Two owners."}


# Merging


def test_words_dates_and_posts_come_together(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum)
    words, date_ = speak(other, "meet again"), make_follow_up(SOON, commitment=other)
    helper = make_assignment(other, make_post(), role="supporting")

    merge(old, other)

    assert list(old.provisions.all()) == [words]
    assert old.follow_ups.open().get(kind="deadline") == date_
    assert old.assignments.filter(post=helper.post, role="supporting").exists()


def test_a_second_lead_of_the_same_party_supports(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum, lead=(post := make_post()))

    merge(old, other)

    assert old.assignments.get(post=post).role == "supporting"


def test_the_others_close_and_are_found_under_their_old_names(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum, title_ko="명단 교환")

    merge(old, other)

    other.refresh_from_db()
    assert (other.workflow, replacing.replacements(other)) == ("closed", [old.pk])
    assert Commitment.objects.named(other.reference).get() == old
    assert old in Commitment.objects.named("명단 교환")


def test_a_known_duplicate_can_be_merged_though_it_points_here(old: Commitment, forum: Forum) -> None:
    twin = make_commitment(forum=forum)
    CommitmentRelation.objects.create(commitment=twin, kind="duplicates", other=old)

    merge(old, twin)

    assert [each.kind for each in CommitmentRelation.objects.all()] == ["supersedes"]


def test_reports_stay_with_what_they_were_about(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum)
    answers.record_report(
        make_follow_up(SOON, commitment=other), by=make_user(), now=NOW, internal="A call was held."
    )

    merge(old, other)

    assert other.reports.get().internal == "A call was held."


def test_a_report_goes_with_the_open_date_that_it_is_about(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum)
    follow_up = make_follow_up(SOON, commitment=other)
    said = {"internal": "Half of it is done.", "keep_open": True}
    report = answers.record_report(follow_up, by=make_user(), now=NOW, **said)

    merge(old, other)

    report.refresh_from_db()
    assert report.commitment == old


def test_the_same_date_twice_is_one(old: Commitment, forum: Forum) -> None:
    other = make_commitment(forum=forum)
    for commitment in (old, other):
        make_follow_up(SOON, commitment=commitment)

    merge(old, other)

    assert old.follow_ups.open().filter(kind="deadline").count() == 1
    assert other.follow_ups.get(kind="deadline").outcome == FollowUp.Outcome.SUPERSEDED


def test_high_priority_is_kept(old: Commitment, forum: Forum) -> None:
    merge(old, make_commitment(forum=forum, high_priority=True))

    old.refresh_from_db()
    assert old.high_priority


def test_nobody_sees_through_a_merger_what_was_kept_from_them(old: Commitment, forum: Forum) -> None:
    both = [old, make_commitment(forum=forum)]
    Commitment.objects.update(marking=Marking.RESTRICTED)
    Grant.objects.create(commitment=old, user=make_user(), reason="Works on it")

    with pytest.raises(ValidationError, match="may not see the others"):
        merge(*both)


def test_what_is_marked_differently_is_not_merged(old: Commitment, forum: Forum) -> None:
    with pytest.raises(ValidationError, match="marked differently"):
        merge(old, make_commitment(forum=forum, marking=Marking.PUBLIC))


def test_one_of_them_refused_nothing_is_done(old: Commitment, forum: Forum) -> None:
    good, waits = make_commitment(forum=forum), make_commitment(forum=forum)
    answers.propose_report(
        make_follow_up(SOON, commitment=waits), post=None, now=NOW, internal="A call was held."
    )

    with pytest.raises(ValidationError, match="waits for a decision"):
        merge(old, good, waits)

    good.refresh_from_db()
    assert good.is_live
