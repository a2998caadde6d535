"""Who was told what: read here, and never rewritten. An undelivered message can be tried once more."""

from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import RegisterAdmin, ShownPart
from commitments.admin.deeds import Deed
from commitments.admin.filters import QuestionFilter
from commitments.models import Commitment, FollowUp, User
from notifications.models import Acknowledgment, Delivery, LadderStep, OutgoingMail, Reminder


class ReadOnlyAdmin(RegisterAdmin):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def of_follow_up(prefix: str = "follow_up") -> list[str]:
    """Where a reminder is searched: in the names of its commitment."""
    names = [f"{prefix}__commitment__{column}" for column in Commitment.name_columns()]
    return [f"{prefix}__commitment__reference", *names]


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["remind_on", "about", "post", "step", "due_on", "for_whom", "state", "late"]
    list_select_related = ["follow_up__commitment", "follow_up__meeting__forum", "post"]
    list_filter = ["state", "audience", "late"]
    search_fields = of_follow_up()
    readonly_fields = ["for_whom"]
    fields = [
        ("follow_up", "post"),
        ("step", "for_whom"),
        ("due_on", "remind_on"),
        ("state", "late"),
        ("delivery", "planned_at", "told_at"),
    ]

    @admin.display(description=_("of"), ordering="follow_up__commitment__reference")
    def about(self, reminder: Reminder) -> str:
        return str(reminder.follow_up.subject or "")

    @admin.display(description=_("for"), ordering="audience")
    def for_whom(self, reminder: Reminder) -> str:
        return str(LadderStep.Audience(reminder.audience).label)


class Items(ShownPart):
    model = Reminder
    fields = ["follow_up", "post", "step", "due_on", "state"]
    verbose_name_plural = _("what it is about")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ["follow_up__commitment", "follow_up__meeting__forum", "post"]
        return super().get_queryset(request).select_related(*related)


class SendAgain(Deed):
    name = "again"
    label = _("Send again")
    done = _("It is tried once more within a minute.")

    @classmethod
    def applies(cls, row: Delivery) -> bool:
        return row.state in {Delivery.State.FAILED, Delivery.State.UNCERTAIN}

    def do(self, row: Delivery, *, by: User, now: datetime) -> None:
        row.send_again(now=now)


class Arrived(Deed):
    name = "arrived"
    label = _("It has arrived")
    explanation = _("You have found it with the recipient or in the log of the mail server.")
    done = _("It counts as sent.")

    @classmethod
    def applies(cls, row: Delivery) -> bool:
        return row.state == Delivery.State.UNCERTAIN

    def do(self, row: Delivery, *, by: User, now: datetime) -> None:
        row.mark_sent(now=now)


def undelivered(rows: Any, today: date) -> QuerySet:
    return rows.undelivered()


class ArrivedFilter(QuestionFilter):
    title = _("did it arrive")
    parameter_name = "arrived"
    answers = [("no", _("Not delivered, or not known"), undelivered)]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["local_day", "recipient", "subject", "state", "sent_at", "attempts", "error"]
    list_display_links = ["local_day", "subject"]
    list_select_related = ["recipient"]
    list_filter = [ArrivedFilter, "state", "message_class"]
    search_fields = ["subject", "address", *(f"recipient__{column}" for column in User.name_columns())]
    inlines = [Items]
    deeds = (SendAgain, Arrived)
    in_lists = ("again",)
    fieldsets = (
        (None, {"fields": ["recipient", "address", "subject", "text"]}),
        (_("What became of it"), {"fields": ["state", "sent_at", "attempts", "send_after", "error"]}),
        (
            _("More"),
            {
                "fields": ["channel", "message_class", "language", "local_day", "message_id", "created_at"],
                "classes": ["collapse"],
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("text", "html")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Its words only to who may see all that it tells of."""
        if obj is None or obj.may_be_read_by(request.user):
            return super().get_fieldsets(request, obj)
        shown = {"fields": ["recipient", "address", "subject"]}
        return ((None, shown), *self.fieldsets[1:])

    def may_act(self, request: HttpRequest, row: Any = None) -> bool:
        """Whoever sees the message and keeps a register."""
        return self._door(request, "change") and self.has_view_permission(request, row)

    def may_act_on(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        return rows


@admin.register(Acknowledgment)
class AcknowledgmentAdmin(ReadOnlyAdmin):
    list_display = ["acknowledged_at", "about", "post", "by_name", "due_on", "until_on"]
    list_select_related = ["follow_up__commitment", "follow_up__meeting__forum", "post"]
    search_fields = [*of_follow_up(), "by_name"]
    fields = [("follow_up", "post"), ("by_name", "acknowledged_at"), ("due_on", "until_on")]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        seen = FollowUp.objects.visible_to(request.user)
        return super().get_queryset(request).filter(follow_up__in=seen)

    @admin.display(description=_("of"), ordering="follow_up__commitment__reference")
    def about(self, acknowledgment: Acknowledgment) -> str:
        return str(acknowledgment.follow_up.subject or "")


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """To be followed here (who switched it, and when); it is switched on its own page of the desk."""

    list_display = ["__str__"]
