"""Standing bodies and their sittings. A date of a meeting moves with all that hangs on it."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from commitments import scheduling
from commitments.admin.base import LinkPart, NamedAdmin
from commitments.admin.filters import QuestionFilter, VisibleFilter
from commitments.admin.forms import JournalForm
from commitments.admin.lights import light
from commitments.admin.seen import seen
from commitments.letter_numbers import search_fields
from commitments.models import FollowUp, Forum, ForumParty, Meeting, RelatedForum

NAMED_AT_MOST = 10  # references in the message that says what moved


class Parties(LinkPart):
    model = ForumParty
    verbose_name = _("party")
    verbose_name_plural = _("parties")


class RelatedForums(LinkPart):
    model = RelatedForum
    fk_name = "forum"


@admin.register(Forum)
class ForumAdmin(NamedAdmin):
    belongs_to = "parent"
    list_display = ["code", "called", "kind", "parent", "desk"]
    list_display_links = ["code", "called"]
    list_select_related = ["parent", "desk"]
    list_filter = ["kind"]
    search_fields = ["code", *Forum.name_columns()]
    autocomplete_fields = ["desk"]
    inlines = [Parties, RelatedForums]
    fieldsets = (
        (None, {"fields": ["code", "name_en", "name_ko", "name_ja", "kind", "parent"]}),
        (_("Who keeps it"), {"fields": ["desk", "desk_mailbox"]}),
        (_("Rhythm"), {"fields": ["cadence_months", "review_months", "review_from_on", "dormant"]}),
        (_("More"), {"fields": ["aliases", "note"], "classes": ["collapse"]}),
    )


class MeetingForm(JournalForm):
    def clean(self) -> dict[str, Any] | None:
        """Taking the date away makes a sitting that was planned an expected one again."""
        cleaned = super().clean() or {}
        planned = {Meeting.State.TENTATIVE, Meeting.State.CONFIRMED}
        withdrawn = "starts_on" in self.changed_data and not cleaned.get("starts_on")
        if withdrawn and cleaned.get("state") in planned and "state" not in self.changed_data:
            cleaned["state"] = Meeting.State.EXPECTED
        return cleaned


def to_come(meetings: Any, today: date) -> QuerySet:
    return meetings.to_come()


def without_record(meetings: Any, today: date) -> QuerySet:
    return meetings.without_record(today)


class WhenFilter(QuestionFilter):
    title = _("when")
    parameter_name = "when"
    answers = [
        ("to_come", _("To come"), to_come),
        ("no_record", _("No record here, to be checked"), without_record),
    ]


@admin.register(Meeting)
class MeetingAdmin(NamedAdmin):
    form = MeetingForm
    asks_why = True
    belongs_to = "forum"
    list_display = ["sitting", "forum", "status", "starts_on", "place"]
    list_select_related = ["forum"]
    list_filter = [WhenFilter, ("forum", VisibleFilter), "state"]
    search_fields = [
        "place",
        *Meeting.name_columns(),
        "forum__code",
        *(f"forum__{column}" for column in Forum.name_columns()),
        *search_fields(Meeting),
    ]
    fieldsets = (
        (
            None,
            {
                "fields": [
                    "forum",
                    "ordinal",
                    "state",
                    ("starts_on", "ends_on"),
                    "place",
                    "zone",
                    "letter_number",
                ]
            },
        ),
        (
            _("While it has no date"),
            {"fields": [("window_start_on", "window_end_on"), "window_reading"]},
        ),
        (_("Names"), {"fields": ["name_en", "name_ko", "name_ja", "aliases"], "classes": ["collapse"]}),
    )

    @admin.display(description=_("meeting"), ordering="ordinal")
    def sitting(self, meeting: Meeting) -> str:
        return str(meeting)

    @admin.display(description=_("state"), ordering="state")
    def status(self, meeting: Meeting) -> str | SafeString:
        """No record is grey: nobody knows here whether it was held."""
        if meeting.has_no_record(timezone.localdate()):
            return light("", _("no record here"))
        return meeting.get_state_display()

    def write(self, obj: Meeting, form: Any, change: bool) -> None:
        """A date goes through Meeting.move_to, so that what hangs on the meeting moves with it."""
        if change and {"starts_on", "ends_on"} & set(form.changed_data):
            stored, now = Meeting.objects.get(pk=obj.pk), timezone.now()
            reason = form.cleaned_data["why"]
            stored.move_to(obj.starts_on, ends_on=obj.ends_on, reason=reason, now=now)
            if "state" not in form.changed_data:
                obj.state = stored.state
            form.moved_at = now
        obj.save()
        if "state" in form.changed_data and obj.state == Meeting.State.CANCELLED:
            scheduling.move_with(obj, reason=form.cleaned_data["why"], now=timezone.now())

    def follow_up_write(self, request: HttpRequest, obj: Meeting) -> None:
        scheduling.review_before(obj, now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if hasattr(form, "moved_at"):
            self._say_what_moved(request, form.instance, form.moved_at)

    def _say_what_moved(self, request: HttpRequest, meeting: Meeting, moved_at: Any) -> None:
        moved = seen(FollowUp, request.user).filter(anchor_meeting=meeting, dated_at=moved_at)
        references = list(moved.values_list("commitment__reference", flat=True))
        with_it = ngettext(
            "The meeting moved, and %(count)s follow-up with it: %(names)s.",
            "The meeting moved, and %(count)s follow-ups with it: %(names)s.",
            len(references),
        ) % {"count": len(references), "names": _listed(references)}
        told = with_it if references else _("The meeting moved. No follow-up had to move with it.")
        self.message_user(request, told, messages.SUCCESS)


def _listed(references: list[str]) -> str:
    more = ["…"] if len(references) > NAMED_AT_MOST else []
    return ", ".join([*references[:NAMED_AT_MOST], *more])
