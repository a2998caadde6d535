"""Views of the register: every read starts from what the caller may see, every write from what they may change."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from commitments.api.entries import Body
from commitments.api.errors import Conflict, LengthRequired
from commitments.api.filters import refuse_unknown
from commitments.models import Recorded, User, writing


# Comments instead of docstrings: the OpenAPI document would print them with every operation.
# Entries to read. A request that writes is one transaction, with its author in the history.
class Resource(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    orderings: tuple[str, ...] = ("id",)  # the first is the default; none of them may be null
    lookup_value_regex = "[0-9]+"
    deed: contextlib.ExitStack
    writes = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with contextlib.ExitStack() as self.deed:
            response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters())
        if request.method not in SAFE_METHODS:
            if "HTTP_TRANSFER_ENCODING" in request.META:
                raise LengthRequired
            self.writes = True
            self.deed.enter_context(transaction.atomic())
            self.deed.enter_context(writing(by_id=request.user.pk, via="api"))

    def handle_exception(self, exc: Exception) -> Response:
        if self.writes:
            transaction.set_rollback(True)
        return super().handle_exception(exc)

    def parameters(self) -> set[str]:
        if self.action != "list":
            return set()
        filters = getattr(self, "filterset_class", None)
        paging: Any = self.paginator
        return {*paging.parameters, *(filters.base_filters if filters else ())}

    def get_queryset(self) -> Any:
        return cast(Any, super().get_queryset()).visible_to(self.caller)

    def get_object(self) -> Any:
        """404 for what may not be seen, 403 for what may not be changed; a row to be changed is locked."""
        found = get_object_or_404(self.get_queryset(), **{self.lookup_field: self.kwargs[self.lookup_field]})
        if self.request.method in SAFE_METHODS:
            return found
        row = self.changeable(found).select_for_update(of=("self",), no_key=True).first()
        if row is None:
            raise PermissionDenied(_("You may see this, but not change it."))
        return row

    def changeable(self, row: Recorded) -> Any:
        return type(row)._default_manager.editable_by(self.caller).order_by().filter(pk=row.pk)

    @property
    def caller(self) -> User:
        """Somebody: IsAuthenticated has seen to it."""
        return cast(User, self.request.user)

    def read(self, body: type[Body]) -> dict[str, Any]:
        said = body(data=self.request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        return said.validated_data

    def written(self, row: Recorded, *, status: int = 200) -> Response:
        """The row as it now is. One that has left the writer's reach was not theirs to write."""
        self.keep_in_step(row)
        if not self.changeable(row).exists():
            raise PermissionDenied(_("Your roles do not let you enter this."))
        return self.shown(row, status=status)

    def shown(self, row: Recorded, *, status: int) -> Response:
        fresh = self.get_queryset().get(pk=row.pk)
        key = getattr(fresh, self.lookup_field)
        headers = {"Location": self.reverse_action("detail", [key])} if status == 201 else None
        return Response(self.get_serializer(fresh).data, status=status, headers=headers)

    def keep_in_step(self, row: Any) -> None:
        """What follows from any change of `row`."""


# Entries to read, make and change. Nothing is deleted here: the register keeps what it knows.
class WritableResource(Resource):
    def create(self, request: Request, **kwargs: Any) -> Response:
        return self.entered(self.get_serializer_class())

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(self.get_serializer_class())

    def entered(self, kind: type[Any]) -> Response:
        entry = kind(data=self.request.data, context=self.get_serializer_context())
        entry.is_valid(raise_exception=True)
        return self.written(entry.save(), status=201)

    def changed(self, kind: type[Any]) -> Response:
        row, context = self.get_object(), self.get_serializer_context()
        entry = kind(row, data=self.request.data, partial=True, context=context)
        entry.is_valid(raise_exception=True)
        return self.written(entry.save())


def verb(
    body: type[Body], *, among: Callable[[], Any] | None = None, path: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """POST …/{key}/verb/: `deed` gets the locked row, what `body` was told and the moment; answers with the row.

    `among`: the rows that it can be done to; for another it is a conflict."""

    def make(deed: Callable[..., Any]) -> Any:
        @functools.wraps(deed)
        def handle(self: Resource, request: Request, **kwargs: Any) -> Response:
            row = self.get_object()
            if among is not None and not among().filter(pk=row.pk).exists():
                raise Conflict
            deed(self, row, now=timezone.now(), **self.read(body))
            return self.written(row)

        described = extend_schema(request=body)(handle)
        return action(detail=True, methods=["post"], url_path=path or deed.__name__)(described)

    return make
