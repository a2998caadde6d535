"""How a body or an organisation stands: lights, age of the last word, answers, and the course from meeting to meeting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import measures
from commitments.models import Commitment, Forum, Meeting, Organisation, Post, User
from commitments.models.commitments import CommitmentQuerySet
from commitments.models.forums import MeetingQuerySet
from commitments.spoken_dates import past_date
from commitments.trees import descendants
from notifications import response_rates
from notifications.models import Reminder
from notifications.models.reminders import ReminderQuerySet
from notifications.response_rates import NONE_YET, Responses
from tracker.desk.charts import Chart, Row, Series, shortened

MEETINGS_SHOWN = 7  # and today
OUTLOOKS = tuple(
    Series(kind, sign, Commitment.Outlook(light).label)
    for light, kind, sign in (
        ("on_track", "success", "●"),
        ("at_risk", "warning", "▲"),
        ("off_track", "danger", "■"),
        ("", "none", "○"),
    )
)
LIGHTS = ("on_track", "at_risk", "off_track", "")
AGES = tuple(
    Series(kind, "", age.label)
    for age, kind in zip(measures.Age, ("age-1", "age-2", "age-3", "age-4", "none"), strict=True)
)
ANSWERS = (
    Series("success", "✓", gettext_lazy("answered in time")),
    Series("warning", "▲", gettext_lazy("answered late")),
    Series("danger", "■", gettext_lazy("not answered")),
    Series("none", "○", gettext_lazy("still has time")),
)
COURSE = (
    Series("success", "✓", Commitment.Implementation.IMPLEMENTED.label),
    Series("none", "–", gettext_lazy("ended otherwise")),
    Series("calm", "●", gettext_lazy("under way")),
    Series("danger", "■", gettext_lazy("overdue")),
)


@dataclass(frozen=True)
class View:
    """Whose picture: commitments and what was asked, as far as `user` sees them, and the clock that counts its days."""

    user: User
    now: datetime
    zone: ZoneInfo
    commitments: CommitmentQuerySet
    reminders: ReminderQuerySet
    language: str

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def of_forum(forum: Forum, user: User, *, now: datetime, language: str) -> list[Chart]:
    rows = Commitment.objects.visible_to(user).within(forum)
    asked = Reminder.objects.visible_to(user).filter(follow_up__commitment__in=rows.order_by().values("pk"))
    desk = forum.desk_post()
    zone = desk.organisation.clock if desk else ZoneInfo("UTC")
    view = View(user, now, zone, rows, asked, language)
    return [
        _outlook(_lights_by_body(view, forum), _("Forum")),
        _freshness(view),
        _answers(view),
        _course(view, _sittings_of(forum)),
    ]


def of_organisation(organisation: Organisation, user: User, *, now: datetime, language: str) -> list[Chart]:
    within = descendants(Organisation, {organisation.pk})
    zone = organisation.clock
    posts = Post.objects.filter(organisation__in=within)
    rows = Commitment.objects.visible_to(user).led_by(posts, now.astimezone(zone).date())
    asked = Reminder.objects.visible_to(user).filter(post__organisation__in=within)
    view = View(user, now, zone, rows, asked, language)
    return [
        _outlook(_lights_by_division(view, organisation, within), _("Organisation")),
        _freshness(view),
        _answers(view),
        _course(view, _sittings_with(rows)),
    ]


# -- outlook


def _outlook(rows: Sequence[Row], heading: str) -> Chart:
    return Chart(
        slug="outlook",
        title=_("Outlook"),
        definition=_("Outlook: the light that each live commitment carries now."),
        series=OUTLOOKS,
        rows=tuple(rows),
        heading=heading,
        nothing=_("No live commitment is here for you to see."),
        total_heading=_("All"),
    )


def _lights_by_body(view: View, forum: Forum) -> list[Row]:
    """All of it, then each body by itself, where there are several."""
    found = measures.outlooks_by_body(view.commitments)
    bodies = {body.pk: body for body in Forum.objects.filter(pk__in=found)}
    order = sorted(bodies.values(), key=lambda body: (body.pk != forum.pk, body.code))
    rows = [Row(body.name, _lights(found[body.pk]), _of_body(body, forum), body.code) for body in order]
    return _with_all(rows, found.values())


def _of_body(body: Forum, forum: Forum) -> str:
    return "" if body.pk == forum.pk else reverse("admin:dashboard_of_forum", args=[body.pk])


def _lights_by_division(view: View, organisation: Organisation, within: set[int]) -> list[Row]:
    found = measures.outlooks_by_lead(view.commitments, within, view.today)
    divisions = {each.pk: each for each in Organisation.objects.filter(pk__in=found)}
    order = sorted(divisions.values(), key=lambda each: (-found[each.pk].total(), each.pk))
    rows = [Row(str(each), _lights(found[each.pk]), _of_division(each, organisation)) for each in order]
    return _with_all(rows, found.values())


def _of_division(division: Organisation, organisation: Organisation) -> str:
    is_own = division.pk == organisation.pk
    return "" if is_own else reverse("admin:dashboard_of_organisation", args=[division.pk])


def _lights(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(light, 0) for light in LIGHTS)


def _with_all(rows: Sequence[Row], counts: Iterable[Counter[str]]) -> list[Row]:
    together = Row(_("All together"), _lights(sum(counts, Counter())), is_sum=len(rows) > 1)
    return [together] if len(rows) < 2 else [together, *shortened(rows)]


# -- freshness


def _freshness(view: View) -> Chart:
    counted = measures.ages(view.commitments, view.today)
    numbers = [counted[age.value] for age in measures.Age]
    rows = [
        Row(str(each.word), tuple(number if place == other else 0 for other in range(len(AGES))))
        for place, (each, number) in enumerate(zip(AGES, numbers, strict=True))
    ]
    return Chart(
        slug="freshness",
        title=_("Age of the last report"),
        definition=_(
            "Age: days since the last cleared report of each live commitment, up to 91, 183 and 365; "
            "“recent” is up to 183."
        ),
        series=AGES,
        rows=tuple(rows),
        heading=_("Last report"),
        nothing=_("No live commitment is here for you to see."),
        total_heading=_("Commitments"),
        one_each=True,
    )


# -- answers


def _answers(view: View) -> Chart:
    found = response_rates.by_post(view.reminders, view.today)
    posts = {post.pk: post for post in Post.objects.filter(pk__in=found).select_related("organisation")}
    order = sorted(posts.values(), key=lambda post: (_urgency(found[post.pk]), post.pk))
    rows = [_row_of_post(post, found[post.pk]) for post in order]
    together = sum(found.values(), NONE_YET)
    if len(rows) > 1:
        rows = [replace(_answered(_("All together"), together), is_sum=True), *shortened(rows)]
    return Chart(
        slug="answers",
        title=_("Who answers, and in time"),
        definition=_(
            "Asked: a message told the post of the date that stands, due in the last 12 months or to come. "
            "Answered in time: by that day the post reported or asked something of the desk, or the date was "
            "closed as reported or done; what the desk gave back is no answer. The rate leaves out what still "
            "has time."
        ),
        series=ANSWERS,
        rows=tuple(rows),
        heading=_("Post"),
        nothing=_("Nobody has been asked yet about a date of the last 12 months."),
        note_heading=_("In time"),
        total_heading=_("Asked"),
        wide=True,
    )


def _urgency(responses: Responses) -> tuple[int, int]:
    return -(responses.silent + responses.late), -responses.asked


def _row_of_post(post: Post, responses: Responses) -> Row:
    division = reverse("admin:dashboard_of_organisation", args=[post.organisation_id])
    row = _answered(str(post), responses, reverse("admin:post", args=[post.pk]))
    return replace(row, below=str(post.organisation), below_address=division)


def _answered(label: str, responses: Responses, address: str = "") -> Row:
    counts = (responses.in_time, responses.late, responses.silent, responses.pending)
    rate = "–" if responses.rate is None else f"{responses.rate} %"
    return Row(label, counts, address, note=rate)


# -- the course


def _sittings_of(forum: Forum) -> MeetingQuerySet:
    """Its own; of a group that has not sat by itself, those of the body above."""
    held = Meeting.objects.filter(state=Meeting.State.HELD)
    if forum.parent_id and not held.filter(forum=forum).exists():
        return held.filter(forum=forum.parent_id)
    return held.filter(forum=forum)


def _sittings_with(rows: CommitmentQuerySet) -> MeetingQuerySet:
    """Of the bodies in which an organisation has something to do."""
    theirs = rows.order_by()
    bodies = Q(forum__in=theirs.values("forum")) | Q(forum__in=theirs.values("working_group"))
    return Meeting.objects.filter(bodies, state=Meeting.State.HELD)


def _course(view: View, sittings: MeetingQuerySet) -> Chart:
    ended = sittings.visible_to(view.user).annotate(last_on=Coalesce("ends_on", "starts_on"))
    newest = ended.filter(last_on__lt=view.today).select_related("forum").order_by("-last_on", "-pk")
    meetings = list(newest[:MEETINGS_SHOWN])[::-1]
    days = [*(meeting.last_on for meeting in meetings), view.today]
    labels = [*(str(meeting) for meeting in meetings), _("Today")]
    addresses = [*(reverse("admin:meeting", args=[meeting.pk]) for meeting in meetings), ""]
    rows = []
    for label, day, address, tally in zip(
        labels, days, addresses, measures.tallies(view.commitments, days, view.zone), strict=True
    ):
        counts = (tally.done, tally.ended, tally.under_way, tally.overdue)
        rows.append(Row(label, counts, address, past_date(day, view.language, today=view.today)))
    return Chart(
        slug="course",
        title=_("From meeting to meeting"),
        definition=_(
            "Counted at the end of the last day of each meeting, by the dates that the register has now. Declared: "
            "by then, drafts apart. Implemented: closed as that. Ended otherwise: closed as anything else. Overdue: "
            "a date had passed and was open. Under way: all others."
        ),
        series=COURSE,
        rows=tuple(rows),
        heading=_("Meeting"),
        nothing=_("No commitment is here for you to see."),
        total_heading=_("Declared by then"),
        standing=True,
    )
