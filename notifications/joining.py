"""Joins follow-ups to the steps that their due dates have reached, and to the posts these are for: set-based SQL.

What it needs on the way are temporary tables of one transaction: PostgreSQL keeps no dead rows of them, and counts
them before it plans. Both databases ask in the order that is written: SQLite knows nothing of how many rows there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from notifications.audiences import SOURCES, STANDING, Source

DueDay = dict[str, Any]  # a row of the table due_day

# Follow-ups due on `due_on` have reached a step, by one ladder and one working calendar, whose day is `today`.
DUE_DAY = """CREATE TEMPORARY TABLE due_day (due_on date, ladder bigint, calendar_id bigint, step varchar(40),
    unit varchar(13), ordinal smallint, audience varchar(18), post_id bigint, breaks_out boolean,
    grace_days smallint, remind_on date, use_until date, newest boolean, today date)"""
# The open follow-ups that may have reached one, in the order in which their commitments lie on the disk …
CHOSEN = """CREATE TEMPORARY TABLE chosen AS
    SELECT f.id, f.commitment_id, f.meeting_id, f.party_id, f.post_id, f.kind, f.due_on, f.dated_at
    FROM ({chosen}) chosen CROSS JOIN commitments_followup f
    WHERE f.{column} = chosen.{column} AND f.closed_at IS NULL ORDER BY f.commitment_id"""
# … each looked up once, with its ladder, its leads and its desk …
STANDING_NOW = f"""CREATE TEMPORARY TABLE standing AS {
    STANDING.format(
        columns=", f.due_on, f.dated_at",
        follow_ups="chosen f",
        which="f.id IS NOT NULL",
        first="(SELECT MIN(today) FROM due_day)",
        last="(SELECT MAX(today) FROM due_day)",
    )
}"""
# … meet their posts, and the steps as the calendars of these have them.
INSERT = """
    INSERT INTO notifications_reminder (follow_up_id, step, unit, ordinal, post_id, due_on, remind_on, audience,
        breaks_out, grace_days, use_until, state, late, planned_at)
    SELECT f.id, d.step, d.unit, d.ordinal, p.id, f.due_on, d.remind_on, d.audience, d.breaks_out, d.grace_days,
        d.use_until, CASE WHEN d.newest THEN 'planned' ELSE 'superseded' END, %s, %s
    FROM {tables}
    WHERE {conditions} AND o.id = p.organisation_id
      AND d.due_on = f.due_on AND d.ladder = f.ladder AND d.calendar_id = o.calendar_id
      AND (d.newest OR d.remind_on >= DATE(f.dated_at))
    ON CONFLICT DO NOTHING
"""
INDEXES = {
    "due_day": "due_on, ladder, audience, calendar_id",
    "standing": "due_on, ladder",
}


def insert(reached: Iterable[DueDay], follow_ups: Iterable[int] | None = None, *, now: datetime) -> int:
    """A reminder for each post and step; of all follow-ups that are due on the days of `reached`, or of these only."""
    rows = list(reached)
    if not rows:
        return 0
    audiences = {row["audience"] for row in rows}
    with connection.cursor() as cursor:
        _fill_due_day(cursor, rows)
        _make(cursor, "chosen", _chosen(follow_ups))
        _make(cursor, "standing", STANDING_NOW)
        added = sum(_insert(cursor, source, now) for source in SOURCES if source.audiences & audiences)
        for table in ("standing", "chosen", "due_day"):
            cursor.execute(f"DROP TABLE {table}")
    return added


def _insert(cursor: Any, source: Source, now: datetime) -> int:
    sql = INSERT.format(tables=" CROSS JOIN ".join(_tables(source)), conditions=source.conditions)
    cursor.execute(sql, [False, connection.ops.adapt_datetimefield_value(now)])
    return int(cursor.rowcount)


def _tables(source: Source) -> list[str]:
    """In the order in which they are asked: first the steps where few dates have such a one."""
    steps, calendars = "due_day d", "commitments_organisation o"
    if source.usual:
        return ["standing f", *source.tables, calendars, steps]
    return [steps, "standing f", *source.tables, calendars]


def _chosen(follow_ups: Iterable[int] | None) -> str:
    if follow_ups is None:
        return CHOSEN.format(chosen="SELECT DISTINCT due_on FROM due_day", column="due_on")
    keys = ", ".join(f"({int(key)})" for key in follow_ups)
    return CHOSEN.format(chosen=f"SELECT column1 AS id FROM (VALUES {keys}) given", column="id")


def _fill_due_day(cursor: Any, rows: list[DueDay]) -> None:
    """In one statement: there may be a hundred thousand."""
    columns = list(rows[0])
    if connection.vendor == "postgresql":
        source = f"{', '.join(columns)} FROM jsonb_populate_recordset(NULL::due_day, %s)"
    else:
        source = ", ".join(f"json_extract(value, '$.{name}')" for name in columns) + " FROM json_each(%s)"
    cursor.execute(DUE_DAY)
    said = json.dumps(rows, cls=DjangoJSONEncoder)
    cursor.execute(f"INSERT INTO due_day ({', '.join(columns)}) SELECT {source}", [said])
    _know(cursor, "due_day")


def _make(cursor: Any, table: str, sql: str) -> None:
    cursor.execute(sql)
    _know(cursor, table)


def _know(cursor: Any, table: str) -> None:
    """PostgreSQL knows nothing of a new table until it has looked at it."""
    if table in INDEXES:
        cursor.execute(f"CREATE INDEX {table}_joined ON {table} ({INDEXES[table]})")
    if connection.vendor == "postgresql":
        cursor.execute(f"ANALYZE {table}")
