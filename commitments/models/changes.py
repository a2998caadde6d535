"""History: one append-only record of every change to the register, on every writing path."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, NotSupportedError, connection, connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commitments.locking import exclusively
from commitments.trees import CYCLE, is_above_itself, refuse_cycles

Row = dict[str, Any]


@dataclass(frozen=True)
class Authorship:
    """Who writes, for which post, by which door and why. Held for the length of a request or task."""

    by_id: int | None = None
    on_behalf_of_id: int | None = None
    via: str = "system"
    why: str = ""
    at: datetime | None = None


UNKNOWN = Authorship()
_authorship: ContextVar[Authorship] = ContextVar("authorship", default=UNKNOWN)


@contextlib.contextmanager
def writing(**known: Any) -> Iterator[None]:
    """Everything written inside is recorded with `by_id`, `on_behalf_of_id`, `via`, `why`, `at` as far as given."""
    token = _authorship.set(replace(_authorship.get(), **known))
    try:
        yield
    finally:
        _authorship.reset(token)


class ChangeQuerySet(models.QuerySet["Change"]):
    def of(self, instance: models.Model) -> ChangeQuerySet:
        return self.filter(model=instance._meta.label_lower, object_id=instance.pk)

    def until(self, moment: datetime) -> ChangeQuerySet:
        return self.filter(at__lte=moment)

    def feed(self, *, after: int = 0) -> ChangeQuerySet:
        """Changes in the order in which they were committed; `after` is the last position already read.

        Numbers what has been committed since, so that a reader never misses a slow transaction."""
        ChangePosition.objects.number_changes()
        return self.filter(position__number__gt=after).order_by("position__number").select_related("position")

    def last_number(self) -> int:
        """Of everything that has been committed until now."""
        ChangePosition.objects.number_changes()
        return ChangePosition.objects.aggregate(last=models.Max("number"))["last"] or 0


class Change(models.Model):
    class Action(models.TextChoices):
        CREATED = "created", _("entered")
        CHANGED = "changed", _("changed")
        DELETED = "deleted", _("deleted")

    model = models.CharField(_("kind of entry"), max_length=100)
    object_id = models.BigIntegerField(_("entry"))
    action = models.CharField(_("what"), max_length=8, choices=Action)
    before = models.JSONField(_("from"), null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("to"), null=True, encoder=DjangoJSONEncoder)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("by"),
    )
    on_behalf_of = models.ForeignKey(
        "commitments.Post",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    via = models.CharField(_("by way of"), max_length=20)
    why = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("at"), db_index=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["id"]
        indexes = [models.Index(fields=["model", "object_id", "id"], name="commitments_change_of")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.action}"

    @property
    def changed_fields(self) -> list[str]:
        before, after = self.before or {}, self.after or {}
        return [name for name in after if before.get(name) != after[name]]


class ChangePositionQuerySet(models.QuerySet["ChangePosition"]):
    def number_changes(self) -> int:
        """Give each committed change without a position the next one; returns how many.

        Looks only above the horizon: an idle register costs two look-ups, however long its history."""
        if _last_key() <= ChangeHorizon.objects.floor():
            return 0
        with exclusively("change positions"):
            horizon = ChangeHorizon.objects.first() or ChangeHorizon(pk=1)
            last, writers = _last_key(), _writers()
            numbered = _number_above(horizon.floor)
            horizon.rise(last, writers)
        return numbered


class ChangePosition(models.Model):
    """The place of a change in commit order. Insert-only, made by readers: writers never wait for it."""

    number = models.BigAutoField(primary_key=True)
    change = models.OneToOneField(Change, models.PROTECT, related_name="position")

    objects = ChangePositionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)


class ChangeHorizonQuerySet(models.QuerySet["ChangeHorizon"]):
    def floor(self) -> int:
        return self.values_list("floor", flat=True).first() or 0


class ChangeHorizon(models.Model):
    """Every change up to `floor` has its position, or was undone before it was committed. One row.

    A key is drawn before the commit, so a slow writer may still bring one below the last that is seen. The floor
    rises to `next_floor` once all have ended who were writing when that was the last."""

    floor = models.BigIntegerField(default=0)
    next_floor = models.BigIntegerField(default=0)
    waits_for = models.JSONField(default=list)  # names of transactions, as PostgreSQL gives them

    objects = ChangeHorizonQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.floor)

    def rise(self, last: int, writers: set[str | None]) -> None:
        """What lies below has been numbered since `last` was the last, and after that `writers` were writing."""
        noted = set(self.waits_for)
        if None in writers or noted & writers:
            return
        self.floor = self.next_floor if writers and noted else self.floor if writers else last
        self.next_floor, self.waits_for = last, sorted(name for name in writers if name)
        self.save()


def _last_key() -> int:
    return Change.objects.aggregate(last=models.Max("pk"))["last"] or 0


# An INSERT locks the table before it draws a key, and keeps that until its transaction is visible to all or undone.
WRITERS = """
    SELECT CASE WHEN pid IS NOT NULL THEN virtualtransaction END FROM pg_locks
    WHERE relation = %s::regclass AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
NUMBER = """
    INSERT INTO commitments_changeposition (change_id)
    SELECT c.id FROM commitments_change c
    WHERE c.id > %s AND NOT EXISTS (SELECT 1 FROM commitments_changeposition p WHERE p.change_id = c.id)
    ORDER BY c.id
"""


def _writers() -> set[str | None]:
    """Transactions of others that write changes and have not ended; None stands for prepared ones.

    Nobody on SQLite: it lets one writer in at a time, which is us, and keys are in the order of commits."""
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [Change._meta.db_table])
        return {name for (name,) in cursor.fetchall()}


def _number_above(floor: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, [floor])
        return cursor.rowcount


def _as_json(row: Row) -> Row:
    """The row as it will read in the record: dates as ISO text, compared like with like."""
    return json.loads(json.dumps(row, cls=DjangoJSONEncoder))


class RecordedQuerySet(models.QuerySet):
    """Writes a Change for each row that a set-based write touches."""

    _recording = True

    def _clone(self) -> RecordedQuerySet:
        clone = super()._clone()
        clone._recording = self._recording
        return clone

    def visible_to(self, user: Any) -> Any:
        """What `user` may see: the start of every read for a person. See commitments/access.py."""
        from commitments import access

        return access.visible(self, user)

    def editable_by(self, user: Any) -> Any:
        from commitments import access

        return access.editable(self, user)

    def rows(self) -> dict[int, Row]:
        """The full rows by key, locked until the end of the transaction where the database can."""
        names = self.model.recorded_columns()
        chosen = (
            self.model._base_manager.using(self.db).filter(pk__in=self.order_by().values("pk")).order_by("pk")
        )
        return {row["pk"]: {n: row[n] for n in names} for row in _locked(chosen).values("pk", *names)}

    def update(self, **changes: Any) -> int:
        if {"pk", self.model._meta.pk.name} & set(changes):
            raise NotSupportedError("The key of a recorded row never changes: its history hangs on it.")
        with transaction.atomic(using=self.db):
            before = self.rows()
            # Asked once more now that the rows are locked: of two who claim one, the second finds it taken.
            count = super(RecordedQuerySet, self.filter(pk__in=list(before))).update(**changes)
            self.model.record_rows(before, self._left_of(before))
        return count

    update.alters_data = True

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(using=self.db):
            before = self.rows()
            silent = self.filter(pk__in=list(before))
            # Django's collector may come back through _raw_delete: one deletion, one Change.
            silent._recording = False
            result = super(RecordedQuerySet, silent).delete()
            self.model.record_rows(before, self._left_of(before))
        return result

    delete.alters_data = True
    delete.queryset_only = True

    def _raw_delete(self, using: str) -> int:
        if not self._recording:
            return super()._raw_delete(using)
        with transaction.atomic(using=using):
            before = self.using(using).rows()
            count = super(RecordedQuerySet, self.filter(pk__in=list(before)))._raw_delete(using)
            self.model.record_rows(before, self._left_of(before))
        return count

    def _left_of(self, before: dict[int, Row]) -> dict[int, Row]:
        return self.model._base_manager.using(self.db).filter(pk__in=list(before)).rows()

    _raw_delete.alters_data = True

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        if update_conflicts:
            raise NotSupportedError("A recorded model has no upsert: read the row, change it, save it.")
        if ignore_conflicts:
            return self._create_missing(list(objs))
        with transaction.atomic(using=self.db):
            created = super().bulk_create(list(objs), batch_size)
            keys = [obj.pk for obj in created]
            self.model.record_rows({}, self.model._base_manager.using(self.db).filter(pk__in=keys).rows())
        return created

    bulk_create.alters_data = True

    def _create_missing(self, objs: list[Any]) -> list[Any]:
        """`ignore_conflicts` one by one: the database does not say which rows were new, the record must."""
        for obj in objs:
            try:
                with transaction.atomic(using=self.db):
                    obj.save(using=self.db, force_insert=True)
            except IntegrityError as error:
                if not _is_duplicate(error):
                    raise
        return objs


def _is_duplicate(error: IntegrityError) -> bool:
    """Refused by a unique key and nothing else: SQLSTATE 23505 on PostgreSQL."""
    code = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "sqlite_errorname", None)
    return code in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def _locked(rows: models.QuerySet) -> models.QuerySet:
    if not connections[rows.db].features.has_select_for_update:
        return rows
    return rows.select_for_update(no_key=True)  # others may refer to the row meanwhile


class Recorded(models.Model):
    """A row of the register: each way of writing it leaves a Change."""

    # Secrets and bookkeeping that say nothing about the register.
    unrecorded: frozenset[str] = frozenset()
    # Links that must not lead back to the row itself.
    trees: tuple[str, ...] = ()

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @classmethod
    def recorded_columns(cls) -> list[str]:
        return [f.attname for f in cls._meta.concrete_fields if f.attname not in cls.unrecorded]

    def clean(self) -> None:
        """The facts of `verify`, said before the write and at the field."""
        super().clean()
        wrong = {link: CYCLE for link in self.trees if is_above_itself(self, link)}
        if wrong:
            raise ValidationError(wrong, code="cycle")

    @classmethod
    def verify(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        """Facts that no constraint can say, asked inside the transaction of every write; raises ValidationError."""
        for link in cls.trees:
            column = cls._meta.get_field(link).attname
            moved = {
                k for k, row in after.items() if row[column] and before.get(k, {}).get(column) != row[column]
            }
            if moved:
                refuse_cycles(cls, link, moved)

    @classmethod
    def record_rows(cls, before: dict[int, Row], after: dict[int, Row]) -> None:
        """Append a Change for each key whose row differs between `before` and `after`."""
        cls.verify(before, after)
        known, action = _authorship.get(), Change.Action
        at = known.at or timezone.now()
        changes = []
        for key in [*before, *(key for key in after if key not in before)]:
            was, now = before.get(key), after.get(key)
            was, now = was and _as_json(was), now and _as_json(now)
            if was != now:
                what = action.CREATED if was is None else action.DELETED if now is None else action.CHANGED
                changes.append(
                    Change(
                        model=cls._meta.label_lower,
                        object_id=key,
                        action=what,
                        before=was,
                        after=now,
                        by_id=known.by_id,
                        on_behalf_of_id=known.on_behalf_of_id,
                        via=known.via,
                        why=known.why,
                        at=at,
                    )
                )
        Change.objects.bulk_create(changes, batch_size=500)

    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        with transaction.atomic(using=using):
            super().save_base(*args, using=using, **kwargs)

    def _save_table(  # Where every way of saving passes: fixtures call neither save() nor the save_base() above.
        self,
        raw: bool = False,
        cls: Any = None,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> bool:
        kept = type(self)._base_manager.using(using)
        with transaction.atomic(using=using, savepoint=False):
            before = kept.filter(pk=self.pk).rows() if self.pk is not None else {}
            updated = super()._save_table(raw, cls, force_insert, force_update, using, update_fields)
            type(self).record_rows(before, kept.filter(pk=self.pk).rows())
        return updated

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Through the queryset, so that there is one way of deleting and it is recorded."""
        key = self.pk
        result = type(self)._base_manager.filter(pk=key).delete()
        self.pk = None
        return result

    @classmethod
    def as_of(cls, pk: int, moment: datetime) -> Recorded:
        """The row as it stood at `moment`, unsaved; raises DoesNotExist if it was not there then."""
        last = Change.objects.filter(model=cls._meta.label_lower, object_id=pk).until(moment).last()
        if last is None or last.after is None:
            raise cls.DoesNotExist(f"{cls._meta.label} {pk} did not exist at {moment:%Y-%m-%d %H:%M}")
        fields = {f.attname: f for f in cls._meta.concrete_fields}
        return cls(**{n: fields[n].to_python(v) for n, v in last.after.items() if n in fields})

    @property
    def changes(self) -> ChangeQuerySet:
        return Change.objects.of(self)
