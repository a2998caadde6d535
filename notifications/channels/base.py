"""What every channel answers: accepted, refused for now, refused for good, or nobody knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from notifications.models import Delivery


class ChannelError(Exception):
    """It was certainly not accepted. `permanent`: trying again will not help; `of_address`: nor will the next message."""

    def __init__(self, reason: str, *, permanent: bool = False, of_address: bool = False) -> None:
        super().__init__(reason)
        self.permanent, self.of_address = permanent, of_address


class UnreachableError(ChannelError):
    """Nobody answers. The next message would fare no better."""


class MisconfiguredError(ChannelError):
    """The other side has something against us, not against this message: password, certificate, sender."""


class InDoubtError(Exception):
    """The connection broke after the message was handed over and before the answer."""


class Policy(StrEnum):
    """What becomes of a message of which nobody knows whether it was accepted."""

    VERIFY = "verify"  # evidence decides; without any it waits for a person
    RESEND = "resend"  # once more, recognisable as the same
    HOLD = "hold"  # a person decides


class Channel(ABC):
    """One run's way to the outside world; it may keep a connection until `close`."""

    most_handings = 1  # of a message in doubt, until a person has to decide

    @abstractmethod
    def why_closed(self) -> str:
        """A sentence; empty if messages may leave."""

    def is_open(self) -> bool:
        return not self.why_closed()

    @abstractmethod
    def prepare(self, delivery: Delivery, *, repeated: bool = False) -> Any:
        """From the stored words alone, so that a repetition says the same. Raises ValueError if it cannot be written."""

    @abstractmethod
    def send(self, prepared: Any, *, not_after: float) -> None:
        """Raises ChannelError or InDoubtError unless it was accepted. Runs in a thread that asks the database nothing.

        `not_after`, on the monotonic clock: a worker frozen past its lease hands nothing over."""

    @abstractmethod
    def policy(self) -> Policy: ...

    def verdicts(self, deliveries: Collection[Delivery], *, now: datetime) -> dict[int, bool]:
        """By message whether it was accepted; without those of which nothing is known or is to be asked now."""
        return {}

    def close(self) -> None:  # noqa: B027  most keep nothing
        """End of the run."""
