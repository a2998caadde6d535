"""The answer page: opened from the mail, without an account. GET shows, only POST acts: scanners open links."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commitments.models import writing
from commitments.refusals import as_validation
from notifications import answering, links, pages
from notifications.answering import NoLongerAsked
from notifications.forms import FORMS, Answer
from notifications.models import Delivery, Reminder, ReminderQuerySet
from notifications.standing import Standing, is_hidden, still_waiting

# What each button says, and under what heading it stands, in the order of the page.
BUTTONS = {
    "no_change": gettext_lazy("No change"),
    "report": gettext_lazy("Report"),
    "more_time": gettext_lazy("Need more time"),
    "hand_over": gettext_lazy("Hand over"),
    "not_mine": gettext_lazy("Not mine"),
    "seen": gettext_lazy("Seen, I will answer later"),
    "later": gettext_lazy("Remind me later"),
}
GROUPS: list[tuple[str | Promise, list[str]]] = [
    (gettext_lazy("Your answer"), ["no_change", "report", "more_time"]),
    (gettext_lazy("Somebody else answers"), ["hand_over", "not_mine"]),
    (gettext_lazy("Not now"), ["seen", "later"]),
]
THANKS = {
    "no_change": gettext_lazy("Thank you. “No change” has gone to the desk."),
    "report": gettext_lazy("Thank you. Your report has gone to the desk."),
    "more_time": gettext_lazy(
        "Thank you. The desk decides about the new date. If it says no, you hear at once; if yes, the next reminder names it."
    ),
    "hand_over": gettext_lazy("Thank you. The desk decides who takes it over."),
    "not_mine": gettext_lazy("Thank you. The desk looks for the right owner."),
    "seen": gettext_lazy("Thank you. It is noted that you have seen this."),
    "later": gettext_lazy("Thank you. You will be reminded later."),
}
# Shown to whoever has just answered, in that browser: what else the message asked is not for a forwarded link.
RECEIPT = "notifications.receipt"
RECEIPT_VALID_FOR = timedelta(hours=1)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = links.read_answer_link(token)
        reminder = _reminders().get(pk=link.reminder_id)
        delivery = Delivery.objects.get(pk=link.delivery_id)
    except links.Expired:
        said = _("Please reply to the mail instead, or use the link of a newer mail about the same item.")
        return pages.sorry(request, _("This link has expired"), said, status=410)
    except (links.Invalid, Reminder.DoesNotExist, Delivery.DoesNotExist):
        said = _("This link is not complete. Copy the whole address from the mail, or reply to the mail.")
        return pages.sorry(request, _("This link cannot be read"), said, status=404)
    language = pages.language_of(request, delivery.language)
    # “Today” is the owner's day: when a message arrives in Seoul at 8:30, it is still yesterday by UTC.
    with translation.override(language), timezone.override(reminder.post.organisation.clock):
        return _AnswerPage(request, reminder, delivery, language, now=timezone.now()).respond()


def _reminders() -> ReminderQuerySet:
    return Reminder.objects.select_related(
        "follow_up__commitment__forum",
        "follow_up__commitment__working_group",
        "follow_up__meeting__forum",
        "post__organisation__calendar",
    )


class _AnswerPage:
    def __init__(
        self, request: HttpRequest, reminder: Reminder, delivery: Delivery, language: str, *, now: datetime
    ) -> None:
        self.request, self.reminder, self.delivery = request, reminder, delivery
        self.language, self.now = language, now
        self.standing = Standing(reminder, user=request.user, now=now)

    def respond(self) -> HttpResponse:
        chosen = self.request.POST.get("answer", "") if self.request.method == "POST" else ""
        if chosen not in FORMS:
            return self.shown()
        form = FORMS[chosen](self.request.POST, auto_id=f"{chosen}-%s", standing=self.standing)
        if form.is_valid() and self.is_accepted(chosen, form):
            return HttpResponseRedirect(self.address_of_receipt(chosen))
        return self.shown(refused=form, chosen=chosen, status=400)

    def is_accepted(self, chosen: str, form: Answer) -> bool:
        """Pass the answer on; what the register refuses is said at the form."""
        try:
            with writing(via="answer page"):
                record(chosen, form.cleaned_data, self.reminder, now=self.now)
        except NoLongerAsked:
            form.add_error(None, _("This item is closed or its date has changed; nothing was recorded."))
        except (ValidationError, IntegrityError) as error:
            form.refuse(as_validation(error))
        return not form.errors

    def address(self, **query: str) -> str:
        """Of this page, in the language in which it is read."""
        return f"{self.request.path}?{urlencode({'language': self.language, **query})}"

    def address_of_receipt(self, chosen: str) -> str:
        return self.address(done=signing.dumps([self.delivery.pk, self.reminder.pk, chosen], salt=RECEIPT))

    def receipt(self) -> str:
        """The key of the answer that was just given here."""
        try:
            found = signing.loads(self.request.GET.get("done", ""), salt=RECEIPT, max_age=RECEIPT_VALID_FOR)
        except signing.BadSignature:
            return ""
        return found[2] if found[:2] == [self.delivery.pk, self.reminder.pk] else ""

    def shown(self, *, refused: Answer | None = None, chosen: str = "", status: int = 200) -> HttpResponse:
        done = "" if refused else self.receipt()
        context = {
            "standing": self.standing,
            "reminder": self.reminder,
            "follow_up": self.reminder.follow_up,
            "commitment": self.standing.commitment,
            "groups": self.groups(refused, chosen),
            "chosen": chosen,
            "refused": refused,
            "done": done,
            "thanks": THANKS.get(done, ""),
            "others": self.others() if done and self.is_recipient() else [],
            "more": len(still_waiting(self.delivery, self.reminder, now=self.now)) if done else 0,
            "back": self.address(),
            "desk": self.reminder.follow_up.forum.desk_post(),
            "mailbox": self.reminder.follow_up.forum.mailbox(),
            "demonstration": self.reminder.follow_up.forum.demonstration,
        }
        return pages.show(
            self.request, "notifications/answer.html", context, language=self.language, status=status
        )

    def groups(self, refused: Answer | None, chosen: str) -> list[tuple[str | Promise, list]]:
        forms = {key: kind(auto_id=f"{key}-%s", standing=self.standing) for key, kind in FORMS.items()}
        if refused is not None:
            forms[chosen] = refused
        return [(title, [(key, BUTTONS[key], forms[key]) for key in keys]) for title, keys in GROUPS]

    def is_recipient(self) -> bool:
        """Signed in; whoever else was given this link answers for this item alone."""
        return self.request.user.pk == self.delivery.recipient_id

    def others(self) -> list[dict[str, Any]]:
        """What the same message asked besides, each by a link of its own."""
        waiting = still_waiting(self.delivery, self.reminder, now=self.now)
        return [
            {
                "address": links.AnswerLink(self.delivery.pk, other.pk).path(),
                "subject": other.follow_up.subject,
                "is_hidden": is_hidden(other.follow_up.commitment, self.request.user),
                "due_on": other.due_on,
            }
            for other in waiting
        ]


def record(chosen: str, said: dict[str, Any], reminder: Reminder, *, now: datetime) -> None:
    """By the button that was pressed; the fields are called as the deed calls them."""
    match chosen:
        case "no_change":
            answering.report(reminder, no_change=True, now=now, **said)
        case "report":
            answering.report(reminder, now=now, **said)
        case "more_time":
            answering.ask_for_time(reminder, now=now, **said)
        case "hand_over":
            answering.hand_over(reminder, now=now, **said)
        case "not_mine":
            answering.not_mine(reminder, now=now, **said)
        case "seen" | "later":
            answering.acknowledge(reminder, now=now, **said)
