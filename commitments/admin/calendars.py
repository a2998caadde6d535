from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments.admin.base import NamedAdmin, TabularPart
from commitments.admin.deeds import Deed
from commitments.holiday_import import MAX_BYTES, HolidaysImported, import_holidays
from commitments.importing import Refused
from commitments.importing.keeping import keep, kept_file
from commitments.models import Calendar, Holiday, Topic

KEPT = "calendar.file"


class ExceptionalDays(TabularPart):
    model = Holiday
    fields = ["day", "name", "working"]
    ordering = ["-day"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A day entered by mistake would stay a day off; the history remembers it."""
        return self.has_change_permission(request, obj)


class CalendarFileForm(forms.Form):
    file = forms.FileField(
        label=_("iCalendar file"),
        help_text=_(
            "A file that ends in .ics. Each event of whole days becomes a day off; take out beforehand what is "
            "only commemorated. The category “Working day” makes it a day that is worked."
        ),
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                gettext("The file is larger than %(size)s MB. Split it."), params={"size": 1}
            )
        return file


class ImportDays(Deed):
    """The button; what follows has two pages of its own."""

    name = "import"
    label = _("Import from a calendar file")


@admin.register(Calendar)
class CalendarAdmin(NamedAdmin):
    list_display = ["code", "called", "parent", "country", "zone"]
    list_display_links = ["code", "called"]
    list_select_related = ["parent"]
    search_fields = ["code", *Calendar.name_columns()]
    inlines = [ExceptionalDays]
    deeds = (ImportDays,)

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        if name != ImportDays.name:
            return super().deed_view(request, object_id, name)
        calendar = self.get_object(request, object_id)
        if not self.may_act(request, calendar):
            raise PermissionDenied
        if "kept" in request.POST:
            return self._enter(request, calendar, request.POST["kept"])
        form = (
            CalendarFileForm(request.POST, request.FILES) if request.method == "POST" else CalendarFileForm()
        )
        if form.is_valid():
            file = form.cleaned_data["file"]
            return self._preview(request, calendar, file.read(), file.name)
        return self._page(request, calendar, form=form, status=400 if form.errors else 200)

    def _preview(self, request: HttpRequest, calendar: Calendar, data: bytes, name: str) -> HttpResponse:
        try:
            done = import_holidays(calendar, data, name, now=timezone.now(), dry_run=True)
        except Refused as refused:
            return self._page(request, calendar, problems=refused.problems, status=400)
        return self._page(request, calendar, file=name, done=done, kept=keep(data, name, salt=KEPT))

    def _enter(self, request: HttpRequest, calendar: Calendar, kept: str) -> HttpResponse:
        here = request.get_full_path()
        try:
            data, name = kept_file(kept, salt=KEPT)
        except signing.BadSignature:
            messages.error(request, _("The preview is too old. Choose the file once more."))
            return HttpResponseRedirect(here)
        person: Any = request.user
        try:
            done = import_holidays(calendar, data, name, now=timezone.now(), by=person)
        except Refused as refused:  # the calendar was changed meanwhile
            return self._page(request, calendar, problems=refused.problems, status=400)
        messages.success(request, _said(done))
        address = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(address, args=[calendar.pk]))

    def _page(
        self, request: HttpRequest, calendar: Calendar, *, form: Any = None, status: int = 200, **context: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": ImportDays.label,
            "opts": self.opts,
            "calendar": calendar,
            "form": form or CalendarFileForm(),
            **context,
        }
        return TemplateResponse(request, "commitments/admin/import_holidays.html", context, status=status)


def _said(done: HolidaysImported) -> str:
    counts = done.counts
    sentence = gettext("%(new)d days entered, %(changed)d changed, %(removed)d taken out.")
    return sentence % {what: counts[what] for what in ("new", "changed", "removed")}


@admin.register(Topic)
class TopicAdmin(NamedAdmin):
    list_display = ["code", "called"]
    list_display_links = ["code", "called"]
    search_fields = ["code", *Topic.name_columns()]
