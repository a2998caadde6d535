"""The words by which the search finds an entry, and which entries wait to be read anew.

Kept by commitments/indexing.py for whatever way of writing; not of the register, so it has no history."""

from __future__ import annotations

from typing import Any

from django.db import models

from commitments.search_words import Phrase, Phrases


class TokensField(models.TextField):
    """Prepared words, separated by spaces; on PostgreSQL a tsvector with their places.

    The vector is made here and not by to_tsvector: its parser knows neither our pairs of characters nor the locale."""

    def db_type(self, connection: Any) -> str | None:
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor != "postgresql" or not isinstance(value, str):
            return value
        return " ".join(f"'{word}':{place}" for place, word in enumerate(value.split(), start=1))

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"


@TokensField.register_lookup
class Holding(models.Lookup):
    """`tokens__holding=phrases`: all of them stand there; by the index of either database."""

    lookup_name = "holding"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} @@ %s::tsquery", [*params, as_tsquery(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        key = f"{connection.ops.quote_name(self.lhs.alias)}.{connection.ops.quote_name('id')}"
        rows = f"SELECT rowid FROM {FULL_TEXT} WHERE {FULL_TEXT} MATCH %s"
        return f"{key} IN ({rows})", [as_fts5(self.rhs)]


FULL_TEXT = "commitments_findable_words"


def as_tsquery(phrases: Phrases) -> str:
    return " & ".join(f"({_followed(phrase)})" for phrase in phrases)


def _followed(phrase: Phrase) -> str:
    return " <-> ".join(f"'{token}'" for token in phrase.tokens) + (":*" if phrase.open else "")


def as_fts5(phrases: Phrases) -> str:
    return " AND ".join(f'"{" ".join(each.tokens)}"{" *" if each.open else ""}' for each in phrases)


class FindableQuerySet(models.QuerySet["Findable"]):
    def of(self, kind: str, keys: Any) -> FindableQuerySet:
        return self.filter(kind=kind, object_id__in=keys)

    def holding(self, phrases: Phrases) -> FindableQuerySet:
        """Entries that have all of it somewhere; nothing if nothing was asked."""
        return self.filter(tokens__holding=phrases) if phrases else self.none()


class Findable(models.Model):
    """All that one entry is found by. Who may see it is asked of the entry itself, each time."""

    class Kind(models.TextChoices):
        COMMITMENT = "commitment"
        PROVISION = "provision"
        MEETING = "meeting"
        FORUM = "forum"
        DOCUMENT = "document"

    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.BigIntegerField()
    texts = models.JSONField()  # pairs: which it is, and how it is written
    tokens = TokensField()

    objects = FindableQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "object_id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="commitments_findable_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Unread(models.Model):
    """An entry that was written since its words were last read. Insert-only by triggers: writers never wait for it."""

    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
