"""What can be asked whether a message was accepted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime


class NoEvidence(Exception):
    """It cannot be read now."""


class Evidence(ABC):
    is_complete = (
        False  # it has everything from the beginning, so that what is not found there was not accepted
    )

    @abstractmethod
    def accepted(self, message_ids: Collection[str]) -> set[str]:
        """Those of them that stand in it. Raises NoEvidence."""

    @abstractmethod
    def begins_before(self, moment: datetime) -> bool: ...
