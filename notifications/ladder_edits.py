"""After a ladder was edited: steps that it has no more leave, and what they had overtaken comes back."""

from __future__ import annotations

from django.db import connection

from notifications.audiences import FOLLOWED, LADDER

STANDING = f"""
    SELECT r.id FROM notifications_reminder r
    JOIN commitments_followup f ON f.id = r.follow_up_id AND f.closed_at IS NULL AND f.due_on = r.due_on
    {FOLLOWED}
    WHERE r.delivery_id IS NULL"""
IN_LADDER = f"EXISTS (SELECT 1 FROM notifications_laddercode k WHERE k.ladder = {LADDER} AND k.code = r.step)"
NEWER = """EXISTS (SELECT 1 FROM notifications_reminder n
    WHERE n.follow_up_id = r.follow_up_id AND n.post_id = r.post_id AND n.due_on = r.due_on
      AND n.audience = r.audience AND n.state IN ('planned', 'told', 'missed')
      AND (n.remind_on > r.remind_on OR (n.remind_on = r.remind_on AND n.ordinal > r.ordinal)))"""
# Only planned and in no message: nobody has heard of it, so that it can be planned anew if it returns.
RETIRE = f"""DELETE FROM notifications_reminder
    WHERE id IN ({STANDING} AND r.state = 'planned' AND NOT {IN_LADDER})"""
RESTORE = f"""UPDATE notifications_reminder SET state = 'planned'
    WHERE id IN ({STANDING} AND r.state = 'superseded' AND {IN_LADDER} AND NOT {NEWER})"""


def follow_the_ladders() -> None:
    """Part of each full pass; changes nothing where every step is in its ladder."""
    with connection.cursor() as cursor:
        cursor.execute(RETIRE)
        cursor.execute(RESTORE)
