"""Every way in which a row is entered, changed or deleted, down to plain SQL; for tests that try them all."""

from collections.abc import Callable
from typing import Any

from django.db import connection, models

from tests.commitments.any_row import Row

Changes = dict[str, Any]


def execute(sql: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def insert_by_sql(row: Row) -> None:
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    columns, marks = ", ".join(f'"{field.column}"' for field in fields), ", ".join(["%s"] * len(fields))
    execute(f"INSERT INTO {row._meta.db_table} ({columns}) VALUES ({marks})", _for_sql(row, fields))


def update_by_sql(row: Row, changes: Changes) -> None:
    fields = [row._meta.get_field(name) for name in changes]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    parameters = [*_for_sql(changed(row, changes), fields), row.pk]
    execute(f"UPDATE {row._meta.db_table} SET {columns} WHERE {row._meta.pk.column} = %s", parameters)


def delete_by_sql(row: Row) -> None:
    execute(f"DELETE FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s", [row.pk])


def _for_sql(row: Row, fields: list[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def changed(row: Row, changes: Changes) -> Row:
    """The row as it is stored, with the changes set and not saved."""
    stored = type(row)._base_manager.get(pk=row.pk)
    for name, value in changes.items():
        setattr(stored, name, value)
    return stored


def _bulk_update(row: Row, changes: Changes) -> None:
    names = [row._meta.get_field(name).name for name in changes]
    type(row)._base_manager.bulk_update([changed(row, changes)], names)


ENTERING: dict[str, Callable[[Row], Any]] = {
    "save": lambda row: row.save(),
    "bulk_create": lambda row: type(row)._base_manager.bulk_create([row]),
    "raw save": lambda row: models.Model.save_base(row, raw=True),
    "SQL": insert_by_sql,
}
CHANGING: dict[str, Callable[[Row, Changes], Any]] = {
    "save": lambda row, changes: changed(row, changes).save(),
    "save fields": lambda row, changes: changed(row, changes).save(update_fields=list(changes)),
    "update": lambda row, changes: type(row)._base_manager.filter(pk=row.pk).update(**changes),
    "bulk_update": _bulk_update,
    "raw save": lambda row, changes: models.Model.save_base(changed(row, changes), raw=True),
    "SQL": update_by_sql,
}
DELETING: dict[str, Callable[[Row], Any]] = {
    "delete": lambda row: row.delete(),
    "delete of rows": lambda row: type(row)._base_manager.filter(pk=row.pk).delete(),
    "raw delete": lambda row: type(row)._base_manager.filter(pk=row.pk)._raw_delete("default"),
    "SQL": delete_by_sql,
}
