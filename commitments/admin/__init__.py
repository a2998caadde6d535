"""The pages of single entries: found, changed, refused and followed by one set of rules (base.py)."""

from commitments.admin import (
    calendars,
    commitments,
    contacts,
    documents,
    follow_ups,
    forums,
    parties,
    people,
    progress,
    tokens,
)

__all__ = [
    "calendars",
    "commitments",
    "contacts",
    "documents",
    "follow_ups",
    "forums",
    "parties",
    "people",
    "progress",
    "tokens",
]
