"""What hangs on a post: for whoever takes it over, and for the preview of that. Read as far as the reader may see it.

Nothing restricted is in it, whoever was granted it: a dossier is handed on. How many items are missing is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import get_language

from commitments.models import (
    Assignment,
    Commitment,
    CommitmentProvision,
    FollowUp,
    Forum,
    Marking,
    Post,
    PostHolding,
    ProgressReport,
    Provision,
    Request,
    User,
)
from notifications.models import Acknowledgment, Delivery, Reminder

Answer = ProgressReport | Request


@dataclass
class Item:
    """One commitment in which the post has a part."""

    commitment: Commitment
    roles: list[str] = field(default_factory=list)
    dates: list[FollowUp] = field(default_factory=list)
    words: Provision | None = None
    last: ProgressReport | None = None
    others: list[Assignment] = field(default_factory=list)


class Dossier:
    """Of one post on one day, in a constant number of queries."""

    def __init__(self, post: Post, user: User, *, today: date) -> None:
        self.post, self.user, self.today = post, user, today

    @cached_property
    def _parts(self) -> list[Assignment]:
        rows = Assignment.objects.visible_to(self.user).active(self.today)
        live = rows.filter(post=self.post, commitment__workflow=Commitment.Workflow.ACTIVE)
        related = live.select_related("commitment__forum", "commitment__working_group")
        return list(related.order_by("commitment__reference", "pk"))

    @cached_property
    def restricted(self) -> int:
        """Items that are not in it, because whoever comes may not see them yet."""
        secret = (part for part in self._parts if part.commitment.marking == Marking.RESTRICTED)
        return len({part.commitment_id for part in secret})

    @cached_property
    def items(self) -> list[Item]:
        found: dict[int, Item] = {}
        for part in self._parts:
            if part.commitment.marking != Marking.RESTRICTED:
                item = found.setdefault(part.commitment_id, Item(part.commitment))
                item.roles.append(str(part.get_role_display()))
        self._fill(found)
        return list(found.values())

    def _fill(self, items: dict[int, Item]) -> None:
        for follow_up in self._dates(items):
            items[follow_up.commitment_id or 0].dates.append(follow_up)
        for assignment in self._others(items):
            items[assignment.commitment_id].others.append(assignment)
        for report in self._last_reports(items):
            items[report.commitment_id].last = report
        for commitment_id, words in self._words(items).items():
            items[commitment_id].words = words

    def _dates(self, keys: Collection[int]) -> QuerySet[FollowUp]:
        """What is asked of this post or of no certain one, the next first."""
        own = Q(post=None) | Q(post=self.post)
        own &= Q(party=None) | Q(party=self.post.organisation.party_id)
        rows = FollowUp.objects.visible_to(self.user).open().filter(own, commitment__in=keys)
        return rows.select_related("commitment", "anchor_meeting").order_by("due_on", "pk")

    def _others(self, keys: Collection[int]) -> QuerySet[Assignment]:
        rows = Assignment.objects.visible_to(self.user).active(self.today).filter(commitment__in=keys)
        others = rows.exclude(post=self.post).select_related("post__organisation", "party")
        return others.prefetch_related(Prefetch("post__holdings", _held_on(self.today), to_attr="held"))

    def _last_reports(self, keys: Collection[int]) -> QuerySet[ProgressReport]:
        """The last cleared words of each."""
        rows = ProgressReport.objects.visible_to(self.user).cleared()
        newest = rows.filter(commitment=OuterRef("commitment")).order_by("-reported_on", "-pk").values("pk")
        return rows.filter(commitment__in=keys, pk=Subquery(newest[:1]))

    def _words(self, keys: Collection[int]) -> dict[int, Provision]:
        """Declared words in the language of the paper, else those of the text that prevails."""
        rows = CommitmentProvision.objects.visible_to(self.user).filter(commitment__in=keys)
        language, found = get_language() or "en", defaultdict(list)
        for row in rows.select_related("provision__text"):
            found[row.commitment_id].append(row.provision)
        return {pk: min(spoken, key=lambda each: _rank(each, language)) for pk, spoken in found.items()}

    @cached_property
    def of_meetings(self) -> list[FollowUp]:
        rows = FollowUp.objects.visible_to(self.user).open().filter(post=self.post, commitment=None)
        return list(rows.select_related("meeting__forum").order_by("due_on", "pk"))

    @cached_property
    def waiting(self) -> list[Answer]:
        """What was answered for the post and waits for the desk."""
        reports = ProgressReport.objects.visible_to(self.user).waiting().filter(post=self.post)
        requests = Request.objects.visible_to(self.user).proposed().filter(post=self.post)
        open_to_all = ~Q(commitment__marking=Marking.RESTRICTED)
        of_item = Q(follow_up__commitment=None) | ~Q(follow_up__commitment__marking=Marking.RESTRICTED)
        found: list[Answer] = list(reports.filter(open_to_all).select_related("commitment", "follow_up"))
        return [
            *found,
            *requests.filter(of_item).select_related("follow_up__commitment", "follow_up__meeting"),
        ]

    @cached_property
    def quiet(self) -> list[Acknowledgment]:
        """Dates for which somebody said “seen” or “later”: until then nobody is reminded, whoever comes included."""
        rows = Acknowledgment.objects.visible_to(self.user).filter(post=self.post, until_on__gte=self.today)
        stands = rows.filter(due_on=F("follow_up__due_on"), follow_up__closed_at=None)
        known = stands.exclude(follow_up__commitment__marking=Marking.RESTRICTED)
        return list(known.select_related("follow_up__commitment", "follow_up__meeting").order_by("until_on"))

    @cached_property
    def desk_of(self) -> list[Forum]:
        return list(Forum.objects.visible_to(self.user).filter(desk=self.post).order_by("code"))

    @cached_property
    def unsent(self) -> int:
        """Messages that ask something of the post and have not left: they go to whoever holds it when they do."""
        rows = Reminder.objects.visible_to(self.user).planned().filter(post=self.post)
        waiting = rows.filter(delivery__state__in=[Delivery.State.PENDING, Delivery.State.CLAIMED])
        return waiting.order_by().values("delivery").distinct().count()

    @cached_property
    def contacts(self) -> list[Post]:
        """Everybody else of these items, each once, the other sides' contacts first."""
        found: dict[int, Assignment] = {}
        for item in self.items:
            for other in item.others:
                found.setdefault(other.post_id, other)
        ordered = sorted(found.values(), key=lambda each: (each.role != Assignment.Role.COUNTERPART, each.pk))
        return [each.post for each in ordered]

    @property
    def leads(self) -> int:
        lead = str(Assignment.Role.LEAD.label)
        return sum(lead in item.roles for item in self.items)

    @property
    def next_on(self) -> date | None:
        return min((follow_up.due_on for item in self.items for follow_up in item.dates), default=None)


def _held_on(day: date) -> QuerySet[PostHolding]:
    held = PostHolding.objects.on(day).filter(user__is_active=True)
    return held.select_related("user").order_by("-acting", "-from_on")


def _rank(words: Provision, language: str) -> tuple[bool, int, int]:
    return (words.text.language != language, words.text.authority, words.start)
