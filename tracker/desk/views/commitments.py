"""The list of commitments, and the search over everything that was written about them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import access
from commitments.models import Commitment
from tracker.desk import columns, exporting
from tracker.desk.bulk_forms import DEEDS
from tracker.desk.listing import Listing
from tracker.desk.requests import StaffRequest
from tracker.desk.views import saved_views

FOUND_AT_MOST = 30


def commitments(request: StaffRequest) -> HttpResponse:
    chosen = saved_views.Chosen.of(request)
    listing = listing_of(request, chosen)
    page = listing.page(request.GET.get("page"))
    context = {
        "title": _("Commitments"),
        **page_of(listing, page, request),
        "chosen": chosen,
        "is_own_view": chosen.is_own(request.user),
        "deeds": [(reverse("admin:bulk", args=[slug]), deed.title) for slug, deed in DEEDS.items()],
        "xlsx": reverse("admin:export", args=["xlsx"]),
        "csv": reverse("admin:export", args=["csv"]),
        "is_empty": not listing.form.is_narrowing and not page.paginator.count,
    }
    return render(request, "desk/commitments.html", context)


def listing_of(request: StaffRequest, chosen: "saved_views.Chosen") -> Listing:
    today = timezone.localdate()
    return Listing.of_commitments(chosen.data, request.user, today, wanted=chosen.columns)


def page_of(listing: Listing, page: Any, request: StaffRequest) -> dict[str, Any]:
    """What the page of any list is made of."""
    return {
        "today": listing.today,
        "listing": listing,
        "form": listing.form,
        "page": page,
        "lines": list(listing.lines(page.object_list)),
        "may_change": access.Reach.of(request.user, listing.today).edits_something,
    }


def export(request: StaffRequest, kind: str) -> HttpResponseBase:
    return as_file(listing_of(request, saved_views.Chosen.of(request)), kind)


def as_file(listing: Listing, kind: str) -> HttpResponseBase:
    name = f"{listing.kind.slug}-{listing.today.isoformat()}.{kind}"
    if kind == "xlsx":
        return FileResponse(exporting.as_xlsx(listing), as_attachment=True, filename=name)
    if kind != "csv":
        raise Http404
    parts: Iterator[bytes] = exporting.as_csv(listing)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8", headers=disposition)


def listed(rows: QuerySet, today: date) -> QuerySet[Commitment]:
    """With the next date, where it comes from and who leads, in a constant number of queries."""
    for column in (columns.TITLE, columns.NEXT, columns.LEAD):
        rows = column.read(rows, "", today)
    return rows
