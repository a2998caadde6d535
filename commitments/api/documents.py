"""What was adopted, in which words, and which spans of it are commitments."""

from datetime import datetime
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Prefetch

from commitments.api.entries import TITLES, Entry, Nothing
from commitments.api.fields import ByCode, Choice, Rank
from commitments.api.filters import DayFilter, Search, one_of
from commitments.api.resources import WritableResource, verb
from commitments.models import (
    Authority,
    Commitment,
    Document,
    DocumentText,
    Forum,
    Language,
    Meeting,
    Provision,
    Strength,
)


class DocumentTextLine(Entry):
    """A text without its words, which may be two million characters."""

    authority = Rank(Authority)

    class Meta(Entry.Meta):
        model = DocumentText
        fields = ["id", "document", "language", "authority", "source", "url", "published_on", "is_excerpt"]
        fields += ["sha256", "approved_at", "corrects"]


class DocumentTextSerializer(DocumentTextLine):
    class Meta(DocumentTextLine.Meta):
        fields = [*DocumentTextLine.Meta.fields, "body"]


class TextFilters(filters.FilterSet):
    document = one_of(Document, "id")
    language = filters.ChoiceFilter(choices=Language.choices)


class DocumentTexts(WritableResource):
    queryset = DocumentText.objects.all()
    filterset_class = TextFilters

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("body") if self.action == "list" else rows

    def get_serializer_class(self) -> type[Entry]:
        return DocumentTextLine if self.action == "list" else DocumentTextSerializer

    @verb(Nothing)
    def approve(self, text: DocumentText, *, now: datetime) -> None:
        text.approve(now=now)


class DocumentSerializer(Entry):
    forum = ByCode("code", queryset=Forum.objects.all())
    texts = DocumentTextLine(many=True, read_only=True)

    class Meta(Entry.Meta):
        model = Document
        fields = ["id", "forum", "meeting", "kind", *TITLES, "adopted_on", "adopted_reading"]
        fields += ["letter_number", "texts"]


class DocumentFilters(filters.FilterSet):
    q = Search()
    forum = one_of(Forum, "code")
    meeting = one_of(Meeting, "id")
    kind = filters.ChoiceFilter(choices=Document.Kind.choices)
    adopted_before = DayFilter("adopted_on", "lt")
    adopted_after = DayFilter("adopted_on", "gt")


class Documents(WritableResource):
    queryset = Document.objects.select_related("forum")
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilters
    orderings = ("-adopted_on", "adopted_on")

    def get_queryset(self) -> Any:
        texts = DocumentText.objects.visible_to(self.caller).defer("body")
        return super().get_queryset().prefetch_related(Prefetch("texts", texts))


class ProvisionSerializer(Entry):
    strength = Rank(Strength, required=False, allow_null=True)
    language = Choice(Language.choices, source="text.language", read_only=True)
    authority = Rank(Authority, source="text.authority", read_only=True)
    commitments = ByCode("reference", many=True, read_only=True)

    class Meta(Entry.Meta):
        model = Provision
        fields = [
            "id",
            "text",
            "start",
            "end",
            "quote",
            "language",
            "authority",
            "verdict",
            "reason",
            "strength",
        ]
        fields += ["owner_as_stated", "timeframe_as_stated", "commitments"]


class ProvisionFilters(filters.FilterSet):
    document = one_of(Document, "id", field_name="text__document")
    text = one_of(DocumentText, "id")
    verdict = filters.ChoiceFilter(choices=Provision.Verdict.choices)
    commitment = one_of(Commitment, "reference", field_name="commitments")


class Provisions(WritableResource):
    queryset = Provision.objects.select_related("text").defer("text__body")
    serializer_class = ProvisionSerializer
    filterset_class = ProvisionFilters

    def get_queryset(self) -> Any:
        commitments = Commitment.objects.visible_to(self.caller).only("reference")
        return super().get_queryset().prefetch_related(Prefetch("commitments", commitments))
