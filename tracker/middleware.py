from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from commitments import access
from commitments.models import PostHolding, User, writing
from tracker import problems

GetResponse = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
SESSION_ZONE = "zone"


class ContentSecurityPolicy:
    """Send `SECURE_CSP` (the name that Django 6 uses) with every answer that has no policy of its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class RefuseNul:
    """PostgreSQL cannot store or compare NUL and would fail in the middle of a request; SQLite would not."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path or "\x00" in query or "%00" in query:
            sentence = gettext("Remove the character that cannot be stored.")
            if request.path.startswith("/api/"):
                return problems.answer(400, problems.problem(400, sentence))
            return HttpResponse(f"{sentence}\n", status=400, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class Authored:
    """Whatever a signed-in person writes is recorded with their name and the desk as the door."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return self.get_response(request)
        with writing(by_id=request.user.pk, via="desk"):
            return self.get_response(request)


class RolesReadOnce:
    """A page asks many times what its reader may see; it is the same each time, while nothing is written."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            access.ask_once(request.user, keys=request.method in SAFE_METHODS)
        return self.get_response(request)


class LocalTime:
    """“Today” on the desk is the officer's day: at 8 in Seoul it is still yesterday by UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request)):
            return self.get_response(request)

    def _zone(self, request: HttpRequest) -> ZoneInfo | None:
        """Worked out once a session: own zone, else that of the organisation of a post held today."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        if SESSION_ZONE not in request.session:
            request.session[SESSION_ZONE] = zone_of(request.user, timezone.localdate())
        return ZoneInfo(request.session[SESSION_ZONE])


def zone_of(user: User, today: date) -> str:
    """The person's own time zone, else that of the organisation of a post held `today`, else UTC."""
    if user.zone:
        return user.zone
    held = PostHolding.objects.on(today).filter(user=user).order_by("acting", "from_on", "id")
    holding = held.select_related("post__organisation__calendar").first()
    return holding.post.organisation.clock.key if holding else "UTC"
