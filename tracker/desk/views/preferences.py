"""How a person is told, entered on the desk: by themselves, or by an officer, who alone enters where a chat is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments.fields import refuse_unprintable
from commitments.models import User
from notifications.channels import chat
from notifications.forms import PreferenceForm
from notifications.models import Preference
from tracker.desk.forms import Choices, DeskRenderer
from tracker.desk.requests import StaffRequest, posted


class Secret(forms.TextInput):
    """Read as it is typed, and never written back into a page."""

    def format_value(self, value: Any) -> None:
        return None


class Ticks(forms.CheckboxSelectMultiple):
    template_name = "desk/choices.html"


class OwnForm(PreferenceForm):
    """The same questions as on the page without an account, in the clothes of the desk."""

    default_renderer = DeskRenderer
    use_required_attribute = False
    # Of whoever it is: the one that reads it may be an officer.
    LABELS = {
        "days": _("Working days"),
        "pause_from_on": _("Nothing from"),
        "pause_until_on": _("Nothing until"),
        "overview": _("Send the weekly overview"),
        "duties_by": _("What is asked comes by"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in self.LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        self.fields["hour"].help_text = _("On the person's own clock. Messages come from that hour on.")
        for name, widget in {
            "days": Ticks,
            "rhythm": Choices,
            "duties_by": Choices,
            "overview_by": Choices,
        }.items():
            if name in self.fields:
                self._dress(name, widget())

    def _dress(self, name: str, widget: forms.Widget) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        widget.choices = field.choices  # type: ignore[attr-defined]
        field.widget = widget


class OfficersForm(OwnForm):
    """Whoever knows the address of a chat can write there: it is entered here, and shown nowhere."""

    forget_chat = forms.BooleanField(label=_("Remove the address"), required=False)
    chat_address = forms.CharField(
        label=_("Address of the chat"),
        max_length=500,
        required=False,
        validators=[refuse_unprintable],
        widget=Secret(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "As the chat service gives it, such as slack://… or workflows://… Whoever knows it can write there, "
            "so it is never shown again."
        ),
    )

    class Meta(PreferenceForm.Meta):
        fields = [*PreferenceForm.Meta.fields, "chat_address"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_address = self.instance.chat_address
        if not self.known_address:
            del self.fields["forget_chat"]
        if not chat.is_installed():
            del self.fields["chat_address"]

    def offers_chat(self) -> bool:
        return chat.is_installed() or super().offers_chat()

    def clean_chat_address(self) -> str:
        """Left empty, the address that is known stays."""
        given = self.cleaned_data["chat_address"]
        if given and (problem := chat.address_problem(given)):
            raise ValidationError(problem)
        return given or self.known_address

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("forget_chat"):
            said["chat_address"] = self.instance.chat_address = ""
        by_chat = Preference.Channel.CHAT in (said.get("duties_by"), said.get("overview_by"))
        if by_chat and not said.get("chat_address", self.instance.chat_address) and not self.errors:
            self.add_error("chat_address" if "chat_address" in self.fields else None, _no_address())
        return said


def _no_address() -> str:
    return gettext("Give the address of the chat, or choose mail.")


def preferences(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user).filter(is_active=True), pk=pk)
    is_own = person.pk == request.user.pk
    if not (is_own or may_change(request)):
        raise Http404
    form = _saved(request, person) if request.method == "POST" else _form(request, person)
    if form.is_valid():
        messages.success(request, gettext("Saved. It holds from the next message on."))
        return redirect("admin:preferences" if is_own else "admin:person", person.pk)
    context = {
        "title": gettext("How you are told")
        if is_own
        else gettext("How %(name)s is told") % {"name": person.name},
        "person": person,
        "is_own": is_own,
        "form": form,
        "has_chat": bool(getattr(form, "known_address", "")),
        "chat_is_missing": isinstance(form, OfficersForm) and not chat.is_installed(),
    }
    return render(request, "desk/preferences.html", context, status=400 if form.errors else 200)


def may_change(request: StaffRequest) -> bool:
    """Those of others, who may have no row yet (access.EDITABLE has no rule that is narrower)."""
    return request.user.has_perm("notifications.change_preference")


def chosen(request: StaffRequest, person: User) -> Preference:
    """What they chose, else what holds for everybody; asked for whoever is themself or may change it."""
    seen = Preference.objects.visible_to(request.user)
    return seen.filter(user=person).first() or Preference(user=person)


def _form(request: StaffRequest, person: User) -> OwnForm:
    kind = OfficersForm if may_change(request) else OwnForm
    return kind(posted(request), instance=chosen(request, person), user=person, today=timezone.localdate())


def _saved(request: StaffRequest, person: User) -> OwnForm:
    """As far as it is valid."""
    with Preference.one_at_a_time(person):
        form = _form(request, person)
        if form.is_valid():
            form.save()
    return form
