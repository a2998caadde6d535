"""Who holds a post, said with both names while somebody acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from commitments.models import PostHolding
from commitments.spoken_dates import short_date


def spoken(held: Sequence[PostHolding], language: str) -> str:
    """Of a post's holdings of one day, whoever acts first: Kim Minji (acting for Lee Jun until Sat 12 Dec).

    Empty if nobody holds it."""
    if not held:
        return ""
    first = held[0]
    if not first.acting:
        return first.user.name
    away = next((holding.user.name for holding in held if not holding.acting), "")
    return spoken_acting(first.user.name, away, first.until_on, language)


def spoken_acting(name: str, away: str, until_on: date | None, language: str) -> str:
    """`away` is empty where the post is vacant."""
    said = {"name": name, "away": away, "day": short_date(until_on, language) if until_on else ""}
    if away and until_on:
        return _("%(name)s (acting for %(away)s until %(day)s)") % said
    if away:
        return _("%(name)s (acting for %(away)s)") % said
    if until_on:
        return _("%(name)s (acting until %(day)s)") % said
    return _("%(name)s (acting)") % said
