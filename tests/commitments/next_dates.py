"""What the tests of next dates say again and again."""

from datetime import UTC, date, datetime, time

from commitments import scheduling
from commitments.models import Commitment, FollowUp

# The forum's common review days are 15 June and 15 December; quarterly also 15 March and 15 September.
TODAY = date(2026, 12, 20)
MEETING_ON = date(2027, 5, 12)
SIX_WEEKS_BEFORE = date(2027, 3, 31)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


NOW = noon(TODAY)


def ensure(commitment: Commitment, on: date = TODAY) -> None:
    scheduling.ensure_next_date(Commitment.objects.get(pk=commitment.pk), now=noon(on))


def dated(commitment: Commitment) -> list[tuple[str, date]]:
    """Kind and day of each open follow-up, as they stand in the database."""
    return list(commitment.follow_ups.open().order_by("due_on").values_list("kind", "due_on"))


def answer(commitment: Commitment, on: date) -> None:
    """The next date is met, and another is looked for."""
    follow_up = commitment.follow_ups.open().order_by("due_on")[0]
    follow_up.close(FollowUp.Outcome.REPORTED, now=noon(on))
    ensure(commitment, on)
