"""Which ladder counts where: the commitment's, else the nearest forum's upwards, else the register's, else ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from commitments.models import Commitment, FollowUp, Forum
from notifications.audiences import Rule
from notifications.ladders import DEFAULTS, DORMANT, Family, Ladder, Step, family_of
from notifications.models import ForumRule, LadderCode, ReminderLadder

# Keys of ladders that are no rows; audiences.py knows the last but one.
BUILT_IN = {Family.DATED: 0, Family.REVIEW: -1}
DORMANT_KEY = -2
SUPPOSED_KEY = -3


@dataclass(frozen=True)
class Place:
    """Where a ladder is laid down: for a forum with the bodies below it, for one commitment, else for the register."""

    forum: Forum | None = None
    commitment: Commitment | None = None

    @property
    def keys(self) -> tuple[int | None, int | None]:
        return (
            self.forum.pk if self.forum else None,
            self.commitment.pk if self.commitment else None,
        )


@dataclass(frozen=True)
class Found:
    """A ladder, its key (of a row, if positive) and from where it is inherited; neither forum nor commitment:
    the register's or ours."""

    ladder: Ladder
    key: int
    forum: Forum | None = None
    commitment: Commitment | None = None

    @property
    def is_ours(self) -> bool:
        return self.key in BUILT_IN.values()

    @property
    def is_dormant(self) -> bool:
        return self.key == DORMANT_KEY

    @property
    def place(self) -> Place:
        return Place(self.forum, self.commitment)

    def is_of(self, place: Place) -> bool:
        """Laid down there, and not inherited."""
        return not (self.is_ours or self.is_dormant) and self.place.keys == place.keys

    def laid_down(self) -> list[Step]:
        """Its steps as somebody wrote them: repeats are said, not unrolled."""
        return [step for step in self.ladder.steps if step.nth == 1]


def forum_id_of(follow_up: FollowUp) -> int:
    """FollowUp.forum, by key: asks nothing."""
    if follow_up.commitment is not None:
        return _forum_id_of(follow_up.commitment)
    assert follow_up.meeting is not None  # commitments_followup_of_one_thing
    return follow_up.meeting.forum_id


def _forum_id_of(commitment: Commitment) -> int:
    return commitment.working_group_id or commitment.forum_id


class LadderBook:
    """All ladders and all forums, read in three queries; asked any number of times."""

    def __init__(self) -> None:
        self.forums = {forum.pk: forum for forum in Forum.objects.all()}
        rows = list(ReminderLadder.objects.prefetch_related("steps").select_related("commitment"))
        self._of = {(row.family, row.forum_id, row.commitment_id): row for row in rows}
        self.ladders: dict[int, Ladder] = {row.pk: row.ladder() for row in rows}
        self.ladders |= {BUILT_IN[family]: ladder for family, ladder in DEFAULTS.items()}
        self.ladders[DORMANT_KEY] = DORMANT

    def supposing(self, family: Family, place: Place, ladder: Ladder | None) -> LadderBook:
        """As it would be with this ladder laid down there; None: with what is inherited."""
        book = copy.copy(self)
        book._of, book.ladders = dict(self._of), dict(self.ladders)
        row = book._of.pop((family.value, *place.keys), None)
        if ladder is not None:
            row = row or ReminderLadder(
                pk=SUPPOSED_KEY, family=family, forum=place.forum, commitment=place.commitment
            )
            book._of[family.value, *place.keys] = row
            book.ladders[row.pk] = ladder
        return book

    def row(self, family: Family, place: Place) -> ReminderLadder | None:
        return self._of.get((family.value, *place.keys))

    def rows(self) -> list[ReminderLadder]:
        """Those that somebody has laid down."""
        return list(self._of.values())

    def ladder_keys(self) -> set[int]:
        """Of the ladders that count somewhere."""
        of_forums = {key for _forum, _desk, *keys in self.rules() for key in keys}
        return of_forums | {row.pk for row in self._of.values() if row.commitment_id}

    def of_commitments(self) -> dict[int, list[int]]:
        """By commitment: the ladders of its own."""
        found: dict[int, list[int]] = {}
        for row in self._of.values():
            if row.commitment_id is not None:
                found.setdefault(row.commitment_id, []).append(row.pk)
        return found

    def default(self, family: Family) -> Found:
        row = self._of.get((family.value, None, None))
        key = row.pk if row else BUILT_IN[family]
        return Found(self.ladders[key], key)

    def of_forum(self, forum_id: int, family: Family) -> Found:
        for forum in self._upwards(forum_id):
            if forum.dormant:
                return Found(DORMANT, DORMANT_KEY, forum=forum)
        for forum in self._upwards(forum_id):
            if row := self._of.get((family.value, forum.pk, None)):
                return Found(self.ladders[row.pk], row.pk, forum=forum)
        return self.default(family)

    def of_commitment(self, commitment: Commitment, family: Family) -> Found:
        found = self.of_forum(_forum_id_of(commitment), family)
        row = self._of.get((family.value, None, commitment.pk))
        if row is None or found.is_dormant:
            return found
        return Found(self.ladders[row.pk], row.pk, commitment=row.commitment)

    def of_follow_up(self, follow_up: FollowUp) -> Found:
        family = family_of(follow_up.kind)
        if follow_up.commitment is not None:
            return self.of_commitment(follow_up.commitment, family)
        return self.of_forum(forum_id_of(follow_up), family)

    def at(self, place: Place, family: Family) -> Found:
        if place.commitment is not None:
            return self.of_commitment(place.commitment, family)
        return self.of_forum(place.forum.pk, family) if place.forum else self.default(family)

    def desk_id(self, forum_id: int) -> int | None:
        """Forum.desk_post(), without a query."""
        return next((forum.desk_id for forum in self._upwards(forum_id) if forum.desk_id), None)

    def _upwards(self, forum_id: int) -> Iterator[Forum]:
        forum = self.forums.get(forum_id)
        while forum is not None:
            yield forum
            forum = self.forums.get(forum.parent_id or 0)

    def rules(self) -> set[Rule]:
        """Of each forum: its desk and its two ladders."""
        return {
            (pk, self.desk_id(pk), self.of_forum(pk, Family.DATED).key, self.of_forum(pk, Family.REVIEW).key)
            for pk in self.forums
        }

    def write_rules(self) -> None:
        """Resolved for SQL: one row a forum, one row a step. Writes only what differs."""
        rules = self.rules()
        if rules != set(ForumRule.objects.values_list("forum_id", "desk_id", "dated", "review")):
            ForumRule.objects.all().delete()
            ForumRule.objects.bulk_create(_rule(*rule) for rule in rules)
        codes = {(key, step.code) for key, ladder in self.ladders.items() for step in ladder.steps}
        if codes != set(LadderCode.objects.values_list("ladder", "code")):
            LadderCode.objects.all().delete()
            LadderCode.objects.bulk_create(LadderCode(ladder=key, code=code) for key, code in codes)


def _rule(forum_id: int, desk_id: int | None, dated: int, review: int) -> ForumRule:
    return ForumRule(forum_id=forum_id, desk_id=desk_id, dated=dated, review=review)
