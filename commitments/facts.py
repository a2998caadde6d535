"""Facts that must never be false and that only a trigger can hold; one SQL file per database beside this module."""

import re
import sqlite3
from pathlib import Path
from typing import Any

from django.db import connections, transaction

SQL = Path(__file__).parent / "sql"


def script(vendor: str) -> str:
    return (SQL / f"facts_{vendor}.sql").read_text(encoding="utf-8")


def statements(vendor: str) -> list[str]:
    """The script cut into single statements; a trigger body holds semicolons of its own."""
    found, pending = [], ""
    for line in script(vendor).splitlines(keepends=True):
        if line.startswith("--"):
            continue
        pending += line
        if sqlite3.complete_statement(pending) if vendor == "sqlite" else line.rstrip().endswith(";--"):
            found.append(pending.strip())
            pending = ""
    return found


def names(vendor: str) -> set[str]:
    return set(re.findall(r"CREATE TRIGGER (\w+)", script(vendor)))


def install(using: str = "default") -> None:
    """Drop and make all triggers, in one transaction; may run any number of times."""
    chosen = connections[using]
    with transaction.atomic(using=using), chosen.cursor() as cursor:
        for statement in statements(chosen.vendor):
            cursor.execute(statement)


def remove(using: str = "default") -> None:
    """For emptying a test database, which the triggers would refuse."""
    chosen = connections[using]
    with transaction.atomic(using=using), chosen.cursor() as cursor:
        for statement in statements(chosen.vendor):
            if statement.startswith("DROP TRIGGER"):
                cursor.execute(statement)


def installed(using: str = "default") -> set[str]:
    chosen = connections[using]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[chosen.vendor]
    with chosen.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def remove_before_migrate(using: str, plan: Any = None, **_signal: Any) -> None:
    """SQLite rebuilds a table under another name, which it refuses while a trigger speaks of that table."""
    if plan and connections[using].vendor == "sqlite":
        remove(using)


def install_after_migrate(using: str, plan: Any = None, **_signal: Any) -> None:
    # A plan that ends before the tables exist that the facts speak of (migrate commitments zero) has nothing to guard.
    there = set(connections[using].introspection.table_names())
    if {"commitments_change", "commitments_closing"} <= there:
        install(using)
