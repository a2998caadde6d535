"""Doorbells: each makes one call, and may be lost, doubled or late."""

from celery import shared_task
from django.utils import timezone

from commitments import scheduling
from notifications import reminding


@shared_task
def tick() -> None:
    reminding.remind(clock=timezone.now)


@shared_task
def keep_in_step() -> None:
    scheduling.keep_in_step(now=timezone.now())
