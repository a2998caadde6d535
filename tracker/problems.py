"""Errors of the API as RFC 9457 problems: one sentence, and the fields or parameters it is about."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions
from rest_framework.fields import get_error_detail

from commitments import refusals
from commitments.api.errors import Conflict, InvalidQuery

MEDIA_TYPE = "application/problem+json"
LONGEST_NAME = 100
TITLES: dict[int, Promise] = {
    400: gettext_lazy("The request cannot be taken as it is"),
    401: gettext_lazy("Nobody is signed in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Not possible here"),
    406: gettext_lazy("There is no such format"),
    409: gettext_lazy("It conflicts with the register"),
    411: gettext_lazy("The length is missing"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("There is no such format"),
    500: gettext_lazy("Something went wrong here"),
}
SENTENCES: dict[int, Promise] = {
    400: gettext_lazy("The request is not well formed."),
    401: gettext_lazy("Send a token that is valid: “Authorization: Token …”."),
    403: gettext_lazy("You may not do this."),
    404: gettext_lazy("There is nothing here that you may see. Addresses end with a slash."),
    405: gettext_lazy("This address does not take that method."),
    406: gettext_lazy("Answers are JSON: send “Accept: application/json” or nothing."),
    415: gettext_lazy("Send JSON: “Content-Type: application/json”."),
    500: gettext_lazy("It has been noted. Try again, and tell the desk if it stays."),
}
# Their own words are about the protocol, and the framework has them in few languages.
OURS = (
    Http404,
    exceptions.AuthenticationFailed,
    exceptions.MethodNotAllowed,
    exceptions.NotAcceptable,
    exceptions.NotAuthenticated,
    exceptions.NotFound,
    exceptions.UnsupportedMediaType,
)


def handle(error: Exception, context: Any) -> HttpResponse | None:
    """Any refusal as a problem; None for a fault of ours, which `server_error` answers."""
    refusal = _as_refusal(error)
    if refusal is None:
        return None
    status = refusal.status_code
    said = None if isinstance(error, OURS) else refusal.detail
    response = answer(status, problem(status, said, in_query=isinstance(refusal, InvalidQuery)))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response


def answer(status: int, body: dict[str, Any]) -> HttpResponse:
    """By itself, not by the view's renderer: that may write YAML or a page."""
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def _as_refusal(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case ValidationError():
            return exceptions.ValidationError(get_error_detail(error))
        case IntegrityError():
            return Conflict(refusals.sentence(error))
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
    return None


def problem(status: int, said: Any = None, *, in_query: bool = False) -> dict[str, Any]:
    """`said`: a sentence, or sentences by field as the framework nests them."""
    body: dict[str, Any] = {"type": "about:blank", "title": str(TITLES.get(status, "")), "status": status}
    if said is None or isinstance(said, str):
        return body | {"detail": str(said or SENTENCES.get(status, ""))}
    if in_query:
        errors = [{"parameter": path[0][:LONGEST_NAME], "detail": text} for path, text in _flat(said)]
    else:
        errors = [{"pointer": pointer(path), "detail": text} for path, text in _flat(said)]
    first = (
        errors[0]["detail"] if len(errors) == 1 else _("%(count)s things are wrong.") % {"count": len(errors)}
    )
    return body | {"detail": first, "errors": errors}


def _flat(said: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    match said:
        case dict():
            for name, inner in said.items():
                whole = name in ("__all__", "non_field_errors")
                yield from _flat(inner, path if whole else (*path, str(name)))
        case list():
            for inner in said:
                yield from _flat(inner, path)
        case _:
            yield path, str(said)


def pointer(path: tuple[str, ...]) -> str:
    """A JSON pointer as a fragment (RFC 6901, 6); “#” is the whole body."""
    steps = (name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in path)
    return "#" + "".join(f"/{quote(step, safe='~')}" for step in steps)


# What Django answers outside the API's own views: an unknown address, a request it refuses, a fault of ours.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _outside(request, 400) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _outside(request, 404) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _outside(request, 500) or defaults.server_error(request)


def _outside(request: HttpRequest, status: int) -> HttpResponse | None:
    if request.path.startswith("/api/"):
        return answer(status, problem(status))
    return None


def describe(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Put the problem into the OpenAPI document: what every operation answers when it refuses."""
    text = {"type": "string"}
    place = {"pointer": text, "parameter": text, "detail": text}
    errors = {"type": "array", "items": {"type": "object", "required": ["detail"], "properties": place}}
    properties = {
        "type": text,
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
        "errors": errors,
    }
    described = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": properties,
    }
    result["components"]["schemas"]["Problem"] = described
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {"description": "Refused, and why.", "content": content}
    return result
