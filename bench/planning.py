"""Planning on a day on which a certain number of dates come due, among a register of a hundred thousand and a million.

The bare insert writes the very same rows, from a table that holds nothing else, into the same table with its indexes:
less work than this cannot be done. Each figure is the median of several days; both databases write durably. The daily
full pass is left out of the days that are measured; "until then" is the time of one, with all that came before."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from bench.dispatch import House
from tests.faults.servers import PostgreSQL, postgresql_programs

FEW, MANY = (100_000, 1_000_000) if not os.environ.get("SMALL") else (10_000, 100_000)
LITTLE, MUCH = MANY // 1_000, MANY // 100
# On each of these so much comes due, and what does comes due on no other of them.
DAYS_OF_LITTLE_AMONG_FEW = [date(2026, 12, day) for day in (9, 11, 18)]
DAYS_OF_LITTLE = [date(2027, 3, day) for day in (17, 19, 26)]
DAYS_OF_MUCH = [date(2027, 9, day) for day in (1, 3, 10)]

Facts = dict[str, Any]


def run() -> list[Facts]:
    found = _of("SQLite", None)
    if postgresql_programs() is not None:
        cluster = PostgreSQL(shared_buffers="1GB")  # docs/operations.md
        cluster.start()
        try:
            found += _of("PostgreSQL", cluster)
        finally:
            cluster.stop()
    return found


def _of(name: str, cluster: PostgreSQL | None) -> list[Facts]:
    with House(cluster) as house:
        command = [sys.executable, "-m", "bench.planning"]
        done = subprocess.run(command, env=house.environ, check=True, stdout=subprocess.PIPE)
    return [{**figure, "name": f"{figure['name']}, {name}"} for figure in json.loads(done.stdout)]


# What the process of one database does


def measure() -> list[Facts]:
    from bench.register import extend, make_frame

    make_frame()
    later = dict.fromkeys(DAYS_OF_LITTLE, LITTLE) | dict.fromkeys(DAYS_OF_MUCH, MUCH)
    extend(range(1, FEW + 1), dict.fromkeys(later, 0) | dict.fromkeys(DAYS_OF_LITTLE_AMONG_FEW, LITTLE))
    among_few = [_day(day) for day in DAYS_OF_LITTLE_AMONG_FEW]
    extend(range(FEW + 1, MANY + 1), later)
    little = [_day(day) for day in DAYS_OF_LITTLE]
    much = [_day(day) for day in DAYS_OF_MUCH]
    among = f"{MUCH:,} of {MANY:,}"
    return [
        _at_most(f"planning {among}", _median(much, "first", "bare"), "times the bare insert", 3.0),
        _at_most("second run", _median(much, "second", "first"), "of the first", 0.1),
        _at_most(f"{LITTLE:,} of {MANY:,}", _typical(little) / _typical(among_few), f"times of {FEW:,}", 1.5),
    ]


def _day(day: date) -> Facts:
    from notifications.models import Reminder

    until_then = _seconds(lambda: _plan(day - timedelta(days=1)))
    Reminder.objects.planned().update(state="told", told_at=datetime.combine(day, clock_time(), UTC))
    before = Reminder.objects.order_by("-pk").values_list("pk", flat=True)[0]
    _forget_that_time_passes(day)
    _settle()
    first, second = _seconds(lambda: _plan(day)), _seconds(lambda: _plan(day))
    rows = Reminder.objects.filter(pk__gt=before).count()
    found = {
        "rows": rows,
        "first": first,
        "second": second,
        "bare": _bare_insert(before),
        "until then": until_then,
    }
    print(day, {name: round(value, 4) for name, value in found.items()}, file=sys.stderr, flush=True)
    return found


def _plan(day: date) -> None:
    """At noon by UTC it is this day in all the countries of the register."""
    from notifications.planning import plan_reminders

    plan_reminders(now=datetime.combine(day, clock_time(12), UTC), since_mark=True)


def _execute(sql: str, params: list[Any] | None = None) -> None:
    from bench.register import execute

    execute(sql, params)


def _settle() -> None:
    """What the days before have left to be tidied up is not this day's work: the databases do it between them."""
    from django.db import connection

    if connection.vendor == "postgresql":
        _execute("VACUUM (ANALYZE) notifications_reminder")
        _execute("CHECKPOINT")
    else:
        _execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _forget_that_time_passes(day: date) -> None:
    """The full pass comes once a day at its own time; these days are those of the other runs."""
    from notifications.models import PlanningMark

    PlanningMark.objects.update(full_at=datetime.combine(day, clock_time(11), UTC))


def _bare_insert(before: int) -> float:
    """The rows after that key once more, under the same keys."""
    from notifications.models import Reminder

    columns = ", ".join(field.attname for field in Reminder._meta.concrete_fields)
    _execute(
        f"CREATE TEMPORARY TABLE bare AS SELECT {columns} FROM notifications_reminder WHERE id > %s", [before]
    )
    _execute("DELETE FROM notifications_reminder WHERE id > %s", [before])
    _settle()
    seconds = _seconds(
        lambda: _execute(f"INSERT INTO notifications_reminder ({columns}) SELECT {columns} FROM bare")
    )
    _execute("DROP TABLE bare")
    return seconds


def _seconds(deed: Callable[[], Any]) -> float:
    started = time.perf_counter()
    deed()
    return time.perf_counter() - started


def _median(days: list[Facts], one: str, of: str) -> float:
    return statistics.median(day[one] / day[of] for day in days)


def _typical(days: list[Facts]) -> float:
    """Seconds for each row."""
    return statistics.median(day["first"] / day["rows"] for day in days)


def _at_most(name: str, value: float, unit: str, bound: float) -> Facts:
    return {"name": name, "value": round(value, 3), "unit": unit, "at_most": bound}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(measure()))
