"""Parties, their organisations, and the posts in them with whoever holds them."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments import holders
from commitments.admin.base import NamedAdmin, TabularPart
from commitments.admin.deeds import Deed
from commitments.admin.filters import QuestionFilter, VisibleFilter
from commitments.admin.forms import EndsFirstFormSet, JournalForm, why_field
from commitments.admin.seen import seen
from commitments.models import Organisation, OrganisationName, Party, Post, PostHolding, User, writing


@admin.register(Party)
class PartyAdmin(NamedAdmin):
    list_display = ["code", "called", "kind", "calendar", "language"]
    list_display_links = ["code", "called"]
    list_select_related = ["calendar"]
    list_filter = ["kind"]
    search_fields = ["code", *Party.name_columns()]


class EarlierNames(TabularPart):
    model = OrganisationName
    fields = ["until_on", "name_en", "name_ko", "name_ja", "aliases"]


@admin.register(Organisation)
class OrganisationAdmin(NamedAdmin):
    list_display = ["called", "party", "parent", "telephone"]
    list_select_related = ["party", "parent"]
    list_filter = [("party", VisibleFilter)]
    search_fields = Organisation.name_columns()
    autocomplete_fields = ["parent"]
    inlines = [EarlierNames]


class Holdings(TabularPart):
    formset = EndsFirstFormSet
    model = PostHolding
    fields = ["user", "from_on", "until_on", "acting"]
    ordering = ["-from_on"]
    autocomplete_fields = ["user"]


class GiveTo(Deed):
    """The post changes hands in one step: the present holding ends the day before."""

    name = "give"
    label = _("Give to another person")
    done = _("The post has changed hands.")

    user = forms.ModelChoiceField(User.objects.none(), label=_("holder"))
    from_on = forms.DateField(label=_("from"), widget=AdminDateWidget)
    acting = forms.BooleanField(label=_("acting"), required=False)
    why = why_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holder = self.fields["user"]
        assert isinstance(holder, forms.ModelChoiceField)
        holder.queryset = seen(User, self.person).filter(is_active=True)
        holder.widget = AutocompleteSelect(
            PostHolding._meta.get_field("user"), admin.site, choices=holder.choices
        )
        self.fields["from_on"].initial = timezone.localdate

    def do(self, row: Post, *, by: User, now: datetime) -> None:
        said = self.cleaned_data
        with writing(why=said["why"]):
            row.give_to(said["user"], from_on=said["from_on"], acting=said["acting"])


def vacant(posts: Any, today: date) -> QuerySet:
    return posts.vacant_on(today)


def not_vacant(posts: Any, today: date) -> QuerySet:
    return posts.exclude(pk__in=posts.vacant_on(today).values("pk"))


class HeldFilter(QuestionFilter):
    title = _("holder")
    parameter_name = "held"
    answers = [("no", _("Nobody holds it"), vacant), ("yes", _("Somebody holds it"), not_vacant)]


@admin.register(Post)
class PostAdmin(NamedAdmin):
    form = JournalForm
    asks_why = True
    list_display = ["called", "organisation", "holder", "superior"]
    list_select_related = ["organisation", "superior"]
    list_filter = [HeldFilter, ("organisation__party", VisibleFilter)]
    search_fields = [
        *Post.name_columns(),
        *(f"organisation__{column}" for column in Organisation.name_columns()),
    ]
    autocomplete_fields = ["organisation", "superior", "alternate"]
    inlines = [Holdings]
    deeds = (GiveTo,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        active = PostHolding.objects.on(timezone.localdate()).filter(user__is_active=True)
        holding = active.select_related("user").order_by("-acting", "-from_on")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("holdings", queryset=holding, to_attr="held_today"))
        )

    @admin.display(description=_("holder"))
    def holder(self, post: Any) -> str:
        """As Post.holder_on says for one, with both names while somebody acts."""
        return holders.spoken(post.held_today, get_language() or "en")
