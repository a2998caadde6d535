"""What left the house or is about to, readable; and the switch that lets it."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from notifications import came_back, channels, samples
from notifications.models import Delivery, OutgoingMail
from tracker.desk.requests import StaffRequest

ROWS_ON_A_PAGE = 50
# The HTML part is shown as it was sent: styles inside it, no script, nothing fetched, no form.
MESSAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def mail(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    rows = Delivery.objects.visible_to(request.user).select_related("recipient")
    if state in Delivery.State.values:
        rows = rows.filter(state=state)
    context = {
        "title": _("Outgoing mail"),
        "page": Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page")),
        "states": Delivery.State.choices,
        "state": state,
        "by_smtp": settings.EMAIL_BACKEND == channels.SMTP,
        "enabled": OutgoingMail.is_enabled(),
    }
    return render(request, "desk/mail.html", context)


def message(request: StaffRequest, pk: int) -> HttpResponse:
    rows = Delivery.objects.visible_to(request.user).select_related("recipient", "seen_to_by")
    delivery = get_object_or_404(rows, pk=pk)
    reminders = delivery.reminders.select_related(
        "follow_up__commitment", "follow_up__meeting__forum", "post"
    )
    context = {
        "title": delivery.subject or _("A message that is not yet written"),
        "delivery": delivery,
        "reminders": reminders.order_by("due_on", "pk"),
        "came_back": came_back.to_messages([pk], request.user).get(pk, []),
        "may_read": delivery.may_be_read_by(request.user),
        "can_send_again": _may_send(request) and delivery.may_be_sent_again,
    }
    return render(request, "desk/message.html", context)


def message_html(request: StaffRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(Delivery.objects.visible_to(request.user), pk=pk)
    if not delivery.html or not delivery.may_be_read_by(request.user):
        raise Http404
    return HttpResponse(delivery.html, headers={"Content-Security-Policy": MESSAGE_POLICY})


def _may_send(request: StaffRequest) -> bool:
    """As on the pages of entries: whoever keeps a register; readers and auditors only look."""
    return request.user.has_perm("notifications.change_delivery")


@require_POST
def send_again(request: StaffRequest, pk: int) -> HttpResponse:
    if not _may_send(request):
        raise Http404
    delivery = get_object_or_404(Delivery.objects.visible_to(request.user), pk=pk)
    if not delivery.may_be_sent_again:
        raise Http404
    delivery.send_again(now=timezone.now())
    messages.success(request, _("It is tried once more within a minute."))
    return redirect("admin:message", pk)


@require_POST
def switch(request: StaffRequest) -> HttpResponse:
    if not request.user.is_superuser:
        raise Http404
    enabled = request.POST.get("enabled") == "on"
    OutgoingMail.switch(enabled)
    said = (
        _("Mail to real addresses is switched on.")
        if enabled
        else _("Mail to real addresses is switched off.")
    )
    messages.success(request, said)
    return redirect("admin:mail")


@require_POST
def sample(request: StaffRequest) -> HttpResponse:
    if not request.user.email:
        messages.error(
            request, _("You have no mail address in the register, so there is nowhere to send it.")
        )
        return redirect("admin:mail")
    delivery = samples.send_sample(request.user, language=get_language() or "en", clock=timezone.now)
    return redirect("admin:message", delivery.pk)
