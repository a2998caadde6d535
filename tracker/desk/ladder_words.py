"""A ladder as an officer reads it: 7 days before · the lead · in the weekly message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Post
from notifications import step_words
from notifications.inheritance import Found, Place
from notifications.ladders import ABOVE, Audience, Step, Unit
from notifications.models import LadderStep, ReminderLadder


@dataclass(frozen=True)
class StepInWords:
    when: str
    who: str
    how: str
    again: str
    grace: str


def steps_in_words(steps: Iterable[Step]) -> list[StepInWords]:
    """In the order in which they are reached."""
    ordered = sorted(steps, key=lambda step: step.about_days)
    posts = Post.objects.in_bulk([step.post_id for step in ordered if step.post_id])
    return [_in_words(step, posts) for step in ordered]


def _in_words(step: Step, posts: dict[int, Post]) -> StepInWords:
    certain = posts.get(step.post_id or 0)
    return StepInWords(
        when=step_words.in_words(step.code, step.unit),
        who=str(certain or LadderStep.Audience(step.audience).label),
        how=_how(step),
        again=_again(step),
        grace=_grace(step) if step.audience in ABOVE else "",
    )


def _how(step: Step) -> str:
    if step.audience is Audience.DESK:
        return _("on My desk, no mail")
    return _("on its own day") if step.breaks_out else _("in the weekly message")


def _again(step: Step) -> str:
    if not step.repeat_times:
        return ""
    every, times = step.repeat_every, step.repeat_times
    if step.unit is Unit.WORKING_DAYS:
        said = ngettext("again every working day", "again every %(every)s working days", every)
    else:
        said = ngettext("again every day", "again every %(every)s days", every)
    at_most = ngettext("at most %(times)s time more", "at most %(times)s times more", times)
    return f"{said % {'every': every}}, {at_most % {'times': times}}"


def _grace(step: Step) -> str:
    if not step.grace_days:
        return _("as soon as whoever is below was told")
    said = ngettext(
        "not before %(days)s working day after whoever is below was told",
        "not before %(days)s working days after whoever is below was told",
        step.grace_days,
    )
    return said % {"days": step.grace_days}


def family_in_words(family: str) -> str:
    return str(ReminderLadder.Family(family).label)


def source_in_words(found: Found, place: Place) -> str:
    """From where it is inherited; for a ladder of its own, that it is."""
    if found.is_dormant:
        return _("dormant: nobody is reminded")
    if found.is_of(place):
        return _("laid down here")
    if found.is_ours:
        return _("our default") if place == Place() else _("inherited from our default")
    if found.forum is not None:
        return _("inherited from the forum %(forum)s") % {"forum": found.forum}
    if found.commitment is not None:
        return _("laid down for this commitment")
    return _("inherited from the register")
