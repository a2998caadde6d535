"""Edits the register while workers send: `python -m tests.faults.editor`, with the installation's own clock.

Each edit goes to standard output as it is committed: what, about which item, in which state its message was, and
between which two moments (seconds of the real clock) it was committed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

import django

django.setup()

from commitments import assigning  # noqa: E402
from commitments.models import Commitment, FollowUp, Marking, Post, User  # noqa: E402
from notifications.bundling import bundle_reminders  # noqa: E402
from notifications.models import Reminder  # noqa: E402
from notifications.planning import plan_reminders  # noqa: E402
from tests import factories  # noqa: E402
from tests.faults.worker import now  # noqa: E402

SOON = date(2026, 12, 15)
LATER = timedelta(days=90)


def newcomer(item: str) -> User:
    name = f"new-{item[-5:]}"
    return factories.make_user(username=name, email=f"{name}@ministry.example", language="en")


def move_away(row: FollowUp, at: datetime) -> None:
    row.move_to(row.due_on + LATER, now=at, reason="agreed")


def move_nearer(row: FollowUp, at: datetime) -> None:
    row.move_to(SOON, now=at, reason="agreed")


def close(row: FollowUp, at: datetime) -> None:
    row.close(FollowUp.Outcome.DONE, now=at)


def hand_over(row: FollowUp, at: datetime) -> None:
    lead = row.commitment.assignments.leads().get()
    successor = Post.objects.create(organisation=lead.post.organisation, name_en=f"New {row.pk}")
    factories.make_holding(successor, newcomer(row.commitment.reference))
    assigning.assign(row.commitment, successor, role="lead", now=at)


def leave(row: FollowUp, at: datetime) -> None:
    lead = row.commitment.assignments.leads().get()
    lead.post.give_to(newcomer(row.commitment.reference), from_on=at.date())


def restrict(row: FollowUp, _at: datetime) -> None:
    commitment = row.commitment
    commitment.marking = Marking.RESTRICTED
    commitment.save(update_fields=["marking"])


EDITS: dict[str, Callable[[FollowUp, datetime], None]] = {
    each.__name__: each for each in (move_away, move_nearer, close, hand_over, leave, restrict)
}


def edit(name: str, item: str) -> None:
    row = FollowUp.objects.select_related("commitment").get(commitment__reference=item)
    reminder = Reminder.objects.filter(follow_up=row).select_related("delivery").order_by("-pk").first()
    state = reminder.delivery.state if reminder and reminder.delivery else "planned"
    began = time.time()
    EDITS[name](row, now())
    told = {"edit": name, "item": item, "state": state, "began": began, "ended": time.time()}
    print(json.dumps(told), flush=True)


def main(items: list[str]) -> None:
    """A part before anything is bundled, a part before a worker runs, the rest while they do."""
    random, chosen = Random(1), list(zip(items, [*EDITS] * len(items), strict=False))
    random.shuffle(chosen)
    plan_reminders(now=now())
    parts = chosen[: len(chosen) // 4], chosen[len(chosen) // 4 : len(chosen) // 2]
    for item, name in parts[0]:
        edit(name, item)
    bundle_reminders(now=now())
    for item, name in parts[1]:
        edit(name, item)
    print("ready", flush=True)
    sys.stdin.readline()
    for item, name in chosen[len(chosen) // 2 :]:
        edit(name, item)
        time.sleep(random.random() * 0.1)


if __name__ == "__main__":
    assert Commitment.objects.exists()
    main(sys.argv[1:])
