"""Every list, filter and search of the desk, and My desk itself, among ten thousand commitments and a hundred
thousand; thrice as many follow-ups. Who looks has the same thousand in both. On PostgreSQL.

A page is asked for by Django's client: everything from the session to the last tag of the template. The figure is
the ratio of the medians of several calls; questions to the database are counted as well."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.dispatch import House
from tests.faults.servers import PostgreSQL, postgresql_programs

FEW, MANY = (10_000, 100_000) if not os.environ.get("SMALL") else (2_000, 20_000)
CALLS = 9
MOST_QUERIES = 12
SEARCHES = [
    "minerals",
    '"critical minerals"',
    "핵심",
    "핵심광물 협의",
    "鉱物",
    "zirconium",
    "지르코늄",
    "통상과-105",
    "sitting",
]
PAGES = {
    "My desk": "/",
    "commitments": "/commitments/",
    "commitments, page 5": "/commitments/?page=5",
    "by next date": "/commitments/?order=date",
    "at risk": "/commitments/?outlook=at_risk",
    "closed": "/commitments/?state=closed",
    "words in the list": "/commitments/?q=zirconium",
    "meetings": "/meetings/",
    **{f"search {words}": f"/search/?q={words}" for words in SEARCHES},
}

Facts = dict[str, Any]


def run() -> list[Facts]:
    if postgresql_programs() is None:
        return []
    cluster = PostgreSQL()
    cluster.start()
    try:
        with House(cluster) as house:
            command = [sys.executable, "-m", "bench.desk"]
            done = subprocess.run(command, env=house.environ, check=True, stdout=subprocess.PIPE)
    finally:
        cluster.stop()
    return json.loads(done.stdout)


# What the process of the register does


def measure() -> list[Facts]:
    from bench.desk_register import begin, extend

    officer = begin()
    extend(range(1, FEW + 1))
    among_few = look(officer)
    extend(range(FEW + 1, MANY + 1))
    among_many = look(officer)
    return [
        *(_ratio(page, among_few[page][0], among_many[page][0]) for page in among_many),
        {
            "name": "desk, questions of the page with most",
            "value": max(queries for _seconds, queries in among_many.values()),
            "unit": "queries",
            "at_most": MOST_QUERIES,
        },
    ]


def look(officer: Any) -> dict[str, tuple[float, int]]:
    """Of each page the seconds and how many questions it asks."""
    from django.test import Client

    from tracker.desk.desk_lists import LISTS

    browser = Client(SERVER_NAME="tracker.ministry.example")
    browser.force_login(officer)
    pages = PAGES | {f"list {slug}": f"/desk/{slug}/" for slug in LISTS}
    found = {name: _of(browser, address) for name, address in pages.items()}
    for name, (seconds, queries) in found.items():
        print(f"{name:<30} {seconds * 1000:8.1f} ms {queries:3}", file=sys.stderr, flush=True)
    return found


def _of(browser: Any, address: str) -> tuple[float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert browser.get(address, secure=True).status_code == 200, address
    with CaptureQueriesContext(connection) as asked:
        browser.get(address, secure=True)
        queries = len(asked)
    seconds = []
    for _call in range(CALLS):
        started = time.perf_counter()
        browser.get(address, secure=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), queries


def _ratio(page: str, few: float, many: float) -> Facts:
    return {
        "name": f"desk, {page}",
        "value": round(many / few, 2),
        "unit": f"times of {FEW:,}",
        "at_most": 1.5,
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(measure()))
