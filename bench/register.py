"""A register of any size for measuring, made by set-based SQL: many forums, three countries, dates over years.

Everything follows from the number of a row, so two registers of the same size are the same. The triggers that
guard the register are taken off while it is filled and put back afterwards; nothing is recorded in the history."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

from commitments import facts
from commitments.models import (
    Assignment,
    Calendar,
    Commitment,
    FollowUp,
    Forum,
    Holiday,
    Meeting,
    Organisation,
    Party,
    Post,
    PostHolding,
    User,
)
from notifications.ladders import DEFAULTS, DORMANT, Audience, Family, Ladder, Step, Unit, family_of
from notifications.models import LadderStep, ReminderLadder

COUNTRIES = {"KR": ("KOR", "Asia/Seoul"), "JP": ("JPN", "Asia/Tokyo"), "US": ("USA", "America/New_York")}
ORGANISATIONS, POSTS, BODIES, GROUPS = 60, 600, 12, 48
DATED_KINDS = ["deadline", "milestone", "input", "clearance"]
COMPUTED_KINDS = ["cycle_review", "cycle_review", "meeting_review", "occurrence"]
FIRST_ON, YEARS = date(2026, 11, 2), 8  # of due dates
KNOWN_SINCE = datetime(2026, 9, 1, tzinfo=UTC)

# What some forums and commitments have laid down for themselves.
LONGER = (
    Step(-60),
    *DEFAULTS[Family.DATED].steps,
    Step(10, Unit.WORKING_DAYS, Audience.SUPERIOR),
)
LONGER_REVIEW = (Step(-28), *DEFAULTS[Family.REVIEW].steps, Step(-14, audience=Audience.WORKING_GROUP_LEAD))


def fill(model: type[models.Model], numbers: range, source: str = "", /, **sql: str) -> None:
    """A row for each n.i of `numbers`; a column that is not named has the model's own default."""
    blank = model()
    said, params = {name: each.replace("%", "%%") for name, each in {"id": "n.i", **sql}.items()}, []
    columns: list[Any] = list(model._meta.concrete_fields)
    for field in columns:
        if field.column not in said:
            params.append(field.get_db_prep_save(getattr(blank, field.attname), connection))
            said[field.column] = "%s"
    named = ", ".join(f'"{column}"' for column in said)
    execute(
        f"""INSERT INTO {model._meta.db_table} ({named})
        WITH RECURSIVE n(i) AS (SELECT {numbers.start} UNION ALL SELECT i + 1 FROM n WHERE i < {numbers.stop - 1})
        SELECT {", ".join(said.values())} FROM n {source.replace("%", "%%")} WHERE n.i < {numbers.stop}""",
        params,
    )


def execute(sql: str, params: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def choose(values: Iterable[str], number: str = "n.i") -> str:
    """One of them by the number of the row."""
    listed = list(values)
    cases = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(listed))
    return f"CASE ({number}) % {len(listed)} {cases} END"


@transaction.atomic
def make_frame() -> None:
    """Countries, ministries, posts with holders, forums with their desks, meetings and ladders."""
    for code, (party, zone) in COUNTRIES.items():
        calendar = Calendar.objects.create(code=code, name_en=code, country=code, zone=zone)
        Party.objects.create(code=party, name_en=party, calendar=calendar)
        Holiday.objects.create(calendar=calendar, day=date(2027, 6, 14), name="Closed")
    parties = list(Party.objects.order_by("pk"))
    for n in range(ORGANISATIONS):
        Organisation.objects.create(party=parties[n % 3], name_en=f"Division {n}")
    organisations = list(Organisation.objects.order_by("pk"))
    posts = [Post(organisation=organisations[n % ORGANISATIONS], name_en=f"Post {n}") for n in range(POSTS)]
    for n, post in enumerate(posts):
        post.superior = posts[n - ORGANISATIONS] if n >= ORGANISATIONS else None
        post.save()
    people = [User(username=f"p{n}", name_en=f"P {n}", email=f"p{n}@ministry.example") for n in range(POSTS)]
    User.objects.bulk_create(people)
    PostHolding.objects.bulk_create(
        PostHolding(post=post, user=user, from_on=date(2020, 1, 1))
        for post, user in zip(posts, people, strict=True)
    )
    _make_forums(posts)


def _make_forums(desks: list[Post]) -> None:
    bodies = [Forum.objects.create(code=f"B{n}", name_en=f"B {n}", desk=desks[n]) for n in range(BODIES)]
    groups = [
        Forum.objects.create(
            code=f"G{n}", name_en=f"G {n}", parent=bodies[n % BODIES], dormant=n == GROUPS - 1
        )
        for n in range(GROUPS)
    ]
    for forum in (*bodies, *groups):
        Meeting.objects.create(forum=forum, ordinal=1, name_en=f"First of {forum.code}")
    for n, forum in enumerate((*bodies[:3], *groups[:5])):
        lay_down(Family.REVIEW if n % 3 == 2 else Family.DATED, forum=forum)


def lay_down(family: Family, **of: Any) -> None:
    ladder = ReminderLadder.objects.create(family=family, **of)
    for step in LONGER if family is Family.DATED else LONGER_REVIEW:
        LadderStep.of(ladder, step).save()


def ladders(family: Family) -> list[Ladder]:
    return [DEFAULTS[family], Ladder(LONGER if family is Family.DATED else LONGER_REVIEW), DORMANT]


@cache
def reaching(family: Family, day: date) -> frozenset[date]:
    """Due dates that reach a step of some ladder somewhere on this very day."""
    found = set()
    for calendar in Calendar.objects.all():
        working = calendar.working_days()
        for due_on in _days(day - timedelta(days=60), 180):
            reached = (step.day_of(due_on, working) for each in ladders(family) for step in each.steps)
            found |= {due_on} if day in reached else set()
    return frozenset(found)


@cache
def reaching_everywhere(family: Family, day: date) -> list[date]:
    """Those that reach a step of the usual ladder in each country: whose it is does not matter."""
    calendars = [calendar.working_days() for calendar in Calendar.objects.all()]
    return [
        due_on
        for due_on in sorted(reaching(family, day))
        if all(day in [s.day_of(due_on, c) for s in DEFAULTS[family].steps] for c in calendars)
    ]


def _days(first: date, how_many: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(how_many)]


def extend(numbers: range, hot: Mapping[date, int]) -> None:
    """Follow-ups with these numbers, half as many commitments; on each day of `hot` so many of them reach a step.

    `numbers` begins with an odd number. What is not hot never reaches a step on one of those days."""
    facts.remove()
    commitments = range((numbers.start + 1) // 2, numbers.stop // 2 + 1)
    _make_commitments(commitments)
    _make_assignments(commitments)
    with transaction.atomic():
        _write_dates(numbers, hot)
        _make_follow_ups(numbers)
    for commitment in Commitment.objects.filter(pk__in=commitments[:: len(commitments) // 20]):
        lay_down(Family.DATED, commitment=commitment)
    _settle()


def _make_commitments(numbers: range) -> None:
    bodies, groups = (
        list(Forum.objects.filter(parent__isnull=top).order_by("pk").values_list("pk", flat=True))
        for top in (True, False)
    )
    fill(
        Commitment,
        numbers,
        title_en="'Continue discussions ' || n.i",
        reference="'B-' || n.i",
        forum_id=f"{bodies[0]} + n.i % {BODIES}",
        working_group_id=f"CASE WHEN n.i % 3 > 0 THEN {groups[0]} + n.i % {GROUPS} END",
        workflow="CASE WHEN n.i % 50 = 7 THEN 'draft' ELSE 'active' END",
        created_at=_known_since(),
    )


def _make_assignments(numbers: range) -> None:
    """A lead for nine of ten, a second party's for four of ten; some that have ended, some of other roles."""
    roles = [
        ("lead", "0", "NULL", "n.i % 10 > 0"),
        ("lead", "1", "NULL", "n.i % 10 IN (2, 3, 4, 5)"),
        ("lead", "0", "'2025-03-01'", "n.i % 10 = 6"),
        ("supporting", "2", "NULL", "n.i % 10 IN (1, 2, 3)"),
        ("working_group_lead", "0", "NULL", "n.i % 10 = 8"),
    ]
    for place, (role, party, until_on, which) in enumerate(roles):
        # Posts 1 to 600 belong to organisations in turn, and those to the three parties.
        post = f"3 * (n.i % {POSTS // 3}) + {party}"
        fill(
            Assignment,
            numbers,
            f"JOIN commitments_post p ON p.id = (SELECT MIN(id) FROM commitments_post) + {post} "
            f"JOIN commitments_organisation o ON o.id = p.organisation_id AND {which}",
            id=f"n.i * {len(roles)} + {place}",
            commitment_id="n.i",
            post_id="p.id",
            party_id="o.party_id",
            role=f"'{role}'",
            from_on="'2024-01-01'" if until_on != "NULL" else "'2025-03-02'",
            until_on=f"CAST({until_on} AS date)" if connection.vendor == "postgresql" else until_on,
        )


def kind_of(i: int) -> str:
    """Of follow-up i; odd and even ones of a commitment differ, so that only one is its next of a computed kind."""
    kinds = COMPUTED_KINDS if i % 2 else DATED_KINDS
    return kinds[(i // 2) % 4]


def _write_dates(numbers: range, hot: Mapping[date, int]) -> None:
    """The table bench_date: the due date of each follow-up."""
    quiet = {
        family: [
            day
            for day in _days(FIRST_ON, 365 * YEARS)
            if not any(day in reaching(family, each) for each in hot)
        ]
        for family in Family
    }
    drawn = iter(random.Random(len(numbers)).sample(numbers, sum(hot.values())))
    chosen = {i: day for day, number in hot.items() for i in itertools.islice(drawn, number)}
    execute("DROP TABLE IF EXISTS bench_date")
    execute("CREATE TABLE bench_date (i bigint PRIMARY KEY, due_on date NOT NULL)")
    dates: dict[tuple[Family, date | None], list[date]] = {(family, None): quiet[family] for family in Family}
    dates |= {(family, day): _reaching_only(family, day, hot) for family in Family for day in hot}
    rows = [(i, _due_on(i, dates[family_of(kind_of(i)), chosen.get(i)]).isoformat()) for i in numbers]
    for start in range(0, len(rows), 50_000):
        _copy_dates(rows[start : start + 50_000])


def _reaching_only(family: Family, day: date, hot: Iterable[date]) -> list[date]:
    """What comes due on this of the hot days and on no other."""
    others = set(hot) - {day}
    found = reaching_everywhere(family, day)
    return [due_on for due_on in found if not any(due_on in reaching(family, other) for other in others)]


def _due_on(i: int, dates: Sequence[date]) -> date:
    return dates[i * 7919 % len(dates)]


def _copy_dates(rows: list[tuple[int, str]]) -> None:
    if connection.vendor == "postgresql":
        source = "SELECT (e->>0)::bigint, (e->>1)::date FROM jsonb_array_elements(%s::jsonb) e"
    else:
        source = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s)"
    execute(f"INSERT INTO bench_date {source}", [json.dumps(rows)])


def _make_follow_ups(numbers: range) -> None:
    """One in a hundred belongs to a meeting, one in twenty names a post, one in ten a party."""
    kinds = f"CASE n.i % 2 WHEN 1 THEN {choose(COMPUTED_KINDS, 'n.i / 2')} ELSE {choose(DATED_KINDS, 'n.i / 2')} END"
    of_meeting = "n.i % 100 = 50"
    fill(
        FollowUp,
        numbers,
        "JOIN bench_date d ON d.i = n.i",
        commitment_id=f"CASE WHEN {of_meeting} THEN NULL ELSE (n.i + 1) / 2 END",
        meeting_id=f"CASE WHEN {of_meeting} THEN {_first(Meeting)} + n.i % {BODIES + GROUPS} END",
        kind=kinds,
        due_on="d.due_on",
        dated_at=_known_since(),
        party_id=f"CASE WHEN n.i % 10 = 4 THEN {_first(Party)} END",
        post_id=f"CASE WHEN n.i % 20 = 9 THEN {_first(Post)} + n.i % {POSTS} END",
    )


def _known_since() -> str:
    return f"'{connection.ops.adapt_datetimefield_value(KNOWN_SINCE)}'"


def _first(model: type[models.Model]) -> int:
    return model._default_manager.order_by("pk").values_list("pk", flat=True)[0]


def _settle() -> None:
    """Keys go on after those that were given, statistics are those of a register that has been running."""
    for model in (Commitment, Assignment, FollowUp):
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            execute(statement)
    if connection.vendor == "postgresql":
        execute("VACUUM ANALYZE")
    facts.install()
