"""Papers to be taken along or handed up: the week for the director, a forum for the minister, a meeting's table."""

from dataclasses import replace
from datetime import date, timedelta

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from commitments.models import Commitment, Forum, Meeting
from tracker.desk import desk_lists, paper_pages
from tracker.desk.papers.before_meeting import Occasion
from tracker.desk.papers.follow_up_table import follow_up_table
from tracker.desk.papers.minister import minister, without_forum
from tracker.desk.papers.offices import Office, offices
from tracker.desk.papers.weekly import Week, weekly
from tracker.desk.requests import StaffRequest

WEEKS_OFFERED = 5


def weekly_page(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    week = Week.chosen(request.GET.get("week", ""), timezone.localdate(now))
    known = offices(request.user)
    office = _office(request, known)
    language = paper_pages.language_chosen(request)
    with override(language):
        paper = weekly(request.user, week, office, language=language, now=now)
    return paper_pages.answer(
        request,
        paper,
        template="desk/weekly.html",
        crumbs=[(_("My desk"), reverse("admin:index"))],
        weeks=_weeks(timezone.localdate(now)),
        week="" if week.end is None else week.name,
        offices=known,
        office=office,
    )


def _office(request: StaffRequest, known: list[Office]) -> Office | None:
    """The one asked for, or all together. The only one that there is gets all that My desk counts."""
    if len(known) == 1 and not request.GET.get("office"):
        return replace(known[0], forums=None)
    if "office" not in request.GET:
        return None
    wanted = _key(request, "office")
    found = next((office for office in known if office.organisation.pk == wanted), None)
    if wanted and found is None:
        raise Http404
    return found


def _weeks(today: date) -> list[str]:
    """This one and those before it, as ISO 8601 names them."""
    days = (today - n * timedelta(weeks=1) for n in range(WEEKS_OFFERED))
    return [f"{day:%G-W%V}" for day in days]


def minister_page(request: StaffRequest) -> HttpResponse:
    """For a meeting, for a forum, or for the forum that sits next."""
    now = timezone.now()
    occasion = _occasion(request, timezone.localdate(now))
    language = paper_pages.language_chosen(request)
    with override(language):
        paper = (
            minister(request.user, occasion, language=language, now=now)
            if occasion
            else without_forum(language, now)
        )
    return paper_pages.answer(
        request,
        paper,
        template="desk/minister.html",
        crumbs=_crumbs(occasion),
        forums=_told_about(request),
        forum=occasion and occasion.forum,
    )


def _occasion(request: StaffRequest, today: date) -> Occasion | None:
    if "meeting" in request.GET:
        found = get_object_or_404(_meetings(request), pk=_key(request, "meeting"))
        return Occasion.of_meeting(found, today)
    if "forum" in request.GET:
        forum = get_object_or_404(Forum.objects.visible_to(request.user), pk=_key(request, "forum"))
        return Occasion.of_forum(forum, today)
    told = _told_about(request)
    next_one = desk_lists.next_meetings(request.user).filter(forum__in=told).first()
    if next_one is not None:
        return Occasion.of_meeting(next_one, today)
    first = told.first()
    return Occasion.of_forum(first, today) if first else None


def _key(request: StaffRequest, name: str) -> int:
    """What is no number names nothing."""
    said = request.GET[name]
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _meetings(request: StaffRequest) -> QuerySet[Meeting]:
    return Meeting.objects.visible_to(request.user).select_related("forum")


def _told_about(request: StaffRequest) -> QuerySet[Forum]:
    """Forums of which the reader sees a live commitment."""
    live = Commitment.objects.visible_to(request.user).live().order_by()
    return Forum.objects.visible_to(request.user).filter(pk__in=live.values("forum")).order_by("code")


def _crumbs(occasion: Occasion | None) -> list[tuple[str, str]]:
    crumbs = [(_("Meetings"), reverse("admin:meetings"))]
    if occasion and occasion.meeting:
        crumbs.append((str(occasion.meeting), reverse("admin:meeting", args=[occasion.meeting.pk])))
    return crumbs


def table_page(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(_meetings(request), pk=pk)
    occasion = Occasion.of_meeting(found, timezone.localdate(now))
    language = paper_pages.language_chosen(request)
    with override(language):
        paper = follow_up_table(request.user, occasion, language=language, now=now)
    return paper_pages.answer(request, paper, crumbs=_crumbs(occasion))
