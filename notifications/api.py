"""Who was told what and when; and “seen”, said by a system instead of on the answer page."""

from datetime import datetime
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from commitments import access
from commitments.api.entries import Body, Entry
from commitments.api.errors import Conflict
from commitments.api.fields import Choice, Day, Text
from commitments.api.filters import DayFilter, of_forum, one_of
from commitments.api.resources import Resource, verb
from commitments.models import Commitment, FollowUp, Post
from notifications import answering
from notifications.models import Acknowledgment, Delivery, LadderStep, Reminder

AUDIENCES = LadderStep.Audience.choices


class DeliveryLine(Entry):
    recipient = serializers.CharField(source="recipient.name", read_only=True)

    class Meta(Entry.Meta):
        model = Delivery
        fields = ["recipient", "channel", "state", "sent_at"]


class ReminderSerializer(Entry):
    commitment = serializers.CharField(
        source="follow_up.commitment.reference", default=None, allow_null=True, read_only=True
    )
    audience = Choice(AUDIENCES, read_only=True)
    delivery = DeliveryLine(allow_null=True, read_only=True)
    unit = Choice(LadderStep.Unit.choices, read_only=True)
    acknowledged_until = serializers.DateField(read_only=True, allow_null=True)
    acknowledged_because = serializers.CharField(read_only=True, allow_null=True)

    class Meta(Entry.Meta):
        model = Reminder
        fields = ["id", "follow_up", "commitment", "step", "unit", "post", "due_on", "remind_on", "audience"]
        fields += ["state", "late", "planned_at", "told_at", "delivery"]
        fields += ["acknowledged_until", "acknowledged_because"]


class Acknowledge(Body):
    until_on = Day(required=False)
    reason = Text(max_length=300, required=False)


class ReminderFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Reminder.State.choices)
    audience = filters.ChoiceFilter(choices=AUDIENCES)
    forum = of_forum(
        "follow_up__commitment__forum", "follow_up__commitment__working_group", "follow_up__meeting__forum"
    )
    commitment = one_of(Commitment, "reference", field_name="follow_up__commitment")
    follow_up = one_of(FollowUp, "id")
    post = one_of(Post, "id")
    due_before = DayFilter("due_on", "lt")
    due_after = DayFilter("due_on", "gt")


class Reminders(Resource):
    queryset = Reminder.objects.select_related("follow_up__commitment", "delivery__recipient")
    serializer_class = ReminderSerializer
    filterset_class = ReminderFilters
    orderings = ("-remind_on", "remind_on")

    def get_queryset(self) -> Any:
        seen = Acknowledgment.objects.filter(
            follow_up=OuterRef("follow_up"), post=OuterRef("post"), due_on=OuterRef("due_on")
        )
        said = {"until": Subquery(seen.values("until_on")), "because": Subquery(seen.values("reason"))}
        return super().get_queryset().annotate(**{f"acknowledged_{name}": row for name, row in said.items()})

    def changeable(self, reminder: Any) -> Any:
        rows = Reminder.objects.filter(pk=reminder.pk)
        mine = access.may_answer(self.caller, reminder.follow_up, reminder.post)
        return rows if mine else rows.none()

    @verb(Acknowledge)
    def acknowledge(self, reminder: Reminder, *, now: datetime, **said: Any) -> None:
        """Quiet until a day, at the latest the date itself; with a reason it is “remind me later”."""
        try:
            answering.acknowledge(reminder, name=self.caller.name, now=now, **said)
        except answering.NoLongerAsked as error:
            raise Conflict(_("This is no longer asked: it is closed, or its date has changed.")) from error
