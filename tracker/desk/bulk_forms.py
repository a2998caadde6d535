"""What is asked before many rows change at once. Each makes the deed that is tried and then done (together.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments import together
from commitments.models import Assignment, Post, User
from commitments.owners import called, home_party, only_one, owner_from_line
from tracker.desk.forms import Choices, CloseForm, DayInput, DeskForm, owner_line, prose

LONGEST_MOVE = 3_660  # days


class BulkForm(DeskForm):
    """`rows`: commitments or dates, never none; `leaving`: the post that the list is about, if it is about one."""

    reason = prose(2, label=_("Why"), help_text=_("One sentence for the history of each of them."))

    def __init__(self, *args: Any, rows: QuerySet, leaving: Post | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows, self.leaving = rows, leaving
        self.move_to_end("reason")

    def move_to_end(self, name: str) -> None:
        self.order_fields([*(field for field in self.fields if field != name), name])

    def deed(self, *, by: User, now: datetime) -> together.Deed:
        """Called inside the transaction of the deed; raises ValidationError where nothing can be done at all."""
        raise NotImplementedError


class ReassignForm(BulkForm):
    to_post = owner_line(
        label=_("To the post"),
        help_text=_(
            "A post that is in the register, or “division, name, mail”: what is missing is entered with it."
        ),
    )
    from_post = forms.ModelChoiceField(
        Post.objects.none(), label=_("From the post"), required=False, empty_label=_("whoever leads")
    )
    role = forms.ChoiceField(label=_("Part"), choices=Assignment.Role, initial=Assignment.Role.LEAD)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = {row.pk for row in self.rows}
        parts = Assignment.objects.active(timezone.localdate()).filter(commitment__in=keys)
        field = self.fields["from_post"]
        assert isinstance(field, forms.ModelChoiceField)
        posts = Post.objects.filter(pk__in=parts.order_by().values("post"))
        field.queryset = posts.select_related("organisation")
        field.label_from_instance = lambda post: f"{post} ({post.organisation})"  # type: ignore[method-assign, assignment]
        field.initial = self.leaving and self.leaving.pk
        if not self.is_bound:
            self.fields["to_post"].widget.attrs["autofocus"] = True

    def deed(self, *, by: User, now: datetime) -> together.Deed:
        said = self.cleaned_data
        return together.Reassign(
            to_post=self._to_post(now),
            from_post=said["from_post"],
            role=said["role"],
            now=now,
            reason=said["reason"],
        )

    def _to_post(self, now: datetime) -> Post:
        line = self.cleaned_data["to_post"]
        try:
            known = only_one(called(Post.objects.select_related("organisation"), line), line)
            party = home_party(self.rows[0].forum)
            return known or owner_from_line(line, today=timezone.localdate(now), party=party)
        except ValidationError as error:
            raise ValidationError({"to_post": error.messages}) from error


class MoveManyForm(BulkForm):
    due_on = forms.DateField(label=_("To this day"), widget=DayInput, required=False)
    days = forms.IntegerField(
        label=_("Or by so many days"),
        required=False,
        min_value=-LONGEST_MOVE,
        max_value=LONGEST_MOVE,
        help_text=_("From where each stands; earlier: negative."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors and bool(said.get("due_on")) == bool(said.get("days")):
            self.add_error("due_on", gettext("Give either a day or a number of days."))
        return said

    def deed(self, *, by: User, now: datetime) -> together.Deed:
        said = self.cleaned_data
        return together.Move(now=now, reason=said["reason"], to=said["due_on"], days=said["days"] or 0)


class ExtendManyForm(BulkForm):
    weeks = forms.IntegerField(
        label=_("By so many weeks"),
        required=False,
        min_value=1,
        max_value=104,
        help_text=_(
            "From its date, or from today where that has passed. Empty: until the day that each owner asked for."
        ),
    )

    def deed(self, *, by: User, now: datetime) -> together.Deed:
        said = self.cleaned_data
        return together.Extend(by=by, now=now, reason=said["reason"], weeks=said["weeks"] or 0)


class CloseManyForm(BulkForm):
    implementation = forms.ChoiceField(
        label=_("What became of it"),
        choices=[(end.value, end.label) for end in CloseForm.ENDS],
        widget=Choices,
    )

    def deed(self, *, by: User, now: datetime) -> together.Deed:
        said = self.cleaned_data
        return together.Close(implementation=said["implementation"], now=now, reason=said["reason"])


@dataclass(frozen=True)
class Asked:
    """A deed: what it is called, what it asks, and the word on its last button."""

    title: str | Promise
    form: type[BulkForm]
    button: str | Promise
    of_dates: bool = False


DEEDS = {
    "reassign": Asked(_("Reassign"), ReassignForm, _("Reassign them")),
    "move": Asked(_("Move dates"), MoveManyForm, _("Move them"), of_dates=True),
    "extend": Asked(_("Give more time"), ExtendManyForm, _("Give them more time"), of_dates=True),
    "close": Asked(_("Close commitments"), CloseManyForm, _("Close them")),
}
