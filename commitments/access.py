"""Who sees and who edits what: the one place that decides, for the desk, REST, search, exports, mails and feeds.

Roles are dated memberships; owners, working-group leads and validators follow from assignments and holdings.
A restricted commitment is seen by the people granted it and by nobody else, whatever their role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    Document,
    FollowUp,
    Forum,
    Grant,
    Marking,
    Meeting,
    Membership,
    Organisation,
    Post,
    PostHolding,
    User,
)
from commitments.trees import descendants

# Only an administrator gives rights; entries that are the bones of the register are not deleted by officers.
ADMINISTERED = {"user", "membership", "apitoken", "calendarfeed"}

SeeRule = Callable[[User], Q]
EditRule = Callable[[User, frozenset[int]], Q]

MEMO = "reach_in_this_request"
KEYS = "keys_in_this_request"
FEW_KEYS = 2_000  # more are not written out in each question
LEFT = "left"


def has_left(user: User) -> bool:
    """Every post and role that they had has ended: nothing is shown or sent to them any more."""
    today = _today()
    memo: dict[Any, Any] = getattr(user, MEMO, {})
    if today in memo and memo[today].opens_anything:
        return False
    if LEFT not in memo:
        memo[LEFT] = User.objects.left(today).filter(pk=user.pk).exists()
    return bool(memo[LEFT])


def ask_once(user: Any, *, keys: bool = False) -> None:
    """For the length of a request: the person's roles are read once, however many lists it shows.

    `keys`: nothing is written meanwhile. What the person sees is read once as well, as far as it is not too much, and
    each question begins with that: it takes no longer for what others have in the register."""
    setattr(user, MEMO, {})
    if keys:
        setattr(user, KEYS, {})


@dataclass(frozen=True)
class Reach:
    """What a person's roles open today, as keys; trees are resolved."""

    everything: bool
    edits_everything: bool
    read_forums: frozenset[int]
    edit_forums: frozenset[int]
    read_organisations: frozenset[int]
    edit_organisations: frozenset[int]

    @property
    def edits_something(self) -> bool:
        return self.edits_everything or bool(self.edit_forums or self.edit_organisations)

    def opens_anything(self) -> bool:
        return self.everything or bool(self.read_forums or self.read_organisations)

    @classmethod
    def of(cls, user: User, today: date) -> Reach:
        """Asked once a request where the door has called ask_once(), else anew each time."""
        memo: dict[Any, Any] = getattr(user, MEMO, {})
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
        below = {
            keys: frozenset(descendants(Forum, set(keys))) for keys in map(frozenset, (forums, desk_forums))
        }
        inside = {
            keys: frozenset(descendants(Organisation, set(keys)))
            for keys in map(frozenset, (organisations, led))
        }
        auditor = any(role == Membership.Role.AUDITOR for role, _forum, _org in roles)
        return cls(
            everything=user.is_superuser or auditor,
            edits_everything=user.is_superuser,
            read_forums=below[frozenset(forums)],
            edit_forums=below[frozenset(desk_forums)],
            read_organisations=inside[frozenset(organisations)],
            edit_organisations=inside[frozenset(led)],
        )


def _today() -> date:
    return timezone.localdate()


def _granted(user: User) -> Q:
    return ~Q(marking=Marking.RESTRICTED) | Q(pk__in=Grant.objects.filter(user=user).values("commitment"))


def _parts(today: date) -> QuerySet[Assignment]:
    """Parts that open a commitment. A counterpart sees what is released to it, never the internal side."""
    return Assignment.objects.active(today).exclude(role=Assignment.Role.COUNTERPART)


def _in_reach(forums: frozenset[int], organisations: frozenset[int], today: date) -> list[Q]:
    found = [Q(forum__in=forums), Q(working_group__in=forums)]
    if organisations:
        parts = _parts(today).filter(post__organisation__in=organisations)
        found += [Q(pk__in=parts.values("commitment")), Q(forum__desk__organisation__in=organisations)]
    return found


def _owned(user: User, today: date) -> Q:
    """Through a post that the user holds today."""
    held = PostHolding.objects.on(today).filter(user=user).values("post")
    return Q(pk__in=_parts(today).filter(post__in=held).values("commitment"))


def _seen(user: User) -> list[Q]:
    """Any of them opens a commitment."""
    today = _today()
    reach = Reach.of(user, today)
    if reach.everything:
        return [Q()]
    return [*_in_reach(reach.read_forums, reach.read_organisations, today), _owned(user, today)]


def _edited(user: User) -> list[Q]:
    today = _today()
    reach = Reach.of(user, today)
    if reach.edits_everything:
        return [Q()]
    return _in_reach(reach.edit_forums, reach.edit_organisations, today)


def visible_commitments(user: User) -> QuerySet[Commitment] | list[int]:
    return _few_keys(user, "seen") or _keys(_any_of(_seen(user), user))


def editable_commitments(user: User) -> QuerySet[Commitment] | list[int]:
    return _few_keys(user, "edited") or _keys(_any_of(_edited(user), user))


def _any_of(conditions: list[Q], user: User) -> QuerySet[Commitment]:
    return Commitment.objects.filter(reduce(or_, conditions)).filter(_granted(user))


def _few_keys(user: User, which: str) -> list[int] | None:
    """Where the door has said that nothing is written meanwhile, and they are not too many; none: ask the rows."""
    memo: dict[str, list[int]] | None = getattr(user, KEYS, None)
    if memo is None or Reach.of(user, _today()).everything:
        return None
    if not memo:
        memo.update(_all_keys(user))
    return memo[which] or None


def _all_keys(user: User) -> dict[str, list[int]]:
    """In one query, of which each part is answered from its own index; nothing of what is too much."""
    forums = Reach.of(user, _today()).read_forums
    parts = [
        *(_part("seen", Commitment.objects.filter(each).filter(_granted(user))) for each in _seen(user)),
        *(_part("edited", Commitment.objects.filter(each).filter(_granted(user))) for each in _edited(user)),
        _part("meetings", Meeting.objects.filter(forum__in=forums)),
    ]
    found: dict[str, list[int]] = {"seen": [], "edited": [], "meetings": []}
    for which, key in parts[0].union(*parts[1:])[: 3 * FEW_KEYS]:
        found[which].append(key)
    few = sum(map(len, found.values())) < 3 * FEW_KEYS
    return {which: keys if few and len(keys) <= FEW_KEYS else [] for which, keys in found.items()}


def _part(which: str, rows: QuerySet) -> QuerySet:
    return rows.order_by().values_list(Value(which), "pk")


def _keys(found: QuerySet) -> QuerySet:
    """As a set of keys: joins made here neither double the rows outside nor forbid their change."""
    return found.order_by().values("pk")


def _documents(user: User) -> Q:
    reach = Reach.of(user, _today())
    if reach.everything:
        return Q()
    seen = CommitmentProvision.objects.filter(commitment__in=visible_commitments(user))
    parts = [
        Document.objects.filter(forum__in=reach.read_forums).values("pk"),
        seen.values("provision__text__document"),
    ]
    if reach.read_organisations:
        kept = Document.objects.filter(forum__desk__organisation__in=reach.read_organisations)
        parts.append(kept.values("pk"))
    first, *others = (part.order_by() for part in parts)
    return Q(pk__in=first.union(*others))


def _unseen_words(user: User, of: str, is_theirs: str = "provision") -> Exists:
    """Whether declared words, or one passage of a text, belong to a restricted commitment that was not granted."""
    granted = Grant.objects.filter(user=user).values("commitment")
    hidden = CommitmentProvision.objects.filter(commitment__marking=Marking.RESTRICTED)
    return Exists(hidden.exclude(commitment__in=granted).filter(**{is_theirs: OuterRef(of)}))


def _meetings_read(user: User, prefix: str) -> Q:
    reach = Reach.of(user, _today())
    if reach.everything:
        return Q(**{f"{prefix}__isnull": False})
    if keys := _few_keys(user, "meetings"):
        return Q(**{f"{prefix}__in": keys})
    return Q(**{f"{prefix}__forum__in": reach.read_forums})


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
    withheld = _unseen_words(user, "pk", "provision__text")
    return Q(document__in=Document.objects.filter(_documents(user)).values("pk")) & ~Q(withheld)


def _provisions(user: User) -> Q:
    documents = Document.objects.filter(_documents(user)).values("pk")
    return Q(text__document__in=documents) & ~Q(_unseen_words(user, "pk"))


def _own_or_administered(user: User) -> Q:
    return Q() if user.is_superuser else Q(user=user)


def _own_or_of_all(user: User) -> Q:
    """An officer enters how others are told, as for somebody who cannot open the page."""
    return Q() if is_officer(user) else Q(user=user)


def _follow_up_and_its_commitment(user: User) -> Q:
    seen = visible_commitments(user)
    return Q(follow_up__commitment__in=seen) | _meetings_read(user, "follow_up__meeting")


def _contacts(user: User, prefix: str = "") -> Q:
    """A talk about a forum is seen by whoever reads the forum."""
    reach = Reach.of(user, _today())
    of_forum = (
        Q(**{f"{prefix}forum__isnull": False})
        if reach.everything
        else Q(**{f"{prefix}forum__in": reach.read_forums})
    )
    of_commitment = Q(**{f"{prefix}commitment__in": visible_commitments(user)})
    return of_commitment | _meetings_read(user, f"{prefix}meeting") | of_forum


def _incoming_mail(user: User) -> Q:
    """Whoever sees what it answers, or what it might; what belongs to no one item, whoever keeps that desk, or any."""
    reach = Reach.of(user, _today())
    about_more = FollowUp.objects.filter(reminders__delivery=OuterRef("delivery")).exclude(_follow_ups(user))
    kept = Q(forum__in=reach.edit_forums) | (Q(forum=None) if reach.edit_forums else Q(pk__in=[]))
    of_desk = Q() if reach.everything else kept
    apart = Q(follow_up=None) & ~Q(Exists(about_more)) & of_desk
    return Q(follow_up__in=FollowUp.objects.filter(_follow_ups(user)).values("pk")) | apart


def _for_officers(user: User) -> Q:
    return Q() if Reach.of(user, _today()).everything or is_officer(user) else Q(pk__in=[])


def _ladders(prefix: str) -> SeeRule:
    """Everybody sees what holds for the register and for forums; one of a commitment with its commitment."""
    of = f"{prefix}commitment"
    return lambda user: Q(**{of: None}) | Q(**{f"{of}__in": visible_commitments(user)})


def workplaces(user: User) -> QuerySet[Organisation]:
    """Whose desk the person works at: by a post held, by a forum kept, or as a coordinator."""
    today = _today()
    held = PostHolding.objects.on(today).filter(user=user).values("post__organisation")
    kept = Forum.objects.filter(pk__in=Reach.of(user, today).edit_forums, desk__isnull=False)
    led = user.memberships.on(today).filter(role=Membership.Role.COORDINATOR).values("organisation")
    of_desk = Q(pk__in=kept.order_by().values("desk__organisation"))
    return Organisation.objects.filter(Q(pk__in=held.order_by()) | of_desk | Q(pk__in=led.order_by()))


def _own_or_shared(user: User) -> Q:
    return Q(owner=user) | Q(organisation__in=workplaces(user).order_by().values("pk"))


# Models that are not listed are the common bones (parties, organisations, posts, forums, meetings, calendars,
# topics, people's names): every active person who signed in sees them.
VISIBLE: dict[str, SeeRule] = {
    "commitments.commitment": lambda user: Q(pk__in=visible_commitments(user)),
    "commitments.commitmentparty": _of_commitment("commitment"),
    "commitments.commitmentprovision": lambda user: (
        _of_commitment("commitment")(user) & ~Q(_unseen_words(user, "provision"))
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
    "commitments.closing": _of_commitment("commitment"),
    "commitments.contact": _contacts,
    "commitments.contactpost": lambda user: _contacts(user, "contact__"),
    "commitments.contactorganisation": lambda user: _contacts(user, "contact__"),
    "commitments.document": _documents,
    "commitments.documenttext": _texts,
    "commitments.provision": _provisions,
    "commitments.reorganisation": _for_officers,
    "commitments.movedpost": _for_officers,
    "commitments.membership": _own_or_administered,
    "commitments.apitoken": _own_or_administered,
    "commitments.importrun": lambda user: Q(by=user),  # a file may hold what nobody else may see
    "notifications.calendarfeed": _own_or_administered,
    "notifications.acknowledgment": _follow_up_and_its_commitment,
    "notifications.reminderladder": _ladders(""),
    "notifications.ladderstep": _ladders("ladder__"),
    "notifications.incomingmail": _incoming_mail,
    "notifications.addressproblem": _for_officers,
    "notifications.preference": _own_or_of_all,
    "notifications.letter": _follow_up_and_its_commitment,
    "desk.savedview": _own_or_shared,
}


def visible(rows: QuerySet, user: Any) -> QuerySet:
    """`rows` as far as `user` may see them; nothing for somebody who is not signed in or has left."""
    if not getattr(user, "is_active", False):
        return rows.none()
    rule = VISIBLE.get(rows.model._meta.label_lower)
    if rule is None:  # the others ask for roles and posts anyway
        return rows.none() if has_left(user) else rows
    return rows.filter(rule(user))


def _of_editable(path: str) -> EditRule:
    return lambda user, forums: Q(**{f"{path}__in": editable_commitments(user)})


def _of_kept(path: str) -> EditRule:
    """Of a forum whose desk the user keeps."""
    return lambda user, forums: Q(**{f"{path}__in": forums})


def _of_either(commitment: str, forum: str) -> EditRule:
    """A follow-up is of a commitment or of a meeting, and so is what hangs on it."""
    return lambda user, forums: _of_editable(commitment)(user, forums) | _of_kept(forum)(user, forums)


def _editable_follow_ups(user: User, forums: frozenset[int]) -> QuerySet:
    return FollowUp.objects.filter(_of_either("commitment", "meeting__forum")(user, forums)).values("pk")


def _of_contact(prefix: str) -> EditRule:
    of_item = _of_either(f"{prefix}commitment", f"{prefix}meeting__forum")
    return lambda user, forums: of_item(user, forums) | _of_kept(f"{prefix}forum")(user, forums)


def _home_parties(user: User, forums: frozenset[int]) -> set[int]:
    """Of the desks that keep these forums, and of the posts that the user holds."""
    if not forums:
        return set()
    desks = {
        pk: (parent, party)
        for pk, parent, party in Forum.objects.values_list("pk", "parent", "desk__organisation__party")
    }
    held = PostHolding.objects.on(_today()).filter(user=user)
    found = set(held.values_list("post__organisation__party", flat=True))
    for forum in forums:
        at: int | None = forum
        while at is not None and desks[at][1] is None:
            at = desks[at][0]
        found |= {desks[at][1]} if at is not None else set()
    return found


def _bodies_kept(user: User, forums: frozenset[int]) -> QuerySet:
    reach = Reach.of(user, _today())
    home = Q(party__in=_home_parties(user, forums)) | Q(pk__in=reach.edit_organisations)
    return Organisation.objects.filter(home).order_by().values("pk")


def _at_work() -> Q:
    """Posts to which something may be sent: with a duty, a desk, or somebody above or below."""
    own = {"post": OuterRef("pk")}
    duties = Assignment.objects.filter(**own).exclude(role=Assignment.Role.COUNTERPART)
    return Q(
        Exists(duties)
        | Exists(FollowUp.objects.filter(**own))
        | Exists(Forum.objects.filter(desk=OuterRef("pk")))
        | Exists(Post.objects.filter(superior=OuterRef("pk")))
        | Exists(Post.objects.filter(alternate=OuterRef("pk")))
    )


def _own_bodies(user: User, forums: frozenset[int]) -> Q:
    """Those of the own party or ministry; of others what has no post at work: they are mere addresses."""
    posts = Post.objects.filter(_at_work(), organisation=OuterRef("pk"))
    below = Organisation.objects.filter(parent=OuterRef("pk"))
    return Q(pk__in=_bodies_kept(user, forums)) | ~(Q(Exists(posts)) | Q(Exists(below)))


def _own_posts(user: User, forums: frozenset[int]) -> Q:
    return Q(organisation__in=_bodies_kept(user, forums)) | ~_at_work()


def _with(path: str, model: Any, rule: EditRule) -> EditRule:
    """What hangs on a row that the user may change."""
    return lambda user, forums: Q(**{f"{path}__in": model.objects.filter(rule(user, forums)).values("pk")})


# `forums`: those whose desk the user keeps. Of the bones of the register that are not listed, every officer
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
    "commitments.closing": _of_editable("commitment"),
    "commitments.contact": _of_contact(""),
    "commitments.contactpost": _of_contact("contact__"),
    "commitments.contactorganisation": _of_contact("contact__"),
    "commitments.document": _of_kept("forum"),
    "commitments.documenttext": _of_kept("document__forum"),
    "commitments.provision": _of_kept("text__document__forum"),
    "commitments.organisation": _own_bodies,
    "commitments.organisationname": _with("organisation", Organisation, _own_bodies),
    "commitments.post": _own_posts,
    "commitments.postholding": _with("post", Post, _own_posts),
    "commitments.reorganisation": _with("organisation", Organisation, _own_bodies),
    "commitments.movedpost": _with("reorganisation__organisation", Organisation, _own_bodies),
    "commitments.meeting": _of_kept("forum"),
    "commitments.forum": _of_kept("pk"),
    "notifications.acknowledgment": _of_either("follow_up__commitment", "follow_up__meeting__forum"),
    "notifications.reminderladder": _of_either("commitment", "forum"),
    "notifications.ladderstep": _of_either("ladder__commitment", "ladder__forum"),
    "notifications.incomingmail": lambda user, forums: (
        Q(follow_up__in=_editable_follow_ups(user, forums))
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
    """Desk officers have a forum and coordinators an organisation whose entries they change."""
    reach = Reach.of(user, _today())
    return reach.edits_everything or bool(reach.edit_forums or reach.edit_organisations)


def may(user: User, permission: str) -> bool:
    """Whether the door of a kind of entry is open at all ("commitments.change_commitment"); rows are asked apart."""
    if not (user.is_active and user.is_staff):
        return False
    action, _dash, model = permission.rpartition(".")[2].partition("_")
    if user.is_superuser or action == "view":
        return True
    return action in {"add", "change"} and model not in ADMINISTERED and is_officer(user)
