from django.contrib import admin

from commitments.admin.base import NamedAdmin, TabularPart
from commitments.models import Calendar, Holiday, Topic


class ExceptionalDays(TabularPart):
    model = Holiday
    fields = ["day", "name", "working"]
    ordering = ["-day"]


@admin.register(Calendar)
class CalendarAdmin(NamedAdmin):
    list_display = ["code", "called", "country", "zone"]
    list_display_links = ["code", "called"]
    search_fields = ["code", *Calendar.name_columns()]
    inlines = [ExceptionalDays]


@admin.register(Topic)
class TopicAdmin(NamedAdmin):
    list_display = ["code", "called"]
    list_display_links = ["code", "called"]
    search_fields = ["code", *Topic.name_columns()]
