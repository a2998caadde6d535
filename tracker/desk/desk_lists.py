"""The lists of My desk: what needs somebody today, each with its question to the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, QuerySet, Subquery, Window
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commitments import access
from commitments.models import (
    Assignment,
    Closing,
    Commitment,
    FollowUp,
    Meeting,
    ProgressReport,
    Request,
    User,
)
from notifications import watching
from notifications.came_back import with_mail
from notifications.ladders import Audience
from notifications.models import AddressProblem, Delivery, IncomingMail, Reminder


@dataclass(frozen=True)
class DeskList:
    slug: str
    title: str | Promise
    nothing: str | Promise  # why it is empty
    template: str
    rows: Callable[[User, date], Any]
    worrying: bool = False
    # Rare: it takes no room on the desk while it is empty.
    quiet: bool = False


class Answers:
    """Reports and requests that wait for the desk, oldest first; two kinds of rows that read as one list."""

    def __init__(self, user: User) -> None:
        self.user = user
        related = "post", "follow_up__commitment", "follow_up__meeting"
        reports = ProgressReport.objects.editable_by(user).waiting().order_by("reported_on", "pk")
        requests = Request.objects.editable_by(user).proposed().order_by("asked_at", "pk")
        self.reports = reports.with_repetition().select_related("commitment", *related)
        self.requests = requests.select_related(*related)

    def count(self) -> int:
        return self.reports.count() + self.requests.count()

    def __getitem__(self, part: slice) -> list[ProgressReport | Request]:
        """A page of them; both lists are short by nature, for whatever waits is decided."""
        rows = [*self.reports[: part.stop], *self.requests[: part.stop]][part]
        return with_mail(rows, self.user)

    def first(self, number: int) -> tuple[list[ProgressReport | Request], int]:
        reports, of_reports = first_of(self.reports, number)
        requests, of_requests = first_of(self.requests, number)
        return with_mail([*reports, *requests][:number], self.user), of_reports + of_requests


def first_of(rows: Any, number: int) -> tuple[list[Any], int]:
    """The first so many, and how many there are: asked together, for the question is the same."""
    if isinstance(rows, Answers):
        return rows.first(number)
    found = list(rows.annotate(of_all=Window(Count("pk")))[:number])
    return found, found[0].of_all if found else 0


def with_leads(rows: QuerySet, path: str, today: date) -> QuerySet:
    """`leads` on the commitment at `path`: the assignments that lead it, each with its post."""
    leads = Assignment.objects.active(today).leads().select_related("post__organisation").order_by("pk")
    return rows.prefetch_related(Prefetch(f"{path}assignments", queryset=leads, to_attr="leads"))


def dated(rows: QuerySet[FollowUp], today: date) -> QuerySet[FollowUp]:
    related = rows.select_related("commitment__forum", "meeting__forum", "anchor_meeting__forum", "party")
    return with_leads(related, "commitment__", today)


def overdue_dates(user: User, today: date) -> QuerySet[FollowUp]:
    return FollowUp.objects.visible_to(user).overdue(today)


def dates_due_soon(user: User, today: date) -> QuerySet[FollowUp]:
    return FollowUp.objects.visible_to(user).due_soon(today)


def overdue(user: User, today: date) -> QuerySet[FollowUp]:
    return dated(overdue_dates(user, today), today)


def soon(user: User, today: date) -> QuerySet[FollowUp]:
    return dated(dates_due_soon(user, today), today)


def uncovered(user: User, today: date) -> QuerySet[Commitment]:
    without_owner = Commitment.objects.without_owner(today)
    rows = Commitment.objects.visible_to(user).uncovered(today).select_related("forum")
    return rows.annotate(
        ownerless=Subquery(without_owner.filter(pk=OuterRef("pk")).values("pk")[:1])
    ).order_by("reference")


def closings(user: User, today: date) -> QuerySet[Closing]:
    """For a second person, who is not the one who proposed it."""
    rows = Closing.objects.editable_by(user).to_confirm_by(user)
    return rows.select_related("commitment", "proposed_by").order_by("proposed_at", "pk")


def tasks(user: User, today: date) -> QuerySet[Reminder]:
    # What they are is asked of the reader's own only, which are looked up first.
    planned = Reminder.objects.visible_to(user).planned().filter(audience=Audience.DESK).order_by()
    few = list(planned.values_list("pk", flat=True)[: access.FEW_KEYS])
    own = Reminder.objects.filter(pk__in=few) if len(few) < access.FEW_KEYS else planned
    rows = own.tasks_for_the_desk(timezone.now())
    unrecorded = FollowUp.objects.without_record(today).filter(pk=OuterRef("follow_up"))
    listed = _with_items(rows.annotate(no_record=Exists(unrecorded)), today).select_related("delivery")
    return listed.order_by("remind_on", "pk")


def missed(user: User, today: date) -> QuerySet[Reminder]:
    rows = Reminder.objects.visible_to(user).unheard(timezone.now())
    return _with_items(rows, today).order_by("due_on", "pk")


def _with_items(rows: QuerySet[Reminder], today: date) -> QuerySet[Reminder]:
    related = rows.select_related("follow_up__commitment__forum", "follow_up__meeting__forum", "post")
    return with_leads(related, "follow_up__commitment__", today)


def addresses(user: User, today: date) -> QuerySet[AddressProblem]:
    """For whoever may put an address right, with a person whose it is."""
    whose = User.objects.filter(email__iexact=OuterRef("address"), is_active=True).order_by("pk")
    rows = AddressProblem.objects.editable_by(user).standing()
    return rows.annotate(person_id=Subquery(whose.values("pk")[:1])).order_by("since", "pk")


def incoming(user: User, today: date) -> QuerySet[IncomingMail]:
    rows = IncomingMail.objects.editable_by(user).waiting()
    return rows.select_related("forum").order_by("received_at", "pk")


def untold(user: User, today: date) -> QuerySet[Commitment]:
    rows = watching.nobody_to_tell(Commitment.objects.visible_to(user), now=timezone.now())
    return with_leads(rows.select_related("forum"), "", today).order_by("reference")


def undelivered(user: User, today: date) -> QuerySet[Delivery]:
    return Delivery.objects.visible_to(user).undelivered().select_related("recipient")


LISTS = {
    found.slug: found
    for found in [
        DeskList(
            "waiting",
            _("Waiting for me"),
            _("No answer waits for the desk."),
            "desk/lists/answers.html",
            lambda user, today: Answers(user),
        ),
        DeskList(
            "incoming",
            _("Mail to read"),
            _("No mail waits to be read."),
            "desk/lists/incoming.html",
            incoming,
            quiet=True,
        ),
        DeskList(
            "closings",
            _("Closings to confirm"),
            _("No closing waits for a second person."),
            "desk/lists/closings.html",
            closings,
            quiet=True,
        ),
        DeskList(
            "tasks",
            _("Tasks for the desk"),
            _("Nobody has stayed silent so long that the desk should call."),
            "desk/lists/tasks.html",
            tasks,
        ),
        DeskList(
            "overdue",
            _("Overdue"),
            _("No date has passed unanswered."),
            "desk/lists/follow_ups.html",
            overdue,
            worrying=True,
        ),
        DeskList(
            "soon",
            _("Due in 14 days"),
            _("Nothing is due in the next two weeks."),
            "desk/lists/follow_ups.html",
            soon,
        ),
        DeskList(
            "missed",
            _("Missed"),
            _("No reminder came too late to be of use."),
            "desk/lists/missed.html",
            missed,
            worrying=True,
            quiet=True,
        ),
        DeskList(
            "undelivered",
            _("Not delivered"),
            _("Every message has arrived, as far as can be known."),
            "desk/lists/deliveries.html",
            undelivered,
            worrying=True,
        ),
        DeskList(
            "addresses",
            _("Addresses that refuse mail"),
            _("No address refuses mail."),
            "desk/lists/addresses.html",
            addresses,
            worrying=True,
            quiet=True,
        ),
        DeskList(
            "untold",
            _("Nobody to tell"),
            _("Of every live commitment somebody can be told."),
            "desk/lists/untold.html",
            untold,
            worrying=True,
            quiet=True,
        ),
        DeskList(
            "uncovered",
            _("No owner or date"),
            _("Every live commitment has an owner and a next date."),
            "desk/lists/uncovered.html",
            uncovered,
            worrying=True,
        ),
    ]
}


def next_meetings(user: User) -> QuerySet[Meeting]:
    """Dated ones first; then those that are expected, the longest expected first."""
    rows = Meeting.objects.visible_to(user).to_come().select_related("forum")
    return rows.order_by(
        F("starts_on").asc(nulls_last=True), F("window_end_on").asc(nulls_last=True), "forum__code", "ordinal"
    )
