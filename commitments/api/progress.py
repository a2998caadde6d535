"""What was done: proposed by whoever owns the item, cleared or returned by its desk."""

from datetime import datetime
from typing import Any

import django_filters.rest_framework as filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from commitments import access, answers
from commitments.api.entries import Body, Entry
from commitments.api.fields import ByCode, Text, YesNo
from commitments.api.filters import DayFilter, one_of
from commitments.api.follow_ups import Return
from commitments.api.resources import Resource, verb
from commitments.models import Commitment, Evidence, FollowUp, Party, ProgressReport

SHAREABLE = ["shareable_en", "shareable_ko", "shareable_ja"]


class EvidenceLine(Entry):
    class Meta(Entry.Meta):
        model = Evidence
        fields = ["title", "url", "letter_number"]


class ProgressReportSerializer(Entry):
    commitment = ByCode("reference", read_only=True)
    party = ByCode("code", read_only=True)
    evidence = EvidenceLine(many=True, read_only=True)

    class Meta(Entry.Meta):
        model = ProgressReport
        fields = [
            "id",
            "commitment",
            "follow_up",
            "party",
            "post",
            "state",
            "no_change",
            "internal",
            *SHAREABLE,
        ]
        fields += [
            "source",
            "letter_number",
            "reported_by",
            "reported_on",
            "evidence",
            "decided_at",
            "decision",
        ]


class ProposedReportSerializer(Entry):
    """Not yet a row: `answers.propose_report` makes and validates it."""

    class Meta(Entry.Meta):
        model = ProgressReport
        fields = ["follow_up", "post", "no_change", "internal", *SHAREABLE, "source", "letter_number"]
        fields += ["reported_by", "reported_on"]
        extra_kwargs = {
            "follow_up": {"required": True, "allow_null": False},
            "reported_on": {"required": False},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs


class Clear(Body):
    decision = Text(max_length=1_000, required=False)
    keep_open = YesNo(required=False)


class ReportFilters(filters.FilterSet):
    commitment = one_of(Commitment, "reference")
    follow_up = one_of(FollowUp, "id")
    party = one_of(Party, "code")
    state = filters.ChoiceFilter(choices=ProgressReport.State.choices)
    source = filters.ChoiceFilter(choices=ProgressReport.Source.choices)
    reported_before = DayFilter("reported_on", "lt")
    reported_after = DayFilter("reported_on", "gt")


class ProgressReports(Resource):
    queryset = ProgressReport.objects.select_related("commitment", "party").prefetch_related("evidence")
    serializer_class = ProgressReportSerializer
    filterset_class = ReportFilters
    orderings = ("-reported_on", "reported_on")

    @extend_schema(request=ProposedReportSerializer, responses={201: ProgressReportSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        entry = ProposedReportSerializer(data=request.data, context=self.get_serializer_context())
        entry.is_valid(raise_exception=True)
        said = {"post": None, **entry.validated_data}
        if not access.may_answer(self.caller, said["follow_up"], said["post"]):
            raise PermissionDenied(_("You may report for a post that you hold and that has a part in this."))
        report = answers.propose_report(**said, now=timezone.now())
        return self.shown(report, status=201)

    @verb(Clear, among=ProgressReport.objects.waiting)
    def clear(self, report: ProgressReport, *, now: datetime, **said: Any) -> None:
        answers.clear_report(report, by=self.caller, now=now, **said)

    @verb(Return, among=ProgressReport.objects.waiting, path="return")
    def send_back(self, report: ProgressReport, *, now: datetime, decision: str) -> None:
        answers.return_report(report, by=self.caller, now=now, decision=decision)
