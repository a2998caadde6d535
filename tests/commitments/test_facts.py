"""What must never be false is refused on every writing path, on both databases."""

import contextlib
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, ProtectedError, UniqueConstraint

from commitments import facts
from commitments.models import (
    Assignment,
    Change,
    Closing,
    Commitment,
    CommitmentRelation,
    Contact,
    DocumentText,
    Evidence,
    FollowUp,
    Forum,
    Meeting,
    Membership,
    Post,
    PostHolding,
    ProgressReport,
    Provision,
    RelatedForum,
    Reorganisation,
    Request,
)
from commitments.models.documents import fingerprint
from notifications.models import Acknowledgment, CalendarFeed, LadderStep, Preference, ReminderLadder
from tests.commitments.any_row import NOW, RECORDED, Row, new, saved, values
from tests.commitments.writing_paths import CHANGING, DELETING, ENTERING, execute
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_holding,
    make_meeting,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
    make_user,
)

DAY = date(2026, 6, 1)
REFUSED = (IntegrityError, ValidationError, ProtectedError)

Entry = Callable[[], Row]
Edit = Callable[[], tuple[Row, dict[str, Any]]]


def days(n: int) -> date:
    return DAY + timedelta(days=n)


# Rows that must not be, by the name of what refuses them. None of them may be entered, nor may another become one.


def beside_a_lead(*, until_on: date | None = None, **fields: Any) -> Row:
    lead = make_assignment(make_commitment(), make_post(), until_on=until_on)
    post = fields.pop("post", None) or make_post()
    known = {"post": post, "party": post.organisation.party, "from_on": DAY}
    return Assignment(commitment=lead.commitment, **{**known, **fields})


def validating_what_it_leads(*, until_on: date | None = None) -> Row:
    post = make_post()
    make_assignment(commitment := make_commitment(), post, until_on=until_on)
    return Assignment(
        commitment=commitment, post=post, party=post.organisation.party, role="validator", from_on=DAY
    )


def same_part() -> Row:
    part = make_assignment(make_commitment(), make_post(), role="observer")
    return Assignment(
        commitment=part.commitment, post=part.post, party=part.party, role="observer", from_on=DAY
    )


def beside_a_holder(*, acting: bool = False, **fields: Any) -> Row:
    held = make_holding(make_post(), from_on=DAY, until_on=days(9), acting=acting)
    return PostHolding(post=held.post, user=make_user(), acting=acting, **fields)


def follow_up(**fields: Any) -> Row:
    return FollowUp(**{"commitment": make_commitment(), "due_on": DAY, "dated_at": NOW, **fields})


def second_next_date() -> Row:
    return follow_up(commitment=make_follow_up(DAY, kind="cycle_review").commitment, kind="cycle_review")


def asked_again() -> Row:
    asked = saved(Request)
    Request.objects.filter(pk=asked.pk).update(post=make_post())
    return Request(**values(Request.objects.get()))


def reorganisation(**fields: Any) -> Row:
    known = {"organisation": make_organisation(), "kind": "rename", "effective_on": DAY, "name_en": "New"}
    return Reorganisation(**known | fields)


def renamed_twice_on_a_day() -> Row:
    first = reorganisation()
    first.save()
    return reorganisation(organisation=first.organisation, name_en="Another")


def passage(**fields: Any) -> Row:
    return Provision(
        text=make_text("🇰🇷 \uac01 We will act."), **{"start": 0, "end": 2, "quote": "🇰🇷", **fields}
    )


def text(**fields: Any) -> Row:
    known = {"document": make_document(), "language": "en", "authority": 5, "source": "S", "body": "Words"}
    known |= fields
    return DocumentText(**known, sha256=fingerprint(known["body"]))


def role(**fields: Any) -> Row:
    return Membership(user=make_user(), **{"from_on": DAY, **fields})


def meeting(**fields: Any) -> Row:
    return Meeting(forum=make_forum(), ordinal=1, **fields)


def commitment(**fields: Any) -> Row:
    return Commitment(
        **{"reference": "A-1", "forum": make_forum(), "title_en": "A", "created_at": NOW, **fields}
    )


def relation(**fields: Any) -> Row:
    return CommitmentRelation(**{"commitment": make_commitment(), "kind": "advances", **fields})


def relation_again() -> Row:
    return CommitmentRelation(**values(saved(CommitmentRelation)))


def report(**fields: Any) -> Row:
    return ProgressReport(commitment=make_commitment(), reported_on=DAY, **fields)


def step(**fields: Any) -> Row:
    return LadderStep(ladder=saved(ReminderLadder), **{"offset": 3, **fields})


def step_again() -> Row:
    there = saved(LadderStep)
    return LadderStep(ladder=there.ladder, offset=there.offset)


def its_own_relation() -> Row:
    return relation(commitment=(one := make_commitment()), other=one)


def closing(**fields: Any) -> Row:
    known = {"commitment": make_commitment(), "implementation": "implemented", "reason": "Done"}
    return Closing(**{**known, "proposed_by": make_user(), "proposed_at": NOW, **fields})


def closed_by_one() -> Row:
    person = make_user()
    return closing(state="confirmed", proposed_by=person, decided_by=person, decided_at=NOW)


def proposed_again() -> Row:
    return Closing(**values(saved(Closing)))


ENTRIES: dict[str, list[Entry]] = {
    "assignment_lead": [
        lambda: beside_a_lead(until_on=DAY),
        lambda: beside_a_lead(until_on=days(9), from_on=LONG_AGO, role="lead"),
        lambda: validating_what_it_leads(until_on=DAY),
    ],
    "commitments_assignment_ends_after_it_starts": [
        lambda: Assignment(**values(beside_a_lead(role="observer")) | {"until_on": LONG_AGO})
    ],
    "commitments_assignment_once": [same_part],
    "commitments_assignment_one_lead": [beside_a_lead],
    "commitments_assignment_validator_is_another": [validating_what_it_leads],
    "commitments_closing_by_two_people": [closed_by_one],
    "commitments_closing_decided_has_its_person": [
        lambda: closing(state="confirmed"),
        lambda: closing(decided_by=make_user(), decided_at=NOW),
    ],
    "commitments_closing_proposed_once": [proposed_again],
    "commitments_contact_of_one_thing": [
        lambda: Contact(contacted_on=DAY),
        lambda: Contact(contacted_on=DAY, commitment=make_commitment(), meeting=make_meeting()),
        lambda: Contact(contacted_on=DAY, commitment=make_commitment(), forum=make_forum()),
        lambda: Contact(contacted_on=DAY, meeting=make_meeting(), forum=make_forum()),
    ],
    "commitments_commitment_closed_has_its_day": [
        lambda: commitment(workflow="closed"),
        lambda: commitment(closed_on=DAY),
    ],
    "commitments_commitment_outlook": [lambda: commitment(outlook="red")],
    "commitments_commitment_workflow": [lambda: commitment(workflow="lost")],
    "commitments_commitmentrelation_is_another": [its_own_relation],
    "commitments_commitmentrelation_once": [relation_again],
    "commitments_commitmentrelation_one_target": [
        relation,
        lambda: relation(other=make_commitment(), document=make_document()),
    ],
    "commitments_documenttext_authority": [lambda: text(authority=6)],
    "commitments_documenttext_has_words": [lambda: text(body="")],
    "commitments_evidence_can_be_found": [lambda: Evidence(report=saved(ProgressReport), title="A report")],
    "commitments_followup_closed_has_its_outcome": [
        lambda: follow_up(closed_at=NOW),
        lambda: follow_up(outcome="done"),
    ],
    "commitments_followup_of_one_thing": [
        lambda: follow_up(commitment=None),
        lambda: follow_up(meeting=make_meeting()),
    ],
    "commitments_followup_one_anchor": [
        lambda: follow_up(anchor_meeting=make_meeting(), anchor_on=DAY),
        lambda: follow_up(anchor_meeting=make_meeting(), anchor_event="signature"),
    ],
    "commitments_followup_only_the_next": [second_next_date],
    "commitments_followup_window_ends_after_it_starts": [lambda: follow_up(window_start_on=days(1))],
    "commitments_forum_review_within_two_years": [
        lambda: Forum(code="A", name_en="A", review_months=0),
        lambda: Forum(code="A", name_en="A", review_months=25),
    ],
    "commitments_meeting_ends_after_it_starts": [
        lambda: meeting(starts_on=DAY, ends_on=LONG_AGO),
        lambda: meeting(ends_on=DAY),
    ],
    "commitments_followup_due_within_the_calendar": [
        lambda: follow_up(due_on=date(1901, 12, 31)),
        lambda: follow_up(due_on=date(2099, 1, 1)),
    ],
    "commitments_meeting_starts_on_within_the_calendar": [
        lambda: meeting(starts_on=date(1902, 12, 31)),
        lambda: meeting(starts_on=date(2098, 1, 1)),
    ],
    "commitments_meeting_window_start_on_within_the_calendar": [
        lambda: meeting(window_start_on=date(1902, 12, 31)),
    ],
    "commitments_meeting_window_end_on_within_the_calendar": [
        lambda: meeting(window_end_on=date(2098, 1, 1)),
    ],
    "commitments_meeting_has_its_day": [
        lambda: meeting(state="tentative"),
        lambda: meeting(state="confirmed"),
        lambda: meeting(state="held"),
    ],
    "commitments_meeting_window_ends_after_it_starts": [
        lambda: meeting(window_start_on=DAY, window_end_on=LONG_AGO)
    ],
    "commitments_membership_ends_after_it_starts": [lambda: role(role="auditor", until_on=LONG_AGO)],
    "commitments_membership_has_its_scope": [
        lambda: role(role="desk_officer"),
        lambda: role(role="coordinator", forum=make_forum()),
        lambda: role(role="auditor", forum=make_forum()),
        lambda: role(role="reader"),
        lambda: role(role="reader", forum=make_forum(), organisation=make_organisation()),
        lambda: role(role="emperor"),
    ],
    "commitments_postholding_ends_after_it_starts": [
        lambda: PostHolding(post=make_post(), user=make_user(), from_on=DAY, until_on=LONG_AGO)
    ],
    "commitments_progressreport_letter_has_its_number": [lambda: report(source="letter", no_change=True)],
    "commitments_progressreport_says_something": [lambda: report(state="submitted")],
    "commitments_provision_ends_after_it_starts": [lambda: passage(start=4, end=4, quote="")],
    "commitments_provision_says_why_not": [
        lambda: passage(verdict="not_a_commitment"),
        lambda: passage(verdict="borderline"),
    ],
    "commitments_relatedforum_is_another": [lambda: RelatedForum(forum=(one := make_forum()), other=one)],
    "commitments_reorganisation_goes_somewhere": [lambda: reorganisation(kind="transfer", name_en="")],
    "commitments_reorganisation_has_its_name": [
        lambda: reorganisation(name_en=""),
        lambda: reorganisation(kind="split", name_en=""),
    ],
    "commitments_reorganisation_one_name_a_day": [renamed_twice_on_a_day],
    "commitments_request_asked_once": [asked_again],
    "commitments_request_extension_names_a_day": [
        lambda: Request(follow_up=make_follow_up(DAY), kind="extension", due_on=DAY, asked_at=NOW)
    ],
    "notifications_acknowledgment_not_past_its_date": [
        lambda: Acknowledgment(
            follow_up=make_follow_up(DAY),
            post=make_post(),
            due_on=DAY,
            until_on=days(1),
            reason="abroad",
            acknowledged_at=NOW,
        )
    ],
    "notifications_calendarfeed_has_its_secret": [
        lambda: CalendarFeed(user=make_user(), digest="", created_at=NOW)
    ],
    "notifications_ladderstep_names_its_post": [
        lambda: step(audience="post"),
        lambda: step(audience="desk", post=make_post()),
    ],
    "notifications_ladderstep_once": [step_again],
    "notifications_ladderstep_repeats_with_an_end": [
        lambda: step(repeat_every=7),
        lambda: step(repeat_times=3),
    ],
    "notifications_ladderstep_within_reason": [
        lambda: step(offset=401),
        lambda: step(offset=-401),
        lambda: step(repeat_every=1, repeat_times=13),
    ],
    "notifications_preference_chat_has_its_address": [
        lambda: Preference(user=make_user(), duties_by="chat"),
        lambda: Preference(user=make_user(), overview_by="chat"),
    ],
    "notifications_preference_hour_of_the_day": [
        lambda: Preference(user=make_user(), hour=time(4, 59)),
        lambda: Preference(user=make_user(), hour=time(20, 1)),
    ],
    "notifications_preference_pause_has_an_end": [
        lambda: Preference(user=make_user(), pause_from_on=DAY),
        lambda: Preference(user=make_user(), pause_until_on=DAY),
        lambda: Preference(user=make_user(), pause_from_on=DAY, pause_until_on=LONG_AGO),
    ],
    "notifications_preference_works_some_day": [lambda: Preference(user=make_user(), days="")],
    "notifications_reminderladder_of_one_level": [
        lambda: ReminderLadder(forum=make_forum(), commitment=make_commitment())
    ],
    "notifications_reminderladder_once": [lambda: ReminderLadder(**values(saved(ReminderLadder)))],
    "postholding_overlap": [
        lambda: beside_a_holder(from_on=days(9)),
        lambda: beside_a_holder(from_on=LONG_AGO, until_on=DAY),
        lambda: beside_a_holder(from_on=LONG_AGO),
        lambda: beside_a_holder(from_on=days(1), until_on=days(2), acting=True),
    ],
    "provision_is_a_span": [
        lambda: passage(end=99),
        lambda: passage(quote="We"),
        lambda: passage(start=3, end=4, quote="\u1100\u1161\u11a8"),  # the same syllable, decomposed
        lambda: passage(start=0, end=4),  # counted in UTF-16
        lambda: passage(start=0, end=8),  # counted in bytes
    ],
}


# Changes that must not be made


def of_demonstration(row: Row) -> tuple[Row, dict[str, Any]]:
    return row, {"forum": make_forum(demonstration=True)}


def responsible_post() -> Post:
    return make_assignment(make_commitment(), make_post()).post


def approved() -> DocumentText:
    found = make_text("They will act.")
    found.approve(now=NOW)
    return found


def its_own_alternate() -> tuple[Row, dict[str, Any]]:
    post = make_post()
    return post, {"alternate": post}


def quoted(body: str) -> tuple[Row, dict[str, Any]]:
    found = make_provision("continue discussions").text
    return found, {"body": body, "sha256": fingerprint(body)}


def change_of_history() -> Row:
    make_forum()
    return Change.objects.feed().get()


def later_change() -> Change:
    return make_forum().changes.get()


def closed(**of_it: Any) -> dict[str, Any]:
    return {"workflow": "closed", "closed_on": DAY, "implementation": "implemented", **of_it}


def confirmed(commitment: Commitment) -> Commitment:
    second = {"state": "confirmed", "decided_by": make_user(), "decided_at": NOW}
    closing(commitment=commitment, **second).save()
    return commitment


def evident(commitment: Commitment, state: str = "cleared") -> Commitment:
    shown = ProgressReport.objects.create(commitment=commitment, reported_on=DAY, no_change=True, state=state)
    Evidence.objects.create(report=shown, title="Minutes", letter_number="1")
    return commitment


def important() -> Commitment:
    return make_commitment(high_priority=True)


EDITS: dict[str, list[Edit]] = {
    "change_append_only": [
        lambda: (change_of_history(), {"why": "Nothing happened"}),
        lambda: (change_of_history(), {"at": NOW}),
    ],
    "changeposition_append_only": [lambda: (change_of_history().position, {"change": later_change()})],
    "commitment_closes_by_two": [
        lambda: (important(), closed()),
        lambda: (evident(important()), closed()),
        lambda: (confirmed(important()), closed()),
        lambda: (confirmed(evident(important(), state="returned")), closed()),
        lambda: (important(), closed(high_priority=False)),
        lambda: (important(), closed(implementation="superseded")),
    ],
    "commitment_demonstration": [lambda: of_demonstration(make_commitment())],
    "commitments_post_is_not_its_alternate": [its_own_alternate],
    "document_demonstration": [lambda: of_demonstration(make_document())],
    "documenttext_frozen": [
        lambda: (approved(), {"body": "They may act.", "sha256": fingerprint("They may act.")}),
        lambda: (approved(), {"language": "ko"}),
        lambda: (approved(), {"authority": 1}),
        lambda: (approved(), {"document": make_document()}),
        lambda: (approved(), {"approved_at": None}),
        lambda: (approved(), {"approved_at": NOW + timedelta(days=1)}),
    ],
    "documenttext_spans": [
        lambda: quoted("They will not continue discussions."),
        lambda: quoted("They will"),
    ],
    "followup_demonstration": [
        lambda: (make_follow_up(DAY), {"commitment": make_commitment(forum=make_forum(demonstration=True))})
    ],
    "forum_demonstration": [lambda: (make_forum(), {"demonstration": True})],
    "meeting_demonstration": [lambda: of_demonstration(make_meeting())],
    "organisation_party": [lambda: (responsible_post().organisation, {"party": make_party("JPN")})],
    "post_party": [
        lambda: (responsible_post(), {"organisation": make_organisation(party=make_party("JPN"))})
    ],
}
DELETIONS: dict[str, Entry] = {
    "change_append_only": change_of_history,
    "changeposition_append_only": lambda: change_of_history().position,
    "documenttext_kept": approved,
    "followup_kept": lambda: make_follow_up(DAY),
    "followup_kept, of a meeting": lambda: make_follow_up(DAY, meeting=make_meeting()),
}
BELOW = {"documenttext_fingerprint", "assignment_party", "changeposition_never_emptied"}


def each(wrong: dict[str, list[Any]]) -> list[Any]:
    numbered = [(name, n, make) for name, made in wrong.items() for n, make in enumerate(made)]
    return [pytest.param(name, make, id=f"{name} {n}") for name, n, make in numbered]


def table(model: type[Row]) -> list[Any]:
    names = [field.attname for field in model._meta.concrete_fields]
    return list(model._base_manager.order_by("pk").values(*names))


def assert_refused(model: type[Row], deed: Callable[[], Any], *, by: str = "") -> None:
    before = table(model)

    with pytest.raises(REFUSED) as refusal, transaction.atomic():
        deed()

    assert table(model) == before
    said = str(refusal.value)
    assert by in said
    assert "NOT NULL" not in said.replace("null value", "NOT NULL"), "refused for what the test forgot"


def test_each_constraint_and_trigger_has_its_test() -> None:
    constraints = {c.name for model in RECORDED for c in model._meta.constraints if not is_tried_below(c)}
    triggers = {re.sub("_(insert|update|delete)$", "", name) for name in facts.names(connection.vendor)}

    assert constraints | triggers <= {*ENTRIES, *EDITS, *DELETIONS, *BELOW}


def is_tried_below(constraint: Any) -> bool:
    plain = isinstance(constraint, UniqueConstraint) and constraint.fields and not constraint.condition
    return plain or is_a_name(constraint) or constraint.name == "notifications_outgoingmail_single"


def is_a_name(constraint: Any) -> bool:
    return constraint.name.endswith(("_has_name", "_has_title"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ENTERING)
@pytest.mark.parametrize(("name", "make"), each(ENTRIES))
def test_what_must_not_be_is_not_entered(name: str, make: Entry, path: str) -> None:
    row = make()

    # Only of CHECK constraints does SQLite tell the name.
    checked = any(c.name == name and isinstance(c, CheckConstraint) for c in row._meta.constraints)
    assert_refused(type(row), lambda: ENTERING[path](row), by=name if checked else "")


@pytest.mark.django_db
@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize(("name", "make"), each(ENTRIES))
def test_nothing_becomes_what_must_not_be(name: str, make: Entry, path: str) -> None:
    wrong = make()
    row = saved(type(wrong))

    assert_refused(type(row), lambda: CHANGING[path](row, values(wrong)))


@pytest.mark.django_db
@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize(("name", "make"), each(EDITS))
def test_what_must_stay_is_not_changed(name: str, make: Edit, path: str) -> None:
    row, changes = make()

    assert_refused(type(row), lambda: CHANGING[path](row, changes))


@pytest.mark.django_db
@pytest.mark.parametrize("path", DELETING)
@pytest.mark.parametrize("name", DELETIONS)
def test_what_must_stay_is_not_deleted(name: str, path: str) -> None:
    row = DELETIONS[name]()

    assert_refused(type(row), lambda: DELETING[path](row))


def unique_columns() -> list[Any]:
    plain = [(m, c) for m in RECORDED for c in m._meta.constraints if isinstance(c, UniqueConstraint)]
    found = [(m, c.fields) for m, c in plain if c.fields and not c.condition]
    found += [
        (m, [f.name]) for m in RECORDED for f in m._meta.concrete_fields if f.unique and not f.primary_key
    ]
    return [pytest.param(m, fields, id=f"{m.__name__} {' '.join(fields)}") for m, fields in found]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ENTERING)
@pytest.mark.parametrize(("model", "fields"), unique_columns())
def test_what_is_unique_is_not_entered_twice(model: type[Row], fields: list[str], path: str) -> None:
    row, first = new(model), saved(model)
    if any(getattr(first, name) is None for name in fields):
        first.corrects = saved(model)
        first.save()
    for name in fields:
        setattr(row, name, getattr(first, name))

    assert_refused(model, lambda: ENTERING[path](row))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ENTERING)
@pytest.mark.parametrize("model", [m for m in RECORDED if any(map(is_a_name, m._meta.constraints))])
def test_nothing_is_nameless(model: type[Row], path: str) -> None:
    row = new(model)
    for name in model.name_columns():
        setattr(row, name, "")

    assert_refused(model, lambda: ENTERING[path](row))


# What cannot be tried on every path alike


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["update", "bulk_update", "raw save", "SQL"])  # save() works it out anew
@pytest.mark.parametrize(
    "changes", [{"body": "They may act."}, {"body": "They may act.", "sha256": "0" * 64}]
)
def test_a_text_does_not_change_without_its_fingerprint(path: str, changes: dict[str, Any]) -> None:
    if path == "SQL" and "sha256" in changes:
        return  # no trigger can work out a SHA-256 on SQLite
    row = make_text("They will act.")

    assert_refused(DocumentText, lambda: CHANGING[path](row, changes))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["bulk_create", "raw save"])
def test_a_text_is_not_entered_with_another_fingerprint(path: str) -> None:
    row = text(body="They will act.")
    row.sha256 = ""

    assert_refused(DocumentText, lambda: ENTERING[path](row))


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted({*ENTERING, *CHANGING}))
def test_an_assignment_has_the_party_of_its_post(path: str) -> None:
    row, japan = beside_a_lead(), make_party("JPN")
    row.party = japan
    if path in ENTERING:
        attempt(lambda: ENTERING[path](row))
    if path in CHANGING:
        there = make_assignment(row.commitment, row.post, role="observer")
        attempt(lambda: CHANGING[path](there, {"party": japan}))

    assert not Assignment.objects.filter(party=japan).exists()


def attempt(deed: Callable[[], Any]) -> None:
    """save() corrects, the other paths refuse."""
    with contextlib.suppress(*REFUSED), transaction.atomic():
        deed()


@pytest.mark.django_db
def test_a_link_that_must_not_be_is_refused_aloud() -> None:
    forum = make_forum()

    with pytest.raises(IntegrityError), transaction.atomic():
        forum.related.add(forum)
    with pytest.raises(IntegrityError), transaction.atomic():
        RelatedForum.objects.bulk_create([RelatedForum(forum=forum, other=forum)], ignore_conflicts=True)


@pytest.mark.pg
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["commitments_changeposition", "commitments_change CASCADE"])
def test_the_history_is_not_emptied(name: str) -> None:
    assert_refused(Change, lambda: execute(f"TRUNCATE {name}"))
