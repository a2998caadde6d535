"""What the pictures count, each measure said once: over commitments as far as the caller may see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.models import Assignment, Commitment, FollowUp
from commitments.models.commitments import FRESH_FOR, CommitmentQuerySet
from commitments.working_days import ONE_DAY, moment


class Age(models.TextChoices):
    """How long ago something was last heard; the first two are what freshness calls recent."""

    QUARTER = "quarter", _("up to 3 months")
    HALF = "half", _("3 to 6 months")
    YEAR = "year", _("6 to 12 months")
    OLDER = "older", _("over a year")
    NONE = "none", _("no record")


# Days that each may be old at most.
OLDEST = {
    Age.QUARTER: timedelta(days=91),
    Age.HALF: FRESH_FOR,
    Age.YEAR: timedelta(days=365),
}


def outlooks_by_body(rows: CommitmentQuerySet) -> dict[int, Counter[str]]:
    """Live commitments by the light that they carry now, under the working group, else the forum, that has them."""
    live = rows.live().order_by().annotate(body=Coalesce("working_group", "forum"))
    return _gathered(live.values_list("body", "outlook").annotate(count=Count("pk", distinct=True)))


def outlooks_by_lead(
    rows: CommitmentQuerySet, organisations: Collection[int], today: date
) -> dict[int, Counter[str]]:
    """The same under the organisation that leads: of one party at most one post does, so that none counts twice."""
    leads = Assignment.objects.active(today).leads().filter(post__organisation__in=organisations)
    live = leads.filter(commitment__in=rows.live().order_by().values("pk")).order_by()
    lights = live.values_list("post__organisation", "commitment__outlook")
    return _gathered(lights.annotate(count=Count("commitment", distinct=True)))


def _gathered(counted: Iterable[tuple[int, str, int]]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for of, light, count in counted:
        found[of][light] += count
    return dict(found)


def ages(rows: CommitmentQuerySet, today: date) -> dict[str, int]:
    """Live commitments by the age of their last cleared report."""
    # As keys, so that what the caller joined does not multiply.
    heard = Commitment.objects.filter(pk__in=rows.live().order_by().values("pk")).with_last_report()
    return heard.aggregate(**{age.value: Count("pk", filter=_is_of(age, today)) for age in Age})


def _is_of(age: Age, today: date) -> Q:
    if age == Age.NONE:
        return Q(reported_on=None)
    limits = list(OLDEST.values())
    place = list(OLDEST).index(age) if age in OLDEST else len(limits)
    found = Q(reported_on__isnull=False)
    if place:
        found &= Q(reported_on__lt=today - limits[place - 1])
    return found & Q(reported_on__gte=today - limits[place]) if age in OLDEST else found


@dataclass(frozen=True)
class Tally:
    """What had become of the commitments by the end of a day; the four parts add up to `declared`."""

    declared: int
    done: int
    ended: int
    overdue: int

    @property
    def under_way(self) -> int:
        return self.declared - self.done - self.ended - self.overdue


def tallies(rows: CommitmentQuerySet, days: Sequence[date], zone: ZoneInfo) -> list[Tally]:
    """At the end of each day by the clock of `zone`, in one query, by the dates that the register has now."""
    if not days:
        return []
    asked = {
        f"{name}_{place}": Count("pk", filter=condition)
        for place, day in enumerate(days)
        for name, condition in _conditions(day, zone).items()
    }
    known = Commitment.objects.filter(pk__in=rows.order_by().values("pk"))
    counted = known.exclude(workflow=Commitment.Workflow.DRAFT).aggregate(**asked)
    names = ("declared", "done", "ended", "overdue")
    return [Tally(**{name: counted[f"{name}_{place}"] for name in names}) for place in range(len(days))]


def _conditions(day: date, zone: ZoneInfo) -> dict[str, Q]:
    until = moment(day + ONE_DAY, time(), zone.key)
    declared = _declared_by(day, until)
    closed = declared & Q(closed_on__lte=day)
    implemented = Q(implementation=Commitment.Implementation.IMPLEMENTED)
    late = FollowUp.objects.stood_overdue(day, until).filter(commitment=OuterRef("pk"))
    return {
        "declared": declared,
        "done": closed & implemented,
        "ended": closed & ~implemented,
        "overdue": declared & (Q(closed_on=None) | Q(closed_on__gt=day)) & Q(Exists(late)),
    }


def _declared_by(day: date, until: datetime) -> Q:
    """On its day; where that is not known, on the day of its entry."""
    return Q(declared_on__lte=day) | Q(declared_on=None, created_at__lt=until)
