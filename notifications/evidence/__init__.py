"""Was it accepted? Asked about a message whose answer was lost, of whoever must know: outbox, relay, journal.

What is found there was accepted. What is not found was not, if the evidence covers the time of the message, from before
it was handed over until after. Else nobody knows: it is asked again after a while, and a person may decide."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.conf import settings

from notifications.evidence.base import Evidence, NoEvidence, Span
from notifications.evidence.files import Files
from notifications.evidence.journal import Journal
from notifications.evidence.relay_log import RelayLog
from notifications.models import GRACE, Delivery, Heartbeat

log = logging.getLogger(__name__)

PART = "evidence"  # of the signs of life


def for_mail() -> list[Evidence]:
    """What the settings name; files need no naming."""
    if settings.EMAIL_BACKEND == "notifications.outbox.FileOutbox":
        return [Files()]
    named: list[Evidence] = [RelayLog(settings.RELAY_LOG)] if settings.RELAY_LOG else []
    return [*named, Journal(settings.JOURNAL_URL)] if settings.JOURNAL_URL else named


def is_to_be_asked(deliveries: Collection[Delivery], *, now: datetime) -> bool:
    """It may be slow: at once about what is newly in doubt, again after a while about what it could not settle."""
    sign = Heartbeat.objects.filter(part=PART).first()
    if sign is None or not now - GRACE < sign.at <= now:
        return bool(deliveries) or (sign is not None and bool(sign.note))
    return any(delivery.send_after > sign.at for delivery in deliveries)


def verdicts(deliveries: Collection[Delivery], *, now: datetime) -> dict[int, bool]:
    """By message whether it was accepted; without those of which nothing is known.

    Whatever goes wrong out there leaves them as they are. The sign of life says when it was asked, and what was wrong.
    """
    found: dict[int, bool] = {}
    troubles: list[str] = []
    _leave_sign(now=now)  # first, so that nobody else asks meanwhile
    for evidence in for_mail():
        unproven = [delivery for delivery in deliveries if not found.get(delivery.pk)]
        try:
            found |= Questioning(evidence, unproven).verdicts()
        except NoEvidence as error:
            log.warning("Messages stay uncertain: %s", error)
            troubles.append(str(error))
        except Exception as error:
            log.exception("Messages stay uncertain: %s fails", evidence)
            troubles.append(f"{evidence}: {type(error).__name__}")
    _leave_sign(now=now, note="\n".join(troubles))
    return found


def accepted_between(message_ids: Collection[str], since: datetime, until: datetime) -> tuple[set[str], bool]:
    """Those that were accepted, and whether the others were certainly not, if they were sent in that time."""
    found: set[str] = set()
    is_whole = False
    for each in for_mail():
        try:
            spans = each.spans(since, until)  # first: what is written meanwhile proves nothing
            found |= each.accepted(message_ids)
            is_whole = is_whole or spans
        except NoEvidence as error:
            log.warning("Not asked: %s", error)
        except Exception:
            log.exception("Not asked: %s fails", each)
    return found, is_whole


def _leave_sign(*, now: datetime, **note: str) -> None:
    Heartbeat.objects.update_or_create(part=PART, defaults={"at": now, **note})


class Questioning:
    """Of one evidence about several messages, read once."""

    def __init__(self, evidence: Evidence, deliveries: Collection[Delivery]) -> None:
        self.evidence, self.deliveries = evidence, deliveries
        self.neighbours = {
            delivery.pk: (None, None) if evidence.is_complete else delivery.neighbours()
            for delivery in deliveries
        }
        # Before it is searched: what is written meanwhile proves nothing about what was not there yet.
        self.span = Span() if evidence.is_complete else evidence.span()
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
        """By its neighbours, of which we know that they were accepted, or by its own times. Without anything from
        after the message it may be a copy that lags behind."""
        before, after = self.neighbours[delivery.pk]
        begins = before in self.accepted or self.span.begins_before(delivery.message_date)
        goes_on = after in self.accepted if after else self.span.reaches(delivery.send_after)
        return begins and goes_on
