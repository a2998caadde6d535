"""Pages by key, not by number: a page costs the same at any depth, and what is entered meanwhile moves nothing.

The framework's own cursor counts an offset inside equal values and gives up at a thousand; all undated items of a
forum fall due on one common day."""

from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from commitments.api.errors import InvalidQuery

SALT = "tracker.paging"


class KeysetPagination(BasePagination):
    parameters = ("cursor", "limit", "ordering")
    default_limit, highest_limit = 50, 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        ordering, limit = self.ordering(view.orderings), self.limit()
        field, sign = ordering.lstrip("-"), "-" if ordering.startswith("-") else ""
        rows = self.after_cursor(queryset, ordering).order_by(f"{sign}{field}", f"{sign}pk")
        page = list(rows[: limit + 1])
        self.next_cursor = None
        if len(page) > limit:
            last = page[limit - 1]
            value = queryset.model._meta.get_field(field).value_to_string(last)
            self.next_cursor = signing.dumps([ordering, value, last.pk], salt=SALT)
        return page[:limit]

    def ordering(self, allowed: tuple[str, ...]) -> str:
        wanted = self.request.query_params.get("ordering", allowed[0])
        if wanted not in allowed:
            raise InvalidQuery({"ordering": [_("Choose one of: %(known)s.") % {"known": ", ".join(allowed)}]})
        return wanted

    def limit(self) -> int:
        wanted = self.request.query_params.get("limit", str(self.default_limit))
        if (
            wanted.isascii()
            and wanted.isdigit()
            and len(wanted) < 5
            and 1 <= int(wanted) <= self.highest_limit
        ):
            return int(wanted)
        raise InvalidQuery({"limit": [_("Give a number from 1 to %(most)s.") % {"most": self.highest_limit}]})

    def after_cursor(self, queryset: QuerySet, ordering: str) -> QuerySet:
        """What follows the last row of the page before; `field >=` first, which an index can follow."""
        cursor = self.request.query_params.get("cursor")
        if cursor is None:
            return queryset
        try:
            of, value, pk = signing.loads(cursor, salt=SALT)
        except signing.BadSignature as error:
            raise InvalidQuery({"cursor": [_("Take the cursor from “next”.")]}) from error
        if of != ordering:
            raise InvalidQuery({"cursor": [_("This cursor belongs to another ordering.")]})
        field, beyond = ordering.lstrip("-"), "lt" if ordering.startswith("-") else "gt"
        later = Q(**{f"{field}__{beyond}": value}) | Q(**{f"pk__{beyond}": pk})
        return queryset.filter(later, **{f"{field}__{beyond}e": value})

    def get_paginated_response(self, data: Any) -> Response:
        following = None
        if self.next_cursor:
            following = replace_query_param(self.request.build_absolute_uri(), "cursor", self.next_cursor)
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {
            "type": ["string", "null"],
            "format": "uri",
            "description": "The next page; null: no more.",
        }
        properties = {"next": following, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        kinds = {
            "cursor": {"type": "string"},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": self.highest_limit,
                "default": self.default_limit,
            },
            "ordering": {"type": "string", "enum": list(view.orderings), "default": view.orderings[0]},
        }
        return [
            {"name": name, "in": "query", "required": False, "schema": kind} for name, kind in kinds.items()
        ]
