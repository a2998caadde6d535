"""Keeps what the search finds in step with the register, on every way of writing.

Triggers note which entries were written (`Unread`); readers, the tick and `manage.py index_words` read the words of
those anew. So nobody who writes waits for the index, and plain SQL is noticed as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections, models, transaction

from commitments import facts
from commitments.locking import exclusively
from commitments.models import (
    Commitment,
    Document,
    Evidence,
    Findable,
    Forum,
    Meeting,
    ProgressReport,
    Provision,
    Unread,
)
from commitments.models.findables import FULL_TEXT
from commitments.search_words import prepared

Kind = Findable.Kind
Text = tuple[str, str]  # which of its texts, and how it is written
AT_ONCE = 500


# What is found by what


def _own(model: type[models.Model], *columns: str) -> Callable[[list[int]], dict[int, list[Text]]]:
    def read(keys: list[int]) -> dict[int, list[Text]]:
        rows = model._default_manager.filter(pk__in=keys).values("pk", *columns)
        return {row["pk"]: [(column, row[column]) for column in columns if row[column]] for row in rows}

    return read


def _commitments(keys: list[int]) -> dict[int, list[Text]]:
    """With the numbers of the letters in which something was reported or shown."""
    found = _own(Commitment, "reference", *Commitment.name_columns(), "letter_number")(keys)
    reports = ProgressReport.objects.filter(commitment__in=keys).exclude(letter_number="").order_by("pk")
    evidence = Evidence.objects.filter(report__commitment__in=keys).exclude(letter_number="").order_by("pk")
    for key, number in (
        *reports.values_list("commitment", "letter_number"),
        *evidence.values_list("report__commitment", "letter_number"),
    ):
        if key in found and ("letter_number", number) not in found[key]:
            found[key].append(("letter_number", number))
    return found


def _meetings(keys: list[int]) -> dict[int, list[Text]]:
    """“SCCD 3” is what a meeting without a name is called."""
    found = _own(Meeting, *Meeting.name_columns())(keys)
    for key, code, number in Meeting.objects.filter(pk__in=keys).values_list("pk", "forum__code", "ordinal"):
        found[key].append(("number", f"{code} {number}"))
    return found


READ: dict[str, Callable[[list[int]], dict[int, list[Text]]]] = {
    Kind.COMMITMENT: _commitments,
    Kind.PROVISION: _own(Provision, "quote"),
    Kind.MEETING: _meetings,
    Kind.FORUM: _own(Forum, "code", *Forum.name_columns()),
    Kind.DOCUMENT: _own(Document, *Document.name_columns(), "letter_number"),
}
MODELS: dict[str, type[models.Model]] = {
    Kind.COMMITMENT: Commitment,
    Kind.PROVISION: Provision,
    Kind.MEETING: Meeting,
    Kind.FORUM: Forum,
    Kind.DOCUMENT: Document,
}


@dataclass(frozen=True)
class Source:
    """A table whose rows are found, or say something of what is; `whose`: the keys of that, of a row named {row}."""

    kind: str
    model: type[models.Model]
    columns: tuple[str, ...]
    whose: str = "SELECT {row}.id"

    @property
    def trigger(self) -> str:
        return f"words_of_{self.kind}_in_{self.model._meta.model_name}"


SOURCES = [
    Source(Kind.COMMITMENT, Commitment, ("reference", *Commitment.name_columns(), "letter_number")),
    Source(Kind.COMMITMENT, ProgressReport, ("letter_number", "commitment_id"), "SELECT {row}.commitment_id"),
    Source(
        Kind.COMMITMENT,
        Evidence,
        ("letter_number", "report_id"),
        "SELECT r.commitment_id FROM commitments_progressreport r WHERE r.id = {row}.report_id",
    ),
    Source(Kind.PROVISION, Provision, ("quote",)),
    Source(Kind.MEETING, Meeting, ("forum_id", "ordinal", *Meeting.name_columns())),
    Source(
        Kind.MEETING, Forum, ("code",), "SELECT m.id FROM commitments_meeting m WHERE m.forum_id = {row}.id"
    ),
    Source(Kind.FORUM, Forum, ("code", *Forum.name_columns())),
    Source(Kind.DOCUMENT, Document, (*Document.name_columns(), "letter_number")),
]


# Read anew


def catch_up(at_most: int | None = None) -> int:
    """Read the words of what was written since, the longest waiting first; returns of how many entries."""
    done = 0
    while (at_most is None or done < at_most) and Unread.objects.exists():
        done += _read_some(AT_ONCE)
    return done


def _read_some(limit: int) -> int:
    with exclusively("words of the search"):
        # Whoever writes meanwhile leaves a line that is not seen here and stays.
        waiting = list(Unread.objects.order_by("pk").values_list("pk", "kind", "object_id")[:limit])
        by_kind: dict[str, set[int]] = defaultdict(set)
        for _pk, kind, key in waiting:
            by_kind[kind].add(key)
        for kind, keys in by_kind.items():
            _write(kind, sorted(keys))
        Unread.objects.filter(pk__in=[pk for pk, _kind, _key in waiting]).delete()
    return len(waiting)


def _write(kind: str, keys: list[int]) -> None:
    Findable.objects.of(kind, keys).delete()
    Findable.objects.bulk_create(
        Findable(kind=kind, object_id=key, texts=texts, tokens=prepared(text for _which, text in texts))
        for key, texts in READ[kind](keys).items()
    )


def rebuild() -> int:
    """Everything anew, whatever stands there; may run any number of times. Returns how many entries are found."""
    note_everything()
    catch_up()
    return Findable.objects.count()


def note_everything() -> None:
    """What is there, and what is found although it is there no more."""
    table, found = Unread._meta.db_table, Findable._meta.db_table
    with connection.cursor() as cursor:
        for kind, model in MODELS.items():
            cursor.execute(
                f"INSERT INTO {table} (kind, object_id) SELECT '{kind}', id FROM {model._meta.db_table} "
                f"UNION SELECT kind, object_id FROM {found} WHERE kind = '{kind}'"
            )


# Triggers


# SQLite's full-text table has no copy of the words: it is told what is taken away.
ENTERED = f"INSERT INTO {FULL_TEXT} (rowid, tokens) VALUES (NEW.id, NEW.tokens);"
TAKEN_AWAY = f"INSERT INTO {FULL_TEXT} ({FULL_TEXT}, rowid, tokens) VALUES ('delete', OLD.id, OLD.tokens);"
FULL_TEXT_KEPT = {
    f"{FULL_TEXT}_insert": f"AFTER INSERT ON {Findable._meta.db_table} BEGIN {ENTERED} END",
    f"{FULL_TEXT}_update": f"AFTER UPDATE ON {Findable._meta.db_table} BEGIN {TAKEN_AWAY} {ENTERED} END",
    f"{FULL_TEXT}_delete": f"AFTER DELETE ON {Findable._meta.db_table} BEGIN {TAKEN_AWAY} END",
}


def statements(vendor: str) -> list[str]:
    """Drop and make those that note what was written, and on SQLite those that keep its full-text table."""
    if vendor == "postgresql":
        return [statement for source in SOURCES for statement in _postgresql(source)]
    kept = FULL_TEXT_KEPT.items()
    return [
        *(statement for source in SOURCES for statement in _sqlite(source)),
        *(f"DROP TRIGGER IF EXISTS {name}" for name, _body in kept),
        *(f"CREATE TRIGGER {name} {body}" for name, body in kept),
    ]


def names(vendor: str) -> set[str]:
    noting = {f"{source.trigger}_{event}" for source, event in _noting()}
    return noting | set(FULL_TEXT_KEPT) if vendor == "sqlite" else noting


def _noting() -> list[tuple[Source, str]]:
    return [(source, event) for source in SOURCES for event in ("insert", "update", "delete")]


def _noted(source: Source, *rows: str) -> str:
    keys = " UNION ".join(source.whose.format(row=row) for row in rows)
    return (
        f"INSERT INTO {Unread._meta.db_table} (kind, object_id) SELECT '{source.kind}', k.* FROM ({keys}) k;"
    )


def _sqlite(source: Source) -> Iterable[str]:
    differs = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in source.columns)
    events = {
        "insert": ("", ("NEW",)),
        "update": (f" WHEN {differs}", ("OLD", "NEW")),
        "delete": ("", ("OLD",)),
    }
    for event, (when, rows) in events.items():
        name = f"{source.trigger}_{event}"
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield (
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {source.model._meta.db_table}{when} "
            f"BEGIN {_noted(source, *rows)} END"
        )


def _postgresql(source: Source) -> Iterable[str]:
    table, function = source.model._meta.db_table, f"tracker_{source.trigger}"
    old, new = (", ".join(f'{row}."{name}"' for name in source.columns) for row in ("OLD", "NEW"))
    events = {
        "insert": ("", ("NEW",)),
        "update": (f"WHEN (({old}) IS DISTINCT FROM ({new}))", ("OLD", "NEW")),
        "delete": ("", ("OLD",)),
    }
    for event, (when, rows) in events.items():
        name = f"{source.trigger}_{event}"
        yield (
            f"CREATE OR REPLACE FUNCTION {function}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {_noted(source, *rows)} RETURN NULL; END $$"
        )
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield (
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} FOR EACH ROW {when} "
            f"EXECUTE FUNCTION {function}_{event}()"
        )


def install(using: str = "default") -> None:
    """Drop and make all triggers, in one transaction; may run any number of times."""
    chosen = connections[using]
    with transaction.atomic(using=using), chosen.cursor() as cursor:
        for statement in statements(chosen.vendor):
            cursor.execute(statement)


def remove(using: str = "default") -> None:
    chosen = connections[using]
    tables = {f"{source.trigger}_{event}": source.model._meta.db_table for source, event in _noting()}
    with transaction.atomic(using=using), chosen.cursor() as cursor:
        for name in names(chosen.vendor):
            on = f" ON {tables[name]}" if chosen.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def install_after_migrate(using: str, plan: Any = None, **_signal: Any) -> None:
    """What was written while there were none, by this migration or before it, is read anew."""
    if Unread._meta.db_table not in connections[using].introspection.table_names():
        return
    unnoticed = bool(names(connections[using].vendor) - facts.installed(using))
    install(using)
    if unnoticed:
        note_everything()


def missing() -> set[str]:
    """Triggers that should be there; none are before the table they write to."""
    if Unread._meta.db_table not in connection.introspection.table_names():
        return set()
    return names(connection.vendor) - facts.installed()
