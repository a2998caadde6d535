"""Who sees and who edits what: the one place that decides, for the desk, REST, search, exports, mails and feeds.

Roles are dated memberships; owners, working-group leads and validators follow from assignments and holdings.
A restricted commitment is seen by the people granted it and by nobody else, whatever their role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from commitments.models import (
    Assignment,
    Commitment,
    Document,
    FollowUp,
    Forum,
    Grant,
    Marking,
    Membership,
    Organisation,
    Post,
    PostHolding,
    Provision,
    User,
)
from commitments.trees import descendants

# Only an administrator gives rights; entries that are the bones of the register are not deleted by officers.
ADMINISTERED = {"user", "membership", "apitoken", "calendarfeed"}
OFFICERS = {Membership.Role.DESK_OFFICER, Membership.Role.COORDINATOR}

SeeRule = Callable[[User], Q]
EditRule = Callable[[User, frozenset[int]], Q]

MEMO = "reach_in_this_request"


def ask_once(user: Any) -> None:
    """For the length of a request: the person's roles are read once, however many lists it shows."""
    setattr(user, MEMO, {})


@dataclass(frozen=True)
class Reach:
    """What a person's roles open today, as keys; trees are resolved."""

    everything: bool
    edits_everything: bool
    read_forums: frozenset[int]
    edit_forums: frozenset[int]
    read_organisations: frozenset[int]
    edit_organisations: frozenset[int]

    @classmethod
    def of(cls, user: User, today: date) -> Reach:
        """Asked once a request where the door has called ask_once(), else anew each time."""
        memo: dict[date, Reach] = getattr(user, MEMO, {})
        if today not in memo:
            memo[today] = cls._asked(user, today)
        return memo[today]

    @classmethod
    def _asked(cls, user: User, today: date) -> Reach:
        roles = list(user.memberships.on(today).values_list("role", "forum_id", "organisation_id"))
        forums = {forum for _role, forum, _org in roles if forum}
        organisations = {org for _role, _forum, org in roles if org}
        desk_forums = {forum for role, forum, _org in roles if forum and role == Membership.Role.DESK_OFFICER}
        led = {org for role, _forum, org in roles if org and role == Membership.Role.COORDINATOR}
        auditor = any(role == Membership.Role.AUDITOR for role, _forum, _org in roles)
        return cls(
            everything=user.is_superuser or auditor,
            edits_everything=user.is_superuser,
            read_forums=frozenset(descendants(Forum, forums)),
            edit_forums=frozenset(descendants(Forum, desk_forums)),
            read_organisations=frozenset(descendants(Organisation, organisations)),
            edit_organisations=frozenset(descendants(Organisation, led)),
        )


def _today() -> date:
    return timezone.localdate()


def _granted(user: User) -> Q:
    return ~Q(marking=Marking.RESTRICTED) | Q(grants__user=user)


def _parts(today: date) -> QuerySet[Assignment]:
    """Parts that open a commitment. A counterpart sees what is released to it, never the internal side."""
    return Assignment.objects.active(today).exclude(role=Assignment.Role.COUNTERPART)


def _in_reach(forums: frozenset[int], organisations: frozenset[int], today: date) -> Q:
    found = Q(forum__in=forums) | Q(working_group__in=forums)
    if organisations:
        parts = _parts(today).filter(post__organisation__in=organisations)
        found |= Q(pk__in=parts.values("commitment")) | Q(forum__desk__organisation__in=organisations)
    return found


def _owned(user: User, today: date) -> Q:
    """Through a post that the user holds today."""
    held = PostHolding.objects.on(today).filter(user=user).values("post")
    return Q(pk__in=_parts(today).filter(post__in=held).values("commitment"))


def visible_commitments(user: User) -> QuerySet[Commitment]:
    today = _today()
    reach = Reach.of(user, today)
    by_role = Q() if reach.everything else _in_reach(reach.read_forums, reach.read_organisations, today)
    if not reach.everything:
        by_role |= _owned(user, today)
    return _keys(Commitment.objects.filter(by_role).filter(_granted(user)))


def editable_commitments(user: User) -> QuerySet[Commitment]:
    today = _today()
    reach = Reach.of(user, today)
    by_role = Q() if reach.edits_everything else _in_reach(reach.edit_forums, reach.edit_organisations, today)
    return _keys(Commitment.objects.filter(by_role).filter(_granted(user)))


def _keys(found: QuerySet) -> QuerySet:
    """As a set of keys: joins made here neither double the rows outside nor forbid their change."""
    return found.order_by().values("pk")


def _documents(user: User) -> Q:
    reach = Reach.of(user, _today())
    if reach.everything:
        return Q()
    spoken = Provision.objects.filter(commitments__in=visible_commitments(user)).values("text__document")
    return (
        Q(forum__in=reach.read_forums)
        | Q(forum__desk__organisation__in=reach.read_organisations)
        | Q(pk__in=spoken)
    )


def _unseen_words(user: User) -> QuerySet:
    """Declared words that belong to a restricted commitment the user was not granted."""
    hidden = Commitment.objects.filter(marking=Marking.RESTRICTED).exclude(grants__user=user)
    return Provision.objects.filter(commitments__in=hidden).values("pk")


def _meetings_read(user: User, prefix: str) -> Q:
    reach = Reach.of(user, _today())
    return (
        Q(**{f"{prefix}__isnull": False})
        if reach.everything
        else Q(**{f"{prefix}__forum__in": reach.read_forums})
    )


def _of_commitment(path: str) -> SeeRule:
    return lambda user: Q(**{f"{path}__in": visible_commitments(user)})


def _readings(user: User) -> Q:
    granted = Grant.objects.filter(user=user).values("commitment")
    read = ~Q(marking=Marking.RESTRICTED) | Q(commitment__in=granted)
    return Q(commitment__in=visible_commitments(user)) & read


def _relations(user: User) -> Q:
    seen = visible_commitments(user)
    mandates = Document.objects.filter(_documents(user)).values("pk")
    read = (Q(other=None) | Q(other__in=seen)) & (Q(document=None) | Q(document__in=mandates))
    return Q(commitment__in=seen) & read


def _follow_ups(user: User) -> Q:
    return Q(commitment__in=visible_commitments(user)) | _meetings_read(user, "meeting")


def _texts(user: User) -> Q:
    """A text holds all its words, so it is seen only by who may see each of them."""
    withheld = Provision.objects.filter(pk__in=_unseen_words(user)).values("text")
    return Q(document__in=Document.objects.filter(_documents(user)).values("pk")) & ~Q(pk__in=withheld)


def _provisions(user: User) -> Q:
    documents = Document.objects.filter(_documents(user)).values("pk")
    return Q(text__document__in=documents) & ~Q(pk__in=_unseen_words(user))


def _own_or_administered(user: User) -> Q:
    return Q() if user.is_superuser else Q(user=user)


def _own_or_of_all(user: User) -> Q:
    """An officer enters how others are told, as for somebody who cannot open the page."""
    return Q() if is_officer(user) else Q(user=user)


def _follow_up_and_its_commitment(user: User) -> Q:
    seen = visible_commitments(user)
    return Q(follow_up__commitment__in=seen) | _meetings_read(user, "follow_up__meeting")


def _incoming_mail(user: User) -> Q:
    """Whoever sees what it answers, or what it might; what belongs to no one item, whoever keeps that desk, or any."""
    reach = Reach.of(user, _today())
    seen = FollowUp.objects.filter(_follow_ups(user)).values("pk")
    unseen = FollowUp.objects.exclude(pk__in=seen).values("pk")
    kept = Q(forum__in=reach.edit_forums) | (Q(forum=None) if reach.edit_forums else Q(pk__in=[]))
    of_desk = Q() if reach.everything else kept
    apart = Q(follow_up=None) & ~Q(delivery__reminders__follow_up__in=unseen) & of_desk
    return Q(follow_up__in=seen) | apart


def _for_officers(user: User) -> Q:
    return Q() if Reach.of(user, _today()).everything or is_officer(user) else Q(pk__in=[])


def _ladders(prefix: str) -> SeeRule:
    """Everybody sees what holds for the register and for forums; one of a commitment with its commitment."""
    of = f"{prefix}commitment"
    return lambda user: Q(**{of: None}) | Q(**{f"{of}__in": visible_commitments(user)})


# Models that are not listed are the common bones (parties, organisations, posts, forums, meetings, calendars,
# topics, people's names): every active person who signed in sees them.
VISIBLE: dict[str, SeeRule] = {
    "commitments.commitment": lambda user: Q(pk__in=visible_commitments(user)),
    "commitments.commitmentparty": _of_commitment("commitment"),
    "commitments.commitmentprovision": lambda user: (
        _of_commitment("commitment")(user) & ~Q(provision__in=_unseen_words(user))
    ),
    "commitments.commitmenttopic": _of_commitment("commitment"),
    "commitments.interpretation": _readings,
    "commitments.assignment": _of_commitment("commitment"),
    "commitments.commitmentrelation": _relations,
    "commitments.grant": _of_commitment("commitment"),
    "commitments.progressreport": _of_commitment("commitment"),
    "commitments.evidence": _of_commitment("report__commitment"),
    "commitments.followup": _follow_ups,
    "commitments.request": _follow_up_and_its_commitment,
    "commitments.document": _documents,
    "commitments.documenttext": _texts,
    "commitments.provision": _provisions,
    "commitments.membership": _own_or_administered,
    "commitments.apitoken": _own_or_administered,
    "notifications.calendarfeed": _own_or_administered,
    "notifications.acknowledgment": _follow_up_and_its_commitment,
    "notifications.reminderladder": _ladders(""),
    "notifications.ladderstep": _ladders("ladder__"),
    "notifications.incomingmail": _incoming_mail,
    "notifications.addressproblem": _for_officers,
    "notifications.preference": _own_or_of_all,
    "notifications.letter": _follow_up_and_its_commitment,
}


def visible(rows: QuerySet, user: Any) -> QuerySet:
    """`rows` as far as `user` may see them; nothing for somebody who is not signed in or not active."""
    if not getattr(user, "is_active", False):
        return rows.none()
    rule = VISIBLE.get(rows.model._meta.label_lower)
    return rows.filter(rule(user)) if rule else rows


def _of_editable(path: str) -> EditRule:
    return lambda user, forums: Q(**{f"{path}__in": editable_commitments(user)})


def _of_kept(path: str) -> EditRule:
    """Of a forum whose desk the user keeps."""
    return lambda user, forums: Q(**{f"{path}__in": forums})


def _of_either(commitment: str, forum: str) -> EditRule:
    """A follow-up is of a commitment or of a meeting, and so is what hangs on it."""
    return lambda user, forums: _of_editable(commitment)(user, forums) | _of_kept(forum)(user, forums)


# `forums`: those whose desk the user keeps. Of the bones of the register, which are not listed, every officer
# changes all.
EDITABLE: dict[str, EditRule] = {
    "commitments.commitment": _of_editable("pk"),
    "commitments.commitmentparty": _of_editable("commitment"),
    "commitments.commitmentprovision": _of_editable("commitment"),
    "commitments.commitmenttopic": _of_editable("commitment"),
    "commitments.interpretation": _of_editable("commitment"),
    "commitments.assignment": _of_editable("commitment"),
    "commitments.commitmentrelation": _of_editable("commitment"),
    "commitments.grant": _of_editable("commitment"),
    "commitments.progressreport": _of_editable("commitment"),
    "commitments.evidence": _of_editable("report__commitment"),
    "commitments.followup": _of_either("commitment", "meeting__forum"),
    "commitments.request": _of_either("follow_up__commitment", "follow_up__meeting__forum"),
    "commitments.document": _of_kept("forum"),
    "commitments.documenttext": _of_kept("document__forum"),
    "commitments.provision": _of_kept("text__document__forum"),
    "commitments.meeting": _of_kept("forum"),
    "commitments.forum": _of_kept("pk"),
    "notifications.acknowledgment": _of_either("follow_up__commitment", "follow_up__meeting__forum"),
    "notifications.reminderladder": _of_either("commitment", "forum"),
    "notifications.ladderstep": _of_either("ladder__commitment", "ladder__forum"),
    "notifications.incomingmail": lambda user, forums: (
        _of_either("follow_up__commitment", "follow_up__meeting__forum")(user, forums)
        | Q(follow_up=None) & (Q(forum__in=forums) | Q(forum=None))
    ),
    "notifications.letter": _of_either("follow_up__commitment", "follow_up__meeting__forum"),
}


def editable(rows: QuerySet, user: Any) -> QuerySet:
    """`rows` as far as `user` may change them; always among those that the user sees."""
    seen = visible(rows, user)
    label = rows.model._meta.label_lower
    if not getattr(user, "is_active", False):
        return rows.none()
    reach = Reach.of(user, _today())
    if reach.edits_everything:
        return seen
    if label.rpartition(".")[2] in ADMINISTERED or not (reach.edit_forums or reach.edit_organisations):
        return rows.none()
    rule = EDITABLE.get(label)
    return seen.filter(rule(user, reach.edit_forums)) if rule else seen


def may_answer(user: User, follow_up: FollowUp, post: Post | None) -> bool:
    """For `post`: whoever holds it while it has a part in the item; for any post or none: the desk of the item."""
    if FollowUp.objects.editable_by(user).filter(pk=follow_up.pk).exists():
        return True
    today = _today()
    if post is None or not PostHolding.objects.on(today).filter(user=user, post=post).exists():
        return False
    parts = _parts(today).filter(commitment=follow_up.commitment_id, post=post)
    return follow_up.post_id == post.pk or parts.exists()


def is_officer(user: User) -> bool:
    if user.is_superuser:
        return True
    return user.memberships.on(_today()).filter(role__in=OFFICERS).exists()


def may(user: User, permission: str) -> bool:
    """Whether the door of a kind of entry is open at all ("commitments.change_commitment"); rows are asked apart."""
    if not (user.is_active and user.is_staff):
        return False
    action, _dash, model = permission.rpartition(".")[2].partition("_")
    if user.is_superuser or action == "view":
        return True
    return action in {"add", "change"} and model not in ADMINISTERED and is_officer(user)
