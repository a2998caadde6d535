"""A paper for whoever asked for it: as a page for print, or as a file for `?format=docx`, in the language chosen."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commitments import demonstration
from tracker.desk.paper import Paper
from tracker.desk.requests import StaffRequest

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def language_chosen(request: StaffRequest) -> str:
    """`?language=ja`; else that of the page. A paper may be for others than whoever prints it."""
    wanted = request.GET.get("language", "")
    return wanted if wanted in dict(settings.LANGUAGES) else (get_language() or "en")[:2]


def marks(*, restricted: bool = False) -> list[str]:
    """What stands on top of every sheet. Ask for it in the language of the paper."""
    said = []
    if demonstration.exists():
        said.append("시연용 · " + _("demonstration, not the actual state"))
    if restricted:
        said.append(_("Restricted: only for the people named for it. Do not pass it on."))
    return said


def answer(
    request: StaffRequest,
    paper: Paper,
    *,
    crumbs: Sequence[tuple[str, str]] = (),
    template: str = "desk/paper.html",
    **context: Any,
) -> HttpResponse:
    """`crumbs`: title and address of the pages above. `context`: for a `template` that extends desk/paper.html."""
    if request.GET.get("format") == "docx":
        return _file(paper)
    shown = {
        "title": paper.title,
        "paper": paper,
        "crumbs": crumbs,
        "choices": [(code, name, _with(request, language=code)) for code, name in settings.LANGUAGES],
        "file_address": _with(request, format="docx", language=paper.language),
        **context,
    }
    return render(request, template, shown)


def _with(request: StaffRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _file(paper: Paper) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{paper.name}.docx"'}
    response = HttpResponse(paper.as_docx(), content_type=DOCX, headers=headers)
    add_never_cache_headers(response)
    return response
