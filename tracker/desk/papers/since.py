"""What has become of commitments since a moment: from the history and from what the desk has cleared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language

from commitments.models import Change, Commitment, FollowUp, ProgressReport, User
from commitments.spoken_dates import long_date
from tracker.desk.templatetags.desk import kind_of_date

AXES = ("workflow", "implementation", "outlook")
# Of a wave of changes (an import, a deed on hundreds) the newest; a paper shows a few dozen anyway.
MOST_CHANGES = 5_000


@dataclass
class Turn:
    """From what to what; several changes in the time are one."""

    row: dict[str, Any]
    was: Any
    now: Any
    why: str


class Since:
    """In three queries, for however many commitments. `end`: none means until now."""

    def __init__(
        self, commitments: QuerySet[Commitment], user: User, *, begin: datetime, end: datetime | None = None
    ) -> None:
        self.begin, self.end = begin, end
        keys = commitments.order_by().values("pk")
        self.turns = self._turns(Commitment.objects.filter(pk__in=keys), AXES)
        dates = FollowUp.objects.visible_to(user).filter(commitment__in=keys)
        self.moves: dict[int, dict[int, Turn]] = defaultdict(dict)
        for pk, turns in self._turns(dates, ["due_on"]).items():
            move = turns["due_on"]
            self.moves[move.row["commitment_id"]][pk] = move
        self.reports: dict[int, list[ProgressReport]] = defaultdict(list)
        for report in self._cleared(ProgressReport.objects.visible_to(user).filter(commitment__in=keys)):
            self.reports[report.commitment_id].append(report)

    @property
    def keys(self) -> set[int]:
        """Of the commitments of which there is something to tell."""
        return {*self.turns, *self.moves, *self.reports}

    def of(self, commitment: Commitment) -> list[str]:
        """In sentences, the words of the owners first."""
        language = get_language() or "en"
        told = [
            f"{long_date(each.reported_on, language)}: {each}" for each in self.reports.get(commitment.pk, [])
        ]
        told += self.turned(commitment)
        return told + [moved(move, language) for move in self.moves.get(commitment.pk, {}).values()]

    def turned(self, commitment: Commitment) -> list[str]:
        turns = self.turns.get(commitment.pk, {})
        return [_turned(name, turns[name]) for name in AXES if name in turns]

    def _turns(self, rows: QuerySet, fields: Sequence[str]) -> dict[int, dict[str, Turn]]:
        changes = Change.objects.filter(
            model=rows.model._meta.label_lower,
            action=Change.Action.CHANGED,
            object_id__in=rows.order_by().values("pk"),
            at__gte=self.begin,
        )
        if self.end is not None:
            changes = changes.filter(at__lt=self.end)
        return _summed_up(reversed(changes.order_by("-id")[:MOST_CHANGES]), fields)

    def _cleared(self, reports: Any) -> Iterable[ProgressReport]:
        """By when the desk cleared them; what came cleared with an import, by its own day."""
        decided, said = Q(decided_at__gte=self.begin), Q(reported_on__gt=timezone.localdate(self.begin))
        if self.end is not None:
            decided &= Q(decided_at__lt=self.end)
            said &= Q(reported_on__lt=timezone.localdate(self.end))
        found = reports.cleared().filter(decided | said & Q(decided_at=None))
        return found.order_by("-reported_on", "-pk")[:MOST_CHANGES]


def _summed_up(changes: Iterable[Change], fields: Sequence[str]) -> dict[int, dict[str, Turn]]:
    found: dict[int, dict[str, Turn]] = defaultdict(dict)
    for change in changes:
        before, after = change.before or {}, change.after or {}
        for name in fields:
            if before.get(name) == after.get(name):
                continue
            turn = found[change.object_id].setdefault(name, Turn(after, before.get(name), None, ""))
            turn.row, turn.now, turn.why = after, after.get(name), change.why
    told = {pk: {name: t for name, t in turns.items() if t.was != t.now} for pk, turns in found.items()}
    return {pk: turns for pk, turns in told.items() if turns}


def _turned(name: str, turn: Turn) -> str:
    field: Any = Commitment._meta.get_field(name)
    words = dict(field.flatchoices)
    was, now = (words.get(value, value) for value in (turn.was, turn.now))
    return f"{capfirst(field.verbose_name)}: {was} → {now}"


def moved(move: Turn, language: str) -> str:
    """Deadline: Mon 14 Dec 2026 → Wed 20 Jan 2027 (the reason)."""
    kind = capfirst(kind_of_date(move.row["kind"]))
    was, now = (long_date(date.fromisoformat(day), language) for day in (move.was, move.now))
    return f"{kind}: {was} → {now}" + (f" ({move.why})" if move.why else "")
