"""“Write to the owner”: the drafted text of a task, which a person sends, copies or leaves."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments.models import FollowUp, Marking
from notifications import channels, letters
from notifications.letters import Draft
from notifications.models import Delivery, Reminder
from tracker.desk.forms import DeskForm, line, prose
from tracker.desk.requests import StaffRequest, posted


class LetterForm(DeskForm):
    subject = line(label=_("Subject"))
    text = prose(18, label=_("Text"))
    # To whom it was shown: if another holds the post meanwhile, the name in it is wrong.
    recipient = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, draft: Draft, **kwargs: Any) -> None:
        who = draft.recipient.user.pk if draft.recipient else None
        super().__init__(*args, **kwargs)
        self.initial = {"subject": draft.subject, "text": draft.text, "recipient": who}
        self.fields["text"].widget.attrs["lang"] = self.fields["subject"].widget.attrs["lang"] = (
            draft.language
        )
        self.who = who

    def clean_recipient(self) -> None:
        if self.cleaned_data["recipient"] != self.who:
            raise ValidationError(gettext("Somebody else is told for this post by now. Open the page again."))


def write(request: StaffRequest, pk: int) -> HttpResponse:
    task, now = _task(request, pk), timezone.now()
    drafts = letters.drafts(task, by=request.user, now=now)
    draft = next((each for each in drafts if str(each.post.pk) == request.GET.get("post")), None)
    draft = draft or next(iter(drafts), None)
    form = LetterForm(posted(request), draft=draft) if draft else None
    if draft and form and request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if form.accepts(
            lambda: letters.send(
                task, draft, subject=said["subject"], text=said["text"], by=request.user, now=now
            )
        ):
            messages.success(request, _sent())
            return redirect("admin:index")
    context = {
        "title": gettext("Write to the owner"),
        "task": task,
        "follow_up": task.follow_up,
        "commitment": task.follow_up.commitment,
        "drafts": drafts,
        "draft": draft,
        "form": form,
        "restricted": _is_restricted(task),
    }
    return render(request, "desk/write.html", context, status=400 if form and form.errors else 200)


def _sent() -> str:
    if channels.for_name(Delivery.Channel.MAIL).is_open():
        return gettext("The letter leaves within a minute; then the task is done.")
    return gettext("The letter waits: outgoing mail is switched off.")


def _task(request: StaffRequest, pk: int) -> Reminder:
    tasks = Reminder.objects.visible_to(request.user).tasks_for_the_desk(timezone.now())
    mine = tasks.filter(follow_up__in=FollowUp.objects.editable_by(request.user))
    related = mine.select_related(
        "follow_up__commitment__forum",
        "follow_up__commitment__working_group",
        "follow_up__meeting__forum",
        "delivery",
    )
    return get_object_or_404(related, pk=pk)


def _is_restricted(task: Reminder) -> bool:
    commitment = task.follow_up.commitment
    return commitment is not None and commitment.marking == Marking.RESTRICTED
