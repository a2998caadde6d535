"""For which office a paper is: the forums whose desk it keeps, their own or that of the body above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from commitments.models import Commitment, Forum, Organisation, User


@dataclass(frozen=True)
class Office:
    organisation: Organisation
    forums: frozenset[int] | None  # none: whatever the reader sees

    def narrow(self, rows: Any, path: str = "") -> Any:
        """Rows that have their commitment or meeting at `path`: each at the desk that answers for it."""
        if self.forums is None:
            return rows
        group = {f"{path}commitment__working_group__in": self.forums}
        own = {f"{path}commitment__working_group": None, f"{path}commitment__forum__in": self.forums}
        sitting = {f"{path}meeting__forum__in": self.forums}
        return rows.filter(Q(**group) | Q(**own) | Q(**sitting))

    def commitments(self, rows: Any) -> Any:
        if self.forums is None:
            return rows
        return rows.filter(Q(working_group__in=self.forums) | Q(working_group=None, forum__in=self.forums))

    def meetings(self, rows: Any) -> Any:
        return rows if self.forums is None else rows.filter(forum__in=self.forums)


def offices(user: User) -> list[Office]:
    """Those of the live commitments that the reader sees, in two queries."""
    live = Commitment.objects.visible_to(user).live().order_by()
    asked = {key for pair in live.values_list("forum", "working_group").distinct() for key in pair}
    found: dict[int, set[int]] = {}
    known: dict[int, Organisation] = {}
    for key, organisation in _desks(Forum.objects.select_related("desk__organisation")).items():
        if key in asked:
            known[organisation.pk] = organisation
        found.setdefault(organisation.pk, set()).add(key)
    kept = [Office(organisation, frozenset(found[pk])) for pk, organisation in known.items()]
    return sorted(kept, key=lambda office: str(office.organisation))


def _desks(forums: QuerySet[Forum]) -> dict[int, Organisation]:
    """By forum: where its desk is. A tree is never deeper than it has members."""
    by_key = {forum.pk: forum for forum in forums}
    found = {}
    for forum in by_key.values():
        above: Forum | None = forum
        while above is not None and above.desk is None:
            above = by_key.get(above.parent_id) if above.parent_id else None
        if above is not None and above.desk is not None:
            found[forum.pk] = above.desk.organisation
    return found
