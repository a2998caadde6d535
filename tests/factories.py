"""Plain functions that make what a test needs; each takes only what matters to the test."""

import uuid
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework.test import APIClient

from commitments.models import (
    ApiToken,
    Assignment,
    Authority,
    Calendar,
    Commitment,
    Document,
    DocumentText,
    FollowUp,
    Forum,
    Meeting,
    Membership,
    Organisation,
    Party,
    Post,
    PostHolding,
    Provision,
    User,
)

number = count(1)
LONG_AGO = date(2020, 1, 1)
SEOUL = ZoneInfo("Asia/Seoul")


def at(day: date, hour: int = 9, minute: int = 0, zone: ZoneInfo = SEOUL) -> datetime:
    """A moment by the wall clock, in UTC; Seoul unless said otherwise."""
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def make_calendar(code: str = "KR", **fields: Any) -> Calendar:
    zone = {"KR": "Asia/Seoul", "JP": "Asia/Tokyo", "US": "America/New_York"}.get(code, "UTC")
    known = {"country": code, "name_en": f"Calendar {code}", "zone": zone}
    return Calendar.objects.get_or_create(code=code, defaults={**known, **fields})[0]


def make_party(code: str = "KOR", **fields: Any) -> Party:
    calendar = fields.pop("calendar", None) or make_calendar(
        {"KOR": "KR", "JPN": "JP", "USA": "US"}.get(code, "KR")
    )
    language = {"KOR": "ko", "JPN": "ja"}.get(code, "en")
    known = {"name_en": f"Party {code}", "calendar": calendar, "language": language}
    return Party.objects.get_or_create(code=code, defaults={**known, **fields})[0]


def make_organisation(**fields: Any) -> Organisation:
    party = fields.pop("party", None) or make_party()
    return Organisation.objects.create(party=party, **{"name_en": f"Division {next(number)}", **fields})


def make_post(**fields: Any) -> Post:
    organisation = fields.pop("organisation", None) or make_organisation()
    return Post.objects.create(organisation=organisation, **{"name_en": f"Director {next(number)}", **fields})


def make_user(**fields: Any) -> User:
    """Somebody without an account; for an officer see make_officer."""
    name = f"person{next(number)}"
    known = {"username": name, "name_en": name.title(), "email": f"{name}@ministry.example"}
    user = User(**{**known, **fields})
    user.set_unusable_password()
    user.save()
    return user


def make_holding(post: Post, user: User | None = None, **fields: Any) -> PostHolding:
    return PostHolding.objects.create(post=post, user=user or make_user(), **{"from_on": LONG_AGO, **fields})


def make_held_post(user: User | None = None, **fields: Any) -> Post:
    post = make_post(**fields)
    make_holding(post, user)
    return post


def make_forum(**fields: Any) -> Forum:
    parties = fields.pop("parties", [])
    code = f"F{next(number)}"
    forum = Forum.objects.create(**{"code": code, "name_en": f"Forum {code}", **fields})
    forum.parties.add(*parties)
    return forum


def make_meeting(**fields: Any) -> Meeting:
    forum = fields.pop("forum", None) or make_forum()
    return Meeting.objects.create(forum=forum, **{"ordinal": next(number), **fields})


def make_membership(user: User, role: str, **fields: Any) -> Membership:
    return Membership.objects.create(user=user, role=role, **{"from_on": LONG_AGO, **fields})


def make_officer(forum: Forum, **fields: Any) -> User:
    """A desk officer of `forum` who may sign in; the password is “correct horse battery”."""
    user = make_user(**{"is_staff": True, **fields})
    user.set_password("correct horse battery")
    user.save()
    make_membership(user, Membership.Role.DESK_OFFICER, forum=forum)
    return user


def make_document(**fields: Any) -> Document:
    forum = fields.pop("forum", None) or make_forum()
    known = {
        "kind": Document.Kind.JOINT_STATEMENT,
        "title_en": "Joint statement",
        "adopted_on": date(2024, 6, 27),
    }
    return Document.objects.create(forum=forum, **{**known, **fields})


def make_text(body: str = "They will continue discussions.", **fields: Any) -> DocumentText:
    document = fields.pop("document", None) or make_document()
    known = {"language": "en", "authority": Authority.PRESS, "source": "A newspaper"}
    return DocumentText.objects.create(document=document, body=body, **{**known, **fields})


def make_provision(quote: str = "continue discussions", **fields: Any) -> Provision:
    text = fields.pop("text", None) or make_text(f"They will {quote}.")
    start, end = text.span_of(quote)
    return Provision.objects.create(
        text=text, start=start, end=end, **{"verdict": Provision.Verdict.COMMITMENT, **fields}
    )


def make_commitment(*, lead: Post | None = None, **fields: Any) -> Commitment:
    forum = fields.pop("forum", None) or make_forum()
    known = {"title_en": f"Continue discussions {next(number)}", "declared_on": date(2024, 6, 27)}
    commitment = Commitment.objects.create(forum=forum, **{**known, **fields})
    if lead is not None:
        make_assignment(commitment, lead)
    return commitment


def make_assignment(commitment: Commitment, post: Post, **fields: Any) -> Assignment:
    return Assignment.objects.create(commitment=commitment, post=post, **{"from_on": LONG_AGO, **fields})


def make_follow_up(due_on: date, *, lead: Post | None = None, **fields: Any) -> FollowUp:
    """A declared deadline of a new commitment, long known unless `dated_at` says otherwise."""
    if "meeting" not in fields and "commitment" not in fields:
        fields["commitment"] = make_commitment(lead=lead)
    return FollowUp.objects.create(due_on=due_on, **{"dated_at": at(LONG_AGO), **fields})


def make_client(user: User, scope: str = ApiToken.Scope.WRITE) -> APIClient:
    """Another system that calls with a token of `user`."""
    _row, token = ApiToken.objects.create(user, scope=scope)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def make_message_id() -> str:
    return f"<{uuid.uuid4().hex}@localhost>"
