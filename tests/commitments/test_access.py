"""Who sees and who edits what: the rules of commitments/access.py, said once more in a table."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count

from commitments import access
from commitments.models import (
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
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
    Post,
    Provision,
    Request,
    User,
)
from tests.commitments.any_row import NOW, RECORDED
from tests.commitments.roles import DUE_ON, ROLES, Part, Role, World, desk_officer, make_world, promote
from tests.factories import (
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_holding,
    make_meeting,
    make_membership,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db

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
    opens, give = ROLES[name]
    world, user = make_world(marking), make_user()
    give(world, user)
    if granted:
        Grant.objects.create(commitment=world.commitment, user=user, reason="Works on it")
    known = granted or marking != Marking.RESTRICTED

    seen = {
        type(row): among(type(row).objects.visible_to(user), row) for row in [*world.hanging, world.provision]
    }
    edited = {type(row): among(type(row).objects.editable_by(user), row) for row in world.hanging}

    assert seen == dict.fromkeys(seen, opens.sees and known)
    assert edited == dict.fromkeys(edited, opens.edits and known)
    assert among(Provision.objects.editable_by(user), world.provision) == (opens.edits_words and known)


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
        CommitmentRelation.objects.create(commitment=world.commitment, document=mandate, kind="implements")

    make_membership(user, Role.READER, forum=world.elsewhere)

    seen = CommitmentRelation.objects.visible_to(user).filter(kind="implements")
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
    ROLES[role][1](world, user)

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
        ROLES[give][1](world, user)
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

    with django_assert_max_num_queries(17):
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
    ROLES[role][1](world, user)
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
    ROLES[role][1](world, user)
    follow_up = world.commitment.follow_ups.get()

    assert access.may_answer(user, follow_up, world.posts[Part.LEAD]) == for_lead
    assert access.may_answer(user, follow_up, None) == for_desk
