"""The program's own worker and beat with a hurried clock: short leases, a tick each second, a date of the test's choice.

`celery -A tests.faults.worker`; the program has no hook for tests, so this module changes it from outside."""

from __future__ import annotations

import os
import signal
import sys
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from tracker.celery import app

django.setup()

from django.utils import timezone  # noqa: E402

from notifications import tasks  # noqa: E402

HURRIED = {
    "LEASE_TO_RENDER": timedelta(seconds=3),
    "LEASE_TO_SEND": timedelta(seconds=float(os.environ.get("FAULTS_LEASE", "5"))),
    "GRACE": timedelta(seconds=float(os.environ.get("FAULTS_GRACE", "4"))),
    "FIRST_WAIT": timedelta(seconds=0.5),
    "LONGEST_WAIT": timedelta(seconds=2),
}


def hurry() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("notifications"):
            for constant, value in HURRIED.items():
                if hasattr(module, constant):
                    setattr(module, constant, value)
    app.conf.beat_schedule["tick"] = {
        "task": "notifications.tasks.tick",
        "schedule": 1.0,
        "options": {"expires": 5},
    }


def now() -> datetime:
    """By the file that the test writes: what time it is when, and how the clock has jumped since."""
    shown, at = Path(os.environ["FAULTS_CLOCK"]).read_text().split()
    real = datetime.now(UTC)
    return datetime.fromisoformat(shown).astimezone(UTC) + (real - datetime.fromisoformat(at))


def crash_at(place: str) -> None:
    """Make each worker end itself with SIGKILL now and then at one named place."""
    from tests.faults import crashes

    crashes.install(place, often=float(os.environ.get("FAULTS_CRASH_SHARE", "0.02")))


def install_clock() -> None:
    shown: Any = types.SimpleNamespace(**{**vars(timezone), "now": now})
    tasks.timezone = shown


hurry()
install_clock()
if place := os.environ.get("FAULTS_CRASH_AT"):
    crash_at(place)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
