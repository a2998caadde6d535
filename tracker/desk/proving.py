"""What was told of each date and what is to come: the panel “Reminders” of a commitment and of a meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commitments.models import FollowUp, User
from notifications.forecast import Expected
from notifications.inheritance import LadderBook, Place
from notifications.ladders import family_of
from notifications.models import IncomingMail
from notifications.proof import Line, Proof
from tracker.desk.ladder_words import source_in_words


@dataclass(frozen=True)
class Panel:
    dates: list[tuple[FollowUp, list[Line]]]  # open ones first
    readable: set[int]  # messages that the reader may open
    sources: list[str]  # from where the steps of the open dates are inherited
    expected: list[Expected]
    came_back: dict[int, list[IncomingMail]]  # by message


def panel(follow_ups: Sequence[FollowUp], place: Place, user: User, *, now: datetime) -> Panel:
    """`follow_ups`: as far as `user` sees them, with commitment and meeting read along."""
    book = LadderBook()
    told = Proof(follow_ups, now=now, book=book)
    families = dict.fromkeys(family_of(follow_up.kind) for follow_up in follow_ups if follow_up.is_open)
    sources = (source_in_words(book.at(place, family), place) for family in families)
    return Panel(
        dates=sorted(told.by_date(), key=lambda each: not each[0].is_open),
        readable=told.readable_by(user),
        sources=list(dict.fromkeys(sources)),
        expected=told.expected(),
        came_back=told.came_back(user),
    )


def context(shown: Panel, ladders_address: str) -> dict[str, Any]:
    """What the template of the panel asks for."""
    return {
        "panel": shown,
        "readable": shown.readable,
        "came_back": shown.came_back,
        "ladders_address": ladders_address,
    }
