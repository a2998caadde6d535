"""Small registers of every shape, and what `remind` really does with one while its clock is moved."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from commitments.models import Commitment, FollowUp, Forum, Holiday, Post, Request
from notifications.inheritance import Place
from notifications.ladders import Audience, Step, Unit
from notifications.laying_down import lay_down
from notifications.models import Acknowledgment, Preference, Reminder
from notifications.reminding import remind
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_follow_up,
    make_forum,
    make_holding,
    make_organisation,
    make_party,
    make_post,
    make_user,
)

TODAY = date(2026, 11, 26)  # a Thursday; in New York Thanksgiving
DAYS = 14
NOW = at(TODAY, 14)
# By UTC: midnight, 7:00 and 8:30 in New York, then in Seoul.
RUNS = [time(5), time(12), time(13, 30), time(15), time(22), time(23, 30)]
MIDNIGHTS = {time(5), time(15)}


class Told(NamedTuple):
    day: date
    person: int
    follow_up: int
    step: str
    post: int


def moments(first: datetime, days: int) -> Iterator[datetime]:
    """Of the runs from `first` on, itself among them, until so many days later are over everywhere."""
    yield first
    over = datetime.combine(first.date() + timedelta(days=days + 1), RUNS[0], UTC)
    for n in range(days + 2):
        for hour in RUNS:
            moment = datetime.combine(first.date() + timedelta(days=n), hour, UTC)
            if first < moment <= over:
                yield moment


def live(first: datetime, days: int) -> tuple[set[Told], set[tuple[int, str]]]:
    """What is really told until then, and what comes to the desk.

    A run that has nothing to tell is left out, unless a day begins: it costs most of the time."""
    tasks: set[tuple[int, str]] = set()
    stood = {(row.follow_up_id, row.step) for row in Reminder.objects.tasks_for_the_desk(first)}
    last = first.date() + timedelta(days=days)
    for moment in moments(first, days):
        begins = moment.astimezone(UTC).time() in MIDNIGHTS
        if begins or Reminder.objects.planned().exclude(audience=Audience.DESK).exists():
            remind(clock=lambda moment=moment: moment, since_mark=True)
        for row in Reminder.objects.tasks_for_the_desk(moment) if begins else ():
            if row.remind_on <= last:
                tasks.add((row.follow_up_id, row.step))
    told = Reminder.objects.filter(told_at__gte=first, delivery__isnull=False).select_related("delivery")
    return {t for row in told if (t := _told(row)).day <= last}, tasks - stood


def _told(row: Reminder) -> Told:
    assert row.delivery is not None
    return Told(row.delivery.local_day, row.delivery.recipient_id, row.follow_up_id, row.step, row.post_id)


# -- registers


offsets = st.sampled_from([-10, -5, -2, -1, 0, 1, 2, 4, 9])
who = st.sampled_from([Audience.OWNER, Audience.OWNER, Audience.OWNER, Audience.SUPERIOR, Audience.DESK])
steps = st.builds(
    Step,
    offset=offsets,
    unit=st.sampled_from(Unit),
    audience=who,
    breaks_out=st.booleans(),
    grace_days=st.sampled_from([0, 1, 3]),
)
repeats = st.builds(
    Step,
    st.sampled_from([1, 2, 3]),
    breaks_out=st.booleans(),
    repeat_every=st.just(3),
    repeat_times=st.just(2),
)
ladders = st.none() | st.lists(
    steps | repeats, min_size=1, max_size=5, unique_by=lambda s: (s.audience, s.offset)
)
preferences = st.none() | st.fixed_dictionaries(
    {
        "hour": st.sampled_from([time(7), time(8, 30)]),
        "days": st.sampled_from(["12345", "135", "24"]),
        "rhythm": st.sampled_from(["weekly", "daily"]),
        "pause": st.none() | st.tuples(st.integers(-2, 8), st.integers(0, 6)),
    }
)
people = st.fixed_dictionaries(
    {
        "party": st.sampled_from(["KOR", "KOR", "USA"]),
        "zone": st.sampled_from(["", "", "Asia/Seoul", "America/New_York"]),
        "preference": preferences,
        "holds": st.sampled_from(["all along", "all along", "nobody", "until soon", "with an acting holder"]),
    }
)
dates = st.fixed_dictionaries(
    {
        "due": st.integers(-12, 20),
        "known": st.sampled_from([-100, -100, -3, 0]),
        "kind": st.sampled_from(["deadline", "milestone", "meeting_review"]),
        "lead": st.integers(0, 2),
        "handed_over": st.none() | st.tuples(st.integers(0, 8), st.integers(0, 2)),
        "answer": st.sampled_from(["", "", "", "seen", "asked"]),
        "below": st.booleans(),
    }
)
registers = st.fixed_dictionaries(
    {
        "people": st.lists(people, min_size=3, max_size=3),
        "dates": st.lists(dates, min_size=1, max_size=12),
        "ladder": ladders,
        "below": ladders,
        "closed": st.sampled_from([None, 4, 11]),
        "before": st.sampled_from([(), (-7,), (-6, -3), (-4, -1)]),
        "then": ladders,
    }
)

# One of each: an absence, a pause, a handing over, an escalation, a repetition, an answer, an edited ladder.
BUSY: dict[str, Any] = {
    "people": [
        {"party": "KOR", "zone": "", "preference": None, "holds": "with an acting holder"},
        {
            "party": "KOR",
            "zone": "America/New_York",
            "preference": {"hour": time(7), "days": "135", "rhythm": "daily", "pause": (2, 3)},
            "holds": "all along",
        },
        {"party": "USA", "zone": "Asia/Seoul", "preference": None, "holds": "until soon"},
    ],
    "dates": [
        {
            "due": due,
            "known": -100,
            "kind": kind,
            "lead": lead,
            "handed_over": over,
            "answer": answer,
            "below": below,
        }
        for due, kind, lead, over, answer, below in [
            (3, "deadline", 0, (5, 1), "", False),
            (1, "milestone", 0, None, "", False),
            (6, "deadline", 0, None, "seen", False),
            (4, "meeting_review", 1, None, "", True),
            (8, "milestone", 2, None, "asked", True),
            (-4, "deadline", 0, None, "", True),
        ]
    ],
    "ladder": [
        Step(-5),
        Step(-1, breaks_out=True),
        Step(1, breaks_out=True),
        Step(4, audience=Audience.DESK),
    ],
    "below": None,
    "closed": 4,
    "before": (-6, -3),
    "then": [
        Step(-5),
        Step(-2, Unit.WORKING_DAYS, breaks_out=True),
        Step(1, breaks_out=True, repeat_every=3, repeat_times=2),
        Step(2, Unit.WORKING_DAYS, Audience.SUPERIOR, breaks_out=True, grace_days=1),
        Step(4, audience=Audience.DESK),
    ],
}


def build(register: dict[str, Any]) -> list[FollowUp]:
    """Enter it, and let it live for a while before now."""
    posts = [_post(person) for person in register["people"]]
    posts[0].superior, posts[1].alternate = posts[2], posts[2]
    posts[0].save(), posts[1].save()
    forum = make_forum(desk=posts[1])
    below = make_forum(parent=forum)
    for place, laid_down in ((forum, register["ladder"]), (below, register["below"])):
        for family in ("dated", "review") if laid_down else ():
            lay_down(family, Place(forum=place), laid_down)
    if register["closed"]:
        day = TODAY + timedelta(days=register["closed"])
        Holiday.objects.create(calendar=posts[0].organisation.calendar, day=day, name="Closed")
    entered = [_date(said, posts, forum, below) for said in register["dates"]]
    for days in register["before"]:
        remind(clock=lambda days=days: NOW + timedelta(days=days))
    if register["then"]:
        lay_down("dated", Place(forum=forum), register["then"])
    return entered


def _post(person: dict[str, Any]) -> Post:
    post = make_post(organisation=make_organisation(party=make_party(person["party"])))
    user = make_user(zone=person["zone"])
    if person["preference"]:
        _prefer(user, **person["preference"])
    ways: dict[str, Callable[[], Any]] = {
        "all along": lambda: make_holding(post, user),
        "nobody": lambda: None,
        "until soon": lambda: make_holding(post, user, until_on=TODAY + timedelta(days=4)),
        "with an acting holder": lambda: _leave(post, user),
    }
    ways[person["holds"]]()
    return post


def _leave(post: Post, user: Any) -> None:
    make_holding(post, user)
    first = TODAY + timedelta(days=2)
    make_holding(post, acting=True, from_on=first, until_on=first + timedelta(days=5))


def _prefer(user: Any, *, pause: tuple[int, int] | None, **said: Any) -> None:
    if pause:
        first = TODAY + timedelta(days=pause[0])
        said |= {"pause_from_on": first, "pause_until_on": first + timedelta(days=pause[1])}
    Preference.objects.create(user=user, **said)


def _date(said: dict[str, Any], posts: list[Post], forum: Forum, below: Forum) -> FollowUp:
    commitment = make_commitment(forum=below if said["below"] else forum)
    _assign(commitment, posts[said["lead"]], said["handed_over"], posts)
    follow_up = make_follow_up(
        TODAY + timedelta(days=said["due"]),
        commitment=commitment,
        kind=said["kind"],
        dated_at=NOW + timedelta(days=said["known"]),
    )
    _answer(follow_up, posts[said["lead"]], said["answer"])
    return follow_up


def _assign(
    commitment: Commitment, lead: Post, handed_over: tuple[int, int] | None, posts: list[Post]
) -> None:
    if handed_over is None:
        make_assignment(commitment, lead)
        return
    last, successor = TODAY + timedelta(days=handed_over[0]), posts[handed_over[1]]
    make_assignment(commitment, lead, until_on=last)
    make_assignment(commitment, successor, from_on=last + timedelta(days=1))


def _answer(follow_up: FollowUp, post: Post, answer: str) -> None:
    due_on = follow_up.due_on
    if answer == "seen":
        until_on = TODAY + timedelta(days=5)
        Acknowledgment.objects.create(
            follow_up=follow_up, post=post, due_on=due_on, until_on=until_on, acknowledged_at=NOW
        )
    elif answer == "asked":
        Request.objects.create(follow_up=follow_up, post=post, due_on=due_on, kind="not_mine", asked_at=NOW)
