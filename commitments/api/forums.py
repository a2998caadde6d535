"""Where ministers meet, and when."""

from datetime import date, datetime
from typing import Any

import django_filters.rest_framework as filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.api.entries import NAMES, Body, Entry
from commitments.api.fields import ByCode, Day, Text
from commitments.api.filters import DayFilter, Search, one_of
from commitments.api.resources import WritableResource, verb
from commitments.models import Forum, Meeting, Party


class ForumSerializer(Entry):
    parent: Any = ByCode("code", queryset=Forum.objects.all(), required=False, allow_null=True)
    parties: Any = ByCode("code", queryset=Party.objects.all(), many=True, required=False)
    related: Any = ByCode("code", queryset=Forum.objects.all(), many=True, required=False)

    class Meta(Entry.Meta):
        model = Forum
        fields = ["code", "kind", *NAMES, "parent", "parties", "related", "desk", "desk_mailbox"]
        fields += ["cadence_months", "review_months", "review_from_on", "note", "demonstration"]


class ForumFilters(filters.FilterSet):
    q = Search()
    kind = filters.ChoiceFilter(choices=Forum.Kind.choices)
    parent = one_of(Forum, "code")
    party = one_of(Party, "code", field_name="parties")


class Forums(WritableResource):
    queryset = Forum.objects.select_related("parent").prefetch_related("parties", "related")
    serializer_class = ForumSerializer
    filterset_class = ForumFilters
    orderings = ("code",)
    lookup_field = "code"
    lookup_value_regex = "[A-Z0-9-]+"


class MeetingSerializer(Entry):
    forum = ByCode("code", queryset=Forum.objects.all())
    no_record = serializers.SerializerMethodField()

    class Meta(Entry.Meta):
        model = Meeting
        fields = ["id", "forum", "ordinal", *NAMES, "state", "starts_on", "ends_on", "window_start_on"]
        fields += ["window_end_on", "window_reading", "place", "zone", "no_record"]

    def get_no_record(self, meeting: Meeting) -> bool:
        return meeting.has_no_record(timezone.localdate())


class KnownMeetingSerializer(MeetingSerializer):
    """Once it is known, its days are moved by the verb: follow-ups hang on them."""

    class Meta(MeetingSerializer.Meta):
        read_only_fields = ["starts_on", "ends_on"]


class MoveMeeting(Body):
    starts_on = Day(allow_null=True)
    ends_on = Day(allow_null=True, required=False)
    reason = Text(max_length=1_000)


class MeetingFilters(filters.FilterSet):
    forum = one_of(Forum, "code")
    state = filters.ChoiceFilter(choices=Meeting.State.choices)
    starts_before = DayFilter("starts_on", "lt")
    starts_after = DayFilter("starts_on", "gt")


class Meetings(WritableResource):
    queryset = Meeting.objects.select_related("forum")
    serializer_class = MeetingSerializer
    filterset_class = MeetingFilters

    @extend_schema(request=KnownMeetingSerializer, responses=MeetingSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(KnownMeetingSerializer)

    @verb(MoveMeeting)
    def move(
        self,
        meeting: Meeting,
        *,
        starts_on: date | None,
        reason: str,
        now: datetime,
        ends_on: date | None = None,
    ) -> None:
        meeting.move_to(starts_on, ends_on=ends_on, reason=reason, now=now)
