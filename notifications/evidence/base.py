"""What can be asked whether a message was accepted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


class NoEvidence(Exception):
    """It cannot be read now."""


@dataclass(frozen=True)
class Span:
    """The time of which it has everything, as far as that is certain."""

    begins: datetime | None = None
    ends: datetime | None = None

    def begins_before(self, moment: datetime | None) -> bool:
        return self.begins is not None and moment is not None and self.begins <= moment

    def reaches(self, moment: datetime) -> bool:
        return self.ends is not None and self.ends >= moment


class Evidence(ABC):
    is_complete = (
        False  # it has everything from the beginning, so that what is not found there was not accepted
    )

    @abstractmethod
    def accepted(self, message_ids: Collection[str]) -> set[str]:
        """Those of them that stand in it. Raises NoEvidence."""

    @abstractmethod
    def span(self) -> Span: ...

    def spans(self, since: datetime, until: datetime) -> bool:
        """What was sent in that time must stand in it: it was kept then, and goes on after that."""
        span = self.span()
        return self.is_complete or (span.begins_before(since) and span.reaches(until))
