"""Rings once for each line that it reads, and prints how many seconds that took."""

from __future__ import annotations

import sys
import time

import django

from tracker.celery import app

app.set_default()
django.setup()

from notifications import tasks  # noqa: E402

for _line in sys.stdin:
    began = time.monotonic()
    tasks.ring_again()
    print(time.monotonic() - began, flush=True)
