"""Which posts a step is for: said once, in SQL, for planning (which posts), sending (still this one?) and forecasts.

Beside a follow-up `f` stands `d` with `audience`, `today` and `post_id`; each source below adds the posts `p`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models
from django.db.models import Func

from commitments.models import FollowUp

FOLLOWED = """
    LEFT JOIN commitments_commitment c ON c.id = f.commitment_id
    LEFT JOIN commitments_meeting m ON m.id = f.meeting_id
    LEFT JOIN notifications_forumrule rule ON rule.forum_id = COALESCE(c.working_group_id, c.forum_id, m.forum_id)
    LEFT JOIN notifications_reminderladder own ON own.commitment_id = f.commitment_id
        AND own.family = CASE WHEN f.kind IN ('meeting_review', 'cycle_review') THEN 'review' ELSE 'dated' END
"""
LIVE = "(c.workflow = 'active' OR m.state <> 'cancelled')"
# The ladder that counts: a dormant forum's, else the commitment's own, else the forum's.
LADDER = """(CASE WHEN rule.dated = -2 THEN -2
    WHEN own.id IS NOT NULL THEN own.id
    WHEN f.kind IN ('meeting_review', 'cycle_review') THEN rule.review ELSE rule.dated END)"""

# A step that was asked again stands in no ladder (asking_again.py); of a dormant forum nobody is asked.
IS_IN_LADDER = """(EXISTS (SELECT 1 FROM notifications_laddercode k WHERE k.ladder = {ladder} AND k.code = {step})
    OR ({step} LIKE 'again-%%' AND {ladder} <> -2))"""

# What counts of a follow-up: who may be asked about it, once for each lead, and which ladder tells when. `led`: on
# every one of the days in question, so that nobody needs to look for another.
STANDING = f"""
    SELECT f.id, f.commitment_id, f.party_id, f.post_id, rule.desk_id, {LADDER} AS ladder,
        a.post_id AS lead_id, a.from_on AS lead_from_on, a.until_on AS lead_until_on,
        (a.id IS NOT NULL AND a.from_on <= {{first}} AND (a.until_on IS NULL OR a.until_on >= {{last}})) AS led
        {{columns}}
    FROM {{follow_ups}} {FOLLOWED}
    LEFT JOIN commitments_assignment a ON a.commitment_id = f.commitment_id AND a.role = 'lead'
        AND (f.party_id IS NULL OR f.party_id = a.party_id) AND f.post_id IS NULL
    WHERE {LIVE} AND {{which}}
"""

_LED = """f.post_id IS NULL AND f.lead_from_on <= d.today
    AND (f.lead_until_on IS NULL OR f.lead_until_on >= d.today)"""
_ASSIGNED = """a.commitment_id = f.commitment_id AND (f.party_id IS NULL OR f.party_id = a.party_id)
    AND a.from_on <= d.today AND (a.until_on IS NULL OR a.until_on >= d.today)"""


@dataclass(frozen=True)
class Source:
    """Posts `p` for some audiences: the tables between in the order in which they are asked, and the conditions.

    `usual`: most dates have such a step, so that the posts are asked first and the steps by their calendar."""

    audiences: frozenset[str]
    tables: tuple[str, ...]
    conditions: str
    usual: bool = False

    @property
    def joins(self) -> str:
        """SQLite asks in the order that CROSS JOIN says, PostgreSQL in any."""
        return " ".join(f"CROSS JOIN {table}" for table in self.tables)


ASSIGNMENT, POST, BELOW = "commitments_assignment a", "commitments_post p", "commitments_post below"
LEADS = Source(
    frozenset({"owner"}), (POST,), f"d.audience = 'owner' AND {_LED} AND p.id = f.lead_id", usual=True
)
NAMED_POST = Source(frozenset({"owner"}), (POST,), "d.audience = 'owner' AND p.id = f.post_id", usual=True)
ABOVE_LEADS = Source(
    frozenset({"superior"}),
    (BELOW, POST),
    f"d.audience = 'superior' AND {_LED} AND below.id = f.lead_id AND p.id = below.superior_id",
)
ABOVE_NAMED_POST = Source(
    frozenset({"superior"}),
    (BELOW, POST),
    "d.audience = 'superior' AND below.id = f.post_id AND p.id = below.superior_id",
)
DESK = Source(frozenset({"desk"}), (POST,), "d.audience = 'desk' AND p.id = f.desk_id")
# Nobody is named and nobody leads: then the desk hears what the owner would have heard.
DESK_FOR_OWNER = Source(
    frozenset({"owner"}),
    (POST,),
    f"""d.audience = 'owner' AND f.post_id IS NULL AND NOT f.led AND p.id = f.desk_id
        AND NOT EXISTS (SELECT 1 FROM commitments_assignment a WHERE a.role = 'lead' AND {_ASSIGNED})""",
    usual=True,
)
OTHER_ROLES = Source(
    frozenset({"working_group_lead", "supporting", "counterpart"}),
    (ASSIGNMENT, POST),
    f"""d.audience IN ('working_group_lead', 'supporting', 'counterpart') AND a.role = d.audience
        AND {_ASSIGNED} AND p.id = a.post_id""",
)
CERTAIN_POST = Source(frozenset({"post"}), (POST,), "d.audience = 'post' AND p.id = d.post_id")
SOURCES = (
    LEADS,
    NAMED_POST,
    ABOVE_LEADS,
    ABOVE_NAMED_POST,
    DESK,
    DESK_FOR_OWNER,
    OTHER_ROLES,
    CERTAIN_POST,
)


class AnswersForIt(Func):
    """Whether a post is still among those a step is for, and the step still in the ladder.

    Arguments: follow-up, audience, post, code of the step, day."""

    output_field = models.BooleanField()
    conditional = True
    in_ladder = IS_IN_LADDER.format(ladder="f.ladder", step="d.step")

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> Any:  # type: ignore[override]
        compiled = [compiler.compile(each) for each in self.get_source_expressions()]
        follow_up, audience, post, step, day = (sql for sql, _params in compiled)
        today = f"CAST({day} AS date)" if connection.vendor == "postgresql" else day
        standing = STANDING.format(
            columns="",
            follow_ups="commitments_followup f",
            which=f"f.id = {follow_up}",
            first=today,
            last=today,
        )
        found = (f"EXISTS (SELECT 1 FROM {_listed(each)} AND p.id = d.post_id)" for each in SOURCES)
        sql = f"""(EXISTS (SELECT 1 FROM ({standing}) f
            CROSS JOIN (SELECT {audience} AS audience, {post} AS post_id, {step} AS step, {today} AS today) d
            WHERE {self.in_ladder} AND ({" OR ".join(found)})))"""
        (_f, given), (_a, *_), (_p, *_), (_s, *_), (_d, on) = compiled
        return sql, [*on, *on, *given, *[value for _sql, values in compiled[1:] for value in values]]


class StillAsked(AnswersForIt):
    """The same, whatever has become of the step since: an edited ladder makes nobody unasked, a dormant forum does."""

    in_ladder = "f.ladder <> -2"


def _listed(source: Source) -> str:
    return f"{' CROSS JOIN '.join(source.tables)} WHERE {source.conditions}"


Rule = tuple[int, int | None, int, int]  # ForumRule, as values


def posts_of(
    follow_ups: Sequence[FollowUp], audience: str, *, today: date, rules: Iterable[Rule]
) -> list[tuple[int, int]]:
    """(place in `follow_ups`, post) for an audience of role on a day; of Audience.POST the ladder's step says it.

    Nothing has to be saved or planned yet: `rules` stand in for the table of the last planning."""
    of_forums = _values(rules)
    given = _values(
        (n, f.commitment_id, f.meeting_id, f.party_id, f.post_id, f.kind) for n, f in enumerate(follow_ups)
    )
    sources = [each for each in SOURCES if audience in each.audiences and each is not CERTAIN_POST]
    if not given or not of_forums or not sources:
        return []
    day = "(SELECT today FROM d)"
    standing = STANDING.format(columns="", follow_ups="given f", which="f.id >= 0", first=day, last=day)
    found = " UNION ".join(
        f"SELECT f.id, p.id FROM standing f CROSS JOIN d {each.joins} WHERE {each.conditions}"
        for each in sources
    )
    sql = f"""WITH notifications_forumrule(forum_id, desk_id, dated, review) AS (VALUES {of_forums}),
        given(id, commitment_id, meeting_id, party_id, post_id, kind) AS (VALUES {given}),
        d(audience, today, post_id) AS (SELECT %s, {"CAST(%s AS date)" if _is_postgresql() else "%s"}, NULL),
        standing AS ({standing})
        {found}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [audience, today.isoformat()])
        return cursor.fetchall()


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _values(rows: Iterable[Iterable[int | str | None]]) -> str:
    """Numbers and names of our own choices, written out with their types."""
    return ", ".join(f"({', '.join(_value(value) for value in row)})" for row in rows)


def _value(value: int | str | None) -> str:
    if isinstance(value, str):
        return f"'{FollowUp.Kind(value).value}'"
    return "CAST(NULL AS bigint)" if value is None else str(int(value))
