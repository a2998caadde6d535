"""The outbox of an installation without a mail server: the file is there, or the message never left."""

from __future__ import annotations

from collections.abc import Collection

from notifications.evidence.base import Evidence, Span
from notifications.outbox import path_of


class Files(Evidence):
    is_complete = True

    def __str__(self) -> str:
        return "the outbox"

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        return {message_id for message_id in message_ids if path_of(message_id).exists()}

    def span(self) -> Span:
        return Span()
