"""Mail that nobody could match by itself: a person says which item it answers, or that it needs nothing."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from commitments.models import FollowUp
from commitments.spoken_dates import long_date
from notifications.ladders import Audience
from notifications.models import Delivery, IncomingMail, Reminder
from tracker.desk.forms import Choices, DeskForm, prose
from tracker.desk.requests import StaffRequest, posted

ITEMS_OFFERED = 20
FOUND_BY_REFERENCE = 5


class UseForm(DeskForm):
    """Which item, and which of its words: it becomes a proposal that waits for the desk like any other."""

    reminder = forms.ModelChoiceField(
        Reminder.objects.none(), label=_("It answers"), empty_label=None, widget=Choices
    )
    words = prose(6, label=_("In these words"), help_text=_("Without greeting, quotation and signature."))

    def __init__(
        self, *args: Any, mail: IncomingMail, words: str, offered: list[Reminder], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mail = mail
        choice = self.fields["reminder"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = _related(Reminder.objects.filter(pk__in=[reminder.pk for reminder in offered]))
        choice.label_from_instance = _in_words  # type: ignore[assignment, method-assign]
        choice.initial = offered[0] if len(offered) == 1 else None
        self.fields["words"].initial = words[:20_000]

    def carry_out(self) -> bool:
        said = self.cleaned_data
        return self.accepts(
            lambda: self.mail.use_for(said["reminder"], words=said["words"], now=timezone.now())
        )


def _in_words(reminder: Reminder) -> str:
    day = long_date(reminder.due_on, get_language() or "en")
    return f"{reminder.follow_up.subject} · {day} · {reminder.post}"


def _related(rows: Any) -> Any:
    return rows.select_related("follow_up__commitment", "follow_up__meeting__forum", "post")


def incoming(request: StaffRequest, pk: int) -> HttpResponse:
    mail = _mail(request, pk)
    can_act = _is_editable(request, mail) and mail.state != IncomingMail.State.DONE
    offered = list(_offered(request, mail))[:ITEMS_OFFERED] if can_act else []
    text = mail.text_for(request.user)
    words = mail.words if text == mail.text else text
    form = UseForm(posted(request), mail=mail, words=words, offered=offered) if offered else None
    if form and request.method == "POST" and form.is_valid() and form.carry_out():
        messages.success(request, gettext("It waits as a proposal: accept or return it."))
        return _to_item(form.cleaned_data["reminder"])
    context = {
        "title": mail.subject or gettext("Mail without a subject"),
        "mail": mail,
        "text": text,
        "form": form,
        "can_act": can_act,
        "reference": request.GET.get("reference", ""),
        "looked": "reference" in request.GET,
        "about": mail.delivery if mail.delivery and _may_see_message(request, mail) else None,
    }
    return render(request, "desk/incoming.html", context, status=400 if form and form.errors else 200)


@require_POST
def done(request: StaffRequest, pk: int) -> HttpResponse:
    rows = IncomingMail.objects.editable_by(request.user).waiting()
    try:
        get_object_or_404(rows, pk=pk).done()
    except ValidationError as error:  # somebody was quicker
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, gettext("The mail is done. It stays in the mailbox."))
    return redirect("admin:index")


def _mail(request: StaffRequest, pk: int) -> IncomingMail:
    rows = IncomingMail.objects.visible_to(request.user).select_related("delivery__recipient", "forum")
    return get_object_or_404(rows, pk=pk)


def _is_editable(request: StaffRequest, mail: IncomingMail) -> bool:
    return IncomingMail.objects.editable_by(request.user).filter(pk=mail.pk).exists()


def _may_see_message(request: StaffRequest, mail: IncomingMail) -> bool:
    return Delivery.objects.visible_to(request.user).filter(pk=mail.delivery_id or 0).exists()


def _offered(request: StaffRequest, mail: IncomingMail) -> Iterator[Reminder]:
    """Of the message that it answers, and of the commitment that the officer names; the newest for each post."""
    mine = FollowUp.objects.editable_by(request.user).open()
    asked = Reminder.objects.filter(follow_up__in=mine).exclude(audience=Audience.DESK)
    found = asked.filter(delivery=mail.delivery_id) if mail.delivery_id else asked.none()
    if named := request.GET.get("reference", "").strip()[:60]:
        dates = mine.filter(commitment__reference__iexact=named).order_by("due_on", "pk")
        found = found | asked.filter(follow_up__in=list(dates[:FOUND_BY_REFERENCE]))
    seen = set()
    for reminder in found.order_by("due_on", "-remind_on", "-ordinal", "pk"):
        key = (reminder.follow_up_id, reminder.post_id)
        if key not in seen:
            seen.add(key)
            yield reminder


def _to_item(reminder: Reminder) -> HttpResponse:
    commitment = reminder.follow_up.commitment
    return redirect("admin:commitment", commitment.reference) if commitment else redirect("admin:index")
