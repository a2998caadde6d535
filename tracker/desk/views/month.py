"""The calendar: a month on one sheet, and the same as a list below it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy

from commitments.models import Forum
from commitments.recurrence import add_months
from commitments.spoken_dates import DAYS, month_of
from commitments.working_days import FIRST_DUE_ON, LAST_DUE_ON
from tracker.desk.months import Month, Scope
from tracker.desk.requests import StaffRequest

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class MonthFilter(forms.Form):
    """What it does not understand it leaves out."""

    month = forms.CharField(
        label=gettext_lazy("Month"), required=False, widget=forms.TextInput({"type": "month", "size": 8})
    )
    forum = forms.ModelChoiceField(
        Forum.objects.all(),
        label=gettext_lazy("Forum"),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    whose = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        required=False,
        choices=[("", gettext_lazy("all")), ("mine", gettext_lazy("what concerns me"))],
    )


def month(request: StaffRequest) -> HttpResponse:
    today, language = timezone.localdate(), get_language() or "en"
    asked = MonthFilter(request.GET)
    asked.is_valid()
    first_on = _first_of(request.GET.get("month", ""), today)
    forum, mine = asked.cleaned_data.get("forum"), asked.cleaned_data.get("whose") == "mine"
    sheet = Month(Scope(request.user, today, forum, mine), first_on, language)
    narrowed = {"forum": forum.pk if forum else "", "whose": "mine" if mine else ""}
    context = {
        "title": month_of(first_on, language),
        "today": today,
        "sheet": sheet,
        "undated": sheet.undated(),
        "form": MonthFilter(initial={"month": f"{first_on:%Y-%m}", **narrowed}),
        "weekdays": [(DAYS[sheet.language][n], n > 4) for n in sheet.weekdays],
        "is_narrowed": forum is not None or mine,
        "all_of_it": f"{reverse('admin:month')}?month={first_on:%Y-%m}",
        **_turning(first_on, today, {key: value for key, value in narrowed.items() if value}),
    }
    return render(request, "desk/month.html", context)


def _first_of(said: str, today: date) -> date:
    """Of the month that was asked for, if the calendar knows it; else of this one."""
    found = MONTH.fullmatch(said)
    if not found:
        return today.replace(day=1)
    year = int(found[1])
    return (
        date(year, int(found[2]), 1)
        if FIRST_DUE_ON.year <= year <= LAST_DUE_ON.year
        else today.replace(day=1)
    )


def _turning(first_on: date, today: date, narrowed: dict[str, Any]) -> dict[str, str]:
    """Addresses of the sheets before and after, and of today's; none beyond the calendar."""
    language = get_language() or "en"
    found = {}
    for name, day in (
        ("previous", add_months(first_on, -1)),
        ("next", add_months(first_on, 1)),
        ("now", today),
    ):
        if FIRST_DUE_ON <= day <= LAST_DUE_ON:
            asked = urlencode({"month": f"{day:%Y-%m}", **narrowed})
            found[f"{name}_address"] = f"{reverse('admin:month')}?{asked}"
            found[f"{name}_month"] = month_of(day, language)
    return found
