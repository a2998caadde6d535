from datetime import date

import pytest

from commitments.models import FollowUp, Post
from tests.factories import at, make_commitment, make_follow_up, make_forum, make_held_post, make_user

DUE = date(2026, 12, 18)  # a Friday; 25 December is a holiday in Korea


@pytest.fixture
def lead() -> Post:
    return make_held_post(make_user(email="lead@ministry.example"))


@pytest.fixture
def desk() -> Post:
    return make_held_post(make_user(email="desk@ministry.example"))


@pytest.fixture
def item(lead: Post, desk: Post) -> FollowUp:
    forum = make_forum(desk=desk, desk_mailbox="desk@ministry.example")
    commitment = make_commitment(lead=lead, forum=forum)
    return make_follow_up(DUE, commitment=commitment, dated_at=at(date(2026, 11, 1)))
