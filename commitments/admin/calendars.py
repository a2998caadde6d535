from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import RegisterAdmin, TabularPart
from commitments.models import Calendar, Holiday, Topic


class ExceptionalDays(TabularPart):
    model = Holiday
    fields = ["day", "name", "working"]
    ordering = ["-day"]


@admin.register(Calendar)
class CalendarAdmin(RegisterAdmin):
    list_display = ["code", "called", "country", "zone"]
    list_display_links = ["code", "called"]
    search_fields = ["code", *Calendar.name_columns()]
    inlines = [ExceptionalDays]

    @admin.display(description=_("name"), ordering="name_en")
    def called(self, calendar: Calendar) -> str:
        return calendar.name


@admin.register(Topic)
class TopicAdmin(RegisterAdmin):
    list_display = ["code", "called"]
    list_display_links = ["code", "called"]
    search_fields = ["code", *Topic.name_columns()]

    @admin.display(description=_("name"), ordering="name_en")
    def called(self, topic: Topic) -> str:
        return topic.name
