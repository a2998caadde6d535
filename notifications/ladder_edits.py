"""After a ladder was edited: steps that it has no more leave, and what they had overtaken comes back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from notifications.audiences import FOLLOWED, IS_IN_LADDER, LADDER

# Of certain follow-ups the few reminders are looked up first: SQLite would read all of a state.
STANDING = f"""
    WITH r AS {{how}} (SELECT * FROM notifications_reminder {{of}})
    SELECT r.id FROM r
    JOIN commitments_followup f ON f.id = r.follow_up_id AND f.closed_at IS NULL AND f.due_on = r.due_on
    {FOLLOWED}
    WHERE r.delivery_id IS NULL"""
IN_LADDER = IS_IN_LADDER.format(ladder=LADDER, step="r.step").replace("%%", "%")  # it has no parameters
# Two steps may come on the same day: where one of them stands, the other stays overtaken.
AS_NEW = """EXISTS (SELECT 1 FROM notifications_reminder n
    WHERE n.follow_up_id = r.follow_up_id AND n.post_id = r.post_id AND n.due_on = r.due_on
      AND n.audience = r.audience AND n.state IN ('planned', 'told', 'missed')
      AND (n.remind_on, n.ordinal) >= (r.remind_on, r.ordinal))"""
# Only planned and in no message: nobody has heard of it, so that it can be planned anew if it returns.
RETIRE = f"""DELETE FROM notifications_reminder
    WHERE id IN ({STANDING} AND r.state = 'planned' AND NOT {IN_LADDER})"""
RESTORE = f"""UPDATE notifications_reminder SET state = 'planned'
    WHERE id IN ({STANDING} AND r.state = 'superseded' AND {IN_LADDER} AND NOT {AS_NEW})"""


def follow_the_ladders(follow_ups: Iterable[int] | None = None) -> None:
    """Of these follow-ups, or of all; changes nothing where every step is in its ladder."""
    chosen = {"how": "NOT MATERIALIZED", "of": ""}
    if follow_ups is not None:
        listed = ", ".join(map(str, follow_ups))
        chosen = {"how": "MATERIALIZED", "of": f"WHERE follow_up_id IN ({listed})"}
    with connection.cursor() as cursor:
        cursor.execute(RETIRE.format(**chosen))
        cursor.execute(RESTORE.format(**chosen))
