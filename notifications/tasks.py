"""Doorbells: each makes one call, and may be lost, doubled or late. What ended well leaves a sign of life."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from commitments import indexing, reorganising, scheduling
from commitments.importing import runs
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
def read_words() -> None:
    """So many at once that the next ring finds the worker free again."""
    with sign_of_life("read_words"):
        indexing.catch_up(at_most=20_000)


@shared_task
def reorganise() -> None:
    with sign_of_life("reorganise"):
        reorganising.carry_out_due(now=timezone.now())


@shared_task
def read_mailboxes() -> None:
    """It leaves its own sign of life, with what went wrong."""
    mailboxes.read_mailboxes(clock=timezone.now)


@shared_task
def carry_on_import(*, run_id: int) -> None:
    runs.carry_on(run_id, clock=timezone.now)


def ring_for_import(run_id: int) -> None:
    """Whoever rings is not kept waiting. If nobody hears it, the next minute rings again."""
    try:
        carry_on_import.apply_async(kwargs={"run_id": run_id}, retry=False)
    except (OperationalError, OSError):
        log.warning(
            "Import %s waits, but the broker does not answer: it is rung for again in a minute", run_id
        )


@shared_task
def keep_imports() -> None:
    with sign_of_life("imports"):
        for run_id in runs.keep_up(now=timezone.now()):
            ring_for_import(run_id)
