"""JSON as RFC 8259 means it, and nothing that a database cannot store."""

import json
import math
import re
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TooLarge(APIException):
    status_code = 413


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
            raise TooLarge(_("The request is larger than %(limit)s KiB.") % {"limit": limit})
        try:
            data = read_json(body.decode("utf-8"))
            wrong = {path: [_("Remove the character that cannot be stored.")] for path in unstorable(data)}
        except UnicodeDecodeError as error:
            raise ParseError(_("The request is not in UTF-8.")) from error
        except RecursionError as error:
            raise ParseError(_("The request is nested too deeply.")) from error
        if not isinstance(data, dict):
            raise ParseError(_("Send one JSON object."))
        if wrong:
            raise ValidationError(wrong)
        return data


def read_json(text: str) -> Any:
    """Raise ParseError for what is not JSON, for NaN and infinities, and for a name given twice."""
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once_each
        )
    except ValueError as error:
        place = getattr(error, "pos", None)
        if place is None:  # more digits than Python reads
            raise ParseError(_("The request has a number that cannot be stored.")) from error
        raise ParseError(
            _("The request is no valid JSON at character %(place)s.") % {"place": place + 1}
        ) from error


def _refuse_constant(name: str) -> float:
    raise ParseError(_("%(name)s is no number in JSON.") % {"name": name})


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isfinite(number):
        return number
    raise ParseError(_("The request has a number that cannot be stored."))


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) < len(pairs):
        raise ParseError(_("The request gives a field twice."))
    return known


def unstorable(value: Any, name: str = "") -> Iterator[str]:
    """The top-level fields that hold a NUL or half a surrogate pair, which escapes in JSON can spell."""
    match value:
        case str() if UNSTORABLE.search(value):
            yield UNSTORABLE.sub("\ufffd", name)
        case dict():
            for key, item in value.items():
                yield from unstorable(key, name or key)
                yield from unstorable(item, name or key)
        case list():
            for item in value:
                yield from unstorable(item, name)
