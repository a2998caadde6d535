"""What the pages without an account ask, each form only what it needs."""

from __future__ import annotations

import zoneinfo
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from commitments.fields import refuse_unprintable
from commitments.models import Language, User
from commitments.models.calendars import refuse_unknown_zone
from commitments.working_days import ONE_DAY, require_in_range
from notifications.models import Preference
from notifications.models.preferences import EARLIEST_HOUR, LATEST_HOUR
from notifications.standing import Standing


def within_the_calendar(day: date) -> None:
    try:
        require_in_range(day)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def line(**kwargs: Any) -> forms.CharField:
    return forms.CharField(validators=[refuse_unprintable], **kwargs)


def prose(rows: int, **kwargs: Any) -> forms.CharField:
    return line(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class Day(forms.DateField):
    """The browser's own calendar."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_validators = [within_the_calendar]

    def limit(self, first: date, last: date | None = None) -> None:
        """A hint for the calendar; the rule is the model's."""
        self.widget.attrs["min"] = first.isoformat()
        if last is not None:
            self.widget.attrs["max"] = last.isoformat()


class Answer(forms.Form):
    """Who answers. Asked each time: a forwarded mail is answered by somebody else than its recipient."""

    # What the register calls the field whose value it refuses.
    columns = {
        "proposed_on": "until_on",
        "proposed_owner": "owner",
        "internal": "text",
        "reported_by": "name",
        "asked_by": "name",
        "by_name": "name",
    }

    name = line(label=_("Your name"), max_length=200)

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "name" if name == "name" else "off"
        self.suit(standing)

    def suit(self, standing: Standing) -> None:
        """Ask what this item needs."""

    def refuse(self, error: ValidationError) -> None:
        """Say what the register refused at the field it is about, else above the form."""
        told = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
        for column, errors in told.items():
            name = self.columns.get(column, column)
            self.add_error(name if name in self.fields else None, errors)


class NoChange(Answer):
    text = prose(
        2,
        label=_("What keeps it from moving"),
        max_length=20_000,
        required=False,
        help_text=_("This would be the third “no change” in a row. Please add a sentence."),
    )

    def suit(self, standing: Standing) -> None:
        if not standing.would_repeat:
            del self.fields["text"]


class Report(Answer):
    text = prose(4, label=_("What was done"), max_length=20_000)


class MoreTime(Answer):
    until_on = Day(label=_("New date"))
    reason = prose(2, label=_("Reason"), max_length=2_000)

    def suit(self, standing: Standing) -> None:
        self.fields["until_on"].limit(max(standing.reminder.due_on, standing.today) + ONE_DAY)  # type: ignore[attr-defined]


class HandOver(Answer):
    owner = line(label=_("To whom"), max_length=300, help_text=_("A division, a post or a person."))
    reason = prose(2, label=_("Reason"), max_length=2_000, required=False)


class NotMine(Answer):
    owner = line(label=_("Whose it is, if you know"), max_length=300, required=False)
    reason = prose(2, label=_("Reason"), max_length=2_000, required=False)


class Seen(Answer):
    until_on = Day(label=_("No reminder until"), help_text=_("That day included."), required=False)

    def suit(self, standing: Standing) -> None:
        self.fields["until_on"].limit(standing.today, standing.latest_quiet_day)  # type: ignore[attr-defined]
        self.fields["until_on"].initial = standing.latest_quiet_day


class Later(Answer):
    until_on = Day(label=_("No reminder until"), help_text=_("That day included."))
    reason = line(label=_("Why not before"), max_length=300)

    def suit(self, standing: Standing) -> None:
        self.fields["until_on"].limit(standing.today, standing.reminder.due_on)  # type: ignore[attr-defined]


# In the order in which the page shows them; the key is what the button posts.
FORMS: dict[str, type[Answer]] = {
    "no_change": NoChange,
    "report": Report,
    "more_time": MoreTime,
    "hand_over": HandOver,
    "not_mine": NotMine,
    "seen": Seen,
    "later": Later,
}


class PreferenceForm(forms.ModelForm):
    """How one person wants to be told. Where a chat is, only an officer enters: who knows it can write there."""

    hour = forms.TimeField(
        label=_("From what hour"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 900}),
        help_text=_("On your own clock. Messages come from that hour on."),
    )
    days = forms.MultipleChoiceField(
        label=_("Days on which you work"),
        choices=[(str(number + 1), name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Leave at least one day to be told on.")},
    )
    pause_from_on = Day(label=_("No message from"), required=False)
    pause_until_on = Day(label=_("No message until"), required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("that of the organisation")), *Language.choices],
        required=False,
    )
    zone = line(
        label=_("Time zone"),
        max_length=60,
        required=False,
        help_text=_("Empty: that of the organisation. Example: Asia/Seoul."),
    )

    class Meta:
        model = Preference
        fields = ["hour", "days", "rhythm", "pause_from_on", "pause_until_on"]
        fields += ["duties_by", "overview", "overview_by"]
        widgets = dict.fromkeys(["rhythm", "duties_by", "overview_by"], forms.RadioSelect)
        labels = {
            "rhythm": _("How often"),
            "duties_by": _("What is asked of you comes by"),
            "overview": _("Send me the weekly overview"),
            "overview_by": _("The weekly overview comes by"),
        }

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        chosen = {"days": list(self.instance.days), "language": user.language, "zone": user.zone}
        self.initial.update(chosen)
        self.fields["hour"].widget.attrs |= {"min": f"{EARLIEST_HOUR:%H:%M}", "max": f"{LATEST_HOUR:%H:%M}"}
        self.fields["zone"].widget.attrs |= {"list": "zones", "autocomplete": "off"}
        for name in ("pause_from_on", "pause_until_on"):
            self.fields[name].limit(today, today + timedelta(days=365))  # type: ignore[attr-defined]
        if not self.offers_chat():
            del self.fields["duties_by"], self.fields["overview_by"]

    def offers_chat(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.instance.chat_address)

    def clean_days(self) -> str:
        return "".join(sorted(self.cleaned_data["days"]))

    def clean_zone(self) -> str:
        refuse_unknown_zone(self.cleaned_data["zone"])
        return self.cleaned_data["zone"]

    def save(self, commit: bool = True) -> Preference:
        """The person's own language and zone hold for all that is sent to them."""
        said = self.cleaned_data["language"], self.cleaned_data["zone"]
        if said != (self.user.language, self.user.zone):
            self.user.language, self.user.zone = said
            self.user.save(update_fields=["language", "zone"])
        return super().save(commit)

    @staticmethod
    def zones() -> list[str]:
        """Those that are named after a place."""
        places = (zone for zone in zoneinfo.available_timezones() if "/" in zone)
        return sorted(zone for zone in places if not zone.startswith("Etc/"))
