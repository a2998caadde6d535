"""Nothing is above itself: cycles are refused under a lock, so that two editors cannot close one together."""

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from commitments.locking import exclusively

CYCLE = _("This would put the entry above itself. Choose another.")

ANCESTORS = """
    WITH RECURSIVE above(id) AS (
        SELECT {column} FROM {table} WHERE id = %s
        UNION
        SELECT t.{column} FROM {table} t JOIN above ON t.id = above.id
    ) SELECT id FROM above WHERE id IS NOT NULL
"""
DESCENDANTS = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM {table} WHERE id IN ({keys})
        UNION
        SELECT t.id FROM {table} t JOIN below ON t.{column} = below.id
    ) SELECT id FROM below
"""


def _fetch(sql: str, parameters: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {row[0] for row in cursor.fetchall()}


def ancestors(model: type[models.Model], pk: int, link: str = "parent") -> set[int]:
    """Keys of everything above `pk`, itself left out unless the tree is broken."""
    column = model._meta.get_field(link).column  # type: ignore[union-attr]
    return _fetch(ANCESTORS.format(table=model._meta.db_table, column=column), [pk])


def descendants(model: type[models.Model], keys: set[int], link: str = "parent") -> set[int]:
    """`keys` and the keys of everything below them."""
    if not keys:
        return set()
    column = model._meta.get_field(link).column  # type: ignore[union-attr]
    marks = ", ".join(["%s"] * len(keys))
    return _fetch(DESCENDANTS.format(table=model._meta.db_table, column=column, keys=marks), sorted(keys))


def is_above_itself(instance: models.Model, link: str) -> bool:
    """Whether saving `instance` as it is would close a cycle over `link`; asked before the write."""
    above = getattr(instance, f"{link}_id")
    if instance.pk is None or above is None:
        return False
    return above == instance.pk or instance.pk in ancestors(type(instance), above, link)


def refuse_cycles(model: type[models.Model], link: str, keys: set[int]) -> None:
    """Raise ValidationError if one of `keys` is above itself; asked after the write, inside its transaction.

    The lock lasts until that transaction ends: of two editors that close a cycle together the second is refused."""
    with exclusively(f"tree {model._meta.label}"):
        if any(key in ancestors(model, key, link) for key in keys):
            raise ValidationError({link: CYCLE}, code="cycle")
