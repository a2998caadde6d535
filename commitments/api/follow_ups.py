"""The next dates, and what owners ask about them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request as Call
from rest_framework.response import Response

from commitments import answers, scheduling
from commitments.api.entries import Body, Entry
from commitments.api.fields import ByCode, ById, Choice, Day, Text
from commitments.api.filters import DayFilter, of_forum, one_of
from commitments.api.resources import Resource, WritableResource, verb
from commitments.models import Commitment, FollowUp, Meeting, Party, Post, Request

STATES: dict[str, tuple[Any, Callable[[Any, date], QuerySet]]] = {
    "open": (_("open"), lambda rows, today: rows.open()),
    "overdue": (_("overdue"), lambda rows, today: rows.overdue(today)),
    "due_soon": (_("due within two weeks"), lambda rows, today: rows.due_soon(today)),
    "no_record": (_("no record here, to be checked"), lambda rows, today: rows.without_record(today)),
    "closed": (_("closed"), lambda rows, today: rows.exclude(closed_at=None)),
}
STATE_CHOICES = [(name, label) for name, (label, _rows) in STATES.items()]


def in_state(rows: Any, state: str) -> QuerySet:
    return STATES[state][1](rows, timezone.localdate())


class FollowUpLine(Entry):
    party = ByCode("code", queryset=Party.objects.all(), required=False, allow_null=True)

    class Meta(Entry.Meta):
        model = FollowUp
        fields = ["id", "kind", "due_on", "window_start_on", "precision", "phrase", "basis", "party", "post"]
        fields += ["anchor_meeting", "anchor_event", "anchor_on", "offset_days", "dated_at"]


class FollowUpSerializer(FollowUpLine):
    commitment = ByCode("reference", queryset=Commitment.objects.all(), required=False, allow_null=True)
    overdue = serializers.BooleanField(read_only=True)
    no_record = serializers.BooleanField(read_only=True)

    class Meta(FollowUpLine.Meta):
        fields = [
            "commitment",
            "meeting",
            *FollowUpLine.Meta.fields,
            "closed_at",
            "outcome",
            "overdue",
            "no_record",
        ]


class KnownFollowUpSerializer(FollowUpSerializer):
    """Once it stands, its date is moved by the verb, with a reason; and it stays with what it belongs to."""

    commitment = ByCode("reference", read_only=True)

    class Meta(FollowUpSerializer.Meta):
        read_only_fields = ["meeting", "due_on"]


class Move(Body):
    due_on = Day()
    reason = Text(max_length=1_000)


class CloseFollowUp(Body):
    outcome = Choice(FollowUp.Outcome.choices)
    reason = Text(max_length=1_000, required=False)


class FollowUpFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=STATE_CHOICES, method="in_state")
    forum = of_forum("commitment__forum", "commitment__working_group", "meeting__forum")
    commitment = one_of(Commitment, "reference")
    meeting = one_of(Meeting, "id")
    post = one_of(Post, "id")
    kind = filters.ChoiceFilter(choices=FollowUp.Kind.choices)
    due_before = DayFilter("due_on", "lt")
    due_after = DayFilter("due_on", "gt")

    def in_state(self, rows: Any, name: str, value: str) -> QuerySet:
        return in_state(rows, value)


class FollowUps(WritableResource):
    queryset = FollowUp.objects.select_related("commitment", "party")
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilters
    orderings = ("due_on", "-due_on", "dated_at", "-dated_at")

    def get_queryset(self) -> Any:
        """Late is what the register's own question says is late, here and in the filter."""
        same, today = FollowUp.objects.filter(pk=OuterRef("pk")), timezone.localdate()
        late = {"overdue": Exists(same.overdue(today)), "no_record": Exists(same.without_record(today))}
        return super().get_queryset().annotate(**late)

    @extend_schema(request=KnownFollowUpSerializer, responses=FollowUpSerializer)
    def partial_update(self, request: Call, **kwargs: Any) -> Response:
        return self.changed(KnownFollowUpSerializer)

    def keep_in_step(self, follow_up: FollowUp) -> None:
        if follow_up.commitment is not None:
            scheduling.ensure_next_date(follow_up.commitment, now=timezone.now())

    @verb(Move, among=FollowUp.objects.open)
    def move(self, follow_up: FollowUp, *, due_on: date, reason: str, now: datetime) -> None:
        follow_up.move_to(due_on, now=now, reason=reason)

    @verb(CloseFollowUp, among=FollowUp.objects.open)
    def close(self, follow_up: FollowUp, *, outcome: str, now: datetime, reason: str = "") -> None:
        scheduling.close_date(follow_up, outcome, now=now, reason=reason)


class RequestSerializer(Entry):
    class Meta(Entry.Meta):
        model = Request
        fields = ["id", "follow_up", "kind", "post", "due_on", "proposed_on", "proposed_owner", "reason"]
        fields += ["asked_by", "asked_at", "state", "decided_at", "decision"]


class Accept(Body):
    decision = Text(max_length=1_000, required=False)
    to_post = ById(queryset=Post.objects.all(), required=False, allow_null=True)


class Return(Body):
    decision = Text(max_length=1_000)


class RequestFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Request.State.choices)
    kind = filters.ChoiceFilter(choices=Request.Kind.choices)
    follow_up = one_of(FollowUp, "id")


class Requests(Resource):
    queryset = Request.objects.all()
    serializer_class = RequestSerializer
    filterset_class = RequestFilters
    orderings = ("-asked_at", "asked_at")

    @verb(Accept, among=Request.objects.proposed)
    def accept(self, request: Request, *, now: datetime, **said: Any) -> None:
        answers.accept_request(request, by=self.caller, now=now, **said)

    @verb(Return, among=Request.objects.proposed, path="return")
    def send_back(self, request: Request, *, now: datetime, decision: str) -> None:
        answers.return_request(request, by=self.caller, now=now, decision=decision)
