"""What the desk gave back is asked again: a reminder of its own, for the ladder may have no step left."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Q

from commitments.models import FollowUp, ProgressReport, Request
from notifications.ladders import AGAIN, Audience
from notifications.models import Reminder

Answer = ProgressReport | Request
Key = tuple[int, int]  # follow-up and post
LAST_ORDINAL = 32_000  # after every step of the same day


def ask_again(follow_ups: Collection[int] | None, *, now: datetime) -> int:
    """One for each answer that came back; of these follow-ups, or (None) of all. It may run any number of times."""
    among = Q() if follow_ups is None else Q(follow_up__in=follow_ups)
    found = given_back(among)
    rows = Reminder.objects.filter(follow_up__in={follow_up for follow_up, _post in found}).order_by(
        "told_at"
    )
    known = set(rows.values_list("step", flat=True))
    asked_as = {(row.follow_up_id, row.post_id): row.audience for row in rows.exclude(told_at=None)}
    new = [
        _reminder(answer, asked_as.get(key, Audience.OWNER), now=now)
        for key, answer in found.items()
        if _step(answer) not in known
    ]
    return len(Reminder.objects.bulk_create(new, batch_size=500))


def _step(answer: Answer) -> str:
    """Of each answer its own: what is returned twice is asked twice."""
    return f"{AGAIN}-{answer._meta.model_name}-{answer.pk}"


def given_back(among: Q) -> dict[Key, Answer]:
    """By follow-up and post: the last thing that this post said of an open date was returned, and the date stands."""
    latest: dict[Key, Answer] = {}
    for answer in sorted(_answers(among), key=_decided):
        latest[_of_whom(answer)] = answer
    return {key: answer for key, answer in latest.items() if _is_returned(answer)}


def _reminder(answer: Answer, audience: str, *, now: datetime) -> Reminder:
    follow_up, post = answer.follow_up, answer.post
    assert follow_up is not None  # as given_back() asks
    assert post is not None
    assert answer.decided_at is not None
    return Reminder(
        follow_up=follow_up,
        post=post,
        step=_step(answer),
        ordinal=LAST_ORDINAL,
        due_on=follow_up.due_on,
        remind_on=answer.decided_at.astimezone(ZoneInfo(post.organisation.calendar.zone)).date(),
        audience=audience,
        breaks_out=True,
        planned_at=now,
    )


def _answers(among: Q) -> Iterator[Answer]:
    """Of open items of which something was returned; a draft is none."""
    returned = (
        model.objects.filter(state=model.State.RETURNED).values("follow_up")
        for model in (ProgressReport, Request)
    )
    of_these = among & reduce(or_, (Q(follow_up__in=each) for each in returned))
    said = Q(follow_up__in=FollowUp.objects.open(), post__isnull=False)
    related = "follow_up", "post__organisation__calendar"
    reports = ProgressReport.objects.exclude(state=ProgressReport.State.DRAFT)
    yield from reports.filter(of_these, said).select_related(*related)
    yield from Request.objects.filter(of_these, said).select_related(*related)


def _of_whom(answer: Answer) -> Key:
    follow_up, post = answer.follow_up_id, answer.post_id
    assert follow_up is not None  # as _answers() asks
    assert post is not None
    return follow_up, post


def _decided(answer: Answer) -> tuple[bool, datetime]:
    """What waits for the desk was said after what was decided."""
    return answer.decided_at is None, answer.decided_at or datetime.min.replace(tzinfo=UTC)


def _is_returned(answer: Answer) -> bool:
    if answer.state not in {ProgressReport.State.RETURNED, Request.State.RETURNED}:
        return False
    assert answer.follow_up is not None  # as _answers() asks
    return answer.decided_at is not None and answer.decided_at >= answer.follow_up.dated_at
