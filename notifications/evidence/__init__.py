"""Was it accepted? Asked about a message whose answer was lost, of whoever must know: outbox, relay, journal.

What is found there was accepted. What is not found was not, if the evidence covers the time of the message: its
neighbours, of which we know that they were accepted, must stand in it. Else nobody knows, and a person decides."""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.conf import settings

from notifications.evidence.base import Evidence, NoEvidence
from notifications.evidence.files import Files
from notifications.evidence.journal import Journal
from notifications.evidence.relay_log import RelayLog
from notifications.models import Delivery

log = logging.getLogger(__name__)


def for_mail() -> list[Evidence]:
    """What the settings name; files need no naming."""
    if settings.EMAIL_BACKEND == "notifications.outbox.FileOutbox":
        return [Files()]
    named: list[Evidence] = [RelayLog(settings.RELAY_LOG)] if settings.RELAY_LOG else []
    return [*named, Journal(settings.JOURNAL_URL)] if settings.JOURNAL_URL else named


def verdicts(deliveries: Collection[Delivery]) -> dict[int, bool]:
    """By message whether it was accepted; without those of which nothing is known."""
    found: dict[int, bool] = {}
    for evidence in for_mail():
        unproven = [delivery for delivery in deliveries if not found.get(delivery.pk)]
        try:
            found |= Questioning(evidence, unproven).verdicts()
        except NoEvidence as error:
            log.warning("Messages stay uncertain: %s", error)
    return found


class Questioning:
    """Of one evidence about several messages, read once."""

    def __init__(self, evidence: Evidence, deliveries: Collection[Delivery]) -> None:
        self.evidence, self.deliveries = evidence, deliveries
        self.neighbours = {
            delivery.pk: (None, None) if evidence.is_complete else delivery.neighbours()
            for delivery in deliveries
        }
        known = {pair for pairs in self.neighbours.values() for pair in pairs if pair}
        self.accepted = evidence.accepted({*known, *(delivery.message_id for delivery in deliveries)})

    def verdicts(self) -> dict[int, bool]:
        found = {delivery.pk: self._verdict(delivery) for delivery in self.deliveries}
        return {pk: verdict for pk, verdict in found.items() if verdict is not None}

    def _verdict(self, delivery: Delivery) -> bool | None:
        if delivery.message_id in self.accepted:
            return True
        if self.evidence.is_complete or self._covers(delivery):
            return False
        log.warning("Message %s stays uncertain: %s does not cover its time", delivery.pk, self.evidence)
        return None

    def _covers(self, delivery: Delivery) -> bool:
        before, after = self.neighbours[delivery.pk]
        if after is not None and after not in self.accepted:
            return False
        handed_over_at = delivery.message_date
        return before in self.accepted or (
            handed_over_at is not None and self.evidence.begins_before(handed_over_at)
        )
