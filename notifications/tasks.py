"""Doorbells: each makes one call, and may be lost, doubled or late. What ended well leaves a sign of life."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from commitments import scheduling
from notifications import mailboxes, reminding
from notifications.models import Heartbeat

log = logging.getLogger(__name__)


@contextmanager
def sign_of_life(part: str) -> Iterator[None]:
    """Left where the work came to its end; else a line in the log."""
    try:
        yield
    except Exception:
        log.exception("The task “%s” did not come to its end", part)
        raise
    Heartbeat.beat(part, now=timezone.now())


@shared_task
def tick() -> None:
    with sign_of_life("tick"):
        result = reminding.remind(clock=timezone.now, since_mark=True)
    if result.more:
        ring_again()


def ring_again() -> None:
    """More is due than one run sends. If nobody hears it, the next tick goes on."""
    try:
        tick.apply_async(retry=False)
    except (OperationalError, OSError):
        log.warning("More messages are due, but the broker does not answer: the next tick sends them")


@shared_task
def keep_in_step() -> None:
    with sign_of_life("keep_in_step"):
        scheduling.keep_in_step(now=timezone.now())


@shared_task
def read_mailboxes() -> None:
    """It leaves its own sign of life, with what went wrong."""
    mailboxes.read_mailboxes(clock=timezone.now)
