"""Fills the register of a test's installation: `python -m tests.faults.seed PEOPLE`."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

import django

django.setup()

from commitments.models import (  # noqa: E402
    Assignment,
    Commitment,
    FollowUp,
    Post,
    PostHolding,
    User,
)
from notifications.models import OutgoingMail  # noqa: E402
from tests import factories  # noqa: E402
from tests.faults.expectations import items  # noqa: E402

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def fill(people: int) -> None:
    desk = factories.make_held_post(factories.make_user(email="desk@ministry.example"))
    forum = factories.make_forum(desk=desk, desk_mailbox="desk@ministry.example")
    organisation = desk.organisation
    known = list(items(people))
    users = [
        User(
            username=f"lead{n}",
            name_en=f"Lead {n}",
            email=f"lead{n}@ministry.example",
            password="!",
            language="en",
        )
        for n in range(people)
    ]
    User.objects.bulk_create(users)
    posts = [Post(organisation=organisation, name_en=f"Director {n}") for n in range(people)]
    Post.objects.bulk_create(posts)
    PostHolding.objects.bulk_create(
        PostHolding(post=post, user=user, from_on=date(2020, 1, 1))
        for post, user in zip(posts, users, strict=True)
    )
    of_address = {user.email: post for user, post in zip(users, posts, strict=True)}
    commitments = [
        Commitment(
            reference=item.reference, forum=forum, title_en=f"Item {item.reference}", created_at=LONG_AGO
        )
        for item in known
    ]
    Commitment.objects.bulk_create(commitments)
    Assignment.objects.bulk_create(
        Assignment(
            commitment=commitment,
            post=of_address[item.address],
            party=organisation.party,
            from_on=date(2020, 1, 1),
        )
        for item, commitment in zip(known, commitments, strict=True)
    )
    FollowUp.objects.bulk_create(
        FollowUp(commitment=commitment, due_on=item.due_on, dated_at=LONG_AGO)
        for item, commitment in zip(known, commitments, strict=True)
    )
    OutgoingMail.switch(True)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
