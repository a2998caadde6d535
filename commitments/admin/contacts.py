"""Talks that were noted, each with who took part."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import LinkPart, RegisterAdmin
from commitments.admin.filters import VisibleFilter
from commitments.letter_numbers import search_fields
from commitments.models import Commitment, Contact, ContactOrganisation, ContactPost


class Posts(LinkPart):
    model = ContactPost
    verbose_name = _("post")
    verbose_name_plural = _("with posts")
    autocomplete_fields = ["post"]


class Organisations(LinkPart):
    model = ContactOrganisation
    verbose_name = _("organisation")
    verbose_name_plural = _("with organisations")
    autocomplete_fields = ["organisation"]


@admin.register(Contact)
class ContactAdmin(RegisterAdmin):
    list_display = ["contacted_on", "said", "about", "others", "letter_number"]
    list_display_links = ["contacted_on", "said"]
    list_select_related = ["commitment", "meeting__forum", "forum"]
    list_filter = ["kind", "level", ("commitment__forum", VisibleFilter)]
    search_fields = [
        "commitment__reference",
        *(f"commitment__{column}" for column in Commitment.name_columns()),
        "others",
        "note",
        *search_fields(Contact),
    ]
    autocomplete_fields = ["commitment", "meeting", "forum", "document"]
    readonly_fields = ["recorded_by"]
    inlines = [Posts, Organisations]
    fieldsets = (
        (None, {"fields": ["commitment", "meeting", "forum"]}),
        (_("Contact"), {"fields": ["contacted_on", "kind", "level", "others", "note"]}),
        (_("Minutes"), {"fields": ["letter_number", "document", "recorded_by"]}),
    )

    @admin.display(description=_("contact"))
    def said(self, contact: Contact) -> str:
        return str(contact)

    @admin.display(description=_("of"), ordering="commitment__reference")
    def about(self, contact: Contact) -> str:
        return str(contact.subject or "")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        contact = super().save_form(request, form, change)
        if not change:
            contact.recorded_by = request.user
        return contact
