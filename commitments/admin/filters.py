"""Filters that ask what an officer asks; each answer is a question of the querysets themselves."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.admin.seen import seen

Answer = Callable[[Any, date], QuerySet]


class VisibleFilter(RelatedFieldListFilter):
    """Offers only what the person may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        mine = Q(pk__in=seen(field.related_model, request.user).order_by().values("pk"))
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=mine)


class QuestionFilter(admin.SimpleListFilter):
    """`answers`: what stands in the address, the words of the choice, and the question to the rows."""

    answers: ClassVar[list[tuple[str, Any, Answer]]]
    # What is asked when nothing was chosen; None asks nothing.
    unasked: ClassVar[tuple[Any, Answer] | None] = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, words, _ask in self.answers]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        for key, _words, ask in self.answers:
            if key == self.value():
                return ask(queryset, today)
        return self.unasked[1](queryset, today) if self.unasked else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        for position, choice in enumerate(super().choices(changelist)):
            if position == 0 and self.unasked:
                choice["display"] = self.unasked[0]
            yield choice


def everything(rows: Any, today: date) -> QuerySet:
    return rows


ALL = ("all", _("All"), everything)
