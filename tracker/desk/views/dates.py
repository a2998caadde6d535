"""The lists of dates behind My desk, narrowed, sorted and taken away like the list of commitments."""

from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from tracker.desk.bulk_forms import DEEDS
from tracker.desk.desk_lists import DeskList
from tracker.desk.listing import DATES, DATES_OF, Listing
from tracker.desk.models import ListChoice
from tracker.desk.requests import StaffRequest
from tracker.desk.views.commitments import as_file, page_of


def dates(request: StaffRequest, found: DeskList) -> HttpResponse:
    listing = listing_of(request, found.slug, request.GET)
    page = listing.page(request.GET.get("page"))
    context = {
        "title": found.title,
        "list": found,
        **page_of(listing, page, request),
        "deeds": [
            (reverse("admin:bulk_dates", args=[found.slug, slug]), deed.title)
            for slug, deed in DEEDS.items()
            if deed.of_dates
        ],
        "xlsx": reverse("admin:export_dates", args=[found.slug, "xlsx"]),
        "csv": reverse("admin:export_dates", args=[found.slug, "csv"]),
    }
    return render(request, "desk/dates.html", context)


def listing_of(request: StaffRequest, slug: str, data: QueryDict) -> Listing:
    if slug not in DATES_OF:
        raise Http404
    wanted = ListChoice.objects.columns_of(request.user, DATES.slug)
    return Listing.of_dates(slug, data, request.user, timezone.localdate(), wanted=wanted)


def export(request: StaffRequest, slug: str, kind: str) -> HttpResponseBase:
    return as_file(listing_of(request, slug, request.GET), kind)
