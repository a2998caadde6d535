"""Plans reminders: rows, not tasks. A due date that has reached a step earns each owner of it one row.

Pure Python works out which dates have reached which step (ladders.py) into the small table DueDay; one
INSERT … SELECT joins the follow-ups to it by equality. It may run any number of times: the key of a reminder
decides what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from commitments.locking import exclusively
from commitments.models import Calendar, FollowUp, Organisation
from notifications.ladders import due_days, ladder_for
from notifications.models import Delivery, DueDay, Reminder

# Where a post that holds a step comes from: the lead(s), a post named for this date, or the desk.
LEADS = """
    JOIN commitments_commitment c ON c.id = f.commitment_id AND c.workflow = 'active'
    JOIN commitments_assignment a ON a.commitment_id = c.id AND a.role = 'lead' AND a.from_on <= d.today
        AND (a.until_on IS NULL OR a.until_on >= d.today)
        AND (f.party_id IS NULL OR f.party_id = a.party_id)
    JOIN commitments_post p ON p.id = a.post_id
    JOIN commitments_organisation o ON o.id = p.organisation_id AND o.calendar_id = d.calendar_id
    WHERE d.audience = 'owner' AND f.post_id IS NULL
"""
LIVE = """
    LEFT JOIN commitments_commitment c ON c.id = f.commitment_id
    LEFT JOIN commitments_meeting m ON m.id = f.meeting_id
"""
IS_LIVE = "(c.workflow = 'active' OR m.state <> 'cancelled')"
NAMED_POST = f"""
    {LIVE}
    JOIN commitments_post p ON p.id = f.post_id
    JOIN commitments_organisation o ON o.id = p.organisation_id AND o.calendar_id = d.calendar_id
    WHERE d.audience = 'owner' AND {IS_LIVE}
"""
DESK = f"""
    {LIVE}
    JOIN desk ON desk.forum_id = COALESCE(c.working_group_id, c.forum_id, m.forum_id)
    JOIN commitments_post p ON p.id = desk.post_id
    JOIN commitments_organisation o ON o.id = p.organisation_id AND o.calendar_id = d.calendar_id
    WHERE {IS_LIVE} AND (d.audience = 'desk' OR (f.post_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM commitments_assignment a
        WHERE a.commitment_id = f.commitment_id AND a.role = 'lead' AND a.from_on <= d.today
          AND (a.until_on IS NULL OR a.until_on >= d.today)
          AND (f.party_id IS NULL OR f.party_id = a.party_id))))
"""
INSERT = """
    INSERT INTO notifications_reminder (follow_up_id, step, ordinal, post_id, due_on, remind_on, audience,
        breaks_out, state, late, planned_at)
    WITH RECURSIVE desk(forum_id, parent_id, post_id) AS (
        SELECT id, parent_id, desk_id FROM commitments_forum
        UNION ALL
        SELECT desk.forum_id, above.parent_id, above.desk_id
        FROM desk JOIN commitments_forum above ON above.id = desk.parent_id WHERE desk.post_id IS NULL)
    SELECT f.id, d.step, d.ordinal, p.id, f.due_on, d.remind_on, d.audience, d.breaks_out,
        CASE WHEN d.newest THEN 'planned' ELSE 'superseded' END, %s, %s
    FROM notifications_dueday d
    JOIN commitments_followup f ON f.due_on = d.due_on AND f.kind = d.kind AND f.closed_at IS NULL
    {posts} AND (d.newest OR d.remind_on >= DATE(f.dated_at))
    ON CONFLICT DO NOTHING
"""
# What is on its way, or may have arrived, is not overtaken any more. What came back stays with its message.
SUPERSEDE = """
    UPDATE notifications_reminder SET state = 'superseded', delivery_id = CASE WHEN EXISTS (
        SELECT 1 FROM notifications_delivery v WHERE v.id = delivery_id AND v.state = 'failed')
        THEN delivery_id END
    WHERE state = 'planned'
      AND NOT EXISTS (SELECT 1 FROM notifications_delivery v WHERE v.id = notifications_reminder.delivery_id
                      AND v.state IN ('sending', 'uncertain', 'sent'))
      AND EXISTS (SELECT 1 FROM notifications_reminder n
                  WHERE n.follow_up_id = notifications_reminder.follow_up_id
                    AND n.post_id = notifications_reminder.post_id
                    AND n.due_on = notifications_reminder.due_on
                    AND n.audience = notifications_reminder.audience
                    AND n.ordinal > notifications_reminder.ordinal)
"""


# Planning and bundling take rows of the same messages: one after the other they cannot wait for each other.
ONE_AT_A_TIME = "reminders"


@dataclass(frozen=True)
class Plan:
    """How many reminders one run planned, and how many were overtaken by them."""

    planned: int
    superseded: int


def plan_reminders(*, now: datetime) -> Plan:
    with exclusively(ONE_AT_A_TIME):
        DueDay.objects.all().delete()
        DueDay.objects.bulk_create(_due_days(now), batch_size=1_000)
        planned_at = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            added = 0
            for posts in (LEADS, NAMED_POST, DESK):
                cursor.execute(INSERT.format(posts=posts), [False, planned_at])
                added += cursor.rowcount
            _hold_unsent_messages()
            cursor.execute(SUPERSEDE)
            overtaken = cursor.rowcount
        planned = Reminder.objects.planned().filter(planned_at=now).count() if added else 0
    return Plan(planned=planned, superseded=added - planned + overtaken)


def _hold_unsent_messages() -> None:
    """Until the transaction ends no worker passes the point of no return with what is being overtaken."""
    held = Delivery.objects.open().select_for_update().order_by("pk")
    list(held.filter(reminders__state=Reminder.State.PLANNED).values_list("pk", flat=True))


def _due_days(now: datetime) -> Iterator[DueDay]:
    for calendar in Calendar.objects.filter(pk__in=_calendars_in_use()):
        today = now.astimezone(ZoneInfo(calendar.zone)).date()
        working = calendar.working_days()
        for kind in FollowUp.Kind.values:
            ladder = ladder_for(kind)
            order = {step.code: place for place, step in enumerate(ladder.steps)}
            latest = ladder.furthest_due_on(today=today, calendar=working)
            dates = _open_dates(kind).filter(due_on__lte=latest)
            for row in due_days(ladder, working, due_dates=_distinct(dates), today=today):
                yield DueDay(
                    calendar=calendar, kind=kind, today=today, ordinal=order[row.step], **row._asdict()
                )


def _calendars_in_use() -> QuerySet:
    return Organisation.objects.filter(posts__isnull=False).values("calendar")


def _open_dates(kind: str) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(kind=kind, closed_at=None)


def _distinct(follow_ups: QuerySet[FollowUp]) -> Iterable:
    return follow_ups.order_by().values_list("due_on", flat=True).distinct()
