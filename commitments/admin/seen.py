"""What a person may be offered or shown: every drop-down, filter and label starts here."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from commitments import access
from commitments.models import Assignment, DocumentText, FollowUp, Grant, Meeting, Membership, PostHolding

# What the words of an entry are made of, beside itself.
SPOKEN_WITH: dict[type[models.Model], tuple[str, ...]] = {
    Meeting: ("forum",),
    FollowUp: ("commitment", "meeting__forum"),
    Assignment: ("post",),
    PostHolding: ("user", "post"),
    Membership: ("user",),
    Grant: ("user",),
}
HEAVY: dict[type[models.Model], tuple[str, ...]] = {DocumentText: ("body",)}


def visible(rows: Any, user: Any) -> Any:
    """As the rows' own `visible_to` says; kinds from elsewhere (access keys) have none."""
    return rows.visible_to(user) if hasattr(rows, "visible_to") else access.visible(rows, user)


def seen(model: type[models.Model], user: Any) -> models.QuerySet:
    """The rows of `model` that `user` may see, ready to be named."""
    return spoken(visible(model._default_manager.all(), user))


def spoken(rows: models.QuerySet) -> models.QuerySet:
    """Ready to be named one after the other without a further query."""
    rows = rows.defer(*HEAVY.get(rows.model, ()))
    return rows.select_related(*SPOKEN_WITH[rows.model]) if rows.model in SPOKEN_WITH else rows


def cover_unseen(row: models.Model, user: Any) -> None:
    """A link from a row that one sees to one that one does not is shown as empty; what is stored stays."""
    for link in _links(row):
        key = getattr(row, link.attname)
        if key is not None and link.null and not seen(link.related_model, user).filter(pk=key).exists():
            link.set_cached_value(row, None)


def _links(row: models.Model) -> Iterable[Any]:
    guarded = (f for f in row._meta.concrete_fields if isinstance(f, models.ForeignKey))
    return [f for f in guarded if f.related_model._meta.label_lower in access.VISIBLE]
