"""Does the machine tell people? What worries, what to do, and the few things that can be done here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.models import FollowUp
from notifications import channels, watching
from notifications.models import AddressProblem, ChannelPause, Delivery, Heartbeat, OutgoingMail, Reminder
from tracker.desk.requests import StaffRequest

# What a finding's link is called there, and where its rows are here.
LISTS = {"undelivered", "missed", "uncovered", "untold", "addresses", "incoming"}
PARTS: dict[str, str | Promise] = {
    "tick": _("Plan, bundle and send"),
    "keep-in-step": _("Put next dates in step"),
    "read-mailboxes": _("Read the mailboxes"),
    "read-words": _("Read new words for the search"),
    "imports": _("Go on with imports"),
}

# By which name a task leaves its sign of life, where that is another.
PART_OF = {
    "keep-in-step": watching.KEEP_IN_STEP,
    "read-mailboxes": watching.MAILBOX,
    "read-words": "read_words",
}


@dataclass(frozen=True)
class Run:
    """A task that beat rings for; `next_at` is known once it has run."""

    name: str
    every: timedelta
    last_at: datetime | None

    @property
    def title(self) -> str:
        return str(PARTS.get(self.name, self.name))

    @property
    def next_at(self) -> datetime | None:
        return self.last_at and self.last_at + self.every


def operations(request: StaffRequest) -> HttpResponse:
    if not watching.may_watch(request.user):
        raise Http404
    now = timezone.now()
    findings = [(finding, _address(finding.link)) for finding in watching.look(now)]
    context = {
        "title": gettext("Operations"),
        "worries": [(finding, address) for finding, address in findings if finding.worrying],
        "to_know": [(finding, address) for finding, address in findings if finding.to_know],
        "calm": [
            (finding, address) for finding, address in findings if not (finding.worrying or finding.to_know)
        ],
        "now": now,
        "runs": _runs(),
        "states": _states(),
        "channels": _channels(),
        "by_smtp": settings.EMAIL_BACKEND == channels.SMTP,
        "enabled": OutgoingMail.is_enabled(),
        "can_act": _may_act(request),
    }
    return render(request, "desk/operations.html", context)


def _may_act(request: StaffRequest) -> bool:
    """As for sending again: whoever keeps a register; auditors only look."""
    return request.user.has_perm("notifications.change_delivery")


def _address(link: str) -> str:
    if link in LISTS:
        return reverse("admin:desk_list", args=[link])
    return reverse("admin:mail") + f"?state={link}" if link else ""


def _runs() -> list[Run]:
    last = dict(Heartbeat.objects.values_list("part", "at"))
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    return [
        Run(name, timedelta(seconds=entry["schedule"]), last.get(PART_OF.get(name, name)))
        for name, entry in schedule.items()
    ]


def _states() -> list[tuple[str, Any, int]]:
    """Code, name and how many messages, in the order of a message's life."""
    counts = dict(Delivery.objects.order_by().values_list("state").annotate(n=Count("pk")))
    return [(code, name, counts.get(code, 0)) for code, name in Delivery.State.choices]


def _channels() -> list[dict[str, Any]]:
    pauses = {pause.channel: pause for pause in ChannelPause.objects.all()}
    return [
        {
            "code": code,
            "name": name,
            "is_open": channels.for_name(code).is_open(),
            "pause": pauses.get(code),
        }
        for code, name in Delivery.Channel.choices
    ]


@require_POST
def try_channel(request: StaffRequest, channel: str) -> HttpResponse:
    """The next run tries it, whatever time was set for that."""
    if not _may_act(request):
        raise Http404
    pause = get_object_or_404(ChannelPause, channel=channel)
    pause.try_at_once(now=timezone.now())
    messages.success(request, gettext("It is tried again within a minute."))
    return redirect("admin:operations")


@require_POST
def missed_done(request: StaffRequest, pk: int) -> HttpResponse:
    missed = Reminder.objects.visible_to(request.user).unheard(timezone.now())
    mine = missed.filter(follow_up__in=FollowUp.objects.editable_by(request.user))
    get_object_or_404(mine, pk=pk).mark_done(now=timezone.now())
    messages.success(request, gettext("Thank you. It counts as told."))
    return redirect("admin:index")


@require_POST
def address_mended(request: StaffRequest, pk: int) -> HttpResponse:
    """If it is not, the next message that comes back says so again."""
    get_object_or_404(AddressProblem.objects.editable_by(request.user), pk=pk).clear()
    messages.success(request, gettext("The address counts as right again."))
    return redirect("admin:index")


@require_POST
def see_to(request: StaffRequest, pk: int) -> HttpResponse:
    if not _may_act(request):
        raise Http404
    rows = Delivery.objects.visible_to(request.user).given_up()
    get_object_or_404(rows, pk=pk).see_to(by=request.user, now=timezone.now())
    messages.success(request, gettext("Seen to. It no longer stands on the desk."))
    return redirect("admin:message", pk)
