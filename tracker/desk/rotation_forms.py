"""Posts change hands and bodies change: asked for, shown as a preview, and done only as it was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments import owners, reorganising
from commitments.admin.forms import refuse
from commitments.models import (
    LANGUAGES,
    Language,
    Organisation,
    Post,
    PostHolding,
    Reorganisation,
    User,
    writing,
)
from tracker.desk.forms import DayInput, DeskForm, line

Kind = Reorganisation.Kind


class PreviewedForm(DeskForm):
    """The second press does what the first has shown, unless something has changed in between."""

    def stands(self) -> list[Any]:
        """What the preview rests on."""
        return []

    def fingerprint(self) -> str:
        posted: Any = self.data
        said = {name: posted.getlist(self.add_prefix(name)) for name in self.fields}
        told = json.dumps([said, self.stands()], sort_keys=True, default=str)
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()

    def was_shown(self) -> bool:
        return self.data.get("do") == "save" and self.data.get("shown") == self.fingerprint()

    def has_moved(self) -> bool:
        """Pressed “do it”, but what is asked, or what it rests on, is not what was shown."""
        return self.data.get("do") == "save" and not self.was_shown()


class HandoverForm(PreviewedForm):
    comes = line(
        label=_("Who comes"),
        required=False,
        help_text=_(
            "“Name, mail address”: who is not in the register is entered. Empty: nobody yet; the alternate or "
            "the desk hears meanwhile."
        ),
    )
    from_on = forms.DateField(label=_("From which day"), widget=DayInput)
    reason = line(
        label=_("Why"), max_length=500, required=False, help_text=_("Such as the number of the order.")
    )

    def __init__(self, *args: Any, post: Post, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.post, self.today = post, today
        self.name, self.mail = "", ""
        self.known: User | None = None
        self.fields["comes"].widget.attrs |= {"list": "people", "autocomplete": "off"}
        self.fields["from_on"].initial = today

    def clean_comes(self) -> str:
        said = self.cleaned_data["comes"]
        if said.strip():
            self.name, self.mail = owners.person_from_line(said)
            self.known = owners.person_of_mail(self.mail)
        return said

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            comes = self.known or (User() if self.mail else None)
            self.post.refuse_hand_over(comes, from_on=said["from_on"], today=self.today)
        return said

    def stands(self) -> list[Any]:
        return [
            list(row) for row in self.post.holdings.overlapping(self.today, None).order_by("pk").values_list()
        ]

    @property
    def who_comes(self) -> str:
        return self.known.name if self.known else self.name

    def carry_out(self) -> bool:
        return self.accepts(self._hand_over, at="comes")

    def _hand_over(self) -> None:
        party = self.post.organisation.party
        said = self.cleaned_data
        with writing(why=said["reason"]):
            user = owners.entered_person(self.name, self.mail, party) if self.mail else None
            self.post.hand_over(user, from_on=said["from_on"], today=self.today)


class BodyChoice(forms.ModelChoiceField):
    def label_from_instance(self, body: Any) -> str:
        return f"{body} ({body.parent})" if body.parent else str(body)


class PostChoices(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Post.objects.none(), widget=forms.CheckboxSelectMultiple, **kwargs)
        self.widget.template_name = "desk/choices.html"


class ReorganisationForm(PreviewedForm):
    """One decision about a body, from a day on."""

    kind: Kind

    def __init__(self, *args: Any, body: Organisation, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.body, self.user = body, user
        for name in ("effective_on", "reason"):  # at the end, whatever the kind asks before
            self.fields[name] = _when(today) if name == "effective_on" else _why()
        self.prepare()

    def prepare(self) -> None:
        """Fill in what the body is now."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        try:
            if not self.errors:
                self.decided().full_clean()
        except ValidationError as error:
            refuse(self, error)
        return said

    def decided(self) -> Reorganisation:
        known = Reorganisation._meta.get_fields()
        columns = {field.name for field in known if getattr(field, "column", None)}
        said = {name: value for name, value in self.cleaned_data.items() if name in columns}
        return Reorganisation(organisation=self.body, kind=self.kind, planned_by=self.user, **said)

    def leaving(self) -> list[Post]:
        return []

    def stands(self) -> list[Any]:
        posts = self.body.posts.order_by("pk").values_list("pk", flat=True)
        return [self.body.name_en, self.body.name_ko, self.body.name_ja, *posts]

    def carry_out(self, *, now: datetime) -> bool:
        chosen = self.leaving() if not self.cleaned_data.get("whole") else []
        return self.accepts(lambda: reorganising.plan(self.decided(), chosen, now=now))


def _when(today: date) -> forms.DateField:
    said = _("What was before stays in the history under its name. A later day is carried out by itself.")
    return forms.DateField(label=_("From which day"), widget=DayInput, initial=today, help_text=said)


def _why() -> forms.CharField:
    return line(
        label=_("Why"), max_length=500, required=False, help_text=_("Such as the number of the decree.")
    )


def _name(code: str, label: Any) -> forms.CharField:
    field = line(label=label, required=False)
    field.widget.attrs["lang"] = code
    return field


class _NamedForm(ReorganisationForm):
    name_en = _name("en", _("New name in English"))
    name_ko = _name("ko", _("New name in Korean"))
    name_ja = _name("ja", _("New name in Japanese"))


class RenameForm(_NamedForm):
    kind = Kind.RENAME

    def prepare(self) -> None:
        for code in LANGUAGES:
            self.fields[f"name_{code}"].initial = getattr(self.body, f"name_{code}")

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Language, name until now, name then."""
        for code in LANGUAGES:
            was, becomes = getattr(self.body, f"name_{code}"), self.cleaned_data[f"name_{code}"]
            if was or becomes:
                yield str(Language(code).label), was, becomes

    def retitled(self) -> list[tuple[str, str]]:
        """Posts that carry its name: how they are called now, and then."""
        new = {f"name_{code}": self.cleaned_data[f"name_{code}"] for code in LANGUAGES}
        old = {column: getattr(self.body, column) for column in new}
        found = []
        for post in self.body.posts.all():
            for column, name in post.named_after(old, new).items():
                found.append((getattr(post, column), name))
        return found


class _LeavingForm(ReorganisationForm):
    """Posts that leave the body."""

    def prepare(self) -> None:
        choice = self.fields["posts"]
        assert isinstance(choice, forms.ModelMultipleChoiceField)
        choice.queryset = self.body.posts.order_by("name_en", "name_ko", "pk")

    def leaving(self) -> list[Post]:
        if self.cleaned_data.get("whole"):
            return list(self.body.posts.all())
        return list(self.cleaned_data["posts"])


class SplitForm(_LeavingForm, _NamedForm):
    kind = Kind.SPLIT
    posts = PostChoices(label=_("Posts that go to the new organisation"))


class TransferForm(_LeavingForm):
    kind = Kind.TRANSFER
    target = BodyChoice(
        Organisation.objects.none(), label=_("To which organisation"), empty_label=_("choose")
    )
    whole = forms.BooleanField(
        label=_("All of it: every post, and the organisations below it"), required=False, initial=True
    )
    posts = PostChoices(label=_("Otherwise only these posts"), required=False)

    def prepare(self) -> None:
        super().prepare()
        choice = self.fields["target"]
        assert isinstance(choice, forms.ModelChoiceField)
        others = Organisation.objects.visible_to(self.user).filter(party=self.body.party_id)
        choice.queryset = others.exclude(pk=self.body.pk).select_related("parent")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors and not said["whole"] and not said["posts"]:
            raise ValidationError({"posts": gettext("Choose the posts that go, or all of it.")})
        return said


FORMS: dict[str, type[ReorganisationForm]] = {
    "rename": RenameForm,
    "split": SplitForm,
    "transfer": TransferForm,
}


@dataclass(frozen=True)
class Mover:
    """A post in the preview of a change of bodies."""

    post: Post
    held: list[PostHolding]
    items: int
