"""Sheets into the register: columns named, shown row by row, and entered only when the officer says so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from commitments.importing import Refused, runs
from commitments.importing.columns import LAYOUTS
from commitments.models import ImportRun
from notifications.tasks import ring_for_import
from tracker.desk.import_forms import ColumnsForm, SheetForm
from tracker.desk.requests import StaffRequest

ROWS_ON_A_PAGE = 100
RUNS_SHOWN = 10
OUTCOMES = {
    "refused": gettext_lazy("refused"),
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "same": gettext_lazy("as they are"),
}


def upload(request: StaffRequest) -> HttpResponse:
    if not runs.kinds_for(request.user):
        raise Http404
    if request.method != "POST":
        return _upload_page(request, SheetForm(user=request.user))
    form = SheetForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _upload_page(request, form, status=400)
    try:
        begun = form.begin(user=request.user)
    except Refused as refused:
        return _upload_page(request, form, problems=refused.problems, status=400)
    if not runs.is_plain(begun):
        return redirect("admin:import_columns", begun.pk)
    runs.name_columns(begun, begun.columns, begun.for_all, now=timezone.now())
    return _work_on(begun)


def _upload_page(
    request: StaffRequest, form: SheetForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    mine = ImportRun.objects.visible_to(request.user).without_content()[:RUNS_SHOWN]
    known = {"title": _("Import a spreadsheet"), "form": form, "runs": mine, **context}
    return render(request, "desk/import.html", known, status=status)


def _work_on(run: ImportRun) -> HttpResponse:
    """At once, if it is done while the officer waits; else by a worker, and the page says how far it is."""
    if runs.is_quick(run):
        runs.carry_on(run.pk, clock=timezone.now)
    else:
        ring_for_import(run.pk)
    return redirect("admin:import_run", run.pk)


def _mine(request: StaffRequest, pk: int) -> ImportRun:
    mine = ImportRun.objects.visible_to(request.user).without_content().select_related("by")
    return get_object_or_404(mine, pk=pk)


def columns(request: StaffRequest, pk: int) -> HttpResponse:
    run = _mine(request, pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, run=run)
    if request.method == "POST" and form.is_valid():
        if form.carry_out():
            return _work_on(run)
        messages.error(request, _("This file is being worked on or is entered already; nothing was changed."))
        return redirect("admin:import_run", run.pk)
    context = {"title": _("What the columns mean"), "run": run, "form": form}
    return render(request, "desk/import_columns.html", context, status=400 if form.errors else 200)


def run(request: StaffRequest, pk: int) -> HttpResponse:
    """How far it is, what it would do, or what it did."""
    mine = _mine(request, pk)
    shown = request.GET.get("show", "")
    rows = [] if mine.is_at_work else [row for row in mine.rows if shown in {"", row["outcome"]}]
    context = {
        "title": mine.file,
        "run": mine,
        "page": Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page")),
        "shown": shown,
        "counts": [
            (name, label, mine.counts[name]) for name, label in OUTCOMES.items() if name in mine.counts
        ],
        "left_out": _left_out(mine),
        "for_all": _for_all(mine),
    }
    return render(request, "desk/import_run.html", context)


def _left_out(run: ImportRun) -> list[str]:
    pairs = zip(run.headings, run.columns, strict=False)
    return [heading for heading, column in pairs if heading and column == runs.IGNORED]


def _for_all(run: ImportRun) -> list[str]:
    known = LAYOUTS[run.kind].columns
    return [f"{known[name].label} {value}" for name, value in run.for_all.items() if value]


@require_POST
def enter(request: StaffRequest, pk: int) -> HttpResponse:
    mine = _mine(request, pk)
    if not mine.may_be_entered or not mine.confirm():
        messages.error(request, _("There is nothing to enter here, or it is being entered already."))
        return redirect("admin:import_run", pk)
    answer = _work_on(mine)
    done = _mine(request, pk)
    if done.state == ImportRun.State.DONE:
        messages.success(request, _said(done))
    return answer


def _said(run: ImportRun) -> str:
    new, changed = run.counts.get("new", 0), run.counts.get("changed", 0)
    said = ngettext("%(n)d row is entered anew,", "%(n)d rows are entered anew,", new) % {"n": new}
    return said + " " + ngettext("%(n)d is changed.", "%(n)d are changed.", changed) % {"n": changed}


@require_POST
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    mine = _mine(request, pk)
    if mine.cancel(now=timezone.now()):
        messages.success(request, _("The import is cancelled; nothing of it is entered."))
    else:
        messages.error(request, _("It was entered already, or cancelled before; nothing was changed."))
    return redirect("admin:import_run", pk)
