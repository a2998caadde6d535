"""What an installation's own books say, read by SQL: nothing of the program is asked."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.servers import PostgreSQL

DELIVERIES = """SELECT message_id, state, address, attempts, error, lease_token
    FROM notifications_delivery ORDER BY id"""
REMINDERS = """SELECT r.step, r.state, r.late, c.reference AS follow_up__commitment__reference,
        v.message_id AS delivery__message_id
    FROM notifications_reminder r
    JOIN commitments_followup f ON f.id = r.follow_up_id
    LEFT JOIN commitments_commitment c ON c.id = f.commitment_id
    LEFT JOIN notifications_delivery v ON v.id = r.delivery_id
    WHERE r.audience <> 'desk' ORDER BY r.id"""
STATES = "SELECT DISTINCT state FROM notifications_delivery"
A_MOMENT = 0.5  # seconds: longer than a transaction of the program takes
STANDING_STILL = "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND query_start < now() - interval '0.5 s'"


class Books:
    """`register`: the file, or the server that holds it."""

    def __init__(self, register: Path | PostgreSQL) -> None:
        self.register = register

    def read(self) -> dict[str, list[dict[str, Any]]]:
        return {"deliveries": self.deliveries(), "reminders": self._rows(REMINDERS)}

    def deliveries(self) -> list[dict[str, Any]]:
        return self._rows(DELIVERIES)

    def states(self) -> set[str]:
        """In which messages are."""
        return {row["state"] for row in self._rows(STATES)}

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def is_held_up(self) -> bool:
        """Somebody stands still in the middle of writing."""
        if isinstance(self.register, PostgreSQL):
            time.sleep(A_MOMENT)
            return bool(self._rows(STANDING_STILL))
        with contextlib.closing(self._connect(timeout=A_MOMENT)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def _connect(self, timeout: float = 20.0) -> Any:
        if isinstance(self.register, PostgreSQL):
            return psycopg.connect(self.register.url)
        return sqlite3.connect(self.register, timeout=timeout)
