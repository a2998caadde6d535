"""The answer page's forms: one per button, each asking only what it needs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.fields import refuse_unprintable


class Answer(forms.Form):
    """Who answers. Asked each time: a forwarded mail is answered by somebody else than its recipient."""

    name = forms.CharField(label=_("Your name"), max_length=200, validators=[refuse_unprintable])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "name" if name == "name" else "off"


class Seen(Answer):
    pass


class NoChange(Answer):
    pass


class Report(Answer):
    text = forms.CharField(
        label=_("What was done"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[refuse_unprintable],
    )


class MoreTime(Answer):
    until_on = forms.DateField(label=_("New date"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        validators=[refuse_unprintable],
    )


class NotMine(Answer):
    owner = forms.CharField(
        label=_("Whose it is, if you know"), max_length=300, required=False, validators=[refuse_unprintable]
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        validators=[refuse_unprintable],
    )


# In the order in which the page shows them; the key is what the button posts.
FORMS: dict[str, type[Answer]] = {
    "no_change": NoChange,
    "report": Report,
    "more_time": MoreTime,
    "not_mine": NotMine,
    "seen": Seen,
}
