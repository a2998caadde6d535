"""Lays down a ladder of its own for the register, a forum or a commitment; and takes it back."""

from __future__ import annotations

from collections.abc import Sequence

from commitments.locking import exclusively
from notifications.inheritance import Place
from notifications.ladders import Family, Step
from notifications.models import LadderStep, ReminderLadder

SAID = [field.attname for field in LadderStep._meta.concrete_fields if field.name not in {"id", "ladder"}]


def lay_down(family: Family | str, place: Place, steps: Sequence[Step], *, note: str = "") -> ReminderLadder:
    """From now on these steps count there. What has been told stays told; nothing is told twice."""
    with exclusively("ladders"):
        ladder = _of(family, place) or ReminderLadder(
            family=family, forum=place.forum, commitment=place.commitment
        )
        ladder.note = note
        ladder.full_clean()
        ladder.save()
        _write_steps(ladder, steps)
    return ladder


def go_back(family: Family | str, place: Place) -> bool:
    """What is inherited counts again. False: there was nothing to take back."""
    with exclusively("ladders"):
        ladder = _of(family, place)
        if ladder is not None:
            ladder.remove()
    return ladder is not None


def _of(family: Family | str, place: Place) -> ReminderLadder | None:
    return ReminderLadder.objects.filter(
        family=family, forum=place.forum, commitment=place.commitment
    ).first()


def _write_steps(ladder: ReminderLadder, steps: Sequence[Step]) -> None:
    """A step that stays keeps its row, so that the history says what changed."""
    standing = {row.step().code: row for row in ladder.steps.all()}
    wanted = {step.code: LadderStep.of(ladder, step) for step in steps}
    ladder.steps.filter(pk__in=[row.pk for code, row in standing.items() if code not in wanted]).delete()
    for code, said in wanted.items():
        row = standing.get(code, said)
        for column in SAID:
            setattr(row, column, getattr(said, column))
        row.full_clean()
        row.save()
