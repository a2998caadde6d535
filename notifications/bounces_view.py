"""Where a relay reports what came back: one signed POST for each message. No session, no cookie."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications import receiving
from notifications.bounces import REASON_AT_MOST, Returned, message_ids_in
from notifications.mail_reading import printable

SIGNATURE = "X-Signature"
BODY_AT_MOST = 64 * 1024  # bytes
ACTIONS = {"failed", "delayed"}


@csrf_exempt
@require_POST
def bounced(request: HttpRequest) -> HttpResponse:
    """`{"message_id": "<…>", "action": "failed" | "delayed", "status": "5.1.1", "reason": "…", "at": "<ISO 8601>"}`"""
    if not settings.BOUNCE_SECRET:
        raise Http404
    if len(request.body) > BODY_AT_MOST:
        return _refused(413, "The body is too long.")
    if not _is_signed(request):
        return _refused(403, f"{SIGNATURE} is not the HMAC-SHA256 of the body.")
    try:
        returned = _read(request.body)
    except (ValueError, RecursionError) as error:
        return _refused(400, str(error))
    receiving.note_report(returned, now=timezone.now())
    return HttpResponse(status=204)


def signature_of(body: bytes) -> str:
    return "sha256=" + hmac.new(settings.BOUNCE_SECRET.encode(), body, hashlib.sha256).hexdigest()


def _is_signed(request: HttpRequest) -> bool:
    given = request.headers.get(SIGNATURE, "")
    return hmac.compare_digest(given.encode(), signature_of(request.body).encode())


def _read(body: bytes) -> Returned:
    """Raises ValueError with a sentence for whoever sets the relay up."""
    said = json.loads(body.decode("utf-8"))
    if not isinstance(said, dict):
        raise ValueError("Send one JSON object.")
    action, status = _text(said, "action"), _text(said, "status")
    message_ids = message_ids_in(_text(said, "message_id"))
    if not message_ids:
        raise ValueError("“message_id” is not the Message-ID of one of our messages.")
    if action not in ACTIONS:
        raise ValueError("“action” is “failed” or “delayed”.")
    failed = action == "failed"
    reason = " ".join(printable(f"{status} {_text(said, 'reason')}").split())
    return Returned(
        message_ids=message_ids,
        address="",
        reason=reason[:REASON_AT_MOST] or action,
        is_final=failed,
        is_permanent=failed and not status.startswith("4"),
        at=_moment(said),
    )


def _moment(said: dict[str, Any]) -> datetime | None:
    """With it, a report that is repeated after the message was sent again is known as old."""
    given = _text(said, "at")
    moment = datetime.fromisoformat(given) if given else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("“at” says no time zone.")
    return moment


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"“{name}” is a text.")
    return value


def _refused(status: int, sentence: str) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=status)
