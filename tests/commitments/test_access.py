"""Who sees and who edits what: the rules of commitments/access.py, said once more in a table."""

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.utils import timezone

from commitments import access
from commitments.models import (
    Assignment,
    Commitment,
    CommitmentParty,
    CommitmentProvision,
    CommitmentRelation,
    CommitmentTopic,
    Document,
    DocumentText,
    Evidence,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    Marking,
    Meeting,
    Membership,
    Organisation,
    Post,
    ProgressReport,
    Provision,
    Request,
    Topic,
    User,
)
from notifications.models import Acknowledgment
from tests.commitments.any_row import NOW, RECORDED
from tests.factories import (
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
    make_meeting,
    make_membership,
    make_organisation,
    make_party,
    make_post,
    make_provision,
    make_text,
    make_user,
)

Role, Part = Membership.Role, Assignment.Role
DUE_ON = date(2027, 1, 29)
World = Any

pytestmark = pytest.mark.django_db


def days(n: int) -> date:
    return timezone.localdate() + timedelta(days=n)


def make_world(marking: str = Marking.INTERNAL) -> World:
    """One commitment of a forum below another and with a working group, and something of each kind that hangs on it."""
    w = SimpleNamespace(parent=make_forum(), elsewhere=make_forum())
    w.desk_ministry, w.ministry, w.other_ministry = (make_organisation() for _n in range(3))
    w.forum = make_forum(parent=w.parent, desk=make_post(organisation=w.desk_ministry))
    w.group = make_forum(parent=w.forum)
    w.division = make_organisation(parent=w.ministry)
    w.commitment = make_commitment(forum=w.forum, working_group=w.group, marking=marking)
    w.posts = {part: make_post() for part in Part.values}
    w.posts[Part.LEAD] = make_post(organisation=w.division)
    w.posts[Part.COUNTERPART] = make_post(organisation=make_organisation(party=make_party("USA")))
    w.parts = {part: make_assignment(w.commitment, post, role=part) for part, post in w.posts.items()}
    w.provision = make_provision(
        text=make_text("They will continue discussions.", document=make_document(forum=w.forum))
    )
    w.hanging = hanging_on(w.commitment, w.provision)
    return w


def hanging_on(commitment: Commitment, provision: Provision) -> list[Any]:
    follow_up = make_follow_up(DUE_ON, commitment=commitment)
    known = {"commitment": commitment}
    report = ProgressReport.objects.create(**known, reported_on=DUE_ON)
    public = make_commitment(forum=commitment.forum)
    return [
        follow_up,
        report,
        Evidence.objects.create(report=report, title="Minutes", letter_number="1"),
        Request.objects.create(follow_up=follow_up, kind="not_mine", due_on=DUE_ON, asked_at=NOW),
        Acknowledgment.objects.create(
            follow_up=follow_up, post=make_post(), due_on=DUE_ON, until_on=DUE_ON, acknowledged_at=NOW
        ),
        Interpretation.objects.create(**known, about="date", text="In 2027", basis="“annually”"),
        CommitmentParty.objects.create(**known, party=make_party()),
        CommitmentTopic.objects.create(
            **known, topic=Topic.objects.create(code="minerals", name_en="Minerals")
        ),
        CommitmentRelation.objects.create(**known, other=public, kind="advances"),
        CommitmentProvision.objects.create(**known, provision=provision),
        Grant.objects.create(**known, user=make_user(), reason="Works on it"),
        commitment.assignments.all()[0],
        commitment,
    ]


# The table: what a role gives, and whether it opens the commitment (sees, edits) and its declared words (edits)

Give = Callable[[World, User], Any]
ROLES: dict[str, tuple[bool, bool, bool, Give]] = {
    "administrator": (True, True, True, lambda w, u: promote(u)),
    "auditor": (True, False, False, lambda w, u: make_membership(u, Role.AUDITOR)),
    "desk officer": (True, True, True, lambda w, u: desk_officer(u, w.forum)),
    "desk officer of the forum above": (True, True, True, lambda w, u: desk_officer(u, w.parent)),
    "desk officer of the working group": (True, True, False, lambda w, u: desk_officer(u, w.group)),
    "desk officer elsewhere": (False, False, False, lambda w, u: desk_officer(u, w.elsewhere)),
    "desk officer until yesterday": (
        False,
        False,
        False,
        lambda w, u: desk_officer(u, w.forum, until_on=days(-1)),
    ),
    "desk officer until today": (True, True, True, lambda w, u: desk_officer(u, w.forum, until_on=days(0))),
    "desk officer from tomorrow": (
        False,
        False,
        False,
        lambda w, u: desk_officer(u, w.forum, from_on=days(1)),
    ),
    "coordinator of the lead's ministry": (True, True, False, lambda w, u: coordinator(u, w.ministry)),
    "coordinator of the lead's division": (True, True, False, lambda w, u: coordinator(u, w.division)),
    "coordinator of the desk's ministry": (True, True, False, lambda w, u: coordinator(u, w.desk_ministry)),
    "coordinator of another ministry": (False, False, False, lambda w, u: coordinator(u, w.other_ministry)),
    "coordinator of the counterpart's": (
        False,
        False,
        False,
        lambda w, u: coordinator(u, place(w, Part.COUNTERPART)),
    ),
    "coordinator until yesterday": (
        False,
        False,
        False,
        lambda w, u: coordinator(u, w.ministry, until_on=days(-1)),
    ),
    "reader of the forum": (True, False, False, lambda w, u: make_membership(u, Role.READER, forum=w.forum)),
    "reader of the forum above": (
        True,
        False,
        False,
        lambda w, u: make_membership(u, Role.READER, forum=w.parent),
    ),
    "reader elsewhere": (
        False,
        False,
        False,
        lambda w, u: make_membership(u, Role.READER, forum=w.elsewhere),
    ),
    "reader of the ministry": (
        True,
        False,
        False,
        lambda w, u: make_membership(u, Role.READER, organisation=w.ministry),
    ),
    "reader of another ministry": (
        False,
        False,
        False,
        lambda w, u: make_membership(u, Role.READER, organisation=w.other_ministry),
    ),
    "lead": (True, False, False, lambda w, u: make_holding(w.posts[Part.LEAD], u)),
    "acting lead": (True, False, False, lambda w, u: make_holding(w.posts[Part.LEAD], u, acting=True)),
    "supporting": (True, False, False, lambda w, u: make_holding(w.posts[Part.SUPPORTING], u)),
    "working-group lead": (
        True,
        False,
        False,
        lambda w, u: make_holding(w.posts[Part.WORKING_GROUP_LEAD], u),
    ),
    "validator": (True, False, False, lambda w, u: make_holding(w.posts[Part.VALIDATOR], u)),
    "observer": (True, False, False, lambda w, u: make_holding(w.posts[Part.OBSERVER], u)),
    "counterpart": (False, False, False, lambda w, u: make_holding(w.posts[Part.COUNTERPART], u)),
    "lead until yesterday": (
        False,
        False,
        False,
        lambda w, u: make_holding(w.posts[Part.LEAD], u, until_on=days(-1)),
    ),
    "lead from tomorrow": (
        False,
        False,
        False,
        lambda w, u: make_holding(w.posts[Part.LEAD], u, from_on=days(1)),
    ),
    "holder of a part that ended": (False, False, False, lambda w, u: held_and_ended(w, u)),
    "holder of another post": (False, False, False, lambda w, u: make_held_post(u, organisation=w.division)),
    "nobody": (False, False, False, lambda w, u: None),
    "desk officer who left": (False, False, False, lambda w, u: left(u, desk_officer(u, w.forum))),
    "administrator who left": (False, False, False, lambda w, u: left(u, promote(u))),
}


def promote(user: User) -> None:
    user.is_superuser = True
    user.save()


def left(user: User, _role: Any) -> None:
    user.is_active = False
    user.save()


def desk_officer(user: User, forum: Forum, **fields: Any) -> Membership:
    return make_membership(user, Role.DESK_OFFICER, forum=forum, **fields)


def coordinator(user: User, organisation: Organisation, **fields: Any) -> Membership:
    return make_membership(user, Role.COORDINATOR, organisation=organisation, **fields)


def place(w: World, part: str) -> Organisation:
    return w.posts[part].organisation


def held_and_ended(w: World, user: User) -> None:
    make_holding(w.posts[Part.LEAD], user)
    w.parts[Part.LEAD].end(on=days(-1))


MARKINGS = [
    (Marking.PUBLIC, False),
    (Marking.INTERNAL, False),
    (Marking.RESTRICTED, False),
    (Marking.RESTRICTED, True),
]


def among(rows: Any, row: Any) -> bool:
    return rows.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize(("marking", "granted"), MARKINGS)
def test_each_role_sees_and_edits_what_it_should(name: str, marking: str, granted: bool) -> None:
    sees, edits, edits_words, give = ROLES[name]
    world, user = make_world(marking), make_user()
    give(world, user)
    if granted:
        Grant.objects.create(commitment=world.commitment, user=user, reason="Works on it")
    known = granted or marking != Marking.RESTRICTED

    seen = {
        type(row): among(type(row).objects.visible_to(user), row) for row in [*world.hanging, world.provision]
    }
    edited = {type(row): among(type(row).objects.editable_by(user), row) for row in world.hanging}

    assert seen == dict.fromkeys(seen, sees and known)
    assert edited == dict.fromkeys(edited, edits and known)
    assert among(Provision.objects.editable_by(user), world.provision) == (edits_words and known)


def test_somebody_who_did_not_sign_in_sees_nothing() -> None:
    world = make_world(Marking.PUBLIC)

    for row in [*world.hanging, world.provision, world.forum, world.ministry]:
        assert not type(row).objects.visible_to(AnonymousUser()).exists()
        assert not type(row).objects.editable_by(AnonymousUser()).exists()


# A new kind of entry is decided about, not open by default

BONES = {
    "calendar", "holiday", "party", "organisation", "organisationname", "user", "post", "postholding", "forum",
    "forumparty", "relatedforum", "meeting", "topic", "outgoingmail",
}  # fmt: skip


def test_for_each_kind_of_entry_it_is_said_who_sees_it() -> None:
    labels = {model._meta.label_lower for model in RECORDED}

    assert {label for label in labels if label.partition(".")[2] not in BONES} <= set(access.VISIBLE)


@pytest.mark.parametrize("model", [m for m in RECORDED if m._meta.model_name in BONES])
def test_whoever_signed_in_sees_the_bones_of_the_register(model: Any) -> None:
    world, user = make_world(Marking.RESTRICTED), make_user()
    world.hanging.clear()

    assert set(model.objects.visible_to(user)) == set(model.objects.all())
    assert not model.objects.editable_by(user).exists()


# What hangs on what one may not see


def officer_of(world: World) -> User:
    user = make_user()
    desk_officer(user, world.forum)
    return user


@pytest.mark.parametrize("hidden", ["commitment", "other"])
def test_a_relation_is_seen_by_whoever_sees_both_its_ends(hidden: str) -> None:
    world = make_world()
    secret = make_commitment(forum=world.forum, marking=Marking.RESTRICTED)
    ends = {"commitment": world.commitment, "other": world.commitment, hidden: secret}
    relation = CommitmentRelation.objects.create(kind="supersedes", **ends)
    user = officer_of(world)
    assert not among(CommitmentRelation.objects.visible_to(user), relation)

    Grant.objects.create(commitment=secret, user=user, reason="Works on it")

    assert among(CommitmentRelation.objects.visible_to(user), relation)


def test_a_mandate_is_seen_by_whoever_sees_its_document() -> None:
    world, user = make_world(), make_user()
    make_holding(world.posts[Part.LEAD], user)
    mandates = [make_document(forum=forum) for forum in (world.forum, world.elsewhere)]
    for mandate in mandates:
        CommitmentRelation.objects.create(commitment=world.commitment, document=mandate, kind="derives_from")

    make_membership(user, Role.READER, forum=world.elsewhere)

    seen = CommitmentRelation.objects.visible_to(user).exclude(document=None)
    assert [relation.document for relation in seen] == [mandates[1]]


def test_words_of_a_restricted_commitment_are_not_shown_beside_another_that_shares_them() -> None:
    world, user = make_world(), make_user()
    desk_officer(user, world.forum)
    secret = make_commitment(forum=world.forum, marking=Marking.RESTRICTED)
    CommitmentProvision.objects.create(commitment=secret, provision=world.provision)

    assert not among(Provision.objects.visible_to(user), world.provision)
    assert not CommitmentProvision.objects.visible_to(user).filter(provision=world.provision).exists()
    assert among(Commitment.objects.visible_to(user), world.commitment)


def test_an_owner_reads_the_document_that_the_commitment_stands_in_and_no_other() -> None:
    world, user = make_world(), make_user()
    make_holding(world.posts[Part.LEAD], user)
    make_text(document=make_document(forum=world.forum))

    assert list(Document.objects.visible_to(user)) == [world.provision.text.document]
    assert list(DocumentText.objects.visible_to(user)) == [world.provision.text]


def test_our_reading_may_be_narrower_than_the_commitment() -> None:
    world = make_world()
    reading = Interpretation.objects.create(
        commitment=world.commitment, about="owner", text="METI", basis="Talks", marking=Marking.RESTRICTED
    )
    user = officer_of(world)
    assert not among(Interpretation.objects.visible_to(user), reading)

    Grant.objects.create(commitment=world.commitment, user=user, reason="Works on it")

    assert among(Interpretation.objects.visible_to(user), reading)


@pytest.mark.parametrize(
    "role", ["desk officer", "reader of the forum", "auditor", "lead", "desk officer elsewhere"]
)
def test_dates_of_a_meeting_are_seen_with_its_forum(role: str) -> None:
    world, user = make_world(), make_user()
    date_of_meeting = make_follow_up(DUE_ON, meeting=make_meeting(forum=world.forum))
    request = Request.objects.create(follow_up=date_of_meeting, kind="not_mine", due_on=DUE_ON, asked_at=NOW)
    ROLES[role][3](world, user)

    for row in (date_of_meeting, request):
        assert among(type(row).objects.visible_to(user), row) == (
            role not in {"lead", "desk officer elsewhere"}
        )
        assert among(type(row).objects.editable_by(user), row) == (role == "desk officer")


def test_one_sees_only_ones_own_roles() -> None:
    world = make_world()
    user, colleague = officer_of(world), officer_of(world)

    assert {membership.user for membership in Membership.objects.visible_to(user)} == {user}
    assert not Membership.objects.editable_by(user).exists()
    assert not User.objects.editable_by(user).exists()
    promote(colleague)
    assert Membership.objects.visible_to(colleague).count() == 2


def test_an_officer_edits_the_own_forum_and_its_meetings_only() -> None:
    world = make_world()
    user = officer_of(world)
    here, there = make_meeting(forum=world.group), make_meeting(forum=world.elsewhere)

    assert set(Forum.objects.editable_by(user)) == {world.forum, world.group}
    assert list(Meeting.objects.editable_by(user)) == [here]
    assert among(Meeting.objects.visible_to(user), there)
    assert among(Post.objects.editable_by(user), world.posts[Part.LEAD])


# As sets of rows


def test_nobody_sees_anything_twice() -> None:
    world, user = make_world(Marking.RESTRICTED), make_user()
    for give in (
        "desk officer",
        "reader of the forum above",
        "coordinator of the lead's ministry",
        "lead",
        "observer",
    ):
        ROLES[give][3](world, user)
    for person in (user, make_user()):
        Grant.objects.create(commitment=world.commitment, user=person, reason="Works on it")

    for row in [*world.hanging, world.provision]:
        for rows in (type(row).objects.visible_to(user), type(row).objects.editable_by(user)):
            assert rows.filter(pk=row.pk).count() == 1


def test_what_is_visible_can_be_counted_grouped_and_changed_as_a_set() -> None:
    world = make_world()
    user = officer_of(world)

    seen = Commitment.objects.visible_to(user).annotate(parts=Count("assignments"))
    assert seen.get(pk=world.commitment.pk).parts == len(Part.values)
    assert FollowUp.objects.editable_by(user).update(phrase="by January") == 1
    assert Evidence.objects.editable_by(user).delete()[0] == 1


@pytest.mark.parametrize("rows", [1, 10])
def test_asking_costs_the_same_however_much_there_is(rows: int, django_assert_max_num_queries: Any) -> None:
    world = make_world()
    user = officer_of(world)
    for _n in range(rows):
        desk_officer(user, make_forum(parent=world.group))
        make_commitment(forum=world.forum)

    with django_assert_max_num_queries(16):
        list(FollowUp.objects.editable_by(user))
        list(Commitment.objects.visible_to(user))


# Doors and answers


@pytest.mark.parametrize(
    ("role", "doors"),
    [
        ("administrator", {"view", "add", "change", "delete", "change_user", "change_membership"}),
        ("desk officer", {"view", "add", "change"}),
        ("coordinator of the lead's ministry", {"view", "add", "change"}),
        ("reader of the forum", {"view"}),
        ("auditor", {"view"}),
        ("lead", {"view"}),
        ("desk officer until yesterday", {"view"}),
        ("desk officer who left", set()),
    ],
)
def test_which_doors_are_open(role: str, doors: set[str]) -> None:
    world, user = make_world(), make_user(is_staff=True)
    ROLES[role][3](world, user)
    asked = {f"{action}_commitment": action for action in ("view", "add", "change", "delete")}
    asked |= {name: name for name in ("change_user", "change_membership")}

    opened = {door for permission, door in asked.items() if user.has_perm(f"commitments.{permission}")}

    assert opened == doors


def test_whoever_cannot_sign_in_has_no_door() -> None:
    world, user = make_world(), make_user(is_staff=False)
    desk_officer(user, world.forum)

    assert not user.has_perm("commitments.view_commitment")
    assert not user.has_module_perms("commitments")


@pytest.mark.parametrize(
    ("role", "for_lead", "for_desk"),
    [
        ("desk officer", True, True),
        ("lead", True, False),
        ("acting lead", True, False),
        ("supporting", False, False),
        ("lead until yesterday", False, False),
        ("holder of a part that ended", False, False),
        ("reader of the forum", False, False),
        ("nobody", False, False),
    ],
)
def test_who_may_answer(role: str, for_lead: bool, for_desk: bool) -> None:
    world, user = make_world(), make_user()
    ROLES[role][3](world, user)
    follow_up = world.commitment.follow_ups.get()

    assert access.may_answer(user, follow_up, world.posts[Part.LEAD]) == for_lead
    assert access.may_answer(user, follow_up, None) == for_desk
