"""Commitments from a spreadsheet: shown first, row by row, and entered only when the officer says so."""

import io
from collections import Counter
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.importing import Refused, Sheet, SheetImported, import_commitments, read_sheet
from commitments.importing.keeping import keep, kept_file
from tracker.desk.forms import SheetForm
from tracker.desk.requests import StaffRequest

KEPT = "desk.sheet"
ROWS_SHOWN = 500


def import_sheet(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, form=SheetForm())
    if "kept" in request.POST:
        return _enter(request, request.POST["kept"])
    form = SheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    data, name = form.cleaned_data["sheet"].read(), form.cleaned_data["sheet"].name
    return _preview(request, data, name)


def _preview(request: StaffRequest, data: bytes, name: str) -> HttpResponse:
    try:
        sheet = read_sheet(io.BytesIO(data), name)
    except Refused as refused:
        return _page(request, form=SheetForm(), problems=refused.problems, status=400)
    result = import_commitments(sheet, now=timezone.now(), user=request.user, dry_run=True)
    return _page(request, form=SheetForm(), sheet=sheet, result=result, kept=keep(data, name, salt=KEPT))


def _enter(request: StaffRequest, kept: str) -> HttpResponse:
    try:
        data, name = kept_file(kept, salt=KEPT)
    except signing.BadSignature:
        messages.error(request, _("The preview is too old. Choose the file once more."))
        return redirect("admin:import")
    sheet = read_sheet(io.BytesIO(data), name)
    result = import_commitments(sheet, now=timezone.now(), user=request.user)
    if not result.written:
        return _page(request, form=SheetForm(), sheet=sheet, result=result, kept=kept, status=400)
    new = _counts(result)["new"]
    said = ngettext("%(n)d commitment is entered.", "%(n)d commitments are entered.", new)
    messages.success(request, said % {"n": new})
    return redirect("admin:commitments")


def _counts(result: SheetImported) -> Counter[str]:
    return Counter(row.outcome for row in result.rows)


def _page(
    request: StaffRequest,
    *,
    form: SheetForm,
    sheet: Sheet | None = None,
    result: SheetImported | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    known = {"title": _("Import a spreadsheet"), "form": form, "sheet": sheet, "result": result, **context}
    if result is not None:
        known |= {"counts": _counts(result), "rows": result.rows[:ROWS_SHOWN]}
    return render(request, "desk/import.html", known, status=status)
