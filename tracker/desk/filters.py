"""How a list of commitments is narrowed: questions that combine, each one method of the querysets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.fields import composed, refuse_unprintable
from commitments.models import Commitment, Forum, Organisation, Party, Post, User
from commitments.models.commitments import CommitmentQuerySet
from commitments.spoken_dates import long_date
from commitments.trees import descendants
from tracker.desk.forms import DayInput

Ask = Callable[[CommitmentQuerySet, User, date], CommitmentQuerySet]
QUESTIONS: dict[str, tuple[str | Promise, Ask]] = {
    "overdue": (_("Overdue"), lambda rows, user, today: rows.overdue(today)),
    "uncovered": (_("No owner or date"), lambda rows, user, today: rows.uncovered(today)),
    "at_risk": (_("At risk or off track"), lambda rows, user, today: rows.at_risk()),
    "silent": (
        _("Silent since the last meeting"),
        lambda rows, user, today: rows.silent_since_last_meeting(today),
    ),
    "waiting": (_("Waiting for me"), lambda rows, user, today: rows.waiting_for(user)),
}


@dataclass(frozen=True)
class Chip:
    """A filter that is on, in words, and the address of the list without it."""

    words: str
    without: str


def words_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=200, required=False, validators=[refuse_unprintable], **kwargs)


class CommitmentFilter(forms.Form):
    """What it does not understand it leaves out."""

    q = words_field(label=_("Words"))
    charge = words_field(
        label=_("In charge"), help_text=_("A post, a person or a division; part of the name is enough.")
    )
    ask = forms.MultipleChoiceField(
        label=_("Which ones?"),
        required=False,
        choices=[(slug, words) for slug, (words, _ask) in QUESTIONS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    forum = forms.ModelChoiceField(
        Forum.objects.all(), label=_("Forum"), required=False, empty_label=_("all")
    )
    party = forms.ModelChoiceField(
        Party.objects.all(), label=_("Party"), required=False, empty_label=_("all")
    )
    organisation = words_field(
        label=_("With the organisation"), help_text=_("Part of its name; what is below it counts too.")
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("active")),
            (Commitment.Workflow.DRAFT.value, Commitment.Workflow.DRAFT.label),
            (Commitment.Workflow.CLOSED.value, Commitment.Workflow.CLOSED.label),
            ("all", _("all")),
        ],
    )
    outlook = forms.ChoiceField(
        label=_("Outlook"),
        required=False,
        choices=[("", _("all")), *Commitment.Outlook.choices[1:], ("none", Commitment.Outlook.NONE.label)],
    )
    due_from = forms.DateField(label=_("A date from"), required=False, widget=DayInput)
    due_until = forms.DateField(label=_("A date until"), required=False, widget=DayInput)
    # Set by links of other pages; of what they narrow, a chip tells.
    post = forms.ModelChoiceField(
        Post.objects.select_related("organisation"), required=False, widget=forms.HiddenInput
    )

    # Always in sight; the rest is in the drawer.
    first_fields = ("q", "charge")

    def __init__(self, data: QueryDict, *, user: User, today: date) -> None:
        super().__init__(data)
        self.asked, self.user, self.today = data, user, today
        # Read once: for the drop-down, and for the forums that are one press away.
        self.forums = list(Forum.objects.visible_to(user).order_by("code"))
        self._offer("forum", [(forum.pk, str(forum)) for forum in self.forums])
        self.is_valid()

    def _offer(self, name: str, choices: list[tuple[int, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.choices = [("", field.empty_label or ""), *choices]

    @property
    def in_sight(self) -> list[forms.BoundField]:
        return [self[name] for name in self.first_fields]

    @property
    def in_drawer(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in (*self.first_fields, "ask")]

    @property
    def is_narrowing(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    def narrow(self, rows: CommitmentQuerySet) -> CommitmentQuerySet:
        """The rows that answer every question asked."""
        wanted = self.cleaned_data
        state = wanted.get("state") or Commitment.Workflow.ACTIVE
        if state != "all":
            rows = rows.filter(workflow=state)
        for slug in wanted.get("ask") or []:
            rows = QUESTIONS[slug][1](rows, self.user, self.today)
        for name in ("q", "charge", "forum", "party", "organisation", "outlook", "post"):
            if value := wanted.get(name):
                rows = getattr(self, f"_by_{name}")(rows, value)
        if wanted.get("due_from") or wanted.get("due_until"):
            rows = rows.due_between(wanted.get("due_from"), wanted.get("due_until"))
        return rows

    def _by_q(self, rows: CommitmentQuerySet, words: str) -> CommitmentQuerySet:
        words = composed(words)
        return rows.filter(Q(reference__icontains=words) | Commitment.objects.name_contains(words))

    def _by_charge(self, rows: CommitmentQuerySet, words: str) -> CommitmentQuerySet:
        return rows.led_by(Post.objects.known_by(words, self.today), self.today)

    def _by_forum(self, rows: CommitmentQuerySet, forum: Forum) -> CommitmentQuerySet:
        return rows.of_forum(forum)

    def _by_party(self, rows: CommitmentQuerySet, party: Party) -> CommitmentQuerySet:
        return rows.with_party(party, self.today)

    def _by_organisation(self, rows: CommitmentQuerySet, _words: str) -> CommitmentQuerySet:
        below = descendants(Organisation, {row.pk for row in self.organisations})
        return rows.with_part_of(Post.objects.filter(organisation__in=below), self.today)

    def _by_outlook(self, rows: CommitmentQuerySet, outlook: str) -> CommitmentQuerySet:
        return rows.filter(outlook="" if outlook == "none" else outlook)

    def _by_post(self, rows: CommitmentQuerySet, post: Post) -> CommitmentQuerySet:
        return rows.with_part_of(Post.objects.filter(pk=post.pk), self.today)

    @cached_property
    def organisations(self) -> list[Organisation]:
        """Those that are meant: by the key that a link gave, or by a part of the name."""
        said = self.cleaned_data.get("organisation") or ""
        seen = Organisation.objects.visible_to(self.user)
        return list(seen.filter(pk=int(said)) if is_key(said) else seen.named(said)) if said else []

    def leaving_post(self) -> Post | None:
        """The one post that the list is about, if it is about one."""
        if post := self.cleaned_data.get("post"):
            return post
        words = self.cleaned_data.get("charge")
        found = list(Post.objects.known_by(words, self.today)[:2]) if words else []
        return found[0] if len(found) == 1 else None

    @cached_property
    def chips(self) -> list[Chip]:
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        for name in self.fields:
            for raw in self.asked.getlist(name):
                if raw and (words := self._in_words(name, raw)):
                    yield Chip(words, self._without(name, raw))

    def _in_words(self, name: str, raw: str) -> str:
        value = self.cleaned_data.get(name)
        if not value:
            return ""
        if name == "ask":
            return str(QUESTIONS[raw][0]) if raw in value else ""
        label = str(self.fields[name].label or _("Takes part"))
        return f"{label}: {self._value_in_words(name, value)}"

    def _value_in_words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(value, date):
            return long_date(value, get_language() or "en")
        if name == "organisation" and is_key(value):
            return ", ".join(str(row) for row in self.organisations)
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        return str(value)

    def _without(self, name: str, raw: str) -> str:
        left = self.asked.copy()
        left.setlist(name, [value for value in left.getlist(name) if value != raw])
        return f"?{left.urlencode()}" if any(left.values()) else "?view=all"


def is_key(said: str) -> bool:
    return said.isascii() and said.isdecimal() and len(said) < 16


class DateFilter(CommitmentFilter):
    """Of a list of dates, which asks by itself whether they are overdue or to come."""

    ask = state = due_from = due_until = None  # type: ignore[assignment]
