"""The door of the calendar feeds: whoever has the secret address may read, and nothing else."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from commitments import access
from notifications import feeds
from notifications.models import CalendarFeed

# Kept by the reader alone, and asked for again each time: what is taken back is gone at once.
KEPT = "private, no-cache"
TYPE = "text/calendar; charset=utf-8"


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    now = timezone.now()
    feed = CalendarFeed.objects.of_secret(secret)
    if feed is None:
        return _nothing_here()
    access.ask_once(feed.user)
    if access.has_left(feed.user):
        return _nothing_here()
    body = feeds.calendar_of(feed, now=now)
    feed.note_read(now)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"Cache-Control": KEPT, "ETag": etag, "X-Robots-Tag": "noindex"}
    response = HttpResponse(body, content_type=TYPE, headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response


def _nothing_here() -> HttpResponse:
    """The same words for an address that never was, was taken back, or is of somebody who left."""
    response = HttpResponseNotFound("There is no calendar here.\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # the address is a secret, also in our log
    return response
