"""A small world around one commitment, and every role that somebody may have in it."""

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.utils import timezone

from commitments.models import (
    Assignment,
    Closing,
    Commitment,
    CommitmentParty,
    CommitmentProvision,
    CommitmentRelation,
    CommitmentTopic,
    Contact,
    ContactOrganisation,
    ContactPost,
    Evidence,
    Forum,
    Grant,
    Interpretation,
    Marking,
    Membership,
    Organisation,
    ProgressReport,
    Provision,
    Request,
    Topic,
    User,
)
from notifications.models import Acknowledgment
from tests.commitments.any_row import NOW
from tests.factories import (
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_held_post,
    make_holding,
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
    contact = Contact.objects.create(**known, contacted_on=DUE_ON)
    return [
        follow_up,
        report,
        Evidence.objects.create(report=report, title="Minutes", letter_number="1"),
        Request.objects.create(follow_up=follow_up, kind="not_mine", due_on=DUE_ON, asked_at=NOW),
        Acknowledgment.objects.create(
            follow_up=follow_up, post=make_post(), due_on=DUE_ON, until_on=DUE_ON, acknowledged_at=NOW
        ),
        Interpretation.objects.create(**known, about="date", text="In 2027", basis="“annually”"),
        contact,
        ContactPost.objects.create(contact=contact, post=make_post()),
        ContactOrganisation.objects.create(contact=contact, organisation=make_organisation()),
        Closing.objects.create(
            **known, implementation="implemented", reason="Done", proposed_by=make_user(), proposed_at=NOW
        ),
        CommitmentParty.objects.create(**known, party=make_party()),
        CommitmentTopic.objects.create(
            **known, topic=Topic.objects.create(code="minerals", name_en="Minerals")
        ),
        CommitmentRelation.objects.create(**known, document=provision.text.document, kind="derives_from"),
        CommitmentProvision.objects.create(**known, provision=provision),
        Grant.objects.create(**known, user=make_user(), reason="Works on it"),
        commitment.assignments.all()[0],
        commitment,
    ]


# The table: what a role opens, and how it is given


class Opens(NamedTuple):
    sees: bool
    edits: bool
    edits_words: bool


NOTHING = Opens(sees=False, edits=False, edits_words=False)
SEES = Opens(sees=True, edits=False, edits_words=False)
EDITS = Opens(sees=True, edits=True, edits_words=False)
EDITS_WORDS = Opens(sees=True, edits=True, edits_words=True)

Give = Callable[[World, User], Any]
ROLES: dict[str, tuple[Opens, Give]] = {
    "administrator": (EDITS_WORDS, lambda w, u: promote(u)),
    "auditor": (SEES, lambda w, u: make_membership(u, Role.AUDITOR)),
    "desk officer": (EDITS_WORDS, lambda w, u: desk_officer(u, w.forum)),
    "desk officer of the forum above": (EDITS_WORDS, lambda w, u: desk_officer(u, w.parent)),
    "desk officer of the working group": (EDITS, lambda w, u: desk_officer(u, w.group)),
    "desk officer elsewhere": (NOTHING, lambda w, u: desk_officer(u, w.elsewhere)),
    "desk officer until yesterday": (NOTHING, lambda w, u: desk_officer(u, w.forum, until_on=days(-1))),
    "desk officer until today": (EDITS_WORDS, lambda w, u: desk_officer(u, w.forum, until_on=days(0))),
    "desk officer from tomorrow": (NOTHING, lambda w, u: desk_officer(u, w.forum, from_on=days(1))),
    "coordinator of the lead's ministry": (EDITS, lambda w, u: coordinator(u, w.ministry)),
    "coordinator of the lead's division": (EDITS, lambda w, u: coordinator(u, w.division)),
    "coordinator of the desk's ministry": (EDITS, lambda w, u: coordinator(u, w.desk_ministry)),
    "coordinator of another ministry": (NOTHING, lambda w, u: coordinator(u, w.other_ministry)),
    "coordinator of the counterpart's": (NOTHING, lambda w, u: coordinator(u, place(w, Part.COUNTERPART))),
    "coordinator until yesterday": (NOTHING, lambda w, u: coordinator(u, w.ministry, until_on=days(-1))),
    "reader of the forum": (SEES, lambda w, u: make_membership(u, Role.READER, forum=w.forum)),
    "reader of the forum above": (SEES, lambda w, u: make_membership(u, Role.READER, forum=w.parent)),
    "reader elsewhere": (NOTHING, lambda w, u: make_membership(u, Role.READER, forum=w.elsewhere)),
    "reader of the ministry": (SEES, lambda w, u: make_membership(u, Role.READER, organisation=w.ministry)),
    "reader of another ministry": (
        NOTHING,
        lambda w, u: make_membership(u, Role.READER, organisation=w.other_ministry),
    ),
    "lead": (SEES, lambda w, u: make_holding(w.posts[Part.LEAD], u)),
    "acting lead": (SEES, lambda w, u: make_holding(w.posts[Part.LEAD], u, acting=True)),
    "supporting": (SEES, lambda w, u: make_holding(w.posts[Part.SUPPORTING], u)),
    "working-group lead": (SEES, lambda w, u: make_holding(w.posts[Part.WORKING_GROUP_LEAD], u)),
    "validator": (SEES, lambda w, u: make_holding(w.posts[Part.VALIDATOR], u)),
    "observer": (SEES, lambda w, u: make_holding(w.posts[Part.OBSERVER], u)),
    "counterpart": (NOTHING, lambda w, u: make_holding(w.posts[Part.COUNTERPART], u)),
    "lead until yesterday": (NOTHING, lambda w, u: make_holding(w.posts[Part.LEAD], u, until_on=days(-1))),
    "lead from tomorrow": (NOTHING, lambda w, u: make_holding(w.posts[Part.LEAD], u, from_on=days(1))),
    "holder of a part that ended": (NOTHING, lambda w, u: held_and_ended(w, u)),
    "holder of another post": (NOTHING, lambda w, u: make_held_post(u, organisation=w.division)),
    "nobody": (NOTHING, lambda w, u: None),
    "desk officer who left": (NOTHING, lambda w, u: left(u, desk_officer(u, w.forum))),
    "administrator who left": (NOTHING, lambda w, u: left(u, promote(u))),
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
