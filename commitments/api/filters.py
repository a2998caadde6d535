"""Filters of the lists. Their names are closed: what is not declared is refused, not ignored."""

from functools import reduce
from operator import or_
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from commitments.api.errors import InvalidQuery
from commitments.fields import composed
from commitments.models import Forum


class KnownFilters(DjangoFilterBackend):
    def filter_queryset(self, request: Any, queryset: QuerySet, view: Any) -> QuerySet:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidQuery({name: list(said) for name, said in filterset.errors.items()})
        return filterset.qs


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raise InvalidQuery for a parameter that means nothing here, and for one that is given twice."""
    wrong = {}
    for name, values in request.query_params.lists():
        if name not in known:
            wrong[name] = [_("There is no such parameter here.")]
        elif len(values) > 1:
            wrong[name] = [_("Give it once.")]
    if wrong:
        raise InvalidQuery(wrong)


class DayFilter(filters.DateFilter):
    """A day as 2026-12-14, whatever the caller's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **kwargs)


class Search(filters.CharFilter):
    """Part of a name, title or alias in any language."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, label=_("part of a name or title in any language"), **kwargs)

    def filter(self, qs: Any, value: str) -> Any:
        return qs.named(composed(value)) if value else qs


def one_of(model: Any, key: str, **kwargs: Any) -> filters.ModelChoiceFilter:
    """A filter by a related entry that the caller may see; another key is refused."""

    def choices(request: Request | None) -> Any:
        return model.objects.visible_to(request.user) if request else model.objects.none()

    spelt: Any = extend_schema_field(OpenApiTypes.INT if key == "id" else OpenApiTypes.STR)
    offered: Any = choices  # asked at each request
    return spelt(filters.ModelChoiceFilter(queryset=offered, to_field_name=key, **kwargs))


def of_forum(*paths: str) -> filters.ModelChoiceFilter:
    """What belongs to a forum by one of `paths`: its own, and what is dealt with in the group that it is."""

    def chosen(rows: QuerySet, name: str, forum: Forum) -> QuerySet:
        return rows.filter(reduce(or_, (Q(**{path: forum}) for path in paths)))

    return one_of(Forum, "code", method=chosen)
