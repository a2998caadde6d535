"""Who owes what: the words as declared, and apart from them how we read them."""

from datetime import date, datetime
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import entering, scheduling
from commitments.api.entries import TITLES, Body, Entry, Nothing
from commitments.api.fields import ByCode, ById, Choice, Rank, Text
from commitments.api.filters import DayFilter, of_forum, one_of
from commitments.api.follow_ups import STATE_CHOICES, FollowUpLine, in_state
from commitments.api.resources import WritableResource, verb
from commitments.assigning import assign
from commitments.fields import composed
from commitments.models import (
    Assignment,
    Authority,
    Commitment,
    FollowUp,
    Forum,
    Interpretation,
    Language,
    Party,
    Post,
    Provision,
    Topic,
)


class DeclaredWords(Entry):
    document = serializers.IntegerField(source="text.document_id", read_only=True)
    language = Choice(Language.choices, source="text.language", read_only=True)
    authority = Rank(Authority, source="text.authority", read_only=True)
    source: Any = serializers.CharField(source="text.source", read_only=True)
    is_excerpt = serializers.BooleanField(source="text.is_excerpt", read_only=True)

    class Meta(Entry.Meta):
        model = Provision
        fields = ["id", "document", "quote", "language", "authority", "source", "is_excerpt", "verdict"]
        fields += ["owner_as_stated", "timeframe_as_stated"]


class Reading(Entry):
    author = serializers.CharField(source="author.name", default=None, allow_null=True, read_only=True)

    class Meta(Entry.Meta):
        model = Interpretation
        fields = ["about", "text", "basis", "confidence", "author", "marking"]


class PostLine(Entry):
    class Meta(Entry.Meta):
        model = Post
        fields = ["id", "name"]


class AssignmentLine(Entry):
    post = PostLine()
    party = ByCode("code", read_only=True)

    class Meta(Entry.Meta):
        model = Assignment
        fields = ["post", "role", "party", "from_on", "until_on"]


class CommitmentSerializer(Entry):
    forum = ByCode("code", queryset=Forum.objects.all())
    working_group = ByCode("code", queryset=Forum.objects.all(), required=False, allow_null=True)
    parties = ByCode("code", queryset=Party.objects.all(), many=True, required=False)
    topics = ByCode("code", queryset=Topic.objects.all(), many=True, required=False)
    provisions = DeclaredWords(many=True, read_only=True)
    our_reading = Reading(source="interpretations", many=True, read_only=True)
    assignments = AssignmentLine(many=True, read_only=True)
    next_follow_up = serializers.SerializerMethodField()
    demonstration = serializers.BooleanField(source="forum.demonstration", read_only=True)

    class Meta(Entry.Meta):
        model = Commitment
        fields = [
            "reference",
            *TITLES,
            "forum",
            "working_group",
            "parties",
            "topics",
            "kind",
            "cadence_months",
        ]
        fields += ["novelty", "basis", "declared_on", "letter_number", "marking", "high_priority", "workflow"]
        fields += ["implementation", "outlook", "outlook_note", "closed_on", "created_at", "provisions"]
        fields += ["our_reading", "assignments", "next_follow_up", "demonstration"]
        read_only_fields = ["workflow"]

    def get_next_follow_up(self, commitment: Commitment) -> FollowUpLine(allow_null=True):  # type: ignore[valid-type]
        standing = commitment.follow_ups.all()  # prefetched: the open ones, soonest first
        return FollowUpLine(standing[0], context=self.context).data if standing else None


class NewCommitmentSerializer(CommitmentSerializer):
    """With the post that leads it and the words it rests on, so that one request enters it whole."""

    lead = ById(queryset=Post.objects.all(), required=False, write_only=True)
    provision_ids = ById(
        queryset=Provision.objects.all(), many=True, required=False, write_only=True, source="provisions"
    )

    class Meta(CommitmentSerializer.Meta):
        fields = [*CommitmentSerializer.Meta.fields, "lead", "provision_ids"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.leading: Post | None = attrs.pop("lead", None)
        return super().validate(attrs)

    def store(self, attrs: dict[str, Any]) -> Commitment:
        commitment = super().store(attrs)
        if self.leading is not None:
            assign(commitment, self.leading, role=Assignment.Role.LEAD, now=timezone.now())
        return commitment


class Assign(Body):
    post = ById(queryset=Post.objects.all())
    role = Choice(Assignment.Role.choices)
    reason = Text(max_length=1_000, required=False)


class CloseCommitment(Body):
    implementation = Choice(Commitment.Implementation.choices)
    reason = Text(max_length=1_000)


class CommitmentFilters(filters.FilterSet):
    q = filters.CharFilter(max_length=200, method="search")
    state = filters.ChoiceFilter(choices=STATE_CHOICES, method="in_state")
    forum = of_forum("forum", "working_group")
    party = one_of(Party, "code", field_name="parties")
    topic = one_of(Topic, "code", field_name="topics")
    kind = filters.ChoiceFilter(choices=Commitment.Kind.choices)
    workflow = filters.ChoiceFilter(choices=Commitment.Workflow.choices)
    implementation = filters.ChoiceFilter(choices=Commitment.Implementation.choices)
    outlook = filters.ChoiceFilter(choices=[choice for choice in Commitment.Outlook.choices if choice[0]])
    due_before = DayFilter("due_on__lt", method="due")
    due_after = DayFilter("due_on__gt", method="due")

    def search(self, rows: Any, name: str, value: str) -> QuerySet:
        text = composed(value)
        return rows.filter(rows.name_contains(text) | Q(reference__icontains=text))

    def in_state(self, rows: Any, name: str, value: str) -> QuerySet:
        return rows.filter(pk__in=in_state(FollowUp.objects.all(), value).values("commitment"))

    def due(self, rows: Any, name: str, value: date) -> QuerySet:
        return rows.filter(pk__in=FollowUp.objects.open().filter(**{name: value}).values("commitment"))


class Commitments(WritableResource):
    queryset = Commitment.objects.select_related("forum", "working_group").prefetch_related(
        "parties", "topics"
    )
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilters
    orderings = ("reference", "-reference", "created_at", "-created_at")
    lookup_field = "reference"
    lookup_value_regex = "[A-Z0-9][A-Z0-9.-]*"

    def get_queryset(self) -> Any:
        user, today = self.caller, timezone.localdate()
        words = Provision.objects.visible_to(user).select_related("text").defer("text__body")
        readings = Interpretation.objects.visible_to(user).select_related("author")
        parts = Assignment.objects.active(today).select_related("post", "party")
        dates = FollowUp.objects.open().select_related("party").order_by("due_on", "id")
        nested = {"provisions": words, "interpretations": readings, "assignments": parts, "follow_ups": dates}
        return super().get_queryset().prefetch_related(*(Prefetch(*pair) for pair in nested.items()))

    @extend_schema(request=NewCommitmentSerializer, responses={201: CommitmentSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        return self.entered(NewCommitmentSerializer)

    def keep_in_step(self, commitment: Commitment) -> None:
        entering.keep_within_sight(commitment, self.caller)
        scheduling.ensure_next_date(commitment, now=timezone.now())

    @verb(Nothing)
    def activate(self, commitment: Commitment, *, now: datetime) -> None:
        commitment.activate(now=now)

    @verb(Assign)
    def assign(self, commitment: Commitment, **said: Any) -> None:
        """Give a post its part from today on; the lead of the same party before it ends the day before."""
        assign(commitment, **said)

    @verb(CloseCommitment)
    def close(self, commitment: Commitment, *, implementation: str, reason: str, now: datetime) -> None:
        commitment.close(implementation, now=now, reason=reason)
