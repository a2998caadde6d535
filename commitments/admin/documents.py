"""Documents, their texts exactly as received, and the passages of them that are in the register."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import RegisterAdmin, ShownPart
from commitments.admin.deeds import Deed
from commitments.admin.filters import VisibleFilter
from commitments.admin.forms import RegisterForm
from commitments.models import Document, DocumentText, Provision, User


class Texts(ShownPart):
    model = DocumentText
    fields = ["language", "authority", "source", "is_excerpt", "approved_at"]


@admin.register(Document)
class DocumentAdmin(RegisterAdmin):
    belongs_to = "forum"
    list_display = ["titled", "forum", "kind", "adopted_on"]
    list_select_related = ["forum"]
    list_filter = [("forum", VisibleFilter), "kind"]
    search_fields = [*Document.name_columns(), "letter_number"]
    autocomplete_fields = ["meeting"]
    inlines = [Texts]
    fieldsets = (
        (None, {"fields": ["forum", "meeting", "kind", "title_en", "title_ko", "title_ja"]}),
        (_("When"), {"fields": ["adopted_on", "adopted_reading", "letter_number"]}),
        (_("More"), {"fields": ["aliases"], "classes": ["collapse"]}),
    )

    @admin.display(description=_("title"), ordering="title_en")
    def titled(self, document: Document) -> str:
        return document.title


def as_received(typed: str, stored: str) -> str:
    """A browser sends every line break as CRLF; `stored` stays as it is if nothing else differs."""
    plain = _with_line_feeds(typed)
    return stored if plain == _with_line_feeds(stored) else plain


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class VerbatimForm(RegisterForm):
    """Declared words are taken to the character: nothing is stripped, only the browser's line breaks undone."""

    verbatim: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = self.fields.get(self.verbatim)
        if isinstance(words, forms.CharField):
            words.strip = False

    def _as_received(self) -> str:
        return as_received(self.cleaned_data[self.verbatim], self.initial.get(self.verbatim) or "")


class TextForm(VerbatimForm):
    verbatim = "body"

    def clean_body(self) -> str:
        return self._as_received()


class Approve(Deed):
    name = "approve"
    label = _("Approve")
    explanation = _("From here on the words cannot be changed. A correction is entered as a text of its own.")
    done = _("Approved. The words are locked.")

    @classmethod
    def applies(cls, row: DocumentText) -> bool:
        return not row.is_locked

    def do(self, row: DocumentText, *, by: User, now: datetime) -> None:
        row.approve(now=now)


@admin.register(DocumentText)
class TextAdmin(RegisterAdmin):
    form = TextForm
    belongs_to = "document"
    list_display = ["source", "document", "language", "authority", "is_excerpt", "locked"]
    list_select_related = ["document"]
    list_filter = ["language", "authority", ("document__forum", VisibleFilter)]
    search_fields = ["source", *(f"document__{column}" for column in Document.name_columns())]
    autocomplete_fields = ["document", "corrects"]
    readonly_fields = ["sha256", "approved_at"]
    deeds = (Approve,)
    in_lists = ("approve",)
    fieldsets = (
        (None, {"fields": ["document", "language", "authority", "body"]}),
        (_("Where it comes from"), {"fields": ["source", "url", "published_on", "is_excerpt", "corrects"]}),
        (_("State"), {"fields": ["approved_at", "sha256"]}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the trigger documenttext_frozen keeps."""
        frozen = ["document", "language", "authority", "body"] if obj is not None and obj.is_locked else []
        return [*self.readonly_fields, *frozen]

    @admin.display(description=_("approved"), boolean=True, ordering="approved_at")
    def locked(self, text: DocumentText) -> bool:
        return text.is_locked


class ProvisionForm(VerbatimForm):
    """Give the words, and their place is found; or the place, and the words are taken from there."""

    verbatim = "quote"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in {"start", "end"} & set(self.fields):
            self.fields[place].required = False

    def clean_quote(self) -> str:
        return self._as_received()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        text, quote = cleaned.get("text"), cleaned.get("quote", "")
        if text is None or self.errors:
            return cleaned
        place_changed = bool({"start", "end"} & set(self.changed_data))
        placed = cleaned.get("start") is not None and cleaned.get("end") is not None
        if placed and place_changed:
            if "quote" not in self.changed_data:
                cleaned["quote"] = ""  # taken from the new place
        elif not quote.strip():
            raise ValidationError({"quote": _("Give the words, or the place where they stand.")})
        elif not placed or "quote" in self.changed_data:
            self._find(text, quote, cleaned)
        return cleaned

    def _find(self, text: DocumentText, quote: str, cleaned: dict[str, Any]) -> None:
        words = quote if quote in text.body else quote.strip()
        near = cleaned.get("start") or 0
        cleaned["start"], cleaned["end"] = text.span_of(words, near=near if words in text.body[near:] else 0)
        cleaned["quote"] = words


@admin.register(Provision)
class ProvisionAdmin(RegisterAdmin):
    form = ProvisionForm
    belongs_to = "text"
    list_display = ["words", "document", "verdict", "strength"]
    list_select_related = ["text__document"]
    list_filter = ["verdict", "strength", ("text__document__forum", VisibleFilter)]
    search_fields = ["quote", "reason", "owner_as_stated", "timeframe_as_stated"]
    autocomplete_fields = ["text"]
    fieldsets = (
        (None, {"fields": ["text", "quote", ("start", "end")]}),
        (_("What we hold it to be"), {"fields": ["verdict", "reason", "strength"]}),
        (_("As the text states it"), {"fields": ["owner_as_stated", "timeframe_as_stated"]}),
    )

    @admin.display(description=_("declared words"), ordering="quote")
    def words(self, provision: Provision) -> str:
        return Truncator(provision.quote).chars(120)

    @admin.display(description=_("document"), ordering="text__document")
    def document(self, provision: Provision) -> str:
        return str(provision.text.document)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("text__body")
