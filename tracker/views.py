"""Two questions of a supervisor or load balancer; neither says anything about the content."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from notifications import watching
from notifications.models import Delivery

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


# Ages in seconds; no heartbeat yet, or nothing that waits: null. Without a database all of them are.
SIGNS = ("heartbeat", "heartbeat_age", "queue_age", "uncertain", "dead")


def readyz(request: HttpRequest) -> JsonResponse:
    """What this process depends on answers too, and somebody sends. The numbers are told for an alarm elsewhere."""
    signs: dict[str, bool | int | None] = dict.fromkeys(SIGNS)
    database = _answers("database", lambda: signs.update(_signs_of_life(timezone.now())))
    answers = {"database": database, "broker": watching.broker_answers(), **signs}
    is_ready = all(answers[name] for name in ("database", "broker", "heartbeat"))
    return JsonResponse(answers, status=200 if is_ready else 503)


def _signs_of_life(now: datetime) -> dict[str, bool | int | None]:
    last = watching.last_tick()
    return {
        "heartbeat": not watching.is_silent(last, now=now),
        "heartbeat_age": watching.seconds_since(last, now),
        "queue_age": watching.seconds_since(watching.oldest_waiting(now), now),
        "uncertain": Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count(),
        "dead": Delivery.objects.given_up().count(),
    }


def _answers(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:  # whatever goes wrong means "no"; the log says what it was
        logger.exception("%s does not answer", name)
        return False
    return True
