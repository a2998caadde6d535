"""Two questions of a supervisor or load balancer; neither says anything about the content."""

import logging
from collections.abc import Callable

from celery import current_app
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def readyz(request: HttpRequest) -> JsonResponse:
    """What this process depends on answers too."""
    answers = {name: _answers(name, ask) for name, ask in DEPENDENCIES.items()}
    return JsonResponse(answers, status=200 if all(answers.values()) else 503)


def _answers(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:  # whatever goes wrong means "no"; the log says what it was
        logger.exception("%s does not answer", name)
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations")


def _ask_broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)


DEPENDENCIES: dict[str, Callable[[], None]] = {"database": _ask_database, "broker": _ask_broker}
