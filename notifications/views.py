"""The answer page: opened from the mail, without an account. GET shows, only POST acts: scanners open links."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commitments.models import Commitment, Marking, writing
from commitments.spoken_dates import long_date
from notifications import answering, links
from notifications.answering import NoLongerAsked
from notifications.forms import FORMS, Answer
from notifications.models import Delivery, Reminder, ReminderQuerySet

# What each button says, in the order of the page.
BUTTONS = {
    "no_change": gettext_lazy("No change"),
    "report": gettext_lazy("Report"),
    "more_time": gettext_lazy("Need more time"),
    "not_mine": gettext_lazy("Not mine"),
    "seen": gettext_lazy("Seen, I will answer later"),
}
THANKS = {
    "no_change": gettext_lazy("Thank you. “No change” has gone to the desk."),
    "report": gettext_lazy("Thank you. Your report has gone to the desk."),
    "more_time": gettext_lazy("Thank you. The desk decides about the new date and tells you."),
    "not_mine": gettext_lazy("Thank you. The desk looks for the right owner."),
    "seen": gettext_lazy("Thank you. You will not be reminded of this before its date."),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = links.read_answer_link(token)
        reminder = _reminders().get(pk=link.reminder_id)
        delivery = Delivery.objects.get(pk=link.delivery_id)
    except links.Expired:
        return _sorry(request, _("This link has expired. Please reply to the mail instead."), 410)
    except (links.Invalid, Reminder.DoesNotExist, Delivery.DoesNotExist):
        return _sorry(request, _("This link is not complete. Copy the whole address from the mail."), 404)
    # “Today” is the owner's day: when a message arrives in Seoul at 8:30, it is still yesterday by UTC.
    with translation.override(delivery.language), timezone.override(reminder.post.organisation.clock):
        return _answer(request, reminder, delivery.language)


def _reminders() -> ReminderQuerySet:
    return Reminder.objects.select_related(
        "follow_up__commitment__forum",
        "follow_up__commitment__working_group",
        "follow_up__meeting__forum",
        "post__organisation__calendar",
    )


def _answer(request: HttpRequest, reminder: Reminder, language: str) -> HttpResponse:
    chosen = request.POST.get("answer", "") if request.method == "POST" else ""
    forms = {key: kind(auto_id=f"{key}-%s") for key, kind in FORMS.items()}
    status = 200
    if chosen in FORMS:
        form = FORMS[chosen](request.POST, auto_id=f"{chosen}-%s")
        if form.is_valid() and _accepted(chosen, form, reminder, now=timezone.now()):
            return HttpResponseRedirect(f"{request.path}?done={chosen}")
        forms[chosen], status = form, 400
    return _page(request, reminder, language, forms, chosen=chosen, status=status)


def _accepted(chosen: str, form: Answer, reminder: Reminder, *, now: datetime) -> bool:
    """Pass the answer on; what the register refuses is said at the form."""
    try:
        with writing(via="answer page"):
            _record(chosen, form.cleaned_data, reminder, now)
    except NoLongerAsked:
        form.add_error(None, _("This item is closed or its date has changed; nothing was recorded."))
    except ValidationError as error:
        for sentence in error.messages:
            form.add_error(None, sentence)
    return not form.errors


def _record(chosen: str, said: dict, reminder: Reminder, now: datetime) -> None:
    name = said["name"]
    if chosen == "seen":
        answering.acknowledge(reminder, name=name, now=now)
    elif chosen == "no_change":
        answering.report(reminder, name=name, now=now, no_change=True)
    elif chosen == "report":
        answering.report(reminder, name=name, now=now, text=said["text"])
    elif chosen == "more_time":
        answering.ask_for_time(reminder, name=name, now=now, until_on=said["until_on"], reason=said["reason"])
    else:
        answering.not_mine(reminder, name=name, now=now, owner=said["owner"], reason=said["reason"])


def _page(
    request: HttpRequest,
    reminder: Reminder,
    language: str,
    forms: dict[str, Answer],
    *,
    chosen: str,
    status: int,
) -> HttpResponse:
    commitment = reminder.follow_up.commitment
    restricted = commitment is not None and commitment.marking == Marking.RESTRICTED
    asked = reminder.follow_up.is_open and reminder.follow_up.due_on == reminder.due_on
    last = None if restricted or commitment is None else commitment.reports.cleared().first()
    context = {
        "reminder": reminder,
        "follow_up": reminder.follow_up,
        "commitment": commitment,
        "restricted": restricted,
        "spoken": [] if restricted or commitment is None else _spoken(commitment),
        "due": long_date(reminder.due_on, language),
        "last": last,
        "last_on": long_date(last.reported_on, language) if last else "",
        "asked": asked,
        "choices": [(key, BUTTONS[key], forms[key]) for key in FORMS],
        "chosen": chosen,
        "thanks": THANKS.get(request.GET.get("done", "")),
        "demonstration": reminder.follow_up.forum.demonstration,
    }
    return render(request, "notifications/answer.html", context, status=status)


def _spoken(commitment: Commitment) -> list:
    """Declared words of every language, the text that prevails first."""
    provisions = commitment.provisions.select_related("text")
    return list(provisions.order_by("text__authority", "text__language", "start"))


def _sorry(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "notifications/sorry.html", {"sentence": sentence}, status=status)
