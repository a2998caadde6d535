"""The program's own worker and beat with a hurried clock: short leases, a tick each second, a date of the test's choice.

`celery -A tests.faults.worker`; the program has no hook for tests, so this module changes it from outside."""

from __future__ import annotations

import os
import signal
import sys
import types
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from tracker.celery import app

django.setup()

from django.utils import timezone  # noqa: E402

from notifications import tasks  # noqa: E402
from notifications.models import deliveries  # noqa: E402

HURRIED = {
    "LEASE_TO_RENDER": timedelta(seconds=4),
    "LEASE_TO_SEND": timedelta(seconds=float(os.environ.get("FAULTS_LEASE", "4"))),
    "GRACE": timedelta(seconds=float(os.environ.get("FAULTS_GRACE", "3"))),
    "FIRST_WAIT": timedelta(seconds=0.5),
    "LONGEST_WAIT": timedelta(seconds=2),
    "BATCH": 20,  # so that all workers have something in hand
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


def sign_claims() -> None:
    """The token of what a process has claimed begins with its number, so that a test knows whose it is."""

    def uuid4() -> types.SimpleNamespace:
        return types.SimpleNamespace(hex=f"{os.getpid():08d}{uuid.uuid4().hex[8:]}")

    module: Any = deliveries
    module.uuid = types.SimpleNamespace(uuid4=uuid4)


def crash_at(place: str) -> None:
    """Make each worker end itself with SIGKILL now and then at one named place."""
    from tests.faults import crashes

    crashes.install(place, often=float(os.environ.get("FAULTS_CRASH_SHARE", "0.02")))


def install_clock() -> None:
    shown: Any = types.SimpleNamespace(**{**vars(timezone), "now": now})
    tasks.timezone = shown


hurry()
install_clock()
sign_claims()
if place := os.environ.get("FAULTS_CRASH_AT"):
    crash_at(place)
if os.environ.get("FAULTS_POINTS"):
    from tests.faults import points

    points.install()
signal.signal(signal.SIGHUP, signal.SIG_IGN)
