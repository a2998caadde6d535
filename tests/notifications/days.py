"""Days that pass: the tick comes several times a day, and each message is noted with the day on which it left."""

from datetime import date, datetime

from django.core import mail

from notifications.reminding import Result, remind
from tests.factories import at

HOURS = ((0, 5), (8, 29), (8, 30), (17, 0))


def run(moment: datetime) -> Result:
    return remind(clock=lambda: moment)


def run_through(first: date, last: date) -> list[tuple[date, str]]:
    """(day in Seoul, recipient) of each message, in order; four ticks a day."""
    told = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        for hour, minute in HOURS:
            before = len(mail.outbox)
            run(at(day, hour, minute))
            told += [(day, message.to[0]) for message in mail.outbox[before:]]
    return told
